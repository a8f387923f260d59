"""Member names inside values, vocab values, and the scope of proofs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, build_context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import DEFAULT_VOCAB, NGSI_LD, PROOF

_EX = "https://example.org/ns#"
_CONTEXT = build_context(
    None, [{"ex": _EX, "street": "ex:street", "Home": "ex:Home", "gone": None, "kind": "@type"}]
)

_names = st.sampled_from(
    ["street", "ex:city", "a", "", "a-b", "10:30", "_:x", "id", "https://x.org/y", "@odd"]
)
_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.clause("5.5.7")
@given(_values)
@settings(max_examples=150)
def test_compact_value_should_undo_expand_value(value: JsonValue) -> None:
    assert _CONTEXT.compact_value(_CONTEXT.expand_value(value)) == value


@pytest.mark.clause("5.5.7")
def test_expand_value_should_expand_members_at_every_depth() -> None:
    value: JsonValue = {
        "type": "Home",
        "id": "urn:x",
        "street": [{"ex:number": "street", "colour": None}],
    }
    assert _CONTEXT.expand_value(value) == {
        "@type": _EX + "Home",
        "@id": "urn:x",
        _EX + "street": [{_EX + "number": "street", DEFAULT_VOCAB + "colour": None}],
    }
    assert _CONTEXT.expand_value({"kind": ["Home", 1]}) == {"@type": [_EX + "Home", 1]}


def test_values_should_be_named_by_the_context_of_the_reader() -> None:
    stored = _CONTEXT.expand_value({"street": 1, "other": 2, "type": "Home"})
    assert CORE.compact_value(stored) == {_EX + "street": 1, "other": 2, "type": _EX + "Home"}


def test_members_should_expand_one_by_one_as_in_a_value() -> None:
    assert _CONTEXT.expand_member("lane-width") == DEFAULT_VOCAB + "lane-width"
    assert _CONTEXT.expand_member("type") == "@type"
    value: JsonValue = {"lane-width": 3, "type": "Home"}
    assert _CONTEXT.compact_value(_CONTEXT.expand_value(value)) == value


def test_expand_value_should_take_every_kind_of_sequence_and_scalar() -> None:
    class Text(str):
        __slots__ = ()

    assert _CONTEXT.expand_value(({"street": Text("x")}, 1)) == [{_EX + "street": "x"}, 1]


@pytest.mark.clause("4.6.3")
def test_literals_should_stay_as_they_are() -> None:
    literal = {"@type": "DateTime", "@value": "2026-01-01T00:00:00Z"}
    assert _CONTEXT.expand_value(literal) is literal
    assert _CONTEXT.expand_value([literal]) == [literal]
    assert _CONTEXT.expand_value({"type": 5}) == {"@type": 5}


@pytest.mark.clause("5.5.7")
@pytest.mark.parametrize(
    "value",
    [
        {"street": 1, "ex:street": 2},
        {"id": "urn:a", "@id": "urn:b"},
        {"gone": 1},
        {"a": [{"@context": {}}]},
    ],
)
def test_values_that_would_lose_a_member_should_be_refused(value: JsonValue) -> None:
    with pytest.raises(InvalidInput):
        _CONTEXT.expand_value(value)


def test_values_nested_too_deeply_should_be_refused() -> None:
    value: JsonValue = 1
    for _ in range(500):
        value = [value]
    with pytest.raises(InvalidInput, match="nested"):
        CORE.expand_value(value)


@pytest.mark.clause("4.5.20")
@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("Home", _EX + "Home"),
        ("ex:Shed", _EX + "Shed"),
        ("non-alphanumeric value", DEFAULT_VOCAB + "non-alphanumeric value"),
        ("https://x.org/", "https://x.org/"),
        ("@none", "@none"),
        ("type", DEFAULT_VOCAB + "type"),
        ("Point", "https://purl.org/geojson/vocab#Point"),
    ],
)
def test_expand_vocab_should_make_an_iri_of_any_text(text: str, iri: str) -> None:
    assert _CONTEXT.expand_vocab(text) == iri
    assert _CONTEXT.compact_vocab(iri) == text


def test_expand_vocab_should_refuse_a_term_that_means_nothing() -> None:
    with pytest.raises(InvalidInput, match="null"):
        _CONTEXT.expand_vocab("gone")


@pytest.mark.clause("C.11")
def test_inside_a_proof_the_terms_of_data_integrity_should_win() -> None:
    context = build_context(None, [{"created": _EX + "created", "other": _EX + "other"}])
    inside = context.inside(PROOF)
    proof: JsonValue = {"type": "DataIntegrityProof", "created": "2026", "other": 1}
    expanded = inside.expand_value(proof)
    assert expanded == {
        "@type": "https://w3id.org/security#DataIntegrityProof",
        "http://purl.org/dc/terms/created": "2026",
        _EX + "other": 1,
    }
    assert inside.compact_value(expanded) == proof
    assert context.inside(PROOF) is inside
    assert context.inside(NGSI_LD + "location") is context
    assert inside != context
