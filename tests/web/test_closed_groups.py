"""Records that a group alone sees, over every way in which records are read."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from hanze.identity.grant import Grant
from hanze.ngsild.terms import HANZE_CONTEXT_URL
from hanze.node.node import Node
from hanze.settings import Settings
from hanze.web.app import build_app
from tests.in_process import node_in_memory

_ALMERE: Final = "urn:ngsi-ld:Organization:almere"
_GWANGJU: Final = "urn:ngsi-ld:Organization:gwangju"
_ID: Final = "urn:ngsi-ld:Demand:almere:whisper"
_DEMAND: Final = {
    "id": _ID,
    "type": "Demand",
    "title": {"languageMap": {"en": "Whisper network"}},
    "problem": {"languageMap": {"en": "Nobody knows of it yet"}},
}
_CONTEXT: Final = (
    f'<{HANZE_CONTEXT_URL}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
)
_WRITER: Final = Grant(roles=("writer",), organisation=_ALMERE)


class World:
    """A node, and who comes to it: two of one city, one of another, and nobody in particular."""

    def __init__(self, node: Node, stack: AsyncExitStack) -> None:
        self.node = node
        self._stack = stack
        # One application for all of them: it takes a while to make.
        self._app = build_app(node)

    async def client(self, name: str, grant: Grant) -> httpx.AsyncClient:
        secret = self.node.tokens.create(name, grant=grant, now=self.node.clock())
        client = await self._client()
        client.headers["authorization"] = f"Bearer {secret}"
        return client

    async def _client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=self.node.base_url)
        client.headers["link"] = _CONTEXT
        return await self._stack.enter_async_context(client)

    async def begin(self) -> None:
        self.anna = await self.client("anna", _WRITER)
        self.bert = await self.client("bert", _WRITER)
        self.other = await self.client("other", Grant(roles=("writer",), organisation=_GWANGJU))
        self.nobody = await self._client()


@asynccontextmanager
async def _world() -> AsyncIterator[World]:
    async with node_in_memory(Settings()) as node, AsyncExitStack() as stack:
        world = World(node, stack)
        await world.begin()
        yield world


async def _done(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def _draft(world: World, **more: Any) -> Any:
    group = await _done(world.anna, "POST", "/api/v1/groups", {"drafts": True})
    entity = {**_DEMAND, "scope": group["scope"], **more}
    await _done(world.anna, "POST", "/ngsi-ld/v1/entities", entity)
    return group


_ON_EVERY_PATH: Final = (
    "/ngsi-ld/v1/entities?type=Demand",
    "/ngsi-ld/v1/entities?type=Demand&count=true&limit=0",
    "/ngsi-ld/v1/entities?type=Demand&scopeQ=/closed/%23",
    "/ngsi-ld/v1/entities?type=Demand&q=title%5Ben%5D==%22Whisper%20network%22",
    f"/ngsi-ld/v1/entities/{_ID}",
    f"/ngsi-ld/v1/entities?type=Demand&id={_ID}",
    "/ngsi-ld/v1/types?details=true",
    f"/ngsi-ld/v1/temporal/entities/{_ID}",
    "/ngsi-ld/v1/temporal/entities?type=Demand&timerel=after&timeAt=2020-01-01T00:00:00Z",
    "/api/v1/records",
    "/api/v1/records?q=whisper",
    "/api/v1/records.csv",
    f"/api/v1/records/{_ID}",
    "/api/v1/closed-records",
    "/api/v1/groups",
    "/en/collective/overview?q=whisper",
    f"/en/collective/record/{_ID}",
    f"/en/collective/record.jsonld?id={_ID}",
    "/en/collective/feed",
    "/en/data?type=Demand",
)
_FOR_MEMBERS: Final = (
    "/ngsi-ld/v1/entities?type=Demand",
    f"/ngsi-ld/v1/entities/{_ID}",
    f"/ngsi-ld/v1/temporal/entities/{_ID}",
    "/api/v1/records?q=whisper",
    f"/api/v1/records/{_ID}",
    "/api/v1/closed-records?q=whisper",
)


async def test_draft_should_show_to_its_organisation_alone_on_every_path() -> None:
    async with _world() as world:
        await _draft(world)
        for path in _ON_EVERY_PATH:
            for stranger in (world.other, world.nobody):
                told = await stranger.get(path)
                assert "Whisper network" not in told.text, path
                assert told.headers.get("ngsild-results-count", "0") == "0", path
        for path in _FOR_MEMBERS:
            told = await world.bert.get(path)
            assert "Whisper network" in told.text, (path, told.text)
        listing = await world.node.giving.listing()
        assert _ID not in listing.records
        assert world.node.collective.find(_ID) is None


async def test_publishing_should_show_the_record_and_not_its_past() -> None:
    async with _world() as world:
        await _draft(world)
        first = {"problem": {"type": "LanguageProperty", "languageMap": {"en": "A rude word"}}}
        await _done(world.bert, "PATCH", f"/ngsi-ld/v1/entities/{_ID}/attrs", first)
        last = {"problem": {"type": "LanguageProperty", "languageMap": {"en": "A polite word"}}}
        await _done(world.anna, "PATCH", f"/ngsi-ld/v1/entities/{_ID}/attrs", last)
        path = f"/api/v1/closed-records/{_ID}/publication"
        assert (await world.other.post(path)).status_code == 404
        assert (await world.nobody.post(path)).status_code == 401
        assert (await world.anna.post(path)).status_code == 204
        assert (await world.anna.post(path)).status_code == 409
        shown = await world.nobody.get(f"/api/v1/records/{_ID}")
        assert "A polite word" in shown.text
        past = await world.nobody.get(f"/ngsi-ld/v1/temporal/entities/{_ID}")
        assert "A polite word" in past.text
        assert "rude" not in past.text
        assert "/closed" not in past.text
        assert _ID in (await world.node.giving.listing()).records


async def test_strangers_should_not_write_what_they_cannot_see() -> None:
    async with _world() as world:
        group = await _draft(world)
        patch = {"description": {"type": "LanguageProperty", "languageMap": {"en": "Mine"}}}
        path = f"/ngsi-ld/v1/entities/{_ID}"
        assert (await world.other.patch(path + "/attrs", json=patch)).status_code == 404
        assert (await world.other.delete(path)).status_code == 404
        refused = await world.other.delete(path + "/attrs/scope")
        assert refused.status_code == 404, refused.text
        own = {**_DEMAND, "id": _ID + "2", "scope": group["scope"]}
        assert (await world.other.post("/ngsi-ld/v1/entities", json=own)).status_code == 403
        own["scope"] = "/closed/nowhere"
        assert (await world.anna.post("/ngsi-ld/v1/entities", json=own)).status_code == 403
        refused = await world.anna.delete(path + "/attrs/scope")
        assert refused.status_code == 409
        other_kind = {"id": "urn:x:1", "type": "Bench", "scope": group["scope"]}
        refused = await world.anna.post("/ngsi-ld/v1/entities", json=other_kind)
        assert refused.status_code == 400


async def test_members_should_come_and_go_as_who_manages_the_group_says() -> None:
    async with _world() as world:
        title = {"title": {"en": "Lamps together"}}
        group = await _done(world.anna, "POST", "/api/v1/groups", title)
        at = f"/api/v1/groups/{group['id']}"
        await _done(world.anna, "POST", "/ngsi-ld/v1/entities", _DEMAND)
        await _done(world.anna, "POST", at + "/records", {"record": _ID})
        assert (await world.other.get(at)).status_code == 404
        assert (await world.nobody.get(f"/api/v1/records/{_ID}")).status_code == 404
        added = {"member": _GWANGJU}
        assert (await world.other.post(at + "/members", json=added)).status_code == 404
        await _done(world.anna, "POST", at + "/members", added)
        shown = await _done(world.other, "GET", at)
        assert [one["id"] for one in shown["records"]] == [_ID]
        refused = await world.other.post(at + "/members", json={"member": _ALMERE})
        assert refused.status_code == 403
        await _done(world.anna, "DELETE", f"{at}/members/{_GWANGJU}")
        assert (await world.other.get(at)).status_code == 404
        assert (await world.other.get(f"/ngsi-ld/v1/entities/{_ID}")).status_code == 403
        refused = await world.anna.delete(f"{at}/members/anna")
        assert refused.status_code == 400


@pytest.mark.parametrize("member", ["anonymous", "*", " "])
async def test_group_should_not_take_everybody(member: str) -> None:
    async with _world() as world:
        title = {"title": {"en": "Lamps together"}}
        group = await _done(world.anna, "POST", "/api/v1/groups", title)
        at = f"/api/v1/groups/{group['id']}/members"
        assert (await world.anna.post(at, json={"member": member})).status_code == 400
