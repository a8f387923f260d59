"""The database file: its tables, its versions, and the connections to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from hanze.errors import StoreFailure
from hanze.store.files import make_private

__all__ = ["MIGRATIONS", "Bindings", "connect_reader", "connect_writer", "migrate", "select"]

#: What our own statements return; their columns are known where they are written.
Row = tuple[Any, ...]
Bindings = tuple[int | str | bytes, ...]

#: "Hanz": tells this file from other SQLite databases.
APPLICATION_ID = 0x48616E7A

#: Step n leads from version n to version n + 1. A step that was released never changes.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE tenant (
        tenant_id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    );
    INSERT INTO tenant (tenant_id, name) VALUES (1, '');

    -- What a stored body was compacted with, by content: never changed, never deleted.
    CREATE TABLE context (
        context_id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        content BLOB NOT NULL
    );

    -- Sets of types, sorted IRIs as a JSON array.
    CREATE TABLE typeset (
        typeset_id INTEGER PRIMARY KEY,
        types TEXT NOT NULL UNIQUE
    );

    -- rowid order is the order of creation, and thereby of paging.
    CREATE TABLE entity (
        entity_id INTEGER PRIMARY KEY,
        tenant_id INTEGER NOT NULL,
        id TEXT NOT NULL,
        typeset_id INTEGER NOT NULL,
        context_id INTEGER NOT NULL,
        expires INTEGER,
        body BLOB NOT NULL,
        system BLOB NOT NULL,
        UNIQUE (tenant_id, id)
    );
    CREATE INDEX entity_expires ON entity (expires) WHERE expires IS NOT NULL;

    CREATE TABLE register (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (kind, key)
    );
    """,
    """
    -- Temporal Evolutions, also of entities that are gone; their instances are in `history.duckdb`,
    -- or still in the journal. Moments are microseconds since 1970.
    CREATE TABLE evolution (
        evolution_id INTEGER PRIMARY KEY,
        tenant_id INTEGER NOT NULL,
        id TEXT NOT NULL,
        typeset_id INTEGER NOT NULL,
        created INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        deleted INTEGER,
        UNIQUE (tenant_id, id)
    );
    CREATE INDEX evolution_typeset ON evolution (tenant_id, typeset_id);

    -- What the archive refers to by number: attribute and datasetId, and how a value looks.
    CREATE TABLE slot (
        slot_id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE
    );
    CREATE TABLE shape (
        shape_id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE
    );

    -- What happened, a row per commit, until the archive has it.
    CREATE TABLE journal (
        number INTEGER PRIMARY KEY,
        sequence INTEGER NOT NULL,
        body BLOB NOT NULL
    );

    -- One row: the last journal row that the archive is known to have, the last sequence before the
    -- journal's first row, and the highest number of an evolution that was removed.
    CREATE TABLE archived (
        number INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        evolution_id INTEGER NOT NULL
    );
    INSERT INTO archived VALUES (0, 0, 0);
    """,
    """
    -- What happened and somebody is still to be told of: once, however many are told. The number is
    -- the time in microseconds, made to grow: the order of the commits.
    CREATE TABLE happened (
        happened_id INTEGER PRIMARY KEY,
        unit_id INTEGER NOT NULL,
        entity TEXT NOT NULL,
        content BLOB NOT NULL
    );

    CREATE TABLE due (
        tenant TEXT NOT NULL,
        subscription TEXT NOT NULL,
        happened_id INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant, subscription, happened_id)
    ) WITHOUT ROWID;
    CREATE INDEX due_happened ON due (happened_id);

    CREATE TABLE dead_letter (
        letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant TEXT NOT NULL,
        subscription TEXT NOT NULL,
        happened_id INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        died INTEGER NOT NULL,
        reason TEXT NOT NULL,
        UNIQUE (tenant, subscription, happened_id)
    );
    CREATE INDEX dead_letter_happened ON dead_letter (happened_id);
    """,
    """
    -- Both end with the number of the letter: a page of a million of them is read without sorting.
    CREATE INDEX dead_letter_tenant ON dead_letter (tenant);
    CREATE INDEX dead_letter_subscription ON dead_letter (tenant, subscription);
    """,
    """
    -- What is accounted for: appended, never changed. `digest` covers the body and the digest before
    -- it; `at` (microseconds since 1970) and `subject` are in the body, too, and here to be found by.
    CREATE TABLE log (
        number INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        subject TEXT,
        body BLOB NOT NULL,
        digest BLOB NOT NULL
    );
    CREATE INDEX log_at ON log (at);
    CREATE INDEX log_subject ON log (subject) WHERE subject IS NOT NULL;

    -- One row: the last record that was removed because it was old enough; none: number 0.
    CREATE TABLE log_start (
        number INTEGER NOT NULL,
        digest BLOB NOT NULL
    );
    INSERT INTO log_start VALUES (0, zeroblob(32));

    -- Whose pseudonym is made with which key. Without its key a pseudonym is nobody's.
    CREATE TABLE pseudonym (
        tenant TEXT NOT NULL,
        subject TEXT NOT NULL,
        key BLOB NOT NULL,
        PRIMARY KEY (tenant, subject)
    ) WITHOUT ROWID;
    """,
)


def connect_writer(path: Path) -> apsw.Connection:
    """Open the one connection that writes, and bring the database to this version.

    Raises:
        StoreFailure: The file cannot be opened or written, is no database of ours, or is of a
            newer version.
    """
    try:
        make_private(path)
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(5_000)
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit returns when its WAL frames are on the disk, so what was acknowledged
        # survives a power cut too.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -65536")
        # Checkpoints run on a connection of their own: here they would lengthen some commits.
        connection.wal_autocheckpoint(0)
        migrate(connection, MIGRATIONS)
    except apsw.NotADBError as error:
        raise StoreFailure(f"{path} is not a database of hanze") from error
    except (apsw.ReadOnlyError, apsw.CantOpenError) as error:
        raise StoreFailure(
            f"{path.parent} cannot be written; the user that runs the node must own it"
        ) from error
    except apsw.FullError as error:
        raise StoreFailure(f"The disk that holds {path.parent} is full") from error
    except apsw.Error as error:
        raise StoreFailure(f"{path} cannot be opened: {error}") from error
    return connection


def connect_reader(path: Path) -> apsw.Connection:
    """Open a connection that only reads committed state."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(f"file:{_quoted(path)}", flags=flags)
    connection.set_busy_timeout(5_000)
    connection.execute("PRAGMA cache_size = -32768")
    # Mapped, a page costs no call to the system: a retrieval takes 70 us instead of 97. The memory is
    # the kernel's cache, which it takes back when it needs to.
    connection.execute("PRAGMA mmap_size = 1073741824")
    return connection


def migrate(connection: apsw.Connection, migrations: Sequence[str]) -> None:
    """Run the steps that the database has not seen, each whole or not at all.

    Raises:
        StoreFailure: The database has seen more steps than there are, or is not ours.
    """
    version = _number(connection, "PRAGMA user_version")
    newest = len(migrations)
    if version == 0 and _number(connection, "SELECT count(*) FROM sqlite_schema"):
        raise StoreFailure(f"{connection.filename} is not a database of hanze")
    if version > newest:
        raise StoreFailure(
            f"{connection.filename} has version {version} and this hanze knows version {newest}; "
            "it needs the newer hanze that wrote it"
        )
    for number in range(version, newest):
        with connection:
            connection.execute(migrations[number])
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number + 1}")


def select(source: apsw.Connection | apsw.Cursor, sql: str, bindings: Bindings = ()) -> list[Row]:
    """Return all rows of a SELECT.

    All of them, always: a statement that is not at its end holds on to its snapshot.
    """
    return source.execute(sql, bindings).fetchall()


def _number(connection: apsw.Connection, sql: str) -> int:
    value = connection.execute(sql).get
    if not isinstance(value, int):
        raise StoreFailure(f"{connection.filename} cannot be read")
    return value


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
