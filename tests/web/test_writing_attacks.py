"""Who may write and not read learns nothing by writing, and opens nothing by moving it."""

from typing import Any, Final

import httpx
import pytest

from hanze.governance.service import Change
from hanze.identity.grant import Grant
from hanze.ngsild.context import CORE
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from tests.web.test_access_attacks import (
    CLOSED,
    PAST,
    anybody,
    carer,
    client,
    keep,
    node,
    open_dataset,
    tells_nothing,
    writer,
)

__all__ = ["anybody", "node", "writer"]

_PATIENT: Final = "/entities/urn:ngsi-ld:Patient:1"
_YARD: Final = "/entities/urn:ngsi-ld:Tree:2"


def _property(value: object) -> dict[str, Any]:
    return {"type": "Property", "value": value}


async def test_answers_to_writes_should_quote_nothing_closed(writer: httpx.AsyncClient) -> None:
    for method, path, body in (
        ("POST", "/entities", {"id": "urn:ngsi-ld:Patient:1", "type": "Patient"}),
        ("PATCH", _PATIENT, {"name": _property("x")}),
        ("PATCH", _PATIENT, {"near": _property("x")}),
        ("PATCH", _PATIENT + "/attrs/height", {"type": "GeoProperty", "value": 1}),
        ("PATCH", _PATIENT + "/attrs/height", {"unitCode": "MTR"}),
        ("PATCH", _PATIENT + "/attrs/name", {"type": "Property", "value": 1}),
        ("PATCH", _PATIENT + "/attrs", {"none": _property(1)}),
        ("POST", _PATIENT + "/attrs?options=noOverwrite", {"height": _property(1)}),
        ("PUT", _PATIENT + "/attrs/none", _property(1)),
        ("DELETE", _PATIENT + "/attrs/none", None),
        ("DELETE", _PATIENT + "/attrs/height?datasetId=urn:x:1", None),
        ("PATCH", _PATIENT + "?type=Tree", {"height": _property(1)}),
        ("POST", "/entityOperations/create", [{"id": "urn:ngsi-ld:Patient:1", "type": "Patient"}]),
        ("POST", "/entityOperations/update?options=noOverwrite", [
            {"id": "urn:ngsi-ld:Patient:1", "type": "Tree", "height": _property(1)}
        ]),
        ("POST", "/entityOperations/merge", [
            {"id": "urn:ngsi-ld:Patient:1", "type": "Patient", "near": _property(1)}
        ]),
        ("POST", "/entityOperations/delete", ["urn:ngsi-ld:Patient:9"]),
        ("DELETE", "/entities?type=Patient", None),
        ("DELETE", "/entities?type=Tree&q=pulse", None),
        ("DELETE", "/entities?type=Patient&drop=height", None),
        ("POST", "/temporal/entities", {"id": "urn:ngsi-ld:Patient:1", "type": "Patient"}),
        ("DELETE", "/temporal/entities/urn:ngsi-ld:Patient:1/attrs/none", None),
    ):  # fmt: skip
        answer = await writer.request(method, path, json=body)
        tells_nothing(answer)


async def test_registrations_should_not_find_closed_entities(writer: httpx.AsyncClient) -> None:
    body = {
        "id": "urn:ngsi-ld:ContextSourceRegistration:spy",
        "type": "ContextSourceRegistration",
        "mode": "redirect",
        "endpoint": "http://127.0.0.1:1",
        "operations": ["redirectionOps"],
    }
    for information in (
        [{"entities": [{"type": "Patient"}]}],
        [{"entities": [{"type": "Patient", "idPattern": "urn:ngsi-ld:Pat.*"}]}],
        [{"entities": [{"type": "Tree", "idPattern": ".*:2$"}]}],
    ):
        answer = await writer.post(
            "/csourceRegistrations", json={**body, "information": information}
        )
        assert answer.status_code == 409, answer.text
        assert "Patient:1" not in answer.text
        assert "Tree:2" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_nobody_should_open_what_they_may_not_read_by_moving_it(
    anybody: httpx.AsyncClient, writer: httpx.AsyncClient, method: str
) -> None:
    path = _YARD + "/attrs" if method == "POST" else _YARD
    moved = await writer.request(method, path, json={"scope": "/park"})
    assert moved.status_code == 403, moved.text
    for asked in ("/entities?type=Tree", "/temporal/entities?" + "&".join(
        f"{name}={value}" for name, value in {"type": "Tree", **PAST}.items()
    )):  # fmt: skip
        tells_nothing(await anybody.get(asked))


async def test_who_may_read_it_should_move_it(node: Node, writer: httpx.AsyncClient) -> None:
    async with carer(node) as http:
        moved = await http.patch(_YARD, json={"scope": "/park"})
        assert moved.status_code == 204, moved.text
    # And what is open anyhow can be moved, closed and made anew by anybody who writes.
    one = {"id": "urn:ngsi-ld:Stone:1", "type": "Stone", "scope": "/a", "height": _property(1)}
    opened = open_dataset("stones", CORE.expand_name("Stone"))
    await keep(node, Change(node.governance.datasets, opened))
    assert (await writer.post("/entities", json=one)).status_code == 201
    for answer in (
        await writer.patch("/entities/urn:ngsi-ld:Stone:1", json={"scope": "/b"}),
        await writer.delete("/entities/urn:ngsi-ld:Stone:1"),
    ):
        assert answer.status_code == 204, answer.text
    assert (await writer.post("/entities", json=one)).status_code == 201


async def test_types_should_not_open_what_may_not_be_read(
    anybody: httpx.AsyncClient, writer: httpx.AsyncClient
) -> None:
    hidden = {"id": "urn:ngsi-ld:Draft:1", "type": "Draft", "height": _property(CLOSED)}
    assert (await writer.post("/entities", json=hidden)).status_code == 201
    for answer in (
        await writer.patch("/entities/urn:ngsi-ld:Draft:1", json={"type": ["Draft", "Tree"]}),
        await writer.post(
            "/entityOperations/update",
            json=[{"id": "urn:ngsi-ld:Draft:1", "type": "Tree", "new": _property(1)}],
        ),
        await writer.post(
            "/entityOperations/merge",
            json=[{"id": "urn:ngsi-ld:Draft:1", "type": "Tree", "new": _property(1)}],
        ),
        await writer.put("/entities/urn:ngsi-ld:Draft:1", json={**hidden, "type": "Tree"}),
        await writer.post("/entityOperations/upsert", json=[{**hidden, "type": "Tree"}]),
    ):
        assert answer.status_code in (400, 403, 207), answer.text
        tells_nothing(await anybody.get("/entities/urn:ngsi-ld:Draft:1"))
        tells_nothing(await anybody.get("/temporal/entities/urn:ngsi-ld:Draft:1"))


async def test_what_is_written_anew_should_not_open_its_past(
    anybody: httpx.AsyncClient, writer: httpx.AsyncClient
) -> None:
    assert (await writer.delete(_YARD)).status_code == 204
    again = {"id": "urn:ngsi-ld:Tree:2", "type": "Tree", "scope": "/park", "height": _property(1)}
    made = await writer.post("/entities", json=again)
    assert made.status_code in (201, 403), made.text
    tells_nothing(await anybody.get("/temporal/entities/urn:ngsi-ld:Tree:2"))
    tells_nothing(await anybody.get("/temporal/entities", params={"type": "Tree", **PAST}))


async def test_types_of_a_past_should_not_open_it(
    anybody: httpx.AsyncClient, writer: httpx.AsyncClient
) -> None:
    for number, gone in (("1", True), ("2", False)):
        name = f"urn:ngsi-ld:Draft:{number}"
        hidden = {"id": name, "type": "Draft", "height": _property(CLOSED)}
        assert (await writer.post("/entities", json=hidden)).status_code == 201
        if gone:
            assert (await writer.delete(f"/entities/{name}")).status_code == 204
        for path in ("/temporal/entities", f"/temporal/entities/{name}/attrs"):
            past = {"id": name, "type": "Tree", "height": [_property(1)]}
            assert (await writer.post(path, json=past)).status_code == 403, path
            tells_nothing(await anybody.get(f"/temporal/entities/{name}"))
            tells_nothing(await anybody.get("/temporal/entities", params={"type": "Tree", **PAST}))


async def test_scope_should_not_be_taken_away_to_open_anything(
    anybody: httpx.AsyncClient, writer: httpx.AsyncClient
) -> None:
    for method, path, body in (
        ("DELETE", _YARD + "/attrs/scope", None),
        ("PATCH", _YARD, {"scope": "urn:ngsi-ld:null"}),
        ("PATCH", _YARD + "/attrs", {"scope": ["/park", "/else"]}),
        ("PUT", _YARD, {"id": "urn:ngsi-ld:Tree:2", "type": "Tree", "height": _property(1)}),
        ("DELETE", "/entities?type=Tree&drop=scope&local=true", None),
        ("POST", "/entityOperations/merge", [{"id": "urn:ngsi-ld:Tree:2", "scope": "/park"}]),
    ):  # fmt: skip
        await writer.request(method, path, json=body)
        tells_nothing(await anybody.get("/entities?type=Tree"))
        tells_nothing(await anybody.get("/temporal/entities", params={"type": "Tree", **PAST}))


async def test_snapshots_and_subscriptions_should_be_refused_what_is_closed(
    node: Node, writer: httpx.AsyncClient
) -> None:
    query = {"type": "Query", "entities": [{"type": "Patient"}]}
    snapshot = {"id": "urn:ngsi-ld:Snapshot:1", "type": "Snapshot", "snapshotQueries": [query]}
    made = await writer.post("/snapshots", json=snapshot)
    tells_nothing(made)
    while await node.snapshot_work.prepare_next():
        pass
    inside = {"ngsild-snapshot": "urn:ngsi-ld:Snapshot:1"}
    tells_nothing(await writer.get("/entities?local=true", headers=inside))
    tells_nothing(await writer.get("/snapshots/urn:ngsi-ld:Snapshot:1"))
    endpoint = {"uri": "http://127.0.0.1:9/"}
    for members in (
        {"entities": [{"type": "Patient"}]},
        {"entities": [{"type": "Tree"}], "watchedAttributes": ["pulse"]},
        {"entities": [{"type": "Tree"}], "q": f"pulse~={CLOSED}"},
        {"watchedAttributes": ["pulse"]},
        {"entities": [{"type": "Tree"}], "notification": {"attributes": ["pulse"]}},
        {"entities": [{"id": "urn:ngsi-ld:Patient:1", "type": "Patient"}]},
        {"entities": [{"type": "Tree"}], "scopeQ": "/yard"},
    ):
        notification = {**members.get("notification", {}), "endpoint": endpoint}  # type: ignore[dict-item]  # members of any type
        body = {"type": "Subscription", **members, "notification": notification}
        refused = await writer.post("/subscriptions", json=body)
        tells_nothing(refused)
        assert refused.status_code in (400, 403), (members, refused.text)


async def test_operators_should_read_no_more_than_others(node: Node) -> None:
    grant = Grant(roles=("writer", "operator", "auditor", "steward", "security"))
    async with client(node, grant) as http:
        for path in (
            *("records", "history", "history/export.parquet?type=Tree", "sources", "insight/usual"),
            *("governance/log", "governance/sensors", "governance/unclassified", "notifications"),
            *("notifications/dead", "search?text=zw", "snapshots", "governance/datasets"),
        ):
            tells_nothing(await http.get("http://localhost/api/v1/" + path))
        for path in ("entities?type=Patient", "entities/urn:ngsi-ld:Tree:2", "types", "entities/"):
            tells_nothing(await http.get(f"http://localhost{API_PATH}/{path}"))
