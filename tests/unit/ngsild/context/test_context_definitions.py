"""What a local context may contain, and what it may not."""

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import build_context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import CORE_CONTEXT_URL, CORE_CONTEXTS, DEFAULT_VOCAB, NGSI_LD

_EX = "https://example.org/ns#"


@pytest.mark.clause("5.5.7")
@pytest.mark.parametrize("scoped", [None, {}, {"a": _EX}, "https://example.org/c.jsonld", []])
def test_scoped_contexts_should_be_refused(scoped: JsonValue) -> None:
    with pytest.raises(InvalidInput) as caught:
        build_context(None, [{"term": {"@id": _EX + "term", "@context": scoped}}])
    assert caught.value.clause == "5.5.7"


@pytest.mark.clause("4.4")
def test_a_copy_of_the_core_context_should_pass() -> None:
    context = build_context(None, [CORE_CONTEXTS[CORE_CONTEXT_URL], {"a": _EX + "a"}])
    assert context.expand_name("ngsildproof") == NGSI_LD + "ngsildproof"
    assert context.expand_name("a") == _EX + "a"


@pytest.mark.parametrize(
    "document",
    [
        {"a": 1},
        {"a": ["x"]},
        {"a": {"@id": 1}},
        {"a": {"@id": "a b c"}},
        {"a": "@context"},
        {"": _EX},
        {"@odd": _EX},
        {"@id": _EX},
        {"a": {"@id": _EX, "@odd": 1}},
        {"a": {"@id": _EX, "@type": 1}},
        {"a": {"@id": _EX, "@type": "@set"}},
        {"a": {"@id": _EX, "@container": "@odd"}},
        {"a": {"@id": _EX, "@container": 1}},
        {"a": {"@id": _EX, "@prefix": "yes"}},
        {"a:b": {"@id": _EX, "@prefix": True}},
        {"a": {"@id": _EX, "@protected": "yes"}},
        {"a": {"@reverse": 1}},
        {"a": {"@type": "@id"}, "@vocab": None},
        {"a": "b:x", "b": "c:x", "c": "a:x"},
        {"@vocab": 1},
        {"@vocab": "not an iri"},
        {"@base": 1},
        {"@language": 1},
        {"@version": 1.0},
        {"@propagate": False},
        {"@protected": "yes"},
        {f"t{n}": f"t{n + 1}:x" for n in range(100)},
    ],
)
def test_invalid_definitions_should_be_refused(document: dict[str, JsonValue]) -> None:
    with pytest.raises(InvalidInput) as caught:
        build_context(None, [document])
    assert caught.value.field == "@context"


def test_what_says_nothing_in_ngsi_ld_should_pass() -> None:
    context = build_context(
        None,
        [
            {
                "@version": 1.1,
                "@base": "https://example.org/",
                "@language": "nl",
                "@protected": True,
                "label": {"@id": _EX + "label", "@language": "en", "@protected": False},
                "tags": {"@id": _EX + "tags", "@container": ["@set"], "@index": _EX},
                "nested": {"@id": _EX + "nested", "@nest": "@nest"},
            }
        ],
    )
    for name in ("label", "tags", "nested"):
        assert context.expand_name(name) == _EX + name
        assert context.compact_name(_EX + name) == name


def test_definitions_should_build_on_each_other_in_any_order() -> None:
    context = build_context(
        None,
        [
            {
                "a": "b",
                "b": "p:b",
                "p": _EX,
                "p:c": {"@type": "@id"},
                "r": {"@id": _EX, "@prefix": True},
            },
            {"d": "p:d", "@vocab": "p:v#", "e": {}, "f": {"@id": "f"}},
            {"@vocab": "", "g": {"@type": "DateTime"}},
        ],
    )
    assert context.expand_name("a") == _EX + "b"
    assert context.expand_name("p:c") == _EX + "c"
    assert context.expand_name("r:c") == _EX + "c"
    assert context.expand_name("d") == _EX + "d"
    for name in ("e", "f", "g"):
        assert context.expand_name(name) == f"{_EX}v#{name}"


def test_later_documents_should_win_over_earlier_ones() -> None:
    context = build_context(None, [{"a": _EX + "1"}, {"a": _EX + "2"}, {}])
    assert context.expand_name("a") == _EX + "2"
    assert context.compact_name(_EX + "1") == _EX + "1"


def test_a_term_that_is_no_prefix_should_not_expand_what_looks_like_one() -> None:
    context = build_context(None, [{"name": "https://schema.org/name"}])
    assert context.expand_name("name:x") == "name:x"
    assert context.compact_name("https://schema.org/name/x") == "https://schema.org/name/x"


def test_terms_without_iri_should_be_in_the_default_vocabulary() -> None:
    context = build_context(None, [{"speed": {"@type": "@id"}}])
    assert context.expand_name("speed") == DEFAULT_VOCAB + "speed"
