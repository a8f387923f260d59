"""`make bench`: how well descriptions of needs and solutions find each other, and how fast.

python bench/matching.py
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from retrieval import BLENDS, Found, baseline, mean, ours, read_subjects, throughput

from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.language.korean import korean_reader, words_by_rules
from hanze.collaboration.language.wordnet_files import load_wordnets
from hanze.collaboration.vocabulary.concept import load_vocabulary

_WORDNETS = Path(__file__).resolve().parents[2] / "shared/data/collective/thesaurus-omw"
_TEXTS_AIM = 2_000

T = TypeVar("T")


def _memory_mb() -> float:
    """The most that this process took so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def _timed(make: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return make(), time.perf_counter() - start


def _row(title: str, found: Mapping[tuple[str, str], Found]) -> str:
    cells = "".join(
        f"{each.top1:>5.0%}{each.top5:>5.0%}{each.mrr:>6.2f} " for each in found.values()
    )
    total = mean(found)
    return f"{title:34}{cells}{total.top1:>5.0%}{total.top5:>5.0%}{total.mrr:>6.2f}"


def across_languages() -> list[str]:
    """Lines on retrieval across languages, the throughput of annotating, and what it takes."""
    subjects = read_subjects()
    before = _memory_mb()
    vocabulary = load_vocabulary()
    annotator, built_s = _timed(lambda: Annotator(vocabulary))
    first, first_s = _timed(lambda: ours(annotator, subjects))
    built_mb = _memory_mb() - before
    directions = "".join(f"{f'{one} to {other}':>16} " for one, other in first)
    lines = [
        f"Retrieval across languages: {len(subjects)} subjects, each described in three languages; "
        f"{len(vocabulary)} concepts; Korean by {korean_reader()}.",
        "Per direction: counterpart first, among the first five, mean reciprocal rank.",
        f"{'':34}{directions}{'mean':>14}",
        _row("TF-IDF of words (baseline)", baseline(subjects)),
        *(_row(name, ours(annotator, subjects, blend)) for name, blend in BLENDS.items()),
        _row(
            f"both, {sum(subject.held_back for subject in subjects)} held back, among all",
            ours(annotator, subjects, held_back=True),
        ),
        _row("both, Korean by rules", ours(Annotator(vocabulary, korean=words_by_rules), subjects)),
    ]
    if _WORDNETS.is_dir():
        wordnets, load_s = _timed(lambda: load_wordnets(_WORDNETS))
        with_them = Annotator(vocabulary, wordnets)
        lines += [
            _row(f"{name}, wordnets", ours(with_them, subjects, blend))
            for name, blend in BLENDS.items()
            if blend.concepts
        ]
        lines.append(
            f"wordnets: {len(wordnets):,} words and meanings, {wordnets.nbytes / 1e6:.1f} MB, "
            f"read in {load_s:.1f} s"
        )
    rates = throughput(annotator, subjects)
    lines += [
        "annotating, texts/s on one core: "
        + ", ".join(f"{language} {rate:,.0f}" for language, rate in rates.items())
        + f"   aim for nl and en: {_TEXTS_AIM:,} "
        + ("yes" if min(rates["nl"], rates["en"]) >= _TEXTS_AIM else "NO"),
        f"start-up: annotator built in {built_s:.1f} s, "
        f"first {3 * len(subjects)} texts in {first_s:.1f} s, {built_mb:,.0f} MB",
    ]
    return lines


_SECTIONS: tuple[Callable[[], list[str]], ...] = (across_languages,)


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for section in _SECTIONS:
        print("\n".join(section()), flush=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
