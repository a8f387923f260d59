"""Where people meet: stands that cities share at a fair, and days on which meetings are planned."""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.records.missions import LocalTime
from hanze.collaboration.records.record import Code, Label, Place, Record, Refers, Structure

__all__ = [
    "DAY_STATUSES",
    "PARTICIPATION_STATUSES",
    "PLAN_CHANGES",
    "SIDES",
    "CityStory",
    "DayTable",
    "DayTravel",
    "Interpreter",
    "JointPresentation",
    "MatchmakingDay",
    "MeetingRequest",
    "MeetingSlot",
    "Participation",
    "PlanChange",
    "PlannedMeeting",
    "Session",
    "Unplanned",
]

DAY_STATUSES: Final = ("draft", "open", "planned", "over", "cancelled")
PARTICIPATION_STATUSES: Final = ("registered", "withdrawn")
SIDES: Final = ("home", "guest")
#: What a new plan does to a meeting, from the most that people notice to the least.
PLAN_CHANGES: Final = ("dropped", "added", "moved", "table", "interpreter")

_Party = Annotated[str, Refers.to("Municipality", "Region", "Country", "Organization")]
_Event = Annotated[str, Refers.to("Event")]


class JointPresentation(Record, frozen=True, kw_only=True):
    """A stand at a fair that cities share; `description` is their common story.

    Attributes:
        event: The fair.
        mission: The delegation that goes there.
        stand: Its name, by language.
        stand_number: Where it is.
        led_by: Who leads the delegation, by language: an office, no name.
        participants: How many people.
        cities: That take part, also those without a track of their own.
        city_count: How many, where not all of them are known by name.
        highlights: By language, a paragraph each, parted by empty lines.
    """

    event: _Event
    mission: Annotated[str, Refers.to("Mission")] | None = None
    stand: Label = {}
    stand_number: str | None = None
    led_by: Label = {}
    participants: Annotated[int, Meta(ge=0)] | None = None
    cities: tuple[Place, ...] = ()
    city_count: Annotated[int, Meta(ge=0)] | None = None
    highlights: Label = {}


class Session(Structure, frozen=True, kw_only=True):
    """A part of a city's track.

    Attributes:
        key: Names it within the story.
        title: By language.
        starts: `LocalTime` in the zone of the fair; the day alone, or `None`, where no more is known.
        ends: `LocalTime`.
        room: By language.
        speakers: Offices or organisations, by language: no names.
        contacts: Ids of speakers that are named by their own word.
    """

    key: str
    title: Label
    starts: str | None = None
    ends: LocalTime | None = None
    room: Label = {}
    speakers: Label = {}
    contacts: tuple[Annotated[str, Refers.to("Contact")], ...] = ()


class CityStory(Record, frozen=True, kw_only=True):
    """A city's own story at a shared stand, a record of its own node; `description` tells it.

    Attributes:
        presentation: The stand.
        city: Whose story it is.
        track: Name of the city's track, by language; without one it only tells.
        sessions: In order of time.
        projects: That it shows.
    """

    presentation: Annotated[str, Refers.to("JointPresentation")]
    city: Place
    track: Label = {}
    sessions: tuple[Session, ...] = ()
    projects: tuple[Annotated[str, Refers.to("Project", "Solution", "BestPractice")], ...] = ()


class MeetingSlot(Structure, frozen=True, kw_only=True):
    """A time for meetings; what lies between two slots is a break.

    Attributes:
        key: Names it within the day.
        starts: At the place.
        ends: At the place.
    """

    key: str
    starts: LocalTime
    ends: LocalTime


class DayTable(Structure, frozen=True, kw_only=True):
    """A table, and the place at which it stands."""

    key: str
    place: str = ""


class DayTravel(Structure, frozen=True, kw_only=True):
    """How long it takes from one place to another, in both directions."""

    one: str
    other: str
    minutes: Annotated[int, Meta(ge=0, le=1440)]


class Interpreter(Structure, frozen=True, kw_only=True):
    """Who interprets: a number, no name.

    Attributes:
        key: Names them within the day.
        languages: Between which they interpret, BCP 47.
        away: Keys of slots in which they cannot.
    """

    key: str
    languages: tuple[str, ...]
    away: tuple[str, ...] = ()


class PlannedMeeting(Structure, frozen=True, kw_only=True):
    """A meeting of two participations: slot, table and interpreter by their keys.

    Attributes:
        one: Id of a participation.
        other: Id of another one.
        slot: When.
        table: Where.
        interpreter: Who helps, where the two have no language in common.
        sequence: How often what is told of it changed; calendars go by it.
    """

    one: str
    other: str
    slot: str
    table: str
    interpreter: str | None = None
    sequence: Annotated[int, Meta(ge=0)] = 0


class PlanChange(Structure, frozen=True, kw_only=True):
    """What the latest plan changed for two participations, and how it was before.

    Attributes:
        one: Id of a participation.
        other: Id of another one.
        change: One of `PLAN_CHANGES`.
        was_slot: `None` where they did not meet before.
        was_table: Likewise.
        was_interpreter: `None` also where they had none.
    """

    one: str
    other: str
    change: Annotated[str, Code(PLAN_CHANGES)]
    was_slot: str | None = None
    was_table: str | None = None
    was_interpreter: str | None = None


class Unplanned(Structure, frozen=True, kw_only=True):
    """Two who asked to meet and cannot, with the code of the reason."""

    one: str
    other: str
    reason: str


class MatchmakingDay(Record, frozen=True, kw_only=True):
    """A day on which people of two sides meet at tables.

    Attributes:
        event: That it is part of.
        organiser: Who plans it.
        on: The day.
        timezone: IANA name.
        venue: Where it is, by language.
        status: One of `DAY_STATUSES`.
        register_before: Last day for registrations and requests.
        slots: In order of time.
        tables: All of them.
        travel: Between places; what is absent takes no time.
        interpreters: Who can help.
        across_only: Whether only people of different sides meet.
        most_meetings: Of one participation, where it does not say less.
        plan: The meetings.
        unplanned: What was asked for and could not be planned.
        cancelled: Meetings of earlier plans that do not take place: calendars tell it.
        changes: What the latest plan changed.
        absent: Who takes part and will not be there after all.
        planned_at: DateTime text.
        proven: Whether no plan is better.
        gap: Part of the worth that may still be missing, 0 where it is proven.
        round: How often it was planned.
    """

    event: _Event | None = None
    organiser: _Party
    on: date
    timezone: str
    venue: Label = {}
    status: Annotated[str, Code(DAY_STATUSES)] = "draft"
    register_before: date | None = None
    slots: tuple[MeetingSlot, ...] = ()
    tables: tuple[DayTable, ...] = ()
    travel: tuple[DayTravel, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    across_only: bool = True
    most_meetings: Annotated[int, Meta(ge=1)] | None = None
    plan: tuple[PlannedMeeting, ...] = ()
    unplanned: tuple[Unplanned, ...] = ()
    cancelled: tuple[PlannedMeeting, ...] = ()
    changes: tuple[PlanChange, ...] = ()
    absent: tuple[Annotated[str, Refers.to("Participation")], ...] = ()
    planned_at: str | None = None
    proven: bool | None = None
    gap: float | None = None
    round: Annotated[int, Meta(ge=0)] = 0


class MeetingRequest(Structure, frozen=True, kw_only=True):
    """Whom a participant wants to meet.

    Attributes:
        participation: Id of the other's.
        interest: 1 to 5, how much.
        why: In words.
    """

    participation: Annotated[str, Refers.to("Participation")]
    interest: Annotated[int, Meta(ge=1, le=5)] = 3
    why: Label = {}


class Participation(Record, frozen=True, kw_only=True):
    """Who takes part in a matchmaking day, what they offer and whom they want to meet.

    A record of the participant's own node.

    Attributes:
        day: In which.
        party: The city, region or organisation.
        side: One of `SIDES`.
        status: One of `PARTICIPATION_STATUSES`.
        contact: Of the delegate, by their own word only.
        languages: They speak, BCP 47.
        offers: By language.
        seeks: By language.
        requests: Whom they want to meet.
        refuses: Ids of participations that they do not want to meet.
        away: Keys of slots in which they cannot.
        most_meetings: That they want.
    """

    day: Annotated[str, Refers.to("MatchmakingDay")]
    party: _Party
    side: Annotated[str, Code(SIDES)]
    status: Annotated[str, Code(PARTICIPATION_STATUSES)] = "registered"
    contact: Annotated[str, Refers.to("Contact")] | None = None
    languages: tuple[str, ...] = ()
    offers: Label = {}
    seeks: Label = {}
    requests: tuple[MeetingRequest, ...] = ()
    refuses: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    most_meetings: Annotated[int, Meta(ge=1)] | None = None
