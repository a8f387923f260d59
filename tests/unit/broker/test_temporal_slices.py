"""Large evolutions are added in parts: few of them, whatever the evolution is made of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.temporal import MOST_AT_ONCE, in_slices
from hanze.ngsild.model import Attribute, AttributeKind
from hanze.ngsild.temporal.model import Instance, TemporalEntity

ONE = Instance(Attribute(kind=AttributeKind.PROPERTY, value=1))


def an_evolution(*sizes: int) -> TemporalEntity:
    attributes = {f"https://uri.example/{n}": (ONE,) * size for n, size in enumerate(sizes)}
    return TemporalEntity("urn:ngsi-ld:Bin:1", ("https://uri.example/Bin",), attributes)


@pytest.mark.clause("5.6.11")
def test_slices_should_be_full_when_there_are_many_attributes() -> None:
    parts = list(in_slices(an_evolution(*[1] * (2 * MOST_AT_ONCE + 1))))
    assert [len(part.attributes) for part in parts] == [MOST_AT_ONCE, MOST_AT_ONCE, 1]
    assert [bool(part.types) for part in parts] == [True, False, False]


def test_slices_should_be_one_when_there_is_nothing() -> None:
    assert list(in_slices(an_evolution())) == [an_evolution()]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2 * MOST_AT_ONCE + 1), max_size=4))
def test_slices_should_hold_each_instance_once_and_in_order(sizes: list[int]) -> None:
    whole = an_evolution(*sizes)
    parts = list(in_slices(whole))
    held: dict[str, int] = {}
    for part in parts:
        assert sum(map(len, part.attributes.values())) <= MOST_AT_ONCE
        for name, instances in part.attributes.items():
            held[name] = held.get(name, 0) + len(instances)
    assert {name: size for name, size in held.items() if size} == {
        name: len(instances) for name, instances in whole.attributes.items() if instances
    }
    assert len(parts) == max(1, -(-sum(sizes) // MOST_AT_ONCE))
