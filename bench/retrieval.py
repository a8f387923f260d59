"""Retrieval across languages: which of many descriptions says the same in another language?

The texts are those of `tests/unit/collaboration/language/texts`: each subject described anew in Dutch,
English and Korean, near neighbours included. Each text of one language asks for its counterpart among
all of another.
"""

import re
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.language.detect import LANGUAGES, Language
from hanze.collaboration.language.vectors import Blend, TextModel, Vectors

__all__ = [
    "BLENDS",
    "TEXTS",
    "Found",
    "Subject",
    "baseline",
    "mean",
    "ours",
    "read_subjects",
    "throughput",
]

TEXTS = Path(__file__).resolve().parents[1] / "tests/unit/collaboration/language/texts"

BLENDS: Mapping[str, Blend] = {
    "concepts and lemmas": Blend(),
    "concepts only": Blend(1.0, 0.0),
    "lemmas only": Blend(0.0, 1.0),
}

Direction = tuple[Language, Language]
_DIRECTIONS: tuple[Direction, ...] = tuple(permutations(LANGUAGES, 2))
_FEW = 5
_WORD = re.compile(r"\w+")


class Subject(NamedTuple):
    """What is described, and its description per language.

    `held_back`: written after the engine was settled, so that it measures what tuning cannot reach.
    """

    id: str
    texts: Mapping[str, str]
    held_back: bool = False


class Found(NamedTuple):
    """How often the counterpart came first, came among the first five, and its mean reciprocal rank."""

    top1: float
    top5: float
    mrr: float


def read_subjects(folder: Path = TEXTS) -> tuple[Subject, ...]:
    """Read the test set, in the order of its files."""
    tables = [
        table
        for file in sorted(folder.glob("*.toml"))
        for table in tomllib.loads(file.read_text("utf-8"))["text"]
    ]
    return tuple(
        Subject(
            table["id"],
            {language: table[language] for language in LANGUAGES},
            held_back=table.get("held_back", False),
        )
        for table in tables
    )


def ours(
    annotator: Annotator,
    subjects: Sequence[Subject],
    blend: Blend = BLENDS["concepts and lemmas"],
    *,
    held_back: bool = False,
) -> dict[Direction, Found]:
    """Measure the project's own vectors, fitted on the texts of all three languages.

    Args:
        annotator: With or without wordnets.
        subjects: Whose texts are looked for among each other.
        blend: Of concepts and lemmas.
        held_back: Count only the questions of subjects that were held back, among all texts.
    """
    asking = [number for number, each in enumerate(subjects) if each.held_back or not held_back]
    read = {
        language: [annotator.annotate(_only(subject, language)) for subject in subjects]
        for language in LANGUAGES
    }
    rows = _rows(read)
    return {
        (one, other): _found(
            replace(rows[one], blend=blend).similarities(replace(rows[other], blend=blend)), asking
        )
        for one, other in _DIRECTIONS
    }


def baseline(subjects: Sequence[Subject]) -> dict[Direction, Found]:
    """Measure plain TF-IDF of lower case words, fitted on the same texts."""
    count = len(subjects)
    bags = [
        Counter(_WORD.findall(subject.texts[language].lower()))
        for language in LANGUAGES
        for subject in subjects
    ]
    among = Counter(word for bag in bags for word in bag)
    column = {word: number for number, word in enumerate(among)}
    matrix = np.zeros((len(bags), len(column)), np.float32)
    for row, bag in enumerate(bags):
        for word, times in bag.items():
            matrix[row, column[word]] = times * np.log((1 + len(bags)) / (1 + among[word]))
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix /= np.where(norms > 0, norms, 1)
    part = {
        language: matrix[number * count : (number + 1) * count]
        for number, language in enumerate(LANGUAGES)
    }
    everyone = range(count)
    return {(one, other): _found(part[one] @ part[other].T, everyone) for one, other in _DIRECTIONS}


def throughput(
    annotator: Annotator, subjects: Sequence[Subject], *, seconds: float = 1.5
) -> dict[Language, float]:
    """Texts a second on one core, once the words of the texts were seen."""
    rates: dict[Language, float] = {}
    for language in LANGUAGES:
        texts = [_only(subject, language) for subject in subjects]
        for text in texts:
            annotator.annotate(text)
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            for text in texts:
                annotator.annotate(text)
            done += len(texts)
        rates[language] = done / (time.perf_counter() - start)
    return rates


def mean(found: Mapping[Direction, Found]) -> Found:
    """The mean over all directions."""
    columns: Iterator[tuple[float, ...]] = zip(*found.values(), strict=True)
    return Found(*(sum(column) / len(column) for column in columns))


def _only(subject: Subject, language: str) -> dict[str, str]:
    """The text of one language, said to be in that."""
    return {language: subject.texts[language]}


def _rows(read: Mapping[Language, Sequence[Annotation]]) -> dict[Language, Vectors]:
    model = TextModel.fit([annotation for each in read.values() for annotation in each])
    return {language: model.vectors(annotations) for language, annotations in read.items()}


def _found(similar: NDArray[np.float32], asking: Sequence[int]) -> Found:
    """Rank the counterparts, on the diagonal; of what is as alike as they, they come last."""
    own = np.diag(similar)[:, None]
    ranks = (similar >= own).sum(axis=1)[list(asking)]
    return Found(
        float((ranks == 1).mean()), float((ranks <= _FEW).mean()), float((1 / ranks).mean())
    )
