"""Closed data over HTTP: an agreement, its purpose and its end decide about the very next request."""

from typing import Final

import httpx

from hanze.governance.agreeing import revoked
from hanze.governance.duties import account_of
from hanze.governance.records.agreement import Agreement
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.node.node import Node
from hanze.settings import Settings
from tests.governing import (
    CARE,
    OTHER,
    RESEARCH,
    a_dataset,
    an_activity,
    an_agreement,
    both_signed,
)
from tests.in_process import client_of, node_in_memory

_ID: Final = "urn:ngsi-ld:Person:1"
_PATHS: Final = (
    f"entities/{_ID}",
    "entities/urn:ngsi-ld:Person:never",
    "entities?type=Person",
    "entities?type=Person&q=name==%22Anna%22",
    "entities?type=Person&limit=0&count=true",
    "temporal/entities?type=Person&timerel=after&timeAt=2020-01-01T00:00:00Z",
)
_AGREED: Final = both_signed(
    an_agreement(valid_from="2020-01-01T00:00:00Z", valid_until="2099-01-01T00:00:00Z"),
    now="2020-01-01T00:00:00Z",
)


def _client(node: Node, name: str, grant: Grant) -> httpx.AsyncClient:
    secret = node.tokens.create(name, grant=grant, now=node.clock())
    client = client_of(node, "/ngsi-ld/v1/")
    client.headers["authorization"] = f"Bearer {secret}"
    return client


async def _reason(http: httpx.AsyncClient, path: str, purpose: str | None) -> str:
    headers = {} if purpose is None else {"Hanze-Purpose": purpose}
    answer = await http.get(path, headers=headers)
    if answer.status_code == 200:
        return "read"
    told = answer.json()
    assert answer.status_code == (400 if told["reason"] == "purpose_required" else 403)
    assert "Anna" not in answer.text
    return str(told["reason"])


async def test_reading_should_follow_the_agreement_and_its_purpose() -> None:
    async with node_in_memory(Settings(), classified=False) as node:
        kept = node.governance

        async def agree(agreement: Agreement) -> None:
            account = account_of(NODE, "agreement.signed", (agreement.id,), now=node.clock())
            await kept.change(Change(kept.agreements, agreement), account=account)

        await kept.change(
            Change(kept.datasets, a_dataset()),
            Change(kept.activities, an_activity(purposes=(CARE, RESEARCH))),
            account=account_of(NODE, "tests.prepared", (), now=node.clock()),
        )
        person = {"id": _ID, "type": "Person", "name": {"type": "Property", "value": "Anna"}}
        grant = Grant(
            roles=("reader",),
            organisation=OTHER,
            activity=an_activity().id,
            purposes=(CARE, RESEARCH),
        )
        writer = _client(node, "writer", Grant(roles=("writer",)))
        async with writer, _client(node, "client", grant) as http, client_of(node) as nobody:
            assert (await writer.post("entities", json=person)).status_code == 201
            for path in _PATHS:
                # What a token may write it may not read for that.
                assert await _reason(writer, path, None) == "purpose_required"
                assert await _reason(http, path, CARE) == "no_agreement"
            await agree(_AGREED)
            for path in _PATHS:
                if "never" in path:
                    found = await http.get(path, headers={"Hanze-Purpose": CARE})
                    assert found.status_code == 404
                else:
                    assert await _reason(http, path, CARE) == "read"
                assert await _reason(http, path, RESEARCH) == "purpose_mismatch"
                assert await _reason(http, path, None) == "purpose_required"
                assert await _reason(nobody, f"/ngsi-ld/v1/{path}", None) == "purpose_required"
            await agree(revoked(_AGREED, by="alderman", reason="Over", now=node.clock()))
            for path in _PATHS:
                assert await _reason(http, path, CARE) == "agreement_revoked"
