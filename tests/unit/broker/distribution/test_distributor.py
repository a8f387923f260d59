"""Asking sources: the whole way, over real connections."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
import pytest_asyncio

from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.limits import Limits
from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.requests import Call
from hanze.broker.origin import Origin
from hanze.broker.registry import Match
from hanze.errors import InvalidInput
from hanze.identity.caller import ANONYMOUS
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.registration.model import Management, Registration
from hanze.node.node import Node
from tests.answering import Asked, answer_of, answering
from tests.in_process import node_in_memory
from tests.unit.broker.distribution.registered import registered

pytestmark = [pytest.mark.clause("4.3.6.1"), pytest.mark.asyncio(loop_scope="module")]

_NOW = "2026-06-01T12:00:00Z"
_ENTITY = b'[{"id":"urn:ngsi-ld:Bin:1","type":"Bin"}]'
_TERMS = {"Bin": "https://city.example/Bin"}
_NUMBERS = itertools.count()
_INLINE = build_context(_TERMS, [_TERMS])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as opened:
        yield opened


def _origin(
    *via: str,
    tenant: str = "",
    context: Context = CORE,
    headers: Mapping[str, str] | None = None,
) -> Origin:
    return Origin(
        caller=ANONYMOUS.in_tenant(tenant),
        context=context,
        via=via,
        headers=headers or {},
        now=_NOW,
    )


def _registered(node: Node, endpoint: str, **changes: Any) -> Registration:
    registration = registered(endpoint, id=f"urn:ngsi-ld:R:{next(_NUMBERS)}", **changes)
    node.registry.put(registration)
    return registration


def _query(context: Context) -> list[tuple[str, str]]:
    return [("type", context.compact_name(_TERMS["Bin"]))]


_GET = Call(method="GET", path="entities", query=_query)
_POST = Call(method="POST", path="entities", body=lambda _: {"id": "urn:1", "type": "Bin"})


async def test_ask_should_bring_the_answer_and_count_it(node: Node) -> None:
    async with answering(answer_of(200, _ENTITY)) as source:
        registration = _registered(node, source.url)
        reply = await node.distributor.ask(
            _origin(), registration, _GET, information=registration.information
        )
    assert (reply.status, reply.body) == (200, orjson.loads(_ENTITY))
    assert reply.information == registration.information
    assert reply.context is CORE
    state = node.registry.state(registration.id)
    assert (state.times_sent, state.times_failed, state.last_success) == (1, 0, _NOW)


@pytest.mark.clause("6.3.18")
async def test_ask_should_say_whom_the_request_has_passed(node: Node) -> None:
    async with answering(answer_of()) as source:
        registration = _registered(node, source.url, tenant="abroad")
        await node.distributor.ask(_origin("emmen", tenant="zuid"), registration, _GET)
    headers = source.asked[0].headers
    assert headers["via"] == f"1.1 emmen, 1.1 {node.alias}.zuid"
    assert headers["ngsild-tenant"] == "abroad"


@pytest.mark.clause("6.3.18")
async def test_ask_should_not_go_round_in_circles(node: Node) -> None:
    async with answering(answer_of()) as source:
        cases = [
            (_origin(node.alias), _registered(node, source.url)),
            (_origin("emmen"), _registered(node, source.url, alias="emmen")),
            (_origin(), _registered(node, source.url, alias=node.alias)),
            (_origin(*"abcdefghij"), _registered(node, source.url)),
        ]
        for origin, registration in cases:
            with pytest.raises(SourceFailed) as caught:
                await node.distributor.ask(origin, registration, _GET)
            assert caught.value.kind is FailureKind.LOOP
            assert node.registry.state(registration.id).times_sent == 0
    assert source.asked == []


@pytest.mark.clause("4.3.6.4")
async def test_ask_should_take_tenants_of_one_node_for_different_sources(node: Node) -> None:
    async with answering(answer_of()) as source:
        registration = _registered(node, source.url, alias=f"{node.alias}.noord")
        await node.distributor.ask(_origin(f"{node.alias}.noord.x"), registration, _GET)
    assert len(source.asked) == 1


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, FailureKind.REFUSED),
        (400, FailureKind.REFUSED),
        (403, FailureKind.REFUSED),
        (500, FailureKind.REFUSED),
        (508, FailureKind.LOOP),
    ],
)
async def test_ask_should_fail_when_the_source_refuses(
    node: Node, status: int, kind: FailureKind
) -> None:
    problem = b'{"title":"Not here","detail":"Go away"}'
    async with answering(answer_of(status, problem)) as source:
        registration = _registered(node, source.url)
        with pytest.raises(SourceFailed) as caught:
            await node.distributor.ask(_origin(), registration, _GET)
    assert (caught.value.kind, caught.value.status) == (kind, status)
    if kind is FailureKind.REFUSED:
        assert str(caught.value).endswith(f"answers with status {status}: Not here, Go away")
    state = node.registry.state(registration.id)
    assert (state.times_sent, state.times_failed, state.last_failure) == (1, 1, _NOW)


@pytest.mark.clause("6.3.17")
async def test_ask_should_give_answers_that_the_call_expects(node: Node) -> None:
    expecting = replace(_POST, statuses=frozenset({409}))
    async with answering(answer_of(409, b'{"title":"There already"}')) as source:
        registration = _registered(node, source.url)
        reply = await node.distributor.ask(_origin(), registration, expecting)
    assert (reply.status, reply.body) == (409, {"title": "There already"})
    async with answering(answer_of(404, b"")) as source:
        registration = _registered(node, source.url)
        assert (await node.distributor.ask(_origin(), registration, _GET)).status == 404


@pytest.mark.clause("6.3.17")
async def test_ask_should_fail_when_the_answer_is_garbage(node: Node) -> None:
    for answer in (answer_of(body=b"<html>", content_type="text/html"), answer_of(body=b"[{")):
        async with answering(answer) as source:
            registration = _registered(node, source.url)
            with pytest.raises(SourceFailed, match="what cannot be used") as caught:
                await node.distributor.ask(_origin(), registration, _GET)
        assert (caught.value.kind, caught.value.status) == (FailureKind.INVALID, 200)


@pytest.mark.clause("6.3.17")
async def test_ask_should_fail_when_the_context_of_the_answer_cannot_be_had(node: Node) -> None:
    async def silent(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with answering(silent) as elsewhere:
        body = orjson.dumps({"@context": elsewhere.url + "/c.jsonld", "id": "urn:1"})
        async with answering(answer_of(body=body, content_type="application/ld+json")) as source:
            registration = _registered(node, source.url, management=Management(timeout_ms=300))
            started = time.monotonic()
            with pytest.raises(SourceFailed, match="cannot be read in time"):
                await node.distributor.ask(_origin(), registration, _GET)
    assert time.monotonic() - started < 2


@pytest.mark.clause("5.2.34")
async def test_ask_should_wait_as_long_as_the_registration_says(node: Node) -> None:
    async def slow(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(answer_of())

    async with answering(slow) as source:
        hasty = _registered(
            node, source.url, management=Management(timeout_ms=50, cooldown_ms=60_000)
        )
        with pytest.raises(SourceFailed, match=r"no answer in 0\.05 seconds"):
            await node.distributor.ask(_origin(), hasty, _GET)
        with pytest.raises(SourceFailed, match="left alone"):
            await node.distributor.ask(_origin(), hasty, _GET)
    assert node.registry.state(hasty.id).times_sent == 1


async def test_ask_should_wait_less_the_further_the_request_has_come(node: Node) -> None:
    async def silent(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    limits = Limits(timeout_s=0.5, cooldown_s=0)
    hasty = Distributor(node.registry, node.peers, node.contexts, alias=node.alias, limits=limits)
    async with answering(silent) as source:
        registration = _registered(node, source.url)
        with pytest.raises(SourceFailed, match=r"no answer in 0\.32 seconds"):
            await hasty.ask(_origin("a", "b"), registration, _GET)


@pytest.mark.clause("6.3.5")
async def test_ask_should_send_the_context_of_the_request(node: Node) -> None:
    async with answering(answer_of(201, b"")) as source:
        registration = _registered(node, source.url)
        await node.distributor.ask(_origin(context=_INLINE), registration, _POST)
        await node.distributor.ask(_origin(context=CORE), registration, _POST)
    inline, core = source.asked
    assert inline.headers["content-type"] == "application/ld+json"
    assert orjson.loads(inline.body)["@context"] == _INLINE.reference
    assert "link" not in inline.headers
    assert core.headers["content-type"] == "application/json"
    assert orjson.loads(core.body) == {"id": "urn:1", "type": "Bin"}


@pytest.mark.clause("6.3.5")
async def test_ask_should_link_to_an_inline_context_where_there_is_no_body(node: Node) -> None:
    async with answering(answer_of(200, _ENTITY)) as source:
        registration = _registered(node, source.url)
        reply = await node.distributor.ask(_origin(context=_INLINE), registration, _GET)
    link = source.asked[0].headers["link"]
    assert link.startswith("<http://localhost/ngsi-ld/v1/jsonldContexts/")
    assert source.asked[0].target.endswith("?type=Bin")
    assert reply.context is _INLINE


@pytest.mark.clause("4.3.6.6")
async def test_ask_should_use_the_context_that_the_registration_wants(node: Node) -> None:
    theirs = orjson.dumps({"@context": {"Bak": _TERMS["Bin"]}})
    async with (
        answering(answer_of(200, theirs, content_type="application/ld+json")) as elsewhere,
        answering(answer_of(200, b'[{"id":"urn:1","type":"Bak"}]')) as source,
    ):
        url = elsewhere.url + "/context.jsonld"
        registration = _registered(node, source.url, source_info=(("jsonldContext", url),))
        reply = await node.distributor.ask(_origin(context=_INLINE), registration, _GET)
        await node.distributor.ask(_origin(context=_INLINE), registration, _POST)
    read, written = source.asked
    assert read.target.endswith("?type=Bak")
    assert read.headers["link"].startswith(f"<{url}>")
    assert reply.context.expand_name("Bak") == _TERMS["Bin"]
    assert written.headers["content-type"] == "application/json"
    assert b"@context" not in written.body


@pytest.mark.clause("4.3.6.6")
@pytest.mark.parametrize("url", ["no url", "http://127.0.0.1:1/context.jsonld"])
async def test_ask_should_fail_when_that_context_cannot_be_had(node: Node, url: str) -> None:
    registration = _registered(node, "http://127.0.0.1:1", source_info=(("jsonldContext", url),))
    with pytest.raises(SourceFailed, match="wants an @context that cannot be used") as caught:
        await node.distributor.ask(_origin(), registration, _GET)
    assert not caught.value.attempted


async def test_ask_all_should_ask_at_the_same_time(node: Node) -> None:
    async def slow(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(answer_of())

    async with answering(slow) as first, answering(slow) as second, answering(b"") as broken:
        matches = [
            Match(_registered(node, source.url, management=Management(timeout_ms=500)), ())
            for source in (first, broken, second)
        ]
        started = time.monotonic()
        found = await node.distributor.ask_all(_origin(), [(match, _GET) for match in matches])
        took_s = time.monotonic() - started
    assert [type(one) for one in found] == [Reply, SourceFailed, Reply]
    assert took_s < 1.5


async def test_ask_all_should_bound_how_many_it_asks(node: Node) -> None:
    few = Distributor(
        node.registry, node.peers, node.contexts, alias="here", limits=Limits(max_sources=2)
    )
    async with answering(answer_of()) as source:
        match = Match(_registered(node, source.url), ())
        found = await few.ask_all(_origin(), [(match, _GET)] * 4)
    assert [type(one) for one in found] == [Reply, Reply, SourceFailed, SourceFailed]
    assert len(source.asked) == 2
    assert await few.ask_all(_origin(), []) == []


async def test_ask_all_should_raise_what_is_wrong_with_the_request(node: Node) -> None:
    wrong = replace(_POST, body=lambda _: {"a": 2**70})
    async with answering(answer_of()) as source:
        match = Match(_registered(node, source.url), ())
        with pytest.raises(InvalidInput, match="cannot be passed on"):
            await node.distributor.ask_all(_origin(), [(match, wrong), (match, _GET)])


@pytest.mark.clause("6.3.17")
async def test_large_answers_should_be_few_at_a_time(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = orjson.dumps([{"id": "urn:1", "text": "x" * (2 << 20)}])
    async with answering(answer_of(body=large)) as source:
        registration = _registered(node, source.url)
        assert (await node.distributor.ask(_origin(), registration, _GET)).status == 200
        monkeypatch.setattr("hanze.broker.distribution.distributor._MOST_WAITING", 0)
        with pytest.raises(SourceFailed, match="too much else"):
            await node.distributor.ask(_origin(), registration, _GET)
