"""What a partner is interested in: themes, each with the records that show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.cooperation import Accord, Cooperation
from hanze.collaboration.records.gatherings import Participation
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.record import Label, Record
from hanze.collaboration.relations.happening import recorded
from hanze.collaboration.relations.timeline import circle_of
from hanze.collaboration.relations.travelled import guests_of, hosts_of, once

__all__ = ["SHOWN_BY", "Interest", "Note", "Shown", "interests_of", "notes_of"]

#: How an interest shows, the strongest first: somebody heard it said, the partner itself asks for
#: it, it agreed on it, it travelled or looked for people for it, it goes first in it.
SHOWN_BY: Final = (
    "said",
    "demand",
    "question",
    "accord",
    "cooperation",
    "participation",
    "mission",
)
_LEADS: Final = "leads"
#: Statuses of what still seeks.
_SEEKING: Final = frozenset({"open", "bundled", "tendering", "matched"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One record that shows an interest.

    Attributes:
        how: One of `SHOWN_BY`, or "leads" for a place that goes first in the theme.
        held: The record.
        on: Of which day.
    """

    how: str
    held: Held[Record]
    on: date


@dataclass(frozen=True, slots=True)
class Interest:
    """A theme that a partner is interested in.

    Attributes:
        theme: Id.
        shown: By what, the strongest first; of what is equally strong the latest first.
    """

    theme: str
    shown: tuple[Shown, ...]

    @property
    def latest(self) -> date:
        return max(one.on for one in self.shown)


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote of a partner's interests, by language."""

    held: Held[Cooperation]
    text: Label


def interests_of(collective: Collective, partner_id: str, today: date) -> tuple[Interest, ...]:
    """List the themes that a partner is interested in, those that more kinds of records show first.

    Needs that are settled and missions that were cancelled show none.

    Args:
        collective: Up to date.
        partner_id: A city, region, country or organisation, with what is within it.
        today: Nothing of a later day counts, but for what is planned.
    """
    circle = circle_of(collective, partner_id)
    found: dict[str, list[Shown]] = {}
    for theme, shown in _shown(collective, circle, partner_id):
        found.setdefault(theme, []).append(shown)
    interests = [
        Interest(theme, tuple(sorted(several, key=lambda one: _strength(one, today))))
        for theme, several in found.items()
    ]
    return tuple(sorted(interests, key=lambda one: _rank(one, today)))


def notes_of(collective: Collective, partner_id: str) -> tuple[Note, ...]:
    """List what those who cooperate with a partner wrote of its interests."""
    circle = circle_of(collective, partner_id)
    return tuple(
        Note(held, held.record.interest_notes)
        for held in collective.of(Cooperation)
        if held.record.partner in circle and held.record.interest_notes
    )


def _strength(one: Shown, today: date) -> tuple[int, int, str]:
    place = SHOWN_BY.index(one.how) if one.how in SHOWN_BY else len(SHOWN_BY)
    return place, abs((today - one.on).days), one.held.record.id


def _rank(one: Interest, today: date) -> tuple[int, int, int, str]:
    kinds = {shown.how for shown in one.shown}
    return -len(kinds), -len(one.shown), abs((today - one.latest).days), one.theme


def _shown(
    collective: Collective, circle: frozenset[str], partner_id: str
) -> Iterator[tuple[str, Shown]]:
    yield from _said(collective, circle)
    yield from _needed(collective, circle)
    yield from _done(collective, circle)
    partner = collective.find(partner_id)
    if partner is not None and isinstance(partner.record, Municipality | Region):
        yield from _each(partner, _LEADS, partner.record.leads_themes)


def _said(collective: Collective, circle: frozenset[str]) -> Iterator[tuple[str, Shown]]:
    for held in collective.of(Cooperation):
        cooperation = held.record
        if cooperation.partner in circle:
            yield from _each(held, "said", cooperation.interests)
        if not circle.isdisjoint((cooperation.party, cooperation.partner)):
            yield from _each(held, "cooperation", cooperation.themes)


def _needed(collective: Collective, circle: frozenset[str]) -> Iterator[tuple[str, Shown]]:
    for demand in collective.of(Demand):
        if demand.city in circle and demand.record.status in _SEEKING:
            yield from _each(demand, "demand", demand.record.themes)
    for question in collective.of(ResearchQuestion):
        if question.city in circle and question.record.status in _SEEKING:
            yield from _each(question, "question", question.record.themes)
    for one in collective.of(Participation):
        if one.record.party in circle and one.record.status == "registered":
            yield from _each(one, "participation", one.record.themes)


def _done(collective: Collective, circle: frozenset[str]) -> Iterator[tuple[str, Shown]]:
    for accord in collective.of(Accord):
        if accord.record.status != "draft" and not circle.isdisjoint(accord.record.parties):
            yield from _each(accord, "accord", accord.record.themes)
    for mission, _ in once(collective):
        record = mission.record
        involved = guests_of(record) | hosts_of(record)
        if record.status != "cancelled" and not circle.isdisjoint(involved):
            yield from _each(mission, "mission", record.themes, on=record.starts)


def _each(
    held: Held[Record], how: str, themes: tuple[str, ...], *, on: date | None = None
) -> Iterator[tuple[str, Shown]]:
    for theme in themes:
        yield theme, Shown(how, held, on or recorded(held)[0])
