"""What is counted of cooperation across borders: one fact for each record that shows it.

contacts        first contacts of cooperations
missions        missions that took place
accords         accords that came into force
in-force        those of them that are in force today
projects        projects with parties of two countries that were begun
replications    what was proven in one country and adopted in another
exports         a company's work or solution, used in a project or city of another country;
                each company counts once for each project
follow-ups      results and follow-ups of missions
followed-up     those of them that are done
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NamedTuple

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.missions.outcomes import state_of
from hanze.collaboration.records.missions import FollowUp, Mission
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.projects import Project, Replication
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.relations.happening import Happening, Parties
from hanze.collaboration.relations.timeline import every_happening

__all__ = ["MEASURES", "Fact", "Families", "facts_of", "rests_on"]

MEASURES: Final = (
    *("contacts", "missions", "accords", "in-force", "projects", "replications", "exports"),
    *("follow-ups", "followed-up"),
)
#: What has to be recorded at all before "none" can be told from "not known".
_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "contacts": ("Cooperation",),
    "missions": ("Mission",),
    "accords": ("Accord",),
    "in-force": ("Accord",),
    "projects": ("Project",),
    "replications": ("Replication",),
    "exports": ("Project", "Replication"),
    "follow-ups": ("FollowUp",),
    "followed-up": ("FollowUp",),
}
_BEGUN: Final = frozenset({"pilot", "evaluated", "replicated", "scaled", "stopped"})
_ADOPTED: Final = frozenset({"adopted", "running", "evaluated"})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that counts once.

    Attributes:
        measure: One of `MEASURES`.
        held: The record that it rests on.
        year: In which it was; `None` where no record says.
        countries: Ids of those between which it was; of an export the country that it came from.
        others: Of an export, where it went.
        parties: Ids of who took part; of an export the company or solution.
        themes: Ids, with all that are above them.
    """

    measure: str
    held: Held[Record]
    year: int | None
    countries: frozenset[str]
    parties: frozenset[str]
    themes: frozenset[str]
    others: frozenset[str] = frozenset()


class _Around(NamedTuple):
    """What facts are sorted by."""

    parties: Parties
    families: "Families"


class Families:
    """Themes with those above them.

    Args:
        collective: Up to date.
    """

    def __init__(self, collective: Collective) -> None:
        self._above = {held.record.id: held.record.broader for held in collective.of(Theme)}

    def of(self, themes: tuple[str, ...]) -> frozenset[str]:
        """Add to themes all that are above them."""
        found: set[str] = set()
        for theme in themes:
            name: str | None = theme
            while name is not None and name not in found:
                found.add(name)
                name = self._above.get(name)
        return frozenset(found)

    def is_top(self, theme: str) -> bool:
        """Tell whether nothing is above a theme."""
        return self._above.get(theme) is None


def rests_on(measure: str) -> tuple[str, ...]:
    """Name the types of records without which a measure is not known."""
    return _TYPES[measure]


def facts_of(collective: Collective, today: date) -> tuple[Fact, ...]:
    """List all facts up to a day, in no particular order.

    Args:
        collective: Up to date, with the records of all nodes.
        today: What is planned after it does not count.
    """
    parties, families = Parties(collective), Families(collective)
    happened = [
        fact
        for one in every_happening(collective, today)
        for fact in _happened(collective, one, parties, families)
    ]
    return (
        *happened,
        *_exports(collective, _Around(parties, families)),
        *_follow_ups(collective, parties, families, today),
    )


def _happened(
    collective: Collective, one: Happening, parties: Parties, families: Families
) -> Iterator[Fact]:
    for measure, year in _counted(collective, one):
        yield Fact(
            measure=measure,
            held=one.held,
            year=year,
            countries=parties.countries(one.parties),
            parties=one.parties,
            themes=families.of(one.held.record.themes),
        )


def _counted(collective: Collective, one: Happening) -> Iterator[tuple[str, int | None]]:
    """Tell as what a happening counts, and in which year."""
    told = one.on.year if one.basis not in ("recorded", "source_date") else None
    record = one.held.record
    if isinstance(record, Replication):
        if one.state != "cancelled" and record.status in _ADOPTED:
            yield "replications", _year_of_result(collective, record)
    elif isinstance(record, Project):
        if record.stage in _BEGUN:
            yield "projects", told
    elif one.is_past and one.kind == "contact":
        yield "contacts", told
    elif one.kind == "mission" and one.is_past:
        yield "missions", told
    elif one.kind == "accord" and one.is_past:
        yield "accords", told
        if one.standing == ("accordState", "in-force"):
            yield "in-force", told


def _year_of_result(collective: Collective, replication: Replication) -> int | None:
    """The year in which the project began that a replication became: nothing else is dated."""
    name = replication.result_project
    held = collective.find(name) if name is not None else None
    begun = held.record.started_on if held and isinstance(held.record, Project) else None
    return begun.year if begun is not None else None


def _exports(collective: Collective, around: _Around) -> Iterator[Fact]:
    results = set()
    for held in collective.of(Project):
        project = held.record
        if project.stage in _BEGUN:
            year = project.started_on.year if project.started_on is not None else None
            sellers = {*project.suppliers, *_sellers(collective, project.solutions)}
            yield from _sold(held, sellers, held.city or project.lead, year, around)
            results.add(project.id)
    for one in collective.of(Replication):
        replication = one.record
        # What became a project has been counted with it.
        if replication.status in _ADOPTED and replication.result_project not in results:
            named = () if replication.solution is None else (replication.solution,)
            sellers = set(_sellers(collective, named))
            yield from _sold(one, sellers, replication.city, None, around)


def _sold(
    held: Held[Record],
    sellers: set[str],
    buyer: str | None,
    year: int | None,
    around: _Around,
) -> Iterator[Fact]:
    parties, families = around
    there = parties.country(buyer) if buyer is not None else None
    for seller in sorted(sellers):
        here = parties.country(seller)
        if here is not None and there is not None and here != there:
            yield Fact(
                measure="exports",
                held=held,
                year=year,
                countries=frozenset({here}),
                others=frozenset({there}),
                parties=frozenset({seller}),
                themes=families.of(held.record.themes),
            )


def _sellers(collective: Collective, solutions: tuple[str, ...]) -> Iterator[str]:
    """Whose solutions they are: companies alone sell; what a city shares is no export."""
    for name in solutions:
        held = collective.find(name)
        if held is None or not isinstance(held.record, Solution):
            continue
        for provider in held.record.providers:
            known = collective.find(provider)
            if known is not None and isinstance(known.record, Organization):
                yield provider


def _follow_ups(
    collective: Collective, parties: Parties, families: Families, today: date
) -> Iterator[Fact]:
    for held in collective.of(FollowUp):
        follow_up = held.record
        found = collective.find(follow_up.mission) if follow_up.mission is not None else None
        mission = found.record if found is not None else None
        if not isinstance(mission, Mission) or follow_up.on > today:
            continue
        involved = frozenset({mission.organiser, mission.country})
        fact = Fact(
            measure="follow-ups",
            held=held,
            year=follow_up.on.year,
            countries=parties.countries(involved),
            parties=involved,
            themes=families.of((*follow_up.themes, *mission.themes)),
        )
        yield fact
        if state_of(follow_up, today) == "done":
            yield replace(fact, measure="followed-up")
