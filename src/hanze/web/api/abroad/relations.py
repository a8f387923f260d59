"""Partners abroad over time: what happened, how long trust took, what they are interested in."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from hanze.collaboration.collective import Collective, RecordNotFound
from hanze.collaboration.relations.happening import HAPPENING_KINDS, Happening
from hanze.collaboration.relations.interests import Interest, interests_of, notes_of
from hanze.collaboration.relations.partners import Relation, relations
from hanze.collaboration.relations.timeline import timeline
from hanze.collaboration.relations.trust import Trust, trust_of
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]

_Kind = Literal[HAPPENING_KINDS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
_Limit = Annotated[int, Meta(ge=0, le=1_000)]


class ChoiceOfRelations(Taken, frozen=True):
    """Which partners: of a country, and with whom (ids)."""

    country: str | None = None
    of: str | None = None
    limit: _Limit = 100
    offset: Annotated[int, Meta(ge=0)] = 0


class ChoiceOfTimeline(Taken, frozen=True):
    """Which part of a timeline: kinds of what happened, and with whom (id)."""

    kind: _Kind | tuple[_Kind, ...] = ()
    of: str | None = None
    limit: _Limit = 1_000
    offset: Annotated[int, Meta(ge=0)] = 0


class HappeningTold(Answer, frozen=True):
    """Something that happened or is planned.

    Attributes:
        on: The first day that it may have been.
        ends: The last, where it took several.
        precision: Whether the day is known, or its month or year.
        basis: From which field of the record the day is; "recorded" where no field says one.
        state: past, planned, late or cancelled.
        standing: Where it stands: the term of a code, and the code.
    """

    on: date
    kind: str
    title: Mapping[str, str]
    record: Told
    parties: Sequence[Named]
    state: str
    precision: str
    basis: str
    ends: date | None = None
    part: str | None = None
    standing: tuple[str, str] | None = None
    note: Mapping[str, str] = {}
    counterparts: Sequence[str] = ()


class TrustTold(Answer, frozen=True):
    """How long trust took: from the first meeting to the first accord, in days.

    Attributes:
        visits: Meetings before the accord, or in all where there is none.
        days: Negative where the accord came before any meeting that is recorded.
        exact: Whether both days are known.
    """

    parties: Sequence[Named]
    visits: int
    exact: bool
    days: int | None = None
    first_contact: date | None = None
    first_visit: date | None = None
    accord: Told | None = None


class ShownTold(Answer, frozen=True):
    """A record that shows an interest, and how."""

    how: str
    record: Told
    on: date


class InterestTold(Answer, frozen=True):
    """A theme that a partner is interested in, with what shows it."""

    theme: Named
    latest: date
    shown: Sequence[ShownTold]


class NoteTold(Answer, frozen=True):
    """What somebody who cooperates with the partner wrote of its interests."""

    record: Told
    text: Mapping[str, str]


class RelationTold(Answer, frozen=True):
    """A partner in short; `counts` are of what is past, by kind."""

    partner: Named
    others: Sequence[Named]
    counts: Mapping[str, int]
    in_force: int
    late: int
    country: Named | None = None
    first: date | None = None
    last: date | None = None
    following: date | None = None


class Relations(Answer, frozen=True):
    """Who has relations abroad; `total` without the limit."""

    relations: Sequence[RelationTold]
    total: int
    freshness: list[Freshness] = []


class RelationShown(Answer, frozen=True):
    """All about one partner, by day; `total` of the timeline is without the limit."""

    partner: Named
    timeline: Sequence[HappeningTold]
    total: int
    trust: Sequence[TrustTold]
    interests: Sequence[InterestTold]
    notes: Sequence[NoteTold]
    freshness: list[Freshness] = []


async def list_relations(ask: Ask) -> Relations:
    """List who has relations abroad, those of whom something happened last first."""
    choice = ask.parameters(ChoiceOfRelations)
    collective = await ask.node.collective.refresh(ask.now)
    # Thousands of records take a while: others need not wait for it.
    found = await asyncio.to_thread(
        relations, collective, ask.today, country=choice.country, of=choice.of
    )
    page = found[choice.offset : choice.offset + choice.limit]
    return Relations(
        relations=[_relation(one, collective) for one in page],
        total=len(found),
        freshness=freshness_of(collective, ask.now),
    )


async def show_relation(ask: Ask) -> RelationShown:
    """Show what happened with a partner, how long trust took, and what it is interested in."""
    choice = ask.parameters(ChoiceOfTimeline)
    collective = await ask.node.collective.refresh(ask.now)
    partner = ask.path("id")
    if collective.find(partner) is None:
        raise RecordNotFound(partner, "partner")
    found = await asyncio.to_thread(timeline, collective, partner, ask.today, of=choice.of)
    kinds = (choice.kind,) if isinstance(choice.kind, str) else choice.kind
    listed = [one for one in found if not kinds or one.kind in kinds]
    page = listed[choice.offset : choice.offset + choice.limit]
    return RelationShown(
        partner=named(partner, collective),
        timeline=[_happening(one, collective) for one in page],
        total=len(listed),
        trust=[_trust(one, collective) for one in trust_of(collective, found)],
        interests=[
            _interest(one, collective) for one in interests_of(collective, partner, ask.today)
        ],
        notes=[
            NoteTold(record=told(one.held, collective), text=one.text)
            for one in notes_of(collective, partner)
        ],
        freshness=freshness_of(collective, ask.now),
    )


def _relation(one: Relation, collective: Collective) -> RelationTold:
    return RelationTold(
        partner=named(one.partner, collective),
        others=[named(other, collective) for other in one.others],
        counts=one.counts,
        in_force=one.in_force,
        late=one.late,
        country=named_if(one.country, collective),
        first=_day(one.first),
        last=_day(one.last),
        following=_day(one.following),
    )


def _day(one: Happening | None) -> date | None:
    return one.on if one is not None else None


def _happening(one: Happening, collective: Collective) -> HappeningTold:
    return HappeningTold(
        on=one.on,
        kind=one.kind,
        title=one.title,
        record=told(one.held, collective),
        parties=[named(party, collective) for party in sorted(one.parties)],
        state=one.state,
        precision=one.precision,
        basis=one.basis,
        ends=one.ends,
        part=one.part,
        standing=one.standing,
        note=one.note,
        counterparts=one.counterparts,
    )


def _trust(one: Trust, collective: Collective) -> TrustTold:
    return TrustTold(
        parties=[named(party, collective) for party in one.parties],
        visits=one.visits,
        exact=one.exact,
        days=one.days,
        first_contact=_day(one.contact),
        first_visit=_day(one.visit),
        accord=told(one.accord.held, collective) if one.accord is not None else None,
    )


def _interest(one: Interest, collective: Collective) -> InterestTold:
    return InterestTold(
        theme=named(one.theme, collective),
        latest=one.latest,
        shown=[
            ShownTold(how=shown.how, record=told(shown.held, collective), on=shown.on)
            for shown in one.shown
        ],
    )


ROUTES = (
    ApiRoute("GET", "/relations", list_relations, Relations, parameters=ChoiceOfRelations),
    ApiRoute(
        "GET", "/relations/{id:path}", show_relation, RelationShown, parameters=ChoiceOfTimeline
    ),
)
