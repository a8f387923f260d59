"""What a turn asks of a source, which pages follow, and what its answers say."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hanze.connectors import WrongInput
from hanze.connectors.decoders import load_connector
from hanze.connectors.streaming import Message, Options, Request, Scalar
from tests.connectors.streamed import message, readings, rejected, shown

NOON = "2026-11-22T12:00:00Z"


def _first(connector: str, options: Options) -> list[Request]:
    requests = load_connector(connector).requests
    assert requests is not None
    return list(requests(options, NOON))


def _then(connector: str, sent: Message) -> list[Request]:
    following = load_connector(connector).following
    assert following is not None
    return list(following(sent))


def _json(json_value: object, **more: str | Mapping[str, Scalar]) -> Message:
    return message(json.dumps(json_value).encode(), **more)  # type: ignore[arg-type]  # by name


def test_luchtmeetnet_should_be_read_page_by_page() -> None:
    options: Options = {"url": "https://api.example/open_api", "stations": "", "hours": 6}
    measurements, stations = _first("luchtmeetnet", options)
    query = parse_qs(urlsplit(measurements.url).query)
    assert query["start"] == ["2026-11-22T06:00:00Z"]
    assert query["end"] == ["2026-11-22T12:00:00Z"]
    page = {"pagination": {"current_page": 1, "last_page": 2}, "data": []}
    (further,) = _then("luchtmeetnet", _json(page, topic=measurements.topic, options=options))
    assert parse_qs(urlsplit(further.url).query) == {**query, "page": ["2"]}
    last = {"pagination": {"current_page": 2, "last_page": 2}, "data": []}
    assert _then("luchtmeetnet", _json(last, topic=further.topic, options=options)) == []
    assert stations.url.startswith("https://api.example/open_api/stations?")


def test_luchtmeetnet_should_ask_for_all_stations_once_a_day() -> None:
    page = {"pagination": {}, "data": [{"number": "NL1", "location": "Plein"}]}
    sent = _json(page, topic="stations?", options={"url": "https://api.example"})
    assert _then("luchtmeetnet", sent) == []
    early = Message("s", "2026-11-22T04:05:00Z", sent.body, topic="stations?", options=sent.options)
    assert [one.url for one in _then("luchtmeetnet", early)] == ["https://api.example/stations/NL1"]


def test_luchtmeetnet_should_read_measurements_and_stations() -> None:
    rows = [
        {"station_number": "NL1", "formula": "PM25", "value": 7.5, "timestamp_measured": NOON},
        {"station_number": "NL1", "formula": "NO2", "value": None, "timestamp_measured": NOON},
        {"station_number": "NL1", "formula": "NO2", "value": -999, "timestamp_measured": NOON},
        {"station_number": "NL1", "formula": "XYZ", "value": 1, "timestamp_measured": NOON},
        {"station_number": "NL1", "formula": "NO2", "value": 1, "timestamp_measured": "soon"},
    ]
    sent = _json({"data": rows})
    (dust,) = readings("luchtmeetnet", sent)
    assert dust.entity_id == "urn:ngsi-ld:AirQualityObserved:source:NL1"
    assert shown(dust) == {"pm25": (7.5, "GQ", NOON)}
    # null is silence, which is no mistake.
    assert [one.reason for one in rejected("luchtmeetnet", sent)] == [
        "NO2 is -999, which is no concentration",
        "timestamp_measured must be a time",
        "No attribute is known for XYZ, which 1 rows are about",
    ]
    data = {
        "data": {
            "location": "Plein",
            "municipality": "Zwolle",
            "geometry": {"type": "point", "coordinates": [6.1, 52.5]},
        }
    }
    (station,) = readings("luchtmeetnet", _json(data, topic="stations/NL1"))
    assert {term: value.value for term, value in station.thing.items()} == {  # type: ignore[union-attr]  # single ones
        "stationCode": "NL1",
        "stationName": "Plein",
        "areaServed": "Zwolle",
        "location": {"type": "Point", "coordinates": [6.1, 52.5]},
    }


def test_knmi_should_ask_for_whole_days() -> None:
    options: Options = {"url": "https://knmi.example/uurgegevens", "stations": "260:278", "days": 2}
    (request,) = _first("knmi", options)
    query = parse_qs(urlsplit(request.url).query)
    assert (query["start"], query["end"]) == (["2026112001"], ["2026112224"])
    assert (query["stns"], query["fmt"]) == (["260:278"], ["json"])
    (request,) = _first("knmi", {**options, "url": "https://knmi.example/daggegevens"})
    assert parse_qs(urlsplit(request.url).query)["end"] == ["20261122"]


def test_knmi_should_read_the_service_s_own_tables() -> None:
    hour = {"station_code": 260, "date": "2026-11-22T00:00:00.000Z", "hour": 24, "T": -15, "N": 9}
    (one,) = readings("knmi", _json([hour]))
    assert shown(one) == {"temperature": (-1.5, "CEL", "2026-11-23T00:00:00Z")}
    table = (
        b"# Comments\n# STN         LON(east)   LAT(north)  ALT(m)      NAME\n"
        b"# 260         5.180       52.100      1.90        De Bilt\n"
        b"# STN,YYYYMMDD,   HH,   DD,    T,   RH\n#\n"
        b"  260,20261122,    1,  990,   31,   -1\n  260,20261122,   25,    0,   31,    5\n"
    )
    station, first = readings("knmi", message(table))
    place = station.thing["location"].value  # type: ignore[union-attr]  # a single one
    assert place == {"type": "Point", "coordinates": [5.18, 52.1, 1.9]}
    assert shown(first) == {
        "temperature": (3.1, "CEL", "2026-11-22T01:00:00Z"),
        "precipitation": (0.0, "MMT", "2026-11-22T01:00:00Z"),
    }
    assert "no hour from 1 to 24" in rejected("knmi", message(table))[0].reason


def test_sensorthings_should_follow_links_of_its_own_service(shared_data: Path) -> None:
    options: Options = {
        "url": "https://api-samenmeten.rivm.nl/v1.0",
        "filter": "x eq 1",
        "newest": 2,
    }
    (request,) = _first("sensorthings", options)
    assert request.url == "https://api-samenmeten.rivm.nl/v1.0/Things?$filter=x%20eq%201"
    folder = shared_data / "live/sensorthings"
    things = message(
        folder / "rivm_samenmeten_Things_7270.json", topic=request.topic, options=options
    )
    assert [one.topic for one in _then("sensorthings", things)] == [
        "Things/HLL_hl_device_465/Locations",
        "Things/HLL_hl_device_465/Datastreams",
    ]
    streams = message(
        folder / "rivm_samenmeten_Things_7270_Datastreams.json",
        topic="Things/HLL_hl_device_465/Datastreams",
        options=options,
    )
    last = _then("sensorthings", streams)[-1]
    assert "$top=2" in last.url
    answer = {"value": [{"phenomenonTime": NOON, "result": 7.25}], "@iot.nextLink": last.url}
    sent = _json(answer, topic=last.topic, options=options)
    (one,) = readings("sensorthings", sent)
    assert one.entity_id == "urn:ngsi-ld:AirQualityObserved:source:HLL_hl_device_465"
    assert shown(one) == {"pm25": (7.25, "GQ", NOON)}
    assert _then("sensorthings", sent) == []
    elsewhere = {"value": [], "@iot.nextLink": "https://evil.example/v1.0/Things?$skip=1"}
    assert _then("sensorthings", _json(elsewhere, topic="Things", options=options)) == []


def test_gbfs_should_find_its_feeds_in_every_version() -> None:
    feeds = [
        {"name": "station_status", "url": "https://x.example/s"},
        {"name": "station_information", "url": "https://x.example/i"},
        {"name": "free_bike_status", "url": "https://x.example/b"},
    ]
    for data in ({"nb": {"feeds": feeds}}, {"feeds": feeds}):
        found = _then("gbfs", _json({"ttl": 0, "data": data}))
        assert [one.url for one in found] == ["https://x.example/i", "https://x.example/s"]
    pause_s = load_connector("gbfs").pause_s
    assert pause_s is not None
    assert pause_s(_json({"ttl": 15, "data": {"stations": []}})) == 15


def test_gbfs_should_read_the_names_of_version_3() -> None:
    status = {
        "station_id": "a",
        "num_vehicles_available": 2,
        "last_reported": "2026-11-22T12:30:00+01:00",
        "is_installed": True,
        "is_renting": False,
        "is_returning": True,
    }
    about = {
        "station_id": "a",
        "name": [{"text": "Plass", "language": "nb"}, {"text": "Square", "language": "en"}],
        "lat": 59.9,
        "lon": 10.7,
    }
    free, known = readings("gbfs", _json({"data": {"stations": [status, about]}}))
    moment = "2026-11-22T11:30:00Z"
    assert shown(free) == {
        "availableBikeNumber": (2, "C62", moment),
        "status": ("withIncidence", None, moment),
    }
    # No capacity is told, so none is made up.
    assert sorted(known.thing) == ["location", "name"]
    assert known.thing["name"].value == "Square"  # type: ignore[union-attr]  # a single one


def test_parking_should_follow_the_pages_of_a_search(shared_data: Path) -> None:
    path = shared_data / "live/parking/eindhoven_6_charging_parkings.json"
    options = {"url": "https://x.example/search/?dataset=p&rows=10"}
    (more,) = _then("parking", message(path, options=options))
    assert more.url == "https://x.example/search/?dataset=p&rows=10&start=10"


def test_nijmegen_should_ask_each_station_that_is_listed(shared_data: Path) -> None:
    options = {"url": "https://x.example/sensors/v1/", "devices": ""}
    (request,) = _first("smart-emission", options)
    path = shared_data / "live/nijmegen-smartemission/devices.json"
    found = _then("smart-emission", message(path, topic=request.topic, options=options))
    listed = json.loads(path.read_bytes())["devices"]
    assert [one.url for one in found] == [f"https://x.example{place}/last" for place in listed]


@pytest.mark.parametrize("connector", ["gbfs", "gtfs-rt", "luchtmeetnet", "parking", "tts-v3"])
def test_a_page_of_html_should_be_refused_in_plain_words(connector: str) -> None:
    with pytest.raises(WrongInput, match=r"is not JSON|no feed"):
        list(load_connector(connector).decode(message(b"<html>Service unavailable</html>")))


def test_an_answer_that_was_asked_for_should_not_name_a_sensor_by_its_address() -> None:
    nameless = [{"sensordatavalues": [{"value_type": "P1", "value": "7"}]}]
    sent = _json(nameless, topic="/airrohr/v1/filter/area=51.84,5.86,10")
    assert readings("sensor-community", sent) == []
    (named,) = readings("sensor-community", _json(nameless, topic="house/esp8266-7"))
    assert named.device == "esp8266-7"


def test_a_station_should_be_refused_when_nothing_says_which_it_is() -> None:
    sent = _json({"data": {"location": "Plein"}}, topic="elsewhere")
    assert readings("luchtmeetnet", sent) == []
    assert "which station" in rejected("luchtmeetnet", sent)[0].reason
