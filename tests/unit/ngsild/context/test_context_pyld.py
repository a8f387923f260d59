"""Expansion and compaction agree with PyLD, which gets the core context last (4.4)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyld import jsonld  # type: ignore[import-untyped]  # publishes no types

from hanze.ngsild.context import Context, build_context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import (
    CORE_CONTEXT_URL,
    CORE_CONTEXTS,
    DATA_INTEGRITY_URL,
    DEFAULT_VOCAB,
    NGSI_LD,
)

_CORE = dict(CORE_CONTEXTS[CORE_CONTEXT_URL])

_prefixes: Mapping[str, JsonValue] = {
    "ex": "https://example.org/ns#",
    "exd": "https://example.org/ns#deep/",
    "road": {"@id": "https://roads.example/r", "@prefix": True},
}
_iris = st.sampled_from(
    [
        "https://example.org/ns#speed",
        "https://example.org/ns#deep/speed",
        "https://roads.example/rA2",
        "https://elsewhere.example/x",
        "urn:example:x",
        "ex:heading",
        "exd:heading",
        "road:heading",
        "https://uri.etsi.org/ngsi-ld/default-context/width",
    ]
)
_attributes = st.sampled_from(["speed", "heading", "width", "lane", "surface"])
_members = st.sampled_from(["speed", "heading", "colour", "lane-width", "ex:x", "road:y"])
_types = st.sampled_from(["Car", "Truck", "Bike"])
_definitions = _iris | st.builds(lambda iri: {"@id": iri, "@type": "@id"}, _iris)


@st.composite
def _user_contexts(draw: st.DrawFn) -> dict[str, JsonValue]:
    context: dict[str, JsonValue] = dict(_prefixes)
    context.update(draw(st.dictionaries(_attributes, _definitions, max_size=5)))
    context.update(draw(st.dictionaries(_types, _iris, max_size=3)))
    if draw(st.booleans()):
        context["@vocab"] = draw(st.sampled_from(["https://vocab.example/", "ex:v/"]))
        context["own"] = {"@type": "@id"}
    return context


_names = _attributes | st.sampled_from(["own", "ex:new", "exd:new", "road:new"]) | _iris
_values = st.recursive(
    st.integers() | st.booleans() | st.text("ab", max_size=2),
    lambda inner: st.dictionaries(_members, inner, min_size=1, max_size=3),
    max_leaves=4,
)


def _loader(url: str, _options: object) -> dict[str, Any]:
    assert url == DATA_INTEGRITY_URL, f"{url} must not be fetched"
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": {"@context": {}},
    }


_OPTIONS = {"documentLoader": _loader}


def _only_node(document: dict[str, Any]) -> dict[str, Any]:
    (node,) = jsonld.expand(document, _OPTIONS)
    return dict(node)


def _expanded(
    user: Mapping[str, JsonValue], names: Mapping[str, Any], of_type: str
) -> dict[str, Any]:
    entity = {"@context": [user, _CORE], "id": "urn:x:1", "type": of_type}
    return _only_node(entity | {n: {"type": "Property", "value": v} for n, v in names.items()})


def _our_names(context: Context, names: Mapping[str, Any]) -> dict[str, str]:
    ours = {name: context.expand_name(name) for name in names}
    assume(len(set(ours.values())) == len(ours))
    return ours


@pytest.mark.clause("5.5.7")
@given(_user_contexts(), st.dictionaries(_names, st.just(1), max_size=4), _types)
@settings(max_examples=150)
def test_names_should_expand_as_in_pyld(
    user: dict[str, JsonValue], names: dict[str, int], of_type: str
) -> None:
    context = build_context(user, [user])
    theirs = _expanded(user, names, of_type)
    assert [context.expand_name(of_type)] == theirs.pop("@type")
    assert set(_our_names(context, names).values()) == theirs.keys() - {"@id"}


@pytest.mark.clause("5.5.7")
@given(_user_contexts(), st.dictionaries(_names, st.just(1), max_size=4))
@settings(max_examples=150)
def test_names_should_compact_as_in_pyld(user: dict[str, JsonValue], names: dict[str, int]) -> None:
    context = build_context(user, [user])
    iris = _our_names(context, names).values()
    assume(not any(_is_type_of(user, context, iri) for iri in iris))
    # JSON-LD would say "ngsi-ld:default-context/width", which is not a name (4.6.2).
    assume("width" not in user or DEFAULT_VOCAB + "width" not in iris)
    node = {
        iri: [{"@type": [NGSI_LD + "Property"], NGSI_LD + "hasValue": [{"@value": 1}]}]
        for iri in iris
    }
    theirs = jsonld.compact({"@id": "urn:x:1", **node}, {"@context": [user, _CORE]}, _OPTIONS)
    assert {context.compact_name(iri) for iri in iris} == theirs.keys() - {"@context", "id"}


def _is_type_of(user: Mapping[str, JsonValue], context: Context, iri: str) -> bool:
    """Terms for types and attributes with the same IRI: JSON-LD chooses by use, we do not."""
    return any(name[0].isupper() and context.expand_name(name) == iri for name in user)


@pytest.mark.clause("5.5.7")
@given(_user_contexts(), _values)
@settings(max_examples=150)
def test_members_of_values_should_expand_as_in_pyld(
    user: dict[str, JsonValue], value: JsonValue
) -> None:
    # A term for references makes nodes of the strings below it; NGSI-LD keeps them as they are.
    assume(not any("'@id'" in str(user.get(name)) for name in ("speed", "heading")))
    context = build_context(user, [user])
    theirs = _expanded(user, {"surface2": value}, "Car")
    (attribute,) = theirs[context.expand_name("surface2")]
    (expected,) = attribute[NGSI_LD + "hasValue"]
    try:
        ours = context.expand_value(value)
    except Exception:  # noqa: BLE001  # two members with one IRI, which JSON-LD would merge
        assume(False)
    assert _as_json_ld(ours) == expected


def _as_json_ld(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return {name: [_as_json_ld(member)] for name, member in value.items()}
    return {"@value": value}


@pytest.mark.clause("5.5.7")
@given(_user_contexts(), _user_contexts(), st.dictionaries(_attributes, st.just(1)), _types)
@settings(max_examples=100)
def test_whole_entities_should_go_from_one_context_to_another_as_in_pyld(
    writer: dict[str, JsonValue],
    reader: dict[str, JsonValue],
    names: dict[str, int],
    of_type: str,
) -> None:
    """What we answer under another context means to a JSON-LD processor what was sent."""
    sent, asked = build_context(writer, [writer]), build_context(reader, [reader])
    iris = _our_names(sent, names)
    answer: dict[str, Any] = {
        asked.compact_name(iri): {"type": "Property", "value": 1} for iri in iris.values()
    }
    answer |= {
        "@context": [reader, _CORE],
        "id": "urn:x:1",
        "type": asked.compact_name(sent.expand_name(of_type)),
    }
    assert _only_node(answer) == _expanded(writer, names, of_type)
