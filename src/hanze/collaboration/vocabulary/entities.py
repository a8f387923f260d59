"""Concepts of cities as records, and so as NGSI-LD entities of type `Concept`."""

from hanze.collaboration.records.themes import Concept as ConceptRecord
from hanze.collaboration.vocabulary.concept import Concept, Status

__all__ = ["concept_of", "entity_id", "record_of"]


def entity_id(concept_id: str) -> str:
    """Return the id of the entity of a city's concept: "utrecht:x" → "urn:ngsi-ld:Concept:utrecht:x"."""
    return f"urn:ngsi-ld:Concept:{concept_id}"


def concept_of(record: ConceptRecord) -> Concept:
    """Take a record as a concept; whether it fits into the vocabulary is for `extend.adopt` to say."""
    languages = dict.fromkeys((*record.title, *record.alt_labels))
    labels = {
        language: tuple(
            label
            for label in (record.title.get(language), *record.alt_labels.get(language, ()))
            if label
        )
        for language in languages
    }
    status: Status = "reviewed" if record.status == "reviewed" else "draft"
    return Concept(
        id=record.notation,
        labels=labels,
        broader=record.broader_concept,
        related=record.related_concepts,
        sdg=record.sdg,
        status=status,
    )


def record_of(concept: Concept, *, source_city: str | None = None) -> ConceptRecord:
    """Make the record of a city's concept.

    Args:
        concept: With the city's name in its id.
        source_city: Id of the entity of the city whose concept it is.
    """
    labels = {language: names for language, names in concept.labels.items() if names}
    return ConceptRecord(
        id=entity_id(concept.id),
        title={language: names[0] for language, names in labels.items()},
        alt_labels={language: names[1:] for language, names in labels.items() if names[1:]},
        notation=concept.id,
        broader_concept=concept.broader,
        related_concepts=concept.related,
        status=concept.status,
        sdg=concept.sdg,
        source_city=source_city,
    )
