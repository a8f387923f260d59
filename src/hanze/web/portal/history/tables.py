"""The numbers of a chart as a table, in pages; and its extremes in a few words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hanze.web.portal.formats import Formats
from hanze.web.portal.history.calendar import local
from hanze.web.portal.history.chart import Line, Point

__all__ = ["PAGE_SIZE", "Extreme", "Figures", "Row", "figures_of", "rows_of"]

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A moment or a period, and what each line was then; "" where it has no value."""

    start: int
    end: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extreme:
    """A number, written, and when it was."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A line in a few numbers."""

    line: Line
    last: Extreme
    lowest: Extreme
    highest: Extreme


def rows_of(lines: Sequence[Line], formats: Formats, *, spread: bool) -> list[Row]:
    """Put what was at the same time in one row, the newest first.

    Args:
        lines: They become columns.
        formats: Writes numbers.
        spread: Adds what a mean hides, the lowest and the highest.
    """
    cells: dict[tuple[int, int], dict[int, str]] = {}
    for column, line in enumerate(lines):
        for point in line.points:
            if point.value is not None:
                text = _text(point, point.value, formats, spread=spread)
                cells.setdefault((point.start, point.end), {})[column] = text
    return [
        Row(start, end, tuple(found.get(column, "") for column in range(len(lines))))
        for (start, end), found in sorted(cells.items(), reverse=True)
    ]


def figures_of(line: Line, formats: Formats) -> Figures | None:
    """Say the last, the lowest and the highest value; `None` of a line without values."""
    there = [point for point in line.points if point.value is not None]
    if not there:
        return None
    low = min(there, key=_low)
    high = max(there, key=_high)
    last = there[-1]
    return Figures(
        line,
        Extreme(formats.number(last.value or 0.0), last.start),
        Extreme(formats.number(_low(low)), low.start),
        Extreme(formats.number(_high(high)), high.start),
    )


def moment_text(moment_us: int, formats: Formats) -> str:
    """Write a moment in the display zone."""
    return formats.full(local(moment_us, formats.zone))


def _text(point: Point, value: float, formats: Formats, *, spread: bool) -> str:
    text = formats.number(value)
    if not spread or point.low is None or point.high is None:
        return text
    low, high = formats.number(point.low), formats.number(point.high)
    return f"{text} ({low} \N{EN DASH} {high})"


def _low(point: Point) -> float:
    return point.value or 0.0 if point.low is None else point.low


def _high(point: Point) -> float:
    return point.value or 0.0 if point.high is None else point.high
