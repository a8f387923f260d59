"""LoRaWAN all the way: a real broker, a script in its sandbox, entities."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiomqtt import Client

from hanze.connectors.source_record import Example, SourceRecord
from hanze.connectors.streaming import Scalar
from tests.connectors.streamed import DECENTLAB
from tests.mosquitto import Broker, mosquitto
from tests.worker.streaming import attribute, following, until

OPTIONS: dict[str, Scalar] = {"owner": "City", "license": "https://l.example/", "approve": False}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    async with mosquitto(folder) as running:
        yield running


async def test_a_frame_should_pass_the_broker_and_the_script(
    broker: Broker, shared_data: Path
) -> None:
    vectors = json.loads(
        (shared_data / "live/lorawan/decentlab_dl-pm-codec.examples.json").read_bytes()
    )
    frame, expected = vectors["examples"][0]["bytes"], vectors["examples"][0]["values"]
    up = {
        "end_device_ids": {"device_id": "pm-1", "dev_eui": "70B3D57BA0001B50"},
        "uplink_message": {
            "f_port": 1,
            "frm_payload": base64.b64encode(bytes(frame)).decode(),
            "received_at": "2020-11-22T11:59:58.123456789Z",
            "rx_metadata": [{"rssi": -90, "snr": -3.5}, {"rssi": -70, "snr": 9.25}],
        },
    }
    async with following() as node:
        record = SourceRecord(
            name="dust",
            connector="tts-v3",
            options={**OPTIONS, "url": f"mqtt://127.0.0.1:{broker.port}"},
            script=DECENTLAB,
            examples=(Example(bytes=bytes(frame).hex(), data={"device_id": 6992}),),
        )
        await node.sources.add(record, {})

        async def listens() -> bool:
            return node.sources.connections.get("dust", "").startswith("listens")

        await until(listens)
        async with Client("127.0.0.1", broker.port) as client:
            # The topic of the manifest fits what The Things Stack publishes at.
            topic = "v3/my-app@ttn/devices/pm-1/up"
            await client.publish(topic, json.dumps(up), qos=1)
        air = "urn:ngsi-ld:AirQualityObserved:dust:70b3d57ba0001b50"
        device = "urn:ngsi-ld:Device:dust:70b3d57ba0001b50"

        async def there() -> bool:
            return attribute(node, air, "pm25") is not None

        await until(there)
        dust = attribute(node, air, "pm25")
        assert dust is not None
        assert (dust.value, dust.unit_code) == (expected["pm2_5_mass_concentration"], "GQ")
        assert dust.observed_at == "2020-11-22T11:59:58.123456Z"
        volt, snr = attribute(node, device, "batteryVoltage"), attribute(node, device, "snr")
        assert volt is not None
        assert (volt.value, volt.unit_code) == (expected["battery_voltage"], "VLT")
        assert snr is not None
        assert snr.value == 9.25
        owner = attribute(node, air, "refDevice")
        assert owner is not None
        assert owner.value == device
