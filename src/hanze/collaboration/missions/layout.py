"""Laying visits out over the days of a mission, with travel and pauses between them (pure).

It is a proposal for a person to change, not an optimum: each day begins with the best visit that is
left, and goes on with what is good and near.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from hanze.collaboration.records.missions import ProgrammeItem
from hanze.collaboration.records.record import Label

__all__ = ["Busy", "Hours", "Stop", "lay_out", "travel_minutes", "working_days"]

_KM_PER_DEGREE: Final = 111.2
#: Of roads, to a straight line; and what a journey costs before and after it.
_DETOUR: Final = 1.3
_KM_AN_HOUR: Final = 60
_TO_AND_FROM: Final = 10
#: Where it is not known how far it is.
_UNKNOWN: Final = 30
#: A journey that a programme shows; less is part of the pause.
_SHOWN: Final = 20
#: How much of a score an hour of travel costs.
_HOUR_COSTS: Final = 0.25
_SATURDAY: Final = 5

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit or meeting that could be part of a programme.

    Attributes:
        kind: Of the item: "visit" or "meeting".
        title: By language.
        hosts: Ids of whom is visited.
        place: Where, by language.
        at: Longitude and latitude, where that is known.
        note: Why, by language.
        score: How well it fits, 0 to 1.
        minutes: How long it takes.
    """

    kind: str
    title: Label
    hosts: tuple[str, ...]
    place: Label
    at: Position | None
    note: Label
    score: float
    minutes: int = 75


@dataclass(frozen=True, slots=True)
class Hours:
    """When a day's programme begins and ends.

    Attributes:
        opens: When the first visit begins at the earliest.
        closes: When the last one ends at the latest.
        lunch: When lunch begins.
        lunch_minutes: How long it takes.
        pause_minutes: Between two visits.
        most: Visits of a day.
    """

    opens: time = time(9, 30)
    closes: time = time(17, 30)
    lunch: time = time(12, 30)
    lunch_minutes: int = 60
    pause_minutes: int = 15
    most: int = 4


@dataclass(frozen=True, slots=True)
class Busy:
    """A time that is taken already, as clocks at the place show it."""

    starts: datetime
    ends: datetime


def working_days(starts: date, ends: date) -> list[date]:
    """List the days of a mission without its weekends; all of them where it has no others."""
    days = [starts + timedelta(days=number) for number in range((ends - starts).days + 1)]
    return [day for day in days if day.weekday() < _SATURDAY] or days


def lay_out(
    stops: Sequence[Stop],
    days: Sequence[date],
    *,
    busy: Sequence[Busy] = (),
    hours: Hours | None = None,
) -> list[ProgrammeItem]:
    """Lay stops out over days; what does not fit is left out.

    Args:
        stops: In any order; those that fit better come first.
        days: In order.
        busy: Times that are taken: nothing is laid over them.
        hours: Of a day.

    Returns:
        Items that are proposed, in order of time; times are those of clocks at the place.
    """
    frame = hours or Hours()
    left = sorted(stops, key=lambda one: (-one.score, one.hosts, one.kind))
    items: list[ProgrammeItem] = []
    for day in days:
        items += _Day(day, frame, [one for one in busy if one.starts.date() == day]).fill(left)
    return [
        ProgrammeItem(
            key=f"proposal-{number}",
            kind=item.kind,
            title=item.title,
            starts=item.starts,
            ends=item.ends,
            place=item.place,
            hosts=item.hosts,
            note=item.note,
            proposed=True,
        )
        for number, item in enumerate(items, 1)
    ]


def travel_minutes(one: Position | None, other: Position | None) -> int:
    """Estimate a journey by road, in steps of five minutes; 0 within a place."""
    if one is None or other is None:
        return _UNKNOWN
    north = one[1] - other[1]
    east = (one[0] - other[0]) * math.cos(math.radians((one[1] + other[1]) / 2))
    km = math.hypot(north, east) * _KM_PER_DEGREE
    if km < 1:
        return 0
    return math.ceil((km * _DETOUR / _KM_AN_HOUR * 60 + _TO_AND_FROM) / 5) * 5


class _Day:
    """One day while it is filled."""

    def __init__(self, day: date, hours: Hours, busy: Sequence[Busy]) -> None:
        self._hours = hours
        self._at: Position | None = None
        self._began = False
        self._count = 0
        self._lunch = datetime.combine(day, hours.lunch)
        lunch_ends = self._lunch + timedelta(minutes=hours.lunch_minutes)
        self._lunch_ends = lunch_ends
        opens, closes = (datetime.combine(day, one) for one in (hours.opens, hours.closes))
        pause = timedelta(minutes=hours.pause_minutes)
        taken = sorted((one.starts - pause, one.ends + pause) for one in busy)
        self._lunch_free = not any(s < lunch_ends and e > self._lunch for s, e in taken)
        halves = ((opens, self._lunch), (lunch_ends, closes))
        self._windows = [window for half in halves for window in _free(half, taken)]

    def fill(self, left: list[Stop]) -> list[ProgrammeItem]:
        """Take stops off the list, and give the items of this day."""
        items: list[ProgrammeItem] = []
        last: Stop | None = None
        noon = False
        for starts, ends in self._windows:
            if not noon and starts >= self._lunch_ends:
                noon = True
                if last is not None and self._lunch_free:
                    items.append(self._meal(last))
            clock = starts
            while self._count < self._hours.most:
                stop = self._next(left, clock, ends)
                if stop is None:
                    break
                clock = self._go(items, stop, clock)
                left.remove(stop)
                last = stop
        return items

    def _next(self, left: Sequence[Stop], clock: datetime, ends: datetime) -> Stop | None:
        best, most = None, -math.inf
        for stop in left:
            minutes = self._travel(stop)
            if clock + timedelta(minutes=minutes + stop.minutes) > ends:
                continue
            worth = stop.score - _HOUR_COSTS * minutes / 60
            if worth > most:
                best, most = stop, worth
        return best

    def _travel(self, stop: Stop) -> int:
        """A day begins where its first visit is."""
        return travel_minutes(self._at, stop.at) if self._began else 0

    def _go(self, items: list[ProgrammeItem], stop: Stop, clock: datetime) -> datetime:
        minutes = self._travel(stop)
        arrives = clock + timedelta(minutes=minutes)
        if minutes >= _SHOWN:
            items.append(_item("travel", _to(stop.place), (clock, arrives), stop.place))
        leaves = arrives + timedelta(minutes=stop.minutes)
        when = arrives, leaves
        made = _item(stop.kind, stop.title, when, stop.place, hosts=stop.hosts, note=stop.note)
        items.append(made)
        self._at, self._began = stop.at, True
        self._count += 1
        return leaves + timedelta(minutes=self._hours.pause_minutes)

    def _meal(self, last: Stop) -> ProgrammeItem:
        return _item("meal", _LUNCH, (self._lunch, self._lunch_ends), last.place)


def _free(
    half: tuple[datetime, datetime], taken: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """What is left of a part of a day beside what is taken, in order."""
    starts, ends = half
    windows = []
    for since, until in taken:
        if since >= ends or until <= starts:
            continue
        if since > starts:
            windows.append((starts, since))
        starts = max(starts, until)
    if starts < ends:
        windows.append((starts, ends))
    return windows


_LUNCH: Final[Label] = {"en": "Lunch", "nl": "Lunch", "ko": "점심"}


def _to(place: Label) -> Label:
    said = {"en": "Travel to {}", "nl": "Reis naar {}", "ko": "이동: {}"}
    any_name = place.get("en") or next(iter(place.values()), "")
    names = {tag: place.get(tag) or any_name for tag in said}
    return {
        tag: text.format(names[tag]) if names[tag] else text.replace(" {}", "").replace(": {}", "")
        for tag, text in said.items()
    }


def _item(
    kind: str,
    title: Label,
    when: tuple[datetime, datetime],
    place: Label,
    *,
    hosts: tuple[str, ...] = (),
    note: Label | None = None,
) -> ProgrammeItem:
    return ProgrammeItem(
        key="proposal",
        kind=kind,
        title=title,
        starts=when[0].strftime("%Y-%m-%dT%H:%M"),
        ends=when[1].strftime("%Y-%m-%dT%H:%M"),
        place=place,
        hosts=hosts,
        note=note or {},
    )
