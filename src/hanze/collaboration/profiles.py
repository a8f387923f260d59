"""From records to what matching looks at (`matching.profile.Profile`)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Final

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.language.annotate import Annotation
from hanze.collaboration.language.detect import Language
from hanze.collaboration.matching.peers import CityProfile, Scales, compare, fit_scales
from hanze.collaboration.matching.profile import EVIDENCE, Evidence, Profile
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import LivingLab, PilotRecord, Project
from hanze.collaboration.records.record import Record
from hanze.errors import InvalidInput

__all__ = ["Likeness", "NotMatched", "Profiles", "city_profile", "country_of"]

#: Statuses in which a demand or question no longer seeks.
_SETTLED: Final = frozenset({"draft", "awarded", "fulfilled", "withdrawn", "answered", "matched"})
#: What a signed record of a pilot shows, by its outcome.
_PILOTS: Final = {"worked": 1.0, "partly": 0.4, "failed": 0.0}
#: Stages in which a project proved something.
_PROVEN: Final = frozenset({"evaluated", "replicated", "scaled"})
#: Concepts of a text that weigh less are asides.
_MATTERS: Final = 0.6


class NotMatched(InvalidInput):
    """Records of this type take no part in matching."""

    def __init__(self, record: Record) -> None:
        kind = type(record).__name__
        super().__init__(f"{record.id} is a {kind}, and these are not matched", value=record.id)


class Profiles:
    """Makes profiles of records, with what the collective knows around them.

    Args:
        collective: Where the records are.
        annotations: What they are about.
        today: For deadlines and periods.
    """

    def __init__(self, collective: Collective, annotations: Annotations, today: date) -> None:
        self._collective = collective
        self._annotations = annotations
        self._today = today

    def of(self, held: Held[Record]) -> Profile:
        """Make the profile of a record of any type that takes part in matching."""
        record = held.record
        if isinstance(record, Demand):
            found = self._demand(record)
        elif isinstance(record, Solution):
            found = self._solution(held, record)
        elif isinstance(record, Organization):
            found = self._organization(held, record)
        elif isinstance(record, ResearchQuestion):
            found = self._question(record)
        elif isinstance(record, LivingLab):
            found = self._lab(record)
        elif isinstance(record, Municipality | Region | Country):
            found = self._place(held)
        else:
            raise NotMatched(record)
        return Profile(**(self._common(held) | found))  # type: ignore[arg-type]  # gathered by name

    def _common(self, held: Held[Record]) -> dict[str, object]:
        record = held.record
        return {
            "id": record.id,
            "kind": type(record).__name__,
            "about": self._annotations.of(held),
            "themes": frozenset(record.themes),
            "city": held.city,
            "country": country_of(self._collective, held.city),
        }

    def _demand(self, demand: Demand) -> dict[str, object]:
        closed = demand.status if demand.status in _SETTLED else ""
        if not closed and demand.deadline is not None and demand.deadline < self._today:
            closed = "deadline"
        return {
            "standards": frozenset(demand.standards),
            "openness": demand.openness,
            "trl_minimum": demand.trl_minimum,
            "languages": frozenset(demand.languages),
            "allowed_countries": frozenset(demand.countries),
            "requirements": _words(demand.requirements),
            "personal_data": demand.personal_data,
            "groups": _words(demand.residents_groups),
            "starts": demand.wanted_from,
            "ends": demand.wanted_until,
            "closed": closed,
        }

    def _solution(self, held: Held[Record], solution: Solution) -> dict[str, object]:
        provider = solution.providers[0] if solution.providers else None
        home = country_of(self._collective, provider) or country_of(self._collective, held.city)
        return {
            "country": home,
            "supplier": provider,
            "standards": frozenset(solution.standards),
            "openness": solution.openness,
            "trl": solution.trl,
            "evidence": self._evidence([solution.id]),
            "languages": frozenset(solution.languages),
            "allowed_countries": frozenset(solution.countries),
            "meets": _words(solution.meets),
            "personal_data": solution.personal_data,
            "groups": _words(solution.residents_groups),
            "closed": "withdrawn" if solution.status == "withdrawn" else "",
        }

    def _place(self, held: Held[Record]) -> dict[str, object]:
        """A city, by all that it needs and has proven."""
        city = held.record.id
        own = [other for kind in (Demand, Project, Solution) for other in self._of_city(city, kind)]
        themes = frozenset(chain.from_iterable(other.record.themes for other in own))
        demands = [self.of(other) for other in self._of_city(city, Demand)]
        proven = [
            self._annotations.of(other)
            for other in self._of_city(city, Project)
            if isinstance(other.record, Project) and other.record.stage in _PROVEN
        ]
        return {
            "about": _together([self._annotations.of(other) for other in own]),
            "themes": themes | frozenset(getattr(held.record, "leads_themes", ())),
            "needs": _concepts(profile.about for profile in demands if not profile.closed),
            "strengths": _concepts(proven),
        }

    def _organization(self, held: Held[Record], organization: Organization) -> dict[str, object]:
        offers = [
            reference.source
            for reference in self._collective.referring(organization.id)
            if reference.field == "providers"
        ]
        solutions = [
            found.record
            for name in offers
            if (found := self._collective.find(name)) and isinstance(found.record, Solution)
        ]
        whole = [held, *(found for name in offers if (found := self._collective.find(name)))]
        seat = organization.municipality
        return {
            "about": _together([self._annotations.of(one) for one in whole]),
            "themes": frozenset(chain.from_iterable(one.record.themes for one in whole)),
            "city": seat or held.city,
            "country": organization.country or country_of(self._collective, seat),
            "supplier": organization.id,
            "standards": frozenset(chain.from_iterable(one.standards for one in solutions)),
            "meets": _words(chain.from_iterable(one.meets for one in solutions)),
            "evidence": self._evidence([organization.id, *offers]),
            "allowed_countries": frozenset(organization.markets),
        }

    def _question(self, question: ResearchQuestion) -> dict[str, object]:
        late = question.deadline is not None and question.deadline < self._today
        closed = question.status if question.status in _SETTLED else "deadline" if late else ""
        return {"closed": closed, "partners": frozenset(question.researchers)}

    def _lab(self, lab: LivingLab) -> dict[str, object]:
        room = any(slot.taken < slot.places and slot.ends >= self._today for slot in lab.slots)
        return {
            "allowed_countries": frozenset(lab.open_to),
            "languages": frozenset(lab.languages),
            "meets": _words(lab.equipment),
            "closed": "" if room or not lab.slots else "full",
        }

    def _evidence(self, ids: Iterable[str]) -> tuple[Evidence, ...]:
        """What shows that a solution, or a company's work, holds."""
        found: dict[str, Evidence] = {}
        for name in ids:
            proof = self._collective.find(name)
            named = proof.record.proven_in if proof and isinstance(proof.record, Solution) else ()
            referring = (reference.source for reference in self._collective.referring(name))
            for record_id in (*named, *referring):
                piece = self._piece(record_id)
                if piece is not None:
                    found[record_id] = piece
        return tuple(found[name] for name in sorted(found))

    def _piece(self, record_id: str) -> Evidence | None:
        held = self._collective.find(record_id)
        if held is None:
            return None
        if isinstance(held.record, Project):
            return Evidence(record_id, EVIDENCE[held.record.stage], held.city)
        if isinstance(held.record, PilotRecord) and held.record.signature:
            return Evidence(record_id, _PILOTS[held.record.outcome], held.record.city)
        return None

    def _of_city(self, city: str, kind: type[Record]) -> Sequence[Held[Record]]:
        return self._by_city.get((city, kind), ())

    @cached_property
    def _by_city(self) -> Mapping[tuple[str, type[Record]], list[Held[Record]]]:
        found: dict[tuple[str, type[Record]], list[Held[Record]]] = {}
        for kind in (Demand, Project, Solution):
            for held in self._collective.of(kind):
                if held.city is not None:
                    found.setdefault((held.city, kind), []).append(held)
        return found


class Likeness:
    """How alike cities are (`matching.peers`), remembered: rankings ask for the same pairs.

    Args:
        collective: Whose municipalities are compared.
    """

    def __init__(self, collective: Collective) -> None:
        places = {held.record.id: held.record for held in collective.of(Municipality)}
        self._profiles = {name: city_profile(place) for name, place in places.items()}
        self.scales: Scales = fit_scales(self._profiles.values())
        self._kept: dict[tuple[str, str], float | None] = {}

    def __call__(self, one: str, other: str) -> float | None:
        """Tell how alike two cities are, 0 to 1; `None` where too little is known of them."""
        pair = (one, other) if one < other else (other, one)
        if pair not in self._kept:
            known = [self._profiles.get(name) for name in pair]
            self._kept[pair] = (
                compare(known[0], known[1], self.scales).score if known[0] and known[1] else None
            )
        return self._kept[pair]

    def profile(self, city: str) -> CityProfile | None:
        return self._profiles.get(city)


def city_profile(place: Municipality) -> CityProfile:
    """Tell what is known of a city as numbers that can be compared."""
    residents = place.residents
    features: dict[str, float] = {}
    if residents is not None:
        known = {
            "under18": residents.under_18,
            "over65": residents.over_65,
            "higherEducation": residents.higher_education,
        }
        features = {name: value for name, value in known.items() if value is not None}
    area = place.area
    return CityProfile(
        id=place.id,
        country=place.country or "",
        population=place.population,
        area_km2=area.value if area is not None and area.unit == "KMK" else None,
        features=features,
        themes=frozenset(place.leads_themes),
    )


def country_of(collective: Collective, place: str | None) -> str | None:
    """Return the id of the country of a city, region, country or organisation; `None` if unknown."""
    held = collective.find(place) if place else None
    if held is None:
        return None
    record = held.record
    if isinstance(record, Country):
        return record.id
    if isinstance(record, Municipality | Region):
        return record.country
    if isinstance(record, Organization):
        seat = collective.find(record.municipality) if record.municipality else None
        there = seat.record.country if seat and isinstance(seat.record, Municipality) else None
        return record.country or there
    return None


def _words(several: Iterable[str]) -> frozenset[str]:
    return frozenset(word.strip().casefold() for word in several)


def _concepts(abouts: Iterable[Annotation]) -> frozenset[str]:
    """Concepts that texts are really about."""
    return frozenset(
        name for about in abouts for name, weight in about.concepts.items() if weight >= _MATTERS
    )


def _together(abouts: Iterable[Annotation]) -> Annotation:
    """What several texts are about: every concept and word, as much as it is in the one most about it."""
    concepts: dict[str, float] = {}
    lemmas: dict[str, float] = {}
    languages: dict[Language, None] = {}
    for about in abouts:
        for mine, theirs in ((concepts, about.concepts), (lemmas, about.lemmas)):
            for name, weight in theirs.items():
                mine[name] = max(weight, mine.get(name, 0.0))
        languages.update(dict.fromkeys(about.languages))
    return Annotation(concepts, lemmas, tuple(languages))
