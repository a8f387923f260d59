"""Scores of many pairs at once: what `criteria` says of each, for blocks of two tables."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from hanze.collaboration.matching.criteria import OPENNESS_FIT, Around
from hanze.collaboration.matching.restrictions import Restrictions
from hanze.collaboration.matching.table import (
    NOTHING,
    OPENNESS,
    Distinct,
    Floats,
    Mask,
    Table,
    Value,
)

__all__ = ["Columns", "Part"]

_TRL_RANGE: Final = np.float32(4)
_LEVELS: Final = 10

#: Criterion → what is asked for, and what of the other side it is compared with.
_COVERAGE: Final = {
    "themes": ("themes", "themes"),
    "standards": ("standards", "standards"),
    "requirements": ("requirements", "meets"),
    "groups": ("groups", "groups"),
}
#: Those that count for a whole row or not at all, and whose scores are a product of both sides.
_LINEAR: Final = (*_COVERAGE, "openness", "trl", "evidence")
#: Criterion → the field with the cities that a city is compared with.
_CITIES: Final = {"peers": "proven", "alike": "city"}


class Part(NamedTuple):
    """What criteria add to the scores of a block of n x m pairs.

    Attributes:
        scores: Sum of the scores of those that count, each times its weight: n x m.
        weight: Sum of the weights of those that count: n x m, or n x 1 where columns are alike.
    """

    scores: Floats
    weight: Floats


class _Product(NamedTuple):
    """Criteria as a product of matrices: rows (n x k), columns (k x m), the weight of rows (n)."""

    rows: Floats
    columns: Floats
    weight: Floats


class Columns:
    """Scores blocks of pairs: rows of a table that seeks, against all of one that offers."""

    def __init__(self, seeking: Table, offering: Table, around: Around) -> None:
        self._seeking = seeking
        self._offering = offering
        self._around = around
        self.restrictions = Restrictions(offering)
        self._sets: dict[str, tuple[Floats, Floats, Floats]] = {}
        self._products: dict[tuple[tuple[str, float], ...], _Product] = {}
        self._near: dict[tuple[str, str], Floats] = {}
        self._compute: Mapping[str, Callable[[slice], Floats]] = {
            "text": self._text,
            **{
                name: partial(self._coverage, asked=asked, offered=offered)
                for name, (asked, offered) in _COVERAGE.items()
            },
            "openness": self._openness,
            "trl": self._trl,
            "evidence": self._evidence,
            "peers": partial(self._by_city, criterion="peers"),
            "alike": partial(self._by_city, criterion="alike"),
            "complement": self._complement,
            "period": self._period,
        }

    def scores(self, criterion: str, rows: slice) -> Floats:
        """Score a criterion for rows of the seeking side: n x m; NaN where it does not count."""
        return self._compute[criterion](rows)

    def allowed(self, rows: slice) -> Mask:
        """Tell which pairs may be matches at all (`criteria.left_out`): n x m."""
        seekers = self._seeking.profiles[rows]
        mask = np.empty((len(seekers), len(self._offering)), np.bool_)
        if len(self._offering) == 1:
            # One party who offers, and many who seek: its own restrictions say the same.
            restrictions = Restrictions(self._seeking, seeks=False)
            mask[:, 0] = restrictions.allowed(self._offering.profiles[0])[rows]
            return mask
        for place, profile in enumerate(seekers):
            mask[place] = self.restrictions.allowed(profile)
        return mask

    def weighed(self, weights: Mapping[str, float], rows: slice) -> Part:
        """Add criteria up for rows of the seeking side; weights are above 0.

        A block of all criteria one by one is more to write and read than to compute: those that
        count for a whole row are one product, and the others are added row by row.
        """
        linear = tuple((name, weight) for name, weight in weights.items() if name in _LINEAR)
        product = self._product(linear)
        weight = product.weight[rows, None]
        if "text" in weights:
            scores = self._text(rows)
            scores *= np.float32(weights["text"])
            weight = weight + np.float32(weights["text"])
            if linear:
                scores += product.rows[rows] @ product.columns
        else:
            scores = product.rows[rows] @ product.columns
        pairwise = {n: w for n, w in weights.items() if n not in _LINEAR and n != "text"}
        if pairwise:
            weight = np.broadcast_to(weight, scores.shape).copy()
        for name, share in pairwise.items():
            if name in _CITIES and len(scores) < scores.shape[1]:
                self._add_cities(name, share, rows, Part(scores, weight))
                continue
            part = self.scores(name, rows)
            there = ~np.isnan(part)
            weight += there * np.float32(share)
            scores += np.where(there, part, np.float32(0)) * np.float32(share)
        return Part(scores, weight)

    def _product(self, linear: tuple[tuple[str, float], ...]) -> _Product:
        """Put criteria side by side, each times its weight."""
        if linear not in self._products:
            size = len(self._seeking)
            asked: list[Floats] = [np.zeros((size, 0), np.float32)]
            given: list[Floats] = [np.zeros((len(self._offering), 0), np.float32)]
            weight = np.zeros(size, np.float32)
            for name, share in linear:
                mine, theirs, counts = self._factors(name)
                asked.append(mine * np.float32(share))
                given.append(theirs)
                weight += counts * np.float32(share)
            columns = np.ascontiguousarray(np.hstack(given).T)
            self._products[linear] = _Product(np.hstack(asked), columns, weight)
        return self._products[linear]

    def _factors(self, name: str) -> tuple[Floats, Floats, Mask]:
        """A criterion as a product: by row, by column, and for which rows it counts."""
        one, other = self._seeking, self._offering
        if name == "evidence":
            everybody = np.ones(len(one), np.bool_)
            return np.ones((len(one), 1), np.float32), other.evidence[:, None], everybody
        if name == "openness":
            fits = _OPENNESS_TABLE[one.openness]
            offered = np.eye(len(OPENNESS), dtype=np.float32)[other.openness]
            return np.nan_to_num(fits), offered, ~np.isnan(fits[:, 0])
        if name == "trl":
            asked, told = (
                np.nan_to_num(each).astype(np.int64) for each in (one.trl_minimum, other.trl)
            )
            return _TRL_TABLE[asked], np.eye(_LEVELS, dtype=np.float32)[told], asked > 0
        wanted, given, size = self._incidence(*_COVERAGE[name])
        mine = wanted / np.maximum(size, 1)[:, None]
        return mine.astype(np.float32), given, size > 0

    def _add_cities(self, criterion: str, share: float, rows: slice, block: Part) -> None:
        """Add the likeness of cities: one row of columns for all of a city."""
        shared: dict[str, tuple[Floats, Floats]] = {}
        for place, profile in enumerate(self._seeking.profiles[rows]):
            city = profile.city
            if city is None:
                continue
            if city not in shared:
                near = self._likeness(criterion, city)
                there = ~np.isnan(near)
                shared[city] = np.nan_to_num(near) * np.float32(share), there * np.float32(share)
            scores, weight = shared[city]
            block.scores[place] += scores
            block.weight[place] += weight

    def _text(self, rows: slice) -> Floats:
        block: Floats = self._seeking.joined[rows] @ self._offering.joined.T
        return np.clip(block, np.float32(0), np.float32(1), out=block)

    def _coverage(self, rows: slice, asked: str, offered: str) -> Floats:
        """Of what is asked for, the part that is offered."""
        there, theirs, size = self._incidence(asked, offered)
        counted = size[rows, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            # What asks for nothing is 0 of 0: nothing to compare.
            part: Floats = (there[rows] @ theirs.T) / counted
        return part

    def _incidence(self, asked: str, offered: str) -> tuple[Floats, Floats, Floats]:
        """Who has what, of all that occurs on both sides; and how much each asks for."""
        name = f"{asked}/{offered}"
        if name not in self._sets:
            wanted, given = self._seeking.distinct(asked), self._offering.distinct(offered)
            both = sorted(_items(wanted) & _items(given))
            number = {item: column for column, item in enumerate(both)}
            size = np.array([len(one) for one in _sets(wanted)], np.float32)[wanted.numbers]
            self._sets[name] = _matrix(wanted, number), _matrix(given, number), size
        return self._sets[name]

    def _openness(self, rows: slice) -> Floats:
        return _OPENNESS_TABLE[self._seeking.openness[rows]][:, self._offering.openness]

    def _trl(self, rows: slice) -> Floats:
        asked = self._seeking.trl_minimum[rows, None]
        gap = np.maximum(asked - self._offering.trl[None, :], 0)
        score = np.maximum(0, 1 - gap / _TRL_RANGE)
        # Asked for and not told: not met.
        told: Floats = np.where(np.isnan(self._offering.trl)[None, :], np.float32(0), score)
        return np.where(np.isnan(asked), NOTHING, told)

    def _evidence(self, rows: slice) -> Floats:
        count = len(self._seeking.profiles[rows])
        return np.broadcast_to(self._offering.evidence, (count, len(self._offering)))

    def _by_city(self, rows: slice, criterion: str) -> Floats:
        places = self._seeking.distinct("city")
        numbers = places.numbers[rows]
        block = np.empty((len(numbers), len(self._offering)), np.float32)
        for number in np.unique(numbers).tolist():
            city = places.values[number]
            near = self._likeness(criterion, city) if isinstance(city, str) else NOTHING
            block[numbers == number] = near
        return block

    def _likeness(self, criterion: str, city: str) -> Floats:
        """How alike a city is to the most alike of each column; NaN where that is unknown."""
        if (criterion, city) not in self._near:
            places = self._offering.distinct(_CITIES[criterion])
            several = [_cities_in(value) for value in places.values]
            known = {
                place: alike
                for place in {place for one in several for place in one}
                if (alike := self._around.likeness(city, place)) is not None
            }
            best = (max((known[p] for p in one if p in known), default=NOTHING) for one in several)
            self._near[criterion, city] = np.array([*best], np.float32)[places.numbers]
        return self._near[criterion, city]

    def _complement(self, rows: slice) -> Floats:
        gets = self._coverage(rows, "needs", "strengths")
        strong, needing, _ = self._incidence("strengths", "needs")
        sizes = np.array([len(one.needs) for one in self._offering.profiles], np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            gives: Floats = (strong[rows] @ needing.T) / sizes[None, :]
        known = (~np.isnan(gets)).astype(np.float32) + ~np.isnan(gives)
        with np.errstate(invalid="ignore"):
            mean: Floats = (np.nan_to_num(gets) + np.nan_to_num(gives)) / known
        return mean

    def _period(self, rows: slice) -> Floats:
        one, other = self._seeking, self._offering
        starts, ends = one.starts[rows, None], one.ends[rows, None]
        shared = np.minimum(ends, other.ends) - np.maximum(starts, other.starts) + 1
        shorter = np.minimum(ends - starts, other.ends - other.starts) + 1
        part: Floats = np.clip(shared / np.maximum(shorter, 1), 0, 1)
        return part


def _sets(distinct: Distinct) -> Sequence[frozenset[str]]:
    return [value for value in distinct.values if isinstance(value, frozenset)]


def _cities_in(value: Value) -> frozenset[str]:
    if isinstance(value, frozenset):
        return value
    return frozenset() if value is None else frozenset((value,))


def _items(distinct: Distinct) -> set[str]:
    return {item for one in _sets(distinct) for item in one}


def _matrix(distinct: Distinct, number: Mapping[str, int]) -> Floats:
    """Which rows have which items."""
    found = np.zeros((len(distinct.values), len(number)), np.float32)
    for row, items in enumerate(_sets(distinct)):
        for item in items:
            if item in number:
                found[row, number[item]] = 1
    matrix: Floats = found[distinct.numbers]
    return matrix


def _openness_table() -> Floats:
    table = np.full((len(OPENNESS), len(OPENNESS)), NOTHING)
    for asked, fits in OPENNESS_FIT.items():
        for column, offered in enumerate(OPENNESS):
            table[OPENNESS.index(asked), column] = fits.get(offered, 0.0)
    return table


def _trl_table() -> Floats:
    """What is left of a score by level that is asked for and that is there; 0 is none told."""
    levels = np.arange(_LEVELS, dtype=np.float32)
    gaps = np.maximum(levels[:, None] - levels, 0)
    table: Floats = np.maximum(0, 1 - gaps / _TRL_RANGE)
    table[0] = 0
    table[:, 0] = 0
    return table


_OPENNESS_TABLE: Final = _openness_table()
_TRL_TABLE: Final = _trl_table()
