"""The past, what is usual, and Snapshots are as closed as the present."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb
import httpx
import msgspec
import pytest

from hanze.broker.ports import UnitOfWork
from hanze.broker.provision import create_entity
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.organisations import Organization
from hanze.governance.duties import account_of
from hanze.governance.records.agreement import Revocation
from hanze.governance.records.dataset import AccessRights
from hanze.governance.service import Change
from hanze.identity.caller import NODE, Caller
from hanze.identity.grant import Grant
from hanze.ngsild.context import CORE
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.terms import API_PATH
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.settings import Settings
from tests.governing import CARE, OTHER, a_dataset, an_activity, an_agreement, both_signed
from tests.in_process import client_of, node_in_memory

SENSOR: Final = CORE.expand_name("Sensor")
SECRET: Final = CORE.expand_name("pulse")
RANGE: Final = {"timerel": "after", "timeAt": "2026-01-01T00:00:00Z"}
OPEN: Final = a_dataset(
    id="urn:ngsi-ld:Dataset:groningen:sensors",
    types=(SENSOR,),
    access_rights=AccessRights.PUBLIC,
)
HIDING: Final = a_dataset(types=(SENSOR,), attributes=(SECRET,))
AGREED: Final = both_signed(
    an_agreement(valid_from="2020-01-01T00:00:00Z", valid_until="2099-01-01T00:00:00Z"),
    now="2020-01-01T00:00:00Z",
)
CLOSED: Final = a_dataset(
    id="urn:ngsi-ld:Dataset:groningen:closed",
    types=(SENSOR,),
    scopes=("/care",),
)


async def keep(node: Node, *changes: Change[Any]) -> None:
    await node.governance.change(
        *changes, account=account_of(NODE, "tests.prepared", (), now=node.clock())
    )


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(Settings()) as node:
        kept = node.governance
        agreed = msgspec.structs.replace(AGREED, targets=(HIDING.id, CLOSED.id), signatures=())
        await keep(
            node,
            *(Change(kept.datasets, one) for one in (OPEN, HIDING, CLOSED)),
            Change(kept.agreements, both_signed(agreed, now="2020-01-01T00:00:00Z")),
            Change(kept.activities, an_activity()),
        )
        async with client(node, Grant(roles=("writer",))) as http:
            for number, scope in (("1", "/open"), ("2", "/care")):
                for hour in range(4):
                    at = f"2026-03-01T{hour:02}:00:00Z"
                    body = {
                        "id": f"urn:ngsi-ld:Sensor:{number}",
                        "type": "Sensor",
                        "scope": scope,
                        "sound": {"type": "Property", "value": 40 + hour, "observedAt": at},
                        "pulse": {"type": "Property", "value": 7000 + hour, "observedAt": at},
                    }
                    made = await http.post("/entityOperations/upsert", json=[body])
                    assert made.status_code in (201, 204), made.text
        yield node


def client(node: Node, grant: Grant | None = None) -> httpx.AsyncClient:
    found = client_of(node, API_PATH)
    if grant is not None:
        name = f"client-{len(node.tokens.records())}"
        secret = node.tokens.create(name, grant=grant, now=node.clock())
        found.headers["authorization"] = f"Bearer {secret}"
    return found


def carer(node: Node, *roles: str) -> httpx.AsyncClient:
    grant = Grant(
        roles=roles or ("reader",),
        organisation=OTHER,
        activity=an_activity().id,
        purposes=(CARE,),
    )
    return client(node, grant)


async def revoke(node: Node) -> None:
    kept = node.governance
    agreed = node.governance.rules.agreements[AGREED.id]
    gone = Revocation(by="owner", at=node.clock(), reason="No longer needed")
    await keep(node, Change(kept.agreements, msgspec.structs.replace(agreed, revocation=gone)))


def _remove(uow: UnitOfWork, *, entity_id: str, now: str) -> bool:
    return uow.delete("", entity_id, now=now)


def ids_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"].rpartition(":")[2] for one in answer.json()]


async def test_the_past_should_show_what_its_reader_may_see(node: Node) -> None:
    asked = {"type": "Sensor", **RANGE}
    async with client(node) as anybody, carer(node) as other:
        found = await anybody.get("/temporal/entities", params={**asked, "count": "true"})
        assert ids_of(found) == ["1"]
        assert found.headers["ngsild-results-count"] == "1"
        assert found.headers["hanze-left-out"] == "2"
        assert "pulse" not in found.json()[0]
        assert "7000" not in found.text
        assert len(found.json()[0]["sound"]) == 4
        every = await other.get("/temporal/entities", params=asked)
        assert ids_of(every) == ["1", "2"]
        assert [one["value"] for one in every.json()[1]["pulse"]] == [7000, 7001, 7002, 7003]


async def test_one_past_should_be_told_like_the_present(node: Node) -> None:
    async with client(node) as anybody, carer(node) as other:
        one = await anybody.get("/temporal/entities/urn:ngsi-ld:Sensor:1")
        assert one.status_code == 200
        assert "pulse" not in one.json()
        closed = await anybody.get("/temporal/entities/urn:ngsi-ld:Sensor:2")
        unknown = await anybody.get("/temporal/entities/urn:ngsi-ld:Sensor:9")
        assert (closed.status_code, unknown.status_code) == (403, 403)
        assert closed.json()["reason"] == unknown.json()["reason"] == "no_permission"
        found = await other.get("/temporal/entities/urn:ngsi-ld:Sensor:2")
        assert found.status_code == 200
        assert "pulse" in found.json()


@pytest.mark.parametrize(
    "more",
    [
        {"q": "pulse>7001"},
        {"attrs": "pulse"},
        {"pick": "id,pulse"},
        {"attrs": "pulse", "options": "aggregatedValues", "aggrMethods": "max"},
    ],
)
async def test_closed_values_should_not_be_asked_about(node: Node, more: dict[str, str]) -> None:
    asked = {"type": "Sensor", **RANGE, **more}
    async with client(node) as anybody, carer(node) as other:
        for path in ("/temporal/entities", "/temporal/entities/urn:ngsi-ld:Sensor:1"):
            part = asked if path.endswith("entities") else more
            if "q" in more and part is more:
                continue
            refused = await anybody.get(path, params=part)
            assert refused.status_code == 400, refused.text
            assert refused.json()["reason"] == "purpose_required"
            assert (await other.get(path, params=part)).status_code == 200


async def test_what_is_reckoned_should_leave_out_what_is_closed(node: Node) -> None:
    asked = {
        "type": "Sensor",
        **RANGE,
        "options": "aggregatedValues",
        "aggrMethods": "max,totalCount",
    }
    async with client(node) as anybody, carer(node) as other:
        found = await anybody.get("/temporal/entities", params=asked)
        assert ids_of(found) == ["1"]
        assert set(found.json()[0]) == {"id", "type", "scope", "sound"}
        latest = await anybody.get(
            "/temporal/entities", params={"type": "Sensor", **RANGE, "lastN": "1"}
        )
        assert ids_of(latest) == ["1"]
        every = await other.get("/temporal/entities", params=asked)
        assert every.json()[1]["pulse"]["max"][0][0] == 7003
        await revoke(node)
        assert ids_of(await other.get("/temporal/entities", params=asked)) == ["1"]


async def test_who_is_gone_should_stay_closed(node: Node) -> None:
    async with client(node, Grant(roles=("writer",))) as writer:
        for number in ("1", "2"):
            remove = partial(_remove, entity_id=f"urn:ngsi-ld:Sensor:{number}", now=node.clock())
            await node.store.transact(remove)
        asked = {"type": "Sensor", **RANGE}
        # Of what is gone nobody knows under which scope it was.
        assert ids_of(await writer.get("/temporal/entities", params=asked)) == []


async def test_what_is_usual_should_be_as_closed_as_what_it_is_learned_from(node: Node) -> None:
    asked = {"id": "urn:ngsi-ld:Sensor:1", "attribute": "pulse"}
    async with client_of(node, "/api/v1") as anybody, carer(node) as other:
        refused = await anybody.get("/insight/usual", params=asked)
        assert refused.status_code in (400, 403), refused.text
        assert refused.json().get("reason") == "purpose_required"
        url = node.base_url + "/api/v1/insight/usual"
        assert (await other.get(url, params=asked)).status_code == 200
        await revoke(node)
        assert (await other.get(url, params=asked)).status_code == 403
        open_one = await anybody.get("/insight/usual", params={**asked, "attribute": "sound"})
        assert open_one.status_code == 200


async def test_a_snapshot_should_be_read_by_who_asked_for_it(node: Node) -> None:
    body = {
        "id": "urn:ngsi-ld:Snapshot:1",
        "type": "Snapshot",
        "snapshotQueries": [{"type": "Query", "entities": [{"type": "Sensor"}]}],
    }
    async with (
        client(node) as anybody,
        carer(node, "reader", "writer") as other,
        client(node, Grant(roles=("writer",))) as writer,
    ):
        made = await other.post("/snapshots", json=body)
        assert made.status_code == 201, made.text
        mine = {**body, "id": "urn:ngsi-ld:Snapshot:2"}
        assert (await writer.post("/snapshots", json=mine)).status_code == 201
        while await node.snapshot_work.prepare_next():
            pass
        inside = {"ngsild-snapshot": "urn:ngsi-ld:Snapshot:1"}
        asked = {"type": "Sensor"}
        assert ids_of(await other.get("/entities", params=asked, headers=inside)) == ["1", "2"]
        for stranger in (anybody, writer):
            refused = await stranger.get("/entities", params=asked, headers=inside)
            assert refused.status_code == 403, refused.text
        public = {"ngsild-snapshot": "urn:ngsi-ld:Snapshot:2"}
        found = await anybody.get("/entities", params=asked, headers=public)
        assert ids_of(found) == ["1"]
        assert "pulse" not in found.json()[0]
        # It is decided about anew whenever it is read.
        await revoke(node)
        again = await other.get("/entities", params=asked, headers=inside)
        assert ids_of(again) == ["1"]
        assert "pulse" not in again.json()[0]


async def test_records_that_are_closed_should_leave_what_is_told_to_others(node: Node) -> None:
    record = Organization(
        id="urn:ngsi-ld:Organization:x:acme", title={"en": "Acme"}, kind="company"
    )
    entity, caller = write_record(record), Caller("test", roles=frozenset({"writer"}))
    await node.store.transact(
        lambda uow: create_entity(uow, caller, entity, context=HANZE, now=node.clock())
    )
    assert record.id in (await node.giving.listing()).records
    kind = HANZE.expand_name("Organization")
    closed = a_dataset(id="urn:ngsi-ld:Dataset:groningen:firms", types=(kind,))
    await keep(node, Change(node.governance.datasets, closed))
    assert record.id not in (await node.giving.listing()).records


async def exported(http: httpx.AsyncClient, folder: Path, **asked: str) -> list[tuple[Any, ...]]:
    answer = await http.get("http://localhost/api/v1/history/export.parquet", params=asked)
    assert answer.status_code == 200, answer.text
    file = folder / "history.parquet"
    file.write_bytes(answer.content)
    with duckdb.connect(":memory:") as connection:
        return connection.execute(
            "SELECT DISTINCT id, attribute FROM read_parquet(?) ORDER BY ALL", [str(file)]
        ).fetchall()


async def test_what_is_taken_away_should_be_what_may_be_read(node: Node, tmp_path: Path) -> None:
    one, two = "urn:ngsi-ld:Sensor:1", "urn:ngsi-ld:Sensor:2"
    scope, sound = SCOPE, CORE.expand_name("sound")
    async with client(node) as anybody, carer(node) as other:
        assert await exported(anybody, tmp_path) == [(one, sound), (one, scope)]
        assert len(await exported(other, tmp_path)) == 6
        assert await exported(other, tmp_path, id=two, attribute="pulse") == [(two, SECRET)]
        refused = await anybody.get(
            "http://localhost/api/v1/history/export.parquet",
            params={"type": "Sensor", "attribute": "pulse"},
        )
        assert refused.status_code == 400
        assert refused.json()["reason"] == "purpose_required"
        kept = await anybody.get("http://localhost/api/v1/history")
        assert (kept.json()["types"], kept.json()["values"]) == ([], 0)
        await revoke(node)
        assert await exported(other, tmp_path) == [(one, sound), (one, scope)]
