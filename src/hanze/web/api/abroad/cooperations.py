"""The steps of cooperations with partners abroad, and what is due in them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from hanze.collaboration.collective import Collective
from hanze.collaboration.cooperating.proposals import Proposed, propose_solutions
from hanze.collaboration.cooperating.starting import (
    MONTHS,
    add_meeting,
    answer_cooperation,
    attach_to_step,
    change_step,
    start_cooperation,
    take_up_counterpart,
)
from hanze.collaboration.cooperating.steps import cooperation_view, cooperations
from hanze.collaboration.records.cooperation import (
    COOPERATION_STATUSES,
    Cooperation,
    CooperationStep,
    Document,
)
from hanze.collaboration.writing import change_record
from hanze.web.api.abroad.cooperation_told import CooperationTold, cooperation_told
from hanze.web.api.abroad.reminders import ROUTES as REMINDERS
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named
from hanze.web.api.collective.visits import at_home, collective_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]

_Status = Literal[COOPERATION_STATUSES]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes


class ChoiceOfCooperations(Taken, frozen=True):
    """Which cooperations.

    Attributes:
        party: Id of a city, region or organisation on either side.
        country: Id of a country on either side.
        theme: Id of a topic of it, or an interest of one side.
        status: Of the side that stands for both.
        late: Only those with a late step.
    """

    party: str | None = None
    country: str | None = None
    theme: str | None = None
    status: _Status | None = None
    late: bool = False


class Cooperations(Answer, frozen=True):
    """Cooperations of the league, those with late steps first."""

    cooperations: Sequence[CooperationTold]
    freshness: list[Freshness] = []


class AskedCooperation(Taken, frozen=True):
    """A cooperation to start, as one side's own record.

    Attributes:
        party: Whose record it is.
        partner: With whom.
        since: First contact; today where it is absent. The days of the steps count from it.
        months: After that, at which each of the five steps is due.
    """

    party: Id
    partner: Id
    title: Text = {}
    goal: Text = {}
    themes: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()
    interests: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()
    since: date | None = None
    months: Annotated[tuple[int, ...], Meta(max_length=5)] = MONTHS


class AskedAnswer(Taken, frozen=True):
    """The other side's answer: at how many months from today its steps are due."""

    months: Annotated[tuple[int, ...], Meta(max_length=5)] = MONTHS


class AskedChange(Taken, frozen=True):
    """What changes of a side's own record; what is absent stays."""

    status: _Status | None = None
    until: date | None = None
    goal: Text | None = None
    interests: Annotated[tuple[Id, ...], Meta(max_length=50)] | None = None


class AskedStep(Taken, frozen=True):
    """What changes of a side's own step; what is absent stays.

    Attributes:
        done_on: The day on which this side did it.
        undone: Takes back that it was done.
        contact: Whom this side names (first step).
        challenges: That this side lists (second step, and meetings).
        records: That were found (third step), or that it led to.
        progress: What was done or agreed.
        documents: With their hashes (`POST /documents`).
    """

    due: date | None = None
    done_on: date | None = None
    undone: bool = False
    contact: Id | None = None
    challenges: Annotated[tuple[Id, ...], Meta(max_length=200)] | None = None
    records: Annotated[tuple[Id, ...], Meta(max_length=200)] | None = None
    progress: Text | None = None
    documents: Annotated[tuple[Document, ...], Meta(max_length=50)] | None = None


class AskedMeeting(Taken, frozen=True):
    """The day of another regular meeting."""

    on: date


class ProposedTold(Answer, frozen=True):
    """What fits: a solution to a challenge, two challenges to solve together, or the cities as such."""

    kind: str
    challenge: Named
    found: Named
    score: float
    reasons: Mapping[str, str]


class ProposedSolutions(Answer, frozen=True):
    """Proposals for the third step; people choose."""

    proposals: Sequence[ProposedTold]


async def list_cooperations(ask: Ask) -> Cooperations:
    """List cooperations of the league, each once, those with late steps first."""
    choice = ask.parameters(ChoiceOfCooperations)
    collective = await collective_of(ask)
    found = cooperations(
        collective,
        ask.today,
        party=choice.party,
        country=choice.country,
        theme=choice.theme,
        status=choice.status,
        late=choice.late,
    )
    parts = freshness_of(collective, ask.now)
    return Cooperations(
        cooperations=[cooperation_told(one, collective, parts) for one in found], freshness=parts
    )


async def start(ask: Ask) -> CooperationTold:
    """Start a cooperation: one side's record with its five steps, and the days they are due."""
    asked = await ask.body(AskedCooperation)
    made = await start_cooperation(
        ask.node.store,
        ask.caller,
        await collective_of(ask),
        Cooperation(
            id="",
            title=asked.title,
            themes=asked.themes,
            party=asked.party,
            partner=asked.partner,
            since=asked.since or ask.today,
            goal=asked.goal,
            interests=asked.interests,
        ),
        months=asked.months,
        now=ask.now,
    )
    return await _shown(ask, made.id)


async def show(ask: Ask) -> CooperationTold:
    """Show both sides of a cooperation: the five steps, and who is late with what."""
    return await _shown(ask, ask.path("id"))


async def answer(ask: Ask) -> CooperationTold:
    """Answer a cooperation as the other side, on the other side's own node."""
    asked = await ask.body(AskedAnswer)
    collective = await collective_of(ask)
    made = await answer_cooperation(
        ask.node.store, ask.caller, collective, ask.path("id"), months=asked.months, now=ask.now
    )
    return await _shown(ask, made.id)


async def link(ask: Ask) -> CooperationTold:
    """Name the other side's records in one's own, once the other side has answered."""
    view = cooperation_view(await collective_of(ask), ask.path("id"), ask.today)
    await take_up_counterpart(ask.node.store, ask.caller, view, now=ask.now)
    return await _shown(ask, ask.path("id"))


async def change(ask: Ask) -> CooperationTold:
    """Change one side's own record: its status, goal, or what the partner is interested in."""
    asked = await ask.body(AskedChange)
    held = (await collective_of(ask)).get(ask.path("id"), Cooperation)
    values = {name: getattr(asked, name) for name in asked.__struct_fields__}
    given = {name: value for name, value in values.items() if value is not None}
    await change_record(
        ask.node.store,
        at_home(ask, held),
        held.record.id,
        Cooperation,
        lambda before: replace(before, **given),
        now=ask.now,
    )
    return await _shown(ask, held.record.id)


async def record_step(ask: Ask) -> CooperationTold:
    """Record what a side did of one of its own steps."""
    asked = await ask.body(AskedStep)
    held = (await collective_of(ask)).get(ask.path("id"), CooperationStep)
    values = {name: getattr(asked, name) for name in asked.__struct_fields__ if name != "undone"}
    given = {name: value for name, value in values.items() if value is not None}
    if asked.undone:
        given["done_on"] = None
    await change_step(
        ask.node.store, ask.caller, held, lambda before: replace(before, **given), now=ask.now
    )
    return await _shown(ask, held.record.cooperation)


async def attach(ask: Ask) -> CooperationTold:
    """Attach a file to a side's own step, by its hash (`POST /documents` keeps it)."""
    asked = await ask.body(Document)
    held = (await collective_of(ask)).get(ask.path("id"), CooperationStep)
    await attach_to_step(ask.node.store, ask.caller, held, asked, now=ask.now)
    return await _shown(ask, held.record.cooperation)


async def plan_meeting(ask: Ask) -> CooperationTold:
    """Plan another regular meeting of a cooperation."""
    asked = await ask.body(AskedMeeting)
    held = (await collective_of(ask)).get(ask.path("id"), Cooperation)
    await add_meeting(ask.node.store, ask.caller, held, asked.on, now=ask.now)
    return await _shown(ask, held.record.id)


async def propose(ask: Ask) -> ProposedSolutions:
    """Propose solutions to the challenges of both sides, and challenges to solve together."""
    collective = await collective_of(ask)
    view = cooperation_view(collective, ask.path("id"), ask.today)
    found = await propose_solutions(ask.node.matchmaker, collective, view, now=ask.now)
    return ProposedSolutions(proposals=[_proposed(one, collective) for one in found])


async def _shown(ask: Ask, cooperation_id: str) -> CooperationTold:
    collective = await collective_of(ask)
    view = cooperation_view(collective, cooperation_id, ask.today)
    return cooperation_told(view, collective, freshness_of(collective, ask.now))


def _proposed(one: Proposed, collective: Collective) -> ProposedTold:
    return ProposedTold(
        kind=one.kind,
        challenge=named(one.challenge, collective),
        found=named(one.found, collective),
        score=one.score,
        reasons=one.reasons,
    )


ROUTES = (
    *REMINDERS,
    ApiRoute("GET", "/cooperations", list_cooperations, Cooperations, ChoiceOfCooperations),
    ApiRoute(
        "POST",
        "/cooperations",
        start,
        CooperationTold,
        body=AskedCooperation,
        writes=True,
        status=201,
    ),
    ApiRoute("GET", "/cooperations/{id:path}/solutions", propose, ProposedSolutions),
    ApiRoute(
        "POST",
        "/cooperations/{id:path}/answer",
        answer,
        CooperationTold,
        body=AskedAnswer,
        writes=True,
        status=201,
    ),
    ApiRoute("POST", "/cooperations/{id:path}/counterpart", link, CooperationTold, writes=True),
    ApiRoute(
        "POST",
        "/cooperations/{id:path}/meetings",
        plan_meeting,
        CooperationTold,
        body=AskedMeeting,
        writes=True,
        status=201,
    ),
    ApiRoute("GET", "/cooperations/{id:path}", show, CooperationTold),
    ApiRoute(
        "PATCH", "/cooperations/{id:path}", change, CooperationTold, body=AskedChange, writes=True
    ),
    ApiRoute(
        "POST",
        "/cooperation-steps/{id:path}/documents",
        attach,
        CooperationTold,
        body=Document,
        writes=True,
    ),
    ApiRoute(
        "PATCH",
        "/cooperation-steps/{id:path}",
        record_step,
        CooperationTold,
        body=AskedStep,
        writes=True,
    ),
)
