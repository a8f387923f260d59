"""Buddies: cities that did it before look along with a tender while it runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.needs import Demand, DemandBundle, Tender
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Label
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.writing import create_record
from hanze.errors import Conflicting, Denied
from hanze.identity.caller import Caller

__all__ = [
    "Buddy",
    "LiveTender",
    "NoLiveTender",
    "NotABuddy",
    "Proof",
    "buddies_for",
    "is_live",
    "is_proven",
    "live_tenders",
    "say_as_buddy",
]

#: Stages of a project that others took over, or that grew: that proves it.
_PROVEN_STAGES: Final = ("replicated", "scaled")
_PROVEN_OUTCOMES: Final = ("good", "mixed")


class NoLiveTender(Conflicting):
    """A record has no tender that runs on the day."""

    def __init__(self, record_id: str) -> None:
        super().__init__(f"{record_id} has no tender that runs now, so a buddy has nothing to add")
        self.record_id = record_id


class NotABuddy(Denied):
    """A city may not be the buddy of a tender."""

    def __init__(self, city: str, reason: str) -> None:
        super().__init__(f"{city} cannot be the buddy of this tender: {reason}")
        self.city = city


@dataclass(frozen=True, slots=True)
class LiveTender:
    """A tender that runs.

    Attributes:
        need: The demand or bundle that is tendered.
        days_left: Until it closes; `None` where the last day is not known.
        comments: Of buddies, the oldest first.
    """

    need: Held[Demand] | Held[DemandBundle]
    tender: Tender
    days_left: int | None
    comments: tuple[Held[Comment], ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proven project of a city, and the themes that it shares with the tender."""

    project: Held[Project]
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Buddy:
    """A city that may look along.

    Attributes:
        city: Id.
        proofs: Why: at least one.
        leads: Themes of the tender in which it is a lead city.
        said: How often it commented on this tender.
    """

    city: str
    proofs: tuple[Proof, ...]
    leads: tuple[str, ...]
    said: int


def is_live(tender: Tender | None, today: date) -> bool:
    """Tell whether a tender runs: it is active, and the day is within its period."""
    if tender is None or tender.status != "active":
        return False
    started = tender.starts is None or tender.starts <= today
    return started and (tender.ends is None or today <= tender.ends)


def is_proven(project: Project) -> bool:
    """Tell whether a project shows that it can be done: grown, replicated, or evaluated well."""
    if project.stage in _PROVEN_STAGES:
        return True
    evaluation = project.evaluation
    return (
        project.stage == "evaluated"
        and evaluation is not None
        and evaluation.technical in _PROVEN_OUTCOMES
    )


def live_tenders(collective: Collective, today: date) -> tuple[LiveTender, ...]:
    """List the tenders that run; those that close first come first."""
    needs: list[Held[Demand] | Held[DemandBundle]] = [
        *collective.of(Demand),
        *collective.of(DemandBundle),
    ]
    found = [
        LiveTender(held, tender, _days(tender, today), _comments(collective, held.record.id))
        for held in needs
        if (tender := held.record.tender) is not None and is_live(tender, today)
    ]
    return tuple(sorted(found, key=lambda one: (one.days_left is None, one.days_left or 0)))


def buddies_for(collective: Collective, need_id: str) -> tuple[Buddy, ...]:
    """Propose buddies for a demand or bundle: lead cities first, then those with more proof.

    The cities that tender themselves are left out.

    Raises:
        RecordNotFound: It is no demand and no bundle.
    """
    need = _need(collective, need_id)
    themes = set(_themes(collective, need))
    tendering = set(_tendering(collective, need))
    proofs: dict[str, list[Proof]] = {}
    for held in collective.of(Project):
        shared = tuple(theme for theme in held.record.themes if theme in themes)
        if not shared or not is_proven(held.record):
            continue
        for city in dict.fromkeys(_doers(held)):
            if city not in tendering:
                proofs.setdefault(city, []).append(Proof(held, shared))
    said = [held.record.city for held in _comments(collective, need_id)]
    leads = {
        held.record.id: held.record.lead_cities
        for held in collective.of(Theme)
        if held.record.id in themes
    }
    found = [
        Buddy(
            city,
            tuple(some),
            tuple(theme for theme, cities in leads.items() if city in cities),
            said.count(city),
        )
        for city, some in proofs.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.leads), -len(one.proofs), one.city)))


async def say_as_buddy(
    store: Store,
    collective: Collective,
    caller: Caller,
    *,
    comment_id: str,
    about: str,
    city: str,
    text: Label,
    by: str | None = None,
    today: date,
    now: str,
) -> Comment:
    """Comment on a live tender, as a city with a proven project in its theme.

    Raises:
        RecordNotFound: `about` is no demand and no bundle.
        NoLiveTender: It is not being tendered.
        NotABuddy: The city has no such project, or tenders itself.
    """
    need = _need(collective, about)
    if not is_live(need.record.tender, today):
        raise NoLiveTender(about)
    if city in _tendering(collective, need):
        raise NotABuddy(city, "it is one of those who tender")
    if all(buddy.city != city for buddy in buddies_for(collective, about)):
        raise NotABuddy(city, "it has no proven project in the themes of the tender")
    comment = Comment(
        id=comment_id,
        title=need.record.title,
        about=about,
        text=text,
        kind="buddy",
        city=city,
        source_city=city,
        by=by,
        said_on=today,
        themes=need.record.themes,
        provenance="entered",
    )
    return await create_record(store, caller, comment, now=now)


def _need(collective: Collective, need_id: str) -> Held[Demand] | Held[DemandBundle]:
    held = collective.find(need_id)
    if held is not None and isinstance(held.record, DemandBundle):
        return collective.get(need_id, DemandBundle)
    return collective.get(need_id, Demand)


def _demands(
    collective: Collective, need: Held[Demand] | Held[DemandBundle]
) -> Iterator[Held[Demand]]:
    if not isinstance(need.record, DemandBundle):
        yield collective.get(need.record.id, Demand)
        return
    for demand_id in need.record.demands:
        held = collective.find(demand_id)
        if held is not None and isinstance(held.record, Demand):
            yield collective.get(demand_id, Demand)


def _themes(collective: Collective, need: Held[Demand] | Held[DemandBundle]) -> Iterator[str]:
    yield from need.record.themes
    for demand in _demands(collective, need):
        yield from demand.record.themes


def _tendering(collective: Collective, need: Held[Demand] | Held[DemandBundle]) -> Iterator[str]:
    if need.city is not None:
        yield need.city
    if isinstance(need.record, DemandBundle):
        yield from need.record.members
    for demand in _demands(collective, need):
        yield from demand.record.buyers
        if demand.city is not None:
            yield demand.city


def _doers(held: Held[Project]) -> Iterator[str]:
    """Name the cities whose project it is: whose record, who leads, and who followed."""
    for place in (held.city, held.record.lead, *held.record.followers):
        if place is not None and ":Municipality:" in place:
            yield place


def _comments(collective: Collective, about: str) -> tuple[Held[Comment], ...]:
    found = [
        collective.get(reference.source, Comment)
        for reference in collective.referring(about)
        if reference.field == "about"
    ]
    buddies = [held for held in found if held.record.kind == "buddy"]
    return tuple(sorted(buddies, key=lambda held: (held.record.said_on or date.min, held.date)))


def _days(tender: Tender, today: date) -> int | None:
    return (tender.ends - today).days if tender.ends is not None else None
