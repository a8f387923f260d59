"""What changed last comes first, without a look at all entities; names in languages are searched."""

import pytest
from msgspec import structs

from hanze.broker.ports import StoredEntity
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.members import MODIFIED_AT
from hanze.ngsild.query.tree import (
    Direction,
    EntityQuery,
    Match,
    Ordering,
    OrderTerm,
    ValuePath,
)
from hanze.store.asked import Asked
from hanze.store.store import Store
from tests.store.test_store import LATER, NOON, NS, ids, of, put, tree

_DESCENDING = OrderTerm(ValuePath((MODIFIED_AT,)), Direction.DESCENDING)
_NEWEST = EntityQuery(ordering=Ordering((_DESCENDING,)), limit=3, count=True)


def named(number: int, **texts: str) -> Entity:
    name = Attribute(kind=AttributeKind.LANGUAGE_PROPERTY, value=texts)
    return structs.replace(tree(number), attributes={NS + "name": (name,)})


@pytest.mark.clause("4.23.2")
async def test_newest_should_come_first_and_ties_in_the_order_of_creation(store: Store) -> None:
    await put(store, *(tree(number) for number in range(50)))
    await put(store, tree(30, modified_at=LATER))
    assert await ids(store, _NEWEST) == of(30, 0, 1)
    await put(store, tree(7, modified_at="2026-06-01T12:00:00.000001Z"))
    assert await ids(store, _NEWEST) == of(30, 7, 0)


async def test_newest_should_load_no_more_than_its_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(store, *(tree(number) for number in range(200)))
    loaded: list[object] = []
    whole = Asked.entity

    def noted(asked: Asked, stored: StoredEntity) -> Entity | None:
        loaded.append(stored)
        return whole(asked, stored)

    monkeypatch.setattr(Asked, "entity", noted)
    assert await ids(store, _NEWEST) == of(0, 1, 2)
    assert len(loaded) == 3


@pytest.mark.clause("4.9")
async def test_names_in_languages_should_be_found_and_follow_changes(store: Store) -> None:
    await put(store, named(1, nl="Markt", en="Market"), named(2, nl="Brink", en="Green"))
    path = ValuePath((NS + "name",))
    search = EntityQuery(q=Match(path, "[mM]ark"), limit=10)
    assert await ids(store, search) == of(1)
    await put(store, named(2, nl="Brink", en="Mark"), named(1, nl="Plein", en="Square"))
    assert await ids(store, search) == of(2)
    negated = EntityQuery(q=Match(path, "^Mark$", negated=True), limit=10)
    assert await ids(store, negated) == of(1)
    assert await ids(store, EntityQuery(q=Match(path, "^Mark$"), limit=10), now=NOON) == of(2)
