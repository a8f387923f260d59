"""The registers of sensors and algorithms over the API."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from hanze.node.node import Node
from tests.residents_world import CITY, NS, WALKING, city_of_residents, sign_in

World = tuple[Node, dict[str, str]]
API = "/api/v1/governance"
COUNTER = "urn:ngsi-ld:CrowdCounter:1"

ALGORITHM = {
    "name": {"nl": "Fietsenstalling", "en": "Bicycle parking"},
    "description": {"en": "Foresees how full a bicycle parking will be"},
    "organization": CITY,
    "goal": {"en": "Fewer bicycles in the way"},
    "category": "impactful",
    "humanIntervention": {"en": "A warden decides"},
    "decision": {"en": "Where wardens go first"},
    "contact": "algorithms@hanze.example",
}


@pytest.fixture
async def city() -> AsyncIterator[World]:
    async with city_of_residents() as world:
        yield world


async def test_sensors_should_be_listed_for_everybody_also_where_data_is_closed(
    city: World,
) -> None:
    node, _ = city
    async with sign_in(node) as nobody:
        found = (await nobody.get(f"{API}/sensors")).json()
        some = (await nobody.get(f"{API}/sensors", params={"dataset": WALKING, "limit": 2})).json()
    assert found["total"] == 6
    assert {one["types"][0] for one in found["sensors"]} == {NS + "CrowdCounter", NS + "AirSensor"}
    assert all(one["location"] and one["contact"] for one in found["sensors"])
    assert (some["total"], len(some["sensors"])) == (3, 2)


async def test_sensor_should_tell_no_value_of_closed_data(city: World) -> None:
    node, _ = city
    async with sign_in(node) as nobody:
        closed = await nobody.get(f"{API}/sensors/{COUNTER}")
        opened = (await nobody.get(f"{API}/sensors/urn:ngsi-ld:AirSensor:1")).json()
    told = closed.json()
    assert told["open"] is False
    assert told["personal"] is True
    assert told["nonPublication"]["decidedBy"] == "The mayor and aldermen"
    assert told["reviewAt"] == "2027-01-01"
    assert told["legalBasis"].endswith("#A6-1-e")
    assert not {"observes", "observedAt", "name"} & told.keys()
    assert "7001" not in closed.text
    assert opened["open"] is True
    assert opened["observes"] == [NS + "pm10"]


async def test_register_should_answer_alike_what_is_no_sensor_and_what_is_not_there(
    city: World,
) -> None:
    node, _ = city
    async with sign_in(node) as nobody:
        for entity in ("urn:ngsi-ld:HomeVisit:1", "urn:ngsi-ld:Inquiry:1", "urn:ngsi-ld:None:1"):
            answer = await nobody.get(f"{API}/sensors/{entity}")
            assert answer.status_code == 404
            assert answer.json()["detail"] == f"The register has no sensor {entity}"


async def test_register_should_be_a_file_in_three_formats(city: World) -> None:
    node, _ = city
    async with sign_in(node) as nobody:
        linked = (await nobody.get(f"{API}/sensor-register.jsonld")).json()
        drawn = (await nobody.get(f"{API}/sensor-register.geojson")).json()
        table = (await nobody.get(f"{API}/sensor-register.csv")).content.decode("utf-8-sig")
        none = await nobody.get(f"{API}/sensor-register.xlsx")
    graph = {one["@id"]: one for one in linked["@graph"]}
    assert graph[COUNTER]["Datastream"]["ContainsPIData"] is True
    assert graph[COUNTER]["Datastream"]["IsOpenData"] is False
    assert graph[COUNTER]["ObservationGoal"]["LegalGround"].endswith("#A6-1-e")
    assert drawn["features"][0]["geometry"]["type"] == "Point"
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(table))}
    assert rows[COUNTER]["longitude"] == "5.109999999999999" or rows[COUNTER]["longitude"] == "5.11"
    assert rows[COUNTER]["page"] == "http://localhost/sensor/urn:ngsi-ld:CrowdCounter:1"
    assert none.status_code == 404


async def test_code_should_be_a_picture_of_the_address_of_the_page(city: World) -> None:
    node, _ = city
    async with sign_in(node) as nobody:
        answer = await nobody.get(f"{API}/sensors/{COUNTER}/qr.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert b"<svg" in answer.content
    assert b"<title>1</title>" in answer.content


async def test_algorithms_should_be_kept_by_stewards_and_read_by_everybody(city: World) -> None:
    node, tokens = city
    path = f"{API}/algorithms/urn:ngsi-ld:Algorithm:hanze:bicycles"
    async with sign_in(node) as nobody, sign_in(node, tokens["steward"]) as steward:
        async with sign_in(node, tokens["alice"]) as alice:
            assert (await nobody.put(path, json=ALGORITHM)).status_code == 401
            assert (await alice.put(path, json=ALGORITHM)).status_code == 403
        made = await steward.put(path, json=ALGORITHM)
        again = await steward.put(path, json=ALGORITHM)
        bare = await steward.put(path, json=ALGORITHM | {"goal": {"en": " "}})
        own = (await nobody.get(path)).json()
        asked = {"fields": "dutch", "language": "nl"}
        dutch = (await nobody.get(f"{API}/algorithms", params=asked)).json()["algorithms"]
        await steward.delete(path)
        gone = await nobody.get(path)
    assert (made.status_code, again.status_code, gone.status_code) == (201, 200, 404)
    assert bare.json()["field"] == "goal"
    assert own["humanIntervention"] == {"en": "A warden decides"}
    assert dutch[0]["name"] == "Fietsenstalling"
    assert dutch[0]["publication_category"] == "impactful"
    assert dutch[0]["human_intervention"] == "A warden decides"
