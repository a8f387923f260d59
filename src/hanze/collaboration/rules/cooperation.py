"""Cooperations: each side's record is its own, and a step is done when there is what makes it so."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from hanze.collaboration.records.cooperation import (
    Cooperation,
    CooperationStep,
    GroupTask,
    WorkingGroup,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.fields import camel
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.speaking import check_own_record, check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = [
    "keep_done",
    "keep_own_side",
    "keep_own_step",
    "keep_step_kind",
    "keep_tasks",
]


def keep_own_side(step: Step[Cooperation]) -> None:
    """Keep a side's record that side's own: of the party, by who speaks for it.

    Raises:
        InvalidRecord: It is of another city, or the partner is the party itself.
        SpeaksForAnother: The caller speaks for an organisation that is not behind the party.
    """
    for one in (step.before, step.after):
        if one is not None:
            check_speaks_for(step, "One side of a cooperation", one.party, field="party")
    record = step.after
    if record is None:
        return
    if record.partner == record.party:
        raise InvalidRecord(Cooperation, "must be another one than the party", field="partner")
    if record.source_city is not None:
        check_own_record(step, record, record.party)
    if record.until is not None and record.status != "ended":
        raise InvalidRecord(
            Cooperation,
            "must be ended where there is a last day",
            field="status",
            value=record.status,
        )


def keep_own_step(step: Step[CooperationStep]) -> None:
    """Keep a step with the side whose cooperation it is part of.

    Raises:
        InvalidRecord: The cooperation is another side's, or no cooperation.
        SpeaksForAnother: The caller speaks for an organisation that is not behind that side.
    """
    record = step.after or step.before
    if record is None:
        return
    found = find_elsewhere(step, record.cooperation)
    if not isinstance(found, Cooperation):
        # Not here (yet): records may come in any order.
        return
    check_speaks_for(step, "One side of a cooperation", found.party, field="cooperation")
    if step.after is not None and record.source_city is not None:
        check_own_record(step, record, found.party)


def keep_step_kind(step: Step[CooperationStep]) -> None:
    """Keep which step of which cooperation it is.

    Raises:
        RuleBroken: It would become another step, or another cooperation's.
    """
    before, after = step.before, step.after
    if before is None or after is None:
        return
    for name in ("cooperation", "step"):
        if getattr(before, name) != getattr(after, name):
            raise RuleBroken(
                f"The {name} of {after.id} cannot change; another step is another record",
                field=name,
                value=getattr(after, name),
            )


#: By step: the field that is missing where it cannot be done yet, and how to say so.
_NEEDS: Final[Mapping[str, tuple[Callable[[CooperationStep], bool], str, str]]] = {
    "contacts": (lambda one: one.contact is not None, "contact", "the contact that is named"),
    "challenges": (lambda one: bool(one.challenges), "challenges", "at least one challenge"),
    "solutions": (
        lambda one: bool(one.records),
        "records",
        "the matches, solutions or projects that were found",
    ),
    "agenda": (
        lambda one: bool(one.documents or one.progress),
        "documents",
        "the agenda or plan: a document, or progress in words",
    ),
    "meetings": (lambda one: bool(one.progress), "progress", "what the meeting came to"),
}


def keep_done(step: Step[CooperationStep]) -> None:
    """Call a step done only where there is what makes it so.

    Raises:
        RuleBroken: Names what is missing.
        InvalidRecord: It would be done on a day to come.
    """
    record = step.after
    if record is None or record.done_on is None:
        return
    has, name, what = _NEEDS[record.step]
    if not has(record):
        raise RuleBroken(
            f"The step {record.step} is done when there is {what}", field=camel(name), value=None
        )
    # A day ahead: it may be tomorrow already where the side is.
    if record.done_on.toordinal() > _day(step.now) + 1:
        raise InvalidRecord(
            CooperationStep, "must not be a day to come", field="doneOn", value=record.done_on
        )


def keep_tasks(step: Step[WorkingGroup]) -> None:
    """Ask for tasks with keys of their own, done on days that have come, and for members once.

    Raises:
        InvalidRecord: A key or a member is there twice, a key is empty, or a task would be done on a
            day to come.
    """
    group = step.after
    if group is None:
        return
    _check_keys(group.tasks)
    for number, task in enumerate(group.tasks):
        if task.done_on is not None and task.done_on.toordinal() > _day(step.now) + 1:
            raise InvalidRecord(
                WorkingGroup,
                "must not be a day to come",
                field=f"tasks[{number}].doneOn",
                value=task.done_on,
            )
    named = Counter((one.party, one.contact) for one in group.members)
    twice = next((party for (party, _), count in named.items() if count > 1), None)
    if twice is not None:
        raise InvalidRecord(WorkingGroup, "must hold each once", field="members", value=twice)


def _check_keys(tasks: tuple[GroupTask, ...]) -> None:
    keys = Counter(task.key for task in tasks)
    for number, task in enumerate(tasks):
        if not task.key or keys[task.key] > 1:
            raise InvalidRecord(
                WorkingGroup,
                "must name one task of the group",
                field=f"tasks[{number}].key",
                value=task.key,
            )


def _day(now: str) -> int:
    return date.fromisoformat(now[:10]).toordinal()
