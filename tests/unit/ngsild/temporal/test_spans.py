"""When an attribute said something."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.model import Attribute, AttributeKind
from hanze.ngsild.temporal.model import Instance
from hanze.ngsild.temporal.spans import Span, is_within, spans_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def _said(minute: int, value: object, *, deleted: bool = False) -> Instance:
    at = (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
    attribute = Attribute(kind=AttributeKind.PROPERTY, value=value, created_at=at)  # type: ignore[arg-type]  # texts and lists
    return Instance(attribute, deleted_at=at if deleted else None)


def test_spans_of_should_have_no_bounds_when_nothing_else_was_said() -> None:
    assert spans_of([_said(1, "alice"), _said(5, ["alice"])], "alice") == (Span(None, None),)
    assert spans_of([_said(1, "bob")], "alice") == ()
    assert spans_of([], "alice") == ()


def test_spans_of_should_end_when_somebody_else_follows_or_it_is_deleted() -> None:
    instances = [_said(0, "bob"), _said(10, "alice"), _said(20, "bob"), _said(30, "alice")]
    spans = spans_of([*instances, _said(40, "alice", deleted=True)], "alice")
    inside = [minute for minute in range(0, 60, 5) if is_within(_said(minute, 1), spans)]
    assert inside == [10, 15, 30, 35]


def test_spans_of_should_leave_out_what_is_about_several() -> None:
    assert spans_of([_said(0, ["alice", "bob"])], "alice") == ()


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from("abc")), unique_by=lambda p: p[0]))
def test_spans_of_should_split_time_between_those_that_are_named(
    said: list[tuple[int, str]],
) -> None:
    instances = [_said(minute, who) for minute, who in said]
    ordered = sorted(said)
    for minute in range(0, 520, 13):
        before = [who for at, who in ordered if at <= minute]
        now = before[-1] if before else ordered[0][1] if ordered else None
        holding = [who for who in "abc" if is_within(_said(minute, 1), spans_of(instances, who))]
        assert holding == ([now] if now else [])
