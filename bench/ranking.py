"""`make bench`: how fast demands and solutions are ranked, and what each criterion adds.

python bench/ranking.py [--full]
"""

import argparse
import random
import resource
import statistics
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from retrieval import Subject, read_subjects

from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.language.vectors import TextModel
from hanze.collaboration.matching.criteria import Around, weights_for
from hanze.collaboration.matching.profile import Evidence, Profile
from hanze.collaboration.matching.rank import Option, rank_all, rank_one
from hanze.collaboration.matching.table import Table
from hanze.collaboration.vocabulary.concept import THEMES, load_vocabulary

_RUNS = 5
_CITIES = tuple(f"city-{number}" for number in range(100))
_LANGUAGES = ("nl", "en", "ko")
_WEIGHTS = weights_for("demand-solution")
_CORPUS = 2_000


def _likeness(one: str, other: str) -> float:
    """Cities on a line: the nearer, the more alike."""
    return 1 / (1 + abs(int(one[5:]) - int(other[5:])) / 20)


def ablation() -> list[str]:
    """Lines on what is lost when a criterion does not count.

    Of each subject there is one solution that fits in all respects and four that describe the same
    and miss one: immature, closed, without the standard, never shown to work. All describe it in
    another language than the demand. First place for the one that fits is a hit.
    """
    subjects = read_subjects()
    annotator = Annotator(load_vocabulary())
    demands, solutions, right = _cases(subjects, annotator)
    whole = _hits(demands, solutions, right, _WEIGHTS)
    lines = [
        f"What each criterion adds: {len(demands)} demands, {len(solutions)} solutions in other "
        "languages; the share of demands whose one fully fitting solution comes first.",
        f"{'all criteria, weights as they come':40}{whole:6.0%}",
    ]
    for name in ("text", "themes", "trl", "openness", "standards", "evidence"):
        without = _hits(demands, solutions, right, {**_WEIGHTS, name: 0.0})
        lines.append(f"{'without ' + name:40}{without:6.0%}{without - whole:+7.0%}")
    alone = _hits(demands, solutions, right, {"text": 1.0})
    lines.append(f"{'text alone':40}{alone:6.0%}{alone - whole:+7.0%}")
    return lines


def _cases(
    subjects: Sequence[Subject], annotator: Annotator
) -> tuple[list[Profile], list[Profile], dict[str, str]]:
    demands, solutions, right = [], [], {}
    standard = frozenset({"standard"})
    proof = (Evidence("project", 0.8, _CITIES[3]),)
    faults: Mapping[str, Mapping[str, object]] = {
        "fits": {},
        "immature": {"trl": 4},
        "closed": {"openness": "closed"},
        "no-standard": {"standards": frozenset()},
        "unproven": {"evidence": ()},
    }
    for number, subject in enumerate(subjects):
        asked = _LANGUAGES[number % 3]
        demand = Profile(
            id=f"demand-{subject.id}",
            kind="Demand",
            about=annotator.annotate({asked: subject.texts[asked]}),
            themes=frozenset({THEMES[number % len(THEMES)]}),
            city=_CITIES[0],
            standards=standard,
            openness="open",
            trl_minimum=7,
        )
        demands.append(demand)
        right[demand.id] = _named("fits", subject)
        for place, (name, fault) in enumerate(faults.items()):
            offered = _LANGUAGES[(number + 1 + place % 2) % 3]
            has = {
                "themes": demand.themes,
                "standards": standard,
                "openness": "open",
                "trl": 8,
                "evidence": proof,
            }
            solutions.append(
                Profile(
                    id=_named(name, subject),
                    kind="Solution",
                    about=annotator.annotate({offered: subject.texts[offered]}),
                    **(has | fault),
                )
            )
    return demands, solutions, right


def _named(name: str, subject: Subject) -> str:
    """Ids of which none stands before another by its name: equal scores stand in order of id."""
    return f"{zlib.crc32(f'{name}/{subject.id}'.encode()):08x}"


def _hits(
    demands: Sequence[Profile],
    solutions: Sequence[Profile],
    right: Mapping[str, str],
    weights: Mapping[str, float],
) -> float:
    seeking, offering, around = _tables(demands, solutions)
    option = Option(weights=weights, top=1)
    found = [one for block in rank_all(seeking, offering, around, option) for one in block]
    hits = sum(solutions[one.others[0]].id == right[one.id] for one in found if one.others)
    return hits / len(found)


def speed(sizes: Sequence[int]) -> list[str]:
    """Lines on the time of ranking, and how it grows."""
    lines = [
        "Ranking: demands against as many solutions, top 20 each, all criteria; beside it the bare "
        "product of the same arrays, which no ranking by texts can beat.",
        f"{'':12}{'tables':>9}{'all':>10}{'product':>10}{'pairs/s':>12}{'one, p50':>10}"
        f"{'worst':>9}{'memory':>10}",
    ]
    made = list(_made(max(sizes)))
    for size in sizes:
        demands, solutions = made[:size], made[len(made) // 2 :][:size]
        solutions = [_as_solution(profile, number) for number, profile in enumerate(solutions)]
        start = time.perf_counter()
        seeking, offering, around = _tables(demands, solutions)
        built = time.perf_counter() - start
        option = Option(weights=_WEIGHTS)
        start = time.perf_counter()
        ranked = sum(len(block) for block in rank_all(seeking, offering, around, option))
        all_s = time.perf_counter() - start
        bare = _product(seeking, offering)
        alone = [_one(demands[number], offering, around, option) for number in range(_RUNS * 4)]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        lines.append(
            f"{size:>11,} {built:>7.1f} s{all_s:>8.1f} s{bare:>8.1f} s"
            f"{ranked * size / all_s:>12,.0f}{statistics.median(alone) * 1e3:>7.0f} ms"
            f"{max(alone) * 1e3:>6.0f} ms{memory:>7,.0f} MB"
        )
    return lines


def _made(count: int) -> Iterator[Profile]:
    """Profiles with what texts of the field are about: a few concepts each, of one theme mostly."""
    vocabulary = load_vocabulary()
    annotator = Annotator(vocabulary)
    chance = random.Random(7)
    by_theme = {
        theme: [c for c in vocabulary.concepts.values() if c.theme == theme] for theme in THEMES
    }
    every = list(vocabulary.concepts.values())
    abouts: list[tuple[str, Annotation]] = []
    for _ in range(min(count, _CORPUS)):
        theme = chance.choice(THEMES)
        language = chance.choice(_LANGUAGES)
        some = [*chance.sample(by_theme[theme], 4), *chance.sample(every, 2)]
        words = ", ".join(chance.choice(concept.labels[language]) for concept in some)
        abouts.append((theme, annotator.annotate({language: words})))
    for number in range(2 * count):
        theme, about = abouts[number % len(abouts)]
        yield Profile(
            id=f"{number:07}",
            kind="Demand",
            about=about,
            themes=frozenset({theme}),
            city=chance.choice(_CITIES),
            country=chance.choice(("NL", "KR")),
            standards=frozenset(chance.sample("abcdefgh", chance.randint(0, 3))),
            openness=chance.choice((None, "open", "either")),
            trl=chance.randint(1, 9),
            trl_minimum=chance.choice((None, 5, 7)),
            requirements=frozenset(chance.sample("stuvwxyz", chance.randint(0, 2))),
            groups=frozenset(chance.sample("klmn", chance.randint(0, 1))),
        )


def _as_solution(profile: Profile, number: int) -> Profile:
    evidence = tuple(
        Evidence(f"p{number}-{piece}", 0.6, _CITIES[(number * 7 + piece) % len(_CITIES)])
        for piece in range(number % 3)
    )
    return Profile(
        id=f"s{profile.id}",
        kind="Solution",
        about=profile.about,
        themes=profile.themes,
        city=profile.city,
        country=profile.country,
        standards=profile.standards,
        openness="closed" if number % 4 == 0 else "open",
        trl=profile.trl,
        meets=profile.requirements,
        groups=profile.groups,
        evidence=evidence,
    )


def _tables(
    demands: Sequence[Profile], solutions: Sequence[Profile]
) -> tuple[Table, Table, Around]:
    model = TextModel.fit([profile.about for profile in (*demands, *solutions)])
    seeking, offering = (
        Table(side, model.vectors([profile.about for profile in side]))
        for side in (demands, solutions)
    )
    return seeking, offering, Around(model, _likeness)


def _product(seeking: Table, offering: Table) -> float:
    start = time.perf_counter()
    for first in range(0, len(seeking), 256):
        block = seeking.joined[first : first + 256] @ offering.joined.T
        np.argpartition(-block, 20, axis=1)
    return time.perf_counter() - start


def _one(demand: Profile, offering: Table, around: Around, option: Option) -> float:
    start = time.perf_counter()
    alone = Table([demand], around.model.vectors([demand.about]))
    rank_one(demand, alone, offering, around, option, seeks=True)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--full", action="store_true", help="Also 100,000 solutions for one demand."
    )
    arguments = parser.parse_args()
    print("\n".join(ablation()), flush=True)
    print()
    print("\n".join(speed((1_000, 10_000))), flush=True)
    if arguments.full:
        print("\n".join(speed((100_000,))[-1:]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
