"""The funnel as JSON: stages counted, how projects stand, experiments that stopped."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.funnel import Funnel, funnel, move_project, stopped_experiments
from hanze.collaboration.records.projects import STAGES, BusinessCase, Lesson, Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.standing import Standing, standing, standings
from hanze.web.api.collective.records import Named, named_if
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES", "Text", "Told", "told"]

#: What people write, by language.
Text = Annotated[Mapping[str, Annotated[str, Meta(max_length=20_000)]], Meta(max_length=50)]


class Told(Answer, frozen=True):
    """A record in short, with whose it is and of which day."""

    id: str
    title: Mapping[str, str]
    date: str
    city: Named | None = None


class ChoiceOfProjects(Taken, frozen=True):
    """Which projects."""

    theme: str | None = None
    city: str | None = None
    country: str | None = None


class ChoiceOfStandings(ChoiceOfProjects, frozen=True):
    """Which projects, and how many."""

    stuck: bool = False
    limit: Annotated[int, Meta(ge=0, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0)] = 0


class TransitionSeen(Answer, frozen=True):
    """A change of stage that projects went through; `move` is forward, skip, loop, stop, resume."""

    origin: str
    stage: str
    move: str
    count: int


class StageCounts(Answer, frozen=True):
    """Projects by stage, in all and by theme, city and country."""

    total: int
    stages: Mapping[str, int]
    by_theme: Mapping[str, Mapping[str, int]]
    by_city: Mapping[str, Mapping[str, int]]
    by_country: Mapping[str, Mapping[str, int]]
    missing: Mapping[str, int]
    stuck: Mapping[str, int]
    transitions: Sequence[TransitionSeen]


class StuckProject(Answer, frozen=True):
    """Why a project does not move, since when, and for how many days."""

    reasons: Sequence[str]
    since: date | None = None
    days: int | None = None


class DecisionNext(Answer, frozen=True):
    """What to decide next: a code, the question by language, and the stage to which it leads."""

    code: str
    text: Mapping[str, str]
    stage: str | None = None


class StandingOfProject(Answer, frozen=True):
    """How a project stands: what it lacks, what scaling up would be refused for, what comes next."""

    project: Told
    stage: str
    next_decision: DecisionNext
    missing: Sequence[str] = ()
    scaling_gaps: Sequence[str] = ()
    stuck: StuckProject | None = None


class Standings(Answer, frozen=True):
    """How projects stand, those stuck longest first."""

    total: int
    projects: Sequence[StandingOfProject]


class StoppedProject(Answer, frozen=True):
    """An experiment that stopped, why, and what failed."""

    project: Told
    reason: Mapping[str, str]
    failures: Sequence[Lesson]
    stuck_reasons: Sequence[str]


class StoppedProjects(Answer, frozen=True):
    """Experiments that stopped, the latest first."""

    projects: Sequence[StoppedProject]


class AskedStage(Taken, frozen=True):
    """The stage to go to; all but one step forward needs a reason, scaled a business case and lead."""

    stage: Literal[STAGES]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
    reason: Text = {}
    business_case: BusinessCase | None = None
    lead: Id | None = None


class StageOfProject(Answer, frozen=True):
    """A project and its stage."""

    id: str
    stage: str
    reason: Mapping[str, str] = {}


def told(held: Held[Record], collective: Collective) -> Told:
    """Tell a record in short."""
    city = named_if(held.city, collective)
    return Told(id=held.record.id, title=held.record.title, city=city, date=held.date)


async def count_stages(ask: Ask) -> StageCounts:
    """Count projects by stage, in all and by theme, city and country."""
    choice = ask.parameters(ChoiceOfProjects)
    collective = await ask.node.collective.refresh(ask.now)
    found = funnel(collective, theme=choice.theme, city=choice.city, country=choice.country)
    return _counts(found)


async def list_standings(ask: Ask) -> Standings:
    """List how projects stand: what each lacks, why it is stuck, and what to decide next."""
    choice = ask.parameters(ChoiceOfStandings)
    collective = await ask.node.collective.refresh(ask.now)
    found = standings(
        collective,
        theme=choice.theme,
        city=choice.city,
        country=choice.country,
        today=ask.today,
    )
    chosen = [one for one in found if one.stuck is not None or not choice.stuck]
    page = chosen[choice.offset : choice.offset + choice.limit]
    return Standings(total=len(chosen), projects=[_standing(one, collective) for one in page])


async def show_standing(ask: Ask) -> StandingOfProject:
    """Show how one project stands."""
    collective = await ask.node.collective.refresh(ask.now)
    return _standing(standing(collective, ask.path("id"), today=ask.today), collective)


async def list_stopped(ask: Ask) -> StoppedProjects:
    """List experiments that stopped, and what failed: it may fit elsewhere."""
    choice = ask.parameters(ChoiceOfProjects)
    collective = await ask.node.collective.refresh(ask.now)
    found = stopped_experiments(
        collective, theme=choice.theme, city=choice.city, country=choice.country
    )
    return StoppedProjects(
        projects=[
            StoppedProject(
                project=told(one.project, collective),
                reason=one.reason,
                failures=one.failures,
                stuck_reasons=one.stuck_reasons,
            )
            for one in found
        ]
    )


async def move(ask: Ask) -> StageOfProject:
    """Move a project to another stage; all but one step forward needs a reason."""
    asked = await ask.body(AskedStage)
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), Project)
    moved = await move_project(
        ask.node.store,
        ask.caller.in_tenant(held.tenant),
        held.record.id,
        asked.stage,
        reason=asked.reason,
        business_case=asked.business_case,
        lead=asked.lead,
        now=ask.now,
    )
    return StageOfProject(id=moved.id, stage=moved.stage, reason=moved.stage_reason)


def _counts(found: Funnel) -> StageCounts:
    return StageCounts(
        total=found.total,
        stages=found.stages,
        by_theme=found.by_theme,
        by_city=found.by_city,
        by_country=found.by_country,
        missing=found.missing,
        stuck=found.stuck,
        transitions=[
            TransitionSeen(origin=one.origin, stage=one.stage, move=one.move.value, count=one.count)
            for one in found.transitions
        ],
    )


def _standing(one: Standing, collective: Collective) -> StandingOfProject:
    stuck, decision = one.stuck, one.next_decision
    return StandingOfProject(
        project=told(one.project, collective),
        stage=one.project.record.stage,
        missing=one.missing,
        scaling_gaps=one.scaling_gaps,
        stuck=StuckProject(reasons=stuck.reasons, since=stuck.since, days=stuck.days)
        if stuck is not None
        else None,
        next_decision=DecisionNext(code=decision.code, text=decision.text, stage=decision.stage),
    )


ROUTES = (
    ApiRoute("GET", "/funnel", count_stages, StageCounts, ChoiceOfProjects),
    ApiRoute("GET", "/funnel/standings", list_standings, Standings, ChoiceOfStandings),
    ApiRoute("GET", "/funnel/stopped", list_stopped, StoppedProjects, ChoiceOfProjects),
    ApiRoute("GET", "/projects/{id:path}/standing", show_standing, StandingOfProject),
    ApiRoute(
        "POST", "/projects/{id:path}/stage", move, StageOfProject, body=AskedStage, writes=True
    ),
)
