"""The less usual messages of sources: other versions, odd codes, parts that are missing."""

import json
from decimal import Decimal
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from hanze.connectors import DamagedInput, WrongInput
from hanze.connectors.decoders import load_connector
from hanze.connectors.knmi.columns import HOUR, value_of
from hanze.connectors.smart_emission.encoded import place_of, sound_level
from hanze.connectors.streaming import Options, Reading
from tests.connectors.streamed import message, readings, rejected, shown

NOON = "2026-11-22T12:00:00Z"
POINT = {"type": "Point", "coordinates": [5.86, 51.84]}


def _body(json_value: object) -> bytes:
    return json.dumps(json_value).encode()


def _thing(reading: Reading) -> dict[str, Any]:
    return {term: value.value for term, value in reading.thing.items()}  # type: ignore[union-attr]  # single ones


def test_a_sensorthings_location_should_be_of_the_thing_in_its_topic_or_inside_it() -> None:
    page = _body({"value": [{"name": "here", "location": POINT}]})
    (found,) = readings("sensorthings", message(page, topic="Things/a%2Fb/Locations"))
    assert found.entity_id.endswith(":a%2Fb")
    assert _thing(found) == {"location": POINT}
    feature = {"location": {"type": "Feature", "geometry": POINT}, "Things": [{"name": "a"}]}
    (found,) = readings("sensorthings", message(_body(feature)))
    assert _thing(found) == {"location": POINT}
    area = {"location": {"type": "Polygon", "coordinates": []}}
    assert "GeoJSON Point" in rejected("sensorthings", message(_body(area)))[0].reason


def test_a_sensorthings_answer_should_be_read_whole_when_all_is_expanded() -> None:
    stream = {
        "name": "dust",
        "ObservedProperty": {"name": "PM10"},
        "unitOfMeasurement": {"name": "", "symbol": "µg/m³"},
        "Observations": [
            {"phenomenonTime": NOON, "result": 21.5},
            {"phenomenonTime": NOON, "result": None},
            {"phenomenonTime": NOON, "result": -999},
            {"phenomenonTime": "soon", "result": 1},
        ],
    }
    odd = [{"name": "x-1-pm10", "unitOfMeasurement": {"symbol": "K"}}, {"unitOfMeasurement": {}}]
    thing = {"name": "box", "Locations": [{"location": POINT}], "Datastreams": [stream, *odd]}
    sent = message(_body({"value": [thing, 5, {}]}), options={"entity_type": "Sensor"})
    about, dust, measures = readings("sensorthings", sent)
    assert about.entity_id == "urn:ngsi-ld:Sensor:source:box"
    assert _thing(about)["location"] == POINT
    assert shown(dust) == {"pm10": (21.5, "GQ", NOON)}
    assert _thing(measures) == {"controlledProperty": ["pm10"]}
    reasons = [one.reason for one in rejected("sensorthings", sent)]
    assert "pm10 is -999, which is no value" in reasons
    assert "pm10 in K has no known unit" in reasons
    assert len(reasons) == 6
    with pytest.raises(WrongInput, match="JSON object"):
        readings("sensorthings", message(b"[]"))


def test_a_sensorthings_observation_should_find_its_datastream() -> None:
    stream = {"name": "a-1-temp", "unitOfMeasurement": {"symbol": "C"}}
    one = {"phenomenonTime": NOON, "result": 3.5, "Datastream": stream}
    (found,) = readings("sensorthings", message(_body(one)))
    assert shown(found) == {"temperature": (3.5, "CEL", NOON)}
    lost = rejected("sensorthings", message(_body({"result": 1, "phenomenonTime": NOON})))
    assert "unknown Datastream" in lost[0].reason


def test_sensorthings_should_ask_for_all_at_once_when_the_server_can() -> None:
    requests = load_connector("sensorthings").requests
    assert requests is not None
    (one,) = requests({"url": "https://x.example/v1.1/", "expand": True, "newest": 1}, NOON)
    assert one.url.startswith("https://x.example/v1.1/Things?$expand=Locations,Datastreams(")


def test_gbfs_should_tell_what_is_wrong_with_a_station() -> None:
    stations = [
        5,
        {"num_bikes_available": 1},
        {"station_id": "a", "num_bikes_available": -1, "num_docks_available": 4},
        {"station_id": "b", "num_docks_available": 0}
        | {"is_installed": 0, "is_renting": 0, "is_returning": 0},
        {"station_id": "c", "address": "Plein 1", "capacity": 12},
    ]
    sent = message(_body({"last_updated": "?", "data": {"stations": stations}}))
    broken, gone, about = readings("gbfs", sent)
    assert shown(broken) == {"freeSlotNumber": (4, "C62", NOON)}
    assert broken.parts[0] == "num_bikes_available is -1, which is no number of things"
    assert shown(gone)["status"][0] == "outOfService"
    assert _thing(about) == {"address": {"streetAddress": "Plein 1"}, "totalSlotNumber": 12}
    assert [one.reason for one in rejected("gbfs", sent)] == [
        "A station must be a JSON object",
        "A station must have a station_id",
    ]


def test_a_trip_should_be_known_by_its_line_and_its_stops_by_their_times() -> None:
    feed = pb.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    update = feed.entity.add(id="e").trip_update
    update.trip.route_id, update.trip.start_time = "r1", "12:00:00"
    update.trip.schedule_relationship = pb.TripDescriptor.CANCELED
    stop = update.stop_time_update.add(stop_id="s1")
    stop.departure.delay, stop.departure.time = 30, 1795348740
    stop.schedule_relationship = pb.TripUpdate.StopTimeUpdate.SKIPPED
    feed.entity.add(id="f").trip_update.trip.SetInParent()
    vehicle = feed.entity.add(id="g").vehicle
    vehicle.position.latitude, vehicle.position.longitude = 91.0, 0.0
    vehicle.stop_id, vehicle.trip.route_id = "s1", "r1"
    sent = message(feed.SerializeToString())
    trip, bus = readings("gtfs-rt", sent)
    told = shown(trip)
    assert told["delay"] == (30, "SEC", NOON)
    assert told["scheduleRelationship"][0] == "CANCELED"
    assert told["stopTimeUpdates"][0] == [
        {
            "stopId": "s1",
            "departureDelaySeconds": 30,
            "departureTime": "2026-11-22T11:59:00Z",
            "scheduleRelationship": "SKIPPED",
        }
    ]
    assert shown(bus)["stopId"][0] == "s1"
    assert bus.parts == ("The position is no place on Earth",)
    assert "must name its trip" in rejected("gtfs-rt", sent)[0].reason


@pytest.mark.parametrize(
    ("code", "metres"),
    [
        *((0, 0), (49, 4_900), (50, 5_000), (51, None), (56, 6_000), (79, 29_000)),
        *((80, 30_000), (88, 70_000), (89, 70_000), (90, None), (-1, None)),
    ],
)
def test_codes_of_visibility_should_be_distances(code: int, metres: int | None) -> None:
    found = value_of("VV", HOUR["VV"], Decimal(code))
    assert (found.value if found else None) == metres


def test_knmi_should_refuse_what_is_no_table() -> None:
    with pytest.raises(WrongInput, match="column STN"):
        readings("knmi", message(b"a,b\n1,2\n"))
    with pytest.raises(WrongInput, match="UTF-8"):
        readings("knmi", message(b"STN\n\xff\n"))
    with pytest.raises(DamagedInput):
        readings("knmi", message(b'STN,T\n"260'))
    rows = [5, {"date": NOON}, {"STN": "260", "YYYYMMDD_HH": "2026-11-22 13:00:00+02:00", "T": "x"}]
    sent = message(_body(rows))
    (one,) = readings("knmi", sent)
    assert one.parts == ("T is x, which is no number",)
    assert len(rejected("knmi", sent)) == 2


def test_packed_numbers_of_nijmegen_should_have_a_sign_and_a_limit() -> None:
    west = place_of(0x80512345, 0x83312345)
    assert west is not None
    assert west.value == {"type": "Point", "coordinates": [-5.074565, -51.074565]}
    assert place_of(0x005FFFFF, 1) is None
    assert place_of(True, -1) is None
    silent = {"v_audio0": 0, **{f"v_audioplus{octave}": 0 for octave in range(1, 9)}}
    assert sound_level(silent) is None
    assert sound_level({**silent, "v_audioplus3": 60 << 8}) == 60.0
    assert sound_level({"v_audio0": 5}) is None


def test_nijmegen_should_tell_from_where_a_text_is_no_json() -> None:
    sent = message(b'{"id": 1, "time": "2016-01-01T00:00:00Z", "s_humidity": 50000} {"id": ')
    assert len(readings("smart-emission", sent)) == 1
    (reason,) = rejected("smart-emission", sent)
    assert "is no JSON" in reason.reason
    with pytest.raises(WrongInput, match="UTF-8"):
        readings("smart-emission", message(b"\xff"))
    with pytest.raises(WrongInput, match="documents"):
        readings("smart-emission", message(b"1 " * 10_001))
    timeless = rejected("smart-emission", message(b'{"id": 1}'))
    assert [one.reason for one in timeless] == ["The record has no time"]


def test_stations_that_are_named_should_each_be_asked() -> None:
    requests = load_connector("luchtmeetnet").requests
    assert requests is not None
    options: Options = {"url": "https://x.example", "stations": "NL1, NL2", "hours": 1}
    asked = [one.topic.partition("&")[0] for one in requests(options, NOON)]
    assert asked == [
        "measurements?station_number=NL1",
        "measurements?station_number=NL2",
        "stations/NL1",
        "stations/NL2",
    ]
    requests = load_connector("smart-emission").requests
    assert requests is not None
    (one,) = requests({"url": "https://x.example/v1", "devices": "23"}, NOON)
    assert one.url == "https://x.example/v1/devices/23/last"
