"""TopoJSON: shared borders, quantised or not, islands that became a line, the antimeridian."""

from typing import Any

import orjson
import pytest
import shapely

from hanze.ngsild.topology import WrongTopology, read_topology


def topology(*geometries: dict[str, Any], arcs: list[Any], **more: Any) -> bytes:
    document = {
        "type": "Topology",
        "arcs": arcs,
        "objects": {"areas": {"type": "GeometryCollection", "geometries": list(geometries)}},
        **more,
    }
    return orjson.dumps(document)


SQUARE = [[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]


def test_areas_should_share_a_border_that_is_written_once() -> None:
    border = [[1, 0], [1, 1]]
    west = [[1, 1], [0, 1], [0, 0], [1, 0]]
    east = [[1, 0], [2, 0], [2, 1], [1, 1]]
    found = read_topology(
        topology(
            {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "west"}},
            {"type": "Polygon", "arcs": [[~0, 2]]},
            arcs=[border, west, east],
        )
    )
    assert [one.properties for one in found] == [{"name": "west"}, {}]
    assert shapely.equals(found[0].shape, shapely.box(0, 0, 1, 1))
    assert shapely.area(found[1].shape) == pytest.approx(1.0)


def test_arcs_should_be_read_from_their_steps_when_they_are_quantised() -> None:
    steps = [[10, 10], [0, 10], [10, 0], [0, -10], [-10, 0]]
    (one,) = read_topology(
        topology(
            {"type": "Polygon", "arcs": [[0]]},
            arcs=[steps],
            transform={"scale": [0.1, 0.1], "translate": [4, 50]},
        )
    )
    assert shapely.equals(one.shape, shapely.box(5, 51, 6, 52))


def test_islands_and_holes_should_be_left_out_when_they_became_a_line() -> None:
    line = [[5, 5], [5, 6], [5, 5]]
    (one,) = read_topology(
        topology(
            {"type": "MultiPolygon", "arcs": [[[0], [1]], [[1]]]},
            arcs=[SQUARE, line],
        )
    )
    assert shapely.equals(one.shape, shapely.box(0, 0, 1, 1))


def test_areas_should_be_cut_at_the_antimeridian() -> None:
    across = [[179, 0], [179, 1], [-179, 1], [-179, 0], [179, 0]]
    (one,) = read_topology(topology({"type": "Polygon", "arcs": [[0]]}, arcs=[across]))
    assert tuple(shapely.bounds(one.shape)) == (-180, 0, 180, 1)
    assert shapely.area(one.shape) == pytest.approx(2.0)


def test_areas_should_be_made_valid_when_their_border_crosses_itself() -> None:
    bow = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
    (one,) = read_topology(topology({"type": "Polygon", "arcs": [[0]]}, arcs=[bow]))
    assert shapely.is_valid(one.shape)
    assert shapely.area(one.shape) == pytest.approx(0.5)


def test_only_one_object_should_be_read_when_it_is_named() -> None:
    text = topology({"type": "Polygon", "arcs": [[0]]}, arcs=[SQUARE])
    assert read_topology(text, "other") == ()
    assert len(read_topology(text, "areas")) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"\xff",
        topology({"type": "Point", "coordinates": [1, 2]}, arcs=[]),
        topology({"type": "Polygon", "arcs": [[7]]}, arcs=[SQUARE]),
    ],
)
def test_what_is_no_topology_should_be_refused(text: bytes) -> None:
    with pytest.raises(WrongTopology):
        read_topology(text)
