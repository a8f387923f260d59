"""A programme for a delegation, as a proposal that a person confirms.

Who could receive it is found by matching, with reasons (`candidates`), and laid out over its days
(`layout`); events there in those days come with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.matchmaking import Matchmaker
from hanze.collaboration.missions.candidates import Candidate, candidates_of, sides_of
from hanze.collaboration.missions.layout import Busy, Hours, Stop, lay_out, working_days
from hanze.collaboration.missions.programme import timed
from hanze.collaboration.records.missions import Event, Mission, ProgrammeItem
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.projects import LivingLab
from hanze.collaboration.records.record import LANGUAGES, Label, Record, text_of

__all__ = ["Proposal", "propose_programme"]

#: Days that are laid out: whoever may read a mission may have a programme proposed.
_LONGEST: Final = timedelta(days=60)
_TITLES: Final[Mapping[str, Label]] = {
    "visit": {"en": "Visit to {}", "nl": "Bezoek aan {}", "ko": "{} 방문"},
    "meeting": {"en": "Meeting with {}", "nl": "Ontmoeting met {}", "ko": "{} 면담"},
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A programme that is proposed.

    Attributes:
        candidates: All that were found, the best first.
        items: Laid out over the days; `key`s are only for telling them apart here.
        left_out: Ids of hosts for whom there was no time.
    """

    candidates: tuple[Candidate, ...]
    items: tuple[ProgrammeItem, ...]
    left_out: tuple[str, ...]


async def propose_programme(
    collective: Collective,
    matchmaker: Matchmaker,
    mission: Mission,
    *,
    hours: Hours | None = None,
    now: str,
) -> Proposal:
    """Find who could receive a delegation, and lay the visits out over its days.

    Args:
        collective: Up to date.
        matchmaker: Over the same collective.
        mission: With its days, places and themes. Confirmed items keep their times.
        hours: Of a day.
        now: DateTime text.
    """
    confirmed = [one for one in mission.programme if not one.proposed]
    visited = {host for one in confirmed for host in one.hosts}
    found = await candidates_of(collective, matchmaker, mission, now=now)
    candidates = [one for one in found if one.host not in visited]
    stops = [_stop(collective, one) for one in candidates]
    last = min(mission.ends, mission.starts + _LONGEST)
    days = working_days(mission.starts, last) if mission.days_known else []
    laid = lay_out(stops, days, busy=tuple(_busy(mission)), hours=hours)
    events = _events(collective, mission, confirmed)
    hosts = {host for one in laid for host in one.hosts}
    return Proposal(
        candidates=tuple(candidates),
        items=(*events, *laid),
        left_out=tuple(one.host for one in candidates if one.host not in hosts),
    )


def _stop(collective: Collective, one: Candidate) -> Stop:
    held = collective.find(one.host)
    if held is None:
        raise RuntimeError("candidates are records of the collective")
    name, place = held.record.title, _place(collective, held)
    titles = {tag: text_of(_TITLES[one.kind], tag).format(text_of(name, tag)) for tag in LANGUAGES}
    where = place.record.title if place is not None else {}
    located = place.record.location if place is not None else None
    return Stop(
        kind=one.kind,
        title=titles,
        hosts=(one.host,),
        place=where,
        at=_position(held.record.location) or _position(located),
        # The first reason is the strongest; the page of the proposal has them all.
        note={tag: text.partition("\n")[0] for tag, text in one.reasons.items()},
        score=one.score,
    )


def _place(collective: Collective, held: Held[Record]) -> Held[Record] | None:
    """Find the place at which somebody is."""
    record = held.record
    if isinstance(record, Municipality | Region):
        return held
    seats: tuple[str | None, ...] = (held.city,)
    if isinstance(record, Organization):
        seats = (record.municipality, held.city)
    elif isinstance(record, LivingLab):
        seats = (*record.owners, held.city)
    known = (collective.find(seat) for seat in seats if seat is not None)
    return next((one for one in known if one is not None), None)


def _position(location: Mapping[str, object] | None) -> tuple[float, float] | None:
    if location is None or location.get("type") != "Point":
        return None
    found = location.get("coordinates")
    if not isinstance(found, list | tuple) or len(found) < 2:
        return None
    return float(found[0]), float(found[1])


def _busy(mission: Mission) -> Iterator[Busy]:
    """Give what is confirmed and has a time, as clocks at the place show it."""
    for one in timed(mission):
        if not one.item.proposed and one.starts is not None:
            starts = one.starts.replace(tzinfo=None)
            ends = one.ends.replace(tzinfo=None) if one.ends is not None else starts
            yield Busy(starts, max(starts, ends))


def _events(
    collective: Collective, mission: Mission, confirmed: Sequence[ProgrammeItem]
) -> Iterator[ProgrammeItem]:
    """Give the events there in those days that the mission names, or that share a theme."""
    if not mission.days_known:
        return
    place = sides_of(collective, mission).country
    known = {text for one in confirmed for text in one.title.values()}
    for held in collective.of(Event):
        event = held.record
        wanted = event.id in mission.events or (
            event.country == place and bool(set(event.themes) & set(mission.themes))
        )
        during = event.starts <= mission.ends and event.ends >= mission.starts
        if wanted and during and known.isdisjoint(event.title.values()):
            yield ProgrammeItem(
                key=f"event-{event.id.rsplit(':', 1)[-1]}",
                kind="event",
                title=event.title,
                starts=max(event.starts, mission.starts).isoformat(),
                place=event.venue,
                proposed=True,
            )
