"""What requests about matchmaking days take and answer."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.gatherings.attending import Gathering
from hanze.collaboration.gatherings.sheets import change_text, lines_of, party_name
from hanze.collaboration.gatherings.texts import WHY_TEXTS
from hanze.collaboration.records.gatherings import (
    DayTable,
    DayTravel,
    Interpreter,
    MatchmakingDay,
    MeetingRequest,
    MeetingSlot,
    Participation,
    PlannedMeeting,
)
from hanze.collaboration.records.record import LANGUAGES
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.league_records import Freshness, HomeNode, home_of_record
from hanze.web.api.collective.records import Language, Named, named
from hanze.web.api.frame import Answer, Id, Taken

__all__ = [
    "AskedAlteration",
    "AskedDay",
    "AskedEntry",
    "AskedMeeting",
    "AskedRefusal",
    "AskedStatus",
    "ChoiceOfDays",
    "ChoiceOfFile",
    "ChoiceOfFit",
    "DayInShort",
    "DayState",
    "DaysOfMatchmaking",
    "Fit",
    "Fits",
    "GuestOfDay",
    "MeetingOfPlan",
    "PlanMade",
    "WhatChanged",
    "changes_told",
    "guest_told",
    "names_told",
    "plan_told",
    "unplanned_told",
]

_Key = Annotated[str, Meta(min_length=1, max_length=100)]
_Tag = Annotated[str, Meta(min_length=2, max_length=35)]
_Count = Annotated[int, Meta(ge=1, le=100)]
#: By language: how participants are called, by their ids.
Names = Mapping[str, Mapping[str, str]]


class ChoiceOfDays(Taken, frozen=True):
    """Which days."""

    country: str | None = None
    status: str | None = None
    party: str | None = None


class ChoiceOfFile(Taken, frozen=True):
    """In which language names and titles are."""

    language: Language = "en"


class ChoiceOfFit(Taken, frozen=True):
    """How many to propose."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 10


class SlotsWanted(Taken, frozen=True):
    """Slots laid out over a day: so many, each so long, with pauses between them.

    Attributes:
        noon: After how many of them there is a longer pause; 0 is none.
        lunch: Minutes of that pause.
        breaks: In which there are no meetings: "12:30-13:30".
    """

    first: Annotated[str, Meta(pattern=r"^\d{2}:\d{2}$")] = "09:30"
    minutes: Annotated[int, Meta(ge=5, le=600)] = 25
    pause: Annotated[int, Meta(ge=0, le=600)] = 5
    number: Annotated[int, Meta(ge=1, le=60)] = 7
    noon: Annotated[int, Meta(ge=0, le=60)] = 0
    lunch: Annotated[int, Meta(ge=0, le=600)] = 0
    breaks: Annotated[tuple[Annotated[str, Meta(max_length=20)], ...], Meta(max_length=60)] = ()


class AskedDay(Taken, frozen=True):
    """A new day. Slots and tables are given one by one, or laid out and numbered."""

    title: Text
    organiser: Id
    on: date
    timezone: Annotated[str, Meta(max_length=60)]
    description: Text = {}
    venue: Text = {}
    event: Id | None = None
    themes: tuple[Id, ...] = ()
    register_before: date | None = None
    slots: tuple[MeetingSlot, ...] = ()
    lay_out: SlotsWanted | None = None
    tables: tuple[DayTable, ...] = ()
    number_of_tables: Annotated[int, Meta(ge=1, le=500)] | None = None
    travel: tuple[DayTravel, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    across_only: bool = True
    most_meetings: _Count | None = None
    open: bool = True


class AskedStatus(Taken, frozen=True):
    """Which status a day gets."""

    status: str


class AskedEntry(Taken, frozen=True):
    """Who takes part, and how; without a side it follows from the countries."""

    party: Id
    side: str | None = None
    number: _Count = 1
    contact: Id | None = None
    languages: tuple[_Tag, ...] = ()
    offers: Text = {}
    seeks: Text = {}
    themes: tuple[Id, ...] = ()
    away: tuple[_Key, ...] = ()
    most_meetings: _Count | None = None


class AskedMeeting(Taken, frozen=True):
    """Whom a participant wants to meet, and how much (1 to 5); 0 takes it back."""

    participation: Id
    interest: Annotated[int, Meta(ge=0, le=5)] = 3
    why: Text = {}


class AskedRefusal(Taken, frozen=True):
    """Whom a participant does not want to meet."""

    participation: Id


class AskedAlteration(Taken, frozen=True):
    """What is different from the plan before; nothing of it plans with what is there now."""

    interpreters_away: tuple[_Key, ...] = ()
    slots: tuple[_Key, ...] = ()
    tables_gone: tuple[_Key, ...] = ()
    absent: tuple[Id, ...] = ()
    back: tuple[Id, ...] = ()
    afresh: bool = False
    greedy: bool = False
    time_limit_s: Annotated[float, Meta(ge=0.1, le=60)] = 20.0


class DayInShort(Answer, frozen=True):
    """A day in a list."""

    id: str
    title: Mapping[str, str]
    organiser: Named
    on: date
    timezone: str
    status: str
    participants: int
    meetings: int
    register_before: date | None = None
    home: HomeNode | None = None


class DaysOfMatchmaking(Answer, frozen=True):
    """The days of all nodes, the next one first."""

    days: Sequence[DayInShort]
    freshness: list[Freshness] = []


class MeetingOfPlan(Answer, frozen=True):
    """A meeting: local times with their zone, and the moments."""

    one: str
    other: str
    slot: str
    starts: str
    ends: str
    starts_at: str
    ends_at: str
    table: str
    place: str = ""
    interpreter: str | None = None


class NotPlanned(Answer, frozen=True):
    """Two who asked to meet and do not, and why."""

    one: str
    other: str
    reason: str
    text: Mapping[str, str]


class WhatChanged(Answer, frozen=True):
    """What the latest plan changed for two participants, and in words."""

    one: str
    other: str
    change: str
    text: Mapping[str, str]
    was_slot: str | None = None
    was_table: str | None = None
    was_interpreter: str | None = None


class GuestOfDay(Answer, frozen=True):
    """Somebody who takes part."""

    id: str
    party: Named
    side: str
    status: str
    name: Mapping[str, str]
    languages: Sequence[str] = ()
    offers: Mapping[str, str] = {}
    seeks: Mapping[str, str] = {}
    requests: Sequence[MeetingRequest] = ()
    absent: bool = False
    meetings: int = 0
    home: HomeNode | None = None


class DayState(Answer, frozen=True):
    """A day: its setting, who takes part, and its plan.

    Attributes:
        without: Ids of those who asked or were asked, and meet nobody.
        faults: Why the plan does not hold any more; empty where it does.
    """

    id: str
    title: Mapping[str, str]
    organiser: Named
    on: date
    timezone: str
    status: str
    slots: Sequence[MeetingSlot]
    tables: Sequence[DayTable]
    participants: Sequence[GuestOfDay]
    description: Mapping[str, str] = {}
    venue: Mapping[str, str] = {}
    travel: Sequence[DayTravel] = ()
    interpreters: Sequence[Interpreter] = ()
    across_only: bool = True
    most_meetings: int | None = None
    register_before: date | None = None
    round: int = 0
    planned_at: str | None = None
    proven: bool | None = None
    gap: float | None = None
    plan: Sequence[MeetingOfPlan] = ()
    unplanned: Sequence[NotPlanned] = ()
    without: Sequence[str] = ()
    changes: Sequence[WhatChanged] = ()
    faults: Sequence[str] = ()
    home: HomeNode | None = None
    freshness: list[Freshness] = []


class PlanMade(Answer, frozen=True, omit_defaults=False):
    """A plan that was made, and how good it is: `gap` is the part that may still be missing."""

    id: str
    round: int
    meetings: int
    worth: int
    bound: int
    proven: bool
    gap: float
    seconds: float
    without: Sequence[str]
    unplanned: Sequence[NotPlanned]
    changes: Sequence[WhatChanged]


class Fit(Answer, frozen=True):
    """Somebody to ask for, and why."""

    participation: str
    party: Named
    score: float
    parts: Mapping[str, float]
    reasons: Mapping[str, str]
    talk: str
    interest: int
    asked: bool = False


class Fits(Answer, frozen=True):
    """Whom a participant could ask for, the best first."""

    proposals: Sequence[Fit]


def plan_told(day: MatchmakingDay, planned: Sequence[PlannedMeeting]) -> list[MeetingOfPlan]:
    """Tell meetings in the order of time and table."""
    return [
        MeetingOfPlan(
            one=line.meeting.one,
            other=line.meeting.other,
            slot=line.slot.key,
            starts=line.slot.starts,
            ends=line.slot.ends,
            starts_at=line.starts.isoformat(),
            ends_at=line.ends.isoformat(),
            table=line.meeting.table,
            place=line.place,
            interpreter=line.meeting.interpreter,
        )
        for line in lines_of(day, planned)
        if line.meeting is not None
    ]


def unplanned_told(day: MatchmakingDay) -> list[NotPlanned]:
    """Tell who does not meet, and why."""
    return [
        NotPlanned(
            one=one.one, other=one.other, reason=one.reason, text=WHY_TEXTS.get(one.reason, {})
        )
        for one in day.unplanned
    ]


def names_told(gathering: Gathering, collective: Collective) -> Names:
    """Name participants in each language."""
    return {language: party_name(collective, gathering.several, language) for language in LANGUAGES}


def changes_told(gathering: Gathering, names: Names) -> list[WhatChanged]:
    """Tell what the latest plan changed, in sentences of each language."""
    return [
        WhatChanged(
            one=one.one,
            other=one.other,
            change=one.change,
            text={
                language: change_text(
                    gathering.day,
                    one,
                    language,
                    lambda key, known=known: known.get(key, key.rsplit(":", 1)[-1]),  # type: ignore[misc]  # mypy cannot see a default's type
                )
                for language, known in names.items()
            },
            was_slot=one.was_slot,
            was_table=one.was_table,
            was_interpreter=one.was_interpreter,
        )
        for one in gathering.day.changes
    ]


def guest_told(
    gathering: Gathering,
    collective: Collective,
    names: Names,
    held: Held[Participation],
    parts: list[Freshness],
) -> GuestOfDay:
    """Tell who takes part."""
    day, one = gathering.day, held.record
    return GuestOfDay(
        id=one.id,
        party=named(one.party, collective),
        side=one.side,
        status=one.status,
        name={language: known.get(one.id, one.id) for language, known in names.items()},
        languages=one.languages,
        offers=one.offers,
        seeks=one.seeks,
        requests=one.requests,
        absent=one.id in day.absent,
        meetings=sum(one.id in (meeting.one, meeting.other) for meeting in day.plan),
        home=home_of_record(held.home, parts),
    )
