"""Pseudonyms of data subjects: each under a key of its own, which erasure destroys.

Without the key nobody can tell whose records these are, or that two of them are of one person that is
known by name; the records stay as they are, and so does the chain.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Final

import apsw

from hanze.store.schema import select

__all__ = ["Pseudonyms"]

_KEY_BYTES: Final = 32
_SHOWN_DIGITS: Final = 32
_MOST_KEPT: Final = 50_000

_INSERT: Final = "INSERT OR IGNORE INTO pseudonym (tenant, subject, key) VALUES (?, ?, ?)"

_Who = tuple[str, str]


class Pseudonyms:
    """The keys, those of the last few thousand subjects in memory.

    Args:
        writer: The one connection that writes.
        reader: One that sees committed state.
    """

    def __init__(self, writer: apsw.Connection, reader: apsw.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._kept: OrderedDict[_Who, str] = OrderedDict()
        #: Keys that were made and are not durable yet.
        self._fresh: dict[_Who, bytes] = {}
        self._writing: tuple[_Who, ...] = ()

    def of(self, tenant: str, subject: str) -> str:
        """Return the pseudonym of a data subject; the first time a key is made for it."""
        who = (tenant, subject)
        known = self._kept.get(who)
        if known is None:
            known = self._keep(who, self._key(who) or self._made(who))
        return known

    def known(self, tenant: str, subject: str) -> str | None:
        """Return it where there is one: nothing is made for who only asks."""
        key = self._key((tenant, subject))
        return None if key is None else _pseudonym(key, subject)

    def write(self) -> None:
        """Write fresh keys, with the records that need them."""
        self._writing = tuple(self._fresh)
        if self._writing:
            rows = [(*who, key) for who, key in self._fresh.items()]
            self._writer.cursor().executemany(_INSERT, rows)

    def written(self) -> None:
        """Take notice that those are durable that were written last."""
        for who in self._writing:
            self._fresh.pop(who, None)
        self._writing = ()

    def erase(self, tenant: str, subject: str) -> bool:
        """Destroy a key, within a unit of work; tells whether there was one."""
        self._fresh.pop((tenant, subject), None)
        # What is deleted is overwritten, which SQLite does not do by itself.
        self._writer.execute("PRAGMA secure_delete = ON")
        try:
            self._writer.execute(
                "DELETE FROM pseudonym WHERE tenant = ? AND subject = ?", (tenant, subject)
            )
            return self._writer.changes() > 0
        finally:
            self._writer.execute("PRAGMA secure_delete = OFF")

    def forget(self, tenant: str, subject: str) -> None:
        """Let go of what memory has of it, once it is erased."""
        self._kept.pop((tenant, subject), None)

    def _key(self, who: _Who) -> bytes | None:
        fresh = self._fresh.get(who)
        if fresh is not None:
            return fresh
        sql = "SELECT key FROM pseudonym WHERE tenant = ? AND subject = ?"
        rows = select(self._reader, sql, who)
        return rows[0][0] if rows else None

    def _made(self, who: _Who) -> bytes:
        key = self._fresh[who] = secrets.token_bytes(_KEY_BYTES)
        return key

    def _keep(self, who: _Who, key: bytes) -> str:
        made = self._kept[who] = _pseudonym(key, who[1])
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return made


def _pseudonym(key: bytes, subject: str) -> str:
    return hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()[:_SHOWN_DIGITS]
