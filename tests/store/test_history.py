"""The history of a store, through its door: what is recorded, kept exactly, and never lost."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hanze.broker.ports import Window
from hanze.errors import StoreFailure
from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Entity
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.temporal.model import Instance, TemporalEntity, TemporalQuery, Timerel
from hanze.store.history import transfer
from hanze.store.history.archive import Archive, Connection
from hanze.store.history.batch import Batch
from hanze.store.history.form import (
    Shape,
    attribute_of,
    form_of,
    observed_text,
    shape_key,
    shape_of_key,
)
from hanze.store.history.instance_ids import instance_id_of, named_by
from hanze.store.history.tail import Tail
from hanze.store.store import Store
from hanze.store.unit import StagedUnit
from tests.store.history_model import bare
from tests.store.strategies import NOON, NOON_US, attributes

ID = "urn:ngsi-ld:Tree:1"
HEIGHT = "https://uri.etsi.org/ngsi-ld/default-context/height"
NAME = "https://uri.etsi.org/ngsi-ld/default-context/name"
TREE = "https://uri.etsi.org/ngsi-ld/default-context/Tree"
LATER = "2026-06-01T12:00:01Z"


def prop(value: object, observed_at: str | None = None) -> Attribute:
    return Attribute(kind=AttributeKind.PROPERTY, value=value, observed_at=observed_at)  # type: ignore[arg-type]  # JSON


def tree(attributes: dict[str, Attribute], *, at: str = NOON, entity_id: str = ID) -> Entity:
    return Entity(
        id=entity_id,
        types=(TREE,),
        attributes={name: (one,) for name, one in attributes.items()},
        created_at=at,
        modified_at=at,
    )


async def put(store: Store, entity: Entity) -> None:
    await store.transact(lambda uow: uow.put("", entity, CORE))


async def read(store: Store, window: Window | None = None) -> dict[str, list[Instance]]:
    evolution = store.history.evolution("", ID)
    if evolution is None:
        return {}
    found, _ = await store.history.read("", [evolution], window or Window())
    return {name: [*instances] for one in found for name, instances in one.attributes.items()}


async def values(store: Store, name: str = HEIGHT) -> list[object]:
    return [one.attribute.value for one in (await read(store)).get(name, [])]


@given(attribute=attributes())
@settings(max_examples=60)
def test_form_should_return_an_instance_exactly_when_it_is_kept(attribute: Attribute) -> None:
    observed, form, number, text, shape, rest = form_of(attribute)
    known = shape_of_key(shape_key(Shape(*shape)))
    found = attribute_of(
        (form, float(number), text, rest),
        known,
        dataset_id=attribute.dataset_id,
        observed_at=None
        if attribute.observed_at is None
        else observed_text(observed, known.decimals),
        created_at=attribute.created_at or "",
        modified_at=attribute.modified_at or "",
    )
    assert repr(found) == repr(replace(attribute, attributes=bare(attribute.attributes)))


@pytest.mark.parametrize(
    "text",
    ["2026-06-01T12:00:00Z", "2026-06-01T12:00:00.000Z", "2026-06-01T12:00:00.5Z",
     "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.10Z"],
)  # fmt: skip
async def test_history_should_return_observed_at_as_sent_when_it_was_archived(
    store: Store, text: str
) -> None:
    await put(store, tree({HEIGHT: prop(1.0, text)}))
    await store.history.flush()
    (instance,) = (await read(store))[HEIGHT]
    assert instance.attribute.observed_at == text
    window = Window(temporal=TemporalQuery(Timerel.BEFORE, 1 << 60))
    assert len((await read(store, window))[HEIGHT]) == 1


@pytest.mark.clause("4.5.7")
async def test_history_should_hold_an_instance_per_write_when_the_value_stays(store: Store) -> None:
    for second in range(3):
        at = f"2026-06-01T12:00:0{second}Z"
        await put(store, tree({HEIGHT: prop(7)}, at=at))
    assert await values(store) == [7, 7, 7]
    instances = (await read(store))[HEIGHT]
    assert len({one.instance_id for one in instances}) == 3


@pytest.mark.clause("4.5.7")
async def test_history_should_say_that_an_attribute_was_deleted(store: Store) -> None:
    await put(store, tree({HEIGHT: prop(7), NAME: prop("oak")}))
    await put(store, tree({HEIGHT: prop(8)}, at=LATER))
    first, last = (await read(store))[NAME]
    assert (first.attribute.value, first.deleted_at) == ("oak", None)
    assert (last.attribute.value, last.deleted_at) == (NULL, LATER)


@pytest.mark.clause("4.5.6")
async def test_history_should_show_the_scope_as_a_property_when_it_changes(store: Store) -> None:
    await put(store, replace(tree({HEIGHT: prop(7)}), scope=("/a", "/b")))
    await put(store, replace(tree({HEIGHT: prop(7)}, at=LATER), scope=("/a", "/b")))
    (instance,) = (await read(store))[SCOPE]
    assert instance.attribute.value == ["/a", "/b"]
    assert instance.attribute.observed_at == NOON


async def test_history_should_outlive_the_entity_when_it_is_deleted(store: Store) -> None:
    await put(store, tree({HEIGHT: prop(7)}))
    await store.transact(lambda uow: uow.delete("", ID, now=LATER))
    evolution = store.history.evolution("", ID)
    assert evolution is not None
    assert (evolution.created_at, evolution.deleted_at) == (NOON, LATER)
    assert await values(store) == [7]


async def test_history_should_keep_nothing_of_a_unit_that_failed(store: Store) -> None:
    def unit(uow: StagedUnit) -> None:
        uow.put("", tree({HEIGHT: prop(7)}), CORE)
        raise LookupError("on purpose")

    done = await asyncio.gather(
        store.transact(unit),
        store.transact(lambda uow: uow.put("", tree({NAME: prop("oak")}), CORE)),
        return_exceptions=True,
    )
    assert isinstance(done[0], LookupError)
    assert [*await read(store)] == [NAME]


async def test_store_should_not_open_the_archive_when_nothing_was_flushed(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    await put(store, tree({HEIGHT: prop(7)}))
    assert await values(store) == [7]
    await store.close()
    assert not (tmp_path / "history.duckdb").exists()
    store = await Store.open(tmp_path)
    assert await values(store) == [7]
    await store.close()


async def test_flush_should_store_each_instance_once_when_the_journal_is_replayed(
    tmp_path: Path,
) -> None:
    store = await Store.open(tmp_path)
    for second in range(5):
        await put(store, tree({HEIGHT: prop(second)}, at=f"2026-06-01T12:00:0{second}Z"))
    # The archive has them, and the journal too: nothing was committed since.
    await store.history.flush()
    await store.close()
    store = await Store.open(tmp_path)
    assert await values(store) == [0, 1, 2, 3, 4]
    await put(store, tree({HEIGHT: prop(5)}, at="2026-06-01T12:00:05Z"))
    await store.history.flush()
    assert await values(store) == [0, 1, 2, 3, 4, 5]
    await store.close()


async def test_store_should_refuse_to_open_when_its_archive_is_gone(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    for second in range(2):
        await put(store, tree({HEIGHT: prop(second)}))
        await store.history.flush()
    await store.close()
    (tmp_path / "history.duckdb").unlink()
    with pytest.raises(StoreFailure, match="is missing"):
        await Store.open(tmp_path)


async def test_backup_should_hold_the_whole_history_when_it_is_flushed_meanwhile(
    store: Store, tmp_path: Path
) -> None:
    async def write() -> None:
        for number in range(200):
            at = f"2026-06-01T12:{number // 60:02}:{number % 60:02}Z"
            await put(store, tree({HEIGHT: prop(number)}, at=at))
            if number % 20 == 0:
                await store.history.flush()

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.02)
    await store.backup(tmp_path / "copy")
    await writing
    copy = await Store.open(tmp_path / "copy")
    kept = await values(copy)
    assert kept == [*range(len(kept))]
    stored = copy.stored("", ID)
    assert stored is not None
    assert copy.load(stored).attributes[HEIGHT][0].value == kept[-1]
    await copy.close()


async def test_writers_should_wait_until_the_archive_has_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanze.store.history.tail._MOST_BYTES", 20_000)
    for number in range(10):
        await put(store, tree({NAME: prop("x" * 5_000 + str(number))}))
    assert store.history.journal.tail.bytes <= 30_000
    assert len(await values(store, NAME)) == 10


async def test_writers_should_be_refused_when_the_archive_takes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_archive: Archive, _work: Callable[[Connection], object]) -> object:
        raise StoreFailure("the disk is full")

    monkeypatch.setattr("hanze.store.history.tail._MOST_BYTES", 10_000)
    await put(store, tree({NAME: prop("x" * 20_000)}))
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "_write", fail)
        with pytest.raises(StoreFailure, match="full"):
            await put(store, tree({NAME: prop("later")}, at=LATER))
    await put(store, tree({NAME: prop("later")}, at=LATER))
    assert (await values(store, NAME))[-1] == "later"


async def test_compact_should_leave_the_day_alone_when_it_is_not_over(store: Store) -> None:
    await put(store, tree({HEIGHT: prop(7, NOON)}))
    assert await store.history.compact(NOON_US) == 0
    assert await store.history.compact(NOON_US + transfer.DAY) == 1
    assert await values(store) == [7]


async def test_evolutions_should_be_found_by_type_pattern_and_id(store: Store) -> None:
    for number in range(5):
        await put(store, tree({HEIGHT: prop(number)}, entity_id=f"urn:ngsi-ld:Tree:{number}"))
    other = TemporalEntity("urn:ngsi-ld:Pond:1", ("urn:t:Pond",), {HEIGHT: (Instance(prop(1)),)})
    assert await store.transact(lambda uow: uow.history.add("", other, now=NOON))
    history = store.history
    assert [one.number for one in history.evolutions("")] == [1, 2, 3, 4, 5, 6]
    ponds = history.evolutions("", types=(frozenset({"urn:t:Pond"}),))
    assert [one.id for one in ponds] == [other.id]
    some = history.evolutions("", id_pattern="Tree:[1-3]", after=2, limit=1)
    assert [one.id for one in some] == ["urn:ngsi-ld:Tree:2"]
    named = history.evolutions("", ids=[other.id, ID, "urn:x:none"], id_pattern="nothing")
    assert [one.id for one in named] == [ID, other.id]
    assert history.evolutions("nobody") == []


def test_instance_id_should_name_series_and_sequence() -> None:
    for sequence in (0, 1, 1 << 62, -1, -62_135_596_800_000_000):
        assert named_by(instance_id_of(5 << 20, sequence)) == (5 << 20, sequence)
    for text in ("urn:ngsi-ld:Instance:1", "urn:ngsi-ld:Instance:g-1", "urn:x", ""):
        assert named_by(text) is None


def test_batch_should_refuse_a_row_of_the_journal_when_it_is_damaged() -> None:
    with pytest.raises(StoreFailure, match="damaged"):
        Batch.unpack(b"\x00\x01")


def test_tail_should_keep_what_the_archive_lacks_when_it_was_replayed() -> None:
    tail = Tail(0)
    for number in (1, 2, 3):
        row = (number, 0, number, number, 1, 1.0, 1, None, None)
        tail.replay(number, Batch.of([row], []))
    tail.add(4, Batch.of([(4, 0, 4, 4, 1, 1.0, 1, None, None)], []))
    tail.settle(2)
    (segment,) = tail.segments()
    assert segment.batch.series.tolist() == [3, 4]
    assert segment.last == 4
