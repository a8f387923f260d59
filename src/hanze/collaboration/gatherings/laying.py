"""Laying a day out: rounds of meetings with breaks, tables at places, interpreters, as people write them.

Each thing stands on a line of its own; what is written is read the same on a page and in a command.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from hanze.collaboration.records.gatherings import (
    DayTable,
    DayTravel,
    Interpreter,
    MeetingSlot,
)
from hanze.errors import InvalidInput

__all__ = [
    "breaks_from",
    "interpreters_from",
    "slots_of",
    "tables_from",
    "tables_of",
    "travel_from",
]

_LOCAL: Final = "%Y-%m-%dT%H:%M"
_MOST_SLOTS: Final = 60
_MOST_TABLES: Final = 500
_MOST_BREAKS: Final = 60
_MOST_MINUTES: Final = 1_440
#: A break: from when to when.
Break = tuple[time, time]


def slots_of(
    on: date,
    *,
    first: str,
    minutes: int,
    pause: int,
    number: int,
    noon: int = 0,
    lunch: int = 0,
    breaks: Sequence[Break] = (),
) -> tuple[MeetingSlot, ...]:
    """Lay slots out over a day.

    Args:
        on: The day.
        first: When the first starts: "09:30".
        minutes: How long each takes.
        pause: Minutes between two of them.
        number: How many.
        noon: After how many of them there is a longer pause; 0 is none.
        lunch: Minutes of that pause.
        breaks: In which there are no meetings: one that would reach into a break starts after it.

    Raises:
        InvalidInput: They do not fit into the day.
    """
    try:
        starts = datetime.combine(on, time.fromisoformat(first))
    except ValueError as error:
        raise InvalidInput("first must be a time as 09:30", field="first", value=first) from error
    if not (1 <= number <= _MOST_SLOTS and 1 <= minutes <= 600 and pause >= 0 and lunch >= 0):
        raise InvalidInput(
            f"A day has 1 to {_MOST_SLOTS} slots of 1 to 600 minutes", field="number", value=number
        )
    length, found = timedelta(minutes=minutes), []
    for place in range(1, number + 1):
        starts = _after_breaks(starts, length, breaks)
        ends = starts + length
        if ends.date() != on:
            raise InvalidInput(
                f"Slot {place} ends after the day; fewer or shorter ones fit",
                field="number",
                value=number,
            )
        key = f"{place:02}"
        found.append(
            MeetingSlot(key=key, starts=starts.strftime(_LOCAL), ends=ends.strftime(_LOCAL))
        )
        starts = ends + timedelta(minutes=lunch if place == noon else pause)
    return tuple(found)


def tables_of(number: int, place: str = "") -> tuple[DayTable, ...]:
    """Number tables from 1.

    Raises:
        InvalidInput: There are none, or too many.
    """
    if not 1 <= number <= _MOST_TABLES:
        raise InvalidInput(f"A day has 1 to {_MOST_TABLES} tables", field="tables", value=number)
    return tuple(DayTable(key=str(one), place=place) for one in range(1, number + 1))


def breaks_from(text: str) -> tuple[Break, ...]:
    """Read breaks: "12:30-13:30", one in a line.

    Raises:
        InvalidInput: A line is not like that, or there are too many.
    """
    found = []
    for line in _lines(text):
        starts, ends = _times(line, "breaks", "A break is written as 12:30-13:30")
        if ends is None or ends <= starts:
            raise InvalidInput(
                "A break is written as 12:30-13:30, and ends after it starts",
                field="breaks",
                value=line[:100],
            )
        found.append((starts, ends))
    if len(found) > _MOST_BREAKS:
        raise InvalidInput(
            f"A day has at most {_MOST_BREAKS} breaks", field="breaks", value=len(found)
        )
    return tuple(sorted(found))


def tables_from(text: str) -> tuple[DayTable, ...]:
    """Read how many tables stand at each place: "Main hall: 6", one place in a line.

    Raises:
        InvalidInput: A line is not like that, or there are no tables, or too many.
    """
    found: list[DayTable] = []
    for line in _lines(text):
        place, number = _counted(line, "places", "A place is written as Main hall: 6")
        if not 1 <= number <= _MOST_TABLES - len(found):
            raise InvalidInput(
                f"A day has 1 to {_MOST_TABLES} tables", field="places", value=line[:100]
            )
        first = len(found) + 1
        found += [DayTable(key=str(key), place=place) for key in range(first, first + number)]
    return tuple(found)


def travel_from(text: str, tables: Sequence[DayTable]) -> tuple[DayTravel, ...]:
    """Read minutes between places: "Main hall - Library: 10", two places in a line.

    Args:
        text: Lines.
        tables: Of the day: only their places can be named.

    Raises:
        InvalidInput: A line is not like that, or names another place.
    """
    places = dict.fromkeys(one.place for one in tables if one.place)
    # Names of places may have a dash in them, so the pairs that there are decide.
    pairs = {
        f"{one} - {other}".casefold(): (one, other)
        for one in places
        for other in places
        if one != other
    }
    wanted = "Minutes between two places with tables are written as Main hall - Library: 10"
    found = []
    for line in _lines(text):
        named, minutes = _counted(line, "travel", wanted)
        pair = pairs.get(" ".join(named.split()).casefold())
        if pair is None or minutes > _MOST_MINUTES:
            raise InvalidInput(wanted, field="travel", value=line[:100])
        found.append(DayTravel(one=pair[0], other=pair[1], minutes=minutes))
    return tuple(found)


def interpreters_from(text: str, slots: Sequence[MeetingSlot] = ()) -> tuple[Interpreter, ...]:
    """Read interpreters, one in a line, and when they cannot: "T1: nl, ko; 09:30, 13:00-15:00".

    Args:
        text: Lines: number, languages, and after ";" times of the day at its place.
        slots: Of the day; who cannot at a time cannot in the slots that it touches.

    Raises:
        InvalidInput: A line is not like that, or names a time without a slot.
    """
    wanted = "An interpreter is written as T1: nl, ko"
    found = []
    for line in _lines(text):
        key, mark, rest = line.partition(":")
        tags, _, times = rest.partition(";")
        languages = tuple(tag.strip().lower() for tag in tags.split(",") if tag.strip())
        if not mark or not key.strip() or len(languages) < 2:
            raise InvalidInput(wanted, field="interpreters", value=line[:100])
        away = dict.fromkeys(
            name for one in times.split(",") if one.strip() for name in _touched(one.strip(), slots)
        )
        found.append(Interpreter(key=key.strip(), languages=languages, away=tuple(away)))
    return tuple(found)


def _touched(text: str, slots: Sequence[MeetingSlot]) -> list[str]:
    """Name the slots that begin at a time, or that a stretch of time touches."""
    wanted = "A time away is written as 09:30 or 13:00-15:00, and there are rounds at it"
    starts, ends = _times(text, "interpreters", wanted)
    found = []
    for one in slots:
        first, last = (time.fromisoformat(moment[11:16]) for moment in (one.starts, one.ends))
        inside = first <= starts < last if ends is None else starts < last and first < ends
        if inside:
            found.append(one.key)
    if not found:
        raise InvalidInput(wanted, field="interpreters", value=text[:100])
    return found


def _after_breaks(starts: datetime, length: timedelta, breaks: Sequence[Break]) -> datetime:
    for begins, ends in sorted(breaks):
        day = starts.date()
        if starts < datetime.combine(day, ends) and datetime.combine(day, begins) < starts + length:
            starts = datetime.combine(day, ends)
    return starts


def _lines(text: str) -> Iterator[str]:
    return filter(None, map(str.strip, text.replace("\N{EN DASH}", "-").splitlines()))


def _counted(line: str, field: str, wanted: str) -> tuple[str, int]:
    """Part "Main hall: 6" into its name and number."""
    name, mark, number = (part.strip() for part in line.rpartition(":"))
    if not mark or not name or not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise InvalidInput(wanted, field=field, value=line[:100])
    return name, int(number)


def _times(text: str, field: str, wanted: str) -> tuple[time, time | None]:
    one, mark, other = (part.strip() for part in text.partition("-"))
    try:
        starts = time.fromisoformat(one)
        ends = time.fromisoformat(other) if mark else None
    except ValueError as error:
        raise InvalidInput(wanted, field=field, value=text[:100]) from error
    if starts.tzinfo is not None or (ends is not None and ends.tzinfo is not None):
        raise InvalidInput(wanted, field=field, value=text[:100])
    return starts, ends
