"""What each record is about: read from its texts once, and kept while the record stays as it is."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import is_
from typing import Final, TypeVar

import msgspec

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.language.vectors import Embedder
from hanze.collaboration.language.wordnet import Wordnets
from hanze.collaboration.records.fields import Shape, fields_of
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Label, Record
from hanze.collaboration.records.themes import Concept as ConceptRecord
from hanze.collaboration.vocabulary.concept import load_vocabulary
from hanze.collaboration.vocabulary.entities import concept_of
from hanze.collaboration.vocabulary.extend import adopt
from hanze.collaboration.vocabulary.faults import Fault

__all__ = ["Annotations", "read_apart", "texts_of"]

One = TypeVar("One")
Made = TypeVar("Made")

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
#: Records that are looked at in one go: some 100 ms in a thread, below 1 ms when all are known.
_SLICE: Final = 200
#: Seconds that a thread holds its breath behind each record: without, the event loop waits 5 ms for
#: its turn each time it needs one.
_BREATH_S: Final = 1e-4


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


@cache
def _plain_annotator() -> Annotator:
    """Read the labels of our own vocabulary once, for all who add nothing to it."""
    return Annotator(load_vocabulary())


async def read_apart(read: Callable[[One], Made], several: Iterable[One]) -> list[Made]:
    """Read one after the other in a thread of its own, letting others go first after each.

    The thread ends after the one that it reads when nobody waits any more: a node that stops would
    wait for all of them.
    """
    left = threading.Event()

    def in_turns() -> list[Made]:
        found = []
        for one in several:
            if left.is_set():
                break
            found.append(read(one))
            time.sleep(_BREATH_S)
        return found

    try:
        return await asyncio.to_thread(in_turns)
    finally:
        left.set()


class Annotations:
    """Annotates records, each state of a record once.

    The vocabulary is ours with what cities added to it; when they add more, texts are read anew.

    Args:
        collective: Whose records are annotated, and whose cities add concepts.
        wordnets: Reads those that the operator loaded; `None` where there are none.
        embedder: A model that the operator plugs in; never required.
    """

    def __init__(
        self,
        collective: Collective,
        wordnets: Callable[[], Wordnets | None] = lambda: None,
        *,
        embedder: Embedder | None = None,
    ) -> None:
        self.embedder = embedder
        #: What is wrong with concepts of cities that do not fit into the vocabulary.
        self.misfits: tuple[Fault, ...] = ()
        self._collective = collective
        self._wordnets = wordnets
        self._added: tuple[ConceptRecord, ...] = ()
        self._annotator: Annotator | None = None
        #: By id: the state of the record and what read it, which may change while a thread reads.
        self._kept: dict[str, tuple[Record, Annotator, Annotation]] = {}

    @property
    def annotator(self) -> Annotator:
        """What finds concepts and lemmas in texts, with the concepts that cities have now."""
        added = tuple(held.record for held in self._collective.of(ConceptRecord))
        same = len(added) == len(self._added) and all(map(is_, added, self._added))
        if self._annotator is None or not same:
            vocabulary, self.misfits = adopt(load_vocabulary(), map(concept_of, added))
            wordnets = self._wordnets()
            plain = wordnets is None and vocabulary is load_vocabulary()
            self._annotator = _plain_annotator() if plain else Annotator(vocabulary, wordnets)
            self._added = added
            self._kept.clear()
        return self._annotator

    def of(self, held: Held[Record]) -> Annotation:
        """Tell what a record is about: from its texts, and the concepts that people attached."""
        annotator = self.annotator
        record = held.record
        kept = self._kept.get(record.id)
        if kept is not None and kept[0] is record and kept[1] is annotator:
            return kept[2]
        found = annotator.annotate(texts_of(record))
        vocabulary = annotator.vocabulary
        attached = {name: _ATTACHED for name in record.concepts if name in vocabulary.concepts}
        if attached:
            concepts = dict(found.concepts)
            for name, weight in attached.items():
                concepts[name] = max(weight, concepts.get(name, 0.0))
            found = msgspec.structs.replace(found, concepts=concepts)
        self._kept[record.id] = record, annotator, found
        return found

    def every(self, several: Sequence[Held[Record]]) -> list[Annotation]:
        """Annotate several records."""
        return [self.of(held) for held in several]

    async def prepare(self, several: Sequence[Held[Record]]) -> None:
        """Annotate records in a thread that lets the event loop go first.

        What the index of search reads meanwhile (`Search`) is not read again.
        """
        annotator = self.annotator
        for start in range(0, len(several), _SLICE):
            slice_ = several[start : start + _SLICE]
            missing = [held for held in slice_ if not self._has(held.record, annotator)]
            if missing:
                await read_apart(self.of, missing)
            else:
                await asyncio.sleep(0)

    def _has(self, record: Record, annotator: Annotator) -> bool:
        kept = self._kept.get(record.id)
        return kept is not None and kept[0] is record and kept[1] is annotator

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forget records that are gone."""
        there = set(ids)
        for gone in self._kept.keys() - there:
            del self._kept[gone]
