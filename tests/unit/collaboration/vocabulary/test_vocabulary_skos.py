"""SKOS: Turtle and JSON-LD say the same, and what was written is read again."""

import orjson
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hanze.collaboration.vocabulary.concept import Concept, Vocabulary, load_vocabulary
from hanze.collaboration.vocabulary.faults import VocabularyInvalid
from hanze.collaboration.vocabulary.skos import SCHEME, to_jsonld, to_turtle
from hanze.collaboration.vocabulary.skos_reader import read_skos

# rdflib's own JSON-LD parser uses a class that rdflib has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

SKOS = rdflib.Namespace("http://www.w3.org/2004/02/skos/core#")


def graph_of(text: str | bytes, form: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=text, format=form)


def test_turtle_and_jsonld_should_say_the_same() -> None:
    known = load_vocabulary()
    turtle = graph_of(to_turtle(known), "turtle")
    jsonld = graph_of(orjson.dumps(to_jsonld(known)), "json-ld")
    assert set(turtle) == set(jsonld)
    assert len(set(turtle.subjects(rdflib.RDF.type, SKOS.Concept))) == len(known)


def test_a_concept_should_be_written_in_the_terms_of_skos() -> None:
    graph = graph_of(to_turtle(load_vocabulary()), "turtle")
    parking = rdflib.URIRef("https://w3id.org/hanze/concept/bicycle-parking")
    cycling = rdflib.URIRef("https://w3id.org/hanze/concept/cycling")
    mobility = rdflib.URIRef("https://w3id.org/hanze/concept/mobility")
    scheme = rdflib.URIRef(SCHEME)
    assert (parking, SKOS.prefLabel, rdflib.Literal("fietsenstalling", lang="nl")) in graph
    assert (parking, SKOS.altLabel, rdflib.Literal("자전거 거치대", lang="ko")) in graph
    assert (parking, SKOS.notation, rdflib.Literal("bicycle-parking")) in graph
    assert (parking, SKOS.broader, cycling) in graph
    assert (cycling, SKOS.narrower, parking) in graph
    assert (mobility, SKOS.topConceptOf, scheme) in graph
    assert (scheme, SKOS.hasTopConcept, mobility) in graph
    target = rdflib.URIRef("http://metadata.un.org/sdg/11.2")
    assert (parking, SKOS.relatedMatch, target) in graph
    done = rdflib.URIRef("http://purl.org/adms/status/Completed")
    assert (parking, rdflib.URIRef("http://www.w3.org/ns/adms#status"), done) in graph


def test_reading_what_was_written_should_give_the_same_vocabulary() -> None:
    known = load_vocabulary()
    read = Vocabulary(read_skos(orjson.dumps(to_jsonld(known)), source="own"))
    assert dict(read.concepts) == dict(known.concepts)


_LABELS = st.text(min_size=1, max_size=12).map(str.strip).filter(lambda x: x and x.isprintable())


@settings(max_examples=60)
@given(
    st.lists(_LABELS, min_size=1, max_size=4, unique_by=str.casefold),
    st.lists(_LABELS, min_size=1, max_size=4, unique_by=str.casefold),
)
def test_any_label_should_survive_both_forms(dutch: list[str], korean: list[str]) -> None:
    concept = Concept(id="a:b", labels={"nl": tuple(dutch), "ko": tuple(korean)}, sdg=("11.b",))
    known = Vocabulary([concept])
    turtle = graph_of(to_turtle(known), "turtle")
    assert set(turtle) == set(graph_of(orjson.dumps(to_jsonld(known)), "json-ld"))
    labels = {str(each) for each in turtle.objects(None, SKOS.altLabel)}
    assert labels == {*dutch[1:], *korean[1:]}
    (read,) = read_skos(orjson.dumps(to_jsonld(known)), source="own")
    assert read == structs.replace(concept, theme="")


@pytest.mark.parametrize(
    "document",
    [
        {
            "@context": {"skos": "http://www.w3.org/2004/02/skos/core#", "own": "https://c.nl/id/"},
            "@graph": [
                {
                    "@id": "own:Fiets Bus",
                    "@type": "skos:Concept",
                    "skos:prefLabel": {"@language": "nl", "@value": "fietsbus"},
                    "skos:altLabel": [{"@language": "nl", "@value": "fietstrein"}],
                    "skos:broader": {"@id": "concept:cycling"},
                }
            ],
        },
        [
            {
                "@id": "https://c.nl/id/fiets-bus",
                "@type": ["http://www.w3.org/2004/02/skos/core#Concept"],
                "http://www.w3.org/2004/02/skos/core#prefLabel": [
                    {"@language": "nl", "@value": "fietsbus"}
                ],
                "http://www.w3.org/2004/02/skos/core#altLabel": [
                    {"@language": "nl", "@value": "fietstrein"}
                ],
                "http://www.w3.org/2004/02/skos/core#broader": [
                    {"@id": "https://w3id.org/hanze/concept/cycling"}
                ],
            }
        ],
        {
            "graph": [
                {"uri": "https://c.nl/id#fiets-bus", "type": "skos:Collection"},
                {
                    "uri": "https://c.nl/id#fiets-bus",
                    "type": "skos:Concept",
                    "prefLabel": {"lang": "nl", "value": "fietsbus"},
                    "altLabel": {"nl": ["fietstrein"]},
                    "broader": [{"uri": "https://w3id.org/hanze/concept/cycling"}],
                },
            ]
        },
    ],
    ids=["prefixes", "expanded", "skosmos"],
)
def test_read_skos_should_take_what_other_editors_write(document: object) -> None:
    (concept,) = read_skos(orjson.dumps(document), source="own")
    assert concept == Concept(
        id="fiets-bus", labels={"nl": ("fietsbus", "fietstrein")}, broader="cycling"
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"{", "is no JSON"),
        (b"[]", "holds no skos:Concept"),
        (b'"x"', "holds no skos:Concept"),
        (b'{"type": "Concept", "id": "a", "prefLabel": "x"}', 'the label "x" without a language'),
    ],
)
def test_read_skos_should_say_what_is_wrong(document: bytes, reason: str) -> None:
    with pytest.raises(VocabularyInvalid, match=reason):
        read_skos(document, source="own")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["Concept", "a", "x:y", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@graph", "@id", "type", "prefLabel", "altLabel", "broader", "nl"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(_JSON)
def test_read_skos_should_read_any_json_or_refuse_it(document: object) -> None:
    try:
        read_skos(orjson.dumps(document), source="own")
    except VocabularyInvalid as error:
        assert error.faults
