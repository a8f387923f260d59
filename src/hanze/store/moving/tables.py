"""The tables of SQLite as parts of an export, and back into a new database."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import apsw

from hanze.errors import StoreFailure
from hanze.store.files import make_private
from hanze.store.moving.lines import ExportDamaged, columns_of, line_of, row_of
from hanze.store.moving.package import PackageReader, PackageWriter
from hanze.store.schema import MIGRATIONS, connect_reader, migrate

__all__ = ["Advance", "new_database", "read_tables", "rows_in", "version_of", "write_tables"]

#: Takes how many more rows were done.
Advance = Callable[[int], None]

_BATCH: Final = 2_000
_OURS: Final = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
#: What numbers AUTOINCREMENT gave; SQLite makes it by itself.
_SEQUENCE: Final = "sqlite_sequence"


def rows_in(path: Path) -> int:
    """Count the rows of all tables."""
    connection = connect_reader(path)
    try:
        return sum(_count(connection, table) for table in _tables(connection))
    finally:
        connection.close()


def version_of(path: Path) -> int:
    """Return the version of a database's tables."""
    connection = connect_reader(path)
    try:
        return int(connection.execute("PRAGMA user_version").get)
    finally:
        connection.close()


def write_tables(path: Path, package: PackageWriter, folder: str, advance: Advance) -> None:
    """Write every table of a database as lines, in the order of its keys."""
    connection = connect_reader(path)
    try:
        for table in _tables(connection):
            package.lines(f"{folder}/{table}.jsonl", _lines(connection, table, advance))
    finally:
        connection.close()


def new_database(path: Path, version: int) -> apsw.Connection:
    """Make an empty database with the tables of a version.

    Raises:
        StoreFailure: The version is newer than what is known here.
    """
    if version > len(MIGRATIONS):
        raise StoreFailure(
            f"The export has tables of version {version} and this hanze knows version "
            f"{len(MIGRATIONS)}; it needs the newer hanze that wrote it"
        )
    make_private(path)
    connection = apsw.Connection(str(path))
    migrate(connection, MIGRATIONS[:version])
    return connection


def read_tables(
    connection: apsw.Connection, package: PackageReader, folder: str, advance: Advance
) -> None:
    """Fill the tables of a new database; what a new one has by itself goes.

    All in one transaction: a table that cannot be read leaves nothing.

    Raises:
        ExportDamaged: A part is missing, is for no table of this database, or is damaged.
    """
    prefix = f"{folder}/"
    known = set(_tables(connection))
    missing = {table for table in known if f"{prefix}{table}.jsonl" not in package.parts}
    if missing:
        raise ExportDamaged(f"The export lacks {', '.join(sorted(missing))}")
    with connection:
        for name, part in package.parts.items():
            if not name.startswith(prefix):
                continue
            table = name.removeprefix(prefix).removesuffix(".jsonl")
            if table not in known:
                raise ExportDamaged(f"The part {name[:100]} belongs to no table")
            _fill(connection, table, package.lines(part), advance)


def _fill(
    connection: apsw.Connection, table: str, lines: Iterator[bytes], advance: Advance
) -> None:
    # What a new database has by itself; of the sequence, what filling the other tables made.
    connection.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608  # own names
    columns = columns_of(connection, table)
    names = ", ".join(map(_quoted, columns.names))
    places = ", ".join("?" * len(columns.names))
    insert = f"INSERT INTO {_quoted(table)} ({names}) VALUES ({places})"  # noqa: S608  # own names
    while batch := [row_of(columns, line) for line in islice(lines, _BATCH)]:
        try:
            connection.executemany(insert, batch)
        except apsw.Error as error:
            raise ExportDamaged(f"Rows of {table} do not fit: {error}") from error
        advance(len(batch))


def _lines(connection: apsw.Connection, table: str, advance: Advance) -> Iterator[bytes]:
    columns = columns_of(connection, table)
    rows = connection.execute(f"SELECT * FROM {_quoted(table)}")  # noqa: S608  # own names
    while batch := list(islice(rows, _BATCH)):
        yield from (line_of(columns, row) for row in batch)
        advance(len(batch))


def _tables(connection: apsw.Connection) -> list[str]:
    found = [str(name) for (name,) in connection.execute(_OURS)]
    # Last: filling the others changes it.
    return sorted(found, key=lambda name: name == _SEQUENCE)


def _count(connection: apsw.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {_quoted(table)}").get)  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
