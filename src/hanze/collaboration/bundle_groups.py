"""Which open demands go together: groups in which each two are about the same need and fit.

Grouping thousands of demands takes seconds, so that the last groups are kept until a record changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.language.vectors import TextModel
from hanze.collaboration.records.needs import Demand, DemandBundle

__all__ = [
    "LARGEST",
    "LEAST_ALIKE",
    "Group",
    "Grouped",
    "common_period",
    "compatible",
    "grouped_demands",
]

#: Cities of one proposal; more can be invited.
LARGEST: Final = 8
#: Similarity of two texts from which they may be about the same need. Of descriptions of one need in
#: two languages 82 % reach it, of two different needs 0.3 % (the texts of the tests of language).
LEAST_ALIKE: Final = 0.35
#: Rows of which similarities are computed at once.
_BLOCK: Final = 512
#: Demands that each is compared with closely, the most alike of those that it may go with.
_NEIGHBOURS: Final = 32
#: Sets of groups that are kept for a collective: without a theme, and of each theme.
_KEPT: Final = 16

Period = tuple[date | None, date | None]
Floats = NDArray[np.float32]


_Key = tuple[int, date, str | None, int]


@dataclass(frozen=True, slots=True)
class Group:
    """Demands that go together.

    Attributes:
        demands: In order of id, of a city each.
        alike: Similarity of the two that are least alike, 0 to 1.
    """

    demands: tuple[Held[Demand], ...]
    alike: float

    @property
    def cities(self) -> frozenset[str | None]:
        return frozenset(held.city for held in self.demands)


@dataclass(frozen=True, slots=True)
class Grouped:
    """All groups, those of most cities and most alike first, and the model that compared them."""

    model: TextModel
    groups: tuple[Group, ...]


_kept: WeakKeyDictionary[Collective, dict[_Key, Grouped]] = WeakKeyDictionary()


def grouped_demands(
    collective: Collective, annotations: Annotations, *, today: date, theme: str | None = None
) -> Grouped:
    """Group open demands.

    Args:
        collective: Up to date.
        today: Demands whose period or deadline has passed are left out.
        theme: Only demands of this theme (id).
    """
    kept = _kept.setdefault(collective, {})
    key = (collective.version, today, theme, id(annotations.annotator))
    found = kept.get(key)
    if found is None:
        found = _grouped(collective, annotations, today, theme)
        if len(kept) >= _KEPT:
            kept.clear()
        kept[key] = found
    return found


def _grouped(
    collective: Collective, annotations: Annotations, today: date, theme: str | None
) -> Grouped:
    promised = _promised(collective)
    open_ = [
        held
        for held in sorted(collective.of(Demand), key=lambda held: held.record.id)
        if _seeks(held, today)
        and held.record.id not in promised
        and (theme is None or theme in held.record.themes)
    ]
    abouts = annotations.every(open_)
    model = TextModel.fit(abouts)
    if len(open_) < 2:
        return Grouped(model, ())
    rows = model.vectors(abouts).joined()
    # Without wordnets a third of the columns are empty.
    rows = rows[:, rows.any(axis=0)]
    fits = {
        (one, other): alike
        for one, other, alike in _pairs(rows, _Sides.of(open_))
        if compatible(open_[one], open_[other])
    }
    groups = [
        Group(tuple(open_[row] for row in rows_of), round(alike, 4))
        for rows_of, alike in _groups(open_, fits)
    ]
    groups.sort(key=lambda group: (-len(group.demands), -group.alike, group.demands[0].record.id))
    return Grouped(model, tuple(groups))


def compatible(one: Held[Demand], other: Held[Demand]) -> bool:
    """Tell whether one tender could serve both: theme, period, standards, openness, countries.

    What one of the two does not say is not held against it.
    """
    a, b = one.record, other.record
    # The same people, "older people in villages", have needs that no one supplier meets.
    if a.themes and b.themes and not set(a.themes) & set(b.themes):
        return False
    starts, ends = common_period((one, other))
    if starts is not None and ends is not None and ends < starts:
        return False
    if a.standards and b.standards and not set(a.standards) & set(b.standards):
        return False
    if {a.openness, b.openness} == {"open", "closed"}:
        return False
    return not (a.countries and b.countries and not set(a.countries) & set(b.countries))


def common_period(demands: Sequence[Held[Demand]]) -> Period:
    """Find the days on which all need it; it ends before it starts where there are none."""
    starts = [day for held in demands if (day := held.record.wanted_from) is not None]
    ends = [day for held in demands if (day := held.record.wanted_until) is not None]
    return max(starts, default=None), min(ends, default=None)


def _promised(collective: Collective) -> set[str]:
    """The demands of cities that have joined a bundle.

    Where it lives on another node than the bundle, a demand may not say so itself.
    """
    return {
        held.record.id
        for bundle in collective.of(DemandBundle)
        if bundle.record.status != "dissolved"
        for held in map(collective.find, bundle.record.demands)
        if held is not None and held.city in bundle.record.members
    }


def _seeks(held: Held[Demand], today: date) -> bool:
    demand = held.record
    past = any(day is not None and day < today for day in (demand.deadline, demand.wanted_until))
    free = demand.status == "open" and demand.bundle is None
    return free and not past and held.city is not None


@dataclass(frozen=True)
class _Sides:
    """What tells at once which demands cannot go together, one row a demand."""

    cities: NDArray[np.int64]
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    openness: NDArray[np.int64]

    @classmethod
    def of(cls, demands: Sequence[Held[Demand]]) -> "_Sides":
        numbers = {city: number for number, city in enumerate({held.city for held in demands})}
        signs = {"open": 1, "closed": -1}
        records = [held.record for held in demands]
        return cls(
            np.array([numbers[held.city] for held in demands]),
            np.array(
                [one.wanted_from.toordinal() if one.wanted_from else -np.inf for one in records]
            ),
            np.array(
                [one.wanted_until.toordinal() if one.wanted_until else np.inf for one in records]
            ),
            np.array([signs.get(one.openness or "", 0) for one in records]),
        )

    def fitting(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Tell of a block of rows which others each may go with."""
        some = slice(start, stop)
        apart = self.cities[some, None] != self.cities
        overlap = (self.starts[some, None] <= self.ends) & (self.starts <= self.ends[some, None])
        fitting: NDArray[np.bool_] = (
            apart & overlap & (self.openness[some, None] * self.openness >= 0)
        )
        return fitting


def _pairs(rows: Floats, sides: _Sides) -> Iterator[tuple[int, int, float]]:
    """Pairs of rows that are alike enough, in blocks that fit in memory; of each row the best."""
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK] @ rows.T
        block[~sides.fitting(start, start + _BLOCK)] = 0
        if block.shape[1] > _NEIGHBOURS:
            least = np.partition(block, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS]
            block[block < least[:, None]] = 0
        for one, other in zip(*np.nonzero(block >= LEAST_ALIKE), strict=True):
            pair = sorted((int(start + one), int(other)))
            yield pair[0], pair[1], min(1.0, float(block[one, other]))


def _groups(
    demands: Sequence[Held[Demand]], fits: Mapping[tuple[int, int], float]
) -> Iterator[tuple[list[int], float]]:
    """Group the rows of demands, the most alike first, so that each two of a group fit.

    Rounded: sums of another machine's processor must not change the order.
    """
    groups: dict[int, list[int]] = {}
    for one, other in sorted(fits, key=lambda pair: (-round(fits[pair], 4), pair)):
        if one in groups and other in groups:
            continue
        if one not in groups and other not in groups:
            groups[one] = groups[other] = [one, other]
            continue
        new, group = (one, groups[other]) if other in groups else (other, groups[one])
        if len(group) < LARGEST and _joins(demands, fits, new, group):
            group.append(new)
            groups[new] = group
    told: set[int] = set()
    for row in sorted(groups):
        group = groups[row]
        if id(group) not in told:
            told.add(id(group))
            pairs = ((a, b) for a in group for b in group if a < b)
            yield sorted(group), min(fits[pair] for pair in pairs)


def _joins(
    demands: Sequence[Held[Demand]],
    fits: Mapping[tuple[int, int], float],
    new: int,
    group: Sequence[int],
) -> bool:
    if not all((min(new, one), max(new, one)) in fits for one in group):
        return False
    starts, ends = common_period([demands[row] for row in (*group, new)])
    return starts is None or ends is None or starts <= ends
