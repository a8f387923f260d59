"""Attributes with several instances: what stands for them in lists, and what each is called."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.web.portal.formats import Formats
from hanze.web.portal.series import measurements, series_of
from hanze.web.portal.translation import language
from hanze.web.portal.values import Speaker

_NS = "https://smartdatamodels.org/"
_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def speaker(code: str = "en") -> Speaker:
    chosen = language(code)
    return Speaker(chosen, Formats(chosen.locale, ZoneInfo("Europe/Amsterdam"), _NOON))


def prop(value: object, **members: object) -> Attribute:
    return Attribute(kind=AttributeKind.PROPERTY, value=value, **members)  # type: ignore[arg-type]  # whatever a test needs


def flow(value: float, lane: int, vehicles: str) -> Attribute:
    return prop(
        value,
        dataset_id=f"urn:ngsi-ld:Dataset:x:lane{lane}:{vehicles}",
        unit_code="H10",
        attributes={
            _NS + "laneId": (prop(lane),),
            _NS + "vehicleClass": (prop(vehicles),),
            _NS + "index": (prop(4),),
        },
    )


def shown(*instances: Attribute) -> str:
    entity = Entity(id="urn:x:1", types=(_NS + "T",), attributes={_NS + "intensity": instances})
    return measurements(entity, speaker(), most=3)[0].instance.text


def test_list_should_show_all_vehicles_from_the_quietest_lane_to_the_busiest() -> None:
    cars = flow(0, 1, "length >= 1.8 m and length <= 2.4 m")
    assert shown(cars, flow(540, 1, "anyVehicle")) == "540"
    assert shown(cars, flow(540, 1, "anyVehicle"), flow(1200, 2, "anyVehicle")) == (
        "540 \N{EN DASH} 1,200"
    )


def test_list_should_prefer_the_main_instance() -> None:
    assert shown(prop(3, dataset_id="urn:x:raw"), prop(2)) == "2"


def test_list_should_not_mix_units() -> None:
    first = prop(3, dataset_id="urn:x:a", unit_code="MTR")
    assert shown(first, prop(900, dataset_id="urn:x:b", unit_code="CMT")) == "3"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", ["Lane 1, any vehicle", "Lane 2, length 5.6 \N{EN DASH} 11.5 m"]),
        ("nl", ["Rijstrook 1, alle voertuigen", "Rijstrook 2, lengte 5,6 \N{EN DASH} 11,5 m"]),
    ],
)
def test_series_should_be_named_by_lane_and_vehicles(code: str, expected: list[str]) -> None:
    instances = (
        flow(1, 1, "anyVehicle"),
        flow(2, 2, "length >= 5.6 m and length <= 11.5 m"),
    )
    series = series_of(instances, speaker(code))
    assert [name for name, _ in series] == expected
    assert all(one.parts == () for _, one in series)


def test_series_without_lanes_should_be_named_by_where_their_ids_differ() -> None:
    ids = ["urn:ngsi-ld:Dataset:a:raw", "urn:ngsi-ld:Dataset:b:raw", None]
    series = series_of(tuple(prop(1, dataset_id=one) for one in ids), speaker())
    assert [name for name, _ in series] == ["a:raw", "b:raw", ""]


def test_series_of_the_same_lane_should_be_told_apart() -> None:
    series = series_of((flow(1, 1, "car"), flow(1, 1, "car")), speaker())
    assert len(series[0][1].parts) == 3


def test_tiny_numbers_should_not_read_as_nothing() -> None:
    formats = speaker().formats
    assert [formats.number(number) for number in (0.5, 0.00042, 0.0000012, 0.0)] == [
        "0.5",
        "0.00042",
        "1.2E-6",
        "0",
    ]
