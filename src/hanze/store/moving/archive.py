"""The archive of the history as Parquet files, and back: what is still in the journal goes first."""

from functools import partial
from pathlib import Path
from typing import Final

from hanze.broker.ports import StoredEntity
from hanze.store.catalog import Catalog
from hanze.store.files import DATABASE
from hanze.store.history.archive import TABLES, Archive, Connection
from hanze.store.history.evolutions import Evolutions
from hanze.store.history.history import HistoryArchive
from hanze.store.history.journal import Journal
from hanze.store.history.names import HistoryNames
from hanze.store.moving.lines import ExportDamaged
from hanze.store.moving.package import PackageReader, PackageWriter
from hanze.store.schema import connect_writer

__all__ = ["FOLDER", "read_archive", "write_archive"]

FOLDER: Final = "history"
_ALL: Final = (*TABLES, "flushed", "gone", "means")
_MEMORY_MB: Final = 256
_ANY_NUMBER: Final = 1 << 62


async def write_archive(directory: Path, package: PackageWriter, scratch: Path) -> None:
    """Write the whole history of a copy of a data directory, which changes by that.

    Args:
        directory: Holds the copy; no node works on it.
        scratch: For one table at a time, as it is on its way.
    """
    writer = connect_writer(directory / DATABASE)
    catalog = Catalog(writer, _ANY_NUMBER)
    journal = Journal(writer, catalog, HistoryNames(writer, catalog))
    history = HistoryArchive(
        directory, _MEMORY_MB, journal, Evolutions(writer, catalog, _no_entity)
    )
    try:
        await history.flush()
        with writer:
            # Clears away what the archive has by now.
            journal.finish(())
        for table in _ALL if history.archive.exists else ():
            path = scratch / f"{table}.parquet"
            rows = await history.archive.run(partial(_write, table=table, path=path))
            package.file(f"{FOLDER}/{table}.parquet", path, rows=rows)
            path.unlink()
    finally:
        await history.close()
        writer.close()


async def read_archive(directory: Path, package: PackageReader, scratch: Path) -> None:
    """Make the archive of a new data directory.

    Raises:
        ExportDamaged: A part is for no table of it, or is damaged.
    """
    parts = [part for name, part in package.parts.items() if name.startswith(f"{FOLDER}/")]
    if not parts:
        return
    archive = Archive(directory, _MEMORY_MB)
    try:
        for part in parts:
            table = part.name.removeprefix(f"{FOLDER}/").removesuffix(".parquet")
            if table not in _ALL:
                raise ExportDamaged(f"The part {part.name[:100]} belongs to no table")
            path = scratch / f"{table}.parquet"
            package.extract(part, path)
            await archive.run(partial(_read, table=table, path=path))
            path.unlink()
    finally:
        await archive.close()


def _write(connection: Connection, table: str, path: Path) -> int:
    name = str(path).replace("'", "''")
    connection.execute(f"COPY {table} TO '{name}' (FORMAT parquet, COMPRESSION zstd)")
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    return int(rows)


def _read(connection: Connection, table: str, path: Path) -> None:
    connection.execute("BEGIN")
    connection.execute(f"DELETE FROM {table}")  # noqa: S608  # own names
    connection.execute(f"INSERT INTO {table} SELECT * FROM read_parquet(?)", [str(path)])  # noqa: S608
    connection.execute("COMMIT")


def _no_entity(_tenant_id: int, _entity_id: str) -> StoredEntity | None:
    """Entities are not looked at: their evolutions are moved as they are."""
    return None
