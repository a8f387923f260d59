"""`/api/v1/members`, `/platforms` and `/duplicates`, in the test's own process."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Platform, PlatformPart
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Comment
from hanze.ngsild.representation.stored import dump
from hanze.ngsild.terms import HANZE_CONTEXT_URL, JSON_LD_REL
from hanze.ngsild.vocabulary import HANZE
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory

UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
LINK = {"Link": f'<{HANZE_CONTEXT_URL}>; rel="{JSON_LD_REL}"; type="application/ld+json"'}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with node_in_memory() as node, client_of(node) as client:
        yield client


async def put(client: httpx.AsyncClient, record: Record, tenant: str = "") -> httpx.Response:
    headers = LINK | {"Content-Type": "application/json"}
    headers |= {"NGSILD-Tenant": tenant} if tenant else {}
    body = dump(write_record(record), HANZE)[1]
    return await client.post("/ngsi-ld/v1/entities", content=body, headers=headers)


def demand(key: str, **fields: Any) -> Demand:
    return Demand(
        id=f"urn:ngsi-ld:Demand:x:{key}", title={"nl": "Fietsen"}, problem={"nl": "Vol"}, **fields
    )


async def test_platforms_should_be_listed_with_their_parts(client: httpx.AsyncClient) -> None:
    await put(client, Municipality(id=UTRECHT, title={"nl": "Utrecht"}))
    await put(
        client,
        Platform(
            id="urn:ngsi-ld:Platform:x:1",
            title={"en": "=City Platform"},
            source_city=UTRECHT,
            operators=(UTRECHT,),
            parts=(
                PlatformPart(
                    name="Broker", reusable=True, open_source=True, standards=("NGSI-LD",)
                ),
                PlatformPart(name="Map"),
            ),
            test_environment="https://test.example.org",
        ),
    )
    await put(
        client, Platform(id="urn:ngsi-ld:Platform:x:2", title={"en": "Plain"}, operators=(UTRECHT,))
    )
    told = (await client.get("/api/v1/platforms")).json()
    assert [one["title"]["en"] for one in told["platforms"]] == ["=City Platform", "Plain"]
    first = told["platforms"][0]
    assert first["operators"][0]["title"] == {"nl": "Utrecht"}
    assert first["parts"][0]["reusable"] is True
    for asked in ({"reusable": "true"}, {"test": "true"}):
        assert (await client.get("/api/v1/platforms", params=asked)).json()["total"] == 1
    lines = (await client.get("/api/v1/platforms.csv")).text.splitlines()
    assert lines[1].startswith("'=City Platform,Utrecht,,Broker,yes,yes,NGSI-LD,https://test")
    assert len(lines) == 4


async def test_a_merge_should_keep_what_both_know(client: httpx.AsyncClient) -> None:
    await put(client, Municipality(id=UTRECHT, title={"nl": "Utrecht"}), "")
    await put(client, demand("a", source_city=UTRECHT, website="https://example.org/a"))
    await put(
        client,
        demand("b", source_city=UTRECHT, trl_minimum=5, see_also=("https://example.org/b",)),
        "utrecht",
    )
    added = await client.post("/api/v1/members", json={"tenant": "utrecht", "city": UTRECHT})
    assert added.status_code == 200
    about = Comment(
        id="urn:ngsi-ld:Comment:x:1",
        title={"nl": "x"},
        text={"nl": "Goed"},
        about="urn:ngsi-ld:Demand:x:b",
        kind="question",
    )
    assert (await put(client, about, "utrecht")).status_code == 201
    pairs = (await client.get("/api/v1/duplicates", params={"type": "Demand"})).json()
    assert pairs["total"] == 1
    body = {"keep": "urn:ngsi-ld:Demand:x:a", "drop": "urn:ngsi-ld:Demand:x:b"}
    merged = await client.post("/api/v1/duplicates/merge", json=body)
    assert merged.json()["mergedFrom"] == ["urn:ngsi-ld:Demand:x:b"]
    kept = (await client.get("/api/v1/records/urn:ngsi-ld:Demand:x:a")).json()
    assert "https://example.org/b" in orjson.dumps(kept["entity"]["seeAlso"]).decode()
    assert "5" in orjson.dumps(kept["entity"]["trlMinimum"]).decode()
    assert [one["id"] for one in kept["referring"]] == ["urn:ngsi-ld:Comment:x:1"]
    gone = await client.post("/api/v1/duplicates/merge", json=body)
    assert gone.status_code == 404
    same = {"keep": UTRECHT, "drop": UTRECHT}
    assert (await client.post("/api/v1/duplicates/merge", json=same)).status_code == 409
    other = {"keep": UTRECHT, "drop": "urn:ngsi-ld:Demand:x:a"}
    assert (await client.post("/api/v1/duplicates/merge", json=other)).status_code == 409
    assert (await client.get("/api/v1/duplicates", params={"type": "Nothing"})).status_code == 400


async def test_a_sealed_tenant_should_take_nothing_but_deletions(client: httpx.AsyncClient) -> None:
    await put(client, demand("a"), "utrecht")
    added = await client.post("/api/v1/members", json={"tenant": "utrecht", "city": UTRECHT})
    assert added.json()["entities"] == 1
    again = await client.post("/api/v1/members", json={"tenant": "utrecht", "city": UTRECHT})
    assert again.json() == added.json()
    sealed = await client.put("/api/v1/members/utrecht/seal", json={"movedTo": "https://u.nl"})
    assert sealed.json()["movedTo"] == "https://u.nl"
    refused = await put(client, demand("b"), "utrecht")
    assert (refused.status_code, "https://u.nl" in refused.text) == (409, True)
    moved = await client.post("/api/v1/members/utrecht/content", content=b"")
    assert moved.json() == {"created": 0, "updated": 0, "unchanged": 0}
    deleted = await client.delete(
        "/ngsi-ld/v1/entities/urn:ngsi-ld:Demand:x:a", headers={"NGSILD-Tenant": "utrecht"}
    )
    assert deleted.status_code == 204
    opened = await client.put("/api/v1/members/utrecht/seal", json={"sealed": False})
    assert "sealedOn" not in opened.json()
    assert (await put(client, demand("b"), "utrecht")).status_code == 201
    wrong = await client.put("/api/v1/members/utrecht/seal", json={"movedTo": "javascript:x"})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"entity":{"id":"urn:x:1","type":"T"},"system":null,"context":9}', "not told before"),
        (b'{"entity":{"id":"no uri","type":"T"},"system":null,"context":1}', "not as it must be"),
        (b'{"entity":{"id":"urn:x:1"},"system":null,"context":1}', "not as it must be"),
        (b'{"entity":{"id":"urn:x:1","type":"T"},"system":"x","context":1}', "not as it must be"),
        (b'{"entity":{"id":"urn:x:1","type":"T"},"system":{"t":[]},"context":1}', "must be"),
        (b'{"entity":[],"system":null,"context":1}', "not as it must be"),
        (b'{"context":1}', "damaged"),
        (b"\xff", "damaged"),
        (
            b'{"entity":{"id":"urn:x:1","type":"T","p":{"type":"GeoProperty","value":'
            b'{"type":"Point","coordinates":[500,0]}}},"system":null,"context":1}',
            "not as it must be",
        ),
    ],
)
async def test_damaged_lines_should_be_refused(
    client: httpx.AsyncClient, line: bytes, reason: str
) -> None:
    await client.post("/api/v1/members", json={"tenant": "utrecht", "city": UTRECHT})
    core = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
    context = b'{"context":1,"reference":"%s","documents":[],"core":"%s"}\n' % (
        core.encode(),
        core.encode(),
    )
    answer = await client.post("/api/v1/members/utrecht/content", content=context + line)
    assert (answer.status_code, reason in answer.text) == (400, True), answer.text


async def test_members_should_be_written_only_by_those_who_may() -> None:
    async with node_in_memory(Settings(data=None)) as node, client_of(node) as client:
        for method, path in (
            ("POST", "/members"),
            ("DELETE", "/members/x"),
            ("PUT", "/members/x/seal"),
            ("GET", "/members/x/export"),
            ("POST", "/members/x/content"),
            ("POST", "/duplicates/merge"),
        ):
            answer = await client.request(method, f"/api/v1{path}")
            assert answer.status_code == 401, path
        assert (await client.get("/api/v1/members")).json() == {"total": 0, "members": []}
        token = node.tokens.create("clerk", roles=("reader", "writer"), now=node.clock())
        clerk = {"Authorization": f"Bearer {token}"}
        body = {"tenant": "utrecht", "city": UTRECHT}
        answer = await client.post("/api/v1/members", json=body, headers=clerk)
        assert answer.status_code == 403
        answer = await client.post("/api/v1/members/utrecht/content", content=b"", headers=clerk)
        assert answer.status_code == 403


async def test_what_moves_in_should_skip_no_rule_of_what_is_here(client: httpx.AsyncClient) -> None:
    done = demand("done", status="fulfilled")
    await put(client, done, "utrecht")
    await client.post("/api/v1/members", json={"tenant": "utrecht", "city": UTRECHT})
    export = (await client.get("/api/v1/members/utrecht/export")).content
    lines = export.split(b"\n", 1)[1]
    path = "/api/v1/members/utrecht/content"
    same = await client.post(path, content=lines)
    assert same.json() == {"created": 0, "updated": 0, "unchanged": 1}
    forged = await client.post(path, content=lines.replace(b'"fulfilled"', b'"open"'))
    assert (forged.status_code, "what may follow" in forged.text) == (409, True), forged.text


async def test_an_unknown_member_should_not_be_found(client: httpx.AsyncClient) -> None:
    for method, path in (("DELETE", ""), ("GET", "/export"), ("POST", "/content")):
        answer = await client.request(method, f"/api/v1/members/nobody{path}")
        assert answer.status_code == 404, path
