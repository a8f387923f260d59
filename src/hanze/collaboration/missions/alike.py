"""How alike two entries of the calendar are called, whatever languages their titles are in."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.annotations import Annotations, texts_of
from hanze.collaboration.duplicates import titles_alike
from hanze.collaboration.records.record import Record

__all__ = ["alike_in"]

#: Titles that say the same in other words are less sure to be one thing than equal ones.
_BY_CONCEPTS: Final = 0.9


def alike_in(annotations: Annotations, one: Record, other: Record) -> float:
    """Tell how alike two records are called, 0 to 1: by their words, or by what these mean.

    Args:
        annotations: Knows what words mean in each language.
        one: A record.
        other: Another one.
    """
    by_words = titles_alike(one.title, other.title)
    if by_words == 1.0 or set(one.title) & set(other.title):
        # In a language that both have, the words themselves tell.
        return by_words
    mine, theirs = (_concepts(annotations, record) for record in (one, other))
    total = sum(mine.values()) + sum(theirs.values())
    if not total:
        return by_words
    shared = sum(min(mine[name], theirs[name]) for name in mine.keys() & theirs.keys())
    return max(by_words, _BY_CONCEPTS * 2 * shared / total)


def _concepts(annotations: Annotations, record: Record) -> Mapping[str, float]:
    return annotations.annotator.annotate(texts_of(record, ("title",))).concepts
