"""The calendar of missions, and the programme of one, as entries of a feed (`collaboration.feeds`)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.feeds import FeedEntry
from hanze.collaboration.missions.calendar import Outing
from hanze.collaboration.missions.programme import Timed, timed
from hanze.collaboration.records.gatherings import MatchmakingDay
from hanze.collaboration.records.missions import Event, Mission
from hanze.collaboration.records.record import Label, text_of

__all__ = ["calendar_entries", "programme_entries", "sequence_of"]

Link = Callable[[str], str]

#: Numbers of versions count from here: they must fit 31 bits for a long time.
_FIRST: Final = datetime(2020, 1, 1, tzinfo=UTC)
_UNKNOWN_DAYS: Final[Label] = {
    "en": "Only the month is known.",
    "nl": "Alleen de maand is bekend.",
    "ko": "월만 정해졌습니다.",
}
_PROPOSED: Final[Label] = {
    "en": "A proposal that nobody confirmed yet.",
    "nl": "Een voorstel dat nog niemand heeft bevestigd.",
    "ko": "아직 확정되지 않은 제안입니다.",
}


def calendar_entries(
    found: Sequence[Outing], collective: Collective, *, language: str, link: Link
) -> Iterator[FeedEntry]:
    """Make entries of a feed of missions and events.

    Args:
        found: In their order.
        collective: To name places.
        language: Of titles and texts.
        link: Makes the address of a record's page of its id.
    """
    for one in found:
        record = one.held.record
        lines = [text_of(_telling(record), language)]
        if not one.days_known:
            lines.append(text_of(_UNKNOWN_DAYS, language))
        yield FeedEntry(
            uid=f"{one.id}#calendar",
            starts=one.starts,
            ends=one.ends,
            summary=text_of(record.title, language),
            description="\n".join(line for line in lines if line),
            location=_where(one, collective, language),
            url=link(one.id),
            categories=(one.kind, *record.themes),
            modified_at=one.held.modified_at,
            cancelled=one.cancelled,
            sequence=sequence_of(one.held.modified_at),
        )


def programme_entries(
    held: Held[Mission], *, language: str, link: Link, home_zone: bool = True
) -> Iterator[FeedEntry]:
    """Make entries of a feed of a mission's programme; what has no day is left out.

    Args:
        held: The mission.
        language: Of titles and texts.
        link: Makes the address of a record's page of its id.
        home_zone: Whether texts tell the time at home as well.
    """
    mission = held.record
    for one in timed(mission):
        if one.day is None:
            continue
        item = one.item
        lines = [
            text_of(_PROPOSED, language) if item.proposed else "",
            _at_home(one, mission) if home_zone else "",
            text_of(item.note, language),
            text_of(item.outcome, language),
        ]
        yield FeedEntry(
            uid=f"{mission.id}#{item.key}",
            starts=one.starts or one.day,
            ends=one.ends,
            summary=text_of(item.title, language),
            description="\n".join(line for line in lines if line),
            location=text_of(item.place, language),
            url=link(mission.id),
            categories=(item.kind,),
            modified_at=held.modified_at,
            cancelled=mission.status == "cancelled",
            sequence=sequence_of(held.modified_at),
        )


def sequence_of(modified_at: str) -> int:
    """Number a version of a record by when it was written: later ones have higher numbers."""
    if not modified_at:
        return 0
    since = datetime.fromisoformat(modified_at).astimezone(UTC) - _FIRST
    return max(0, int(since.total_seconds()))


def _telling(record: Mission | Event | MatchmakingDay) -> Label:
    return record.goal or record.description if isinstance(record, Mission) else record.description


def _where(one: Outing, collective: Collective, language: str) -> str:
    record = one.held.record
    if isinstance(record, Mission):
        ids: tuple[str, ...] = (*record.places, record.country)
    else:
        venue = text_of(record.venue, language)
        if venue:
            return venue
        city = record.municipality if isinstance(record, Event) else None
        ids = tuple(place for place in (city, one.place) if place is not None)
    known = (collective.find(place) for place in dict.fromkeys(ids))
    return ", ".join(text_of(held.record.title, language) for held in known if held is not None)


def _at_home(one: Timed, mission: Mission) -> str:
    if one.home_starts is None or one.starts is None:
        return ""
    if one.home_starts.utcoffset() == one.starts.utcoffset():
        return ""
    until = f" - {one.home_ends:%H:%M}" if one.home_ends is not None else ""
    return f"{mission.home_timezone}: {one.home_starts:%Y-%m-%d %H:%M}{until}"
