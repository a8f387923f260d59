"""Records that are about the same as a description, in whatever language either is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hanze.collaboration.collective import Held
from hanze.collaboration.records.record import Record
from hanze.collaboration.search import Hit, Matched
from hanze.web.portal.collective.desk import Desk

__all__ = ["Likely", "described"]

#: A description is about few things; what it mentions in passing finds everything.
_CONCEPTS: Final = 6
_CANDIDATES: Final = 60
_REASONS: Final = 4


@dataclass(frozen=True, slots=True)
class Likely:
    """A record that may fit a description, and what they have in common."""

    held: Held[Record]
    score: float
    matches: tuple[Matched, ...]


def described(desk: Desk, text: str, kinds: Sequence[type[Record]], *, limit: int) -> list[Likely]:
    """Find records by a description: by its words as they are, and by each thing it is about.

    A search asks for all that is typed; a description says more than a record of the same needs
    to say. What shares more, and rarer, things with it comes first.

    Args:
        desk: The visit; what is found is told in its language.
        text: The description.
        kinds: Types of records.
        limit: How many at most.
    """
    found: dict[str, Likely] = {}
    for question, weight in ((text, 1.0), *_subjects(desk, text)):
        for hit in desk.search.find(question, desk.lang, kinds=kinds, limit=_CANDIDATES):
            _add(found, hit, weight)
    return sorted(found.values(), key=lambda one: (-one.score, one.held.record.id))[:limit]


def _subjects(desk: Desk, text: str) -> list[tuple[str, float]]:
    """What a description is about, the most telling first, as questions with their weights."""
    vocabulary = desk.search.vocabulary
    about = desk.search.annotator.annotate(text).concepts
    known = [(weight, name) for name, weight in about.items() if name in vocabulary.concepts]
    known.sort(key=lambda pair: (-pair[0], pair[1]))
    return [(vocabulary.label(name, desk.lang), weight) for weight, name in known[:_CONCEPTS]]


def _add(found: dict[str, Likely], hit: Hit, weight: float) -> None:
    key = hit.held.record.id
    known = found.get(key)
    matches = {(one.kind, one.label): one for one in (known.matches if known else ())}
    for one in hit.matches:
        matches.setdefault((one.kind, one.label), one)
    score = hit.score * weight + (known.score if known is not None else 0.0)
    found[key] = Likely(hit.held, score, tuple(matches.values())[:_REASONS])
