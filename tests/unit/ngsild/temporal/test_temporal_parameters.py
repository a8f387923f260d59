"""Temporal queries and aggregations from their texts: what goes together, and what is refused."""

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.temporal.durations import DAY
from hanze.ngsild.temporal.model import (
    EARLIEST,
    Aggregation,
    Method,
    TemporalQuery,
    TimeProperty,
    Timerel,
)
from hanze.ngsild.temporal.moments import includes
from hanze.ngsild.temporal.parse import parse_aggregation, parse_last_n, parse_temporal_query

NOON, LATER = "2026-05-04T12:00:00Z", "2026-05-04T13:00:00,5Z"
AT, END = parse_datetime(NOON), parse_datetime(LATER)


def parse(**texts: str) -> TemporalQuery | None:
    names = ("timerel", "time_at", "end_time_at", "timeproperty")
    timerel, time_at, end_time_at, timeproperty = (texts.get(name) for name in names)
    return parse_temporal_query(
        timerel=timerel, time_at=time_at, end_time_at=end_time_at, timeproperty=timeproperty
    )


@pytest.mark.clause("4.11")
def test_parse_temporal_query_should_read_each_relation() -> None:
    assert parse() is None
    assert parse(timeproperty="observedAt") is None
    assert parse(timerel="before", time_at=NOON) == TemporalQuery(Timerel.BEFORE, AT)
    assert parse(timerel="after", time_at=NOON, timeproperty="modifiedAt") == TemporalQuery(
        Timerel.AFTER, AT, timeproperty=TimeProperty.MODIFIED_AT
    )
    assert parse(timerel="between", time_at=NOON, end_time_at=LATER) == TemporalQuery(
        Timerel.BETWEEN, AT, END
    )
    assert parse(timerel="after", time_at=NOON, end_time_at=LATER) == TemporalQuery(
        Timerel.AFTER, AT
    )
    assert parse(timeproperty="deletedAt") == TemporalQuery(
        Timerel.AFTER, EARLIEST, timeproperty=TimeProperty.DELETED_AT
    )


@pytest.mark.clause("5.2.21")
@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"timerel": "during", "time_at": NOON}, "timerel"),
        ({"timerel": "before"}, "timeAt"),
        ({"time_at": NOON}, "timerel"),
        ({"end_time_at": NOON}, "timerel"),
        ({"timerel": "between", "time_at": NOON}, "endTimeAt"),
        ({"timerel": "before", "time_at": "2026-05-04"}, "timeAt"),
        ({"timerel": "between", "time_at": NOON, "end_time_at": "noon"}, "endTimeAt"),
        ({"timerel": "after", "time_at": NOON, "timeproperty": "expiresAt"}, "timeproperty"),
    ],
)
def test_parse_temporal_query_should_refuse_when_a_part_is_wrong(
    texts: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse(**texts)
    assert raised.value.field == field


@pytest.mark.clause("4.11")
def test_includes_should_take_the_start_and_not_the_end() -> None:
    between = TemporalQuery(Timerel.BETWEEN, 10, 20)
    assert [includes(between, moment) for moment in (9, 10, 19, 20)] == [False, True, True, False]
    assert [includes(TemporalQuery(Timerel.BEFORE, 10), moment) for moment in (9, 10)] == [
        True,
        False,
    ]
    assert [includes(TemporalQuery(Timerel.AFTER, 10), moment) for moment in (9, 10)] == [
        False,
        True,
    ]


@pytest.mark.clause("5.2.21")
def test_parse_last_n_should_take_positive_integers_alone() -> None:
    assert parse_last_n(None) is None
    assert parse_last_n("12") == 12
    for text in ("0", "-1", "1.5", "many", "", "٣"):
        with pytest.raises(InvalidInput):
            parse_last_n(text)


@pytest.mark.clause("5.2.44")
def test_parse_aggregation_should_read_methods_and_duration() -> None:
    assert parse_aggregation(["max", "avg", "max"], "P1D") == Aggregation(
        (Method.MAX, Method.AVG), 0, DAY
    )
    assert parse_aggregation(["sum"], None) == Aggregation((Method.SUM,))
    for methods, duration in (([], None), (["mean"], None), (["sum"], "a day")):
        with pytest.raises(InvalidInput):
            parse_aggregation(methods, duration)
