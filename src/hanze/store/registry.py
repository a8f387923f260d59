"""Small keyed values beside the entities: @contexts, tokens."""

from collections.abc import Iterator

import apsw

from hanze.store.schema import select

__all__ = ["RegisterTable"]


class RegisterTable:
    """The registers as one connection sees them: committed values, or staged ones too."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def get(self, kind: str, key: str) -> bytes | None:
        sql = "SELECT value FROM register WHERE kind = ? AND key = ?"
        rows = select(self._connection, sql, (kind, key))
        return rows[0][0] if rows else None

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """Return all values of a kind, by key; read at once, so that writes in between are safe."""
        sql = "SELECT key, value FROM register WHERE kind = ? ORDER BY key"
        rows = select(self._connection, sql, (kind,))
        return iter([(key, value) for key, value in rows])

    def put(self, kind: str, key: str, value: bytes) -> None:
        self._connection.execute(
            "INSERT INTO register (kind, key, value) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
            (kind, key, value),
        )

    def delete(self, kind: str, key: str) -> bool:
        self._connection.execute("DELETE FROM register WHERE kind = ? AND key = ?", (kind, key))
        return self._connection.changes() > 0
