"""The funnel: how many projects stand in which stage, how they got there, and those that stopped."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from msgspec.structs import replace

from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import update_attributes
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.kept import while_unchanged
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.entities import attributes_of
from hanze.collaboration.records.projects import (
    STAGES,
    STUCK_REASONS,
    BusinessCase,
    Lesson,
    Project,
    StageChange,
)
from hanze.collaboration.records.record import Label
from hanze.collaboration.rules.projects import Move, move_of
from hanze.collaboration.standing import MISSING, missing_in, projects_of
from hanze.collaboration.writing import record_in
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Fragment

__all__ = [
    "Funnel",
    "SameStage",
    "StoppedExperiment",
    "Transition",
    "funnel",
    "move_project",
    "stopped_experiments",
]

_GONE: Final = (Attribute(kind=AttributeKind.LANGUAGE_PROPERTY, value={"@none": NULL}),)


class SameStage(InvalidInput):
    """A project would move to the stage in which it is."""

    def __init__(self, project_id: str, stage: str) -> None:
        super().__init__(f"Project {project_id} is in stage {stage} already", field="stage")


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of stage that projects went through, and how often."""

    origin: str
    stage: str
    move: Move
    count: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """Projects by stage.

    Attributes:
        total: All of them.
        stages: How many in each, in the order of `STAGES`; stages without any are there.
        by_theme: Id of the theme → the same; a project of two themes counts in both.
        by_city: Id of the city → the same.
        by_country: Id of the country → the same.
        missing: What projects lack, by code of `MISSING`; stopped ones are left out.
        stuck: Why they are stuck, by code of `STUCK_REASONS`.
        transitions: That were seen, the most frequent first.
    """

    total: int
    stages: Mapping[str, int]
    by_theme: Mapping[str, Mapping[str, int]]
    by_city: Mapping[str, Mapping[str, int]]
    by_country: Mapping[str, Mapping[str, int]]
    missing: Mapping[str, int]
    stuck: Mapping[str, int]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class StoppedExperiment:
    """A project that stopped, and what failed: it may fit elsewhere.

    Attributes:
        project: With its city and date.
        reason: Why it stopped, by language.
        failures: What did not work; all lessons where none is told to be a failure.
        stuck_reasons: On what it got stuck before.
    """

    project: Held[Project]
    reason: Label
    failures: tuple[Lesson, ...]
    stuck_reasons: tuple[str, ...]


def funnel(
    collective: Collective,
    *,
    theme: str | None = None,
    city: str | None = None,
    country: str | None = None,
) -> Funnel:
    """Count projects by stage.

    Args:
        collective: Up to date.
        theme: Only projects of this theme (id).
        city: Only those of this city (id).
        country: Only those of this country (id).
    """
    return while_unchanged(
        collective,
        ("funnel", theme, city, country),
        lambda: _counted(
            collective, projects_of(collective, theme=theme, city=city, country=country)
        ),
    )


def _counted(collective: Collective, chosen: Sequence[Held[Project]]) -> Funnel:
    themes, cities, countries = _Counts(), _Counts(), _Counts()
    missing: Counter[str] = Counter()
    for held in chosen:
        stage = held.record.stage
        themes.add(held.record.themes, stage)
        cities.add((held.city,) if held.city else (), stage)
        home = country_of(collective, held.city)
        countries.add((home,) if home else (), stage)
        if stage != "stopped":
            missing.update(missing_in(collective, held.record))
    stuck = Counter(reason for held in chosen for reason in held.record.stuck_reasons)
    return Funnel(
        total=len(chosen),
        stages=_by_stage(held.record.stage for held in chosen),
        by_theme=themes.told(),
        by_city=cities.told(),
        by_country=countries.told(),
        missing={code: missing[code] for code in MISSING},
        stuck={code: stuck[code] for code in STUCK_REASONS if stuck[code]},
        transitions=_transitions(chosen),
    )


def stopped_experiments(
    collective: Collective,
    *,
    theme: str | None = None,
    city: str | None = None,
    country: str | None = None,
) -> list[StoppedExperiment]:
    """List projects that stopped, the latest first, with what failed."""
    chosen = projects_of(collective, theme=theme, city=city, country=country)
    stopped = [held for held in chosen if held.record.stage == "stopped"]
    return [
        StoppedExperiment(
            held,
            held.record.stage_reason,
            tuple(lesson for lesson in held.record.lessons if lesson.failure)
            or held.record.lessons,
            held.record.stuck_reasons,
        )
        for held in sorted(stopped, key=lambda held: (held.date, held.record.id), reverse=True)
    ]


async def move_project(
    store: Store,
    caller: Caller,
    project_id: str,
    stage: str,
    *,
    reason: Label = {},  # noqa: B006  # a Label is a Mapping, which nobody changes
    business_case: BusinessCase | None = None,
    lead: str | None = None,
    now: str,
) -> Project:
    """Move a project of the caller's tenant to another stage.

    Args:
        stage: One of `STAGES`.
        reason: Why, by language; all but one step forward needs it.
        business_case: To go with it, where scaling up needs one.
        lead: Id, likewise.
        now: DateTime text.

    Raises:
        RecordNotFound: The tenant has no such project.
        SameStage: It is there already.
        RuleBroken: A reason, a business case or a lead is missing; nothing was written.
        InvalidRecord: There is no such stage.
    """

    def unit(uow: UnitOfWork) -> Project:
        before = record_in(uow, caller, project_id, Project, now=now)
        if before.stage == stage:
            raise SameStage(project_id, stage)
        step = StageChange(
            origin=before.stage, stage=stage, on=date.fromisoformat(now[:10]), reason=reason
        )
        after = replace(
            before,
            stage=stage,
            stage_reason=reason,
            stage_history=(*before.stage_history, step),
            business_case=business_case or before.business_case,
            lead=lead or before.lead,
        )
        # The reason is written even where it says the same as the last one: it is given anew.
        names = ["stage", "stage_history"] + ["stage_reason"] * bool(reason)
        names += ["business_case"] * bool(business_case) + ["lead"] * bool(lead)
        written = attributes_of(after, names)
        if before.stage_reason and not reason:
            written |= dict.fromkeys(attributes_of(before, ["stage_reason"]), _GONE)
        fragment = Fragment(attributes=written)
        update_attributes(uow, caller, project_id, fragment, now=now)
        return after

    return await store.transact(unit)


class _Counts:
    """Stages counted by something."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def add(self, keys: Iterable[str], stage: str) -> None:
        for key in keys:
            self._counts.setdefault(key, Counter())[stage] += 1

    def told(self) -> dict[str, dict[str, int]]:
        return {
            key: {stage: counts[stage] for stage in STAGES}
            for key, counts in sorted(self._counts.items())
        }


def _by_stage(stages: Iterable[str]) -> dict[str, int]:
    counts = Counter(stages)
    return {stage: counts[stage] for stage in STAGES}


def _transitions(chosen: Sequence[Held[Project]]) -> tuple[Transition, ...]:
    seen = Counter(
        (change.origin, change.stage)
        for held in chosen
        for change in held.record.stage_history
        if change.origin != change.stage
    )
    ordered = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Transition(origin, stage, move_of(origin, stage), count)
        for (origin, stage), count in ordered
    )
