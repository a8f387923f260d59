"""How requests to sources look."""

import orjson
import pytest

from hanze.broker.distribution.requests import (
    Asking,
    Call,
    SourceInfo,
    asking_of,
    body_of,
    embeds,
    headers_of,
    source_info_of,
    url_of,
)
from hanze.errors import InvalidInput
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.trace import new_trace
from hanze.ngsild.context import CORE, build_context
from hanze.ngsild.registration.model import Management
from hanze.ngsild.terms import CORE_CONTEXT_URL
from tests.unit.broker.distribution.registered import registered

_CITY = "https://city.example/context.jsonld"
_TERMS = {"Bin": "https://city.example/Bin", "level": "https://city.example/level"}
_WITH_URL = build_context(_CITY, [_TERMS])
_INLINE = build_context(_TERMS, [_TERMS])


def _info(*pairs: tuple[str, str], **request: str) -> SourceInfo:
    return source_info_of(registered(source_info=pairs), request)


@pytest.mark.clause("6.3.19")
def test_source_info_should_become_headers() -> None:
    info = _info(("Authorization", "Bearer abc"), ("X-Provider", "Groningen"))
    assert info.headers == (("authorization", "Bearer abc"), ("x-provider", "Groningen"))


@pytest.mark.clause("4.3.6.5")
def test_source_info_should_take_from_the_request_what_it_has() -> None:
    pairs = (("User", "urn:ngsi-ld:request"), ("X-Missing", "urn:ngsi-ld:request"))
    assert _info(*pairs, user="abcd").headers == (("user", "abcd"),)


@pytest.mark.clause("4.3.6.5")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NGSILD-Tenant", "other"),
        ("Content-Length", "5"),
        ("Host", "elsewhere"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Via", "1.1 nobody"),
        ("Accept-Encoding", "gzip"),
        ("Bad Name", "x"),
        ("X-Split", "a\r\nX-Evil: 1"),
    ],
)
def test_source_info_should_not_set_what_is_not_its_to_set(name: str, value: str) -> None:
    assert _info((name, value)) == SourceInfo()


@pytest.mark.clause("4.3.6.6")
def test_source_info_should_know_the_keys_with_a_meaning() -> None:
    info = _info(
        ("accept", "application/ld+json"),
        ("contentType", "application/ld+json"),
        ("jsonldContext", _CITY),
        ("ngsildConformance", "1.5"),
    )
    assert info == SourceInfo(
        context=_CITY,
        accept="application/ld+json",
        content_type="application/ld+json",
        version="1.5",
    )


@pytest.mark.clause("4.3.6.6")
def test_source_info_should_pass_over_what_a_key_cannot_mean() -> None:
    pairs = (("accept", "text/html"), ("contentType", "x"), ("ngsildConformance", "newest"))
    assert _info(*pairs) == SourceInfo()


@pytest.mark.clause("4.3.6.5")
def test_a_link_to_a_context_should_be_the_context_that_names_are_written_with() -> None:
    link = f'<{_CITY}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    assert _info(("Link", link)) == SourceInfo(context=_CITY)
    assert _info(("Link", "urn:ngsi-ld:request"), link=link) == SourceInfo()


def _level(context: object) -> list[tuple[str, str]]:
    assert isinstance(context, type(CORE))
    return [("type", context.compact_name(_TERMS["Bin"])), ("q", 'level>"5 %"')]


@pytest.mark.clause("4.3.6.6")
def test_url_of_should_write_names_with_the_context() -> None:
    call = Call(method="GET", path="entities", query=_level)
    source = registered("http://s.example/broker")
    below = "http://s.example/broker/ngsi-ld/v1/entities"
    assert url_of(source, call, _WITH_URL) == f"{below}?type=Bin&q=level%3E%225%20%25%22"
    assert f"{below}?type=https://city.example/Bin&" in url_of(source, call, CORE)


@pytest.mark.clause("5.2.34")
def test_url_of_should_keep_a_source_that_is_local_only_from_asking_others() -> None:
    source = registered(management=Management(local_only=True))
    call = Call(method="DELETE", path="entities/urn%3A1")
    assert url_of(source, call, CORE).endswith("/entities/urn%3A1?local=true")
    said = Call(method="GET", path="types", query=lambda _: [("local", "true")])
    assert url_of(source, said, CORE).endswith("/types?local=true")


@pytest.mark.clause("6.3.14")
def test_headers_of_should_let_the_node_win() -> None:
    headers = dict(
        headers_of(
            registered(tenant="zuid"),
            SourceInfo(headers=(("content-type", "text/plain"), ("x-a", "1"))),
            Call(method="POST", path="entities", headers=(("x-b", "2"),)),
            via="1.1 here",
            link=_CITY,
            content_type="application/json",
            asking=Asking(),
        )
    )
    assert headers == {
        "accept": "application/json",
        "content-type": "application/json",
        "x-a": "1",
        "x-b": "2",
        "via": "1.1 here",
        "ngsild-tenant": "zuid",
        "link": f'<{_CITY}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"',
    }


@pytest.mark.clause("6.3.5")
@pytest.mark.parametrize(
    ("context", "info", "embedded"),
    [
        (CORE, SourceInfo(), False),
        (_WITH_URL, SourceInfo(), False),
        (_INLINE, SourceInfo(), True),
        (_INLINE, SourceInfo(content_type="application/json"), False),
        (_WITH_URL, SourceInfo(content_type="application/ld+json"), True),
        (_INLINE, SourceInfo(context=_CITY, content_type="application/ld+json"), False),
    ],
)
def test_embeds_should_follow_the_registration_first(
    context: object, info: SourceInfo, embedded: bool
) -> None:
    assert isinstance(context, type(CORE))
    assert embeds(info, context) is embedded


@pytest.mark.clause("6.3.5")
def test_body_of_should_give_each_item_its_context() -> None:
    call = Call(method="POST", path="entityOperations/create", body=lambda _: [{"id": "urn:1"}])
    body = body_of(call, _WITH_URL, SourceInfo(), embedded=True)
    assert orjson.loads(body or b"") == [{"id": "urn:1", "@context": [_CITY, CORE_CONTEXT_URL]}]
    assert body_of(call, _WITH_URL, SourceInfo(), embedded=False) == b'[{"id":"urn:1"}]'
    assert body_of(Call(method="GET", path="types"), CORE, SourceInfo(), embedded=False) is None


def test_body_of_should_refuse_numbers_that_others_cannot_read() -> None:
    call = Call(method="PATCH", path="entities/urn%3A1", body=lambda _: {"a": 2**70})
    with pytest.raises(InvalidInput, match="cannot be passed on"):
        body_of(call, CORE, SourceInfo(), embedded=False)


@pytest.mark.clause("4.3.6.6")
@pytest.mark.parametrize(
    ("path", "sent", "expected"),
    [
        ("entities/urn%3A1/attrs/a", {"json": {"b": 1}}, {"value": {"b": 1}}),
        ("entities/urn%3A1/attrs", {"a": {"json": 1}}, {"a": {"value": 1}}),
        ("entityOperations/upsert", [{"a": {"json": 1}}], [{"a": {"value": 1}}]),
        ("entityOperations/query", {"a": {"json": 1}}, {"a": {"json": 1}}),
        ("subscriptions", {"a": {"json": 1}}, {"a": {"json": 1}}),
    ],
)
def test_body_of_should_write_data_in_the_version_of_the_source(
    path: str, sent: dict[str, object], expected: object
) -> None:
    call = Call(method="POST", path=path, body=lambda _: sent)  # type: ignore[arg-type, return-value]  # JSON of a table
    body = body_of(call, CORE, SourceInfo(version="1.6"), embedded=False)
    assert orjson.loads(body or b"") == expected


OWN = "urn:ngsi-ld:Organization:here"
WRITER = frozenset({"writer"})


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (Caller("clerk", roles=WRITER, purpose="urn:p"), Asking(purpose="urn:p")),
        (Caller("nurse", OWN, purpose="urn:p"), Asking(purpose="urn:p")),
        (Caller("firm", "urn:firm", WRITER, purpose="urn:p"), Asking(for_anybody=True)),
        (Caller("peer:1", "urn:peer", frozenset({"member"})), Asking(for_anybody=True)),
        (ANONYMOUS, Asking(for_anybody=True)),
    ],
)
def test_node_should_vouch_for_its_own_organisation_alone(caller: Caller, expected: Asking) -> None:
    assert asking_of(caller, OWN) == expected


def test_peers_should_be_told_the_purpose_and_the_trace() -> None:
    trace = new_trace()
    caller = Caller("clerk", roles=WRITER, purpose="urn:p", trace=trace)
    headers = dict(
        headers_of(
            registered(),
            source_info_of(registered(), {"hanze-purpose": "urn:other"}),
            Call(method="GET", path="entities"),
            via="1.1 here",
            link=None,
            content_type=None,
            asking=asking_of(caller, OWN),
        )
    )
    assert headers["hanze-purpose"] == "urn:p"
    assert headers["traceparent"] == f"00-{trace.trace_id}-{trace.span_id}-01"
