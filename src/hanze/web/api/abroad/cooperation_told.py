"""A cooperation as JSON: both sides, and the five steps."""

from collections.abc import Mapping, Sequence
from datetime import date

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.steps import CooperationView, SideOfStep, StepView
from hanze.collaboration.records.cooperation import Cooperation, Document
from hanze.web.api.collective.league_records import Freshness, HomeNode, home_of_record
from hanze.web.api.collective.records import Named, named
from hanze.web.api.frame import Answer

__all__ = ["CooperationTold", "cooperation_told"]


class RecordOfStep(Answer, frozen=True):
    """One side's record of a step."""

    id: str
    due: date | None = None
    done_on: date | None = None
    contact: str | None = None
    challenges: Sequence[str] = ()
    records: Sequence[str] = ()
    progress: Mapping[str, str] = {}
    documents: Sequence[Document] = ()


class SideOfStepTold(Answer, frozen=True):
    """What one side recorded of a step; `state` is done, late, open or absent."""

    party: str
    state: str
    records: Sequence[RecordOfStep]
    due: date | None = None
    days: int | None = None


class StepTold(Answer, frozen=True):
    """One of the five steps; `overdueBy` names the parties that are late."""

    step: str
    number: int
    state: str
    sides: Sequence[SideOfStepTold]
    overdue_by: Sequence[str] = ()
    waits_for: Sequence[str] = ()


class SideTold(Answer, frozen=True):
    """A side; without a record where it has not answered."""

    party: Named
    record: str | None = None
    status: str | None = None
    since: date | None = None
    interests: Sequence[str] = ()
    home: HomeNode | None = None


class CooperationTold(Answer, frozen=True):
    """Both sides of a cooperation."""

    id: str
    title: Mapping[str, str]
    status: str
    sides: Sequence[SideTold]
    steps: Sequence[StepTold]
    done: int
    themes: Sequence[str] = ()
    goal: Mapping[str, str] = {}
    next_step: str | None = None


def cooperation_told(
    view: CooperationView, collective: Collective, parts: Sequence[Freshness]
) -> CooperationTold:
    record = view.held.record
    return CooperationTold(
        id=record.id,
        title=record.title,
        status=record.status,
        sides=[_side(side.party, side.held, collective, parts) for side in view.sides],
        steps=[_step(one, collective) for one in view.steps],
        done=view.done,
        themes=record.themes,
        goal=record.goal,
        next_step=view.next.step if view.next is not None else None,
    )


def _side(
    party: str,
    held: Held[Cooperation] | None,
    collective: Collective,
    parts: Sequence[Freshness],
) -> SideTold:
    if held is None:
        return SideTold(party=named(party, collective))
    return SideTold(
        party=named(party, collective),
        record=held.record.id,
        status=held.record.status,
        since=held.record.since,
        interests=held.record.interests,
        home=home_of_record(held.home, parts),
    )


def _step(one: StepView, collective: Collective) -> StepTold:
    return StepTold(
        step=one.step,
        number=one.number,
        state=one.state,
        sides=[_side_of_step(side, collective) for side in one.sides],
        overdue_by=one.overdue_by,
        waits_for=one.waits_for,
    )


def _side_of_step(side: SideOfStep, collective: Collective) -> SideOfStepTold:
    return SideOfStepTold(
        party=side.party,
        state=side.state,
        records=[
            RecordOfStep(
                id=held.record.id,
                due=held.record.due,
                done_on=held.record.done_on,
                contact=_contact_here(held.record.contact, collective),
                challenges=held.record.challenges,
                records=held.record.records,
                progress=held.record.progress,
                documents=held.record.documents,
            )
            for held in side.records
        ],
        due=side.due,
        days=side.days,
    )


def _contact_here(contact: str | None, collective: Collective) -> str | None:
    """Keep a contact that is here: the end of another one's id may be a person's name."""
    return contact if contact is not None and collective.find(contact) is not None else None
