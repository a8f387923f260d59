"""Temporal queries and aggregations from their texts (CIM 009, 4.11, 4.5.19.1, 5.2.21, 5.2.44)."""

from collections.abc import Sequence
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.temporal.durations import Duration, parse_duration
from hanze.ngsild.temporal.model import (
    EARLIEST,
    Aggregation,
    Method,
    TemporalQuery,
    TimeProperty,
    Timerel,
)

__all__ = ["parse_aggregation", "parse_last_n", "parse_temporal_query"]

_CLAUSE: Final = "5.2.21"
_MOST_DIGITS: Final = 15


def parse_temporal_query(
    *,
    timerel: str | None,
    time_at: str | None,
    end_time_at: str | None,
    timeproperty: str | None,
) -> TemporalQuery | None:
    """Read a temporal query; `None` where there is none.

    A time property alone is about everything that has it.

    Raises:
        InvalidInput: A part breaks its grammar, or goes with another that is missing.
    """
    about = _time_property(timeproperty)
    end = None if end_time_at is None else parse_datetime(end_time_at, field="endTimeAt")
    if timerel is None:
        if time_at is not None or end_time_at is not None:
            raise _refusal("timerel must say how a moment is meant", "timerel")
        if about is TimeProperty.OBSERVED_AT:
            return None
        return TemporalQuery(Timerel.AFTER, EARLIEST, timeproperty=about)
    if timerel not in _RELATIONS:
        raise _refusal("timerel must be before, after or between", "timerel", timerel)
    relation = _RELATIONS[timerel]
    if time_at is None:
        raise _refusal("timeAt must be there with timerel", "timeAt")
    start = parse_datetime(time_at, field="timeAt")
    if relation is not Timerel.BETWEEN:
        return TemporalQuery(relation, start, timeproperty=about)
    if end is None:
        raise _refusal("endTimeAt must be there with timerel=between", "endTimeAt")
    return TemporalQuery(relation, start, end, about)


def parse_last_n(text: str | None) -> int | None:
    """Read `lastN`, a positive integer.

    Raises:
        InvalidInput: It is something else.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text)):
        raise _refusal("lastN must be a positive integer", "lastN", text)
    return int(text)


def parse_aggregation(methods: Sequence[str], duration: str | None) -> Aggregation:
    """Read what is to be aggregated; without a duration over the whole range.

    Raises:
        InvalidInput: There is no method, one is not known, or the duration breaks its grammar.
    """
    if not methods:
        raise _refusal("aggrMethods must name what is to be aggregated", "aggrMethods")
    for name in methods:
        if name not in _METHODS:
            raise _refusal(f"aggrMethods must be among {', '.join(_METHODS)}", "aggrMethods", name)
    named = tuple(dict.fromkeys(_METHODS[name] for name in methods))
    length = Duration() if duration is None else parse_duration(duration)
    return Aggregation(named, length.months, length.microseconds)


def _time_property(text: str | None) -> TimeProperty:
    if text is None:
        return TimeProperty.OBSERVED_AT
    if text not in _PROPERTIES:
        raise _refusal(f"timeproperty must be among {', '.join(_PROPERTIES)}", "timeproperty", text)
    return _PROPERTIES[text]


def _refusal(detail: str, field: str, value: str | None = None) -> InvalidInput:
    return InvalidInput(detail, field=field, value=value, clause=_CLAUSE)


_RELATIONS: Final = {relation.value: relation for relation in Timerel}
_PROPERTIES: Final = {one.value: one for one in TimeProperty}
_METHODS: Final = {method.value: method for method in Method}
