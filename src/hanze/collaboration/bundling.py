"""Demands that fit together: the same need in two or more cities, at the same time.

Proposals depend on the records alone: the same records give the same proposals in the same order.
Volumes are added up in one unit only, budgets in one currency only.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.bundle_texts import REASON_TEXTS
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.language.vectors import TextModel
from hanze.collaboration.lead_choice import LeadCandidate, lead_candidates
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.needs import Demand, DemandBundle
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity

__all__ = [
    "LARGEST",
    "LEAST_ALIKE",
    "BundleProposal",
    "Reason",
    "combine",
    "common_period",
    "compatible",
    "propose_bundles",
    "sum_budgets",
    "sum_volumes",
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
#: Concepts that a reason names.
_NAMED: Final = 3

Period = tuple[date | None, date | None]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why demands fit together.

    Attributes:
        code: Of `REASON_TEXTS`.
        figures: What fills the text; a concept by language where it is one.
        evidence: Ids of concepts or records.
    """

    code: str
    figures: Mapping[str, Mapping[str, str] | str | int] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    def text(self) -> dict[str, str]:
        """Say it, by language."""
        return {language: self._in(language) for language in LANGUAGES}

    def _in(self, language: str) -> str:
        filled = {
            name: value[language] if isinstance(value, Mapping) else value
            for name, value in self.figures.items()
        }
        return REASON_TEXTS[self.code][language].format(**filled)


@dataclass(frozen=True, slots=True)
class BundleProposal:
    """Demands that could be put out together.

    Attributes:
        key: The same for the same demands.
        demands: By id.
        cities: Ids, in the order of the demands.
        countries: Ids of those that are known.
        alike: Similarity of the two that are least alike, 0 to 1.
        themes: Ids of the themes that all name; of any where there is none.
        starts: First day of the common period, where known.
        ends: Last day of the common period, where known.
        standards: Ids of those that all who ask for any ask for.
        volumes: In all, by unit.
        budgets: In all, by currency.
        unknown_volume: Ids of demands that do not tell theirs.
        leads: Who could lead, the first first.
        reasons: Why these fit together.
    """

    key: str
    demands: tuple[Held[Demand], ...]
    cities: tuple[str, ...]
    countries: tuple[str, ...]
    alike: float
    themes: tuple[str, ...]
    starts: date | None
    ends: date | None
    standards: tuple[str, ...]
    volumes: tuple[Quantity, ...]
    budgets: tuple[Money, ...]
    unknown_volume: tuple[str, ...]
    leads: tuple[LeadCandidate, ...]
    reasons: tuple[Reason, ...]


def propose_bundles(
    collective: Collective,
    annotations: Annotations,
    *,
    today: date,
    theme: str | None = None,
    city: str | None = None,
    limit: int = 50,
) -> list[BundleProposal]:
    """Propose bundles of open demands, those of most cities and most alike first.

    A demand is in one proposal at most, and a city with one demand.

    Args:
        collective: Up to date.
        today: Demands whose period or deadline has passed are left out.
        theme: Only demands of this theme (id).
        city: Only proposals in which this city (id) takes part.
        limit: Proposals at most.
    """
    open_ = [
        held
        for held in sorted(collective.of(Demand), key=lambda held: held.record.id)
        if _seeks(held, today) and (theme is None or theme in held.record.themes)
    ]
    if len(open_) < 2:
        return []
    abouts = annotations.every(open_)
    model = TextModel.fit(abouts)
    rows = model.vectors(abouts).joined()
    # Without wordnets a third of the columns are empty.
    rows = rows[:, rows.any(axis=0)]
    fits = {
        (one, other): alike
        for one, other, alike in _pairs(rows, _Sides.of(open_))
        if compatible(open_[one], open_[other])
    }
    groups = [
        ([open_[row] for row in rows], alike)
        for rows, alike in _groups(open_, fits)
        if city is None or city in {open_[row].city for row in rows}
    ]
    groups.sort(key=lambda group: (-len(group[0]), -round(group[1], 4), group[0][0].record.id))
    return [
        _proposal(collective, annotations, model, group, alike) for group, alike in groups[:limit]
    ]


def combine(
    collective: Collective, annotations: Annotations, demand_ids: Sequence[str]
) -> BundleProposal:
    """Put demands together that people chose, alike or not.

    Raises:
        RecordNotFound: One is not there.
        InvalidRecord: There are fewer than two, or they are all of one city.
    """
    held = [collective.get(one, Demand) for one in sorted(set(demand_ids))]
    cities = {one.city for one in held if one.city is not None}
    if len(held) < 2 or len(cities) < 2:
        reason = "must be two or more, of two or more cities"
        raise InvalidRecord(DemandBundle, reason, field="demands")
    abouts = annotations.every(held)
    model = TextModel.fit(abouts)
    likeness = model.vectors(abouts).similarities(model.vectors(abouts))
    least = float(min(likeness[np.triu_indices(len(held), 1)]))
    return _proposal(collective, annotations, model, held, least)


def compatible(one: Held[Demand], other: Held[Demand]) -> bool:
    """Tell whether one tender could serve both: period, standards, openness, suppliers' countries."""
    a, b = one.record, other.record
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


def sum_volumes(volumes: Sequence[Quantity | None]) -> tuple[Quantity, ...]:
    """Add volumes up by unit, in order of unit."""
    totals: defaultdict[str, float] = defaultdict(float)
    for volume in volumes:
        if volume is not None:
            totals[volume.unit] += volume.value
    return tuple(Quantity(value, unit) for unit, value in sorted(totals.items()))


def sum_budgets(budgets: Sequence[Money | None]) -> tuple[Money, ...]:
    """Add amounts up by currency, in order of currency."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for budget in budgets:
        if budget is not None:
            totals[budget.currency] += budget.amount
    return tuple(Money(amount, currency) for currency, amount in sorted(totals.items()))


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


def _proposal(
    collective: Collective,
    annotations: Annotations,
    model: TextModel,
    demands: Sequence[Held[Demand]],
    alike: float,
) -> BundleProposal:
    ids = [held.record.id for held in demands]
    cities = tuple(dict.fromkeys(held.city for held in demands if held.city is not None))
    homes = (country_of(collective, city) for city in cities)
    asked = [set(held.record.standards) for held in demands if held.record.standards]
    named = [set(held.record.themes) for held in demands]
    starts, ends = common_period(demands)
    proposal = BundleProposal(
        key=hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12],
        demands=tuple(demands),
        cities=cities,
        countries=tuple(sorted({home for home in homes if home is not None})),
        alike=round(alike, 4),
        themes=tuple(sorted(set.intersection(*named) or set.union(*named))),
        starts=starts,
        ends=ends,
        standards=tuple(sorted(set.intersection(*asked))) if asked else (),
        volumes=sum_volumes([held.record.volume for held in demands]),
        budgets=sum_budgets([held.record.budget for held in demands]),
        unknown_volume=tuple(one.record.id for one in demands if one.record.volume is None),
        leads=lead_candidates(collective, demands),
        reasons=(),
    )
    need = _need(annotations, model, demands)
    return replace(proposal, reasons=(need, *_reasons(proposal)))


def _need(annotations: Annotations, model: TextModel, demands: Sequence[Held[Demand]]) -> Reason:
    """Name the concepts that all are about."""
    vocabulary = annotations.annotator.vocabulary
    abouts = annotations.every(demands)
    shared = [
        part.name
        for part in model.explain(abouts[0], abouts[1]).concepts
        if part.name in vocabulary and all(part.name in about.concepts for about in abouts)
    ][:_NAMED]
    if not shared:
        return Reason("alike")
    what = {
        language: ", ".join(vocabulary.label(name, language) for name in shared)
        for language in LANGUAGES
    }
    return Reason("same-need", {"what": what}, tuple(shared))


def _reasons(proposal: BundleProposal) -> Iterator[Reason]:
    demands = proposal.demands
    undated = [
        held.record.id
        for held in demands
        if held.record.wanted_from is None and held.record.wanted_until is None
    ]
    starts, ends = proposal.starts, proposal.ends
    if starts is not None and ends is not None and starts <= ends:
        yield Reason("period", {"starts": starts.isoformat(), "ends": ends.isoformat()})
    if undated:
        yield Reason("period-unknown", {"count": len(undated)}, tuple(undated))
    if proposal.standards:
        count = len(proposal.standards)
        yield Reason("standards", {"count": count}, proposal.standards)
    if len(proposal.volumes) > 1:
        yield Reason("volumes-apart")
    elif proposal.volumes:
        (volume,) = proposal.volumes
        yield Reason("volume", {"value": f"{volume.value:g}", "unit": volume.unit})
    for budget in proposal.budgets:
        yield Reason("budget", {"value": f"{budget.amount:f}", "unit": budget.currency})
    if len(proposal.countries) > 1:
        yield Reason("abroad", {"count": len(proposal.countries)}, proposal.countries)
    first = [held.record.id for held in demands if held.record.launching_customer]
    if first:
        yield Reason("launching-customer", {"count": len(first)}, tuple(first))
