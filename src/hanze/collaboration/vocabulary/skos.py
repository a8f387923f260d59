"""The vocabulary as SKOS, in JSON-LD and in Turtle (W3C: SKOS Reference, JSON-LD 1.1, RDF 1.1 Turtle).

Both say the same triples. A concept's status is that of ADMS; its goals and targets of sustainable
development are those of the United Nations (metadata.un.org/sdg), which are concepts of SKOS too, so
that `skos:relatedMatch` leads to them.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from hanze.collaboration.vocabulary.concept import CONCEPT_NS, Concept, Status, Vocabulary
from hanze.ngsild.model import JsonValue

__all__ = ["SCHEME", "SDG_NS", "STATUSES", "to_jsonld", "to_turtle"]

#: The concept scheme.
SCHEME: Final = CONCEPT_NS.rstrip("/")
SDG_NS: Final = "http://metadata.un.org/sdg/"
_ADMS_STATUS: Final = "http://purl.org/adms/status/"
_LICENSE: Final = "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12"

#: Our status to that of ADMS.
STATUSES: Final[Mapping[Status, str]] = {
    "draft": _ADMS_STATUS + "UnderDevelopment",
    "reviewed": _ADMS_STATUS + "Completed",
}

_TITLES: Final = {
    "nl": "Begrippen van samenwerkende steden",
    "en": "Concepts of cooperating cities",
    "ko": "협력 도시 개념 체계",
}

_PREFIXES: Final = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    "adms": "http://www.w3.org/ns/adms#",
    "concept": CONCEPT_NS,
    "sdg": SDG_NS,
    "status": _ADMS_STATUS,
}

_CONTEXT: Final[Mapping[str, JsonValue]] = {
    **{name: _PREFIXES[name] for name in ("skos", "dct", "adms")},
    "id": "@id",
    "type": "@type",
    "ConceptScheme": "skos:ConceptScheme",
    "Concept": "skos:Concept",
    "title": {"@id": "dct:title", "@container": "@language"},
    "license": {"@id": "dct:license", "@type": "@id"},
    "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"},
    "altLabel": {"@id": "skos:altLabel", "@container": ["@language", "@set"]},
    "notation": "skos:notation",
    "status": {"@id": "adms:status", "@type": "@id"},
    **{
        name: {"@id": f"skos:{name}", "@type": "@id"}
        for name in ("inScheme", "topConceptOf", "broader")
    },
    **{
        name: {"@id": f"skos:{name}", "@type": "@id", "@container": "@set"}
        for name in ("hasTopConcept", "narrower", "related", "relatedMatch")
    },
}


def to_jsonld(vocabulary: Vocabulary) -> dict[str, JsonValue]:
    """Write a vocabulary as a JSON-LD document with its own @context: scheme, then concepts."""
    scheme: dict[str, JsonValue] = {
        "id": SCHEME,
        "type": "ConceptScheme",
        "title": _TITLES,
        "license": _LICENSE,
        "hasTopConcept": [CONCEPT_NS + top for top in vocabulary.top_concepts],
    }
    concepts = [_node(concept, vocabulary) for concept in _ordered(vocabulary)]
    return {"@context": _CONTEXT, "@graph": [scheme, *concepts]}


def _ordered(vocabulary: Vocabulary) -> list[Concept]:
    return [vocabulary.concepts[concept_id] for concept_id in sorted(vocabulary.concepts)]


def _node(concept: Concept, vocabulary: Vocabulary) -> dict[str, JsonValue]:
    labels = {language: names for language, names in concept.labels.items() if names}
    node: dict[str, JsonValue] = {
        "id": concept.uri,
        "type": "Concept",
        "inScheme": SCHEME,
        "notation": concept.id,
        "prefLabel": {language: names[0] for language, names in labels.items()},
        "altLabel": {language: names[1:] for language, names in labels.items() if names[1:]},
        "broader": None if concept.broader is None else CONCEPT_NS + concept.broader,
        "topConceptOf": SCHEME if concept.broader is None else None,
        "narrower": [CONCEPT_NS + below for below in vocabulary.narrower(concept.id)],
        "related": [CONCEPT_NS + other for other in concept.related],
        "relatedMatch": [SDG_NS + sdg for sdg in concept.sdg],
        "status": STATUSES[concept.status],
    }
    return {name: value for name, value in node.items() if value}


def to_turtle(vocabulary: Vocabulary) -> str:
    """Write a vocabulary as Turtle: prefixes, scheme, then concepts by id."""
    blocks = ["\n".join(f"@prefix {name}: <{iri}> ." for name, iri in _PREFIXES.items())]
    tops = ", ".join(_name(CONCEPT_NS + top) for top in vocabulary.top_concepts)
    scheme = [
        "a skos:ConceptScheme",
        f"dct:title {_texts((language, title) for language, title in _TITLES.items())}",
        f"dct:license <{_LICENSE}>",
        f"skos:hasTopConcept {tops}",
    ]
    blocks.append(_block(f"<{SCHEME}>", scheme))
    blocks += (
        _block(_name(concept.uri), _statements(concept, vocabulary))
        for concept in _ordered(vocabulary)
    )
    return "\n\n".join(blocks) + "\n"


def _block(subject: str, statements: list[str]) -> str:
    return subject + " " + " ;\n    ".join(statements) + " ."


def _statements(concept: Concept, vocabulary: Vocabulary) -> list[str]:
    labels = {language: names for language, names in concept.labels.items() if names}
    others = [(language, name) for language, names in labels.items() for name in names[1:]]
    lists = {
        "narrower": [CONCEPT_NS + below for below in vocabulary.narrower(concept.id)],
        "related": [CONCEPT_NS + other for other in concept.related],
        "relatedMatch": [SDG_NS + sdg for sdg in concept.sdg],
    }
    above = (
        f"skos:topConceptOf <{SCHEME}>"
        if concept.broader is None
        else f"skos:broader {_name(CONCEPT_NS + concept.broader)}"
    )
    return [
        "a skos:Concept",
        f"skos:inScheme <{SCHEME}>",
        f"skos:notation {_quoted(concept.id)}",
        f"skos:prefLabel {_texts((language, names[0]) for language, names in labels.items())}",
        *([f"skos:altLabel {_texts(iter(others))}"] if others else []),
        above,
        *(f"skos:{name} {', '.join(map(_name, iris))}" for name, iris in lists.items() if iris),
        f"adms:status {_name(STATUSES[concept.status])}",
    ]


def _name(iri: str) -> str:
    """Write an IRI with its prefix; what stands behind it is letters, digits, "-", ":" and "."."""
    prefix = next(name for name in ("concept", "sdg", "status") if iri.startswith(_PREFIXES[name]))
    return f"{prefix}:{iri.removeprefix(_PREFIXES[prefix])}"


def _texts(pairs: Iterator[tuple[str, str]]) -> str:
    return ", ".join(f"{_quoted(text)}@{language}" for language, text in pairs)


def _quoted(text: str) -> str:
    """Write a STRING_LITERAL_QUOTE (Turtle, 6.4)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'
