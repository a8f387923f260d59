"""Concepts out of SKOS in JSON-LD, as thesaurus editors write it.

No JSON-LD processor: nodes are taken as they stand, in `@graph`, in a list or alone. Members may be
plain terms (`prefLabel`), with the prefix skos: or whole IRIs; labels may be a language map, or
objects with `@language` and `@value` (`lang` and `value` in Skosmos). Prefixes of the @context count,
other contexts are not fetched.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from hanze.collaboration.vocabulary.concept import CONCEPT_NS, Concept, Status
from hanze.collaboration.vocabulary.faults import Fault, VocabularyInvalid
from hanze.collaboration.vocabulary.skos import SDG_NS, STATUSES
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = ["read_skos"]

_NAMESPACES: Final = (
    "http://www.w3.org/2004/02/skos/core#",
    "http://www.w3.org/ns/adms#",
    "skos:",
    "adms:",
)
_STATUS_OF: Final[Mapping[str, Status]] = {
    **{iri: status for status, iri in STATUSES.items()},
    "draft": "draft",
    "reviewed": "reviewed",
}
_NOT_KEBAB: Final = re.compile(r"[^a-z0-9]+")


def read_skos(text: str | bytes, *, source: str) -> tuple[Concept, ...]:
    """Read the concepts of a JSON-LD document; whether they fit together is not looked at here.

    A concept of ours has the id that follows our namespace in its IRI; another one has the last part
    of its IRI. A concept with several broader ones keeps the first.

    Raises:
        VocabularyInvalid: The text is no JSON, holds no `skos:Concept`, or a label has no language.
    """
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise VocabularyInvalid(source, [Fault("the file", f"is no JSON: {error}")]) from error
    prefixes = _prefixes(document)
    nodes = [
        node
        for node in map(_by_local_name, _nodes(document))
        if any(_local(kind) == "Concept" for kind in _texts(node.get("type")))
    ]
    if not nodes:
        raise VocabularyInvalid(source, [Fault("the file", "holds no skos:Concept")])
    ids: dict[str, str] = {}
    for node in nodes:
        iri = _whole(_reference(node.get("id")), prefixes)
        ids[iri] = _id_of(iri)
    faults: list[Fault] = []
    concepts = [_concept(node, ids, prefixes, faults) for node in nodes]
    if faults:
        raise VocabularyInvalid(source, faults)
    return tuple(concepts)


def _nodes(document: JsonValue) -> Iterator[JsonObject]:
    if isinstance(document, Mapping):
        graph = document.get("@graph", document.get("graph"))
        if graph is None:
            yield document
        else:
            yield from _nodes(graph)
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for node in document:
            yield from _nodes(node)


def _prefixes(document: JsonValue) -> dict[str, str]:
    found: dict[str, str] = {"concept": CONCEPT_NS}
    context = document.get("@context") if isinstance(document, Mapping) else None
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, Mapping):
            found |= {name: iri for name, iri in part.items() if isinstance(iri, str)}
    return found


def _by_local_name(node: JsonObject) -> JsonObject:
    return {_local(name): value for name, value in node.items()}


def _local(name: str) -> str:
    for namespace in _NAMESPACES:
        if name.startswith(namespace):
            return name.removeprefix(namespace)
    return {"@id": "id", "uri": "id", "@type": "type"}.get(name, name)


def _concept(
    node: JsonObject, ids: Mapping[str, str], prefixes: Mapping[str, str], faults: list[Fault]
) -> Concept:
    def linked(name: str) -> tuple[str, ...]:
        iris = (_whole(iri, prefixes) for iri in _references(node.get(name)))
        return tuple(ids.get(iri) or iri.removeprefix(CONCEPT_NS) for iri in iris)

    concept_id = ids[_whole(_reference(node.get("id")), prefixes)]
    labels: dict[str, list[str]] = {}
    for name in ("prefLabel", "altLabel"):
        for language, label in _labels(node.get(name)):
            if not language:
                faults.append(Fault(concept_id, f'has the label "{label}" without a language'))
            elif label not in labels.setdefault(language, []):
                labels[language].append(label)
    matched = (_whole(iri, prefixes) for iri in _references(node.get("relatedMatch")))
    status = _whole(_reference(node.get("status")), prefixes)
    return Concept(
        id=concept_id,
        labels={language: tuple(names) for language, names in labels.items()},
        broader=next(iter(linked("broader")), None),
        related=linked("related"),
        sdg=tuple(iri.removeprefix(SDG_NS) for iri in matched if iri.startswith(SDG_NS)),
        status=_STATUS_OF.get(status, "draft"),
    )


def _id_of(iri: str) -> str:
    if iri.startswith(CONCEPT_NS):
        return iri.removeprefix(CONCEPT_NS)
    last = re.split(r"[/#:]", iri.rstrip("/#"))[-1]
    return _NOT_KEBAB.sub("-", last.lower()).strip("-")


def _whole(iri: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, rest = iri.partition(":")
    return prefixes[prefix] + rest if colon and prefix in prefixes else iri


def _reference(value: JsonValue) -> str:
    return next(_references(value), "")


def _references(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _references(value.get("@id") or value.get("id") or value.get("uri"))
    elif isinstance(value, Sequence):
        for one in value:
            yield from _references(one)


def _labels(value: JsonValue) -> Iterator[tuple[str, str]]:
    """Languages and labels of a language map, of objects with a language, or of bare text ("")."""
    if isinstance(value, str):
        yield "", value
    elif isinstance(value, Mapping):
        text = value.get("@value", value.get("value"))
        if isinstance(text, str):
            yield str(value.get("@language") or value.get("lang") or ""), text
        else:
            for language, texts in value.items():
                yield from ((language, one) for one in _texts(texts))
    elif isinstance(value, Sequence):
        for one in value:
            yield from _labels(one)


def _texts(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(one for one in value if isinstance(one, str))
    return ()
