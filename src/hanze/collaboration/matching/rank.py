"""Ranking: the best of one side for each of the other, with the score of every criterion.

The score of a pair is the mean of its criteria, weighted as the user says; criteria that do not
count for the pair (`criteria`) leave the others their weight. Nothing else moves a place: equal
scores stand in order of id.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.matching.columns import Columns
from hanze.collaboration.matching.criteria import CRITERIA, Around, Score
from hanze.collaboration.matching.profile import Profile
from hanze.collaboration.matching.restrictions import Restrictions
from hanze.collaboration.matching.table import Floats, Table
from hanze.errors import InvalidInput

__all__ = [
    "Option",
    "Part",
    "Ranked",
    "Scored",
    "WrongOption",
    "rank_all",
    "rank_one",
    "score_pair",
]

#: Rows that are scored at once; a block of 10,000 columns takes some 30 MB.
_BLOCK: Final = 256
#: Columns of which the best is looked at first.
_GROUP: Final = 32
#: The same where the other side is one party.
_ROWS: Final = 10_000
#: Of what a criterion must be met whole, so much is whole: floats are not exact.
_WHOLE: Final = np.float32(1 - 1e-6)


Rows = NDArray[np.intp]


class WrongOption(InvalidInput):
    """An option of a ranking is out of its range."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """How to rank.

    Attributes:
        weights: Criterion → weight, as `criteria.weights_for` gives them.
        must: Criteria that must be met whole where they count; other pairs are left out.
        top: At most so many for each.
        least: Pairs below this score are no matches.
    """

    weights: Mapping[str, float]
    must: frozenset[str] = frozenset()
    top: int = 20
    least: float = 0.0

    def __post_init__(self) -> None:
        if unknown := self.must - self.weights.keys():
            name = min(unknown)
            raise WrongOption(
                f"{name[:60]} is no criterion of this match; there are: {', '.join(self.weights)}",
                field="must",
                value=name,
            )
        if not 0 <= self.least <= 1:
            raise WrongOption("least must be between 0 and 1", field="least", value=self.least)
        if self.top < 1:
            raise WrongOption("top must be 1 or more", field="top", value=self.top)


class Part(msgspec.Struct, frozen=True):
    """One criterion's part of a score.

    Attributes:
        criterion: Its name.
        score: 0 to 1; `None` where it does not count.
        weight: As asked.
        evidence: What it rests on: "concept:<id>", "word:<lemma>", ids of records, values.
    """

    criterion: str
    score: float | None
    weight: float
    evidence: tuple[str, ...] = ()


class Scored(msgspec.Struct, frozen=True):
    """A pair with its score and all its parts, in the order of the weights."""

    one: str
    other: str
    score: float
    parts: tuple[Part, ...]


class Ranked(msgspec.Struct, frozen=True):
    """The best for one party.

    Attributes:
        id: The party that seeks.
        others: Rows of the offering table, the best first.
        scores: Of these.
        considered: Pairs that were scored and may be matches.
    """

    id: str
    others: tuple[int, ...]
    scores: tuple[float, ...]
    considered: int


def rank_all(
    seeking: Table, offering: Table, around: Around, option: Option
) -> Iterator[list[Ranked]]:
    """Rank all of one side for each of the other, in blocks, so that who calls may give way."""
    columns = Columns(seeking, offering, around)
    for start in range(0, len(seeking), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(seeking)))
        scores = _block(columns, rows, option)
        considered = np.count_nonzero(scores >= 0, axis=1).tolist()
        likely = _likely(scores, option.top)
        yield [
            _best(
                seeking.profiles[start + number].id,
                offering,
                row,
                option,
                among=among,
                considered=count,
            )
            for number, (row, among, count) in enumerate(
                zip(scores, likely, considered, strict=True)
            )
        ]


def rank_one(
    party: Profile, alone: Table, others: Table, around: Around, option: Option, *, seeks: bool
) -> tuple[tuple[Scored, ...], Mapping[str, int]]:
    """Rank the other side for one party, with all parts and their evidence.

    Args:
        party: Who asks.
        alone: A table with this party alone.
        others: The other side.
        around: What pairs are compared against.
        option: How to rank.
        seeks: Whether the party is of the side that seeks, or of that which offers.

    Returns:
        The best first; and how many were left out, by reason (`criteria.left_out`, "must" or
        "least").
    """
    scores = _scores_for(alone, others, around, option, seeks=seeks)
    considered = int(np.count_nonzero(scores >= 0))
    best = _best(
        party.id, others, scores, option, among=np.arange(len(others)), considered=considered
    )

    def pair(other: Profile) -> tuple[Profile, Profile]:
        return (party, other) if seeks else (other, party)

    chosen = (others.profiles[row] for row in best.others)
    found = [score_pair(*pair(other), around, option.weights) for other in chosen]
    # What columns say of texts is close; what is shown is exact, and in its order.
    found.sort(key=lambda scored: (-scored.score, scored.one, scored.other))
    reasons = Counter(Restrictions(others, seeks=seeks).reasons(party))
    rest = len(others) - best.considered - reasons.total()
    if rest > 0:
        reasons["must" if option.must else "least"] += rest
    return tuple(found), reasons


def _scores_for(
    alone: Table, others: Table, around: Around, option: Option, *, seeks: bool
) -> Floats:
    if seeks:
        row: Floats = _block(Columns(alone, others, around), slice(0, 1), option)[0]
        return row
    columns = Columns(others, alone, around)
    starts = range(0, len(others), _ROWS)
    blocks = [_block(columns, slice(start, start + _ROWS), option)[:, 0] for start in starts]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def score_pair(
    one: Profile, other: Profile, around: Around, weights: Mapping[str, float]
) -> Scored:
    """Score a pair, with what every criterion rests on."""
    said: dict[str, Score] = {name: CRITERIA[name](one, other, around) for name in weights}
    parts = tuple(
        Part(name, score.value, weights[name], score.evidence) for name, score in said.items()
    )
    counting = [part for part in parts if part.score is not None]
    whole = sum(part.weight for part in counting)
    total = sum(part.weight * part.score for part in counting if part.score is not None)
    return Scored(one.id, other.id, total / whole if whole else 0.0, parts)


def _block(columns: Columns, rows: slice, option: Option) -> Floats:
    """Scores of rows against all of the other side; -1 for what is no match."""
    mask = columns.allowed(rows)
    weights = {name: weight for name, weight in option.weights.items() if weight}
    scores, whole = columns.weighed(weights, rows)
    # Where no criterion counts, nothing was added.
    scores /= np.where(whole > 0, whole, np.float32(1))
    for name in option.must & weights.keys():
        part = columns.scores(name, rows)
        mask &= np.isnan(part) | (part >= _WHOLE)
    if option.least:
        mask &= scores >= np.float32(option.least) - np.float32(1e-6)
    np.copyto(scores, np.float32(-1), where=~mask)
    return scores


def _likely(scores: Floats, top: int) -> list[Rows]:
    """Rows of columns among which the best are: all that reach as many groups as are asked for.

    The best of each group of columns are read off at once; the last that is asked for of these is
    no higher than that of all.
    """
    count, size = scores.shape
    groups = size // _GROUP
    if groups <= top:
        return [np.arange(size)] * count
    cut = groups * _GROUP
    best = scores[:, :cut].reshape(count, groups, _GROUP).max(axis=2)
    least = np.partition(best, groups - top, axis=1)[:, groups - top]
    return [np.flatnonzero(row >= edge) for row, edge in zip(scores, least, strict=True)]


def _best(
    seeker: str, offering: Table, scores: Floats, option: Option, *, among: Rows, considered: int
) -> Ranked:
    """Take the best of some columns, which have the best of all among them."""
    count = min(option.top, considered)
    if not count:
        return Ranked(seeker, (), (), considered)
    some = scores[among]
    # All that score as the last of them, so that equal ones can stand in order of id.
    edge = np.partition(some, len(some) - count)[len(some) - count]
    rows = among[some >= edge]
    ordered = sorted(rows.tolist(), key=lambda row: (-scores[row], offering.profiles[row].id))
    chosen = tuple(ordered[:count])
    return Ranked(seeker, chosen, tuple(float(scores[row]) for row in chosen), considered)
