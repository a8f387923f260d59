"""Feeds that calendars follow (iCalendar, RFC 5545, with the names of RFC 7986)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

__all__ = ["ICALENDAR", "FeedEntry", "feed"]

#: Media type of a feed.
ICALENDAR: Final = "text/calendar"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY: Final = date.max - timedelta(days=1)
#: Years of which a feed tells the rules of zones: each costs time, and others may write any year.
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2200
#: Characters that have no place in a text of iCalendar: some clients refuse the whole feed.
_NO_TEXT: Final[Mapping[int, str | None]] = {
    **dict.fromkeys((*range(9), *range(11, 32), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF)),
    **dict.fromkeys((0x85, 0x2028, 0x2029), "\n"),
}
#: An address is in one line: what breaks it would begin a property of its own.
_NO_ADDRESS: Final = dict.fromkeys((*range(33), 0x7F))


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """Something on a day, on several days, or at a time.

    Attributes:
        uid: Stays the same while everything else changes.
        starts: First day, or the moment (aware; with a `ZoneInfo`, the feed names the zone).
        ends: Last day, included; or the moment. `None`: the same day, or not known.
        summary: Title.
        description: More of it; lines are parted by newlines.
        location: Where.
        url: Of its page.
        categories: For people to filter by.
        modified_at: When it was changed last, DateTime text; it is the stamp of the entry, so that
            a feed of the same entries is the same.
        alarm_days: So many days before it a calendar reminds of it.
        cancelled: Whether it does not take place: it stays in the feed, so that calendars drop it.
        sequence: Grows when its time or place changes, or it is cancelled.
    """

    uid: str
    starts: date | datetime
    ends: date | datetime | None
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    categories: Sequence[str] = ()
    modified_at: str = ""
    alarm_days: int | None = None
    cancelled: bool = False
    sequence: int = 0


def feed(
    entries: Iterable[FeedEntry],
    *,
    name: str,
    product: str,
    refresh: timedelta = timedelta(days=1),
) -> bytes:
    """Write entries as an iCalendar feed, with the time zones that they use.

    Args:
        entries: In the order in which they stand in it.
        name: Of the calendar, as people see it in theirs.
        product: What made it, for the product identifier.
        refresh: How often calendars should look again.
    """
    found = tuple(entries)
    calendar = Calendar()
    calendar.add("prodid", f"-//Hanze//{_line(product)}//EN")
    calendar.add("version", "2.0")
    calendar.add("name", _line(name))
    calendar.add("x-wr-calname", _line(name))
    calendar.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
    for entry in found:
        calendar.add_component(_event(entry))
    years = [entry.starts.year for entry in found if _zone(entry.starts) is not None]
    if years:
        # A zone's rules of the years that are in it, and of those beside them, are enough.
        first, last = (
            max(_FIRST_YEAR, min(_LAST_YEAR, year)) for year in (min(years) - 1, max(years) + 2)
        )
        calendar.add_missing_timezones(date(first, 1, 1), date(last, 12, 31))
    written: bytes = calendar.to_ical()
    return written


def _event(entry: FeedEntry) -> Event:
    event = Event()
    stamp = _stamp(entry.modified_at)
    event.add("uid", _line(entry.uid))
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("sequence", entry.sequence)
    event.add("dtstart", _when(entry.starts))
    ends = _end(entry)
    if ends is not None:
        event.add("dtend", ends)
    event.add("summary", _line(entry.summary))
    for term, text in (("description", entry.description), ("location", entry.location)):
        if text:
            event.add(term, _text(text))
    if entry.url:
        event.add("url", entry.url.translate(_NO_ADDRESS))
    if entry.categories:
        event.add("categories", [_line(one) for one in entry.categories])
    if entry.cancelled:
        event.add("status", "CANCELLED")
    if entry.alarm_days is not None and not entry.cancelled:
        event.add_component(_alarm(entry, entry.alarm_days))
    return event


def _alarm(entry: FeedEntry, days: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _line(entry.summary))
    alarm.add("trigger", timedelta(days=-days))
    return alarm


def _end(entry: FeedEntry) -> date | datetime | None:
    last = entry.ends if entry.ends is not None else entry.starts
    if not isinstance(entry.starts, datetime):
        # The end of a whole day is the day after it (RFC 5545, 3.6.1).
        day = last.date() if isinstance(last, datetime) else last
        return min(max(day, entry.starts), _LAST_DAY) + timedelta(days=1)
    if not isinstance(entry.ends, datetime) or entry.ends <= entry.starts:
        return None
    return _when(entry.ends)


def _when(value: date | datetime) -> date | datetime:
    """Keep zones that have a name; other moments are told in UTC."""
    if not isinstance(value, datetime) or _zone(value) is not None:
        return value
    return value.astimezone(UTC)


def _zone(value: date | datetime) -> ZoneInfo | None:
    zone = value.tzinfo if isinstance(value, datetime) else None
    return zone if isinstance(zone, ZoneInfo) and zone.key != "UTC" else None


def _stamp(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if text else _EPOCH


def _text(text: str) -> str:
    return text.translate(_NO_TEXT)


def _line(text: str) -> str:
    """Write a text in one line: some properties have no way to write a line's end."""
    return _text(text).replace("\n", " ")
