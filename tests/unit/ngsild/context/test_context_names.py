"""Names of types and attributes: expansion, compaction, and what is refused."""

from collections.abc import Mapping

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import CORE_CONTEXT_URL, DEFAULT_VOCAB, GEOJSON, NGSI_LD

_EX = "https://example.org/ns#"
_URL = "https://example.org/context.jsonld"


def _context(**terms: JsonValue) -> Context:
    return build_context(_URL, [{"ex": _EX, **terms}])


@pytest.mark.clause("5.5.5")
def test_core_alone_should_use_the_default_vocabulary() -> None:
    assert CORE.expand_name("Vehicle") == DEFAULT_VOCAB + "Vehicle"
    assert CORE.compact_name(DEFAULT_VOCAB + "Vehicle") == "Vehicle"
    assert (CORE.key, CORE.reference, CORE.link) == ("core", CORE_CONTEXT_URL, CORE_CONTEXT_URL)


@pytest.mark.clause("5.5.7")
@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("Car", _EX + "Car"),
        ("maker", _EX + "madeBy"),
        ("ex:wheels", _EX + "wheels"),
        ("location", NGSI_LD + "location"),
        ("Point", GEOJSON + "Point"),
        ("colour", DEFAULT_VOCAB + "colour"),
        ("https://other.org/some-thing", "https://other.org/some-thing"),
        ("urn:x:y", "urn:x:y"),
        ("name2", DEFAULT_VOCAB + "name2"),
        ("온도", DEFAULT_VOCAB + "온도"),
        ("été_1", DEFAULT_VOCAB + "été_1"),
    ],
)
def test_expand_name_and_compact_name_should_be_inverse(name: str, iri: str) -> None:
    context = _context(Car="ex:Car", maker={"@id": "ex:madeBy", "@type": "@id"})
    assert context.expand_name(name) == iri
    assert context.compact_name(iri) == name


@pytest.mark.clause("4.6.2")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "1st",
        "_a",
        "a-b",
        "a b",
        "a.b",
        "a$",
        "ex:1",
        "ex:a-b",
        ":a",
        "a:",
        "_:b",
        "x:<y>",
        "²m",
    ],
)
def test_expand_name_should_refuse_names_outside_the_grammar(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _context().expand_name(name)
    assert caught.value.clause == "4.6.2"


@pytest.mark.clause("4.4")
def test_core_terms_should_win_over_the_users() -> None:
    context = _context(location="ex:place", loc=NGSI_LD + "location", **{"@vocab": _EX})
    assert context.expand_name("location") == NGSI_LD + "location"
    assert context.compact_name(NGSI_LD + "location") == "location"
    assert context.expand_name("unheardOf") == DEFAULT_VOCAB + "unheardOf"


def test_user_vocabulary_should_say_what_own_definitions_mean() -> None:
    context = build_context(_URL, [{"@vocab": _EX, "speed": {"@type": "@id"}}])
    assert context.expand_name("speed") == _EX + "speed"


@pytest.mark.clause("4.4")
def test_typed_terms_should_name_their_attribute() -> None:
    context = _context(sold={"@id": "ex:sold", "@type": "DateTime"})
    assert context.compact_name(_EX + "sold") == "sold"


def test_of_terms_with_the_same_iri_should_come_the_shortest_then_the_first() -> None:
    context = _context(bb="ex:x", aaa="ex:x", ba="ex:x")
    assert {context.expand_name(name) for name in ("aaa", "ba", "bb")} == {_EX + "x"}
    assert context.compact_name(_EX + "x") == "ba"


def test_compact_name_should_give_the_iri_where_a_short_form_would_not_come_back() -> None:
    context = _context(**{"odd-term": "ex:odd", "taken": "ex:other", "t-1": "ex:t"})
    assert context.compact_name(_EX + "odd") == "ex:odd"
    assert context.compact_name(_EX + "a-b") == _EX + "a-b"
    assert context.compact_name(DEFAULT_VOCAB + "taken") == DEFAULT_VOCAB + "taken"
    assert context.compact_name(DEFAULT_VOCAB + "a-b") == DEFAULT_VOCAB + "a-b"


@pytest.mark.clause("5.5.7")
@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        (None, "null"),
        ({"@id": None}, "null"),
        ({"@reverse": "ex:of"}, "reverse"),
        ("@type", "alias"),
        ("@nest", "alias"),
    ],
)
def test_terms_that_would_lose_an_attribute_should_be_refused_when_used(
    definition: JsonValue, problem: str
) -> None:
    context = _context(odd=definition)
    assert context.expand_name("even") == DEFAULT_VOCAB + "even"
    with pytest.raises(InvalidInput, match=problem):
        context.expand_name("odd")


def test_terms_defined_through_unusable_ones_should_be_refused_when_used() -> None:
    context = _context(**{"gone": None, "via": {"@id": "gone"}, "x:y": None})
    for name in ("via", "x:y"):
        with pytest.raises(InvalidInput, match="null"):
            context.expand_name(name)


def test_keyword_names_should_be_refused() -> None:
    for name in ("id", "type", "@id", "@type", "@context"):
        with pytest.raises(InvalidInput):
            CORE.expand_name(name)


@pytest.mark.clause("5.5.7")
@pytest.mark.parametrize(
    ("reference", "expected", "link"),
    [
        (None, CORE_CONTEXT_URL, CORE_CONTEXT_URL),
        ([], CORE_CONTEXT_URL, CORE_CONTEXT_URL),
        (_URL, [_URL, CORE_CONTEXT_URL], _URL),
        ([CORE_CONTEXT_URL, _URL], [_URL, CORE_CONTEXT_URL], _URL),
        ([_URL, _URL + "2"], [_URL, _URL + "2", CORE_CONTEXT_URL], None),
        ({"a": _EX}, [{"a": _EX}, CORE_CONTEXT_URL], None),
    ],
)
def test_reference_should_name_the_core_context_last(
    reference: JsonValue, expected: JsonValue, link: str | None
) -> None:
    context = build_context(reference, [])
    assert (context.reference, context.link) == (expected, link)


@pytest.mark.clause("4.4")
def test_the_core_context_that_the_user_names_should_count() -> None:
    older = CORE_CONTEXT_URL.replace("1.9", "1.8")
    context = build_context([_URL, older], [{"ex": _EX}])
    assert context.core == older
    assert context.expand_name("ordering") == DEFAULT_VOCAB + "ordering"
    assert CORE.expand_name("ordering") == NGSI_LD + "ordering"


def test_contexts_should_be_equal_by_content() -> None:
    terms: Mapping[str, JsonValue] = {"a": _EX, "b": _EX + "b"}
    one = build_context(_URL, [terms])
    other = build_context([{"inline": _EX}], [{"b": terms["b"], "a": terms["a"]}])
    assert one == other
    assert hash(one) == hash(other)
    assert one != build_context(_URL, [{"a": _EX}])
    assert one != "one"
    assert build_context(one.reference, one.documents) == one


def test_memory_of_names_should_stay_bounded() -> None:
    context = _context()
    for number in range(20_000):
        context.expand_name(f"name{number}")
    assert len(context._expanded_names) < 10_000
    assert context.expand_name("name1") == DEFAULT_VOCAB + "name1"


def test_a_name_too_long_to_remember_should_be_read_the_same_again() -> None:
    name = "n" * 600
    assert CORE.expand_name(name) == CORE.expand_name(name) == DEFAULT_VOCAB + name
    assert CORE.compact_name(DEFAULT_VOCAB + name) == name
