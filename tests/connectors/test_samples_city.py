"""Real samples of bicycles, buses, parking bays and citizens' air; expected from the raw files."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hanze.connectors.streaming import Reading
from tests.connectors.streamed import RECEIVED, by_entity, message, readings, rejected, shown

PARKING = {
    "eindhoven_1_parkings.json": "public",
    "eindhoven_2_permit_parkings.json": "onlyWithPermit",
    "eindhoven_3_disabled_parkings.json": "onlyDisabled",
    "eindhoven_4_crossed_out_parkings.json": "noParking",
    "eindhoven_5_loading_parkings.json": "loadUnload",
    "eindhoven_6_charging_parkings.json": "onlyElectricCharging",
}


def _thing(reading: Reading, term: str) -> Any:
    return reading.thing[term].value  # type: ignore[union-attr]  # one instance


def test_stations_of_oslo_should_say_what_is_free(shared_data: Path) -> None:
    path = shared_data / "live/gbfs/oslobysykkel_station_status_first10.json"
    stations = json.loads(path.read_bytes())["data"]["stations"]
    found = readings("gbfs", message(path, "oslo"))
    assert len(found) == len(stations) == 10
    for one, station in zip(found, stations, strict=True):
        moment = f"{datetime.fromtimestamp(station['last_reported'], UTC):%Y-%m-%dT%H:%M:%S}Z"
        assert one.entity_id == f"urn:ngsi-ld:BikeHireDockingStation:oslo:{station['station_id']}"
        assert shown(one) == {
            "availableBikeNumber": (station["num_bikes_available"], "C62", moment),
            "freeSlotNumber": (station["num_docks_available"], "C62", moment),
            "status": ("working", None, moment),
        }


def test_trips_should_be_as_late_as_the_text_form_says(shared_data: Path) -> None:
    folder = shared_data / "live/gtfs-rt"
    written = re.sub(r"#.*", "", (folder / "trip-updates-full.asciipb").read_text())
    made = re.search(r"timestamp: (\d+)", written)
    assert made
    moment = f"{datetime.fromtimestamp(int(made[1]), UTC):%Y-%m-%dT%H:%M:%S}Z"
    trips = written.split("trip_update")[1:]
    found = readings("gtfs-rt", message(folder / "trip-updates-full.pb", "example"))
    assert len(found) == len(trips) == 2
    for one, trip in zip(found, trips, strict=True):
        delays = [int(text) for text in re.findall(r"delay: (-?\d+)", trip)]
        sequences = [int(text) for text in re.findall(r"stop_sequence: (\d+)", trip)]
        told = shown(one)
        assert one.entity_type == "GtfsTrip"
        assert re.findall(r'trip_id: "(.*?)"', trip) == [_thing(one, "tripId")]
        assert told["delay"] == (delays[0], "SEC", moment)
        stops: Any = told["stopTimeUpdates"][0]
        assert [stop["stopSequence"] for stop in stops] == sequences
        late = [stop["arrivalDelaySeconds"] for stop in stops if "arrivalDelaySeconds" in stop]
        assert late == delays


@pytest.mark.parametrize(("name", "category"), PARKING.items())
def test_bays_of_eindhoven_should_have_their_place_and_for_whom_they_are(
    shared_data: Path, name: str, category: str
) -> None:
    path = shared_data / "live/parking" / name
    records = json.loads(path.read_bytes())["records"]
    found = readings("parking", message(path, "eindhoven"))
    assert len(found) == len(records) == 10
    for one, record in zip(found, records, strict=True):
        fields = record["fields"]
        assert one.entity_id == f"urn:ngsi-ld:ParkingSpot:eindhoven:{fields['objectid']}"
        # A register of bays says nothing of now.
        assert (one.values, one.observed_at) == ({}, None)
        north, east = fields["geo_point_2d"]
        assert _thing(one, "location") == {"type": "Point", "coordinates": [east, north]}
        assert _thing(one, "address") == {"streetAddress": fields["straat"]}
        assert _thing(one, "category") == [category]
        changed = _thing(one, "dateModified")["@value"]
        assert datetime.fromisoformat(changed) == datetime.fromisoformat(record["record_timestamp"])


def test_an_answer_of_sensor_community_should_be_in_utc(shared_data: Path) -> None:
    path = shared_data / "live/sensor-community/sensor_39300_response_2020-10-18.json"
    (raw,) = json.loads(path.read_bytes())
    told = {one["value_type"]: float(one["value"]) for one in raw["sensordatavalues"]}
    (found,) = readings("sensor-community", message(path, "sensor-community"))
    assert found.entity_id == "urn:ngsi-ld:AirQualityObserved:sensor-community:39300"
    moment = raw["timestamp"].replace(" ", "T") + "Z"
    assert shown(found) == {"pm10": (told["P1"], "GQ", moment), "pm25": (told["P2"], "GQ", moment)}
    place = [float(raw["location"][name]) for name in ("longitude", "latitude", "altitude")]
    assert _thing(found, "location")["coordinates"] == place
    assert _thing(found, "locationRounded") is True


def test_what_the_firmware_pushes_should_take_name_and_time_from_its_arrival(
    shared_data: Path,
) -> None:
    path = shared_data / "live/sensor-community/push_airrohr_NRZ-2016-028.jsonl"
    raw = {
        one["value_type"]: float(one["value"])
        for line in path.read_text().splitlines()
        for one in json.loads(line)["sensordatavalues"]
    }
    found = readings("sensor-community", message(path, "citizens", topic="esp8266-1"))
    assert {one.entity_id for one in found} == {"urn:ngsi-ld:AirQualityObserved:citizens:esp8266-1"}
    assert {term: told for one in found for term, told in shown(one).items()} == {
        "pm10": (raw["P1"], "GQ", RECEIVED),
        "pm25": (raw["P2"], "GQ", RECEIVED),
        "temperature": (raw["temperature"], "CEL", RECEIVED),
        "relativeHumidity": (pytest.approx(raw["humidity"] / 100), "C62", RECEIVED),
    }
    nameless = rejected("sensor-community", message(path, "citizens"))
    assert [("names no sensor" in one.reason) for one in nameless] == [True, True]


def test_a_thing_of_samen_meten_should_be_known_by_name(shared_data: Path) -> None:
    path = shared_data / "live/sensorthings/rivm_samenmeten_Things_7270.json"
    (raw,) = json.loads(path.read_bytes())["value"]
    (found,) = readings("sensorthings", message(path, "rivm", topic="Things"))
    assert found.entity_id == f"urn:ngsi-ld:AirQualityObserved:rivm:{raw['name']}"
    assert _thing(found, "owner") == raw["properties"]["owner"]


def test_datastreams_of_samen_meten_should_give_observations_their_unit(
    shared_data: Path,
) -> None:
    path = shared_data / "live/sensorthings/rivm_samenmeten_Things_7270_Datastreams.json"
    page = json.loads(path.read_bytes())
    codes = {"PERCENT": ("C62", 100), "DEG_C": ("CEL", 1), "MicroGM-PER-M3": ("GQ", 1)}
    expected = {}
    for number, stream in enumerate(page["value"], 11):
        # The sample has no observations: the hour from 10:00 to 11:00, as means are told.
        period = "2026-11-22T10:00:00.000Z/2026-11-22T11:00:00.000Z"
        stream["Observations"] = [{"phenomenonTime": period, "result": number + 0.5}]
        unit, parts = codes[stream["unitOfMeasurement"]["definition"].rpartition("/")[2]]
        value = pytest.approx((number + 0.5) / parts)
        expected[stream["name"].rpartition("-")[2]] = (value, unit, "2026-11-22T11:00:00Z")
    body = json.dumps(page).encode()
    (entity,) = by_entity(readings("sensorthings", message(body, "rivm"))).items()
    assert entity[0] == "urn:ngsi-ld:AirQualityObserved:rivm:HLL_hl_device_465"
    told = {term: one for reading in entity[1] for term, one in shown(reading).items()}
    assert told == {
        "relativeHumidity": expected["rh"],
        "temperature": expected["temp"],
        "pm25": expected["pm25"],
        "pm25/calibrated": expected["pm25_kal"],
    }
    measures = [_thing(one, "controlledProperty") for one in entity[1] if one.thing]
    assert measures == [["relativeHumidity", "temperature", "pm25"]]
