"""What aggregation means (CIM 009, 4.5.19): the definition that stores are tested against.

Choices where the standard leaves room:

- A period without any value is left out; so is a deletion, which is no value.
- The standard deviation is that of the values of the period as a whole (divided by their number).
- Where an attribute has values of several sorts in one period, a method takes those of the first
  sort it is eligible for: what counts as a number (numbers, booleans, sizes of arrays) before
  texts, these before DateTimes, Dates and Times. Counts take all.
- Numbers are reckoned as doubles; a result that is whole is written without decimals.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from hanze.errors import MalformedBody
from hanze.ngsild.model import JsonValue, is_deletion
from hanze.ngsild.moment import format_time
from hanze.ngsild.temporal.measures import (
    ELIGIBLE,
    Measure,
    ValueSort,
    distinct_keys,
    measure_of,
)
from hanze.ngsild.temporal.model import (
    AggregatedEntity,
    AggregatedSeries,
    Aggregation,
    Bucket,
    Instance,
    Method,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
)
from hanze.ngsild.temporal.moments import includes, moment_of, timeproperty_of
from hanze.ngsild.temporal.periods import Periods, end_of_range, periods_of, start_of_range

__all__ = ["AttributeNotEligible", "aggregate", "check_eligible", "tidy_number"]


class AttributeNotEligible(MalformedBody):
    """A requested attribute cannot be aggregated by a requested method (5.7.4.4)."""

    def __init__(self, name: str, methods: Collection[Method]) -> None:
        listed = ", ".join(sorted(method.value for method in methods))
        super().__init__(
            f"The attribute {name} is not eligible for {listed}",
            field="aggrMethods",
            value=listed,
            clause="5.7.4.4",
        )


#: A value with its moment in microseconds since 1970.
_Timed = tuple[int, Instance]


def aggregate(
    entity: TemporalEntity,
    temporal: TemporalQuery | None,
    aggregation: Aggregation,
    *,
    requested: Collection[str] = (),
) -> AggregatedEntity:
    """Aggregate the instances of an entity that are in the range of a query.

    Args:
        entity: Instances that lack the time property, or are outside the range, do not count.
        temporal: The range; without it every instance that has `observedAt` is in it.
        aggregation: Methods and periods. Periods start at `timeAt`, or at the first value of the
            entity where the query has no start; one that spans the whole range ends at the last
            value where the query has no end.
        requested: IRIs of attributes that were asked for by name: they have to be eligible for
            every method. Others are answered by those methods that they are eligible for.

    Returns:
        Attributes with at least one value; a series for each dataset, the default instance first,
        the others by datasetId; periods in order of time.

    Raises:
        AttributeNotEligible: A requested attribute is not eligible for a method.
    """
    timeproperty = timeproperty_of(temporal)
    timed = {
        name: values
        for name, instances in entity.attributes.items()
        if (values := _in_range(instances, temporal, timeproperty))
    }
    attributes: dict[str, tuple[AggregatedSeries, ...]] = {}
    if timed:
        moments = [moment for values in timed.values() for moment, _ in values]
        first, last = min(moments), max(moments)
        start, end = start_of_range(temporal), end_of_range(temporal)
        whole = (first if start is None else start, last if end is None else end)
        periods = periods_of(aggregation, temporal, first)
        for name, values in timed.items():
            measures = [measure_of(instance.attribute) for _, instance in values]
            eligible = _eligible({measure.sort for measure in measures}, aggregation.methods)
            check_eligible(name, eligible, aggregation.methods, requested)
            if eligible:
                attributes[name] = _series(values, eligible, periods, whole)
    return AggregatedEntity(entity.id, entity.types, attributes)


def check_eligible(
    name: str, eligible: Collection[Method], methods: Sequence[Method], requested: Collection[str]
) -> None:
    """Refuse an attribute that was requested and is not eligible for one of the methods (5.7.4.4).

    Raises:
        AttributeNotEligible: So it is.
    """
    if name in requested and len(eligible) < len(methods):
        raise AttributeNotEligible(name, [one for one in methods if one not in eligible])


def tidy_number(value: float) -> int | float:
    """Write a whole number without decimals, as far as a double is exact."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    return value


def _in_range(
    instances: Iterable[Instance], temporal: TemporalQuery | None, timeproperty: TimeProperty
) -> list[_Timed]:
    return [
        (moment, instance)
        for instance in instances
        if instance.deleted_at is None
        and not is_deletion(instance.attribute)
        and (moment := moment_of(instance, timeproperty)) is not None
        and (temporal is None or includes(temporal, moment))
    ]


def _eligible(sorts: Iterable[ValueSort], methods: Sequence[Method]) -> tuple[Method, ...]:
    some = frozenset[Method]().union(*(ELIGIBLE[sort] for sort in sorts))
    return tuple(method for method in methods if method in some)


def _series(
    values: Sequence[_Timed],
    methods: Sequence[Method],
    periods: Periods | None,
    whole: tuple[int, int],
) -> tuple[AggregatedSeries, ...]:
    by_dataset: dict[str | None, list[_Timed]] = {}
    for moment, instance in values:
        by_dataset.setdefault(instance.attribute.dataset_id, []).append((moment, instance))
    found = []
    for dataset in sorted(by_dataset, key=lambda one: (one is not None, one or "")):
        own = by_dataset[dataset]
        buckets = _buckets(own, methods, periods, whole)
        kind = own[-1][1].attribute.kind
        if kind is not None and any(buckets.values()):
            found.append(AggregatedSeries(kind, dataset, buckets))
    return tuple(found)


def _buckets(
    values: Sequence[_Timed],
    methods: Sequence[Method],
    periods: Periods | None,
    whole: tuple[int, int],
) -> dict[Method, tuple[Bucket, ...]]:
    grouped: dict[int, list[Instance]] = {}
    for moment, instance in values:
        number = 0 if periods is None else periods.number_of(moment)
        grouped.setdefault(number, []).append(instance)
    found: dict[Method, list[Bucket]] = {method: [] for method in methods}
    for number in sorted(grouped):
        start, end = whole if periods is None else periods.bounds(number)
        measures = [measure_of(instance.attribute) for instance in grouped[number]]
        for method in methods:
            value = _value(method, grouped[number], measures)
            if value is not None:
                found[method].append((value, start, end))
    return {method: tuple(buckets) for method, buckets in found.items()}


def _value(method: Method, group: Sequence[Instance], measures: Sequence[Measure]) -> JsonValue:
    """Apply a method to one period; `None` where it has no value that the method takes."""
    if method is Method.TOTAL_COUNT:
        return len(group)
    if method is Method.DISTINCT_COUNT:
        return len({key for instance in group for key in distinct_keys(instance.attribute)})
    for sorts in _TOGETHER:
        chosen = [one for one in measures if one.sort in sorts and method in ELIGIBLE[one.sort]]
        if chosen:
            return _METHODS[method](chosen)
    return None


def _ranks(measures: Sequence[Measure]) -> list[float]:
    return [_double(one.rank) for one in measures if isinstance(one.rank, int | float)]


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _total(numbers: Sequence[float]) -> float:
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # beyond what a double holds
        return sum(numbers)


def _finite(number: float) -> JsonValue:
    """JSON has no infinity: what is beyond doubles has no answer."""
    return tidy_number(number) if math.isfinite(number) else None


def _greatest(measures: Sequence[Measure]) -> JsonValue:
    return _shown(max(measures, key=_rank))


def _least(measures: Sequence[Measure]) -> JsonValue:
    return _shown(min(measures, key=_rank))


def _rank(measure: Measure) -> tuple[float, str]:
    """Order texts by code points, and all else by number: the two never meet."""
    rank = measure.rank
    return (0.0, rank) if isinstance(rank, str) else (rank or 0, "")


def _shown(measure: Measure) -> JsonValue:
    shown = measure.shown
    return tidy_number(shown) if isinstance(shown, float) else shown


def _average(measures: Sequence[Measure]) -> JsonValue:
    mean = _total(_ranks(measures)) / len(measures)
    if measures[0].sort is ValueSort.TIME:
        return format_time(round(mean))
    return _finite(mean)


def _sum(measures: Sequence[Measure]) -> JsonValue:
    return _finite(_total(_ranks(measures)))


def _sum_of_squares(measures: Sequence[Measure]) -> JsonValue:
    return _finite(_total([rank * rank for rank in _ranks(measures)]))


def _deviation(measures: Sequence[Measure]) -> JsonValue:
    ranks = _ranks(measures)
    mean = _total(ranks) / len(ranks)
    apart = [rank - mean for rank in ranks]
    variance = _total([one * one for one in apart]) / len(ranks)
    return _finite(math.sqrt(variance))


_TOGETHER: Final = (
    frozenset({ValueSort.NUMBER, ValueSort.BOOLEAN, ValueSort.ARRAY}),
    frozenset({ValueSort.STRING}),
    frozenset({ValueSort.DATE_TIME}),
    frozenset({ValueSort.DATE}),
    frozenset({ValueSort.TIME}),
)

_METHODS: Final[Mapping[Method, Callable[[Sequence[Measure]], JsonValue]]] = {
    Method.AVG: _average,
    Method.MAX: _greatest,
    Method.MIN: _least,
    Method.STDDEV: _deviation,
    Method.SUM: _sum,
    Method.SUMSQ: _sum_of_squares,
}
