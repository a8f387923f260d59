"""The index finds those whom a change triggers, neither more nor fewer (CIM 009, 5.8.6)."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.broker.notification import SubscriptionIndex
from hanze.broker.ports import UnitOfWork
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.tree import Comparison, EntitySelector, Operator, ValuePath
from hanze.ngsild.subscription.model import Subscription, Trigger
from hanze.ngsild.subscription.trigger import is_triggered
from tests.store import strategies
from tests.subscribing import a_subscription

LATER = "2026-06-01T14:00:00Z"
TENANT = "city"


class Linked:
    """The entities that a unit of work can look up."""

    def __init__(self, entities: Sequence[Entity] = ()) -> None:
        self._entities = {entity.id: entity for entity in entities}

    def entity(self, tenant: str, entity_id: str) -> Entity | None:
        return self._entities.get(entity_id) if tenant == TENANT else None

    def follow(self, uri: str) -> Entity | None:
        found = self.entity(TENANT, uri)
        return None if found is None else unexpired(found, LATER)


def asked(index: SubscriptionIndex, before: Entity | None, after: Entity | None) -> list[str]:
    return list(index.triggered(cast(UnitOfWork, Linked()), TENANT, before, after, LATER))


@st.composite
def subscriptions(draw: st.DrawFn, number: int) -> Subscription:
    def perhaps(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(strategy) if draw(st.integers(0, 2)) == 0 else None

    return replace(
        a_subscription(f"urn:ngsi-ld:Subscription:{number}", TENANT),
        entities=tuple(perhaps(st.lists(strategies.selectors, min_size=1, max_size=3)) or ()),
        watched=tuple(perhaps(st.lists(st.sampled_from(strategies.NAMES), min_size=1)) or ()),
        triggers=draw(st.frozensets(st.sampled_from(Trigger), min_size=1)),
        q=draw(st.one_of(strategies.nodes, st.none())),
        geo=perhaps(st.one_of(strategies.topological, strategies.near)),
        scope=perhaps(strategies.scopes),
        is_active=draw(st.integers(0, 9)) > 0,
        expires_at=draw(st.sampled_from([None, None, None, LATER, "2099-01-01T00:00:00Z"])),
        time_interval_s=draw(st.sampled_from([None] * 9 + [5.0])),
    )


steps = st.one_of(
    st.tuples(st.none(), strategies.entities()),
    st.tuples(strategies.entities(), st.none()),
    st.tuples(strategies.entities(strategies.IDS[1]), strategies.entities(strategies.IDS[1])),
)


def is_expected(subscription: Subscription, before: Entity | None, after: Entity | None) -> bool:
    return (
        subscription.is_active
        and subscription.expires_at != LATER
        and is_triggered(subscription, before, after, Linked(LINKED).follow)
    )


LINKED = [
    Entity(
        id=strategies.IDS[0],
        types=(strategies.TYPES[0],),
        attributes={strategies.NAMES[0]: (Attribute(kind=AttributeKind.PROPERTY, value=1),)},
    )
]


@pytest.mark.clause("5.8.6")
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_triggered_should_name_those_that_is_triggered_names_one_by_one(
    data: st.DataObject,
) -> None:
    """Several steps in a row: what the index learned from one must not hide anything of the next."""
    many: int = data.draw(st.integers(1, 8))
    known = [data.draw(subscriptions(number)) for number in range(many)]
    index = SubscriptionIndex()
    for subscription in known:
        index.put(subscription)
    if data.draw(st.booleans()):
        index.remove(TENANT, known.pop().id)
    is_updated: bool = data.draw(st.booleans())
    if known and is_updated:
        known[0] = replace(known[0], watched=(), q=None)
        index.put(known[0])
    unit = cast(UnitOfWork, Linked(LINKED))
    for before, after in data.draw(st.lists(steps, min_size=1, max_size=5)):
        expected = [one.id for one in known if is_expected(one, before, after)]
        assert list(index.triggered(unit, TENANT, before, after, LATER)) == expected
        assert list(index.triggered(unit, "other", before, after, LATER)) == []


def reading(value: object, *, entity_id: str = "urn:e:1") -> Entity:
    speed = Attribute(kind=AttributeKind.PROPERTY, value=value)  # type: ignore[arg-type]  # any JSON
    return Entity(id=entity_id, types=("urn:T",), attributes={"urn:speed": (speed,)})


def above(number: int, limit: float) -> Subscription:
    return replace(
        a_subscription(f"urn:s:{number}", TENANT),
        entities=(EntitySelector(types=(frozenset({"urn:T"}),)),),
        watched=("urn:speed",),
        q=Comparison(ValuePath(("urn:speed",)), Operator.GREATER, limit),
    )


def test_subscriptions_should_be_listed_in_the_order_of_their_creation_when_one_is_updated() -> (
    None
):
    index = SubscriptionIndex()
    for number in (3, 1, 2):
        index.put(above(number, number))
    index.put(above(3, 100))
    assert [one.id for one in index.of_tenant(TENANT)] == ["urn:s:3", "urn:s:1", "urn:s:2"]
    assert asked(index, reading(0), reading(50)) == ["urn:s:1", "urn:s:2"]
    assert asked(index, reading(0), reading(101)) == ["urn:s:3", "urn:s:1", "urn:s:2"]
    assert len(index) == 3
    assert index.get(TENANT, "urn:s:1") is not None
    assert index.get(TENANT, "urn:s:4") is None
    assert index.get("other", "urn:s:1") is None


def test_subscriptions_should_be_forgotten_when_they_are_removed() -> None:
    index = SubscriptionIndex()
    index.put(above(1, 1))
    index.remove(TENANT, "urn:s:1")
    index.remove(TENANT, "urn:s:1")
    assert index.of_tenant(TENANT) == []
    assert asked(index, reading(0), reading(2)) == []


def test_those_at_intervals_should_be_listed_apart_and_never_be_triggered() -> None:
    index = SubscriptionIndex()
    index.put(replace(above(1, 1), watched=(), time_interval_s=5.0))
    assert [one.id for one in index.timed()] == ["urn:s:1"]
    assert asked(index, reading(0), reading(2)) == []


@pytest.mark.clause("5.8.6")
def test_nothing_should_be_triggered_when_a_value_is_written_again() -> None:
    index = SubscriptionIndex()
    index.put(above(1, 1))
    assert asked(index, reading(2), reading(2)) == []
    assert asked(index, reading(2), reading(2.0)) == []
    assert asked(index, reading(2), reading(True)) == []
    assert asked(index, reading(True), reading(2)) == ["urn:s:1"]
