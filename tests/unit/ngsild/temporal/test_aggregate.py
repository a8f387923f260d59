"""What aggregation means: every method on every sort of value, periods, and who is eligible."""

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.model import NULL, Attribute, AttributeKind, JsonValue
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.temporal.aggregate import AttributeNotEligible, aggregate
from hanze.ngsild.temporal.durations import parse_duration
from hanze.ngsild.temporal.model import (
    AggregatedSeries,
    Aggregation,
    Instance,
    Method,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
    Timerel,
)

NOON = parse_datetime("2026-05-04T12:00:00Z")
MINUTE = 60_000_000
ALL = tuple(Method)


def instance(
    value: JsonValue,
    minute: float = 0,
    *,
    kind: AttributeKind = AttributeKind.PROPERTY,
    dataset: str | None = None,
    value_type: str | None = None,
) -> Instance:
    at = format_datetime(NOON + round(minute * MINUTE))
    return Instance(
        Attribute(kind=kind, value=value, observed_at=at, dataset_id=dataset, value_type=value_type)
    )


def entity(*instances: Instance) -> TemporalEntity:
    return TemporalEntity("urn:ngsi-ld:Bin:1", ("https://x/Bin",), {"https://x/level": instances})


def series(
    *instances: Instance,
    methods: tuple[Method, ...] = ALL,
    duration: str = "PT0S",
    temporal: TemporalQuery | None = None,
) -> tuple[AggregatedSeries, ...]:
    aggregation = Aggregation(methods, *parse_duration(duration))
    found = aggregate(entity(*instances), temporal, aggregation)
    return found.attributes.get("https://x/level", ())


def values(*instances: Instance) -> dict[str, JsonValue]:
    """Each method's value over the whole range; a method that is not eligible is absent."""
    (only,) = series(*instances)
    return {method.value: buckets[0][0] for method, buckets in only.values.items() if buckets}


@pytest.mark.clause("4.5.19.1")
def test_aggregate_should_reckon_with_numbers_when_values_are_numbers() -> None:
    assert values(instance(2), instance(4, 1), instance(4.0, 2), instance(6, 3)) == {
        "avg": 4,
        "distinctCount": 3,
        "max": 6,
        "min": 2,
        "stddev": math.sqrt(2),
        "sum": 16,
        "sumsq": 72,
        "totalCount": 4,
    }


@pytest.mark.clause("4.5.19.1")
def test_aggregate_should_take_booleans_as_one_and_nought() -> None:
    assert values(instance(True), instance(False, 1), instance(True, 2), instance(True, 3)) == {
        "avg": 0.75,
        "distinctCount": 2,
        "max": 1,
        "min": 0,
        "stddev": math.sqrt(0.1875),
        "sum": 3,
        "sumsq": 3,
        "totalCount": 4,
    }


@pytest.mark.clause("4.5.19.1")
def test_aggregate_should_order_texts_by_their_letters_when_values_are_strings() -> None:
    assert values(instance("beta"), instance("alpha", 1), instance("beta", 2)) == {
        "distinctCount": 2,
        "max": "beta",
        "min": "alpha",
        "totalCount": 3,
    }


@pytest.mark.clause("4.5.19.1")
def test_aggregate_should_take_sizes_when_values_are_arrays() -> None:
    listed = [instance([1, 2]), instance([3, 4], 1), instance([], 2), instance([1.0, 2], 3)]
    expected = {"avg": 1.5, "distinctCount": 3, "max": 2, "min": 0, "sum": 6, "totalCount": 4}
    assert values(*listed) == expected
    as_lists = [
        instance(one.attribute.value, number, kind=AttributeKind.LIST_PROPERTY)  # type: ignore[arg-type]  # every one has a value
        for number, one in enumerate(listed)
    ]
    assert values(*as_lists) == expected


@pytest.mark.clause("4.5.19.1")
def test_aggregate_should_only_count_when_values_are_objects() -> None:
    assert values(instance({"a": 1, "b": 2}), instance({"b": 2, "a": 1.0}, 1)) == {
        "distinctCount": 1,
        "totalCount": 2,
    }


@pytest.mark.clause("4.5.19.1")
def test_aggregate_should_count_targets_when_attributes_are_relationships() -> None:
    kind = AttributeKind.RELATIONSHIP
    one = instance("urn:a:1", kind=kind)
    both = instance(["urn:a:1", "urn:a:2"], 1, kind=kind)
    assert values(one, both) == {"distinctCount": 2, "totalCount": 2}


@pytest.mark.clause("4.5.19.1")
@pytest.mark.parametrize(
    ("data_type", "texts", "expected"),
    [
        (
            "https://uri.etsi.org/ngsi-ld/DateTime",
            ["2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z"],
            {"max": "2026-01-01T00:00:00.5Z", "min": "2026-01-01T00:00:00Z"},
        ),
        (
            "https://uri.etsi.org/ngsi-ld/Date",
            ["2026-01-02", "2026-01-01"],
            {"max": "2026-01-02", "min": "2026-01-01"},
        ),
        (
            "https://uri.etsi.org/ngsi-ld/Time",
            ["08:00:00Z", "09:00:01Z"],
            {"avg": "08:30:00.5Z", "max": "09:00:01Z", "min": "08:00:00Z"},
        ),
        ("http://www.w3.org/2001/XMLSchema#anyURI", ["urn:a:1", "urn:a:2"], {}),
    ],
)
def test_aggregate_should_follow_the_data_type_when_values_have_one(
    data_type: str, texts: list[str], expected: dict[str, JsonValue]
) -> None:
    counts = {"distinctCount": 2, "totalCount": 2}
    named = [instance(text, value_type=data_type) for text in texts]
    assert values(*named) == expected | counts
    typed = [instance({"@type": data_type, "@value": text}) for text in texts]
    assert values(*typed) == expected | counts


@pytest.mark.clause("4.5.19")
def test_aggregate_should_answer_by_period_when_a_duration_is_given() -> None:
    temporal = TemporalQuery(Timerel.BETWEEN, NOON, NOON + 60 * MINUTE)
    (only,) = series(
        instance(120, 3),
        instance(80, 5),
        instance(100, 7),
        instance(7, 60),
        methods=(Method.MAX, Method.AVG),
        duration="PT4M",
        temporal=temporal,
    )
    first, second = (NOON, NOON + 4 * MINUTE), (NOON + 4 * MINUTE, NOON + 8 * MINUTE)
    assert only.values == {
        Method.MAX: ((120, *first), (100, *second)),
        Method.AVG: ((120, *first), (90, *second)),
    }


@pytest.mark.clause("4.5.19.1")
@pytest.mark.parametrize(
    ("temporal", "start", "end"),
    [
        (TemporalQuery(Timerel.BETWEEN, NOON - 5, NOON + 60 * MINUTE), -5, 60 * MINUTE),
        (TemporalQuery(Timerel.BEFORE, NOON + 60 * MINUTE), MINUTE, 60 * MINUTE),
        (TemporalQuery(Timerel.AFTER, NOON - 5), -5, 3 * MINUTE),
        (None, MINUTE, 3 * MINUTE),
    ],
)
def test_aggregate_should_span_the_whole_range_when_the_duration_is_zero(
    temporal: TemporalQuery | None, start: int, end: int
) -> None:
    (only,) = series(instance(1, 1), instance(2, 3), methods=(Method.SUM,), temporal=temporal)
    assert only.values[Method.SUM] == ((3, NOON + start, NOON + end),)


@pytest.mark.clause("4.5.5")
def test_aggregate_should_keep_datasets_apart() -> None:
    found = series(
        instance(1, dataset="urn:d:2"), instance(2, dataset="urn:d:1"), instance(3, 1),
        methods=(Method.SUM,),
    )  # fmt: skip
    assert [(one.dataset_id, one.values[Method.SUM][0][0]) for one in found] == [
        (None, 3),
        ("urn:d:1", 2),
        ("urn:d:2", 1),
    ]


@pytest.mark.clause("4.5.7")
def test_aggregate_should_pass_over_deletions_and_what_lacks_the_time() -> None:
    gone = Instance(Attribute(kind=AttributeKind.PROPERTY, value=NULL), None, format_datetime(NOON))
    untimed = Instance(Attribute(kind=AttributeKind.PROPERTY, value=5))
    assert series(gone, untimed) == ()
    by_deletion = TemporalQuery(Timerel.AFTER, 0, timeproperty=TimeProperty.DELETED_AT)
    assert series(gone, untimed, temporal=by_deletion) == ()


@pytest.mark.clause("5.7.4.4")
def test_aggregate_should_refuse_when_a_requested_attribute_is_not_eligible() -> None:
    named = entity(instance("text"))
    aggregation = Aggregation((Method.MAX, Method.AVG))
    with pytest.raises(AttributeNotEligible, match="avg"):
        aggregate(named, None, aggregation, requested={"https://x/level"})
    found = aggregate(named, None, aggregation).attributes["https://x/level"][0]
    assert found.values.keys() == {Method.MAX}


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 600), st.integers(-1000, 1000)), min_size=1, max_size=40))
def test_aggregate_should_split_without_loss_when_periods_cut_the_range(
    points: list[tuple[float, int]],
) -> None:
    instances = [instance(value, minute) for minute, value in sorted(points)]
    (whole,) = series(*instances)
    (cut,) = series(*instances, duration="PT7M")
    numbers = [value for _, value in points]
    assert whole.values[Method.TOTAL_COUNT][0][0] == len(numbers)
    assert whole.values[Method.STDDEV][0][0] == pytest.approx(statistics.pstdev(numbers))
    for method in (Method.SUM, Method.SUMSQ, Method.TOTAL_COUNT):
        parts = [value for value, _, _ in cut.values[method]]
        assert sum(map(float, parts)) == whole.values[method][0][0]  # type: ignore[arg-type]  # these methods answer numbers
    for method, choose in ((Method.MAX, max), (Method.MIN, min)):
        parts = [value for value, _, _ in cut.values[method]]
        assert choose(parts) == whole.values[method][0][0]  # type: ignore[type-var]  # numbers again
    starts = [start for _, start, _ in cut.values[Method.AVG]]
    assert starts == sorted(set(starts))


def test_aggregate_should_leave_out_what_no_double_holds() -> None:
    found = values(instance(1e308), instance(1e308, 1), instance(10**400, 2))
    assert "sum" not in found
    assert found["totalCount"] == 3
