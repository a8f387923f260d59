"""Sensor.Community: answers of the service and messages of the firmware."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.connectors import DamagedInput, WrongInput
from hanze.connectors.manifest import load_manifest
from hanze.connectors.sensor_community.source import SensorCommunityFile
from hanze.ngsild.model import Attribute, Entity
from hanze.ngsild.vocabulary import HANZE

PULL: dict[str, Any] = {
    "sensordatavalues": [
        {"value_type": "P1", "id": 1, "value": "2.73"},
        {"value_type": "P2", "id": 2, "value": "2.00"},
    ],
    "timestamp": "2020-10-18 15:16:17",
    "sensor": {"id": 39300, "sensor_type": {"name": "SDS011"}},
    "location": {
        "longitude": "23.38",
        "latitude": "42.626",
        "altitude": "628.8",
        "exact_location": 0,
        "indoor": 0,
    },
}
PUSH = {
    "software_version": "NRZ-2016-028",
    "sensordatavalues": [
        {"value_type": "SDS_P1", "value": "11.43"},
        {"value_type": "humidity", "value": "52.90"},
        {"value_type": "samples", "value": "535701"},
    ],
}


def intake(path: Path, **more: str) -> SensorCommunityFile:
    provenance = load_manifest("sensor_community").provenance
    return SensorCommunityFile(path, provenance, HANZE.expand_name, **more)


def read(folder: Path, *records: object, **more: str) -> tuple[list[Entity], SensorCommunityFile]:
    path = folder / "readings.json"
    path.write_bytes(orjson.dumps(records))
    run = intake(path, **more)
    return list(run.entities()), run


def one(entity: Entity, name: str) -> Attribute:
    (instance,) = entity.attributes[HANZE.expand_name(name)]
    return instance


def test_an_answer_of_the_service_should_become_an_entity(tmp_path: Path) -> None:
    (entity,), run = read(tmp_path, PULL)
    assert entity.id == "urn:ngsi-ld:AirQualityObserved:sensor-community:39300"
    assert (one(entity, "pm10").value, one(entity, "pm10").unit_code) == (2.73, "GQ")
    assert one(entity, "pm25").value == 2.0
    assert one(entity, "pm10").observed_at == "2020-10-18T15:16:17Z"
    location = one(entity, "location")
    assert location.value == {"type": "Point", "coordinates": [23.38, 42.626, 628.8]}
    assert location.attributes[HANZE.expand_name("locationRounded")][0].value is True
    assert one(entity, "typeofLocation").value == "outdoor"
    assert one(entity, "license").value == "https://opendatacommons.org/licenses/odbl/1-0/"
    assert run.details()["values"] == {"stored": {"P1": 1, "P2": 1}, "leftOut": {}}


def test_a_message_of_the_firmware_should_take_sensor_and_time_from_the_caller(
    tmp_path: Path,
) -> None:
    (entity,), run = read(tmp_path, PUSH, sensor="esp8266-1", received="2026-01-01T00:00:00Z")
    assert entity.id.endswith(":esp8266-1")
    assert one(entity, "pm10").value == 11.43
    humidity = one(entity, "relativeHumidity")
    assert (humidity.value, humidity.unit_code) == (0.529, "C62")
    details: Mapping[str, Any] = run.details()
    assert details["values"]["leftOut"] == {"notSupported": {"samples": 1}}


def test_a_message_that_names_its_chip_should_need_no_sensor(tmp_path: Path) -> None:
    (entity,), _ = read(tmp_path, PUSH | {"esp8266id": "77"}, received="2026-01-01T00:00:00Z")
    assert entity.id.endswith(":esp8266-77")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sensor": None}, "names no sensor"),
        ({"timestamp": None}, "has no time"),
        ({"timestamp": "yesterday"}, "timestamp is not a time"),
        ({"sensordatavalues": "x"}, "must be an array"),
        ({"sensordatavalues": [1]}, "must be a JSON object"),
        ({"sensordatavalues": [{"value": "1"}]}, "value_type must be a text"),
    ],
)
def test_a_record_that_cannot_be_used_should_be_left_out_with_its_reason(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    other = PULL | {"sensor": {"id": 7}}
    entities, run = read(tmp_path, PULL | change, other)
    assert [entity.id[-2:] for entity in entities] == [":7"]
    assert run.refusals.count == 1
    assert run.refusals.first[0]["record"] == 1
    assert reason in str(run.refusals.first[0]["reason"])


@pytest.mark.parametrize("text", ["nan", "unknown", "", None, "Infinity", True])
def test_what_is_no_number_should_be_no_value(tmp_path: Path, text: object) -> None:
    values = [{"value_type": "P1", "value": text}, {"value_type": "P2", "value": "-1"}]
    (entity,), run = read(tmp_path, PULL | {"sensordatavalues": values})
    assert HANZE.expand_name("pm10") not in entity.attributes
    details: Mapping[str, Any] = run.details()
    assert details["values"]["leftOut"] == {"missing": {"P1": 1}, "negative": {"P2": 1}}


def test_of_several_readings_the_newest_should_be_the_present_state(tmp_path: Path) -> None:
    newer = PULL | {
        "timestamp": "2020-10-18 15:18:47",
        "sensordatavalues": [{"value_type": "P1", "value": "9"}],
    }
    (entity,), run = read(tmp_path, newer, PULL)
    assert one(entity, "pm10").value == 9.0
    assert run.details()["olderReadings"] == 1


def test_an_array_that_breaks_off_should_give_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_bytes(orjson.dumps([PULL, PULL], option=orjson.OPT_INDENT_2)[:-40])
    stream = intake(path).entities()
    assert next(stream).id.endswith(":39300")
    with pytest.raises(DamagedInput) as caught:
        next(stream)
    assert caught.value.record == 2
    assert caught.value.line is not None
    assert caught.value.line > 20


def test_a_line_that_is_no_json_should_be_named(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_bytes(orjson.dumps(PULL) + b"\n\n{broken\n")
    with pytest.raises(DamagedInput, match="line 3, record 2"):
        list(intake(path).entities())


@pytest.mark.parametrize("content", [b"", b"P1;P2\n1;2", b"\xff\xfe"])
def test_another_format_should_be_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "readings.json"
    path.write_bytes(content)
    with pytest.raises(WrongInput):
        list(intake(path).entities())


def test_an_array_in_another_encoding_should_be_told(tmp_path: Path) -> None:
    path = tmp_path / "readings.json"
    path.write_bytes(b'["\xff"]')
    with pytest.raises(DamagedInput, match="UTF-8"):
        list(intake(path).entities())


def test_the_recordings_should_be_read(shared_data: Path) -> None:
    folder = shared_data / "live/sensor-community"
    pull = intake(folder / "sensor_39300_response_2020-10-18.json")
    assert [entity.id for entity in pull.entities()] == [
        "urn:ngsi-ld:AirQualityObserved:sensor-community:39300"
    ]
    push = intake(
        folder / "push_airrohr_NRZ-2016-028.jsonl", sensor="x", received="2026-01-01T00:00:00Z"
    )
    (entity,) = push.entities()
    assert one(entity, "temperature").value == 26.5
    assert push.refusals.count == 0
