"""What every store promises: units, committed views, registers, pages, expiry, backups."""

import asyncio
from pathlib import Path

import pytest
from msgspec import structs

from hanze.broker.ports import TooManyTenants
from hanze.errors import StoreFailure
from hanze.ngsild.context import CORE, build_context
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.tree import (
    Comparison,
    EntityQuery,
    Operator,
    Ordering,
    OrderTerm,
    ValuePath,
)
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

NS = "https://uri.etsi.org/ngsi-ld/default-context/"
NOON = "2026-06-01T12:00:00Z"
LATER = "2026-06-01T13:00:00Z"


def tree(number: int, height: float = 1.0, **members: object) -> Entity:
    height_now = Attribute(
        kind=AttributeKind.PROPERTY, value=height, created_at=NOON, modified_at=NOON
    )
    entity = Entity(
        id=f"urn:ngsi-ld:Tree:{number}",
        types=(NS + "Tree",),
        attributes={NS + "height": (height_now,)},
        created_at=NOON,
        modified_at=NOON,
    )
    return structs.replace(entity, **members)


async def put(store: Store, *entities: Entity, tenant: str = "") -> None:
    def unit(uow: StagedUnit) -> None:
        for entity in entities:
            uow.put(tenant, entity, CORE)

    await store.transact(unit)


async def ids(store: Store, query: EntityQuery, tenant: str = "", now: str = NOON) -> list[str]:
    found = await store.search(tenant, query, now)
    return [store.load(stored).id for stored in found.entities]


def of(*numbers: int) -> list[str]:
    return [f"urn:ngsi-ld:Tree:{number}" for number in numbers]


ALL = EntityQuery(limit=1000)


async def test_put_should_be_read_back_as_it_was(store: Store) -> None:
    await put(store, tree(1, 2.5))
    stored = store.stored("", "urn:ngsi-ld:Tree:1")
    assert stored is not None
    assert store.load(stored) == tree(1, 2.5)
    assert store.context(stored.context_id) == CORE


async def test_unit_should_see_what_it_staged_and_others_only_what_is_committed(
    store: Store,
) -> None:
    def unit(uow: StagedUnit) -> tuple[Entity | None, bool]:
        uow.put("", tree(1), CORE)
        return uow.entity("", "urn:ngsi-ld:Tree:1"), store.stored("", "urn:ngsi-ld:Tree:1") is None

    assert await store.transact(unit) == (tree(1), True)


async def test_failed_unit_should_leave_nothing_when_others_share_its_commit(
    store: Store,
) -> None:
    def failing(uow: StagedUnit) -> None:
        uow.put("new", tree(2), build_context({"x": "urn:x"}, [{"x": "urn:x"}]))
        uow.registers.put("token", "a", b"1")
        raise LookupError("on purpose")

    outcomes = await asyncio.gather(
        put(store, tree(1)), store.transact(failing), put(store, tree(3)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, type(None)]
    assert await ids(store, ALL) == of(1, 3)
    assert not store.tenant_exists("new")
    assert store.registers.get("token", "a") is None


async def test_readers_should_see_the_old_state_while_a_commit_is_under_way(store: Store) -> None:
    await put(store, tree(1, 1.0))
    running = asyncio.create_task(put(store, tree(1, 2.0), tree(2)))
    await asyncio.sleep(0)  # staged, and on its way to the disk
    stored = store.stored("", "urn:ngsi-ld:Tree:1")
    assert stored is not None
    assert store.load(stored) == tree(1, 1.0)
    taller = EntityQuery(q=Comparison(ValuePath((NS + "height",)), Operator.GREATER, 1.5))
    assert await ids(store, ALL) == of(1)
    await running
    assert await ids(store, taller) == of(1)


async def test_cancelled_unit_should_not_run_when_it_still_waits(store: Store) -> None:
    first = asyncio.create_task(put(store, tree(1)))
    await asyncio.sleep(0)
    second = asyncio.create_task(put(store, tree(2)))
    await asyncio.sleep(0)
    second.cancel()
    await first
    await put(store, tree(3))
    assert await ids(store, ALL) == of(1, 3)


async def test_close_should_commit_what_waits_and_refuse_what_comes_later(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    waiting = [asyncio.create_task(put(store, tree(number))) for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    with pytest.raises(StoreFailure, match="closed"):
        await put(store, tree(99))
    again = await Store.open(tmp_path)
    assert await ids(again, ALL) == of(*range(20))
    await again.close()


async def test_creation_order_should_stay_when_types_change_and_slots_are_freed(
    store: Store,
) -> None:
    await put(store, *(tree(number) for number in range(300)))
    for number in (5, 50, 299):
        await put(store, tree(number, types=(NS + "Stump", NS + "Tree")))

    def fell(uow: StagedUnit) -> None:
        for number in range(100, 290):
            uow.delete("", f"urn:ngsi-ld:Tree:{number}", now=NOON)

    await store.transact(fell)
    await put(store, tree(5))
    await put(store, tree(100))
    expected = of(*range(100), *range(290, 300), 100)
    assert await ids(store, ALL) == expected
    of_stumps = EntityQuery(types=(frozenset([NS + "Stump"]),))
    assert await ids(store, of_stumps) == of(50, 299)


async def test_pages_should_join_up_when_entities_of_several_types_interleave(
    store: Store,
) -> None:
    await put(store, *(tree(number, types=(NS + f"Type{number % 7}",)) for number in range(500)))
    pages = [await ids(store, EntityQuery(offset=start, limit=90)) for start in range(0, 500, 90)]
    assert [entity_id for page in pages for entity_id in page] == of(*range(500))
    found = await store.search("", EntityQuery(limit=0, count=True), NOON)
    assert (found.count, found.more, found.entities) == (500, True, [])


async def test_order_should_hold_beyond_a_page(store: Store) -> None:
    await put(store, *(tree(number, float((number * 37) % 100)) for number in range(100)))
    ordering = Ordering((OrderTerm(ValuePath((NS + "height",))),))
    by_height = sorted(range(100), key=lambda number: (number * 37) % 100)
    query = EntityQuery(ordering=ordering, offset=40, limit=10)
    assert await ids(store, query) == of(*by_height[40:50])


async def test_tenants_should_not_see_each_other(store: Store) -> None:
    await put(store, tree(1), tenant="one")
    await put(store, tree(1, 9.0), tenant="two")
    assert await ids(store, ALL) == []
    assert await ids(store, ALL, tenant="one") == of(1)
    assert await ids(store, ALL, tenant="none") == []
    assert store.tenants() == ("", "one", "two")


@pytest.mark.clause("4.22")
async def test_expired_entity_should_not_be_found_and_be_swept(store: Store) -> None:
    passing = Attribute(kind=AttributeKind.PROPERTY, value=1, expires_at=LATER)
    lasting = tree(2, attributes={**tree(2).attributes, NS + "leaf": (passing,)})
    await put(store, tree(1, expires_at=LATER), lasting)
    with_leaf = EntityQuery(attributes=(NS + "leaf",))
    assert await ids(store, ALL) == of(1, 2)
    assert await ids(store, ALL, now=LATER) == of(2)
    assert await ids(store, with_leaf, now=LATER) == []
    assert await store.sweep(NOON) == 0
    assert await store.sweep(LATER) == 2
    assert store.stored("", "urn:ngsi-ld:Tree:1") is None
    left = store.stored("", "urn:ngsi-ld:Tree:2")
    assert left is not None
    assert store.load(left).attributes == tree(2).attributes


async def test_registers_should_be_listed_by_key(store: Store) -> None:
    def unit(uow: StagedUnit) -> bool:
        for key in ("b", "a"):
            uow.registers.put("token", key, key.encode())
        uow.registers.put("token", "b", b"new")
        return uow.registers.delete("token", "none")

    assert await store.transact(unit) is False
    assert list(store.registers.items("token")) == [("a", b"a"), ("b", b"new")]
    assert store.registers.get("token", "b") == b"new"
    assert store.registers.get("other", "b") is None


async def test_summary_should_follow_writes(store: Store) -> None:
    await put(store, tree(1), tree(2))
    await put(store, tree(2, attributes={}))
    (summary,) = store.summary("")
    assert (summary.types, summary.count) == (frozenset([NS + "Tree"]), 2)
    (height,) = summary.attributes
    assert (height.name, height.count, height.kinds) == (
        NS + "height",
        1,
        frozenset([AttributeKind.PROPERTY]),
    )


async def test_reopened_store_should_hold_the_same(tmp_path: Path) -> None:
    context = build_context(
        ["https://example.org/c.jsonld"], [{"Tree": "urn:t:Tree", "height": "urn:t:height"}]
    )
    grown = tree(1, types=("urn:t:Tree",), scope=("/park",))
    store = await Store.open(tmp_path)
    await store.transact(lambda uow: uow.put("", grown, context))
    await store.close()
    again = await Store.open(tmp_path)
    stored = again.stored("", grown.id)
    assert stored is not None
    assert again.load(stored) == grown
    assert again.context(stored.context_id) == context
    assert b'"type":"Tree"' in stored.body
    await again.transact(lambda uow: uow.put("", structs.replace(grown, scope=())))
    assert [part.types for part in again.summary("")] == [frozenset(["urn:t:Tree"])]
    await again.close()


async def test_backup_should_be_a_directory_that_opens(store: Store, tmp_path: Path) -> None:
    await put(store, tree(1), tree(2))
    await asyncio.gather(store.backup(tmp_path / "copy"), put(store, tree(3)))
    copy = await Store.open(tmp_path / "copy")
    assert (await ids(copy, ALL))[:2] == of(1, 2)
    await copy.close()
    with pytest.raises(StoreFailure, match="exists already"):
        await store.backup(tmp_path / "copy")


async def test_a_tenant_beyond_the_most_should_be_refused_and_leave_nothing(tmp_path: Path) -> None:
    opened = await Store.open(tmp_path / "few", max_tenants=2)
    await opened.transact(lambda uow: uow.put("harbour", tree(1), CORE))
    with pytest.raises(TooManyTenants, match="2 tenants"):
        await opened.transact(lambda uow: uow.put("invented", tree(1), CORE))
    with pytest.raises(TooManyTenants):
        await opened.transact(lambda uow: uow.create_tenant("invented"))
    await opened.transact(lambda uow: uow.create_tenant("harbour"))
    assert sorted(opened.tenants()) == ["", "harbour"]
    await opened.close()
