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

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.bundle_groups import (
    LARGEST,
    LEAST_ALIKE,
    common_period,
    compatible,
    grouped_demands,
)
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

#: Concepts that a reason names.
_NAMED: Final = 3


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
    found = grouped_demands(collective, annotations, today=today, theme=theme)
    chosen = [one for one in found.groups if city is None or city in one.cities][:limit]
    return [
        _proposal(collective, annotations, found.model, one.demands, one.alike) for one in chosen
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
