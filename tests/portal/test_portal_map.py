"""The drawn map: projection, clusters, paths, countries."""

import json
import math
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.web.portal.clusters import Point, cluster
from hanze.web.portal.mercator import Viewport, bounds_of, fit, parse_view
from hanze.web.portal.svgmap import Dot, draw_dots, markers, path_of, scale_bar
from hanze.web.portal.themes import layer_of, theme_of
from hanze.web.portal.topology import countries_in, read_countries

_LONGITUDES = st.floats(-179, 179)
_LATITUDES = st.floats(-80, 80)


@settings(max_examples=100)
# Closer than zoom 6 no picture reaches beyond the poles.
@given(st.floats(6, 19), _LATITUDES, _LONGITUDES, st.floats(0, 640), st.floats(0, 520))
def test_position_should_undo_place(
    zoom: float, latitude: float, longitude: float, x: float, y: float
) -> None:
    view = Viewport(zoom, latitude, longitude)
    place = view.place(*view.position(x, y))
    assert math.isclose(place[0], x, abs_tol=0.01)
    assert math.isclose(place[1], y, abs_tol=0.01)


@settings(max_examples=100)
@given(st.lists(st.tuples(_LONGITUDES, _LATITUDES), min_size=1, max_size=20))
def test_fit_should_show_every_position(positions: list[tuple[float, float]]) -> None:
    bounds = bounds_of(positions)
    assert bounds is not None
    view = fit(bounds)
    if view.zoom > 0:
        for longitude, latitude in positions:
            x, y = view.place(longitude, latitude)
            assert -1 <= x <= view.width + 1
            assert -1 <= y <= view.height + 1


def test_view_should_read_what_it_writes() -> None:
    view = Viewport(12.5, 53.2, 6.5)
    assert parse_view(view.text()) == view


@pytest.mark.parametrize("text", ["", "1/2", "a/b/c", "nan/1/1", "1/inf/1", "1/2/3/4"])
def test_view_that_is_none_should_be_left_out(text: str) -> None:
    assert parse_view(text) is None


def test_view_should_stay_on_the_earth() -> None:
    view = parse_view("99/99/999")
    assert view is not None
    assert (view.zoom, view.longitude) == (19.0, 180.0)
    assert view.latitude < 86


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.floats(0, 640), st.floats(0, 520)), max_size=60),
    st.floats(10, 80),
)
def test_clusters_should_keep_their_distance_and_lose_nothing(
    places: list[tuple[float, float]], distance: float
) -> None:
    points = [Point(x, y, str(index)) for index, (x, y) in enumerate(places)]
    found = cluster(points, distance)
    assert sum(one.weight for one in found) == len(points)
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            assert math.hypot(one.x - other.x, one.y - other.y) >= distance * 0.999


def test_path_should_cut_what_is_outside() -> None:
    view = Viewport(10, 0, 0)
    assert path_of([], view) == ""
    assert path_of([shapely.box(50, 50, 51, 51)], view) == ""
    inside = path_of([shapely.box(-0.1, -0.1, 0.1, 0.1)], view)
    assert inside.startswith("M")
    assert inside.endswith("Z")
    mixed = shapely.GeometryCollection([shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 0)])])
    assert path_of([mixed], view).count("M") == 1
    hole = shapely.box(-0.1, -0.1, 0.1, 0.1).difference(shapely.box(-0.05, -0.05, 0.05, 0.05))
    assert path_of([hole], view).count("M") == 2


def test_markers_should_lead_to_entities_or_closer() -> None:
    view = Viewport(14, 53.0, 6.0)
    dots = [
        Dot("a", 6.0, 53.0, "air"),
        Dot("b", 6.00001, 53.0, "air"),
        Dot("c", 6.01, 53.0, "water"),
    ]
    found = markers(
        dots,
        view,
        entity_link=lambda entity: (f"/{entity}", entity),
        closer_link=lambda closer, count: (closer.text(), str(count)),
    )
    assert [(one.count, one.theme) for one in found] == [(2, "air"), (1, "water")]
    assert found[1].href == "/c"
    assert [layer.name for layer in draw_dots(dots, view)] == ["air", "water"]


def test_scale_bar_should_be_round() -> None:
    units, metres = scale_bar(Viewport(12, 53, 6))
    assert metres == 2_000
    assert 60 < units <= 160


def test_themes_should_recognise_kinds() -> None:
    kinds = ["Streetlight", "StreetlightGroup", "RoadSegment", "AirQualityObserved", "BeeHive"]
    assert [theme_of(kind) for kind in kinds] == ["light", "light", "traffic", "air", "other"]
    assert layer_of("https://w3id.org/hanze/ns#District") == "district"
    assert layer_of("Tree") is None


def test_countries_should_be_read_from_their_arcs(tmp_path: Path) -> None:
    topology = {
        "type": "Topology",
        "transform": {"scale": [1, 1], "translate": [10, 20]},
        "arcs": [[[0, 0], [2, 0], [0, 2]], [[2, 2], [-2, 0], [0, -2]]],
        "objects": {
            "countries": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]]},
                    {"type": "MultiPolygon", "arcs": [[[~1, ~0]]]},
                ],
            }
        },
    }
    path = tmp_path / "countries.json"
    path.write_text(json.dumps(topology))
    countries = read_countries(path)
    assert [shapely.area(country) for country in countries] == [4.0, 4.0]
    assert shapely.total_bounds(countries[0]).tolist() == [10, 20, 12, 22]
    assert countries_in(countries, (0, 0, 5, 5)) == []
    assert read_countries(tmp_path / "none.json") == ()


def test_countries_should_be_cut_when_they_cross_the_antimeridian(tmp_path: Path) -> None:
    path = tmp_path / "countries.json"
    arc = [[170, 60], [-170, 60], [-170, 70], [170, 70], [170, 60]]
    countries = {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "arcs": [[0]]}]}
    topology = {"type": "Topology", "arcs": [arc], "objects": {"countries": countries}}
    path.write_text(json.dumps(topology))
    (country,) = read_countries(path)
    assert shapely.area(country) == 200.0
    assert not shapely.intersects(country, shapely.box(-160, 50, 160, 80))
