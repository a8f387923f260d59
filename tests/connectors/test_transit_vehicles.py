"""GTFS-realtime: vehicles, trips of each day, feeds that are wrong."""

import math
import sys

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.connectors import WrongInput
from hanze.connectors.decoders import load_connector
from hanze.connectors.gtfs_rt.decode import TransitExtraMissing
from tests.connectors.streamed import message, readings, rejected, shown

MOMENT = 1795348740


def feed() -> pb.FeedMessage:
    made = pb.FeedMessage()
    made.header.gtfs_realtime_version = "2.0"
    made.header.timestamp = MOMENT
    return made


def test_a_vehicle_should_be_where_it_is_with_units() -> None:
    made = feed()
    entity = made.entity.add(id="e1")
    vehicle = entity.vehicle
    vehicle.vehicle.id = "bus 7"
    vehicle.vehicle.label = "7"
    vehicle.trip.trip_id, vehicle.trip.start_date = "t1", "20261122"
    vehicle.position.latitude, vehicle.position.longitude = 51.84, 5.86
    vehicle.position.bearing, vehicle.position.speed = 90.0, 12.1
    vehicle.timestamp = MOMENT - 60
    vehicle.occupancy_percentage = 55
    (one,) = readings("gtfs-rt", message(made.SerializeToString(), "bus"))
    assert one.entity_id == "urn:ngsi-ld:Vehicle:bus:bus%207"
    told = shown(one)
    assert told["location"][0] == {"type": "Point", "coordinates": [5.86, 51.84]}
    assert told["speed"] == (12.1, "MTS", "2026-11-22T11:58:00Z")
    assert told["bearing"][:2] == (90.0, "DD")
    assert told["occupancy"][:2] == (0.55, "C62")
    assert told["servesTrip"][0] == "urn:ngsi-ld:GtfsTrip:bus:t1%3A20261122"


def test_a_trip_should_be_one_of_its_day_and_its_own_delay_count_first() -> None:
    made = feed()
    update = made.entity.add(id="e").trip_update
    update.trip.trip_id, update.trip.start_date = "t1", "20261122"
    update.delay = 0
    update.stop_time_update.add(stop_sequence=1).arrival.delay = 90
    (one,) = readings("gtfs-rt", message(made.SerializeToString()))
    assert one.entity_id.endswith(":t1%3A20261122")
    assert shown(one)["delay"] == (0, "SEC", "2026-11-22T11:59:00Z")


def test_what_is_deleted_or_an_alert_should_be_passed_over() -> None:
    made = feed()
    made.entity.add(id="gone", is_deleted=True)
    made.entity.add(id="warn").alert.header_text.translation.add(text="Slow")
    sent = message(made.SerializeToString())
    assert not readings("gtfs-rt", sent)
    assert not rejected("gtfs-rt", sent)


def test_a_feed_without_a_header_should_be_refused() -> None:
    with pytest.raises(WrongInput, match="header"):
        list(load_connector("gtfs-rt").decode(message(b"")))


def test_what_lacks_should_be_told_when_the_extra_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "google.transit", None)
    with pytest.raises(TransitExtraMissing, match=r"hanze\[transit\]"):
        list(load_connector("gtfs-rt").decode(message(b"")))


@settings(max_examples=60)
@given(*[st.floats(width=32) for _ in range(4)], st.integers(0, 2**64 - 1), st.text(max_size=5))
def test_numbers_that_are_none_should_not_become_values(
    north: float, east: float, speed: float, bearing: float, moment: int, name: str
) -> None:
    made = feed()
    vehicle = made.entity.add(id=name).vehicle
    vehicle.position.latitude, vehicle.position.longitude = north, east
    vehicle.position.speed, vehicle.position.bearing = speed, bearing
    vehicle.timestamp = moment
    update = made.entity.add(id=name).trip_update
    update.trip.route_id, update.timestamp = name, moment
    update.stop_time_update.add(stop_id=name).departure.time = moment % 2**63
    for one in readings("gtfs-rt", message(made.SerializeToString())):
        for value, _, observed_at in shown(one).values():
            assert observed_at
            assert not isinstance(value, float) or math.isfinite(value)
