"""Extremes leave out no evolution that meets a query."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.query.evaluate import evaluate
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.temporal.aggregate import aggregate
from hanze.ngsild.temporal.extremes import compared_names, extremes_of, may_meet
from hanze.ngsild.temporal.model import Aggregation, Instance, Method, TemporalEntity

A, B = CORE.expand_name("a"), CORE.expand_name("b")
AT = "2026-05-04T12:00:00Z"

values = st.one_of(
    st.integers(-5, 5),
    st.floats(-5, 5),
    st.booleans(),
    st.sampled_from(["x", "7"]),
    st.just([1, 2]),
)
terms = st.builds(
    lambda name, sign, number: f"{name}{sign}{number}",
    st.sampled_from(["a", "b"]),
    st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    st.integers(-6, 6),
)
queries = st.recursive(
    terms,
    lambda inner: st.builds(
        lambda sign, parts: "(" + sign.join(parts) + ")",
        st.sampled_from([";", "|"]),
        st.lists(inner, min_size=2, max_size=3),
    ),
    max_leaves=5,
)


def attributes(listed: list[JsonValue]) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(kind=AttributeKind.PROPERTY, value=value, observed_at=AT) for value in listed
    )


@pytest.mark.clause("4.9")
@settings(max_examples=100)
@given(queries, st.lists(values, max_size=5), st.lists(values, max_size=5))
def test_may_meet_should_be_true_when_the_query_is_met(
    text: str, some: list[JsonValue], others: list[JsonValue]
) -> None:
    query = parse_q(text, CORE)
    named = {name: attributes(listed) for name, listed in ((A, some), (B, others)) if listed}
    entity = Entity(id="urn:x:1", types=("T",), attributes=named)
    evolution = TemporalEntity(
        "urn:x:1", ("T",), {name: tuple(map(Instance, own)) for name, own in named.items()}
    )
    found = aggregate(evolution, None, Aggregation((Method.MIN, Method.MAX)))
    if evaluate(query, entity, lambda _: None):
        assert may_meet(query, extremes_of(found))


def test_may_meet_should_be_false_when_no_number_can_be_enough() -> None:
    query = parse_q("a>5;b<0|a<=-3", CORE)
    assert compared_names(query) == {A, B}
    assert not may_meet(query, {A: (0, 5), B: (-1, 3)})
    assert not may_meet(query, {A: (0, 6), B: (0, 3)})
    assert may_meet(query, {A: (0, 6), B: (-1, 3)})
    assert may_meet(query, {A: (-3, 0), B: (1, 3)})
    assert may_meet(query, {})
    assert compared_names(parse_q('a=="x"|a.b>1|a[c]>1|a>"x"', CORE)) == frozenset()
