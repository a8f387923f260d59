"""The service that resolves and keeps @contexts, on the embedded store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from hanze.broker.contexts import (
    ContextNotFound,
    ContextNotServed,
    Contexts,
    FetchedDocument,
    LdContextNotAvailable,
)
from hanze.errors import InvalidInput, NotSupported
from hanze.identity.caller import ANONYMOUS
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import (
    CORE_CONTEXT_URL,
    DATA_INTEGRITY_URL,
    DEFAULT_VOCAB,
    HANZE_CONTEXT_URL,
)
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store

_EX = "https://example.org/ns#"
_URL = "https://example.org/context.jsonld"
_NOW = "2026-01-01T00:00:00Z"
_BASE = "https://node.example"


@dataclass
class _Web:
    """A recording fake of the network."""

    pages: dict[str, JsonValue] = field(default_factory=dict)
    lifetime_s: float | None = None
    asked: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    slow_s: float = 0.0

    async def fetch(self, url: str) -> FetchedDocument:
        self.asked.append(url)
        await asyncio.sleep(self.slow_s)
        if url not in self.pages:
            raise LdContextNotAvailable(url, "status 404")
        return FetchedDocument(self.moved.get(url, url), self.pages[url], self.lifetime_s)


@dataclass
class _Node:
    web: _Web
    contexts: Contexts
    store: Store
    now_us: int = 1_700_000_000_000_000


@pytest.fixture
async def node() -> AsyncIterator[_Node]:
    store = await Store.open(None)
    web = _Web({_URL: {"@context": {"car": _EX + "car"}, "more": 1}})
    contexts = Contexts(store, web.fetch, lambda: _BASE, clock_us=lambda: made.now_us)
    made = _Node(web, contexts, store)
    yield made
    await store.close()


@pytest.mark.clause("5.5.5")
async def test_resolve_should_know_the_built_in_contexts_without_fetching(node: _Node) -> None:
    older = CORE_CONTEXT_URL.replace("1.9", "1.3")
    assert await node.contexts.resolve(None) == CORE
    assert await node.contexts.resolve(CORE_CONTEXT_URL) == CORE
    assert await node.contexts.resolve([]) == CORE
    assert (await node.contexts.resolve(older)).reference == older.replace("1.3", "1.6")
    assert await node.contexts.resolve([HANZE_CONTEXT_URL, CORE_CONTEXT_URL]) == HANZE
    proofs = await node.contexts.resolve(DATA_INTEGRITY_URL)
    assert proofs.expand_name("proof") == "https://w3id.org/security#proof"
    assert proofs.expand_name("created") == DEFAULT_VOCAB + "created"
    assert node.web.asked == []
    assert node.contexts.list_contexts(ANONYMOUS) == []


@pytest.mark.clause("6.3.5")
async def test_resolve_should_fetch_a_context_once(node: _Node) -> None:
    node.web.slow_s = 0.01
    first, *others = await asyncio.gather(*(node.contexts.resolve(_URL) for _ in range(5)))
    assert first.expand_name("car") == _EX + "car"
    assert first.link == _URL
    assert all(other == first for other in others)
    await node.contexts.resolve([_URL, {"bike": _EX + "bike"}])
    assert node.web.asked == [_URL]


@pytest.mark.clause("6.3.16")
async def test_resolve_should_fetch_again_when_the_copy_has_expired(node: _Node) -> None:
    node.web.lifetime_s = 60
    await node.contexts.resolve(_URL)
    node.now_us += 59_000_000
    await node.contexts.resolve(_URL)
    assert len(node.web.asked) == 1
    node.now_us += 1_000_000
    node.web.pages[_URL] = {"@context": {"car": _EX + "newCar"}}
    assert (await node.contexts.resolve(_URL)).expand_name("car") == _EX + "newCar"
    assert len(node.web.asked) == 2


@pytest.mark.clause("6.3.16")
async def test_a_context_of_unknown_lifetime_should_expire_by_guess(node: _Node) -> None:
    await node.contexts.resolve(_URL)
    node.now_us += 3_600_000_000
    assert node.contexts.list_contexts(ANONYMOUS) == []
    with pytest.raises(ContextNotFound):
        node.contexts.serve_context(ANONYMOUS, _URL, details=True)


async def test_copies_should_survive_a_restart(node: _Node) -> None:
    await node.contexts.resolve(_URL)
    again = Contexts(node.store, node.web.fetch, lambda: _BASE, clock_us=lambda: node.now_us)
    assert (await again.resolve(_URL)).expand_name("car") == _EX + "car"
    assert len(node.web.asked) == 1


async def test_resolve_should_follow_references_of_every_kind(node: _Node) -> None:
    node.web.pages |= {
        "https://a.example/x/one": {"@context": ["two", CORE_CONTEXT_URL, {"one": _EX + "one"}]},
        "https://a.example/y/two": {"@context": {"two": _EX + "two"}},
        "https://a.example/y/all": {"@context": {"@import": "two", "three": _EX + "three"}},
    }
    node.web.moved["https://a.example/x/one"] = "https://a.example/y/one"
    context = await node.contexts.resolve(["https://a.example/x/one", "https://a.example/y/all#"])
    for name in ("one", "two", "three"):
        assert context.expand_name(name) == _EX + name
    assert len(context.documents) == 3


async def test_null_should_empty_the_context_but_for_the_core(node: _Node) -> None:
    context = await node.contexts.resolve([_URL, None, {"bike": _EX + "bike"}])
    assert context.expand_name("car") == DEFAULT_VOCAB + "car"
    assert context.expand_name("bike") == _EX + "bike"


@pytest.mark.clause("5.5.6")
@pytest.mark.parametrize(
    "reference",
    [
        5,
        True,
        "relative.jsonld",
        "ftp://example.org/x",
        "https://user:secret@example.org/x",
        "http://[broken",
        [[_URL]],
        [1],
        {"@import": 1},
        {"@import": "https://a.example/list"},
        "https://a.example/none",
        "https://a.example/number",
        "https://a.example/array",
        "https://a.example/loop",
        "https://a.example/deep0",
        [_URL] * 100,
        {"car": {"@id": _EX + "car", "@context": {}}},
    ],
)
async def test_resolve_should_refuse_what_is_no_context(node: _Node, reference: JsonValue) -> None:
    deep = {f"https://a.example/deep{n}": {"@context": f"deep{n + 1}"} for n in range(20)}
    node.web.pages |= deep
    node.web.pages |= {
        "https://a.example/list": {"@context": [{}]},
        "https://a.example/none": {"other": 1},
        "https://a.example/number": {"@context": 5},
        "https://a.example/array": [],
        "https://a.example/loop": {"@context": ["loop"]},
    }
    with pytest.raises(InvalidInput):
        await node.contexts.resolve(reference)


@pytest.mark.clause("5.5.6")
async def test_resolve_should_say_when_a_context_is_not_available(node: _Node) -> None:
    missing = "https://example.org/missing"
    for _ in range(2):
        with pytest.raises(LdContextNotAvailable, match=missing):
            await node.contexts.resolve([missing])
    node.web.pages[missing] = {"@context": {}}
    await asyncio.sleep(0.01)
    assert await node.contexts.resolve(missing) == CORE


async def test_a_slow_failure_should_not_be_waited_for_again_at_once(node: _Node) -> None:
    node.web.slow_s = 0.2
    for _ in range(3):
        with pytest.raises(LdContextNotAvailable):
            await node.contexts.resolve("https://example.org/missing")
    assert len(node.web.asked) == 1


async def test_a_cancelled_request_should_not_stop_the_others(node: _Node) -> None:
    node.web.slow_s = 0.02
    one = asyncio.create_task(node.contexts.resolve(_URL))
    other = asyncio.create_task(node.contexts.resolve([_URL]))
    await asyncio.sleep(0.005)
    one.cancel()
    assert (await other).expand_name("car") == _EX + "car"
    assert one.cancelled()


@pytest.mark.clause("6.3.6")
async def test_link_of_should_host_a_context_that_has_no_url(node: _Node) -> None:
    inline: list[JsonValue] = [_URL, {"bike": _EX + "bike"}]
    context = await node.contexts.resolve(inline)
    url = await node.contexts.link_of(context)
    assert url == await node.contexts.link_of(context)
    assert url.startswith(_BASE + "/ngsi-ld/v1/jsonldContexts/urn:")
    assert await node.contexts.resolve(url) == context
    assert await node.contexts.resolve(url.replace(_BASE, "http://other.name:1026")) == context
    (details,) = node.contexts.list_contexts(ANONYMOUS, details=True, kind="ImplicitlyCreated")
    assert isinstance(details, dict)
    served = node.contexts.serve_context(ANONYMOUS, str(details["localId"]))
    assert served == {"@context": [*inline, CORE_CONTEXT_URL]}
    assert details["URL"] == url
    assert await node.contexts.link_of(await node.contexts.resolve(_URL)) == _URL
    assert await node.contexts.link_of(CORE) == CORE_CONTEXT_URL


@pytest.mark.clause("5.13.2")
@pytest.mark.clause("5.13.4")
async def test_added_contexts_should_be_served_and_usable(node: _Node) -> None:
    body: JsonValue = {"@context": [{"bike": _EX + "bike"}, "https://gone.example/"], "extra": 1}
    context_id = await node.contexts.add_context(ANONYMOUS, body, _NOW)
    served = node.contexts.serve_context(ANONYMOUS, context_id)
    assert served == {"@context": [{"bike": _EX + "bike"}, "https://gone.example/"]}
    node.web.pages["https://gone.example/"] = {"@context": {}}
    await asyncio.sleep(0.01)
    (url,) = node.contexts.list_contexts(ANONYMOUS, kind="Hosted")
    assert url == f"{_BASE}/ngsi-ld/v1/jsonldContexts/{context_id}"
    assert (await node.contexts.resolve(url)).expand_name("bike") == _EX + "bike"
    details = node.contexts.serve_context(ANONYMOUS, context_id, details=True)
    assert details["kind"] == "Hosted"
    assert details["createdAt"] == _NOW
    assert details["numberOfHits"] == 1
    assert "expiresAt" not in details


@pytest.mark.clause("5.13.2")
@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"@context": 5},
        {"@context": {"a": 1}},
        {"@context": ["x"]},
        {"@context": [[]]},
    ],
)
async def test_add_context_should_refuse_what_is_no_context(node: _Node, body: JsonValue) -> None:
    with pytest.raises(InvalidInput):
        await node.contexts.add_context(ANONYMOUS, body, _NOW)
    assert node.contexts.list_contexts(ANONYMOUS) == []


@pytest.mark.clause("5.13.3")
async def test_list_contexts_should_filter_by_kind(node: _Node) -> None:
    node.web.lifetime_s = 60
    await node.contexts.add_context(ANONYMOUS, {"@context": {}}, _NOW)
    await node.contexts.resolve(_URL)
    await node.contexts.resolve(_URL)
    assert len(node.contexts.list_contexts(ANONYMOUS)) == 2
    assert node.contexts.list_contexts(ANONYMOUS, kind="Cached") == [_URL]
    assert node.contexts.list_contexts(ANONYMOUS, details=True, kind="Cached") == [
        {
            "URL": _URL,
            "localId": node.contexts.serve_context(ANONYMOUS, _URL, details=True)["localId"],
            "kind": "Cached",
            "createdAt": "2023-11-14T22:13:20Z",
            "expiresAt": "2023-11-14T22:14:20Z",
            "lastUsage": "2023-11-14T22:13:20Z",
            "numberOfHits": 1,
        }
    ]
    with pytest.raises(InvalidInput, match="Hosted"):
        node.contexts.list_contexts(ANONYMOUS, kind="hosted")


@pytest.mark.clause("5.13.4")
async def test_cached_contexts_should_not_be_served(node: _Node) -> None:
    await node.contexts.resolve(_URL)
    with pytest.raises(ContextNotServed) as caught:
        node.contexts.serve_context(ANONYMOUS, _URL)
    assert isinstance(caught.value, NotSupported)
    with pytest.raises(ContextNotFound):
        node.contexts.serve_context(ANONYMOUS, "urn:none")


@pytest.mark.clause("5.13.5")
async def test_delete_context_should_remove_it(node: _Node) -> None:
    await node.contexts.resolve(_URL)
    await node.contexts.delete_context(ANONYMOUS, _URL)
    assert node.contexts.list_contexts(ANONYMOUS) == []
    await node.contexts.resolve(_URL)
    assert len(node.web.asked) == 2
    for unknown, error in (("urn:none", ContextNotFound), ("", InvalidInput)):
        with pytest.raises(error):
            await node.contexts.delete_context(ANONYMOUS, unknown)


@pytest.mark.clause("5.13.5")
async def test_reload_should_replace_the_copy(node: _Node) -> None:
    await node.contexts.resolve(_URL)
    local_id = str(node.contexts.serve_context(ANONYMOUS, _URL, details=True)["localId"])
    node.web.pages[_URL] = {"@context": {"car": _EX + "newCar"}}
    await node.contexts.delete_context(ANONYMOUS, local_id, reload=True)
    assert (await node.contexts.resolve(_URL)).expand_name("car") == _EX + "newCar"
    assert len(node.web.asked) == 2


@pytest.mark.clause("5.13.5")
@pytest.mark.parametrize("page", [None, [], {"@context": {"a": 1}}, {"@context": [_URL]}])
async def test_a_failed_reload_should_leave_the_copy(node: _Node, page: JsonValue) -> None:
    await node.contexts.resolve(_URL)
    if page is None:
        del node.web.pages[_URL]
    else:
        node.web.pages[_URL] = page
    with pytest.raises(LdContextNotAvailable):
        await node.contexts.delete_context(ANONYMOUS, _URL, reload=True)
    assert (await node.contexts.resolve(_URL)).expand_name("car") == _EX + "car"


@pytest.mark.clause("5.13.5")
async def test_reload_should_be_refused_for_hosted_contexts(node: _Node) -> None:
    context_id = await node.contexts.add_context(ANONYMOUS, {"@context": {}}, _NOW)
    with pytest.raises(InvalidInput, match="cached"):
        await node.contexts.delete_context(ANONYMOUS, context_id, reload=True)
    await node.contexts.delete_context(ANONYMOUS, context_id)
    assert node.contexts.list_contexts(ANONYMOUS) == []


async def test_contexts_made_by_the_node_should_stay_bounded(
    node: _Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanze.broker.context_records._MOST", 2)
    await node.contexts.add_context(ANONYMOUS, {"@context": {}}, _NOW)
    for number in range(4):
        node.now_us += 1_000_000
        context = await node.contexts.resolve({"a": f"{_EX}{number}"})
        await node.contexts.link_of(context)
    kept = node.contexts.list_contexts(ANONYMOUS, kind="ImplicitlyCreated")
    assert len(kept) == 2
    assert await node.contexts.link_of(context) in kept
    assert len(node.contexts.list_contexts(ANONYMOUS, kind="Hosted")) == 1


async def test_remembered_contexts_should_stay_bounded(node: _Node) -> None:
    for number in range(600):
        await node.contexts.resolve({"a": f"{_EX}{number}"})
    large = {f"name{number}": f"{_EX}{number}" for number in range(3000)}
    assert (await node.contexts.resolve(large)).expand_name("name7") == _EX + "7"
    assert len(node.contexts._resolved) == 512
