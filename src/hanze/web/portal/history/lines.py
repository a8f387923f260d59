"""Numbers of a time as lines: each value, or what the values of a period come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from hanze.ngsild.model import Attribute, Instances
from hanze.ngsild.temporal.model import (
    AggregatedSeries,
    Aggregation,
    Instance,
    Method,
    TimeProperty,
)
from hanze.ngsild.temporal.moments import moment_of
from hanze.web.portal.history.calendar import boundaries, runs
from hanze.web.portal.history.chart import MOST_LINES, Line, Point, with_gaps
from hanze.web.portal.history.past import Known, Past, is_number
from hanze.web.portal.history.selection import MANY, RAW, Selection, Span, fitting
from hanze.web.portal.series import series_of
from hanze.web.portal.values import Speaker

__all__ = ["Reading", "chosen_datasets", "read_lines"]

#: As many values are drawn where each of them is asked for.
_MOST_RAW: Final = 10_000
_STANDARD: Final = {
    "mean": Method.AVG,
    "min": Method.MIN,
    "max": Method.MAX,
    "sum": Method.SUM,
    "count": Method.TOTAL_COUNT,
}
_ADDING: Final = frozenset(("sum", "count"))


@dataclass(frozen=True, slots=True)
class Reading:
    """Lines of a time.

    Attributes:
        lines: Of every attribute and dataset that was asked for; some may have no points.
        method: `RAW` or one of `METHODS`.
        period: One of `PERIODS`, or empty where each value is shown.
        span: From the first to the last of them.
        cut: There are more values, before those that the lines hold.
    """

    lines: tuple[Line, ...]
    method: str
    period: str
    span: Span
    cut: bool = False

    @property
    def adds_up(self) -> bool:
        return self.method in _ADDING


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An attribute, and which of its datasets."""

    known: Known
    datasets: Mapping[str | None, tuple[str, str]]

    def line(self, dataset_id: str | None, points: Iterable[Point]) -> Line:
        label, unit = self.datasets[dataset_id]
        return Line(self.known.name, dataset_id, label, unit, tuple(points))


async def read_lines(
    past: Past, several: Sequence[Known], selection: Selection, span: Span, speaker: Speaker
) -> Reading:
    """Read numbers: each of them while they are few, else what a period comes to."""
    wanted = [_wanted(known, selection, speaker) for known in several]
    if selection.method == RAW or not (selection.method or selection.period):
        most = _MOST_RAW if selection.method == RAW else MANY
        found, cut = await _values(past, wanted, span, most)
        if selection.method == RAW or not cut:
            return Reading(tuple(found), RAW, "", span, cut)
    method = selection.method if selection.method in _STANDARD else "mean"
    period = fitting(span, selection.period)
    bounds = boundaries(span.start, span.end, period, selection.zone)
    lines = await _periods(past, wanted, _Taken(method, bounds))
    return Reading(tuple(lines), method, period, Span(bounds[0], bounds[-1]))


def chosen_datasets(known: Known, selection: Selection) -> Instances:
    """Take the datasets that the address names, else as many as a chart can show."""
    named = set(selection.datasets)
    chosen = tuple(one for one in known.latest if (one.dataset_id or "@none") in named)
    return chosen or known.latest[:MOST_LINES]


def _wanted(known: Known, selection: Selection, speaker: Speaker) -> _Wanted:
    chosen = chosen_datasets(known, selection)
    words = speaker.language.words("attribute", known.name)
    named = dict(zip(_ids(known.latest), series_of(known.latest, speaker), strict=True))
    datasets = {}
    for dataset_id in _ids(chosen):
        name, instance = named[dataset_id]
        datasets[dataset_id] = (f"{words}, {name}" if name else words, instance.unit)
    return _Wanted(known, datasets)


def _ids(instances: Iterable[Attribute]) -> list[str | None]:
    return [one.dataset_id for one in instances]


async def _values(
    past: Past, wanted: Sequence[_Wanted], span: Span, most: int
) -> tuple[list[Line], bool]:
    """Read each value; the second part tells whether a line has more than so many."""
    lines: list[Line] = []
    cut = False
    for alike in _timed_alike(wanted):
        datasets = {dataset_id for one in alike for dataset_id in one.datasets}
        limit = most * len(datasets)
        read = await past.instances([one.known for one in alike], datasets, span, most=limit)
        for one in alike:
            instances = read.get(one.known.name, ())
            points = _points(one, instances[-limit:])
            lines += [one.line(key, with_gaps(several)) for key, several in points.items()]
            longest = max((len(several) for several in points.values()), default=0)
            cut = cut or len(instances) > limit or longest > most
    return lines, cut


def _timed_alike(wanted: Sequence[_Wanted]) -> list[list[_Wanted]]:
    groups: dict[TimeProperty, list[_Wanted]] = {}
    for one in wanted:
        groups.setdefault(one.known.time, []).append(one)
    return list(groups.values())


def _points(wanted: _Wanted, instances: Sequence[Instance]) -> dict[str | None, list[Point]]:
    points: dict[str | None, list[Point]] = {dataset_id: [] for dataset_id in wanted.datasets}
    for instance in instances:
        point = _point(instance, wanted.known.time)
        if point is not None and instance.attribute.dataset_id in points:
            points[instance.attribute.dataset_id].append(point)
    return points


def _point(instance: Instance, time: TimeProperty) -> Point | None:
    at, value = moment_of(instance, time), instance.attribute.value
    if at is None:
        return None
    number = float(value) if isinstance(value, int | float) and is_number(value) else None
    return Point(at, number, start=at, end=at)


@dataclass(frozen=True, slots=True)
class _Taken:
    """How values are taken together, and the boundaries of the periods."""

    method: str
    bounds: list[int]

    @property
    def methods(self) -> tuple[Method, ...]:
        """With the mean comes what it hides."""
        if self.method == "mean":
            return (Method.AVG, Method.MIN, Method.MAX)
        return (_STANDARD[self.method],)


async def _periods(past: Past, wanted: Sequence[_Wanted], taken: _Taken) -> list[Line]:
    lines: list[Line] = []
    for alike in _timed_alike(wanted):
        datasets = {dataset_id for one in alike for dataset_id in one.datasets}
        known = [one.known for one in alike]
        points: dict[tuple[str, str | None], dict[int, Point]] = {}
        for run in runs(taken.bounds):
            aggregation = Aggregation(taken.methods, microseconds=run.length)
            part = Span(run.start, run.end)
            found = await past.aggregates(known, datasets, part, aggregation)
            for name, several in found.items():
                for series in several:
                    together = _taken_together(series, _STANDARD[taken.method])
                    points.setdefault((name, series.dataset_id), {}).update(together)
        lines += [
            one.line(key, _whole(several, taken.bounds) if several else ())
            for one in alike
            for key in one.datasets
            for several in [points.get((one.known.name, key))]
        ]
    return lines


def _taken_together(series: AggregatedSeries, method: Method) -> dict[int, Point]:
    """Give the points of one dataset, by when their periods begin."""
    lowest = {start: value for value, start, _ in series.values.get(Method.MIN, ())}
    highest = {start: value for value, start, _ in series.values.get(Method.MAX, ())}
    found = {}
    for value, start, end in series.values.get(method, ()):
        low, high = lowest.get(start), highest.get(start)
        found[start] = Point(
            (start + end) // 2,
            _number(value),
            _number(low) if method is Method.AVG else None,
            _number(high) if method is Method.AVG else None,
            start,
            end,
        )
    return found


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and is_number(value) else None


def _whole(found: Mapping[int, Point], bounds: Sequence[int]) -> list[Point]:
    """Put a gap where a period has no values."""
    return [
        found.get(start) or Point((start + end) // 2, None, start=start, end=end)
        for start, end in pairwise(bounds)
    ]
