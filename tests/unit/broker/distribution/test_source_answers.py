"""What sources answer, good and bad."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.distribution.answers import Reply, entities_of, items_of, read_reply, title_of
from hanze.broker.distribution.ports import PeerAnswer
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context, build_context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import DEFAULT_VOCAB
from tests.unit.broker.distribution.registered import registered

pytestmark = pytest.mark.clause("6.3.17")

_CITY = "https://city.example/context.jsonld"
_OTHER = "https://other.example/context.jsonld"
_SENT = build_context(_CITY, [{"Bin": "https://city.example/Bin"}])
_LINK = '<{}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


async def _resolve(reference: JsonValue) -> Context:
    """Stand for the node's @contexts: every one defines Bin in its own way."""
    if reference == "https://city.example/broken.jsonld":
        raise InvalidInput("The @context is broken")
    url = reference if isinstance(reference, str) else "urn:inline:"
    return build_context(reference, [{"Bin": url + "#Bin"}])


async def _read(
    body: bytes, *, status: int = 200, media: str = "application/json", link: str = ""
) -> Reply:
    headers = {"content-type": media} | ({"link": link} if link else {})
    answer = PeerAnswer(status, headers, body)
    return await read_reply(answer, registered(), (), _SENT, _resolve)


@pytest.mark.clause("6.3.6")
async def test_names_should_be_read_with_the_context_that_was_sent() -> None:
    reply = await _read(b'[{"id":"urn:1","type":"Bin"}]')
    assert reply.context is _SENT
    (entity,), problems = entities_of(reply)
    assert (entity.types, problems) == (("https://city.example/Bin",), [])
    assert (await _read(b"[]", link=_LINK.format(_CITY))).context is _SENT


@pytest.mark.clause("6.3.6")
async def test_names_should_be_read_with_the_context_that_the_answer_names() -> None:
    reply = await _read(b'{"id":"urn:1","type":"Bin"}', link=_LINK.format(_OTHER))
    assert entities_of(reply)[0][0].types == (_OTHER + "#Bin",)
    paging = '</ngsi-ld/v1/entities?offset=5>; rel="next"; type="application/json"'
    assert (await _read(b"[]", link=paging)).context is _SENT


@pytest.mark.clause("6.3.6")
async def test_names_should_be_read_with_the_context_inside_the_answer() -> None:
    body = orjson.dumps({"@context": _OTHER, "id": "urn:1", "type": "Bin"})
    reply = await _read(body, media="application/ld+json; charset=utf-8")
    assert reply.body == {"id": "urn:1", "type": "Bin"}
    assert entities_of(reply)[0][0].types == (_OTHER + "#Bin",)


@pytest.mark.clause("6.3.6")
async def test_items_should_each_have_their_own_context() -> None:
    items = [
        {"id": "urn:1", "type": "Bin", "@context": _OTHER},
        {"id": "urn:2", "type": "Bin"},
        {"id": "urn:3", "type": "Bin", "@context": _SENT.reference},
    ]
    reply = await _read(orjson.dumps(items), media="application/ld+json")
    types = [entity.types[0] for entity in entities_of(reply)[0]]
    assert types == [_OTHER + "#Bin", "https://city.example/Bin", "https://city.example/Bin"]
    same = [{"id": "urn:1", "@context": _OTHER}, {"id": "urn:2", "@context": _OTHER}]
    reply = await _read(orjson.dumps(same), media="application/ld+json")
    assert (reply.item_contexts, reply.context.link) == ((), _OTHER)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b'[{"id":"urn:1"', "no JSON"),
        (b"\xff\xfe[]", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[" * 200 + b"]" * 200, "nests deeper"),
        (b"[" + b"[]," * 2_000_000 + b"[]]", "more than 2000000"),
        (b'{"@context":"https://city.example/broken.jsonld"}', "broken"),
    ],
    ids=["empty", "html", "cut", "no text", "deep", "nested", "containers", "context"],
)
async def test_garbage_should_be_refused(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        await _read(body)


async def test_an_answer_of_another_media_type_should_be_refused() -> None:
    with pytest.raises(InvalidInput, match="it is text/html, and no JSON"):
        await _read(b"[]", media="text/html")


async def test_an_answer_with_very_many_contexts_should_be_refused() -> None:
    items = [{"@context": f"https://city.example/{number}"} for number in range(20)]
    with pytest.raises(InvalidInput, match="more than 8 different @contexts"):
        await _read(orjson.dumps(items))


async def test_a_large_array_should_be_read_whole() -> None:
    items = [{"id": f"urn:{number}", "a": {"value": [number]}} for number in range(2000)]
    assert (await _read(b"\n" + orjson.dumps(items))).body == items


@pytest.mark.parametrize("body", [b"", b"created", b"<p>created</p>"])
async def test_a_write_should_need_no_body(body: bytes) -> None:
    for status in (201, 204):
        assert (await _read(body, status=status, media="text/plain")).body is None


async def test_partial_success_should_be_read() -> None:
    reply = await _read(b'{"updated":["a"]}', status=207)
    assert (reply.status, reply.body) == (207, {"updated": ["a"]})


async def test_what_is_not_found_should_be_nothing() -> None:
    reply = await _read(b"<html>", status=404, media="text/html")
    assert list(items_of(reply)) == []
    assert entities_of(await _read(b'{"title":"No"}', status=404)) == ([], [])


@pytest.mark.clause("4.5.5")
async def test_entities_should_keep_their_system_attributes() -> None:
    at = "2026-01-02T03:04:05Z"
    attribute = {"type": "Property", "value": 1, "modifiedAt": at, "createdAt": at}
    entity = {"id": "urn:1", "type": "Bin", "createdAt": at, "modifiedAt": at, "a": attribute}
    ((found,), problems) = entities_of(await _read(orjson.dumps([entity])))
    assert problems == []
    assert (found.created_at, found.modified_at) == (at, at)
    assert found.attributes[DEFAULT_VOCAB + "a"][0].modified_at == at


async def test_entities_should_be_read_one_by_one() -> None:
    items = [{"id": "urn:1", "type": "Bin"}, {"id": "no uri", "type": "Bin"}, 5, {"type": "Bin"}]
    found, problems = entities_of(await _read(orjson.dumps([*items, *[None] * 20])))
    assert [entity.id for entity in found] == ["urn:1"]
    assert problems[0].startswith("no uri is no NGSI-LD entity")
    assert problems[1].startswith("An item without an id is no NGSI-LD entity")
    assert len(problems) == 6
    assert problems[-1] == "18 more are no NGSI-LD entities"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("urn:ngsi-ld:null"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "@context", "value", "object", "a", "createdAt"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(_JSON)
async def test_any_json_should_become_entities_or_problems(json: JsonValue) -> None:
    try:
        reply = await _read(orjson.dumps(json, option=orjson.OPT_PASSTHROUGH_SUBCLASS))
    except (InvalidInput, orjson.JSONEncodeError):
        return
    found, problems = entities_of(reply)
    assert len(found) + len(problems) <= len(json) + 1 if isinstance(json, list) else 1


@pytest.mark.clause("5.5.3")
@pytest.mark.parametrize(
    ("body", "title"),
    [
        (b'{"title":"Not allowed","detail":"Ask the city"}', "Not allowed, Ask the city"),
        (b'{"title":"Two\\r\\nlines"}', "Two lines"),
        (b'{"title":5}', ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b'{"title":"' + b"x" * 5000 + b'"}', "x" * 200),
        (b" " * 100_000 + b"{}", ""),
    ],
)
def test_title_of_should_give_a_short_reason(body: bytes, title: str) -> None:
    assert title_of(body) == title
