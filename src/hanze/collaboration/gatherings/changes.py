"""From one plan of a day to the next: what it changes for whom, and what calendars must be told."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from hanze.collaboration.records.gatherings import (
    PLAN_CHANGES,
    MatchmakingDay,
    PlanChange,
    PlannedMeeting,
    Unplanned,
)
from hanze.collaboration.scheduling.problem import Meeting, Pair, Schedule, pair_of

__all__ = ["changes_between", "changes_of", "with_plan"]

_ORDER: Final = {change: number for number, change in enumerate(PLAN_CHANGES)}


def with_plan(
    before: MatchmakingDay, setting: MatchmakingDay, schedule: Schedule, *, now: str
) -> MatchmakingDay:
    """Give a day its next plan.

    A meeting that stays as it was keeps its sequence. One that changes, does not take place any
    more, or takes place after all, counts one further, so that every calendar takes it over.

    Args:
        before: The day with its present plan.
        setting: The same day with the slots, tables and interpreters of the next plan.
        schedule: The next plan.
        now: DateTime text.
    """
    known = _by_pair(before.plan)
    gone = _by_pair(before.cancelled)
    plan = tuple(
        _told(before, setting, one, known.get(one.pair), gone.get(one.pair))
        for one in schedule.meetings
    )
    there = {pair_of(one.one, one.other) for one in plan}
    dropped = {
        pair: replace(one, sequence=one.sequence + 1)
        for pair, one in known.items()
        if pair not in there
    }
    cancelled = {pair: one for pair, one in gone.items() if pair not in there} | dropped
    return replace(
        setting,
        status="planned",
        plan=plan,
        unplanned=tuple(
            Unplanned(one=one.one, other=one.other, reason=one.why.value)
            for one in schedule.unscheduled
        ),
        cancelled=tuple(one for _, one in sorted(cancelled.items())),
        changes=changes_between(before.plan, plan) if before.round else (),
        planned_at=now,
        proven=schedule.optimal,
        gap=0.0 if schedule.optimal else round(schedule.gap, 6),
        round=before.round + 1,
    )


def changes_between(
    before: Iterable[PlannedMeeting], after: Iterable[PlannedMeeting]
) -> tuple[PlanChange, ...]:
    """Tell what a plan changes, in the order of `PLAN_CHANGES` and of pairs."""
    old, new = _by_pair(before), _by_pair(after)
    found = []
    for pair in sorted({*old, *new}):
        was, is_now = old.get(pair), new.get(pair)
        change = _change(was, is_now)
        if change is not None:
            found.append(
                PlanChange(
                    one=pair[0],
                    other=pair[1],
                    change=change,
                    was_slot=was.slot if was else None,
                    was_table=was.table if was else None,
                    was_interpreter=was.interpreter if was else None,
                )
            )
    return tuple(sorted(found, key=lambda one: (_ORDER[one.change], one.one, one.other)))


def changes_of(day: MatchmakingDay, participation_id: str) -> tuple[PlanChange, ...]:
    """Choose what the latest plan changed for one participant."""
    return tuple(one for one in day.changes if participation_id in (one.one, one.other))


def _change(was: PlannedMeeting | None, is_now: PlannedMeeting | None) -> str | None:
    if was is None or is_now is None:
        return "added" if was is None else "dropped"
    if was.slot != is_now.slot:
        return "moved"
    if was.table != is_now.table:
        return "table"
    return "interpreter" if was.interpreter != is_now.interpreter else None


def _told(
    before: MatchmakingDay,
    setting: MatchmakingDay,
    meeting: Meeting,
    was: PlannedMeeting | None,
    gone: PlannedMeeting | None,
) -> PlannedMeeting:
    one, other = meeting.pair
    planned = PlannedMeeting(
        one=one,
        other=other,
        slot=meeting.slot,
        table=meeting.table,
        interpreter=meeting.translator,
    )
    if was is None:
        return replace(planned, sequence=gone.sequence + 1 if gone else 0)
    same = _change(was, planned) is None and _what(before, was) == _what(setting, planned)
    return replace(planned, sequence=was.sequence + (0 if same else 1))


def _what(day: MatchmakingDay, meeting: PlannedMeeting) -> tuple[object, ...]:
    """What is told of slot and table, beside their keys."""
    slot = next((one for one in day.slots if one.key == meeting.slot), None)
    table = next((one for one in day.tables if one.key == meeting.table), None)
    return slot, table, day.timezone


def _by_pair(planned: Iterable[PlannedMeeting]) -> Mapping[Pair, PlannedMeeting]:
    return {pair_of(one.one, one.other): one for one in planned}
