"""Results and follow-ups of missions: what became of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from hanze.collaboration.collective import Collective
from hanze.collaboration.missions.following import Told, add_follow_up, update_follow_up
from hanze.collaboration.missions.outcomes import State, Tracked, count, track, tracked
from hanze.collaboration.records.missions import FOLLOW_UP_KINDS, FOLLOW_UP_STATUSES, FollowUp
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.league_records import (
    Freshness,
    HomeNode,
    freshness_of,
    home_of_record,
)
from hanze.web.api.collective.records import Limit, Named, Offset, named, named_if
from hanze.web.api.collective.visits import new_id
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]

_Kind = Literal[FOLLOW_UP_KINDS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
_Status = Literal[FOLLOW_UP_STATUSES]  # type: ignore[valid-type]  # likewise
_Records = Annotated[Sequence[Id], Meta(max_length=100)]


class ChoiceOfFollowUps(Taken, frozen=True):
    """Which results and follow-ups: of a mission, owner, country or theme (ids), in which state."""

    mission: str | None = None
    owner: str | None = None
    country: str | None = None
    theme: str | None = None
    state: State | None = None
    limit: Limit = 100
    offset: Offset = 0


class AskedFollowUp(Taken, frozen=True):
    """A result, or what is to follow.

    Attributes:
        title: By language.
        kind: Result or follow-up.
        mission: Where it arose; one that this node keeps.
        accord: That it is about.
        group: The working group that sees to it.
        owner: Who sees to it; the mission's organiser where nobody is named.
        on: The day on which it was reached or agreed; today where it is absent.
        due: Last day.
        status: Where it stands; a result that was reached is done.
        description: More of it, by language.
        became: Records that came of it.
    """

    title: Text
    kind: _Kind = "follow-up"
    mission: Id | None = None
    accord: Id | None = None
    group: Id | None = None
    owner: Id | None = None
    on: date | None = None
    due: date | None = None
    status: _Status = "open"
    description: Text = {}
    became: _Records = ()


class AskedUpdate(Taken, frozen=True):
    """What is told of it: in words, its status, its new last day, or records that came of it."""

    text: Text = {}
    status: _Status | None = None
    due: date | None = None
    became: _Records = ()
    on: date | None = None


class UpdateOfFollowUp(Answer, frozen=True):
    """What was told on a day."""

    on: date
    text: Mapping[str, str]


class TrackedFollowUp(Answer, frozen=True):
    """A result or follow-up, where it stands, and what became of it.

    Attributes:
        state: Late is what is open after its last day.
        days: Until its last day; negative when that has passed.
        home: The node that keeps it, where that is another.
    """

    id: str
    title: Mapping[str, str]
    kind: str
    state: str
    on: date
    description: Mapping[str, str] = {}
    days: int | None = None
    due: date | None = None
    done_on: date | None = None
    owner: Named | None = None
    mission: Named | None = None
    accord: Named | None = None
    group: Named | None = None
    became: Sequence[Named] = ()
    updates: Sequence[UpdateOfFollowUp] = ()
    home: HomeNode | None = None


class TrackedFollowUps(Answer, frozen=True):
    """Those that are late first; `counts` are of all that the choice leaves, by state."""

    total: int
    counts: Mapping[str, int]
    follow_ups: Sequence[TrackedFollowUp]
    freshness: list[Freshness] = []


async def list_follow_ups(ask: Ask) -> TrackedFollowUps:
    """List results and follow-ups of all missions of the league: late, open, done, dropped."""
    choice = ask.parameters(ChoiceOfFollowUps)
    collective = await ask.node.collective.refresh(ask.now)
    found = tracked(
        collective,
        ask.today,
        mission=choice.mission,
        owner=choice.owner,
        country=choice.country,
        theme=choice.theme,
    )
    chosen = [one for one in found if choice.state in (None, one.state)]
    parts = freshness_of(collective, ask.now)
    shown = chosen[choice.offset : choice.offset + choice.limit]
    return TrackedFollowUps(
        total=len(chosen),
        counts=count(found),
        follow_ups=[_told(one, collective, parts) for one in shown],
        freshness=parts,
    )


async def show(ask: Ask) -> TrackedFollowUp:
    """Show a result or follow-up, where it stands, and what became of it."""
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), FollowUp)
    return _told(track(held, ask.today), collective, freshness_of(collective, ask.now))


async def add(ask: Ask) -> TrackedFollowUp:
    """Add a result or follow-up of a mission that this node keeps."""
    asked = await ask.body(AskedFollowUp)
    collective = await ask.node.collective.refresh(ask.now)
    on = asked.on or ask.today
    made = await add_follow_up(
        ask.node.store,
        ask.caller,
        collective,
        FollowUp(
            id=new_id(FollowUp, asked.owner),
            title=asked.title,
            description=asked.description,
            kind=asked.kind,
            mission=asked.mission,
            accord=asked.accord,
            group=asked.group,
            owner=asked.owner,
            on=on,
            due=asked.due,
            status=asked.status,
            done_on=on if asked.status != "open" else None,
            became=tuple(asked.became),
        ),
        now=ask.now,
    )
    return await _again(ask, made.id)


async def update(ask: Ask) -> TrackedFollowUp:
    """Tell what became of a follow-up: words, its status, its new last day, records."""
    asked = await ask.body(AskedUpdate)
    collective = await ask.node.collective.refresh(ask.now)
    changed = await update_follow_up(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        Told(text=asked.text, status=asked.status, due=asked.due, became=asked.became),
        on=asked.on or ask.today,
        now=ask.now,
    )
    return await _again(ask, changed.id)


async def _again(ask: Ask, record_id: str) -> TrackedFollowUp:
    """Show what was written, as it is read from now on."""
    collective = await ask.node.collective.refresh(ask.node.clock())
    return _told(track(collective.get(record_id, FollowUp), ask.today), collective, [])


def _told(one: Tracked, collective: Collective, parts: Sequence[Freshness]) -> TrackedFollowUp:
    record = one.held.record

    def name(record_id: str | None) -> Named | None:
        return named_if(record_id, collective)

    return TrackedFollowUp(
        id=record.id,
        title=record.title,
        kind=record.kind,
        state=one.state,
        on=record.on,
        description=record.description,
        days=one.days,
        due=record.due,
        done_on=record.done_on,
        owner=name(record.owner),
        mission=name(record.mission),
        accord=name(record.accord),
        group=name(record.group),
        became=[named(came, collective) for came in record.became],
        updates=[UpdateOfFollowUp(on=told.on, text=told.text) for told in record.updates],
        home=home_of_record(one.held.home, parts),
    )


ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/follow-ups", list_follow_ups, TrackedFollowUps, ChoiceOfFollowUps),
    ApiRoute(
        "POST", "/follow-ups", add, TrackedFollowUp, body=AskedFollowUp, writes=True, status=201
    ),
    ApiRoute("GET", "/follow-ups/{id:path}", show, TrackedFollowUp),
    ApiRoute(
        "POST",
        "/follow-ups/{id:path}/updates",
        update,
        TrackedFollowUp,
        body=AskedUpdate,
        writes=True,
    ),
)
