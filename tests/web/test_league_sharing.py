"""What a member reads of a node is what the node shares with it, whatever it asks."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import orjson
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hanze.league.identity import KeyPair
from hanze.league.membership import EVERYBODY
from hanze.league.model import Share
from hanze.league.signatures import Message, digest_of, sign_message
from hanze.league.statements import Record, make_statement
from hanze.ngsild.context import CORE
from hanze.ngsild.query.shares import is_shared
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory

Json = Any
NONCES = count()
TYPES = ("Bin", "Road", "Tree")
SCOPES = ("/a", "/a/b", "/c")
RANGE = {"timerel": "after", "timeAt": "2020-01-01T00:00:00Z", "timeproperty": "modifiedAt"}


@dataclass(frozen=True, slots=True)
class Guest:
    """A member of the league that the node trusts."""

    node: Node
    client: httpx.AsyncClient
    key: KeyPair

    async def shares(self, *shared: Share) -> None:
        names = (Share(tuple(map(CORE.expand_name, one.types)), one.scopes) for one in shared)
        await self.node.league.share(EVERYBODY, tuple(names))

    async def ask(
        self, path: str, params: Mapping[str, str] | None = None, body: Json = None
    ) -> httpx.Response:
        """Ask with a signature."""
        method = "GET" if body is None else "POST"
        raw = b"" if body is None else orjson.dumps(body)
        headers = {} if body is None else {"content-type": "application/json"}
        request = self.client.build_request(
            method, "/ngsi-ld/v1" + path, params=params or {}, content=raw, headers=headers
        )
        digest = digest_of(raw) if raw else None
        message = Message(method, str(request.url), None, digest)
        nonce = f"nonce-of-a-test-{next(NONCES)}"
        request.headers.update(sign_message(message, self.key, now_s=int(time.time()), nonce=nonce))
        if digest is not None:
            request.headers["content-digest"] = digest
        return await self.client.send(request)

    async def ids(self, path: str, params: Mapping[str, str]) -> set[str]:
        answer = await self.ask(path, params)
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()}


THIRD = "urn:ngsi-ld:Thing:3"


@asynccontextmanager
async def _guest() -> AsyncIterator[Guest]:
    async with node_in_memory() as node, client_of(node) as client:
        await node.league.found(name="Here", city="Here")
        key = KeyPair.made()
        said = Record(
            by=key.thumbprint,
            at=node.clock(),
            sequence=1,
            name="Guest",
            city="There",
            url="http://guest.example",
            alias="guest",
        )
        await node.league.trust(make_statement(said, key))
        yield Guest(node, client, key)


async def _holds(client: httpx.AsyncClient, entities: Sequence[Json]) -> None:
    answer = await client.post("/ngsi-ld/v1/entityOperations/upsert", json=list(entities))
    assert answer.status_code in (201, 204), answer.text


def _entity(number: int, types: Sequence[str], scopes: Sequence[str] = (), **more: Json) -> Json:
    made = {"id": f"urn:ngsi-ld:Thing:{number}", "type": list(types), "level": number, **more}
    return {**made, "scope": list(scopes)} if scopes else made


async def test_member_should_read_what_is_shared_and_count_nothing_else() -> None:
    async with _guest() as guest:
        await _holds(
            guest.client,
            [
                _entity(1, ["Bin"], owner={"type": "Relationship", "object": THIRD}),
                _entity(2, ["Road"], ["/a/b"]),
                _entity(3, ["Road"], ["/c"]),
            ],
        )
        everything = {f"urn:ngsi-ld:Thing:{number}" for number in (1, 2, 3)}
        asked = {"type": "Bin,Road", "count": "true"}
        assert await guest.ids("/entities", asked) == everything
        await guest.shares(Share(("Bin",)), Share(("Road",), ("/a",)))
        answer = await guest.ask("/entities", asked)
        assert {one["id"][-1] for one in answer.json()} == {"1", "2"}
        assert answer.headers["ngsild-results-count"] == "2"
        posted = await guest.ask(
            "/entityOperations/query",
            {"count": "true"},
            {"type": "Query", "entities": [{"type": "Bin"}, {"type": "Road"}]},
        )
        assert posted.headers["ngsild-results-count"] == "2"
        assert (await guest.ask("/entities/urn:ngsi-ld:Thing:2")).status_code == 200
        refused = await guest.ask("/entities/urn:ngsi-ld:Thing:3")
        assert refused.status_code == 404
        # An id that nobody has is answered alike.
        nobody = await guest.ask("/entities/urn:ngsi-ld:Thing:9")
        assert refused.json().keys() == nobody.json().keys()
        types = (await guest.ask("/types")).json()["typeList"]
        assert [one.rpartition("/")[2] for one in types] == ["Bin", "Road"]
        # What is linked takes part as far as it is shared.
        linked = {"type": "Bin", "q": "owner{level}==3", "join": "flat", "joinLevel": "1"}
        assert await guest.ids("/entities", linked) == set()
        # Who signs nothing is anybody.
        anybody = await guest.client.get("/ngsi-ld/v1/entities", params=linked)
        assert {one["id"][-1] for one in anybody.json()} == {"1", "3"}
        anybody = await guest.client.get("/ngsi-ld/v1/entities", params={"type": "Road"})
        assert len(anybody.json()) == 2


async def test_member_should_not_come_to_what_is_not_shared_by_relationships() -> None:
    async with _guest() as guest:
        owner = {"type": "Relationship", "object": "urn:ngsi-ld:Thing:2"}
        await _holds(guest.client, [_entity(1, ["Bin"], owner=owner), _entity(2, ["Road"])])
        await guest.shares(Share(("Bin",)))
        asked = {"join": "inline", "joinLevel": "2"}
        one = await guest.ask("/entities/urn:ngsi-ld:Thing:1", asked)
        assert "entity" not in one.json()["owner"]
        flat = await guest.ids("/entities", {"type": "Bin", "join": "flat", "joinLevel": "2"})
        assert flat == {"urn:ngsi-ld:Thing:1"}


async def test_maps_and_evolutions_should_hold_what_is_shared() -> None:
    async with _guest() as guest:
        await _holds(guest.client, [_entity(1, ["Bin"]), _entity(2, ["Road"], ["/a"])])
        await guest.shares(Share(("Bin",)))
        asked = {"type": "Bin,Road"}
        made = await guest.ask("/entityMaps", asked)
        assert set(made.json()["entityMap"]) == {"urn:ngsi-ld:Thing:1"}
        theirs = await guest.client.get("/ngsi-ld/v1/entityMaps", params=asked)
        temporal = await guest.ask("/temporal/entities", {**asked, **RANGE, "count": "true"})
        assert [one["id"] for one in temporal.json()] == ["urn:ngsi-ld:Thing:1"]
        assert temporal.headers["ngsild-results-count"] == "1"
        maps = await guest.ask("/temporal/entityMaps", {**asked, **RANGE})
        assert set(maps.json()["entityMap"]) == {"urn:ngsi-ld:Thing:1"}
        hidden = await guest.ask("/temporal/entities/urn:ngsi-ld:Thing:2")
        assert hidden.status_code == 404
        # A map that another made is no way around it.
        request = guest.client.build_request("GET", "/ngsi-ld/v1/entities", params=asked)
        message = Message("GET", str(request.url), None, None)
        request.headers.update(
            sign_message(message, guest.key, now_s=int(time.time()), nonce="nonce-of-a-map")
        )
        request.headers["ngsild-entitymap"] = theirs.json()["id"]
        answer = await guest.client.send(request)
        assert answer.status_code != 200 or len(answer.json()) == 1


ENTITIES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True),
        st.lists(st.sampled_from(SCOPES), max_size=2, unique=True),
    ),
    min_size=1,
    max_size=5,
)
SHARES = st.lists(
    st.builds(
        Share,
        st.lists(st.sampled_from(TYPES), max_size=2, unique=True).map(tuple),
        st.lists(st.sampled_from(SCOPES), max_size=1).map(tuple),
    ),
    max_size=2,
)
WAYS = st.sampled_from(
    [
        {"type": "Bin,Road,Tree"},
        {"type": "(Bin;Road)"},
        {"q": "level>0"},
        {"q": "level>0", "scopeQ": "/a/#"},
        {"type": "Bin,Road,Tree", "local": "true", "orderBy": "level"},
        {"type": "Bin,Road,Tree", "splitEntities": "true"},
        {"type": "Tree", "limit": "1", "offset": "1"},
    ]
)


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(ENTITIES, SHARES, WAYS)
async def test_nothing_outside_of_the_shares_should_be_in_an_answer(
    entities: list[tuple[list[str], list[str]]], shares: list[Share], way: dict[str, str]
) -> None:
    async with _guest() as guest:
        await _holds(guest.client, [_entity(n, *one) for n, one in enumerate(entities)])
        await guest.shares(*shares)
        readable = {
            f"urn:ngsi-ld:Thing:{n}"
            for n, (types, scopes) in enumerate(entities)
            if is_shared(shares, types, scopes)
        }
        anybody = await guest.client.get(
            "/ngsi-ld/v1/entities", params={**way, "limit": "1000", "offset": "0"}
        )
        expected = {one["id"] for one in anybody.json()} & readable
        answer = await guest.ask("/entities", {**way, "count": "true"})
        assert answer.status_code == 200, answer.text
        assert {one["id"] for one in answer.json()} <= expected
        assert answer.headers["ngsild-results-count"] == str(len(expected))
        if "limit" not in way:
            assert len(answer.json()) == len(expected)
        for n in range(len(entities)):
            found = await guest.ask(f"/entities/urn:ngsi-ld:Thing:{n}")
            assert (found.status_code == 200) == (f"urn:ngsi-ld:Thing:{n}" in readable)
        evolved = {**RANGE, "type": "Bin,Road,Tree", "limit": "100"}
        assert await guest.ids("/temporal/entities", evolved) == readable
        present = {
            name
            for n, (types, _) in enumerate(entities)
            for name in types
            if f"urn:ngsi-ld:Thing:{n}" in readable
        }
        told = (await guest.ask("/types")).json()["typeList"]
        assert {one.rpartition("/")[2] for one in told} <= present
