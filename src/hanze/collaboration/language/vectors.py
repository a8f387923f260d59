"""Texts as vectors: how alike two descriptions are, in one language or across, and why.

A text is two rows: its concepts (with synsets of wordnets, where loaded) and its lemmas, each weighted by
how rare it is in the corpus and of length 1. The similarity of two texts is

    0.8 · concepts + 0.2 · lemmas        (cosines; with an embedder: 0.6, 0.1 and 0.3 · embeddings)

Concepts lead, because only they reach across languages; lemmas tell near neighbours of one language apart,
and find names and loanwords across. Two texts of different languages share few lemmas, so that their
similarity is at most some 0.2 lower than that of two as alike in one language.
"""

import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.language.annotate import Annotation

__all__ = ["Blend", "Embedder", "Explanation", "Shared", "TextModel", "Vectors"]

Floats = NDArray[np.float32]

#: Dimensions into which synsets, concepts that no text of the corpus has, and lemmas are hashed.
_SYNSETS: Final = 512
_UNSEEN: Final = 64
_LEMMAS: Final = 512
_SYNSET_PREFIX: Final = "wn:"

#: Shares of a contribution below this are not worth a line of an explanation.
_LEAST_SHARE: Final = 1e-4


class Embedder(Protocol):
    """A model that an operator plugs in: texts to rows of one length, of any norm."""

    def __call__(self, texts: Sequence[str], /) -> NDArray[np.floating]: ...


class Blend(NamedTuple):
    """What concepts, lemmas and embeddings are of a similarity; together 1."""

    concepts: float = 0.8
    lemmas: float = 0.2
    embeddings: float = 0.0


_PLAIN: Final = Blend()
_EMBEDDED: Final = Blend(0.6, 0.1, 0.3)


class Shared(NamedTuple):
    """A concept or lemma that two texts share, and what it adds to their similarity."""

    name: str
    share: float


class Explanation(NamedTuple):
    """Why two texts are alike: the most important first; shares add up to the similarity."""

    concepts: tuple[Shared, ...]
    lemmas: tuple[Shared, ...]


@dataclass(frozen=True)
class Vectors:
    """Rows of texts, each of length 1, or 0 where a text has none of what is counted.

    Attributes:
        concepts: n x k, float32.
        lemmas: n x 512, float32, hashed.
        embeddings: n x e, float32; e is 0 without an embedder.
        blend: What each is of a similarity.
    """

    concepts: Floats
    lemmas: Floats
    embeddings: Floats
    blend: Blend = _PLAIN

    def __len__(self) -> int:
        return len(self.concepts)

    def __getitem__(self, rows: slice) -> "Vectors":
        return Vectors(
            self.concepts[rows], self.lemmas[rows], self.embeddings[rows], blend=self.blend
        )

    def joined(self) -> Floats:
        """One n x (k + 512 + e) array whose products with another's rows are similarities."""
        parts = ((self.concepts, self.blend.concepts), (self.lemmas, self.blend.lemmas))
        scaled = [rows * np.float32(math.sqrt(share)) for rows, share in parts]
        if self.embeddings.shape[1]:
            scaled.append(self.embeddings * np.float32(math.sqrt(self.blend.embeddings)))
        return np.hstack(scaled)

    def similarities(self, other: "Vectors") -> Floats:
        """A block of similarities, n x n of the other, each in 0..1."""
        # Hashing has signs: what two rows share by accident may be a little below zero.
        block: Floats = self.joined() @ other.joined().T
        return np.clip(block, np.float32(0), np.float32(1), out=block)


class TextModel:
    """How rare each concept and lemma is in a corpus, and so how much it tells.

    Args:
        texts: How many the corpus has.
        concepts: In how many of them each concept or synset is.
        lemmas: In how many of them each lemma is.
        embedder: Plugged in; never required.
    """

    def __init__(
        self,
        texts: int,
        concepts: Mapping[str, int],
        lemmas: Mapping[str, int],
        *,
        embedder: Embedder | None = None,
    ) -> None:
        self._texts = texts
        self._embedder = embedder
        self._concept_idf = {key: _idf(texts, count) for key, count in concepts.items()}
        self._lemma_idf = {key: _idf(texts, count) for key, count in lemmas.items()}
        self._unseen_idf = _idf(texts, 0)
        own = sorted(key for key in concepts if not key.startswith(_SYNSET_PREFIX))
        self._column = {key: number for number, key in enumerate(own)}
        # Without wordnets there is nothing to keep columns for.
        self._synsets = _SYNSETS if len(own) < len(concepts) else 0

    @classmethod
    def fit(
        cls, annotations: Sequence[Annotation], *, embedder: Embedder | None = None
    ) -> "TextModel":
        """Count a corpus; the same texts in any order give the same model."""
        concepts: Counter[str] = Counter()
        lemmas: Counter[str] = Counter()
        for annotation in annotations:
            concepts.update(annotation.concepts.keys())
            lemmas.update(annotation.lemmas.keys())
        return cls(len(annotations), concepts, lemmas, embedder=embedder)

    @property
    def blend(self) -> Blend:
        return _EMBEDDED if self._embedder else _PLAIN

    def vectors(
        self, annotations: Sequence[Annotation], texts: Sequence[str] | None = None
    ) -> Vectors:
        """Rows of texts.

        Args:
            annotations: One of each text.
            texts: The texts themselves, which only an embedder reads.
        """
        own = len(self._column)
        concepts = np.zeros((len(annotations), own + _UNSEEN + self._synsets), np.float32)
        lemmas = np.zeros((len(annotations), _LEMMAS), np.float32)
        for row, annotation in enumerate(annotations):
            for key, weight in self._concepts(annotation).items():
                column, sign = self._place(key)
                concepts[row, column] += sign * weight
            for key, weight in self._lemmas(annotation).items():
                column, sign = _hashed(key, _LEMMAS)
                lemmas[row, column] += sign * weight
        return Vectors(
            _normalised(concepts),
            _normalised(lemmas),
            self._embedded(texts, len(annotations)),
            blend=self.blend,
        )

    def similarity(self, one: Annotation, other: Annotation) -> float:
        """How alike two texts are, 0..1; what `explain` adds up, without embeddings."""
        explanation = self.explain(one, other)
        shares = (*explanation.concepts, *explanation.lemmas)
        return min(1.0, math.fsum(shared.share for shared in shares))

    def explain(self, one: Annotation, other: Annotation) -> Explanation:
        """Tell what two texts share, exactly: without the accidents of hashing."""
        plain = _PLAIN
        return Explanation(
            _shared(self._concepts(one), self._concepts(other), plain.concepts),
            _shared(self._lemmas(one), self._lemmas(other), plain.lemmas),
        )

    def _concepts(self, annotation: Annotation) -> dict[str, float]:
        idf, unseen = self._concept_idf, self._unseen_idf
        return {key: weight * idf.get(key, unseen) for key, weight in annotation.concepts.items()}

    def _lemmas(self, annotation: Annotation) -> dict[str, float]:
        idf, unseen = self._lemma_idf, self._unseen_idf
        return {key: weight * idf.get(key, unseen) for key, weight in annotation.lemmas.items()}

    def _place(self, key: str) -> tuple[int, int]:
        """Column and sign of a concept: its own, or a hashed one."""
        column = self._column.get(key)
        if column is not None:
            return column, 1
        own = len(self._column)
        if self._synsets and key.startswith(_SYNSET_PREFIX):
            column, sign = _hashed(key, self._synsets)
            return own + _UNSEEN + column, sign
        column, sign = _hashed(key, _UNSEEN)
        return own + column, sign

    def _embedded(self, texts: Sequence[str] | None, count: int) -> Floats:
        if self._embedder is None or texts is None:
            return np.zeros((count, 0), np.float32)
        return _normalised(np.array(self._embedder(texts), dtype=np.float32))


def _idf(texts: int, count: int) -> float:
    # The root, because a product of two texts has it twice.
    return math.sqrt(math.log(1 + (texts + 1) / (count + 0.5)))


def _hashed(key: str, size: int) -> tuple[int, int]:
    """Column and sign; the same in each process, unlike Python's own hashes of texts."""
    digest = zlib.crc32(key.encode("utf-8", "surrogatepass"))
    return (digest >> 1) % size, 1 if digest & 1 else -1


def _normalised(rows: Floats) -> Floats:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    norms[norms == 0] = 1
    rows /= norms
    return rows


def _shared(
    one: Mapping[str, float], other: Mapping[str, float], share: float
) -> tuple[Shared, ...]:
    norms = math.hypot(*one.values()) * math.hypot(*other.values())
    if not norms:
        return ()
    found = (
        Shared(key, share * weight * other[key] / norms)
        for key, weight in one.items()
        if key in other
    )
    kept = [shared for shared in found if shared.share > _LEAST_SHARE]
    return tuple(sorted(kept, key=lambda shared: (-shared.share, shared.name)))
