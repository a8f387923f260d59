"""The outbox: what is due stands in the transaction of the change, and goes when it is settled."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.broker.ports import UnitOfWork
from hanze.errors import Conflicting
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.store.files import DATABASE
from hanze.store.outbox.letters import (
    _LIST,
    _LIST_OF,
    _NEXT_OF_TENANT,
    _NEXT_TENANT,
    DeadLetterNotFound,
)
from hanze.store.outbox.packing import trimmed
from hanze.store.outbox.values import Announced, Dying, Key, Settlement
from hanze.store.schema import select
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

NOON = "2026-06-01T12:00:00Z"
ONE, TWO = ("", "urn:s:1"), ("", "urn:s:2")


class Everyone:
    """Tells some subscriptions of every change of a bin."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def triggered(
        self, uow: UnitOfWork, tenant: str, before: Entity | None, after: Entity | None, now: str
    ) -> tuple[str, ...]:
        entity = after or before
        return self.names if entity is not None and entity.types == ("urn:t:Bin",) else ()


def value(number: int) -> tuple[Attribute, ...]:
    return (Attribute(kind=AttributeKind.PROPERTY, value=number),)


def entity(name: str, level: int, *, kind: str = "urn:t:Bin") -> Entity:
    return Entity(
        id=f"urn:x:{name}",
        types=(kind,),
        attributes={"urn:level": value(level), "urn:other": value(7)},
        created_at=NOON,
        modified_at=NOON,
    )


def put(*entities: Entity) -> Callable[[StagedUnit], None]:
    def unit(uow: StagedUnit) -> None:
        for one in entities:
            uow.put("", one, CORE)

    return unit


def settling(store: Store, settlement: Settlement) -> Callable[[StagedUnit], None]:
    return lambda unit: store.outbox.settle(unit, settlement, now_us=5)


def kept(folder: Path) -> int:
    """Count what happened in the database, as anybody else reads it."""
    connection = apsw.Connection(str(folder / "data" / DATABASE))
    found = connection.execute("SELECT count(*) FROM happened").get
    connection.close()
    return int(str(found))


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "data", watching=Everyone("urn:s:1", "urn:s:2"))
    yield opened
    await opened.close()


async def test_a_change_should_be_due_to_each_who_watches(watched: Store) -> None:
    await watched.transact(put(entity("a", 1), entity("b", 2)))
    rows = watched.outbox.take(ONE, after=0, limit=9)
    assert [row.entity for row in rows] == ["urn:x:a", "urn:x:b"]
    assert rows[0].unit_id == rows[1].unit_id == rows[0].happened_id
    assert watched.outbox.take(TWO, after=0, limit=9) == rows
    told = watched.outbox.happened(rows[0].happened_id)
    assert told is not None
    assert (told.before, told.at) == (None, NOON)
    assert told.after == entity("a", 1)


async def test_nothing_should_be_due_when_nobody_watches_or_the_unit_fails(
    watched: Store,
) -> None:
    await watched.transact(put(entity("a", 1, kind="urn:t:Lamp")))

    def failing(uow: StagedUnit) -> None:
        uow.put("", entity("b", 1), CORE)
        raise Conflicting("This goes wrong")

    with pytest.raises(Conflicting):
        await watched.transact(failing)
    assert watched.outbox.waiting() == {}


async def test_what_was_should_hold_only_what_became_different(watched: Store) -> None:
    await watched.transact(put(entity("a", 1)))

    def step(uow: StagedUnit) -> None:
        present = uow.entity("", "urn:x:a")
        assert present is not None
        changed = {**present.attributes, "urn:level": value(2)}
        uow.put("", replace(present, attributes=changed), CORE)

    await watched.transact(step)
    await watched.transact(lambda uow: uow.delete("", "urn:x:a", now=NOON))
    _, changed, deleted = (
        watched.outbox.happened(row.happened_id)
        for row in watched.outbox.take(ONE, after=0, limit=9)
    )
    assert changed is not None
    assert changed.before is not None
    assert changed.before.attributes == {"urn:level": value(1)}
    assert changed.after is not None
    assert changed.after.attributes["urn:level"] == value(2)
    assert deleted is not None
    assert deleted.after is None
    assert deleted.before is not None
    assert set(deleted.before.attributes) == {"urn:level", "urn:other"}


async def test_the_order_should_go_on_when_a_store_is_opened_again(tmp_path: Path) -> None:
    ids: list[int] = []
    for _ in range(3):
        store = await Store.open(tmp_path / "data", watching=Everyone("urn:s:1"))
        # The clock stands still: the order is that of the commits all the same.
        await store.transact(put(entity("a", 1)))
        ids = [row.happened_id for row in store.outbox.take(ONE, after=0, limit=9)]
        await store.close()
    assert len(set(ids)) == 3
    assert ids == sorted(ids)


async def test_what_happened_should_go_with_the_last_who_is_told(
    watched: Store, tmp_path: Path
) -> None:
    await watched.transact(put(entity("a", 1)))
    (row,) = watched.outbox.take(ONE, after=0, limit=9)
    await watched.transact(settling(watched, Settlement(done=[(ONE, row.happened_id)])))
    assert watched.outbox.waiting() == {TWO: 1}
    assert kept(tmp_path) == 1
    await watched.transact(settling(watched, Settlement(done=[(TWO, row.happened_id)])))
    assert watched.outbox.waiting() == {}
    assert kept(tmp_path) == 0


async def test_a_dead_letter_should_wait_in_its_old_place_when_it_is_replayed(
    watched: Store,
) -> None:
    for level in range(3):
        await watched.transact(put(entity("a", level)))
    rows = watched.outbox.take(ONE, after=0, limit=9)
    dead = [Dying(ONE, rows[0].happened_id, 4, "it is away")]
    tried = [(ONE, rows[1].happened_id, 2)]
    await watched.transact(settling(watched, Settlement(tried=tried, dead=dead)))
    assert [row.tries for row in watched.outbox.take(ONE, after=0, limit=9)] == [2, 0]
    (letter,) = watched.dead_letters.listed("")
    assert (letter.entity, letter.tries, letter.died, letter.reason) == (
        "urn:x:a",
        4,
        5,
        "it is away",
    )
    returned: list[Key] = []

    class Listening:
        def announced(self, made: object) -> None: ...
        def returned(self, key: Key) -> None:
            returned.append(key)

    watched.outbox.listener = Listening()
    await watched.dead_letters.replay("", letter.number)
    assert returned == [ONE]
    again = watched.outbox.take(ONE, after=0, limit=9)
    assert [row.happened_id for row in again] == [row.happened_id for row in rows]
    with pytest.raises(DeadLetterNotFound):
        watched.dead_letters.get("", letter.number)


async def test_too_many_dead_letters_should_lose_the_oldest(watched: Store) -> None:
    for level in range(6):
        await watched.transact(put(entity("a", level)))
    rows = watched.outbox.take(ONE, after=0, limit=9)
    dead = [Dying(ONE, row.happened_id, 1, "away") for row in rows]
    await watched.transact(settling(watched, Settlement(dead=dead)))
    assert await watched.dead_letters.trim(4) == 2
    left = [one.happened_id for one in watched.dead_letters.listed("")]
    assert left == [row.happened_id for row in rows[2:]]


async def test_letters_should_be_found_by_tenant_and_subscription_in_their_order(
    watched: Store,
) -> None:
    keys = [("", "urn:s:1"), ("", "urn:s:2"), ("a", "urn:s:1"), ("b", "urn:s:0"), ("b", "urn:s:9")]

    def unit(_: StagedUnit) -> None:
        cursor = watched.outbox._writer.cursor()
        for number, key in enumerate([*reversed(keys), *keys], 1):
            cursor.execute("INSERT INTO happened VALUES (?, 1, 'urn:x:1', x'')", (number,))
            cursor.execute(
                "INSERT INTO dead_letter (tenant, subscription, happened_id, tries, died, reason)"
                " VALUES (?, ?, ?, 1, 1, '')",
                (*key, number),
            )

    await watched.transact(unit)
    letters = watched.dead_letters
    assert list(letters.subscriptions()) == keys
    assert [one.number for one in letters.listed("b")] == [1, 2, 9, 10]
    assert [one.number for one in letters.listed("b", after=2, limit=1)] == [9]
    assert [one.number for one in letters.listed("b", subscription="urn:s:9")] == [1, 10]


@pytest.mark.parametrize("sql", [_LIST, _LIST_OF, _NEXT_OF_TENANT, _NEXT_TENANT])
async def test_letters_should_be_read_without_sorting(watched: Store, sql: str) -> None:
    values = [""] * sql.count("?")
    plan = select(watched.outbox._reader, f"EXPLAIN QUERY PLAN {sql}", tuple(values))
    told = [row[3] for row in plan]
    assert any("INDEX" in line for line in told)
    assert not any("TEMP B-TREE" in line or line.startswith("SCAN") for line in told)


async def test_a_subscription_that_is_gone_should_leave_nothing(
    watched: Store, tmp_path: Path
) -> None:
    for level in range(4):
        await watched.transact(put(entity("a", level)))
    rows = watched.outbox.take(ONE, after=0, limit=9)
    dead = [Dying(ONE, rows[0].happened_id, 1, "away")]
    await watched.transact(settling(watched, Settlement(dead=dead)))
    for key in (ONE, TWO):
        while await watched.transact(lambda _unit, key=key: watched.outbox.drop(key, limit=2)):  # type: ignore[misc]  # bound at once
            pass
    assert watched.outbox.waiting() == {}
    assert watched.dead_letters.count() == 0
    assert kept(tmp_path) == 0


async def test_a_listener_should_hear_of_what_is_durable(watched: Store) -> None:
    heard: list[Announced] = []

    class Listening:
        def announced(self, made: list[Announced]) -> None:
            heard.extend(made)

        def returned(self, key: Key) -> None: ...

    watched.outbox.listener = Listening()  # type: ignore[assignment]  # hears lists only
    await watched.transact(put(entity("a", 1), entity("b", 1)))
    assert [one.row for one in heard] == watched.outbox.take(ONE, after=0, limit=9)
    assert heard[0].subscriptions == ("urn:s:1", "urn:s:2")
    assert watched.outbox.announced == 4


@given(
    before=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2)),
    kept=st.sets(st.sampled_from("abcd")),
)
@settings(max_examples=50)
def test_trimmed_should_keep_what_is_not_the_same_object(
    before: dict[str, int], kept: set[str]
) -> None:
    was = Entity(id="urn:x", types=("urn:t",), attributes={k: value(v) for k, v in before.items()})
    attributes = {k: (v if k in kept else value(0)) for k, v in was.attributes.items()}
    left = trimmed(was, replace(was, attributes=attributes))
    assert set(left.attributes) == set(before) - kept
    assert trimmed(was, None) is was
