"""Every use of data about people is in the log before it is answered; auditors read the log alone."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw
import httpx
import orjson
import pytest

from hanze.governance.duties import account_of
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.activity import Activity
from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.records.log import ProcessingRecord
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.ngsild.context import CORE
from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.in_process import client_of, node_in_memory

_CITY: Final = "urn:ngsi-ld:Organization:x:city"
_PURPOSE: Final = "https://w3id.org/dpv#ServiceProvision"
_ACTIVITY: Final = "urn:ngsi-ld:ProcessingActivity:x:care"
_ENTITIES: Final = "/ngsi-ld/v1/entities"
_LOG: Final = "/api/v1/governance/log"
_TRACE: Final = "0af7651916cd43dd8448eb211c80319c"


def _iri(name: str) -> str:
    return CORE.expand_name(name)


def _datasets() -> tuple[Dataset, ...]:
    why = NonPublication(
        ground="AVG", decided_by="College", decided_at="2026-01-01", review_at="2099-01-01"
    )
    return (
        Dataset(
            id="urn:ngsi-ld:Dataset:x:care",
            title={"en": "Care"},
            types=(_iri("CareSensor"),),
            access_rights=AccessRights.NON_PUBLIC,
            owner=_CITY,
            purposes=(_PURPOSE,),
            non_publication=why,
            personal=True,
            subject=_iri("refPerson"),
        ),
        Dataset(
            id="urn:ngsi-ld:Dataset:x:bins",
            title={"en": "Bins"},
            types=(_iri("Bin"),),
            access_rights=AccessRights.PUBLIC,
        ),
    )


def _care(number: int, person: str) -> dict[str, object]:
    return {
        "id": f"urn:ngsi-ld:CareSensor:{number}",
        "type": "CareSensor",
        "refPerson": {"type": "Relationship", "object": f"urn:ngsi-ld:Person:{person}"},
        "steps": {"type": "Property", "value": 10},
    }


class _City:
    """A node that is not open to everybody, and clients of it."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def client(self, name: str, *, roles: tuple[str, ...] = ("reader",)) -> httpx.AsyncClient:
        grant = Grant(roles=roles)
        if "auditor" not in roles:
            grant = Grant(roles=roles, organisation=_CITY, activity=_ACTIVITY, purposes=(_PURPOSE,))
        secret = self.node.tokens.create(name, grant=grant, now=self.node.clock())
        client = client_of(self.node)
        client.headers["authorization"] = f"Bearer {secret}"
        return client

    async def processing(self, name: str) -> list[ProcessingRecord]:
        found = await self.node.store.log.find(LogSearch(kind="processing", name=name))
        return [one.record for one in found if isinstance(one.record, ProcessingRecord)]

    @property
    def database(self) -> Path:
        return self.node.store._path  # a store in memory names it nowhere


@pytest.fixture
async def city() -> AsyncIterator[_City]:
    async with node_in_memory(Settings(data=None, server=Server(dev=False))) as node:
        activity = Activity(
            id=_ACTIVITY, title={"en": "Care"}, organisation=_CITY, purposes=(_PURPOSE,)
        )
        datasets = [Change(node.governance.datasets, one) for one in _datasets()]
        await node.governance.change(
            *datasets,
            Change(node.governance.activities, activity),
            account=account_of(NODE, "test.prepared", (), now=node.clock()),
        )
        yield _City(node)


@contextmanager
def _unwritable(path: Path) -> Iterator[None]:
    connection = apsw.Connection(str(path))
    connection.execute(
        "CREATE TRIGGER no BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    try:
        yield
    finally:
        connection.execute("DROP TRIGGER no")
        connection.close()


async def _with_people(city: _City) -> None:
    async with city.client("writer", roles=("writer",)) as client:
        for number, person in enumerate(("ann", "bob", "ann")):
            answer = await client.post(_ENTITIES, json=_care(number, person))
            assert answer.status_code == 201, answer.text
        answer = await client.post(_ENTITIES, json={"id": "urn:ngsi-ld:Bin:1", "type": "Bin"})
        assert answer.status_code == 201, answer.text


async def test_writes_should_leave_a_record_for_each_data_subject(city: _City) -> None:
    await _with_people(city)
    created = await city.processing("create")
    ann = city.node.store.log.known_pseudonym("", "urn:ngsi-ld:Person:ann")
    bob = city.node.store.log.known_pseudonym("", "urn:ngsi-ld:Person:bob")
    assert sorted(one.subject for one in created) == sorted([str(ann), str(ann), str(bob)])
    async with city.client("other", roles=("writer",)) as client:
        moved = {"refPerson": {"type": "Relationship", "object": "urn:ngsi-ld:Person:bob"}}
        await client.patch(f"{_ENTITIES}/urn:ngsi-ld:CareSensor:0", json=moved)
        await client.delete(f"{_ENTITIES}/urn:ngsi-ld:CareSensor:0")
        await client.patch(f"{_ENTITIES}/urn:ngsi-ld:CareSensor:9", json=moved)
    # Whose data it was counts as much as whose it becomes.
    assert {one.subject for one in await city.processing("update")} == {ann, bob}
    assert [one.subject for one in await city.processing("delete")] == [bob]
    body = b"".join(
        row[0] for row in apsw.Connection(str(city.database)).execute("SELECT body FROM log")
    )
    assert b"Person:" not in body


async def test_histories_should_leave_a_record_when_the_entity_is_not_there(city: _City) -> None:
    moment = "2026-03-01T10:00:00Z"
    past = _care(5, "fay")
    past["refPerson"] = [
        {"type": "Relationship", "object": "urn:ngsi-ld:Person:fay", "observedAt": moment}
    ]
    past["steps"] = [{"type": "Property", "value": 3, "observedAt": moment}]
    async with city.client("writer", roles=("writer",)) as client:
        answer = await client.post("/ngsi-ld/v1/temporal/entities", json=past)
        assert answer.status_code == 201, answer.text
    fay = city.node.store.log.known_pseudonym("", "urn:ngsi-ld:Person:fay")
    assert [one.subject for one in await city.processing("create")] == [fay]


async def test_reads_should_leave_a_record_for_each_data_subject_and_say_why(city: _City) -> None:
    await _with_people(city)
    async with city.client("nurse") as client:
        traced = {"traceparent": f"00-{_TRACE}-b7ad6b7169203331-01"}
        answer = await client.get(_ENTITIES, params={"type": "CareSensor"}, headers=traced)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()) == 3
    read = await city.processing("read")
    assert len(read) == 2
    for one in read:
        assert (one.organisation, one.purpose, one.activity) == (_CITY, _PURPOSE, _ACTIVITY)
        assert (one.trace_id, one.parent_span_id) == (_TRACE, "b7ad6b7169203331")
        assert one.datasets == ("urn:ngsi-ld:Dataset:x:care",)
    decided = await city.node.store.log.find(LogSearch(kind="decision", trace=_TRACE))
    assert decided


async def test_open_data_about_people_should_leave_records_whoever_reads_it(city: _City) -> None:
    await _with_people(city)
    opened = Dataset(
        id="urn:ngsi-ld:Dataset:x:mayors",
        title={"en": "Mayors"},
        types=(_iri("Mayor"),),
        access_rights=AccessRights.PUBLIC,
        personal=True,
        subject="@id",
    )
    account = account_of(NODE, "test.prepared", (), now=city.node.clock())
    await city.node.governance.change(
        Change(city.node.governance.datasets, opened), account=account
    )
    async with city.client("writer2", roles=("writer",)) as writer:
        await writer.post(_ENTITIES, json={"id": "urn:ngsi-ld:Mayor:1", "type": "Mayor"})
    async with client_of(city.node) as anybody:
        for path in (f"{_ENTITIES}/urn:ngsi-ld:Mayor:1", f"{_ENTITIES}?type=Mayor"):
            assert (await anybody.get(path)).status_code == 200
    assert [one.organisation for one in await city.processing("read")] == ["", ""]


async def test_decisions_should_not_name_what_is_about_people(city: _City) -> None:
    await _with_people(city)
    async with client_of(city.node) as anybody, city.client("eva", roles=("auditor",)) as auditor:
        refused = await anybody.get(f"{_ENTITIES}/urn:ngsi-ld:CareSensor:1")
        assert refused.status_code in (400, 403)
        found = (await auditor.get(_LOG, params={"kind": "decision"})).json()["records"]
        assert [one["record"]["decision"] for one in found] == [False]
        assert "CareSensor:1" not in str(found)
        assert _iri("CareSensor") in found[0]["record"]["asked"]
        asked = {"kind": "decision", "about": "urn:ngsi-ld:CareSensor:1"}
        found = (await auditor.get(_LOG, params=asked)).json()["records"]
        assert [one["record"]["decision"] for one in found] == [False]


async def test_open_reads_should_log_nothing(city: _City) -> None:
    await _with_people(city)
    head = city.node.store.log.head
    async with client_of(city.node) as client:
        answer = await client.get(f"{_ENTITIES}/urn:ngsi-ld:Bin:1")
        assert answer.status_code == 200
        answer = await client.get(_ENTITIES, params={"type": "Bin"})
        assert len(answer.json()) == 1
    assert city.node.store.log.head == head


async def test_nothing_should_be_answered_when_the_log_cannot_be_written(city: _City) -> None:
    await _with_people(city)
    async with city.client("nurse") as nurse, client_of(city.node) as anybody:
        with _unwritable(city.database):
            for path in (f"{_ENTITIES}?type=CareSensor", f"{_ENTITIES}/urn:ngsi-ld:CareSensor:1"):
                answer = await nurse.get(path)
                assert answer.status_code == 500, path
                assert "steps" not in answer.text
                assert "Person" not in answer.text
                assert "log cannot be written" in answer.json()["detail"]
            # What nothing is logged of goes on.
            assert (await anybody.get(f"{_ENTITIES}/urn:ngsi-ld:Bin:1")).status_code == 200
        async with city.client("writer2", roles=("writer",)) as writer:
            with _unwritable(city.database):
                answer = await writer.post(_ENTITIES, json=_care(7, "eve"))
                assert answer.status_code == 500
            answer = await nurse.get(f"{_ENTITIES}/urn:ngsi-ld:CareSensor:7")
            assert answer.status_code in (403, 404)
        assert (await nurse.get(f"{_ENTITIES}/urn:ngsi-ld:CareSensor:1")).status_code == 200


async def test_pages_should_answer_nothing_when_the_log_cannot_be_written(city: _City) -> None:
    async with city.client("auditor", roles=("auditor",)) as client:
        assert (await client.get("/en/log")).status_code == 200
        with _unwritable(city.database):
            for path in ("/en/log", _LOG, f"{_LOG}/download", "/en/log/download.csv"):
                answer = await client.get(path)
                assert answer.status_code == 500, path
                assert "dataset" not in answer.text
        assert (await client.get("/en/log")).status_code == 200


async def test_log_should_be_for_auditors_alone_and_say_who_looked(city: _City) -> None:
    await _with_people(city)
    async with client_of(city.node) as anybody, city.client("nurse") as nurse:
        assert (await anybody.get(_LOG)).status_code == 401
        for path in (_LOG, f"{_LOG}/state", f"{_LOG}/download"):
            assert (await nurse.get(path)).status_code == 403
        assert (await nurse.get("/en/log")).status_code == 403
    async with city.client("eva", roles=("auditor",)) as auditor:
        found: dict[str, Any] = (await auditor.get(_LOG, params={"actor": "eva"})).json()
        assert [one["record"]["name"] for one in found["records"]] == ["log.read"]
        state = (await auditor.get(f"{_LOG}/state")).json()
        assert state["state"]["whole"] is True
        # Auditors read logs, not data.
        assert (await auditor.get(f"{_ENTITIES}/urn:ngsi-ld:CareSensor:1")).status_code in (
            400,
            403,
        )


async def test_auditor_should_find_a_person_without_naming_them_in_the_log(city: _City) -> None:
    await _with_people(city)
    async with city.client("eva", roles=("auditor",)) as auditor:
        asked = {"subject": "urn:ngsi-ld:Person:ann"}
        found = (await auditor.get(_LOG, params=asked)).json()["records"]
        assert [one["record"]["name"] for one in found] == ["create", "create"]
        asked = {"subject": "urn:ngsi-ld:Person:nobody"}
        assert (await auditor.get(_LOG, params=asked)).json()["records"] == []
        said = (await auditor.get(_LOG)).text
        assert "Person:" not in said


async def test_downloads_should_hold_all_that_is_searched_for(city: _City) -> None:
    await _with_people(city)
    async with city.client("eva", roles=("auditor",)) as auditor:
        asked = {"kind": "processing"}
        lines = (await auditor.get(f"{_LOG}/download", params=asked)).text.splitlines()
        assert [orjson.loads(one)["name"] for one in lines] == ["create"] * 3
        table = (await auditor.get(f"{_LOG}/download", params=asked | {"format": "csv"})).text
        assert table.splitlines()[0].startswith("number,log,at,trace_id")
        assert len(table.splitlines()) == 4
        page = (await auditor.get(_LOG, params={"limit": "2"})).json()
        following = await auditor.get(_LOG, params={"limit": "2", "before": str(page["before"])})
        numbers = [one["number"] for one in [*page["records"], *following.json()["records"]]]
        # The second page was not there yet when the first was asked for, but its own record was.
        assert numbers == sorted(numbers, reverse=True)
        assert len(set(numbers)) == 4


async def test_verification_should_name_the_bad_record_on_the_page(city: _City) -> None:
    await _with_people(city)
    connection = apsw.Connection(str(city.database))
    connection.execute("UPDATE log SET body = x'7b7d' WHERE number = 2")
    connection.close()
    async with city.client("eva", roles=("auditor",)) as auditor:
        state = (await auditor.get(f"{_LOG}/state")).json()["state"]
        assert (state["whole"], state["bad"], state["fault"]) == (False, 2, "altered")
        page = (await auditor.get("/en/log", params={"kind": "audit", "name": "log.read"})).text
        assert "No: record 2 is wrong or missing" in page
