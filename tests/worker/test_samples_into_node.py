"""Real samples all the way: pushed or asked for, through the spool and the decoder, into entities."""

import gzip
import json
from pathlib import Path

import pytest

from hanze.broker.ports import Window
from hanze.connectors.streaming import Scalar
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from tests.in_process import client_of
from tests.worker.streaming import add, attribute, counters, following, serving, until

LICENCE: dict[str, Scalar] = {"owner": "City", "license": "https://licence.example/"}

#: Connector, sample, path under which it is pushed, options; and one value that must be there then.
PUSHED: list[tuple[str, str, str, dict[str, Scalar], str, str, object]] = [
    (
        *("tts-v3", "lorawan/tts_v3_events_200uplinks.json.gz", "", LICENCE),
        *("urn:ngsi-ld:Device:s:3eac2e57f4ed4a2d", "rssi", -53),
    ),
    (
        *("chirpstack-v4", "lorawan/chirpstack_v4_up_LHT65N_2026-08-27.json", "", LICENCE),
        *("urn:ngsi-ld:WeatherObserved:s:a840419edb62011c", "temperature", 24.73),
    ),
    (
        *("knmi", "knmi/get_hour_data_temp_sun.csv", "", {}),
        *("urn:ngsi-ld:WeatherObserved:s:280", "temperature", 9.6),
    ),
    (
        *("sensor-community", "sensor-community/sensor_39300_response_2020-10-18.json", "", {}),
        *("urn:ngsi-ld:AirQualityObserved:s:39300", "pm10", 2.73),
    ),
    (
        "sensor-community",
        "sensor-community/push_airrohr_NRZ-2016-028.jsonl",
        "esp8266-1",
        {},
        *("urn:ngsi-ld:AirQualityObserved:s:esp8266-1", "relativeHumidity", 0.529),
    ),
    (
        *("gbfs", "gbfs/oslobysykkel_station_status_first10.json", "", LICENCE),
        *("urn:ngsi-ld:BikeHireDockingStation:s:2358", "availableBikeNumber", 11),
    ),
    (
        *("gtfs-rt", "gtfs-rt/trip-updates-full.pb", "", LICENCE),
        *("urn:ngsi-ld:GtfsTrip:s:trip-1", "delay", 5),
    ),
    (
        *("smart-emission", "nijmegen-smartemission/last.json", "", LICENCE),
        *("urn:ngsi-ld:WeatherObserved:s:23", "temperature", 20.625),
    ),
    (
        *("parking", "parking/eindhoven_6_charging_parkings.json", "", LICENCE),
        *("urn:ngsi-ld:ParkingSpot:s:12010", "category", ["onlyElectricCharging"]),
    ),
    (
        *("sensorthings", "sensorthings/rivm_samenmeten_Things_7270_Datastreams.json", ""),
        LICENCE,
        *("urn:ngsi-ld:AirQualityObserved:s:HLL_hl_device_465", "controlledProperty"),
        ["relativeHumidity", "temperature", "pm25"],
    ),
]


def _body(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


async def _push(node: Node, body: bytes, topic: str = "") -> None:
    below = f"/{topic}" if topic else ""
    async with client_of(node) as client:
        answer = await client.post(f"/api/v1/sources/s/messages{below}", content=body)
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(
    ("connector", "sample", "topic", "options", "entity", "term", "expected"),
    PUSHED,
    ids=[f"{one[0]}-{one[1].rpartition('/')[2]}" for one in PUSHED],
)
async def test_a_pushed_sample_should_become_entities(
    shared_data: Path,
    connector: str,
    sample: str,
    topic: str,
    options: dict[str, Scalar],
    entity: str,
    term: str,
    expected: object,
) -> None:
    body = _body(shared_data / "live" / sample)
    async with following() as node:
        await add(node, "s", connector, options={**options, "how": "push", "approve": False})
        await _push(node, body, topic)

        async def settled() -> bool:
            # Counted after it was stored, so both are there then.
            return (await counters(node, "s")).decoded > 0

        await until(settled)
        found = attribute(node, entity, term)
        assert found is not None
        assert found.value == expected
        if "license" in options:
            told = attribute(node, entity, "license")
            assert told is not None
            assert told.value == "https://licence.example/"
        before = await counters(node, "s")
        # The same once more changes nothing: it is all there already.
        await _push(node, body, topic)

        async def twice() -> bool:
            return (await counters(node, "s")).decoded == 2 * before.decoded

        await until(twice)
        after = await counters(node, "s")
        if connector != "sensor-community" or not topic:
            assert after.stored == before.stored


async def test_an_hour_of_nijmegen_should_be_history_and_its_end_the_present(
    shared_data: Path,
) -> None:
    path = shared_data / "live/nijmegen-smartemission/timeseries-hour.json"
    records = json.loads(path.read_bytes())["timeseries"]
    async with following() as node:
        await add(node, "s", "smart-emission", options={**LICENCE, "how": "push"})
        await _push(node, path.read_bytes())
        entity = "urn:ngsi-ld:NoiseLevelObserved:s:23"

        async def there() -> bool:
            return attribute(node, entity, "LAeq") is not None

        await until(there)
        present = attribute(node, entity, "LAeq")
        assert present is not None
        assert present.observed_at == records[-1]["time"].replace("0Z", "Z")
        evolution = node.store.history.evolution("", entity)
        assert evolution is not None
        name = HANZE.expand_name("LAeq")
        (past,), _ = await node.store.history.read(
            "", [evolution], Window(names=frozenset({name}), most=1_000)
        )
        assert len(past.attributes[name]) == len(records) == 198


async def test_feeds_should_be_asked_again_when_their_list_did_not_change(
    shared_data: Path,
) -> None:
    status = (shared_data / "live/gbfs/oslobysykkel_station_status_first10.json").read_bytes()
    fast = json.dumps({**json.loads(status), "ttl": 0}).encode()
    async with serving() as served, following() as node:
        feeds = {"feeds": [{"name": "station_status", "url": f"{served.url}/status"}]}
        listed = json.dumps({"ttl": 0, "data": {"en": feeds}}).encode()
        served.answers["/gbfs.json"] = (200, {"etag": '"1"'}, listed)
        served.answers["/status"] = (200, {}, fast)
        options = {**LICENCE, "url": f"{served.url}/gbfs.json", "every_s": 1.0}
        await add(node, "s", "gbfs", options=options)

        async def first() -> bool:
            return (await counters(node, "s")).stored > 0

        await until(first)
        served.answers["/gbfs.json"] = (304, {}, b"")

        async def again() -> bool:
            return [path for path, _ in served.asked].count("/status") >= 2

        await until(again)


async def test_an_answer_should_not_be_asked_for_while_it_lives(shared_data: Path) -> None:
    status = (shared_data / "live/gbfs/oslobysykkel_station_status_first10.json").read_bytes()
    quick = json.dumps({**json.loads(status), "ttl": 0}).encode()
    slow = json.dumps({"ttl": 3600, "data": {"stations": []}}).encode()
    async with serving() as served, following() as node:
        urls = {"station_information": "/about", "station_status": "/status"}
        feeds = [{"name": name, "url": served.url + path} for name, path in urls.items()]
        served.answers["/gbfs.json"] = (
            *(200, {"cache-control": "max-age=3600"}),
            json.dumps({"ttl": 3600, "data": {"feeds": feeds}}).encode(),
        )
        served.answers["/about"] = (200, {}, slow)
        served.answers["/status"] = (200, {}, quick)
        options = {**LICENCE, "url": f"{served.url}/gbfs.json", "every_s": 1.0}
        await add(node, "s", "gbfs", options=options)

        async def again() -> bool:
            return [path for path, _ in served.asked].count("/status") >= 2

        await until(again)
        assert [path for path, _ in served.asked[:4]] == [
            *("/gbfs.json", "/about", "/status", "/status")
        ]


async def test_a_service_should_be_followed_to_its_observations(shared_data: Path) -> None:
    folder = shared_data / "live/sensorthings"
    real = "https://api-samenmeten.rivm.nl"
    async with serving() as served, following() as node:

        def moved(name: str) -> bytes:
            return (folder / name).read_bytes().replace(real.encode(), served.url.encode())

        query = "$filter=id%20eq%207270"
        newest = "?$orderby=phenomenonTime%20desc&$top=3"
        hour = {"phenomenonTime": "2020-11-22T10:00:00.000Z", "result": 8.5}
        observations = json.dumps({"value": [hour]}).encode()
        served.answers |= {
            f"/v1.0/Things?{query}": (200, {}, moved("rivm_samenmeten_Things_7270.json")),
            "/v1.0/Things(7270)/Datastreams?$expand=ObservedProperty": (
                *(200, {}),
                moved("rivm_samenmeten_Things_7270_Datastreams.json"),
            ),
            f"/v1.0/Datastreams(38616)/Observations{newest}": (200, {}, observations),
        }
        options = {**LICENCE, "url": f"{served.url}/v1.0", "filter": "id eq 7270"}
        await add(node, "s", "sensorthings", options=options)
        entity = "urn:ngsi-ld:AirQualityObserved:s:HLL_hl_device_465"

        async def there() -> bool:
            return attribute(node, entity, "pm25") is not None

        # The place and three other Datastreams are not found: that does not keep this one away.
        await until(there)
        found = attribute(node, entity, "pm25")
        assert found is not None
        assert (found.value, found.unit_code) == (8.5, "GQ")
        assert found.observed_at == "2020-11-22T10:00:00Z"

        async def told() -> bool:
            connection = node.sources.connections["s"]
            return connection.startswith("tries again") and "404" in connection

        await until(told)


async def test_a_device_nobody_knows_should_wait(shared_data: Path) -> None:
    path = shared_data / "live/lorawan/chirpstack_v4_up_LHT65N_2026-08-27.json"
    async with following() as node:
        await add(node, "s", "chirpstack-v4", options={**LICENCE, "how": "push"})
        await _push(node, path.read_bytes())

        async def waits() -> bool:
            return bool(await node.sources.spool.devices("s"))

        await until(waits)
        entity = "urn:ngsi-ld:WeatherObserved:s:a840419edb62011c"
        assert attribute(node, entity, "temperature") is None
        await node.sources.approve("s", "a840419edb62011c")

        async def there() -> bool:
            return attribute(node, entity, "temperature") is not None

        await until(there)
