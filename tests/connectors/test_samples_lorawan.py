"""Real recordings of LoRaWAN devices; what is expected is worked out here, from the raw files."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from hanze.connectors.decoders import load_connector
from hanze.connectors.sandbox import Sandbox
from hanze.connectors.streaming import Reading, Scripted
from tests.connectors.streamed import DECENTLAB, by_entity, message, readings, rejected, shown

TTS = ["tts_v3_events_garage.json", "tts_v3_events_200uplinks.json.gz"]


def _raw(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.parametrize("name", TTS)
def test_tts_should_give_a_reading_for_each_frame_when_several_gateways_heard_it(
    shared_data: Path, name: str
) -> None:
    body = _raw(shared_data / "live/lorawan" / name)
    sent = [event["data"] for event in json.loads(body) if event["name"] == "as.up.data.forward"]
    found = readings("tts-v3", message(body, "garage"))
    assert len(found) == len(sent)
    assert rejected("tts-v3", message(body, "garage")) == []
    # What all of them lack is told once.
    assert [len(one.parts) for one in found] == [1] + [0] * (len(found) - 1)
    assert "no decoder" in found[0].parts[0]
    for one, up in zip(found, sent, strict=True):
        heard = up["uplink_message"]
        clearest = sorted(
            heard["rx_metadata"], key=lambda gateway: (gateway["snr"], gateway["rssi"])
        )[-1]
        moment = heard["received_at"][:26].rstrip("0") + "Z"
        assert one.entity_id == "urn:ngsi-ld:Device:garage:3eac2e57f4ed4a2d"
        assert shown(one) == {
            "rssi": (clearest["rssi"], "DBM", moment),
            "snr": (clearest["snr"], "2N", moment),
        }
        assert one.thing["name"].value == "2211-001-0003"  # type: ignore[union-attr]  # one instance


def test_tts_should_hand_each_payload_to_a_script_when_the_source_has_one(
    shared_data: Path,
) -> None:
    body = _raw(shared_data / "live/lorawan/tts_v3_events_garage.json")
    connector = load_connector("tts-v3")
    assert connector.uplinks is not None
    uplinks = connector.uplinks(message(body))
    payloads = [
        event["data"]["uplink_message"]["frm_payload"]
        for event in json.loads(body)
        if event["name"] == "as.up.data.forward"
    ]
    assert [base64.b64encode(one.data).decode() for one in uplinks] == payloads
    answers = tuple(Scripted({"temperature": 20 + number}) for number in range(len(uplinks)))
    found = [
        shown(one)["temperature"][0]
        for one in readings("tts-v3", message(body, scripted=answers))
        if one.entity_type == "WeatherObserved"
    ]
    assert found == [20, 21, 22, 23, 24]


def test_chirpstack_should_give_the_device_and_what_it_measures(shared_data: Path) -> None:
    body = (shared_data / "live/lorawan/chirpstack_v4_up_LHT65N_2026-08-27.json").read_bytes()
    raw = json.loads(body)
    moment = raw["time"][:26] + "Z"
    entities = by_entity(readings("chirpstack-v4", message(body, "senso")))
    (device,) = entities["urn:ngsi-ld:Device:senso:a840419edb62011c"]
    (weather,) = entities["urn:ngsi-ld:WeatherObserved:senso:a840419edb62011c"]
    assert shown(device) == {
        "rssi": (raw["rxInfo"][0]["rssi"], "DBM", moment),
        "snr": (raw["rxInfo"][0]["snr"], "2N", moment),
        "batteryVoltage": (raw["object"]["BatV"], "VLT", moment),
    }
    humidity = pytest.approx(raw["object"]["Hum_SHT"] / 100)
    assert shown(weather) == {
        "temperature": (raw["object"]["TempC_SHT"], "CEL", moment),
        "temperature/external-probe": (raw["object"]["TempC_DS"], "CEL", moment),
        "relativeHumidity": (humidity, "C62", moment),
    }
    assert device.device == weather.device == raw["deviceInfo"]["devEui"]


def _expected(values: dict[str, float]) -> dict[str, tuple[object, str]]:
    """Decentlab's own vectors, in the units of the data model."""
    known: dict[str, tuple[str, str, float]] = {
        "battery_voltage": ("batteryVoltage", "VLT", 1),
        "air_temperature": ("temperature", "CEL", 1),
        "air_humidity": ("relativeHumidity", "C62", 0.01),
        "barometric_pressure": ("atmosphericPressure", "A97", 0.01),
        "pm1_0_mass_concentration": ("pm1", "GQ", 1),
        "pm2_5_mass_concentration": ("pm25", "GQ", 1),
        "pm4_mass_concentration": ("pm4", "GQ", 1),
        "pm10_mass_concentration": ("pm10", "GQ", 1),
    }
    return {
        term: (pytest.approx(values[name] * factor, rel=1e-6), unit)
        for name, (term, unit, factor) in known.items()
        if name in values
    }


def _measured(found: list[Reading]) -> dict[str, tuple[object, str | None]]:
    return {term: told[:2] for one in found for term, told in shown(one).items()}


async def test_payloads_should_be_what_the_makers_vectors_say(shared_data: Path) -> None:
    vectors = json.loads(
        (shared_data / "live/lorawan/decentlab_dl-pm-codec.examples.json").read_bytes()
    )
    connector = load_connector("tts-v3")
    assert connector.uplinks is not None
    sandbox = Sandbox()
    try:
        for example in vectors["examples"]:
            up: dict[str, Any] = {
                "end_device_ids": {"dev_eui": "70B3D57BA0001B50"},
                "uplink_message": {
                    "f_port": vectors["fPort"],
                    "frm_payload": base64.b64encode(bytes(example["bytes"])).decode(),
                    "received_at": "2026-11-22T11:59:58.1234567Z",
                },
            }
            body = json.dumps(up).encode()
            bare = readings("tts-v3", message(body, scripted=(Scripted(example["values"]),)))
            assert _measured(bare) == _expected(example["values"])
            answers = await sandbox.run(DECENTLAB, connector.uplinks(message(body)))
            run = readings("tts-v3", message(body, scripted=tuple(answers)))
            assert _measured(run) == _expected(example["values"])
            assert {one.observed_at for one in run if one.values} == {"2026-11-22T11:59:58.123456Z"}
    finally:
        await sandbox.close()
