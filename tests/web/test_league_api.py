"""Nodes of a league in one process, on real ports: trust, signed requests, and what is refused."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hanze.league.identity import KeyPair
from hanze.league.invitation import make_invitation, read_token, request_with
from hanze.league.registering import REGISTRATION_PREFIX
from hanze.league.signatures import Message, digest_of, sign_message
from hanze.league.statements import Record, make_statement
from hanze.settings import League, Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.several import Served, served_node

QUICK = Settings(data=None, server=Server(dev=True), league=League(gossip_s=3600.0, timeout_s=5.0))
ROOT = "/api/v1/league"
EXCHANGE = ROOT + "/peer/exchange"
Json = Any


class Member:
    """A node in a league, and what its operator does."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.node = served.node
        self.url = served.url

    async def do(self, method: str, path: str, body: Json = None, status: int = 200) -> Json:
        async with httpx.AsyncClient(base_url=self.url, timeout=20.0) as client:
            answer = await client.request(method, ROOT + path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def peers(self) -> dict[str, Json]:
        told = await self.do("GET", "/peers")
        return {one["name"]: one for one in told["peers"]}

    async def talk(self) -> None:
        await self.node.gossip.step()

    def registered(self) -> set[str]:
        return {
            one.id
            for one in self.node.registry.of_tenant("")
            if one.id.startswith(REGISTRATION_PREFIX)
        }

    async def holds(self, kind: str, number: int) -> None:
        entity = {"id": f"urn:ngsi-ld:{kind}:{number}", "type": kind}
        answer = await self.served.api.post("/entities", json=entity)
        assert answer.status_code == 201, answer.text

    async def query(self, kind: str) -> set[str]:
        answer = await self.served.api.get("/entities", params={"type": kind})
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()}


@asynccontextmanager
async def _members(*names: str) -> AsyncIterator[list[Member]]:
    async with AsyncExitStack() as stack:
        found = []
        for name in names:
            member = Member(await stack.enter_async_context(served_node(QUICK, whole=True)))
            await member.do("POST", "", {"name": name, "city": name, "place": [5.0, 52.0]})
            found.append(member)
        yield found


async def _trust(first: Member, second: Member) -> None:
    """Have two nodes trust each other, as their operators do it."""
    token = (await first.do("POST", "/invitations"))["token"]
    await second.do("POST", "/join", {"token": token})
    me = second.node.league.me()
    assert me is not None
    await first.do("POST", "/confirm", {"member": me.name})
    await first.talk()
    await second.talk()


async def test_two_nodes_should_trust_each_other_when_both_operators_agreed() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await second.holds("Bin", 2)
        token = (await first.do("POST", "/invitations"))["token"]
        joined = await second.do("POST", "/join", {"token": token})
        assert joined["status"] == "confirmed"
        assert (await first.peers())["Breda"]["status"] == "invited"
        # The operator of the first one has not agreed: nothing was registered, nothing is heard.
        await second.talk()
        assert first.registered() == set()
        assert "not confirmed" in (await second.peers())["Apeldoorn"]["error"]
        assert (await first.peers())["Breda"]["isWaiting"]
        await first.do("POST", "/confirm", {"member": "Nobody"}, 404)
        confirmed = await first.do("POST", "/confirm", {"member": "Breda"})
        assert confirmed["fingerprint"] == (await second.do("GET", ""))["member"]["fingerprint"]
        await second.talk()
        assert len(first.registered()) == 1
        assert await first.query("Bin") == {"urn:ngsi-ld:Bin:2"}
        peer = (await first.peers())["Breda"]
        assert (peer["shares"], peer["place"]) == ([{"types": ["Bin"], "scopes": []}], [5.0, 52.0])
        assert (await second.peers())["Apeldoorn"]["latencyMs"] > 0
        await second.do("POST", "/join", {"token": token}, 502)


async def test_gossip_should_introduce_and_not_trust() -> None:
    async with _members("Apeldoorn", "Breda", "Coevorden") as (first, second, third):
        await _trust(first, second)
        await _trust(first, third)
        await second.talk()
        await third.holds("Bin", 3)
        peer = (await second.peers())["Coevorden"]
        assert peer["status"] == "introduced"
        assert await second.query("Bin") == set()
        # Another member invited them; trust is a matter of the two alone.
        await second.do("POST", "/confirm", {"member": peer["fingerprint"][:11]})
        await second.talk()
        assert (await third.peers())["Breda"]["isWaiting"]
        await third.do("POST", "/confirm", {"member": "Breda"})
        await third.talk()
        assert await second.query("Bin") == {"urn:ngsi-ld:Bin:3"}


@pytest.mark.slow
async def test_banned_member_should_be_refused_at_once() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        await second.holds("Bin", 2)
        await second.talk()
        assert await first.query("Bin") == {"urn:ngsi-ld:Bin:2"}
        told = await first.do("POST", "/ban", {"member": "Breda", "reason": "lost its key"})
        assert (told["status"], told["reason"]) == ("banned", "lost its key")
        assert first.registered() == set()
        assert await first.query("Bin") == set()
        headers = _signed(second, "GET", first.url + "/ngsi-ld/v1/types")
        answer = await first.served.api.get("/types", headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (403, "member-refused")
        await second.talk()
        assert "refuses" in (await second.peers())["Apeldoorn"]["error"]
        await first.do("POST", "/unban", {"member": "Breda"})
        assert (await first.peers())["Breda"]["status"] == "introduced"
        await first.do("POST", "/confirm", {"member": "Breda"})
        await second.talk()
        assert await first.query("Bin") == {"urn:ngsi-ld:Bin:2"}


@pytest.mark.slow
async def test_member_should_leave_for_all() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        await second.holds("Bin", 2)
        await second.talk()
        headers = _signed(second, "GET", first.url + "/ngsi-ld/v1/types")
        await second.do("DELETE", "", status=204)
        assert (await first.peers())["Breda"]["status"] == "left"
        assert first.registered() == second.registered() == set()
        assert await second.do("GET", "") == {}
        answer = await first.served.api.get("/types", headers=headers)
        assert answer.status_code == 403
        # It may come back, as another one.
        await second.do("POST", "", {"name": "Breda", "city": "Breda"})


@pytest.mark.slow
async def test_keys_should_rotate_while_requests_go_on() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        await second.holds("Bin", 2)
        before = await second.do("GET", "")
        old = second.node.league.key()
        url = first.url + "/ngsi-ld/v1/types"
        after = await second.do("POST", "/rotate")
        assert after["fingerprint"] != before["member"]["fingerprint"]
        assert after["id"] == before["member"]["id"]
        assert (await first.peers())["Breda"]["fingerprint"] == after["fingerprint"]
        # What was on its way is let in, and what comes now.
        for key in (old, second.node.league.key()):
            answer = await first.served.api.get("/types", headers=_signed_by(key, "GET", url))
            assert answer.status_code == 200, answer.text
        await second.talk()
        assert await first.query("Bin") == {"urn:ngsi-ld:Bin:2"}


@pytest.mark.slow
async def test_sharing_should_say_what_is_asked() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        await second.holds("Bin", 2)
        await second.holds("Bench", 2)
        body = {"shares": [{"types": ["Bench"], "scopes": []}]}
        told = await second.do("PUT", "/sharing", body)
        assert told == {"sharing": [{"shares": body["shares"]}]}
        await second.talk()
        assert await first.query("Bench") == {"urn:ngsi-ld:Bench:2"}
        assert await first.query("Bin") == set()
        await second.do("PUT", "/sharing", {"member": "Apeldoorn", "shares": [{"types": ["Bin"]}]})
        await second.talk()
        assert await first.query("Bin") == {"urn:ngsi-ld:Bin:2"}
        await second.do("PUT", "/sharing", {"member": "Apeldoorn"})
        await second.do("PUT", "/sharing", {"shares": []})
        await second.talk()
        assert first.registered() == set()
        await second.do("PUT", "/sharing", {})
        await second.talk()
        assert len(first.registered()) == 1


@pytest.mark.slow
async def test_address_should_follow_the_node_unless_it_was_named() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        await second.do("PATCH", "", {"name": "Breda Noord"})
        await second.talk()
        assert "Breda Noord" in await first.peers()
        first.node.base_url = "http://elsewhere.example"
        await first.talk()
        assert (await second.peers())["Apeldoorn"]["url"] == "http://elsewhere.example"
        await second.do("PATCH", "", {"url": second.url})
        second.node.base_url = "http://elsewhere.example"
        await second.talk()
        assert (await second.do("GET", ""))["member"]["url"] == second.url


def _signed_by(
    key: KeyPair, method: str, url: str, body: bytes | None = None, **changed: Any
) -> dict[str, str]:
    digest = digest_of(body) if body else None
    message = Message(method, url, None, digest)
    given = {"now_s": int(time.time()), "nonce": str(time.monotonic_ns()), **changed}
    headers = dict(sign_message(message, key, **given))
    if body is not None:
        headers["content-type"] = "application/json"
    return headers if digest is None else {**headers, "content-digest": digest}


def _signed(member: Member, method: str, url: str, body: bytes | None = None) -> dict[str, str]:
    return _signed_by(member.node.league.key(), method, url, body)


async def test_signed_requests_should_be_refused_that_are_not_for_here_and_now() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        key, now_s = second.node.league.key(), int(time.time())
        url = first.url + "/ngsi-ld/v1/types"
        good = _signed_by(key, "GET", url)
        tries: list[tuple[str, Mapping[str, str], int]] = [
            ("fresh", good, 200),
            ("replayed", good, 401),
            ("of another key", _signed_by(KeyPair.made(), "GET", url), 401),
            ("for another path", _signed_by(key, "GET", url + "s"), 401),
            ("for another node", _signed_by(key, "GET", second.url + "/ngsi-ld/v1/types"), 401),
            ("with another method", _signed_by(key, "POST", url), 401),
            ("expired", _signed_by(key, "GET", url, now_s=now_s - 300), 401),
            ("early", _signed_by(key, "GET", url, now_s=now_s + 300), 401),
            ("not in form", {**good, "signature-input": "sig=x"}, 401),
            ("without signature", {"signature-input": good["signature-input"]}, 401),
            ("of somebody else's kind", _of_others(good), 200),
            ("not at all", {}, 200),
        ]
        for what, headers, status in tries:
            answer = await first.served.api.get("/types", headers=headers)
            assert answer.status_code == status, what
            if status == 401:
                assert answer.json()["reason"] == "signature-refused", what


def _of_others(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value.replace("hanze-league", "web-bot-auth") for name, value in headers.items()}


@pytest.mark.slow
async def test_body_should_be_the_one_that_was_signed() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        body = orjson.dumps({"type": "Query", "entities": [{"type": "Bin"}]})
        path = "/ngsi-ld/v1/entityOperations/query"
        kind = {"content-type": "application/json"}
        async with httpx.AsyncClient(base_url=first.url) as client:
            headers = {**_signed(second, "POST", first.url + path, body), **kind}
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code == 200, answer.text
            headers = {**_signed(second, "POST", first.url + path, body), **kind}
            answer = await client.post(path, content=body + b" ", headers=headers)
            assert answer.status_code == 401
            headers = {**_signed(second, "POST", first.url + path), **kind}
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code == 401


@pytest.mark.slow
async def test_member_should_read_and_not_write() -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        body = orjson.dumps({"id": "urn:ngsi-ld:Bin:1", "type": "Bin"})
        headers = _signed(second, "POST", first.url + "/ngsi-ld/v1/entities", body)
        headers["content-type"] = "application/json"
        answer = await first.served.api.post("/entities", content=body, headers=headers)
        assert answer.status_code == 403
        headers = _signed(second, "POST", first.url + ROOT + "/rotate")
        async with httpx.AsyncClient(base_url=first.url) as client:
            assert (await client.post(ROOT + "/rotate", headers=headers)).status_code == 403


async def test_strangers_should_decide_nothing() -> None:
    closed = Settings(data=None, league=QUICK.league)
    async with node_in_memory(closed) as node, client_of(node) as client:
        assert (await client.get(ROOT)).json() == {}
        assert (await client.get(ROOT + "/peers")).json() == {"peers": []}
        for method, path in [
            ("POST", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("POST", "/invitations"),
            ("POST", "/join"),
            ("POST", "/confirm"),
            ("POST", "/ban"),
            ("POST", "/unban"),
            ("POST", "/rotate"),
            ("GET", "/sharing"),
            ("PUT", "/sharing"),
        ]:
            answer = await client.request(method, ROOT + path, json={})
            assert answer.status_code == 401, (method, path)
        assert (await client.post(EXCHANGE, json={})).status_code == 401


async def test_node_without_a_name_should_say_so() -> None:
    async with node_in_memory(QUICK) as node, client_of(node) as client:
        asked: list[tuple[str, str, Json]] = [
            ("POST", "/invitations", None),
            ("POST", "/rotate", None),
            ("DELETE", "", None),
            ("PUT", "/sharing", {}),
            ("PATCH", "", {}),
        ]
        for method, path, body in asked:
            answer = await client.request(method, ROOT + path, json=body)
            assert (answer.status_code, answer.json()["detail"][:9]) == (409, "This node"), path
        answer = await client.post(ROOT, json={"name": "A", "city": "A", "url": "https://a/b"})
        assert answer.status_code == 400


@pytest.mark.slow
async def test_offers_that_cannot_be_registered_should_harm_nobody_else() -> None:
    async with _members("Apeldoorn", "Breda", "Coevorden") as (first, second, third):
        await _trust(first, second)
        await _trust(first, third)
        await third.holds("Bin", 3)
        body = orjson.dumps({"summary": "", "shares": [{"types": ["not a < type"], "scopes": []}]})
        async with httpx.AsyncClient(base_url=first.url) as client:
            headers = _signed(second, "POST", first.url + EXCHANGE, body)
            answer = await client.post(EXCHANGE, content=body, headers=headers)
            assert answer.status_code == 200, answer.text
        await third.talk()
        assert first.registered() == {REGISTRATION_PREFIX + _id(third)}
        assert await first.query("Bin") == {"urn:ngsi-ld:Bin:3"}
        assert "cannot be registered" in (await first.peers())["Breda"]["error"]


def _id(member: Member) -> str:
    me = member.node.league.me()
    assert me is not None
    return me.id


@pytest.mark.slow
async def test_join_should_compare_who_answers() -> None:
    async with _members("Apeldoorn", "Breda", "Coevorden") as (first, second, third):
        invited = read_token((await third.do("POST", "/invitations"))["token"])
        # Somebody sits at the address of who invited, and would like to be trusted.
        _, token = make_invitation(
            url=third.url,
            key=first.node.league.key().thumbprint,
            expires_at=invited.expires_at,
            secret=KeyPair.of_seed(invited.seed),
        )
        told = await second.do("POST", "/join", {"token": token}, 502)
        assert "Another node answers" in told["detail"]
        assert await second.peers() == {}
        nowhere = make_invitation(
            url="http://127.0.0.1:9",
            key=invited.key,
            expires_at=invited.expires_at,
            secret=KeyPair.made(),
        )[1]
        told = await second.do("POST", "/join", {"token": nowhere}, 502)
        assert told["reason"] == "join-refused"


async def test_invitation_should_be_checked_where_it_was_made() -> None:
    async with _members("Apeldoorn") as (first,):
        token = (await first.do("POST", "/invitations"))["token"]
        stranger = KeyPair.made()
        said = Record(
            by=stranger.thumbprint,
            at=first.node.clock(),
            sequence=1,
            name="Stranger",
            city="Nowhere",
            url="http://stranger.example",
            alias="stranger",
        )
        record = make_statement(said, stranger).text
        request = request_with(read_token(token), record)
        wrong: list[tuple[Json, int]] = [
            ({"invitation": request.invitation, "record": record, "proof": "AAAA"}, 409),
            ({"invitation": "A" * 43, "record": record, "proof": request.proof}, 409),
            ({"invitation": "A" * 43, "record": record + "x", "proof": request.proof}, 400),
            ({"invitation": "A" * 43, "record": "", "proof": ""}, 400),
            ({"record": record}, 400),
            ({"invitation": "A" * 43, "record": "x" * 100_000, "proof": ""}, 413),
        ]
        for body, status in wrong:
            await first.do("POST", "/peer/join", body, status)
        assert await first.peers() == {}
        body = {"invitation": request.invitation, "record": record, "proof": request.proof}
        await first.do("POST", "/peer/join", body)
        assert (await first.peers())["Stranger"]["status"] == "invited"


async def test_registrations_should_follow_decisions_whatever_happened_between() -> None:
    async with _members("Apeldoorn") as (first,):
        stray = {
            "id": REGISTRATION_PREFIX + "stray",
            "type": "ContextSourceRegistration",
            "endpoint": "http://stray.example",
            "information": [{"entities": [{"type": "Bin"}]}],
        }
        answer = await first.served.api.post("/csourceRegistrations", json=stray)
        assert answer.status_code == 201, answer.text
        await first.talk()
        assert first.registered() == set()


async def test_attempts_to_join_should_be_limited() -> None:
    async with node_in_memory(QUICK) as node, client_of(node) as client:
        answers = [await client.post(ROOT + "/peer/join", json={}) for _ in range(61)]
        assert [one.status_code for one in answers[-2:]] == [400, 429]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
TOLD = st.fixed_dictionaries(
    {},
    optional={
        "summary": JSON | st.just("x"),
        "shares": JSON | st.just([{"types": ["urn:x:T"], "scopes": ["/a"]}]),
        "have": JSON | st.lists(TEXT, max_size=3),
        "statements": JSON | st.lists(TEXT | st.just("a.b.c"), max_size=3),
        "invitation": JSON,
        "record": JSON | st.just("a.b.c"),
        "proof": JSON,
    },
)


# Shrinking would start two nodes a thousand times.
@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(JSON | TOLD, min_size=10, max_size=30))
@pytest.mark.slow
async def test_peer_endpoints_should_survive_anything(bodies: list[Json]) -> None:
    async with _members("Apeldoorn", "Breda") as (first, second):
        await _trust(first, second)
        before = first.node.league.state
        async with httpx.AsyncClient(base_url=first.url) as client:
            for one in bodies:
                body = orjson.dumps(one)
                headers = _signed(second, "POST", first.url + EXCHANGE, body)
                answer = await client.post(EXCHANGE, content=body, headers=headers)
                assert answer.status_code in (200, 400), answer.text
                kind = {"content-type": "application/json"}
                answer = await client.post(ROOT + "/peer/join", content=body, headers=kind)
                assert answer.status_code in (400, 409, 429), answer.text
        assert first.node.league.state.ledger == before.ledger
        assert {**first.node.league.state.records} == {**before.records}
