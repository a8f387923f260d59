"""A matchmaking day and its participants as a problem to be planned, and the plan back as records."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from hanze.collaboration.records.gatherings import (
    MatchmakingDay,
    MeetingSlot,
    Participation,
    PlannedMeeting,
)
from hanze.collaboration.scheduling.problem import (
    Guest,
    Meeting,
    Problem,
    Slot,
    Table,
    Translator,
    pair_of,
)
from hanze.collaboration.zones import moment

__all__ = ["language_of", "meetings_of", "problem_of", "slot_times"]

_HOUR_MIN: Final = 60


def problem_of(day: MatchmakingDay, several: Iterable[Participation]) -> Problem:
    """Pose a day as a problem.

    Args:
        day: With its slots, tables and interpreters.
        several: Who is there; others that they ask for are not.

    Raises:
        WrongTime: A slot has a time that does not exist.
    """
    return Problem(
        slots=_slots(day),
        tables=tuple(Table(one.key, one.place) for one in day.tables),
        guests=tuple(_guest(day, one) for one in several),
        translators=tuple(
            Translator(one.key, _languages(one.languages), frozenset(one.away))
            for one in day.interpreters
        ),
        travel={pair_of(one.one, one.other): one.minutes for one in day.travel},
        across_only=day.across_only,
    )


def meetings_of(planned: Iterable[PlannedMeeting]) -> tuple[Meeting, ...]:
    """Read the meetings of a plan."""
    return tuple(
        Meeting(one.slot, one.table, one.one, one.other, one.interpreter) for one in planned
    )


def slot_times(day: MatchmakingDay, slot: MeetingSlot) -> tuple[datetime, datetime]:
    """Tell when a slot starts and ends, in the zone of the day.

    Raises:
        WrongTime: Clocks there skip that time.
    """
    return (
        moment(slot.starts, day.timezone, field="slots"),
        moment(slot.ends, day.timezone, field="slots"),
    )


def language_of(tag: str) -> str:
    """Cut a language tag down to its language: people who speak en-GB and en-US can talk."""
    return tag.partition("-")[0].lower()


def _slots(day: MatchmakingDay) -> tuple[Slot, ...]:
    """Minutes are those that pass, also where a clock is set back meanwhile."""
    times = [slot_times(day, slot) for slot in day.slots]
    if not times:
        return ()
    first = min(starts for starts, _ in times)
    zero = first.timestamp() / 60 - (first.hour * _HOUR_MIN + first.minute)
    return tuple(
        Slot(slot.key, *(round(when.timestamp() / 60 - zero) for when in both))
        for slot, both in zip(day.slots, times, strict=True)
    )


def _guest(day: MatchmakingDay, one: Participation) -> Guest:
    most = [limit for limit in (one.most_meetings, day.most_meetings) if limit is not None]
    return Guest(
        key=one.id,
        side=one.side,
        languages=_languages(one.languages),
        # What another node tells has passed by none of our rules: nonsense in it counts for nothing.
        wants={
            asked.participation: asked.interest
            for asked in one.requests
            if asked.participation not in (one.id, *one.refuses)
        },
        refuses=frozenset(one.refuses) - {one.id},
        away=frozenset(one.away) & {slot.key for slot in day.slots},
        most=min(most) if most else None,
    )


def _languages(tags: Iterable[str]) -> frozenset[str]:
    return frozenset(map(language_of, tags))
