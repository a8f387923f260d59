"""Stands that cities share at fairs: the common story, each city's own, and the programme of all.

A city's story is a record of its own node. It belongs to a stand when the city takes part in it:
what others add to a stand waits until the record of the stand names their city.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.gatherings import CityStory, JointPresentation, Session
from hanze.collaboration.records.missions import Event
from hanze.collaboration.zones import WrongTime, day_of, moment_or_next

__all__ = ["Fair", "FairSession", "fair_of", "fairs"]

_DAY: Final = len("2025-03-06")
#: Beyond these another node tells no day of a fair: calendars have no room to count from.
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200
_STATES: Final = ("now", "coming", "unknown", "past")


@dataclass(frozen=True, slots=True)
class FairSession:
    """A part of a city's track.

    Attributes:
        story: Of which city.
        session: As the city wrote it.
        day: At the place; `None` where it is not known.
        starts: Aware, in the zone of the fair; `None` where only the day is known, or not even that,
            or the zone is not.
        ends: Likewise.
    """

    story: Held[CityStory]
    session: Session
    day: date | None
    starts: datetime | None
    ends: datetime | None

    @property
    def clock(self) -> tuple[str, str]:
        """What the clock at the fair shows when it starts and ends; "" where that is not known."""
        starts, ends = self.session.starts or "", self.session.ends or ""
        return starts[_DAY + 1 :], ends[_DAY + 1 :]


@dataclass(frozen=True, slots=True)
class Fair:
    """A shared stand at a fair.

    Attributes:
        held: The stand.
        event: The fair; `None` where this node knows no record of it.
        stories: Of the cities that take part, in the order of the stand.
        waiting: Stories of cities that the stand does not name.
        cities: That take part, those with a story first.
        city_count: How many take part, also those that are not known by name.
        sessions: Of all stories, in order of time; those without a day come last.
        state: "now", "coming", "past" or "unknown".
    """

    held: Held[JointPresentation]
    event: Held[Event] | None
    stories: tuple[Held[CityStory], ...]
    waiting: tuple[Held[CityStory], ...]
    cities: tuple[str, ...]
    city_count: int
    sessions: tuple[FairSession, ...]
    state: str

    @property
    def tracks(self) -> tuple[Held[CityStory], ...]:
        """The stories of cities that have a track of their own."""
        return tuple(held for held in self.stories if held.record.track)


def fairs(
    collective: Collective,
    today: date,
    *,
    country: str | None = None,
    theme: str | None = None,
    city: str | None = None,
    year: int | None = None,
) -> tuple[Fair, ...]:
    """List the shared stands of the league: those of now and soon first, then the latest.

    Args:
        collective: Up to date.
        today: For their states.
        country: Where the fair is (id).
        theme: Of the stand or the fair (id).
        city: That takes part (id).
        year: Of the fair.
    """
    found = [_fair(collective, held, today) for held in collective.of(JointPresentation)]
    chosen = [
        fair
        for fair in found
        if country in (None, fair.event.record.country if fair.event else "")
        and (theme is None or theme in _themes(fair))
        and (city is None or city in fair.cities)
        and (year is None or (fair.event is not None and fair.event.record.starts.year == year))
    ]
    return tuple(sorted(chosen, key=_order))


def fair_of(collective: Collective, presentation_id: str, today: date) -> Fair:
    """Put a shared stand together.

    Raises:
        RecordNotFound: There is no such stand.
    """
    return _fair(collective, collective.get(presentation_id, JointPresentation), today)


def _fair(collective: Collective, held: Held[JointPresentation], today: date) -> Fair:
    stand = held.record
    found = collective.find(stand.event)
    event = (
        collective.get(stand.event, Event)
        if found is not None and isinstance(found.record, Event)
        else None
    )
    told = _stories(collective, stand)
    order = {city: place for place, city in enumerate(stand.cities)}
    stories = sorted(
        (one for one in told if one.record.city in order or not order),
        key=lambda one: (order.get(one.record.city, 0), one.record.city, one.record.id),
    )
    with_story = dict.fromkeys(one.record.city for one in stories)
    cities = tuple(dict.fromkeys((*with_story, *stand.cities)))
    return Fair(
        held=held,
        event=event,
        stories=tuple(stories),
        waiting=tuple(one for one in told if order and one.record.city not in order),
        cities=cities,
        city_count=max(stand.city_count or 0, len(cities)),
        sessions=_sessions(stories, event),
        state=_state(event, today),
    )


def _stories(collective: Collective, stand: JointPresentation) -> list[Held[CityStory]]:
    """Find the stories of a stand; one that is not the city's own record is none."""
    found = collective.naming(stand.id, CityStory, "presentation")
    return [one for one in found if one.city == one.record.city]


def _sessions(
    stories: Sequence[Held[CityStory]], event: Held[Event] | None
) -> tuple[FairSession, ...]:
    zone = event.record.timezone if event is not None else None
    found = [_timed(story, session, zone) for story in stories for session in story.record.sessions]
    return tuple(sorted(found, key=_place_in_day))


def _place_in_day(one: FairSession) -> tuple[date, bool, str, str]:
    starts = one.clock[0]
    return one.day or date.max, not starts, starts, one.story.record.city


def _timed(story: Held[CityStory], session: Session, zone: str | None) -> FairSession:
    """Place a session in time; what another node wrote may be no time at all."""
    text = session.starts
    day, starts, ends = None, None, None
    try:
        if text is not None:
            day = day_of(text)
            if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
                return FairSession(story, session, None, None, None)
        if text is not None and zone is not None and len(text) > _DAY:
            starts = moment_or_next(text, zone)
            ends = moment_or_next(session.ends, zone) if session.ends is not None else None
    except WrongTime:
        ends = None
    if starts is None or ends is None or ends <= starts:
        ends = None
    return FairSession(story, session, day, starts, ends)


def _state(event: Held[Event] | None, today: date) -> str:
    if event is None:
        return "unknown"
    if event.record.ends < today:
        return "past"
    return "now" if event.record.starts <= today else "coming"


def _themes(fair: Fair) -> frozenset[str]:
    own = fair.held.record.themes
    return frozenset((*own, *(fair.event.record.themes if fair.event is not None else ())))


def _order(fair: Fair) -> tuple[int, timedelta, str]:
    """Soonest first of what is to come, latest first of what is past."""
    first = date.min if fair.event is None else fair.event.record.starts
    away = first - date.min if fair.state in ("now", "coming") else date.max - first
    return _STATES.index(fair.state), away, fair.held.record.id
