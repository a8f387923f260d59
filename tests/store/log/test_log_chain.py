"""The log of a store: written with what it tells of, in a chain, or nothing is done."""

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from hanze.errors import StoreFailure
from hanze.governance.logs.chain import Fault, Head
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.log import AuditRecord, DecisionRecord, ProcessingRecord
from hanze.store.files import DATABASE
from hanze.store.log.head import HEAD, read_head
from hanze.store.log.verifying import CHAIN_BROKEN, verify
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

_AT = "2026-03-01T10:00:0{}.000000Z"


def _did(name: str, second: int = 0) -> AuditRecord:
    return AuditRecord(at=_AT.format(second), actor="ann", name=name)


def _names(store: Store, count: int) -> list[AuditRecord]:
    return [_did(f"step.{number}", number) for number in range(count)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path)
    try:
        yield opened
    finally:
        await opened.close()


async def _written(tmp_path: Path, count: int = 5) -> Path:
    """Make a directory with a log of some records, and no node on it."""
    store = await Store.open(tmp_path)
    for record in _names(store, count):
        store.log.stage([record])
        await store.log.settled()
    await store.close()
    return tmp_path / DATABASE


def _with_a_tenant(unit: StagedUnit) -> None:
    unit.log.append(_did("b"))
    unit.create_tenant("t")


def _is_pending(store: Store) -> bool:
    return store.log.pending


def _files_with(folder: Path, content: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and content in path.read_bytes()]


def _change(path: Path, sql: str, *values: object) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql, values)
    connection.close()


async def test_records_should_be_durable_when_they_are_settled(
    store: Store, tmp_path: Path
) -> None:
    store.log.stage([_did("a"), _did("b")])
    store.log.stage([_did("c")])
    assert _is_pending(store)
    await store.log.settled()
    assert not _is_pending(store)
    found = verify(tmp_path / DATABASE)
    assert (found.whole, found.records, found.last) == (True, 3, 3)
    assert read_head(tmp_path) == store.log.head == Head(3, bytes.fromhex(found.head))


async def test_chain_should_have_no_gap_when_a_unit_is_rolled_back(
    store: Store, tmp_path: Path
) -> None:
    def failing(unit: StagedUnit) -> None:
        unit.log.append(_did("never"))
        raise ValueError("no")

    await store.transact(lambda unit: unit.log.append(_did("a")))
    with pytest.raises(ValueError, match="no"):
        await store.transact(failing)
    await store.transact(lambda unit: unit.log.append(_did("b")))
    found = await store.log.find(LogSearch())
    assert [
        (one.number, one.record.name) for one in found if isinstance(one.record, AuditRecord)
    ] == [
        (2, "b"),
        (1, "a"),
    ]
    assert verify(tmp_path / DATABASE).whole


async def test_nothing_should_be_settled_when_the_log_cannot_be_written(
    store: Store, tmp_path: Path
) -> None:
    other = apsw.Connection(str(tmp_path / DATABASE))
    other.execute("CREATE TRIGGER no BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'full'); END")
    store.log.stage([_did("a")])
    with pytest.raises(StoreFailure):
        await store.log.settled()
    assert _is_pending(store)
    with pytest.raises(StoreFailure):
        # Who had it staged and looks later than it failed is not told that all is well.
        await store.log.settled()
    with pytest.raises(StoreFailure):
        await store.transact(_with_a_tenant)
    assert not store.tenant_exists("t")
    other.execute("DROP TRIGGER no")
    other.close()
    await store.log.settled()
    assert not _is_pending(store)
    found = verify(tmp_path / DATABASE)
    assert (found.whole, found.records) == (True, 1)


@pytest.mark.parametrize(
    ("sql", "bad", "fault"),
    [
        (
            "UPDATE log SET body = replace(body, 'step.2', 'step.7') WHERE number = 3",
            3,
            Fault.ALTERED,
        ),
        ("UPDATE log SET digest = zeroblob(32) WHERE number = 3", 3, Fault.ALTERED),
        ("DELETE FROM log WHERE number = 3", 3, Fault.MISSING),
        ("DELETE FROM log WHERE number < 3", 1, Fault.MISSING),
        ("UPDATE log SET at = 0 WHERE number = 2", 2, Fault.MISPLACED),
        ("DELETE FROM log WHERE number > 3", 4, Fault.CUT_OFF),
        ("DELETE FROM log", 1, Fault.CUT_OFF),
        (
            "UPDATE log_start SET number = 2, digest = (SELECT digest FROM log WHERE number = 2);"
            "DELETE FROM log WHERE number <= 2",
            1,
            Fault.MISSING,
        ),
        (
            "CREATE TABLE swap AS SELECT * FROM log WHERE number IN (2, 4);"
            "UPDATE log SET body = (SELECT body FROM swap WHERE number = 4) WHERE number = 2;"
            "UPDATE log SET body = (SELECT body FROM swap WHERE number = 2) WHERE number = 4",
            2,
            Fault.ALTERED,
        ),
    ],
)
async def test_verify_should_name_the_first_bad_record_when_the_log_was_tampered_with(
    tmp_path: Path, sql: str, bad: int, fault: Fault
) -> None:
    path = await _written(tmp_path)
    assert verify(path).whole
    # `replace` makes a text of a blob, which is another body, too.
    _change(path, sql)
    found = verify(path)
    assert (found.whole, found.bad, found.fault) == (False, bad, fault)
    assert str(bad) in found.detail


async def test_verify_should_see_a_rewritten_chain_by_a_head_that_was_noted_elsewhere(
    tmp_path: Path,
) -> None:
    path = await _written(tmp_path, 3)
    noted = read_head(tmp_path)
    assert noted is not None
    path.unlink()
    (tmp_path / HEAD).unlink()
    path = await _written(tmp_path, 2)
    assert verify(path).whole
    assert verify(path, noted).fault is Fault.CUT_OFF


async def test_cut_should_stay_known_when_the_node_goes_on_afterwards(tmp_path: Path) -> None:
    path = await _written(tmp_path)
    _change(path, "DELETE FROM log WHERE number > 2")
    store = await Store.open(tmp_path)
    store.log.stage([_did("later")])
    await store.log.settled()
    found = await store.log.find(LogSearch(name=CHAIN_BROKEN))
    await store.close()
    assert [one.number for one in found] == [3]
    state = verify(path)
    assert (state.whole, state.bad, state.fault) == (False, 3, Fault.CUT_OFF)


async def test_log_should_be_broken_when_its_head_was_removed(tmp_path: Path) -> None:
    path = await _written(tmp_path)
    (tmp_path / HEAD).unlink()
    await (await Store.open(tmp_path)).close()
    assert verify(path).fault is Fault.CUT_OFF


async def test_expired_records_should_go_and_the_chain_still_verify(tmp_path: Path) -> None:
    path = await _written(tmp_path)
    store = await Store.open(tmp_path)
    assert await store.log.expire(_AT.format(3), now=_AT.format(9)) == 3
    assert await store.log.expire(_AT.format(3), now=_AT.format(9)) == 0
    await store.close()
    found = verify(path)
    assert (found.whole, found.first, found.last, found.records) == (True, 4, 6, 3)


async def test_pseudonym_should_be_unlinkable_and_the_chain_whole_when_its_key_is_erased(
    store: Store, tmp_path: Path
) -> None:
    pseudonym = store.log.pseudonym("", "urn:ngsi-ld:Person:1")
    assert store.log.pseudonym("", "urn:ngsi-ld:Person:1") == pseudonym
    assert store.log.pseudonym("t", "urn:ngsi-ld:Person:1") != pseudonym
    store.log.stage([ProcessingRecord(at=_AT.format(1), name="read", subject=pseudonym)])
    await store.log.settled()
    assert store.log.known_pseudonym("", "urn:ngsi-ld:Person:1") == pseudonym
    assert len(await store.log.find(LogSearch(subject=pseudonym))) == 1

    assert await store.log.erase_pseudonym("", "urn:ngsi-ld:Person:1", _did("erasure.done", 2))
    assert store.log.known_pseudonym("", "urn:ngsi-ld:Person:1") is None
    assert store.log.pseudonym("", "urn:ngsi-ld:Person:1") != pseudonym
    assert verify(tmp_path / DATABASE).whole
    assert b"Person:1" not in b"".join(
        row[0] for row in apsw.Connection(str(tmp_path / DATABASE)).execute("SELECT body FROM log")
    )


async def test_pseudonym_should_outlive_the_process_that_made_it(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    pseudonym = store.log.pseudonym("", "p")
    await store.transact(
        lambda unit: unit.log.append(
            ProcessingRecord(at=_AT.format(1), name="create", subject=pseudonym)
        )
    )
    await store.close()
    store = await Store.open(tmp_path)
    assert store.log.pseudonym("", "p") == pseudonym
    await store.close()


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (LogSearch(), [3, 2, 1]),
        (LogSearch(actor="ann"), [2, 1]),
        (LogSearch(kind="decision"), [2]),
        (LogSearch(kind="processing", name="read"), [3]),
        (LogSearch(reason="no_agreement"), [2]),
        (LogSearch(dataset="urn:ngsi-ld:Dataset:x:1"), [3, 2]),
        (LogSearch(agreement="urn:ngsi-ld:Agreement:x:1"), [2]),
        (LogSearch(agreement="urn:ngsi-ld:Agreement:x:1#2"), [2]),
        (LogSearch(allowed=False), [2]),
        (LogSearch(allowed=True), []),
        (LogSearch(since=_AT.format(2)), [3, 2]),
        (LogSearch(since=_AT.format(2), until=_AT.format(3)), [2]),
        (LogSearch(trace="0" * 31 + "1"), [2]),
        (LogSearch(about='a "quoted" one'), [1]),
        (LogSearch(actor="step"), []),
        (LogSearch(since="2027-01-01T00:00:00Z"), []),
    ],
)
async def test_find_should_give_what_is_looked_for(
    store: Store, search: LogSearch, numbers: list[int]
) -> None:
    dataset = ("urn:ngsi-ld:Dataset:x:1",)
    store.log.stage(
        [
            AuditRecord(at=_AT.format(1), actor="ann", name="step", about=('a "quoted" one',)),
            DecisionRecord(
                at=_AT.format(2),
                trace_id="0" * 31 + "1",
                actor="ann",
                action="read",
                datasets=dataset,
                agreements=("urn:ngsi-ld:Agreement:x:1#2",),
                decision=False,
                reason="no_agreement",
            ),
            ProcessingRecord(at=_AT.format(3), name="read", subject="p", datasets=dataset),
        ]
    )
    await store.log.settled()
    assert [one.number for one in await store.log.find(search)] == numbers


async def test_find_should_go_on_from_page_to_page(store: Store) -> None:
    store.log.stage(_names(store, 7))
    await store.log.settled()
    first = await store.log.find(LogSearch(), limit=4)
    second = await store.log.find(LogSearch(), before=first[-1].number, limit=4)
    assert [one.number for one in [*first, *second]] == [7, 6, 5, 4, 3, 2, 1]
    every = [one.number async for some in store.log.every(LogSearch()) for one in some]
    assert every == [7, 6, 5, 4, 3, 2, 1]


async def test_backup_should_have_a_whole_log_and_go_on_with_it(tmp_path: Path) -> None:
    path = await _written(tmp_path / "a")
    store = await Store.open(path.parent)
    await store.backup(tmp_path / "b")
    await store.close()
    store = await Store.open(tmp_path / "b")
    store.log.stage([_did("later")])
    await store.log.settled()
    await store.close()
    found = verify(tmp_path / "b" / DATABASE)
    assert (found.whole, found.records) == (True, 6)


async def test_erased_key_should_be_in_no_file_any_more(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    for number in range(200):
        pseudonym = store.log.pseudonym("", f"urn:ngsi-ld:Person:{number}")
        store.log.stage([ProcessingRecord(at=_AT.format(1), name="read", subject=pseudonym)])
    await store.log.settled()
    connection = apsw.Connection(str(tmp_path / DATABASE))
    sql = "SELECT key FROM pseudonym WHERE subject = 'urn:ngsi-ld:Person:77'"
    key = connection.execute(sql).fetchall()[0][0]
    connection.close()
    assert await store.log.erase_pseudonym("", "urn:ngsi-ld:Person:77", _did("erasure.done"))
    # The write-ahead log starts over.
    await store.close()
    assert isinstance(key, bytes)
    assert _files_with(tmp_path, key) == []
