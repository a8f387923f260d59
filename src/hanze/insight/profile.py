"""What is expected of an attribute: robust statistics of the same time of the week.

A value is compared with those of the same local weekday and time of the weeks before. Their median
is what is expected; how far values usually lie from it, at this time of any day, is the spread. Both
are medians, so that one festival or one broken sensor does not move them. Pure.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from math import isfinite
from statistics import median
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

__all__ = ["WEEK_US", "Basis", "Expected", "Point", "Profile", "build_profile", "slot_of"]

K = TypeVar("K")

#: The start of a period in microseconds since 1970, and the mean value in it.
Point = tuple[int, float]

WEEK_US: Final = 7 * 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Half the middle half of a normal distribution is 0.6745 standard deviations.
_TO_DEVIATION: Final = 1.4826
#: A spread is at least this share of what is expected: three equal values are no certainty.
_LEAST_SHARE: Final = 0.03
#: How many values of the past it takes to expect something, by what they have in common.
_LEAST_SAME_WEEK_TIME: Final = 3
_LEAST_SAME_KIND_OF_DAY: Final = 5
_LEAST_SAME_TIME: Final = 5
#: Differences from the median that it takes to say how far values usually lie from it.
_LEAST_DIFFERENCES: Final = 10


class Basis(Enum):
    """What the values of the past have in common with the moment that is judged."""

    WEEK_TIME = "week-time"
    KIND_OF_DAY = "kind-of-day"
    TIME_OF_DAY = "time-of-day"


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected at a moment.

    Attributes:
        value: The median, in the attribute's own unit.
        spread: What a standard deviation would be if the usual differences were normal; > 0.
        samples: How many values of the past it rests on.
        basis: What these have in common with the moment.
    """

    value: float
    spread: float
    samples: int
    basis: Basis

    def low(self, deviations: float) -> float:
        """Return the lower end of the range of so many deviations."""
        return self.value - deviations * self.spread

    def high(self, deviations: float) -> float:
        """Return its upper end."""
        return self.value + deviations * self.spread


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a moment lies in its local week.

    Attributes:
        weekday: 0 for Monday.
        number: Which period of the day.
    """

    weekday: int
    number: int

    @property
    def kind_of_day(self) -> int:
        """A working day, a Saturday or a Sunday."""
        return max(0, self.weekday - 4)


@dataclass(frozen=True, slots=True)
class Profile:
    """The usual week of one attribute, as it was known at one moment.

    Attributes:
        period_us: Length of a period in microseconds; a day holds a whole number of them.
        zone: Where the week is lived.
        weeks: How many weeks it looks back at most.
        first_us: The first period that it knows of; `None` when it knows none.
    """

    period_us: int
    zone: ZoneInfo
    weeks: int
    first_us: int | None
    _by_week_time: dict[Slot, tuple[float, int]]
    _by_kind: dict[tuple[int, int], tuple[float, int]]
    _by_time: dict[int, tuple[float, int]]
    _spreads: dict[int, float]
    _spread: float | None

    def expect(self, moment_us: int) -> Expected | None:
        """Return what is expected of the period that starts at a moment.

        `None` where too little is known: silence is honest, a guess is not.
        """
        slot = slot_of(moment_us, self.period_us, self.zone)
        known = (
            (self._by_week_time.get(slot), _LEAST_SAME_WEEK_TIME, Basis.WEEK_TIME),
            (
                self._by_kind.get((slot.kind_of_day, slot.number)),
                _LEAST_SAME_KIND_OF_DAY,
                Basis.KIND_OF_DAY,
            ),
            (self._by_time.get(slot.number), _LEAST_SAME_TIME, Basis.TIME_OF_DAY),
        )
        for found, least, basis in known:
            if found is not None and found[1] >= least:
                value, samples = found
                spread = self._spreads.get(slot.number, self._spread)
                if spread is None:
                    return None
                floor = max(_LEAST_SHARE * abs(value), sys.float_info.min)
                return Expected(value, max(spread, floor), samples, basis)
        return None


# Every profile of a day asks for the same weeks.
@lru_cache(maxsize=65_536)
def slot_of(moment_us: int, period_us: int, zone: ZoneInfo) -> Slot:
    """Return where a moment lies in the local week; summer time moves with the people."""
    local = (_EPOCH + timedelta(microseconds=moment_us)).astimezone(zone)
    since_midnight = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000
    return Slot(local.weekday(), since_midnight // period_us)


def build_profile(
    points: Sequence[Point], *, until_us: int, period_us: int, zone: ZoneInfo, weeks: int
) -> Profile:
    """Learn the usual week from the weeks before a moment.

    Args:
        points: In any order; those from `until_us` on, and those older than `weeks`, do not count.
        until_us: As of when, in microseconds since 1970.
        period_us: Length of the periods that the points are means of.
        zone: Whose days and weeks.
        weeks: How far back.
    """
    first = until_us - weeks * WEEK_US
    past = [(at, value) for at, value in points if first <= at < until_us and isfinite(value)]
    slots = [slot_of(at, period_us, zone) for at, _ in past]
    values = [value for _, value in past]
    by_week_time = _grouped(slots, values)
    differences = _left_out(by_week_time)
    by_number: dict[int, list[float]] = {}
    for slot, found in differences.items():
        by_number.setdefault(slot.number, []).extend(found)
    everything = [one for found in by_number.values() for one in found]
    return Profile(
        period_us=period_us,
        zone=zone,
        weeks=weeks,
        first_us=min((at for at, _ in past), default=None),
        _by_week_time=_medians(by_week_time),
        _by_kind=_medians(_grouped([(one.kind_of_day, one.number) for one in slots], values)),
        _by_time=_medians(_grouped([one.number for one in slots], values)),
        _spreads={
            number: _spread(found)
            for number, found in by_number.items()
            if len(found) >= _LEAST_DIFFERENCES
        },
        _spread=_spread(everything) if len(everything) >= _LEAST_DIFFERENCES else None,
    )


def _grouped(keys: Sequence[K], values: Sequence[float]) -> dict[K, list[float]]:
    groups: dict[K, list[float]] = {}
    for key, value in zip(keys, values, strict=True):
        groups.setdefault(key, []).append(value)
    return groups


def _medians(groups: dict[K, list[float]]) -> dict[K, tuple[float, int]]:
    return {key: (median(found), len(found)) for key, found in groups.items()}


def _left_out(groups: dict[Slot, list[float]]) -> dict[Slot, list[float]]:
    """Compare each value with the median of the others: with its own it would seem too usual."""
    return {
        slot: [
            abs(value - median(found[:place] + found[place + 1 :]))
            for place, value in enumerate(found)
        ]
        for slot, found in groups.items()
        if len(found) > 1
    }


def _spread(differences: Sequence[float]) -> float:
    return _TO_DEVIATION * median(differences)
