"""Any JSON by options: paths, units, times, positions."""

from typing import Any

import orjson
import pytest
from hypothesis import given, strategies

from hanze.connectors.json_messages.decode import decode
from hanze.connectors.json_messages.paths import find, read_attributes
from hanze.connectors.streaming import Message, Reading, Rejected, Scalar, Value
from hanze.errors import InvalidInput
from hanze.ngsild.model import AttributeKind, JsonValue

NOW = "2026-11-22T04:00:00Z"


def decoded(
    body: object, topic: str = "sensors/roof/air", **options: Scalar
) -> list[Reading | Rejected]:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    given: dict[str, Scalar] = {"type": "Device", "attributes": "*", **options}
    return list(decode(Message("s", NOW, content, topic=topic, options=given)))


def one(body: object, topic: str = "sensors/roof/air", **options: Scalar) -> Reading:
    (found,) = decoded(body, topic, **options)
    assert isinstance(found, Reading), found
    return found


def test_numbers_should_be_attributes_of_their_own_name() -> None:
    found = one({"temp": 21.5, "on": True, "name": "x", "id": 7, "a b-c": 1, "1x": 2}, device="id")
    assert found.entity_id == "urn:ngsi-ld:Device:s:7"
    assert found.values == {"temp": Value(21.5), "on": Value(True), "a_b_c": Value(1)}
    assert (found.observed_at, found.device) == (NOW, "7")


def test_attributes_should_have_units_and_factors() -> None:
    mapping = "meta.t=temperature:CEL:0.1:-40, h=relativeHumidity:C62:0.01; w=windSpeed, v[1]=x:V"
    body = {"meta": {"t": 615}, "h": "45", "w": "calm", "v": [1, "2.5"]}
    assert one(body, attributes=mapping).values == {
        "temperature": Value(21.5, unit_code="CEL"),
        "relativeHumidity": Value(0.45, unit_code="C62"),
        "windSpeed": Value("calm"),
        "x": Value(2.5, unit_code="V"),
    }


def test_a_bare_number_should_be_named_by_the_topic() -> None:
    assert one(b"21.5").values == {"air": Value(21.5)}
    found = one(b"on", attributes="$=state", device="topic:2")
    assert (found.values, found.device) == ({"state": Value("on")}, "roof")


def test_arrays_should_be_readings() -> None:
    body = {"data": [{"id": "a", "v": 1}, {"v": 2}, {"id": "c", "v": 3}]}
    found = decoded(body, device="id", items="data")
    assert [type(each) for each in found] == [Reading, Rejected, Reading]
    assert [type(each) for each in decoded([{"id": 1, "v": 1}], device="id")] == [Reading]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-11-22T05:00:00+01:00", NOW),
        ("2026-11-22T04:00:00", NOW),
        ("2026-11-22 04:00:00Z", NOW),
        (1795320000, NOW),
        (1795320000000, NOW),
        (1795320000.25, "2026-11-22T04:00:00.250000Z"),
    ],
)
def test_moments_should_be_read_as_they_are_written(time: Any, expected: str) -> None:
    assert one({"v": 1, "t": time}, time="t").observed_at == expected


@pytest.mark.parametrize("time", ["yesterday", None, True, [], 1e300, "0001-01-01T00:00:00+02:00"])
def test_what_is_no_moment_should_be_rejected(time: Any) -> None:
    (found,) = decoded({"v": 1, "t": time}, time="t")
    assert isinstance(found, Rejected)


def test_things_should_have_a_name_and_a_place() -> None:
    body = {"v": 1, "pos": {"lon": "5.48", "lat": 51.44}, "n": "Roof"}
    found = one(body, longitude="pos.lon", latitude="pos.lat", name="n")
    point: JsonValue = {"type": "Point", "coordinates": [5.48, 51.44]}
    assert found.thing == {
        "name": Value("Roof"),
        "location": Value(point, kind=AttributeKind.GEO_PROPERTY),
    }
    fixed = one({"v": 1}, longitude="5.48", latitude=51.44, name="'Roof'")
    assert fixed.thing == found.thing
    (nowhere,) = decoded({"v": 1}, longitude="500", latitude="0")
    assert isinstance(nowhere, Rejected)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"text"])
def test_what_is_no_json_should_be_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="not JSON"):
        decoded(body)


@pytest.mark.parametrize(
    "text",
    ["a", "=b", "a=b:toolong", "a=b:CEL:x", "a=1b", "a=b:CEL:1:2:3", "a[=b", ",", "a=b:CEL:inf"],
)
def test_wrong_mappings_should_be_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_attributes(text)
    assert refused.value.field in {"attributes", None}


_json = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers(min_value=-(2**60), max_value=2**60)
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | strategies.text(max_size=20),
    lambda inner: (
        strategies.lists(inner, max_size=4)
        | strategies.dictionaries(strategies.sampled_from(["id", "v", "t", "a.b", "x y"]), inner)
    ),
    max_leaves=12,
)


@given(_json)
def test_decode_should_make_readings_or_reasons_of_any_json(body: Any) -> None:
    mapping = "*, v=level:C62:0.5, t=tt"
    for each in decoded(
        body, device="id", time="t", attributes=mapping, longitude="v", latitude="v"
    ):
        assert isinstance(each, Reading | Rejected)
        if isinstance(each, Reading):
            assert each.values
            assert each.observed_at is not None


@given(_json, strategies.text(max_size=20))
def test_find_should_lead_somewhere_or_nowhere(body: Any, path: str) -> None:
    try:
        find(path, body)
    except InvalidInput as error:
        assert "path" in str(error)
