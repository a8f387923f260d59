"""What each record is about: read from its texts once, and kept while the record stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from hanze.collaboration.collective import Held
from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.records.fields import Shape, fields_of
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Label, Record

__all__ = ["Annotations", "texts_of"]

#: Texts that say what a record is about; the others say how it stands.
_TELLING: Final = frozenset(
    {
        *("title", "description", "problem", "what_it_does", "question", "practice", "offers"),
        *("seeks", "tested", "long_term_vision", "text"),
    }
)
#: Lists of words in one language or another.
_WORDS: Final = frozenset(
    {"disciplines", "requirements", "meets", "residents_groups", "equipment", "building_blocks"}
)
#: What a person attached counts more than what is read from a text.
_ATTACHED: Final = 1.5
#: Texts without a language; `Annotator` finds it out.
_UNKNOWN: Final = "@none"


def texts_of(record: Record, fields: Iterable[str] | None = None) -> dict[str, str]:
    """Join what a record says of itself, by language; "@none" holds what names none.

    Args:
        record: Of any type.
        fields: Names (in Python) of the fields to read; by default those that say what it is about.
    """
    wanted = frozenset(fields) if fields is not None else _TELLING | _WORDS
    parts: dict[str, list[str]] = {}
    for field in fields_of(type(record)):
        if field.name not in wanted:
            continue
        value = getattr(record, field.name)
        if field.shape is Shape.LABEL:
            _add(parts, value)
        elif isinstance(value, tuple):
            _add(parts, {_UNKNOWN: ", ".join(value)} if value else {})
        elif isinstance(value, str):
            _add(parts, {_UNKNOWN: value})
    if isinstance(record, Project) and fields is None:
        for lesson in record.lessons:
            _add(parts, lesson.text)
    return {language: "\n".join(texts) for language, texts in parts.items()}


def _add(parts: dict[str, list[str]], label: Label | Mapping[str, str]) -> None:
    for language, text in label.items():
        parts.setdefault(language, []).append(text)


class Annotations:
    """Annotates records, each state of a record once.

    Args:
        annotator: Finds concepts and lemmas in texts.
    """

    def __init__(self, annotator: Annotator) -> None:
        self.annotator = annotator
        self._kept: dict[str, tuple[Record, Annotation]] = {}

    def of(self, held: Held[Record]) -> Annotation:
        """Tell what a record is about: from its texts, and the concepts that people attached."""
        record = held.record
        kept = self._kept.get(record.id)
        if kept is not None and kept[0] is record:
            return kept[1]
        found = self.annotator.annotate(texts_of(record))
        vocabulary = self.annotator.vocabulary
        attached = {name: _ATTACHED for name in record.concepts if name in vocabulary.concepts}
        if attached:
            concepts = dict(found.concepts)
            for name, weight in attached.items():
                concepts[name] = max(weight, concepts.get(name, 0.0))
            found = msgspec.structs.replace(found, concepts=concepts)
        self._kept[record.id] = record, found
        return found

    def every(self, several: Sequence[Held[Record]]) -> list[Annotation]:
        """Annotate several records."""
        return [self.of(held) for held in several]

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forget records that are gone."""
        there = set(ids)
        for gone in self._kept.keys() - there:
            del self._kept[gone]
