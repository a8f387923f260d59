"""Stories of cities at a shared stand: each city tells its own, and its sessions are at times that exist."""

from datetime import date
from typing import Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.gatherings import CityStory, JointPresentation, Session
from hanze.collaboration.records.missions import Event
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.speaking import check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step
from hanze.collaboration.zones import day_of, moment

__all__ = ["keep_own_story", "keep_sessions"]

_DAY: Final = len("2025-03-06")


def keep_own_story(step: Step[CityStory]) -> None:
    """Have a story be its city's own record.

    Raises:
        RuleBroken: It is the record of another city than the one that it tells of.
        SpeaksForAnother: The caller speaks for an organisation that is not behind the city.
    """
    story = step.after
    if story is not None and story.source_city != story.city:
        raise RuleBroken(
            f"A story is a record of the city itself: sourceCity must be {story.city}",
            field="sourceCity",
            value=story.source_city,
        )
    for one in (step.before, story):
        if one is not None:
            check_speaks_for(step, "The story of a city", one.city, field="city")


def keep_sessions(step: Step[CityStory]) -> None:
    """Ask for sessions with a key each, on days of the fair, at times that its clock shows.

    Raises:
        InvalidRecord: A key is there twice, a session has no title, is on a day without fair or
            ends before it starts, or a speaker is no contact.
        WrongTime: A time or day does not exist, or is of no fair; the detail tells the next that does.
    """
    story = step.after
    if story is None or (step.before is not None and step.before.sessions == story.sessions):
        return
    keys = [session.key for session in story.sessions]
    if len(set(keys)) < len(keys):
        raise InvalidRecord(CityStory, "must have each key once", field="sessions")
    fair = _fair(step, story)
    zone = fair.timezone if fair is not None and fair.timezone is not None else "UTC"
    for place, session in enumerate(story.sessions):
        if not session.title:
            raise InvalidRecord(CityStory, "must have a text", field=f"sessions[{place}].title")
        _check_times(f"sessions[{place}].", session, zone)
        _check_day(f"sessions[{place}].", session, fair)
        for contact in session.contacts:
            held = find_elsewhere(step, contact)
            if held is not None and not isinstance(held, Contact):
                raise InvalidRecord(
                    CityStory,
                    "must be ids of contacts: people are named by their own word only",
                    field=f"sessions[{place}].contacts",
                    value=contact,
                )


def _fair(step: Step[CityStory], story: CityStory) -> Event | None:
    """Find the fair; where this node does not know it, times are checked as such only."""
    stand = find_elsewhere(step, story.presentation)
    fair = find_elsewhere(step, stand.event) if isinstance(stand, JointPresentation) else None
    return fair if isinstance(fair, Event) else None


def _check_day(path: str, session: Session, fair: Event | None) -> None:
    if fair is None or session.starts is None:
        return
    day = date.fromisoformat(session.starts[:_DAY])
    last = fair.ends or fair.starts
    if not fair.starts <= day <= last:
        raise InvalidRecord(
            CityStory,
            f"must be on a day of the fair ({fair.starts} to {last})",
            field=f"{path}starts",
            value=session.starts,
        )


def _check_times(path: str, session: Session, zone: str) -> None:
    starts = session.starts
    if session.ends is not None and (starts is None or len(starts) <= _DAY):
        raise InvalidRecord(
            CityStory, "must have a start with a time", field=f"{path}starts", value=starts
        )
    if starts is None:
        return
    if len(starts) <= _DAY:
        day_of(starts, field=f"{path}starts")
        return
    first = moment(starts, zone, field=f"{path}starts")
    if session.ends is not None and moment(session.ends, zone, field=f"{path}ends") <= first:
        raise InvalidRecord(
            CityStory, f"must be after {starts}", field=f"{path}ends", value=session.ends
        )
