"""The spool's tables, and the statements on them; every function runs in one transaction.

A source has a cursor: messages up to it were dealt with and are kept to be replayed, those after it
wait. So dealing with a batch changes one row and not one of each message.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import apsw

from hanze.connectors.spooled import Counters, Letter, Settled, Waiting
from hanze.connectors.streaming import Message
from hanze.errors import StoreFailure

__all__ = [
    "connect_spool",
    "counters_of",
    "devices_of",
    "forget",
    "insert",
    "letters_of",
    "messages_of",
    "note_error",
    "release",
    "replay",
    "settle",
    "size_of",
    "take",
    "trim",
]

#: What our own statements return; their columns are known where they are written.
Row = tuple[Any, ...]

_APPLICATION_ID: Final = 0x48616E73  # "Hans"
#: Messages that one step of tidying removes.
_SLICE: Final = 500
_PART: Final = 2_000

_SCHEMA: Final = """
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        received INTEGER NOT NULL,
        topic TEXT NOT NULL,
        content_type TEXT NOT NULL,
        body BLOB
    );
    CREATE INDEX message_source ON message (source, id);
    CREATE INDEX message_received ON message (received);

    CREATE TABLE source (
        name TEXT PRIMARY KEY,
        cursor INTEGER NOT NULL DEFAULT 0,
        received INTEGER NOT NULL DEFAULT 0,
        decoded INTEGER NOT NULL DEFAULT 0,
        stored INTEGER NOT NULL DEFAULT 0,
        late INTEGER NOT NULL DEFAULT 0,
        duplicate INTEGER NOT NULL DEFAULT 0,
        rejected INTEGER NOT NULL DEFAULT 0,
        last_message INTEGER,
        last_observed TEXT,
        last_error TEXT NOT NULL DEFAULT '',
        last_error_at INTEGER
    ) WITHOUT ROWID;

    -- Messages that are dealt with once more, whatever the cursor says.
    CREATE TABLE again (message_id INTEGER PRIMARY KEY);

    CREATE TABLE letter (
        message_id INTEGER NOT NULL,
        reason TEXT NOT NULL,
        part TEXT NOT NULL
    );
    CREATE INDEX letter_message ON letter (message_id);

    -- Devices that wait for a person, and which messages wait with them.
    CREATE TABLE device (
        source TEXT NOT NULL,
        device TEXT NOT NULL,
        entity_id TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (source, device)
    ) WITHOUT ROWID;
    CREATE TABLE held (
        source TEXT NOT NULL,
        device TEXT NOT NULL,
        message_id INTEGER NOT NULL,
        PRIMARY KEY (source, device, message_id)
    ) WITHOUT ROWID;
"""


def _select(
    connection: apsw.Connection, sql: str, bindings: tuple[int | str, ...] = ()
) -> list[Row]:
    return connection.execute(sql, bindings).fetchall()


def connect_spool(path: Path | None) -> apsw.Connection:
    """Open the spool, making it where it is not there.

    Raises:
        StoreFailure: It cannot be opened or written, or is no spool.
    """
    try:
        if path is not None:
            # What devices sent is for nobody else on this machine; SQLite's log gets the same mode.
            with suppress(OSError):
                path.touch(mode=0o600)
        connection = apsw.Connection(":memory:" if path is None else str(path))
        connection.set_busy_timeout(5_000)
        version = connection.execute("PRAGMA user_version").get
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
        if version not in (0, 1) or (version == 0 and tables):
            raise StoreFailure(f"{path} is no spool of this version of hanze")
        if version == 0:
            # So that what is removed makes the file smaller, and the limit of its size means it.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: what was acknowledged to a sender survives a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        if version == 0:
            with connection:
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute("PRAGMA user_version = 1")
    except apsw.Error as error:
        raise StoreFailure(f"The spool {path} cannot be opened: {error}") from error
    return connection


def insert(connection: apsw.Connection, messages: Sequence[tuple[int, Message]]) -> None:
    """Keep messages, each with the microsecond at which it came."""
    connection.executemany(
        "INSERT INTO message (source, received, topic, content_type, body) VALUES (?, ?, ?, ?, ?)",
        [(one.source, at, one.topic, one.content_type, one.body) for at, one in messages],
    )
    seen: dict[str, list[int]] = {}
    for at, one in messages:
        seen.setdefault(one.source, []).append(at)
    for name, moments in seen.items():
        connection.execute(
            "INSERT INTO source (name, received, last_message) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET received = received + ?2, last_message = ?3",
            (name, len(moments), max(moments)),
        )


_AGAIN: Final = (
    "SELECT m.id, received, topic, content_type, body, 1 FROM again"
    " JOIN message m ON m.id = message_id WHERE source = ?1 ORDER BY m.id LIMIT ?2"
)
_NEXT: Final = (
    "SELECT id, received, topic, content_type, body, 0 FROM message WHERE source = ?1"
    " AND id > ifnull((SELECT cursor FROM source WHERE name = ?1), 0) ORDER BY id LIMIT ?2"
)


def take(
    connection: apsw.Connection, source: str, limit: int, most_bytes: int
) -> list[tuple[int, int, str, str, bytes, bool]]:
    """Read the messages that come next: those to be replayed, then those that wait.

    Returns:
        Id, moment, topic, content type, body, and whether it is replayed.
    """
    # Row by row: so many messages of the largest size would be more than the memory holds.
    found: list[tuple[int, int, str, str, bytes, bool]] = []
    size = 0
    for sql in (_AGAIN, _NEXT):
        for number, received, topic, content_type, body, again in connection.execute(
            sql, (source, limit)
        ):
            size += len(body or b"")
            if found and size > most_bytes:
                return found
            found.append((number, received, topic, content_type, body or b"", bool(again)))
        if found:
            break
    return found


def settle(connection: apsw.Connection, settled: Settled) -> None:
    """Note what became of messages."""
    marks = [(number,) for number in settled.done]
    connection.executemany("DELETE FROM letter WHERE message_id = ?", marks)
    connection.executemany("DELETE FROM again WHERE message_id = ?", marks)
    connection.executemany(
        "INSERT INTO letter (message_id, reason, part) VALUES (?, ?, ?)",
        [(one.message_id, one.reason, one.part[:_PART]) for one in settled.letters],
    )
    for one in settled.held:
        connection.execute(
            "INSERT INTO device (source, device, entity_id, first, last) VALUES (?1, ?2, ?3, ?4, ?4)"
            " ON CONFLICT DO UPDATE SET last = ?4, entity_id = ?3",
            (settled.source, one.device, one.entity_id, settled.at),
        )
        connection.execute(
            "INSERT OR IGNORE INTO held VALUES (?, ?, ?)",
            (settled.source, one.device, one.message_id),
        )
    if settled.erased:
        # Overwritten, and not only marked as free.
        connection.execute("PRAGMA secure_delete = ON")
        connection.executemany(
            "UPDATE message SET body = NULL, topic = '' WHERE id = ?",
            [(n,) for n in settled.erased],
        )
        connection.execute("PRAGMA secure_delete = OFF")
    connection.execute(
        "UPDATE source SET cursor = max(cursor, ?2), decoded = decoded + ?3, stored = stored + ?4,"
        " late = late + ?5, duplicate = duplicate + ?6, rejected = rejected + ?7,"
        " last_observed = nullif(max(ifnull(last_observed, ''), ?8), '') WHERE name = ?1",
        (
            *(settled.source, max(settled.done, default=0), settled.decoded, settled.stored),
            *(settled.late, settled.duplicate, len(settled.letters)),
            settled.last_observed or "",
        ),
    )
    if settled.error:
        note_error(connection, settled.source, settled.error, settled.at)
    elif settled.decoded:
        note_error(connection, settled.source, "", None)


def note_error(connection: apsw.Connection, source: str, error: str, at: int | None) -> None:
    """Remember what went wrong last; "" says that it goes well again."""
    connection.execute(
        "INSERT INTO source (name, last_error, last_error_at) VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET last_error = ?2, last_error_at = ?3",
        (source, error[:_PART], at),
    )


def counters_of(connection: apsw.Connection) -> Mapping[str, Counters]:
    """Count for every source."""
    found: dict[str, Counters] = {}
    for row in _select(
        connection,
        "SELECT name, received, decoded, stored, late, duplicate, rejected,"
        " (SELECT count(*) FROM message WHERE source = name AND id > cursor) + (SELECT count(*)"
        "  FROM again JOIN message m ON m.id = message_id WHERE source = name AND id <= cursor),"
        " (SELECT count(DISTINCT message_id) FROM held WHERE source = name),"
        " (SELECT count(*) FROM letter JOIN message m ON m.id = message_id WHERE source = name),"
        " last_message, last_observed, last_error, last_error_at FROM source",
    ):
        name, *rest = row
        found[name] = Counters(*rest)
    return found


def letters_of(
    connection: apsw.Connection, source: str, *, limit: int, before: int | None
) -> list[Letter]:
    """List dead letters, the newest first."""
    rows = _select(
        connection,
        "SELECT message_id, reason, part, received, topic FROM letter"
        " JOIN message m ON m.id = message_id WHERE source = ? AND message_id < ?"
        " ORDER BY message_id DESC, letter.rowid LIMIT ?",
        (source, before if before is not None else 1 << 62, limit),
    )
    return [Letter(*row) for row in rows]


def messages_of(
    connection: apsw.Connection, source: str, *, limit: int
) -> list[tuple[int, int, str, str, bytes]]:
    """List the newest messages: id, moment, topic, content type, body."""
    rows = _select(
        connection,
        "SELECT id, received, topic, content_type, body FROM message"
        " WHERE source = ? AND body IS NOT NULL ORDER BY id DESC LIMIT ?",
        (source, limit),
    )
    return [(number, at, topic, kind, body) for number, at, topic, kind, body in rows]


def devices_of(connection: apsw.Connection, source: str) -> list[Waiting]:
    """List the devices of a source that wait for a person, the newest first."""
    rows = _select(
        connection,
        "SELECT device, entity_id, first, last, (SELECT count(*) FROM held h"
        " WHERE h.source = d.source AND h.device = d.device) FROM device d WHERE source = ?"
        " ORDER BY first DESC, device LIMIT 1000",
        (source,),
    )
    return [Waiting(*row) for row in rows]


def release(
    connection: apsw.Connection, source: str, device: str, *, again: bool
) -> tuple[bool, int]:
    """Take a device out of the tray; tell whether it was there, and how many messages it had.

    Args:
        again: Whether its messages are dealt with now.
    """
    key = (source, device)
    if again:
        connection.execute(
            "INSERT OR IGNORE INTO again SELECT message_id FROM held"
            " WHERE source = ? AND device = ?",
            key,
        )
    connection.execute("DELETE FROM held WHERE source = ? AND device = ?", key)
    messages = connection.changes()
    connection.execute("DELETE FROM device WHERE source = ? AND device = ?", key)
    return connection.changes() > 0, messages


def replay(connection: apsw.Connection, source: str, *, start: int, end: int, letters: bool) -> int:
    """Have kept messages dealt with once more; returns how many.

    Args:
        start: Microseconds since 1970, from which they were received.
        end: Until which, excluded.
        letters: Only those that have a dead letter.
    """
    among = " AND id IN (SELECT message_id FROM letter)" if letters else ""
    connection.execute(
        "INSERT OR IGNORE INTO again SELECT id FROM message WHERE source = ?1 AND received >= ?2"  # noqa: S608  # no value of others
        " AND received < ?3 AND body IS NOT NULL"
        " AND id <= ifnull((SELECT cursor FROM source WHERE name = ?1), 0)" + among,
        (source, start, end),
    )
    return connection.changes()


def forget(connection: apsw.Connection, source: str) -> None:
    """Remove a source with all that is kept of it."""
    mine = "(SELECT id FROM message WHERE source = ?)"
    connection.execute(f"DELETE FROM again WHERE message_id IN {mine}", (source,))  # noqa: S608  # a constant
    connection.execute(f"DELETE FROM letter WHERE message_id IN {mine}", (source,))  # noqa: S608  # likewise
    for table, column in (
        *(("held", "source"), ("device", "source")),
        *(("message", "source"), ("source", "name")),
    ):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (source,))  # noqa: S608  # likewise


def size_of(connection: apsw.Connection) -> int:
    """Return how many bytes of the file are in use."""
    pages = (
        connection.execute("PRAGMA page_count").get
        - connection.execute("PRAGMA freelist_count").get
    )
    return int(pages) * int(connection.execute("PRAGMA page_size").get)


def trim(
    connection: apsw.Connection, *, before: int | None = None, sparing: Sequence[str] = ()
) -> int:
    """Remove some messages that were dealt with, the oldest first; returns how many.

    Args:
        before: Microseconds since 1970: only what came earlier; `None` where room is needed.
        sparing: Names of tables: messages stay of which something could not be used (letter), or
            that wait for a device to be let in (held).
    """
    conditions = [
        "id <= (SELECT cursor FROM source WHERE name = source)",
        *(f"id NOT IN (SELECT message_id FROM {table})" for table in ("again", *sparing)),  # noqa: S608  # constants
        *(() if before is None else ("received < ?",)),
    ]
    numbers = _select(
        connection,
        f"SELECT id FROM message WHERE {' AND '.join(conditions)} ORDER BY received LIMIT {_SLICE}",  # noqa: S608  # constants
        () if before is None else (before,),
    )
    for table, column in (("letter", "message_id"), ("held", "message_id"), ("message", "id")):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", numbers)  # noqa: S608  # constants
    if numbers:
        connection.execute(
            "DELETE FROM device WHERE NOT EXISTS (SELECT 1 FROM held h"
            " WHERE h.source = device.source AND h.device = device.device)"
        )
        connection.execute("PRAGMA incremental_vacuum(2000)")
    return len(numbers)
