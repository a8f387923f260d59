"""The built-in vocabulary is valid, unambiguous, and free of the core's own names."""

from pathlib import Path

import orjson
import pytest

from hanze.ngsild.context import CORE, build_context
from hanze.ngsild.terms import DEFAULT_VOCAB, HANZE_CONTEXT_URL
from hanze.ngsild.vocabulary import BUILT_IN_CONTEXTS, HANZE, HANZE_NS, HANZE_VOCABULARY

_TERMS = [term for term in HANZE_VOCABULARY if term != "hanze"]


def test_every_term_should_come_back() -> None:
    for term in _TERMS:
        iri = HANZE.expand_name(term)
        assert not iri.startswith(DEFAULT_VOCAB)
        assert HANZE.compact_name(iri) == term


@pytest.mark.clause("4.4")
def test_no_term_should_be_one_of_the_core() -> None:
    assert [term for term in _TERMS if not CORE.expand_name(term).startswith(DEFAULT_VOCAB)] == []


def test_unknown_own_terms_should_be_reachable_by_prefix() -> None:
    assert HANZE.expand_name("hanze:invented") == HANZE_NS + "invented"
    assert HANZE.link == HANZE_CONTEXT_URL
    assert build_context(None, [BUILT_IN_CONTEXTS[HANZE_CONTEXT_URL]]) == HANZE


def test_transport_terms_should_be_those_of_smart_data_models(shared_data: Path) -> None:
    file = shared_data / "live" / "smart-data-models" / "Transportation_context.jsonld"
    published = build_context(None, [orjson.loads(file.read_bytes())["@context"]])
    for term in _TERMS:
        iri = HANZE.expand_name(term)
        if "dataModel.Transportation" in iri:
            assert published.expand_name(term) == iri
