"""The API with requests that no honest client sends: it refuses them, and never fails."""

import json
from collections.abc import Iterator
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzzed import Asker

pytestmark = pytest.mark.slow


def _one_of(words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words.split())


_EXAMPLES = settings(max_examples=400)
_BASE = b"/ngsi-ld/v1/"
_ENTITY = "urn:ngsi-ld:Bin:1"

_WRITES = [
    ("POST", b"entities"),
    *((method, b"entities/" + _ENTITY.encode()) for method in ("PUT", "PATCH")),
    *((method, b"entities/" + _ENTITY.encode() + b"/attrs") for method in ("POST", "PATCH")),
    *((method, b"entities/" + _ENTITY.encode() + b"/attrs/p") for method in ("PUT", "PATCH")),
    *(
        ("POST", b"entityOperations/" + name)
        for name in (b"create", b"upsert", b"update", b"merge", b"delete", b"query")
    ),
    ("POST", b"jsonldContexts"),
]
_READS = [
    b"entities",
    b"entities/" + _ENTITY.encode(),
    b"types",
    b"types/T",
    b"attributes",
    b"attributes/p",
    b"jsonldContexts",
    b"info/sourceIdentity",
]

_WORDS = _one_of(
    "Property Relationship GeoProperty LanguageProperty VocabProperty JsonProperty ListProperty "
    "ListRelationship Query T Point Polygon urn:ngsi-ld:null urn:ngsi-ld:Bin:1 urn:x:y @none @json "
    "2026-01-01T00:00:00Z 9999-12-31T23:59:59.999999Z en /a/b p>1 near;maxDistance==1 * "
    "http://example.org/c.jsonld https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
)
_KEYS = _one_of(
    "id @id type @type scope expiresAt @context value object languageMap vocab json valueList "
    "objectList observedAt unitCode datasetId valueType objectType lang coordinates location p q "
    "createdAt ngsildproof entityIdSealed @value @list @graph @vocab @import @base @reverse "
    "@container @protected entities attrs pick omit geoQ georel geometry scopeQ ordering orderBy "
    "collation join joinLevel containedBy idPattern temporalQ dataset"
)
_NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([2**53, 2**63, 2**64, 2**70, -(2**70), 10**400])
)
_TEXTS = st.one_of(_WORDS, st.text(max_size=20), st.text(st.characters(), max_size=5))
_SCALARS = st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(_KEYS, _KEYS, _TEXTS), inner, max_size=5),
    ),
    max_leaves=15,
)
_ENTITIES = st.dictionaries(st.one_of(_KEYS, _TEXTS), _VALUES, max_size=4).map(
    lambda members: {"id": _ENTITY, "type": "T"} | members
)
_QUERIES = st.dictionaries(_KEYS, _VALUES, max_size=4).map(
    lambda members: {"type": "Query", "entities": [{"type": "T"}]} | members
)
_DOCUMENTS = st.one_of(_VALUES, _ENTITIES, _QUERIES, st.lists(_ENTITIES, max_size=3))

_DEEP = 100_000
_ODD_BODIES = [
    b"",
    b" ",
    b"{",
    b"[" * _DEEP,
    b"[" * _DEEP + b"]" * _DEEP,
    b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    b"NaN",
    b"[Infinity]",
    b"1e400",
    b"-" + b"9" * 5000,
    b"0." + b"1" * 5000,
    b'{"id":"urn:x:1","type":"T","p":1e400}',
    b'{"id":"urn:x:1","type":"T","p":' + b"9" * 5000 + b"}",
    b'{"id":"urn:x:1","type":"T","p":1,"p":2,"id":"urn:x:2"}',
    b'{"id":"urn:x:1","type":"T","p":"\\ud800"}',
    b'{"id":"urn:x:1","type":"T","p":"\\u0000"}',
    b'{"id":"urn:x:1","type":"T","\\u0000":1}',
    b'{"id":"urn:x:1","type":"T","p":"\xff"}',
    b'\xef\xbb\xbf{"id":"urn:x:1","type":"T"}',
    '{"id":"urn:x:1","type":"T"}'.encode("utf-16"),
    b'{"id":"urn:x:1","type":"T","p":"' + b"a" * 1_000_000 + b'"}',
    b'{"id":"urn:' + b"a" * 1_000_000 + b'","type":"T"}',
    b'{"id":"urn:x:1","type":"' + b"T" * 1_000_000 + b'"}',
    b'{"id":"urn:x:1","type":"T","' + b"p" * 1_000_000 + b'":1}',
    b'{"id":"urn:x:1","type":[' + b",".join(b'"T%d"' % n for n in range(20_000)) + b"]}",
    b"[" + b",".join(b"{}" for _ in range(20_000)) + b"]",
]


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with Asker() as asker:
        yield asker


@pytest.mark.clause("5.5.4")
@given(st.sampled_from(_WRITES), _DOCUMENTS, st.booleans())
@_EXAMPLES
def test_api_should_take_or_refuse_any_json(
    asker: Asker, operation: tuple[str, bytes], document: object, linked: bool
) -> None:
    method, path = operation
    asker.ask("DELETE", _BASE + b"entities?type=*")
    asker.send("POST", "/ngsi-ld/v1/entities", {"id": _ENTITY, "type": "T", "p": 1})
    media = "application/ld+json" if linked else "application/json"
    body = json.dumps(document).encode()
    answer = asker.ask(method, _BASE + path, headers={"content-type": media}, body=body)
    assert answer.status < 400 or answer.json()["detail"]
    # Whatever was stored is shown in every form.
    for form in ("normalized", "concise", "simplified"):
        for accept in ("application/json", "application/ld+json", "application/geo+json"):
            shown = asker.ask(
                "GET",
                _BASE + b"entities?type=*&format=" + form.encode(),
                headers={"accept": accept},
            )
            assert shown.status == 200
            shown.json()


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize("operation", _WRITES, ids=str)
def test_api_should_refuse_odd_bodies(asker: Asker, operation: tuple[str, bytes]) -> None:
    method, path = operation
    for body in _ODD_BODIES:
        for media in ("application/json", "application/ld+json"):
            asker.ask(method, _BASE + path, headers={"content-type": media}, body=body)


@pytest.mark.clause("5.5.4")
@given(st.sampled_from(_WRITES), st.binary(max_size=60))
@_EXAMPLES
def test_api_should_refuse_bodies_that_are_no_json(
    asker: Asker, operation: tuple[str, bytes], body: bytes
) -> None:
    method, path = operation
    asker.ask(method, _BASE + path, headers={"content-type": "application/json"}, body=body)


_NAMES = _one_of(
    "type id idPattern q scopeQ attrs pick omit georel geometry coordinates geoproperty orderBy "
    "collation orderFrom orderGeometry limit offset count format options lang datasetId join "
    "joinLevel containedBy local details kind csf expandValues jsonKeys geometryProperty keep drop "
    "deleteAll observedAt reload entityMap splitEntities x"
)
_PIECES = _one_of(
    "( ) { } [ ] ; | , . .. == != >= <= > < ~= !~= * + # / : ! % & \" ' \\ \0 @none null true 1 -1 "
    "1e400 nan inf near;maxDistance== within Point Polygon [[[0,0],[1,0],[1,1],[0,0]]] T p a.b a[b] "
    "urn:x:1 2026-01-01T00:00:00Z dist-asc desc sysAttrs keyValues en;q=0.5 (a*)*b [a-z]{1000}{1000}"
)
_TERMS = st.one_of(
    st.lists(_PIECES, max_size=8).map("".join).map(quote),
    st.text(max_size=20).map(lambda text: quote(text, errors="replace")),
    st.binary(max_size=10).map(quote_from_bytes),
    st.sampled_from(
        ["(" * 5000, "a." * 4000, "a[" * 4000, "a;" * 4000, "9" * 5000, "%FF", "[" * 9000]
    ),
)


@pytest.mark.clause("6.3.20")
@given(
    st.sampled_from([*(("GET", path) for path in _READS), ("DELETE", b"entities")]),
    st.lists(st.tuples(_NAMES, _TERMS), max_size=5),
    st.sampled_from(["application/json", "application/geo+json"]),
)
@_EXAMPLES
def test_api_should_take_or_refuse_any_parameters(
    asker: Asker, operation: tuple[str, bytes], pairs: list[tuple[str, str]], accept: str
) -> None:
    method, path = operation
    query = "&".join(["type=T", *(f"{name}={text}" for name, text in pairs)]).encode()
    asker.ask(method, _BASE + path + b"?" + query, headers={"accept": accept})


@given(st.binary(max_size=80))
@_EXAMPLES
def test_api_should_take_or_refuse_any_query_string(asker: Asker, query: bytes) -> None:
    asker.ask("GET", _BASE + b"entities?" + query)


_REL = '; rel="http://www.w3.org/ns/json-ld#context"'
_HEADERS = _one_of(
    "accept accept-encoding authorization content-length content-type link ngsild-tenant prefer "
    "range if-none-match expect x-request-id cookie origin"
)
_HEADER_VALUES = st.one_of(
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=20),
    st.text(max_size=20).map(lambda text: f"<http://{text}>{_REL}".encode("utf-8", "replace")),
    st.sampled_from(
        [
            b"*/*;q=nan",
            b"application/json;q=1e999, text/html;q=-1",
            b"," * 1000,
            b";" * 1000,
            b"application/ld+json",
            b"ngsi-ld=999999999999999999999.9",
            b"ngsi-ld=1.3",
            b"body=json",
            b"<" * 5000,
            b"<http://x:99999/>" + _REL.encode(),
            b"<file:///etc/passwd>" + _REL.encode(),
            b"<>" + _REL.encode(),
            b"Bearer " + b"a" * 5000,
            b"9" * 5000,
            b"-1",
        ]
    ),
)


@pytest.mark.clause("6.3.5")
@given(
    st.sampled_from([*(("GET", path) for path in _READS), *_WRITES]),
    st.dictionaries(_HEADERS, _HEADER_VALUES, max_size=4),
)
@_EXAMPLES
def test_api_should_take_or_refuse_any_headers(
    asker: Asker, operation: tuple[str, bytes], headers: dict[str, str | bytes]
) -> None:
    method, path = operation
    body = None if method == "GET" else b'{"id":"urn:x:1","type":"T"}'
    asker.ask(method, _BASE + path, headers=headers, body=body)


_SEGMENTS = st.one_of(
    _one_of(
        "entities types attributes attrs entityOperations create query jsonldContexts info temporal "
        "sourceIdentity subscriptions urn:x:1 . .. %2e%2e %2F %00 %FF %ED%A0%80 %zz % * ; p"
    ),
    st.just(""),
    st.just("a" * 20_000),
    st.text(max_size=8).map(lambda text: quote(text, errors="replace")),
)
_METHODS = _one_of("GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT FOO get")


@pytest.mark.clause("6.2")
@given(_METHODS, st.lists(_SEGMENTS, max_size=6))
@_EXAMPLES
def test_api_should_answer_any_path_and_method(
    asker: Asker, method: str, segments: list[str]
) -> None:
    asker.ask(method, _BASE + "/".join(segments).encode())


@given(_METHODS, st.sampled_from(["", "en", "static", "ngsi-ld"]), st.lists(_SEGMENTS, max_size=4))
@_EXAMPLES
def test_pages_should_answer_any_path(
    asker: Asker, method: str, first: str, segments: list[str]
) -> None:
    answer = asker.ask(method, ("/" + "/".join([first, *segments])).encode())
    assert answer.status < 500
