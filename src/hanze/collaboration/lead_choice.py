"""Who could lead a bundle: each city with its reasons, for the members to decide."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import MATURITIES, Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.themes import Theme

__all__ = ["LEAD_WEIGHTS", "LeadCandidate", "lead_candidates"]

#: What each reason counts; together 1.
LEAD_WEIGHTS: Final[Mapping[str, float]] = {
    "experience": 0.35,
    "role": 0.25,
    "volume": 0.2,
    "maturity": 0.2,
}
#: Projects beyond which more experience tells no more.
_EXPERIENCED: Final = 5
_WITHOUT_EXPERIENCE: Final = frozenset({"idea", "challenge"})


@dataclass(frozen=True, slots=True)
class LeadCandidate:
    """A city that could lead.

    Attributes:
        city: Id.
        score: 0 to 1.
        parts: By reason (of `LEAD_WEIGHTS`), 0 to 1; `None` where nothing is known, which counts
            as 0.
        evidence: Ids of the projects and themes that it rests on.
    """

    city: str
    score: float
    parts: Mapping[str, float | None]
    evidence: tuple[str, ...]


def lead_candidates(
    collective: Collective, demands: Sequence[Held[Demand]]
) -> tuple[LeadCandidate, ...]:
    """Order the cities of some demands by how well they could lead, the first first.

    Themes are those of the demands; where they name none, all experience counts.
    """
    themes = frozenset(theme for held in demands for theme in held.record.themes)
    units = {held.record.volume.unit if held.record.volume else None for held in demands}
    total = sum(held.record.volume.value for held in demands if held.record.volume is not None)
    comparable = len(units) == 1 and None not in units and total > 0
    roles = _roles(collective, themes)
    experience = _projects(collective, {held.city for held in demands}, themes)
    found = []
    for held in demands:
        city = held.city
        if city is None:
            continue
        projects = experience.get(city, [])
        volume = held.record.volume
        parts = {
            "experience": min(len(projects), _EXPERIENCED) / _EXPERIENCED,
            "role": 1.0 if roles.get(city) else 0.0,
            "volume": volume.value / total if comparable and volume is not None else None,
            "maturity": _maturity(collective, city),
        }
        score = sum(LEAD_WEIGHTS[name] * (value or 0.0) for name, value in parts.items())
        evidence = (*projects[:_EXPERIENCED], *roles.get(city, ()))
        found.append(LeadCandidate(city, round(score, 6), parts, evidence))
    return tuple(sorted(found, key=lambda one: (-one.score, one.city)))


def _projects(
    collective: Collective, cities: Collection[str | None], themes: frozenset[str]
) -> dict[str, list[str]]:
    """By city: projects of its own, or that it leads, which went beyond a challenge."""
    found: dict[str, list[str]] = {}
    for held in collective.of(Project):
        project = held.record
        if project.stage in _WITHOUT_EXPERIENCE:
            continue
        if themes and themes.isdisjoint(project.themes):
            continue
        for city in {held.city, project.lead}:
            if city is not None and city in cities:
                found.setdefault(city, []).append(project.id)
    return {city: sorted(names) for city, names in found.items()}


def _roles(collective: Collective, themes: frozenset[str]) -> dict[str, list[str]]:
    """By city: the themes of these in which it goes first."""
    roles: dict[str, list[str]] = {}
    for theme in collective.of(Theme):
        if theme.record.id in themes:
            for city in theme.record.lead_cities:
                roles.setdefault(city, []).append(theme.record.id)
    for place in collective.of(Municipality):
        for theme_id in place.record.leads_themes:
            if theme_id in themes and theme_id not in roles.get(place.record.id, ()):
                roles.setdefault(place.record.id, []).append(theme_id)
    return {city: sorted(names) for city, names in roles.items()}


def _maturity(collective: Collective, city: str) -> float | None:
    held = collective.find(city)
    place = held.record if held is not None else None
    if not isinstance(place, Municipality) or place.maturity is None:
        return None
    return MATURITIES.index(place.maturity) / (len(MATURITIES) - 1)
