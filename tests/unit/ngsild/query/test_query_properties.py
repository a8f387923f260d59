"""Laws of the query language, on generated queries, entities and texts (CIM 009, 4.9)."""

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.context import build_context
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.query.compare import normalise_uri
from hanze.ngsild.query.evaluate import evaluate
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.order import Orderer
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_order import parse_ordering
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.parse_types import parse_types
from hanze.ngsild.query.projection import parse_projection
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    Direction,
    Exists,
    LinkedPath,
    Literal,
    Match,
    Moment,
    MomentKind,
    Operator,
    Or,
    Ordering,
    OrderTerm,
    QueryNode,
    Range,
    Uri,
    ValuePath,
    Values,
)
from hanze.ngsild.query.unparse import unparse

ANY = "https://uri.etsi.org/ngsi-ld/default-context/"
CORE_NS = "https://uri.etsi.org/ngsi-ld/"
TERMS = {"ex": "https://example.org/", "speed": "ex:speed#v"}
CONTEXT = build_context([TERMS], [TERMS])
GENERATED = settings(max_examples=150, deadline=None)

NAMES = st.sampled_from(
    [
        ANY + "a",
        ANY + "b",
        "https://example.org/speed#v",
        "https://example.org/x",
        "https://elsewhere.net/y",
        ANY + "größe",
    ]
)
MEMBERS = st.sampled_from([CORE_NS + "observedAt", CORE_NS + "unitCode", CORE_NS + "datasetId"])
TRAILS = st.lists(st.sampled_from(["city", "en-GB", "*", "x_1"]), max_size=2)

DAY = 86_400_000_000
MOMENTS = st.one_of(
    st.builds(Moment, st.just(MomentKind.DATE_TIME), st.integers(-(10**15), 10**16)),
    st.builds(Moment, st.just(MomentKind.DATE), st.integers(-9999, 99999).map(lambda d: d * DAY)),
    st.builds(Moment, st.just(MomentKind.TIME), st.integers(0, DAY - 1)),
)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
URIS = st.sampled_from([Uri("urn:ngsi-ld:A:1"), Uri("https://x.org/a.b?c=d"), Uri("Mercurius")])
COMPARABLES: st.SearchStrategy[Literal] = st.one_of(NUMBERS, TEXTS, MOMENTS)
LITERALS: st.SearchStrategy[Literal] = st.one_of(COMPARABLES, st.booleans(), URIS)


@st.composite
def value_paths(draw: st.DrawFn) -> ValuePath:
    names = draw(st.lists(NAMES, min_size=1, max_size=3))
    if draw(st.booleans()):
        return ValuePath((*names, draw(MEMBERS)))
    terms = tuple(draw(TRAILS))
    return ValuePath(tuple(names), tuple(map(CONTEXT.expand_member, terms)), terms)


def linked_paths() -> st.SearchStrategy[ValuePath | LinkedPath]:
    return st.recursive(
        value_paths(),
        lambda inner: st.builds(
            LinkedPath,
            NAMES,
            st.lists(st.sampled_from([ANY + "T", ANY + "U"]), max_size=2).map(tuple),
            inner,
        ),
        max_leaves=3,
    )


def predicates() -> st.SearchStrategy[QueryNode]:
    path = linked_paths()
    equality = st.sampled_from([Operator.EQUAL, Operator.UNEQUAL])
    order = st.sampled_from([op for op in Operator if op.value not in ("==", "!=")])
    several = st.builds(Values, st.lists(LITERALS, min_size=2, max_size=4).map(tuple))
    operands = st.one_of(LITERALS, several, st.builds(Range, COMPARABLES, COMPARABLES))
    return st.one_of(
        st.builds(Exists, path),
        st.builds(Comparison, path, equality, operands),
        st.builds(Comparison, path, order, COMPARABLES),
        st.builds(Match, path, st.sampled_from(["^a.*", 'x"y', "(a|b)", "[;|)]"]), st.booleans()),
    )


def queries() -> st.SearchStrategy[QueryNode]:
    def several(inner: st.SearchStrategy[QueryNode]) -> st.SearchStrategy[QueryNode]:
        terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(st.builds(And, terms), st.builds(Or, terms))

    return st.recursive(predicates(), several, max_leaves=6)


SCALARS: st.SearchStrategy[JsonValue] = st.one_of(
    st.integers(-3, 3), st.floats(-3, 3), st.booleans(), st.sampled_from(["a", "b", "10:00:00Z"])
)


@st.composite
def entities(draw: st.DrawFn) -> Entity:
    """Entities with one instance of every attribute."""
    values = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))
    attributes = {}
    for name in draw(st.sets(st.sampled_from(["a", "b", "c"]))):
        value = draw(values)
        kind = draw(st.sampled_from([AttributeKind.PROPERTY, AttributeKind.JSON_PROPERTY]))
        attributes[ANY + name] = (Attribute(kind=kind, value=value),)
    return Entity(id="urn:x:1", types=(ANY + "T",), attributes=attributes)


SIMPLE_PATHS = st.sampled_from([ValuePath((ANY + name,)) for name in "abc"])
OPERANDS: st.SearchStrategy[Literal] = st.one_of(
    st.integers(-3, 3),
    st.floats(-3, 3),
    st.booleans(),
    st.sampled_from(["a", "b", "10:00:00Z", Uri("a"), Moment(MomentKind.TIME, 36_000_000_000)]),
)
TESTS = st.one_of(
    st.builds(Comparison, SIMPLE_PATHS, st.sampled_from(Operator), OPERANDS),
    st.builds(Exists, SIMPLE_PATHS),
)


def holds(node: QueryNode, entity: Entity) -> bool:
    return evaluate(node, entity, lambda _: None)


@pytest.mark.clause("4.9")
@GENERATED
@given(queries())
def test_parse_should_undo_unparse(node: QueryNode) -> None:
    text = unparse(node, CONTEXT)
    if len(text) <= 8192:
        assert parse_q(text, CONTEXT) == node


@pytest.mark.clause("4.9")
@pytest.mark.parametrize("text", ["id==urn:x:1", "scope;type", "s{T:id}", 's=="a b"'])
def test_members_of_the_entity_should_be_written_by_their_terms(text: str) -> None:
    assert "@" not in unparse(parse_q(text, CONTEXT), CONTEXT)


@pytest.mark.clause("4.9")
@GENERATED
@given(TESTS, TESTS, TESTS, entities())
def test_logic_should_be_boolean(a: QueryNode, b: QueryNode, c: QueryNode, on: Entity) -> None:
    assert holds(And((a, b)), on) is holds(And((b, a)), on) is (holds(a, on) and holds(b, on))
    assert holds(Or((a, b)), on) is holds(Or((b, a)), on) is (holds(a, on) or holds(b, on))
    left, right = And((a, Or((b, c)))), Or((And((a, b)), And((a, c))))
    assert holds(left, on) is holds(right, on)


@pytest.mark.clause("4.9")
@GENERATED
@given(SIMPLE_PATHS, OPERANDS, entities())
def test_unequal_should_complement_equal_where_present(
    path: ValuePath, operand: Literal, on: Entity
) -> None:
    equal = holds(Comparison(path, Operator.EQUAL, operand), on)
    unequal = holds(Comparison(path, Operator.UNEQUAL, operand), on)
    assert (equal or unequal) is holds(Exists(path), on)
    assert not (equal and unequal)


@pytest.mark.clause("4.9")
@GENERATED
@given(SIMPLE_PATHS, OPERANDS, entities())
def test_at_least_and_at_most_should_include_what_is_between(
    path: ValuePath, operand: Literal, on: Entity
) -> None:
    less, at_most, greater, at_least = (
        holds(Comparison(path, operator, operand), on)
        for operator in (
            Operator.LESS,
            Operator.LESS_EQUAL,
            Operator.GREATER,
            Operator.GREATER_EQUAL,
        )
    )
    assert not (less and greater)
    assert at_most >= less
    assert at_least >= greater
    if at_most and at_least:
        assert holds(Comparison(path, Operator.EQUAL, operand), on)
    between = holds(Comparison(path, Operator.EQUAL, Range(operand, operand)), on)
    assert between is (at_most and at_least)


NOISE = st.one_of(
    st.text(max_size=40),
    st.text(st.sampled_from(string.punctuation + "ab1TZ0:- é"), max_size=40),
    queries()
    .map(lambda node: unparse(node, CONTEXT))
    .flatmap(lambda text: st.integers(0, len(text)).map(lambda at: text[:at] + text[at + 1 :])),
)


@pytest.mark.clause("4.9")
@GENERATED
@given(NOISE)
def test_any_text_should_be_read_or_refused(text: str) -> None:
    readers = (
        lambda: parse_q(text, CONTEXT),
        lambda: parse_types(text, CONTEXT),
        lambda: parse_scopes(text),
        lambda: parse_projection(text, text, CONTEXT),
        lambda: parse_languages(text),
        lambda: parse_geo(
            georel=text, geometry="Point", coordinates="[1,2]", geoproperty=None, context=CONTEXT
        ),
        lambda: parse_geo(
            georel="within", geometry="Point", coordinates=text, geoproperty=text, context=CONTEXT
        ),
        lambda: parse_ordering(
            order_by=text, collation=None, order_from=None, order_geometry=None, context=CONTEXT
        ),
        lambda: parse_ordering(
            order_by=None, collation=text, order_from=text, order_geometry=None, context=CONTEXT
        ),
    )
    for read in readers:
        try:
            read()
        except InvalidInput as error:
            assert error.clause


@pytest.mark.clause("4.9")
@GENERATED
@given(NOISE)
def test_what_was_read_should_be_written_and_read_again(text: str) -> None:
    try:
        node = parse_q(text, CONTEXT)
    except InvalidInput:
        return
    assert parse_q(unparse(node, CONTEXT), CONTEXT) == node


@pytest.mark.clause("4.23.2")
@GENERATED
@given(st.lists(entities(), max_size=6), st.sampled_from(Direction))
def test_any_entities_should_have_an_order(several: list[Entity], direction: Direction) -> None:
    terms = tuple(OrderTerm(ValuePath((ANY + name,)), direction) for name in "ab")
    orderer = Orderer(Ordering(terms))
    once = sorted(several, key=orderer.key)
    assert [orderer.key(one) for one in once] == [
        orderer.key(one) for one in sorted(once, key=orderer.key)
    ]


@pytest.mark.clause("4.9")
@GENERATED
@example("a%30:000")
@given(st.one_of(st.text(max_size=30), st.text(st.sampled_from("aB:/.%2fE7#?@"), max_size=30)))
def test_normalise_uri_should_settle_at_once(text: str) -> None:
    once = normalise_uri(text)
    assert normalise_uri(once) == once
    scheme = normalise_uri("HTTPS://Example.org/" + text)
    assert normalise_uri(scheme) == scheme


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com/a/./b/../c", "http://example.com/a/c"),
        ("http://example.com/%7euser%2f", "http://example.com/~user%2F"),
        ("URN:NGSI-LD:Car:1", "urn:ngsi-ld:Car:1"),
    ],
)
def test_equivalent_uris_should_be_the_same(one: str, other: str) -> None:
    assert normalise_uri(one) == normalise_uri(other)


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("urn:ngsi-ld:Car:1", "urn:ngsi-ld:car:1"),
        ("http://example.com/a", "http://example.com/A"),
        ("http://example.com/a%2Fb", "http://example.com/a/b"),
        ("http://example.com:8080/", "http://example.com/"),
    ],
)
def test_different_uris_should_stay_different(one: str, other: str) -> None:
    assert normalise_uri(one) != normalise_uri(other)
