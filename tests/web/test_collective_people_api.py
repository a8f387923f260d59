"""Leadership, buddies, subsidies, residents, labs and pilots over HTTP, as each of their users."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from hanze.broker.provision import create_entity
from hanze.collaboration.claims import verify
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand, Tender
from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import LabSlot, LivingLab, PilotRecord, Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.records.themes import Task, Theme
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.terms import API_PATH
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.settings import Collective, Portal, Server, Settings
from hanze.web.api.openapi import openapi_document
from tests.in_process import client_of, node_in_memory

TODAY = datetime.now(tz=ZoneInfo(Settings().portal.timezone)).date()
SOON = TODAY + timedelta(days=9)
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
ZWOLLE = "urn:ngsi-ld:Municipality:NL:GM0193"
IDEA = {"title": "Bank onder de boom", "text": "Dan kan ik even zitten.", "city": UTRECHT}
PRODUCTION = Settings(
    data=None, server=Server(dev=False), collective=Collective(contributions_per_hour=2)
)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """A node on which only those with a token write."""
    async with node_in_memory(PRODUCTION) as node:
        yield node


@pytest.fixture
async def anyone(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


@pytest.fixture
async def officer(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    token = node.tokens.create("officer", now=node.clock())
    async with client_of(node) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client


async def _add(node: Node, *records: Record) -> None:
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    for record in records:
        entity = write_record(record)
        await node.store.transact(
            lambda uow, entity=entity: create_entity(  # type: ignore[misc]  # mypy cannot see a default's type
                uow, caller, entity, context=HANZE, now=node.clock()
            )
        )


def _theme() -> Theme:
    task = Task(city=UTRECHT, task={"en": "Write the guide"}, due=TODAY - timedelta(days=1))
    return Theme(
        id=MOBILITY, title={"en": "Mobility"}, lead_cities=(UTRECHT, ZWOLLE), tasks=(task,)
    )


def _cities() -> tuple[Municipality, ...]:
    country = "urn:ngsi-ld:Country:NL"
    return tuple(
        Municipality(id=city, title={"en": name}, country=country)
        for city, name in ((UTRECHT, "Utrecht"), (ZWOLLE, "Zwolle"))
    )


def _project(**more: object) -> Project:
    values: dict[str, object] = {"stage": "replicated", "source_city": UTRECHT}
    return Project(
        id="urn:ngsi-ld:Project:test:p",
        title={"en": "Bicycle parking"},
        themes=(MOBILITY,),
        **(values | more),  # type: ignore[arg-type]  # the test's own
    )


async def test_leadership_should_be_read_by_anyone_and_written_by_writers(
    node: Node, anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    await _add(node, _theme(), *_cities())
    (theme,) = (await anyone.get("/api/v1/leadership")).json()["themes"]
    assert [one["city"]["title"]["en"] for one in theme["leads"]] == ["Utrecht", "Zwolle"]
    assert theme["tasks"][0]["state"] == "late"
    assert theme["missing"] == ["ministry", "contact"]
    place = f"/api/v1/leadership/{MOBILITY}"
    (first, _) = (await anyone.get(f"{place}/rotation?months=3")).json()["turns"]
    assert first["city"]["id"] == UTRECHT
    turn = {"city": UTRECHT, "since": first["since"], "until": first["until"]}
    assert (await anyone.post(f"{place}/turns", json=turn)).status_code == 401
    decided = (await officer.post(f"{place}/turns", json=turn)).json()
    assert decided["chair"]["city"]["id"] == UTRECHT
    assert (await officer.post(f"{place}/turns", json=turn)).status_code == 400
    task = {"city": ZWOLLE, "task": {"nl": "Overleg"}, "due": SOON.isoformat()}
    given = (await officer.post(f"{place}/tasks", json=task)).json()
    assert [one["state"] for one in given["tasks"]] == ["late", "open"]
    done = await officer.post(f"{place}/tasks/0/done", json={"on": TODAY.isoformat()})
    assert [one["state"] for one in done.json()["tasks"]] == ["open", "done"]
    assert (await anyone.get(f"{place}x")).status_code == 404
    part = Theme(id=f"{MOBILITY}-cycling", title={"en": "Cycling"}, broader=MOBILITY)
    await _add(node, part)
    shown = await anyone.get(f"/api/v1/leadership/{part.id}")
    assert (shown.status_code, shown.json()["missing"]) == (200, ["ministry", "contact"])
    assert (await anyone.get("/api/v1/leadership/budgets")).json() == {"totals": []}


async def test_buddy_should_comment_on_a_live_tender(
    node: Node, anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    demand = Demand(
        id="urn:ngsi-ld:Demand:test:d",
        title={"en": "Racks"},
        problem={"en": "Bicycles everywhere"},
        themes=(MOBILITY,),
        source_city=ZWOLLE,
        status="tendering",
        tender=Tender(status="active", ends=SOON),
    )
    await _add(node, _theme(), *_cities(), _project(), demand)
    place = f"/api/v1/tenders/{demand.id}"
    (buddy,) = (await anyone.get(f"{place}/buddies")).json()["buddies"]
    assert buddy["city"]["id"] == UTRECHT
    said = {"city": UTRECHT, "text": {"nl": "Vraag om open data"}, "by": "Team fiets"}
    assert (await officer.post(f"{place}/comments", json=said)).status_code == 201
    assert (
        await officer.post(f"{place}/comments", json=said | {"city": ZWOLLE})
    ).status_code == 403
    (tender,) = (await anyone.get("/api/v1/tenders")).json()["tenders"]
    assert tender["daysLeft"] == 9
    assert [one["text"] for one in tender["comments"]] == [{"nl": "Vraag om open data"}]


async def test_subsidies_should_be_held_beside_projects(
    node: Node, anyone: httpx.AsyncClient
) -> None:
    call = Subsidy(
        id="urn:ngsi-ld:Subsidy:EU:call", title={"en": "Call"}, closes=SOON, cities_minimum=2
    )
    project = _project()
    await _add(node, call, project, *_cities())
    (deadline,) = (await anyone.get("/api/v1/subsidies/deadlines")).json()["deadlines"]
    assert (deadline["days"], deadline["call"]["id"]) == (9, call.id)
    found = (await anyone.get(f"/api/v1/subsidies/projects/{project.id}/calls")).json()
    (assessed,) = found["calls"]
    assert (assessed["eligibility"], assessed["toDo"]) == ("not", ["cities"])
    assert next(one for one in assessed["conditions"] if one["name"] == "cities")["short"] == 1
    assert found["fund"]["eligibility"] == "not"
    back = (await anyone.get(f"/api/v1/subsidies/calls/{call.id}/projects?city={UTRECHT}")).json()
    assert [one["project"]["id"] for one in back["projects"]] == [project.id]
    assert (await anyone.get(f"/api/v1/subsidies/calls/{call.id}/projects?city=x")).json() == {
        "projects": []
    }


async def test_idea_should_go_from_visitor_to_realised(
    node: Node, anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    await _add(node, *_cities())
    made = await anyone.post("/api/v1/contributions", json=IDEA)
    assert made.status_code == 201
    idea = made.json()
    assert (idea["status"], idea["city"]["id"]) == ("received", UTRECHT)
    place = f"/api/v1/contributions/{idea['id']}"
    assert (await anyone.post(f"{place}/support")).json()["supporters"] == 1
    again = await anyone.post(f"{place}/support")
    assert (again.status_code, "retry-after" in again.headers) == (429, True)
    told = {"status": "declined", "outcome": {"nl": "De boom gaat weg"}}
    assert (await anyone.post(f"{place}/answer", json=told)).status_code == 401
    assert (await officer.post(f"{place}/answer", json=told)).json()["status"] == "declined"
    realised = {"status": "realised", "outcome": {"nl": "Toch"}}
    assert (await officer.post(f"{place}/answer", json=realised)).status_code == 409
    found = (await anyone.get(f"/api/v1/contributions?city={UTRECHT}")).json()
    assert found["total"] == 1
    assert found["funnel"]["answeredShare"] == 1
    assert found["counts"]["channel"]["web"] == 1


async def test_contributions_should_be_limited_in_number_and_size(
    node: Node, anyone: httpx.AsyncClient
) -> None:
    await _add(node, *_cities())
    large = await anyone.post("/api/v1/contributions", json="x" * 70_000)
    assert large.status_code == 413
    child = IDEA | {"ageGroup": "child"}
    assert (await anyone.post("/api/v1/contributions", json=child)).status_code == 400
    consent = child | {"parentalConsentOn": TODAY.isoformat()}
    assert (await anyone.post("/api/v1/contributions", json=consent)).status_code == 201
    refused = await anyone.post("/api/v1/contributions", json=IDEA)
    assert refused.status_code == 429
    assert refused.json()["type"] == "urn:hanze:problem:too-often"
    assert 0 < int(refused.headers["retry-after"]) <= 3600


async def test_visitor_should_name_nothing_that_is_the_citys(anyone: httpx.AsyncClient) -> None:
    for more in ({"status": "adopted"}, {"enteredBy": "me"}, {"channel": "counter"}, {"id": "x"}):
        answer = await anyone.post("/api/v1/contributions", json=IDEA | more)
        assert answer.status_code == 400, more
    tenant = {"ngsild-tenant": "invented"}
    answer = await anyone.post("/api/v1/contributions", json=IDEA, headers=tenant)
    assert answer.status_code == 403
    tenants = await anyone.get(f"{API_PATH}/types", headers=tenant)
    assert tenants.status_code == 404


async def test_closed_portal_should_take_contributions_at_the_counter_only() -> None:
    closed = Settings(
        data=None, server=Server(dev=True), collective=Collective(contributions=False)
    )
    async with node_in_memory(closed) as node, client_of(node) as client:
        assert (await client.post("/api/v1/contributions", json=IDEA)).status_code == 403
        entered = IDEA | {"channel": "telephone", "enteredBy": "Desk 3"}
        answer = await client.post("/api/v1/contributions/entered", json=entered)
        assert (answer.status_code, answer.json()["channel"]) == (201, "telephone")
        place = f"/api/v1/contributions/{answer.json()['id']}/support"
        assert (await client.post(place)).status_code == 403


async def test_proxys_address_should_count_when_it_is_named() -> None:
    settings = Settings(
        data=None,
        server=Server(dev=True),
        collective=Collective(contributions_per_hour=1, address_header="X-Forwarded-For"),
    )
    async with node_in_memory(settings) as node, client_of(node) as client:
        await _add(node, *_cities())

        async def bring(forwarded: str) -> int:
            headers = {"x-forwarded-for": forwarded}
            answer = await client.post("/api/v1/contributions", json=IDEA, headers=headers)
            return answer.status_code

        assert await bring("192.0.2.1") == 201
        # What a visitor writes there itself stands before what the proxy writes.
        assert await bring("198.51.100.7, 192.0.2.1") == 429
        assert await bring("192.0.2.2") == 201


async def test_silent_district_should_be_told_with_what_the_city_does(
    node: Node, anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    for key, number in (("north", 3000), ("south", 1000)):
        population = Attribute(kind=AttributeKind.PROPERTY, value=number)
        district = Entity(
            id=f"urn:ngsi-ld:District:test:{key}",
            types=(HANZE.expand_name("District"),),
            attributes={HANZE.expand_name("population"): (population,)},
        )
        await node.store.transact(
            lambda uow, one=district: create_entity(  # type: ignore[misc]  # mypy cannot see a default's type
                uow, caller, one, context=HANZE, now=node.clock()
            )
        )
    await _add(
        node,
        Contribution(
            id="urn:ngsi-ld:Contribution:test:1",
            title={"nl": "x"},
            district="urn:ngsi-ld:District:test:north",
            received_on=TODAY,
        ),
    )
    place = "/api/v1/districts/urn:ngsi-ld:District:test:south/updates"
    said = {"text": {"nl": "We komen langs de deuren"}}
    assert (await anyone.post(place, json=said)).status_code == 401
    assert (await officer.post(place, json=said)).status_code == 201
    south, north = (await anyone.get("/api/v1/districts?days=30")).json()["districts"]
    assert (south["state"], south["residentsShare"]) == ("silent", 0.25)
    assert south["updates"][0]["text"] == {"nl": "We komen langs de deuren"}
    assert (north["state"], north["contributions"]) == ("heard", 1)


async def test_lab_should_be_found_and_booked(
    node: Node, anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    slot = LabSlot(starts=SOON, ends=SOON + timedelta(days=30), places=1)
    lab = LivingLab(
        id="urn:ngsi-ld:LivingLab:test:lab",
        title={"en": "Airfield"},
        owners=(UTRECHT,),
        equipment=("Drone cage",),
        slots=(slot,),
    )
    await _add(node, lab)
    (found,) = (await anyone.get("/api/v1/labs?equipment=drone&equipment=radar")).json()["labs"]
    assert (found["missing"], found["slots"][0]["free"]) == (["equipment: radar"], 1)
    days = {"starts": slot.starts.isoformat(), "ends": slot.ends.isoformat()}
    place = f"/api/v1/labs/{lab.id}"
    assert (await anyone.post(f"{place}/bookings", json=days)).status_code == 401
    assert (await officer.post(f"{place}/bookings", json=days)).json()["free"] == 0
    assert (await officer.post(f"{place}/bookings", json=days)).status_code == 409
    assert (await anyone.get("/api/v1/labs")).json() == {"labs": []}
    assert (await officer.post(f"{place}/releases", json=days)).json()["free"] == 1


async def test_signed_pilot_should_be_verified_offline(
    node: Node, anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    pilot = PilotRecord(
        id="urn:ngsi-ld:PilotRecord:test:1",
        title={"en": "Poles"},
        tested={"en": "Twelve poles"},
        result={"en": "Less energy"},
        outcome="worked",
        city=UTRECHT,
        starts=date(2025, 1, 1),
    )
    await _add(node, pilot, *_cities())
    place = f"/api/v1/pilots/{pilot.id}"
    unsigned = (await anyone.get(f"{place}/verification")).json()
    assert (unsigned["valid"], unsigned["whose"]) == (False, "none")
    assert (await anyone.get(f"{place}.jwt")).status_code == 409
    assert (await anyone.post(f"{place}/signature")).status_code == 401
    signed = (await officer.post(f"{place}/signature")).json()
    assert signed["signedBy"] == node.alias
    assert (await officer.post(f"{place}/signature")).status_code == 409
    verified = (await anyone.get(f"{place}/verification")).json()
    assert (verified["valid"], verified["whose"]) == (True, "own")
    token = await anyone.get(f"{place}.jwt")
    assert token.headers["content-type"].startswith("application/jwt")
    keys = await anyone.get("/.well-known/jwks.json")
    assert keys.headers["content-type"] == "application/jwk-set+json"
    found = verify(token.text, keys.json()["keys"])
    assert found.valid
    assert all("d" not in key for key in keys.json()["keys"])
    # Not even with a token for writing, over the standard's own operations.
    attribute = {"type": "Property", "value": "failed"}
    patched = await officer.patch(
        f"{API_PATH}/entities/{pilot.id}/attrs/https%3A%2F%2Fw3id.org%2Fhanze%2Fns%23outcome",
        json=attribute,
    )
    assert patched.status_code == 409


async def _key(anyone: httpx.AsyncClient) -> dict[str, str]:
    answer = await anyone.post("/api/v1/keys")
    assert answer.status_code == 201
    return {"authorization": f"Bearer {answer.json()['key']}"}


async def test_resident_should_add_a_sensor_with_a_key_of_their_own(
    node: Node, anyone: httpx.AsyncClient
) -> None:
    sensor = {"name": "Balkon", "longitude": 5.859412, "latitude": 51.842998}
    assert (await anyone.post("/api/v1/my/sensors", json=sensor)).status_code == 401
    key = await _key(anyone)
    made = (await anyone.post("/api/v1/my/sensors", json=sensor, headers=key)).json()
    place = f"/api/v1/my/sensors/{made['number']}"
    reading = {"values": {"pm10": 21.5}}
    done = await anyone.post(f"{place}/readings", json=reading, headers=key)
    assert done.json()["values"] == {"pm10": 21.5}
    shown = (await anyone.get(f"{API_PATH}/entities/{made['id']}?options=concise")).text
    assert "5.859," in shown.replace(" ", "")
    assert "5.8594" not in shown
    other = await _key(anyone)
    assert (await anyone.delete(place, headers=other)).status_code == 404
    assert (await anyone.get("/api/v1/my/sensors", headers=key)).json()["sensors"][0]["number"] == 1
    assert (await anyone.delete("/api/v1/my/key", headers=key)).status_code == 204
    assert (await anyone.get("/api/v1/my/sensors", headers=key)).status_code == 401
    assert (await anyone.get(f"{API_PATH}/entities/{made['id']}")).status_code == 404


async def test_writers_token_should_be_no_residents_key(officer: httpx.AsyncClient) -> None:
    assert (await officer.get("/api/v1/my/sensors")).status_code == 401


def _writes() -> list[tuple[str, str]]:
    """List every operation of the node that asks for a token."""
    document = json.loads(json.dumps(openapi_document()))
    return [
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and operation.get("security")
    ]


async def test_residents_key_should_write_nothing_else(
    node: Node, anyone: httpx.AsyncClient
) -> None:
    key = await _key(anyone)
    sensor = {"name": "Balkon", "longitude": 5.86, "latitude": 51.84}
    own = (await anyone.post("/api/v1/my/sensors", json=sensor, headers=key)).json()["id"]
    await _add(node, _theme())
    before = [node.store.stored("", one) for one in (own, MOBILITY)]
    writes = _writes()
    assert len([path for _, path in writes if path.startswith(API_PATH)]) >= 15
    for method, template in writes:
        for target in (own, MOBILITY):
            path = template.replace("{entityId}", target).replace("{id}", target)
            path = path.replace("{attrId}", "name").replace("{number}", "1")
            body = {"id": target, "type": "Tree", "name": "mine"}
            content = [body] if "entityOperations" in path else body
            answer = await anyone.request(method, path, json=content, headers=key)
            assert answer.status_code == 403, (method, path, answer.text)
    assert [node.store.stored("", one) for one in (own, MOBILITY)] == before


async def test_key_should_send_so_many_readings_in_an_hour() -> None:
    settings = Settings(
        data=None,
        server=Server(dev=False),
        collective=Collective(resident_readings_per_hour=3),
    )
    async with node_in_memory(settings) as node, client_of(node) as client:
        key, other = await _key(client), await _key(client)
        sensor = {"name": "Balkon", "longitude": 5.86, "latitude": 51.84}
        reading = {"values": {"pm10": 21.5}}
        place = "/api/v1/my/sensors/1/readings"
        await client.post("/api/v1/my/sensors", json=sensor, headers=key)
        codes = [
            (await client.post(place, json=reading, headers=key)).status_code for _ in range(3)
        ]
        assert codes == [200, 200, 429]
        assert (await client.post(place, json=reading, headers=other)).status_code == 404


async def test_keys_should_be_limited() -> None:
    settings = Settings(
        data=None,
        server=Server(dev=False),
        collective=Collective(resident_keys=2, resident_keys_per_day=5),
    )
    async with node_in_memory(settings) as node, client_of(node) as client:
        codes = [(await client.post("/api/v1/keys")).status_code for _ in range(3)]
        assert codes == [201, 201, 403]
    async with node_in_memory(PRODUCTION) as node, client_of(node) as client:
        codes = [(await client.post("/api/v1/keys")).status_code for _ in range(4)]
        assert codes == [201, 201, 201, 429]


async def test_path_that_nothing_answers_should_be_a_problem(anyone: httpx.AsyncClient) -> None:
    for path in ("/api/v1/my/sensors/%0A", "/api/v1/pilots/a%0Ab.jwt", "/api/v1/nothing"):
        answer = await anyone.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_day_should_be_that_of_where_the_node_is() -> None:
    """In Korea it is tomorrow already: consent of that day does not lie ahead."""
    settings = Settings(data=None, portal=Portal(timezone="Asia/Seoul"))
    body = {"title": "Schommel", "text": "Een schommel", "ageGroup": "child"}
    async with node_in_memory(settings) as node:
        node.clock = lambda: "2026-11-22T23:30:00Z"
        async with client_of(node) as client:
            codes = [
                (
                    await client.post(
                        "/api/v1/contributions", json=body | {"parentalConsentOn": on}
                    )
                ).status_code
                for on in ("2026-11-24", "2026-11-23")
            ]
            listed = await client.get("/api/v1/contributions")
    assert codes == [400, 201]
    assert listed.json()["contributions"][0]["receivedOn"] == "2026-11-23"
