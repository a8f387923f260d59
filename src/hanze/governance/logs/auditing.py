"""Looking into the log: for auditors, and itself in the log."""

import re
from collections.abc import AsyncIterator
from typing import Final, Protocol

import msgspec

from hanze.governance.duties import account_of, require_duty
from hanze.governance.logs.chain import ChainState
from hanze.governance.logs.search import Logged, LogSearch
from hanze.governance.ports import Log
from hanze.identity.caller import NODE, Caller
from hanze.identity.roles import AUDITOR, SECURITY_OFFICER
from hanze.ngsild.moment import parse_datetime

__all__ = ["Auditing", "LogPage", "ReadableLog", "Verified"]

#: Name of the audit record of every look into the log.
_READ: Final = "log.read"
_PSEUDONYM: Final = re.compile(r"[0-9a-f]{32}")


class ReadableLog(Log, Protocol):
    """A log that can be read, too."""

    async def find(
        self, search: LogSearch, *, before: int | None = None, limit: int = 100
    ) -> list[Logged]:
        """Find records, the latest first, those with lower numbers than `before`."""
        ...

    def every(self, search: LogSearch) -> AsyncIterator[list[Logged]]:
        """Go through all that are looked for, the latest first."""
        ...

    async def state(self) -> ChainState:
        """Verify the whole chain."""
        ...


class LogPage(msgspec.Struct, frozen=True):
    """A page of records, the latest first.

    Attributes:
        records: Of the page.
        before: With this the next page is asked for; `None`: there is none.
    """

    records: list[Logged]
    before: int | None = None


class Verified(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What verification found, and when it looked."""

    at: str
    state: ChainState


class Auditing:
    """What auditors do: they read the log, and no data.

    Args:
        log: Of the node.
    """

    def __init__(self, log: ReadableLog) -> None:
        self._log = log
        #: What was found the last time that anybody, or the node itself, verified.
        self.verified: Verified | None = None

    async def search(
        self,
        caller: Caller,
        search: LogSearch,
        *,
        before: int | None = None,
        limit: int = 100,
        now: str,
    ) -> LogPage:
        """Find a page of records; that it was looked for is logged before it is shown.

        Args:
            search: Its `subject` is a pseudonym, or what the data of the caller's tenant calls the
                data subject.

        Raises:
            DutyMissing: The caller is no auditor.
            InvalidInput: A time is none.
            StoreFailure: The log cannot be read or written.
        """
        require_duty(caller, AUDITOR)
        known = self._known(caller, search)
        await self._account(caller, "search", known or _unnamed(search), now)
        if known is None:
            return LogPage([])
        found = await self._log.find(known, before=before, limit=limit + 1)
        return LogPage(found[:limit], found[limit - 1].number if len(found) > limit else None)

    async def download(
        self, caller: Caller, search: LogSearch, *, now: str
    ) -> AsyncIterator[list[Logged]]:
        """Give all records that are looked for, in slices; that it was done is logged before.

        Raises:
            DutyMissing: As `search`; so for the others.
            InvalidInput: A time is none.
            StoreFailure: The log cannot be written.
        """
        require_duty(caller, AUDITOR)
        known = self._known(caller, search)
        await self._account(caller, "download", known or _unnamed(search), now)
        return _nothing() if known is None else self._log.every(known)

    async def verify(self, caller: Caller, *, now: str) -> Verified:
        """Verify the whole log.

        Raises:
            DutyMissing: The caller is neither auditor nor security officer.
            StoreFailure: The log cannot be read or written.
        """
        require_duty(caller, AUDITOR, SECURITY_OFFICER)
        await self._account(caller, "verify", LogSearch(), now)
        return await self._verified(now)

    async def verify_for_itself(self, *, now: str) -> Verified:
        """Verify as the node does it by itself, day by day."""
        await self._account(NODE, "verify", LogSearch(), now)
        return await self._verified(now)

    async def _verified(self, now: str) -> Verified:
        self.verified = Verified(at=now, state=await self._log.state())
        return self.verified

    async def _account(self, caller: Caller, what: str, search: LogSearch, now: str) -> None:
        for moment in (search.since, search.until):
            if moment:
                parse_datetime(moment)
        asked = msgspec.json.encode(search).decode()
        self._log.stage([account_of(caller, _READ, (), detail=f"{what} {asked}", now=now)])
        await self._log.settled()

    def _known(self, caller: Caller, search: LogSearch) -> LogSearch | None:
        """Put pseudonyms in the place of names; `None`: the log knows no data subject of that name."""
        found = search
        if search.about:
            # What is about people is told by pseudonyms, also where it was asked for.
            about = self._log.known_pseudonym(caller.tenant, search.about) or search.about
            found = msgspec.structs.replace(found, about=about)
        if not search.subject or _PSEUDONYM.fullmatch(search.subject):
            return found
        known = self._log.known_pseudonym(caller.tenant, search.subject)
        return None if known is None else msgspec.structs.replace(found, subject=known)


def _unnamed(search: LogSearch) -> LogSearch:
    """Leave the name of a person out: the log holds none."""
    return msgspec.structs.replace(search, subject="unknown")


async def _nothing() -> AsyncIterator[list[Logged]]:
    empty: tuple[list[Logged], ...] = ()
    for one in empty:
        yield one
