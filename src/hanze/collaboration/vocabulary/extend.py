"""A city's own concepts: read, given the city's name, and checked against the vocabulary."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import structs

from hanze.collaboration.vocabulary.concept import (
    Concept,
    Vocabulary,
    check_concepts,
    concept_lines,
    read_concepts,
)
from hanze.collaboration.vocabulary.faults import Fault, VocabularyInvalid
from hanze.collaboration.vocabulary.skos_reader import read_skos
from hanze.errors import InvalidInput

__all__ = ["CityNameInvalid", "Form", "adopt", "read_city_concepts", "shared_labels"]

Form = Literal["toml", "jsonld"]

_CITY: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class CityNameInvalid(InvalidInput):
    """A city's name cannot be part of the ids of its concepts."""

    def __init__(self, city: str) -> None:
        super().__init__(
            'The name of a city must be lower case letters, digits and hyphens, like "den-bosch"',
            field="city",
            value=city,
        )


def read_city_concepts(
    text: str, *, form: Form, source: str, city: str, vocabulary: Vocabulary
) -> tuple[Concept, ...]:
    """Read the concepts that a city adds.

    Ids get the city's name in front ("utrecht:bicycle-bus"); `broader` and `related` may lead to
    concepts of the vocabulary and to each other. A label in one language is enough.

    Args:
        text: TOML as in `concept.read_concepts`, or SKOS in JSON-LD.
        source: What an error calls the file.
        city: Kebab-case.
        vocabulary: Into which they must fit.

    Raises:
        CityNameInvalid: The name is not kebab-case.
        VocabularyInvalid: `faults` names each mistake, with its line in a TOML file.
    """
    if not _CITY.fullmatch(city):
        raise CityNameInvalid(city)
    if form == "toml":
        read, lines = read_concepts(text, source=source), concept_lines(text)
    else:
        read, lines = read_skos(text, source=source), ()
    own = {concept.id for concept in read}
    named = tuple(_named(concept, own, city) for concept in read)
    faults = [
        Fault(concept.id, "has the id of a concept of the vocabulary and needs one of its own")
        for concept in read
        if concept.id in vocabulary and ":" not in concept.id
    ]
    faults += (
        Fault(concept.id, f"belongs to another city than {city}")
        for concept in named
        if not concept.id.startswith(f"{city}:")
    )
    faults += _misfits(vocabulary, named)
    if faults:
        places = {concept.id: line for concept, line in zip(named, lines, strict=False)}
        places |= {concept.id: line for concept, line in zip(read, lines, strict=False)}
        raise VocabularyInvalid(
            source, [structs.replace(each, line=places.get(each.concept, 0)) for each in faults]
        )
    return named


def _misfits(vocabulary: Vocabulary, added: Sequence[Concept]) -> tuple[Fault, ...]:
    """What keeps concepts from standing in a vocabulary, in the place of those with their ids."""
    ids = {concept.id for concept in added}
    others = (concept for concept in vocabulary.concepts.values() if concept.id not in ids)
    return tuple(fault for fault in check_concepts((*others, *added)) if fault.concept in ids)


def _named(concept: Concept, own: set[str], city: str) -> Concept:
    def name(concept_id: str) -> str:
        return f"{city}:{concept_id}" if concept_id in own and ":" not in concept_id else concept_id

    return structs.replace(
        concept,
        id=name(concept.id),
        broader=None if concept.broader is None else name(concept.broader),
        related=tuple(map(name, concept.related)),
    )


def adopt(
    vocabulary: Vocabulary, concepts: Iterable[Concept]
) -> tuple[Vocabulary, tuple[Fault, ...]]:
    """Extend a vocabulary with the concepts that fit; say what is wrong with the others.

    What one city entered wrongly must not take the vocabulary away from all others.
    """
    wanted = {concept.id: concept for concept in concepts}
    left_out = [
        Fault(concept_id, "is a concept of the vocabulary already")
        for concept_id in wanted
        if concept_id in vocabulary
    ]
    for fault in left_out:
        del wanted[fault.concept]
    while faults := _misfits(vocabulary, tuple(wanted.values())):
        left_out += faults
        for concept_id in {fault.concept for fault in faults}:
            del wanted[concept_id]
    return (vocabulary.extended(wanted.values()) if wanted else vocabulary), tuple(left_out)


def shared_labels(concepts: Sequence[Concept]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Labels that several concepts have: language and label, without regard to case, to their ids.

    Such a word says less about what a text is about.
    """
    having: dict[tuple[str, str], set[str]] = defaultdict(set)
    for concept in concepts:
        for language, names in concept.labels.items():
            for name in names:
                having[language, name.casefold()].add(concept.id)
    return {label: tuple(sorted(ids)) for label, ids in sorted(having.items()) if len(ids) > 1}
