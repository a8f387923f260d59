"""What becomes of frames: times, units, names of fields, copies, devices."""

import json
from typing import Any

import pytest

from hanze.connectors import WrongInput
from hanze.connectors.lorawan_fields import read_fields
from hanze.connectors.streaming import Options, Reading
from tests.connectors.streamed import by_entity, message, readings, rejected, shown


def chirpstack(payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "deduplicationId": "one",
        "time": "2026-11-22T11:00:00Z",
        "deviceInfo": {"devEui": "A840419EDB62011C", "deviceName": "sensor0"},
        "fPort": 2,
        "data": "AQID",
        "object": payload,
        "rxInfo": [{"rssi": -90, "snr": 7}],
        **more,
    }


def measured(
    events: object, entity_type: str = "WeatherObserved", options: Options | None = None
) -> list[Reading]:
    sent = message(json.dumps(events).encode(), options=options)
    return [one for one in readings("chirpstack-v4", sent) if one.entity_type == entity_type]


def test_readings_should_keep_their_own_time_when_the_payload_tells_it() -> None:
    payload = {
        "readings": [
            {"time": "2026-11-22T10:44:00Z", "temperature": 4.5},
            {"timestamp": 1795341600, "temperature": 4.0},
            {"ts": 1795342500000, "temperature": 4.2},
        ],
        "temperature": 5.0,
    }
    told = [shown(one)["temperature"] for one in measured(chirpstack(payload))]
    assert told == [
        (5.0, "CEL", "2026-11-22T11:00:00Z"),
        (4.5, "CEL", "2026-11-22T10:44:00Z"),
        (4.0, "CEL", "2026-11-22T10:00:00Z"),
        (4.2, "CEL", "2026-11-22T10:15:00Z"),
    ]


def test_arrival_should_count_when_the_clock_of_a_device_is_ahead() -> None:
    sent = message(
        json.dumps(chirpstack({"time": "2027-01-01T00:00:00Z", "temperature": 1})).encode()
    )
    weather, device = readings("chirpstack-v4", sent)
    assert weather.observed_at == "2026-11-22T11:00:00Z"
    assert "2027-01-01T00:00:00Z" in device.parts[0]


def test_a_copy_of_a_frame_should_be_read_once() -> None:
    event = chirpstack({"temperature": 1})
    assert len(measured([event, event])) == 1


@pytest.mark.parametrize(
    ("pressure", "expected"),
    [(1013.2, 1013.2), (101320, 1013.2), (101.32, 1013.2), (20_000, None), (5, None)],
)
def test_the_size_of_a_pressure_should_tell_its_unit(
    pressure: float, expected: float | None
) -> None:
    told = [shown(one) for one in measured(chirpstack({"pressure": pressure}))]
    if expected is None:
        assert told == []
    else:
        value = (pytest.approx(expected), "A97", "2026-11-22T11:00:00Z")
        assert told == [{"atmosphericPressure": value}]


def test_a_unit_beside_the_value_should_win() -> None:
    payload = {
        "temperature": {"value": 293.15, "unit": "K"},
        "humidity": {"value": 50, "unit": "furlong"},
    }
    (weather,) = measured(chirpstack(payload))
    assert shown(weather) == {"temperature": (20.0, "CEL", "2026-11-22T11:00:00Z")}


def test_fields_should_be_named_by_the_source() -> None:
    option = "level_mm=waterLevel:MTR:0.001, Temp1 = temperature:CEL, noise=-"
    payload = {"level_mm": 1250, "Temp1": 3.5, "noise": 7, "puzzle": 1}
    sent = message(json.dumps(chirpstack(payload)).encode(), options={"fields": option})
    entities = by_entity(readings("chirpstack-v4", sent))
    (water,) = entities["urn:ngsi-ld:WaterObserved:source:a840419edb62011c"]
    (weather,) = entities["urn:ngsi-ld:WeatherObserved:source:a840419edb62011c"]
    (device,) = entities["urn:ngsi-ld:Device:source:a840419edb62011c"]
    assert shown(water)["waterLevel"][:2] == (1.25, "MTR")
    assert shown(weather)["temperature"][:2] == (3.5, "CEL")
    assert len(device.parts) == 1
    assert "puzzle" in device.parts[0]


def test_all_should_go_to_the_type_that_the_source_names() -> None:
    options = {"entity_type": "AirQualityObserved"}
    payload = {"temperature": 1, "co2": 420, "battery_voltage": 3300}
    (air,) = measured(chirpstack(payload), "AirQualityObserved", options)
    assert {term: told[:2] for term, told in shown(air).items()} == {
        "temperature": (1, "CEL"),
        "co2": (420, "59"),
    }
    (device,) = measured(chirpstack(payload), "Device", options)
    assert shown(device)["batteryVoltage"][:2] == (3.3, "VLT")


@pytest.mark.parametrize("option", ["a", "a=", "a=b", "a=b:C:x", "=b:C", "a=b:C:1:2"])
def test_fields_should_be_refused_when_they_are_not_as_described(option: str) -> None:
    with pytest.raises(WrongInput, match="fields must be"):
        read_fields(option)


def test_a_status_event_should_tell_the_battery() -> None:
    event = {
        "time": "2026-11-22T11:00:00Z",
        "deviceInfo": {"devEui": "00ff"},
        "margin": 10,
        "batteryLevel": 87.5,
    }
    (device,) = measured(event, "Device")
    assert shown(device) == {"batteryLevel": (0.875, "C62", "2026-11-22T11:00:00Z")}
    (powered,) = measured({**event, "externalPowerSource": True}, "Device")
    assert powered.values == {}


def test_events_about_nothing_measured_should_be_passed_over() -> None:
    joined = {"deviceInfo": {"devEui": "00ff"}, "devAddr": "01087309"}
    assert measured(joined, "Device") == []
    assert rejected("chirpstack-v4", message(json.dumps(joined).encode())) == []
    accepted = {"end_device_ids": {"device_id": "x"}, "join_accept": {}}
    assert readings("tts-v3", message(json.dumps(accepted).encode())) == []


def test_a_frame_without_a_device_should_be_rejected_and_the_rest_read() -> None:
    events = [chirpstack({"temperature": 1}), {"data": "AQID"}, 5]
    sent = message(json.dumps(events).encode())
    assert len(readings("chirpstack-v4", sent)) == 2
    assert ["devEui" in one.reason for one in rejected("chirpstack-v4", sent)] == [True, False]


def test_normalized_payload_of_the_things_stack_should_be_read() -> None:
    up = {
        "end_device_ids": {"device_id": "bin-1"},
        "uplink_message": {
            "f_port": 1,
            "frm_payload": "AQID",
            "received_at": "2026-11-22T11:00:00Z",
            "last_battery_percentage": {"value": 50},
            "normalized_payload": [
                {"time": "2026-11-22T10:30:00Z", "air": {"temperature": 9, "relativeHumidity": 80}}
            ],
        },
    }
    entities = by_entity(readings("tts-v3", message(json.dumps(up).encode())))
    (weather,) = entities["urn:ngsi-ld:WeatherObserved:source:bin-1"]
    assert shown(weather) == {
        "temperature": (9, "CEL", "2026-11-22T10:30:00Z"),
        "relativeHumidity": (0.8, "C62", "2026-11-22T10:30:00Z"),
    }
    (device,) = entities["urn:ngsi-ld:Device:source:bin-1"]
    assert shown(device)["batteryLevel"][:2] == (0.5, "C62")
