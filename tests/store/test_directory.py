"""Directories that cannot be worked on: a clear error, and nothing lost."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from hanze.errors import StoreFailure
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.tree import EntityQuery
from hanze.store.backup import copy_database
from hanze.store.files import DATABASE, scratch
from hanze.store.schema import MIGRATIONS, migrate
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

NOON = "2026-06-01T12:00:00Z"


def bulky(number: int) -> Entity:
    text = Attribute(kind=AttributeKind.PROPERTY, value="x" * 10_000)
    return Entity(id=f"urn:x:{number}", types=("urn:t",), attributes={"urn:a": (text,)})


async def test_open_should_refuse_a_second_process(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    code = (
        "import asyncio, sys; from pathlib import Path; from hanze.store.store import Store\n"
        "asyncio.run(Store.open(Path(sys.argv[1])))"
    )
    second = subprocess.run(  # noqa: ASYNC221  # nothing else runs in this test
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"is in use by process {os.getpid()}" in second.stderr
    await store.transact(lambda uow: uow.put("", bulky(1), CORE))
    await store.close()


async def test_open_should_refuse_a_newer_version(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    await store.close()
    connection = apsw.Connection(str(tmp_path / DATABASE))
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreFailure, match="newer hanze"):
        await Store.open(tmp_path)


async def test_open_should_refuse_what_is_no_database_of_hanze(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreFailure, match="not a database of hanze"):
        await Store.open(tmp_path)
    (tmp_path / DATABASE).unlink()
    connection = apsw.Connection(str(tmp_path / DATABASE))
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(StoreFailure, match="not a database of hanze"):
        await Store.open(tmp_path)


async def test_open_should_refuse_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreFailure, match="cannot be written"):
        await Store.open(tmp_path / "file" / "data")


async def test_open_should_refuse_a_read_only_directory(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)  # noqa: ASYNC240  # nothing else runs in this test
    try:
        with pytest.raises(StoreFailure, match="cannot be written"):
            await Store.open(tmp_path)
    finally:
        tmp_path.chmod(0o700)  # noqa: ASYNC240  # nothing else runs in this test


def test_migrate_should_run_only_what_is_new_and_each_step_whole() -> None:
    connection = apsw.Connection(":memory:")
    first = "CREATE TABLE one (x)"
    migrate(connection, [first])
    connection.execute("INSERT INTO one VALUES (7)")
    with pytest.raises(apsw.SQLError):
        migrate(connection, [first, "ALTER TABLE one ADD COLUMN y; SELECT nonsense FROM nowhere"])
    assert connection.execute("PRAGMA user_version").get == 1
    migrate(connection, [first, "ALTER TABLE one ADD COLUMN y DEFAULT 8"])
    assert connection.execute("SELECT x, y FROM one").get == (7, 8)
    assert connection.execute("PRAGMA user_version").get == 2


@contextmanager
def no_more_room(path: Path) -> Iterator[None]:
    """Let files grow no further than this one is now, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


async def test_full_disk_should_fail_the_unit_and_lose_nothing(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)

    def many(uow: StagedUnit) -> None:
        for number in range(2, 300):
            uow.put("other", bulky(number), CORE)

    await store.transact(lambda uow: uow.put("", bulky(1), CORE))
    with no_more_room(tmp_path / f"{DATABASE}-wal"), pytest.raises(StoreFailure):
        await store.transact(many)
    assert not store.tenant_exists("other")
    await store.transact(lambda uow: uow.put("", bulky(3), CORE))
    await store.close()
    again = await Store.open(tmp_path)
    found = await again.search("", EntityQuery(), NOON)
    assert [again.load(stored).id for stored in found.entities] == ["urn:x:1", "urn:x:3"]
    await again.close()


async def test_store_should_clear_what_a_killed_process_left(tmp_path: Path) -> None:
    folder = scratch(tmp_path)
    (Path(folder.name) / "rows.parquet").write_bytes(b"half")
    await (await Store.open(tmp_path)).close()
    assert not Path(folder.name).exists()  # noqa: ASYNC240  # a test may block
    folder.cleanup()


async def test_the_record_should_be_for_its_owner_alone(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "data")
    copy_database(tmp_path / "data" / DATABASE, tmp_path / "copy.db")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").glob("*.db*")}
    await store.close()
    assert modes == {"hanze.db": 0o600, "hanze.db-wal": 0o600, "hanze.db-shm": 0o600}
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
