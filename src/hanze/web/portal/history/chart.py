"""Charts as shapes: lines with gaps, bars, and what lies between lowest and highest (pure).

A chart is a square of 1000 by 1000 that is stretched to the room it gets; its texts stand beside
it at parts of the way, so that they keep their size on every screen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from hanze.web.portal.history.axes import Scale, Tick, number_scale

__all__ = ["MOST_LINES", "Chart", "Drawn", "Line", "Point", "draw", "with_gaps"]

#: More lines cannot be told apart.
MOST_LINES: Final = 8
_SIDE: Final = 1000.0
#: A line of at most so many values shows each of them.
_DOTTED: Final = 80
#: Where nothing came for so many times the distance of values around it, the line is broken.
_LONG: Final = 5.0
_AROUND: Final = 5
_FEW: Final = 4
_BAR: Final = 0.8


class Point(NamedTuple):
    """A value, or a gap where `value` is `None`.

    Attributes:
        at: Where it is drawn, in microseconds since 1970.
        value: It, or the mean and the like of a period.
        low: The lowest of a period, where that is known.
        high: The highest.
        start: When it was measured, or its period begins.
        end: Until when.
    """

    at: int
    value: float | None
    low: float | None = None
    high: float | None = None
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Values of one dataset of an attribute.

    Attributes:
        attribute: IRI.
        dataset_id: URI; `None` is the default instance.
        label: In words, unlike those of its neighbours.
        unit: The unit's sign, if any.
        points: By time.
    """

    attribute: str
    dataset_id: str | None
    label: str
    unit: str
    points: tuple[Point, ...]

    @property
    def values(self) -> list[float]:
        return [point.value for point in self.points if point.value is not None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The shapes of one line; each is the `d` of a path, or empty."""

    line: str
    dots: str
    band: str
    bars: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, ready to be written down.

    Attributes:
        lines: What it is of.
        drawn: One for each of them.
        scale: Of its numbers.
        times: Along its lower edge.
        numbers: At fractions from its upper edge down.
    """

    lines: Sequence[Line]
    drawn: Sequence[Drawn]
    scale: Scale
    times: Sequence[Tick]
    numbers: Sequence[Tick]


def with_gaps(points: Sequence[Point]) -> tuple[Point, ...]:
    """Put a gap where values stayed away much longer than they usually do."""
    if len(points) < _FEW:
        return tuple(points)
    distances = [after.at - before.at for before, after in pairwise(points)]
    found = [points[0]]
    for index, (before, after) in enumerate(pairwise(points)):
        # Around it only: a sensor may come to measure more often, and that makes no gaps before.
        around = (
            distances[max(index - _AROUND, 0) : index],
            distances[index + 1 : index + 1 + _AROUND],
        )
        if distances[index] > _LONG * max(median(near) for near in around if near):
            found.append(Point((before.at + after.at) // 2, None))
        found.append(after)
    return tuple(found)


def draw(
    lines: Sequence[Line],
    start: int,
    end: int,
    *,
    times: Sequence[Tick],
    number: Callable[[float], str],
    bars: bool = False,
) -> Chart:
    """Draw lines of one unit.

    Args:
        lines: At most `MOST_LINES`, at least one of them with a value.
        start: Of the axis of time, in microseconds since 1970.
        end: After it.
        times: Along that axis.
        number: Writes a number.
        bars: Draws what adds up, sums and counts.
    """
    every = [value for line in lines for value in _extent(line, band=len(lines) == 1)]
    scale = number_scale(min(every), max(every), from_zero=bars)
    place = _Place(start, end, scale)
    drawn = [_drawn(line, place, alone=len(lines) == 1, bars=bars) for line in lines]
    numbers = [Tick(place.y(value) / _SIDE, number(value)) for value in scale.lines]
    return Chart(lines, drawn, scale, times, numbers)


class _Place(NamedTuple):
    """Where moments and numbers are in the square."""

    start: int
    end: int
    scale: Scale

    def x(self, moment: float) -> float:
        return round((moment - self.start) / (self.end - self.start) * _SIDE, 1)

    def y(self, value: float) -> float:
        part = (value - self.scale.low) / (self.scale.high - self.scale.low)
        return round(_SIDE - part * _SIDE, 1)


def _extent(line: Line, *, band: bool) -> Iterable[float]:
    yield from line.values
    if band:
        yield from (point.low for point in line.points if point.low is not None)
        yield from (point.high for point in line.points if point.high is not None)


def _drawn(line: Line, place: _Place, *, alone: bool, bars: bool) -> Drawn:
    if bars:
        return Drawn("", "", "", _bars(line.points, place))
    dotted = len(line.values) <= _DOTTED
    band = _band(line.points, place) if alone else ""
    return Drawn(_path(line.points, place), _dots(line.points, place, dotted), band, "")


def _stretches(points: Iterable[Point]) -> list[list[Point]]:
    """Divide points at the gaps."""
    found: list[list[Point]] = [[]]
    for point in points:
        if point.value is None:
            found.append([])
        else:
            found[-1].append(point)
    return [stretch for stretch in found if stretch]


def _path(points: Sequence[Point], place: _Place) -> str:
    return "".join(
        "M" + "L".join(f"{place.x(one.at):g} {place.y(one.value or 0.0):g}" for one in stretch)
        for stretch in _stretches(points)
        if len(stretch) > 1
    )


def _dots(points: Sequence[Point], place: _Place, dotted: bool) -> str:
    """Mark each value of a short line; of a long one those that no line would show."""
    shown = [
        one for stretch in _stretches(points) if dotted or len(stretch) == 1 for one in stretch
    ]
    return "".join(f"M{place.x(one.at):g} {place.y(one.value or 0.0):g}h.01" for one in shown)


def _band(points: Sequence[Point], place: _Place) -> str:
    found = []
    for stretch in _stretches(points):
        whole = [one for one in stretch if one.low is not None and one.high is not None]
        if len(whole) > 1:
            there = [f"{place.x(one.at):g} {place.y(one.high or 0.0):g}" for one in whole]
            back = [f"{place.x(one.at):g} {place.y(one.low or 0.0):g}" for one in reversed(whole)]
            found.append(f"M{'L'.join([*there, *back])}Z")
    return "".join(found)


def _bars(points: Sequence[Point], place: _Place) -> str:
    zero = place.y(0.0)
    found = []
    for point in points:
        if point.value is not None:
            wide = (point.end - point.start) * _BAR / 2
            left, right = place.x(point.at - wide), place.x(point.at + wide)
            found.append(f"M{left:g} {zero:g}V{place.y(point.value):g}H{right:g}V{zero:g}Z")
    return "".join(found)
