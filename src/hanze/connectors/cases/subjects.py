"""What a case is about: themes and concepts of the vocabulary (pure)."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.vocabulary.concept import THEMES, Vocabulary

__all__ = ["SubjectFinder"]

#: A full match of a label weighs 1: what is only related, or broader, stays below.
_HIT: Final = 0.8
_MOST_CONCEPTS: Final = 8
#: A theme is one of the record's when its concepts weigh that much, and half as much as the best one's.
_THEME: Final = 1.0
_BESIDE: Final = 0.5
#: What the source's own sector adds.
_SECTOR: Final = 0.5
_SECTORS: Final[Mapping[str, str]] = {
    "Health": "health",
    "Public order and safety": "safety",
}


class SubjectFinder:
    """Finds themes and concepts of texts (`cases.decode.Subjects`)."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._annotator = Annotator(vocabulary)
        self._top = frozenset(vocabulary.top_concepts)

    def __call__(
        self, sector: str, texts: Mapping[str, str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return ids of themes, the best one first, and of the concepts that the text names."""
        found = self._annotator.annotate(texts).concepts
        hits = sorted(
            ((weight, key) for key, weight in found.items() if weight >= _HIT),
            key=lambda hit: (-hit[0], hit[1]),
        )
        concepts = [key for _, key in hits if key in self._vocabulary and key not in self._top]
        scores: dict[str, float] = {}
        for key in concepts:
            theme = self._vocabulary.concept(key).theme
            if theme in THEMES:
                scores[theme] = scores.get(theme, 0.0) + found[key]
        if sector in _SECTORS:
            scores[_SECTORS[sector]] = scores.get(_SECTORS[sector], 0.0) + _SECTOR
        best = max(scores.values(), default=0.0)
        least = max(_THEME, best * _BESIDE)
        themes = sorted((one for one in scores if scores[one] >= least), key=lambda t: -scores[t])
        return tuple(themes), tuple(concepts[:_MOST_CONCEPTS])
