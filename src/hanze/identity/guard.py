"""Slows down who guesses: counts what is wrong, of each address and of each account."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from hanze.errors import TooMuch
from hanze.identity.account import SignInRefused
from hanze.identity.allowance import Allowance, TooOften

__all__ = ["Guard", "TooManySignIns"]

T = TypeVar("T")

#: Comparing a password takes 64 MiB and the time of a core, on purpose.
_AT_A_TIME: Final = 2
_MOST_WAITING: Final = 40
_AGAIN_S: Final = 5


class TooManySignIns(TooOften):
    """So many passwords wait to be compared that no more are taken."""

    def __init__(self) -> None:
        TooMuch.__init__(
            self, f"Too many people sign in at this moment; try again in {_AGAIN_S} seconds"
        )
        self.retry_after_s = _AGAIN_S


class Guard:
    """Counts failures; what is right is not counted.

    The owner of an account that others try is slowed with them only where they come with the
    password: a passkey and another provider are no guesses.

    Args:
        per_address: Failures of one address in an hour.
        per_account: Failures about one account in an hour, from everywhere.
        refusals: Of one address in an hour: what it asked for and may not use.
    """

    def __init__(self, *, per_address: int, per_account: int, refusals: int) -> None:
        self._addresses = Allowance("failed attempts", most=per_address, most_together=None)
        self._accounts = Allowance(
            "failed attempts for one account", most=per_account, most_together=None
        )
        self._refusals = Allowance("refused requests", most=refusals, most_together=None)
        self._comparing = asyncio.Semaphore(_AT_A_TIME)
        self._waiting = 0

    def enter(self, address: str, *, account: str = "", now: str) -> None:
        """Ask before something is compared.

        Args:
            account: That somebody says to be; "" where nobody is named.

        Raises:
            TooOften: The address, or somebody about this account, was wrong too often.
        """
        self._addresses.check(address, now=now)
        if account:
            self._accounts.check("", subject=account.casefold(), now=now)

    def failed(self, address: str, *, account: str = "", now: str) -> None:
        """Count that it was wrong.

        Raises:
            TooOften: Once it is too often.
        """
        self._addresses.take(address, now=now)
        if account:
            self._accounts.take("", subject=account.casefold(), now=now)

    async def compare(self, compare: Callable[[], T], address: str, *, account: str, now: str) -> T:
        """Compare a password in a thread, few at a time, and count that it was wrong.

        Args:
            compare: Raises `SignInRefused` where it is wrong.

        Raises:
            SignInRefused: It is wrong.
            TooOften: As `enter`: also where others were wrong while this one waited.
            TooManySignIns: Too many wait.
        """
        self.enter(address, account=account, now=now)
        if self._waiting >= _MOST_WAITING:
            raise TooManySignIns
        self._waiting += 1
        try:
            async with self._comparing:
                self.enter(address, account=account, now=now)
                try:
                    return await asyncio.to_thread(compare)
                except SignInRefused:
                    self.failed(address, account=account, now=now)
                    raise
        finally:
            self._waiting -= 1

    @property
    def counts_refusals(self) -> bool:
        """Whether anybody was refused of late: as long as not, there is nothing to ask."""
        return self._refusals.is_counting

    def ask(self, address: str, *, now: str) -> None:
        """Ask before a request is looked at.

        Raises:
            TooOften: The address was refused too often.
        """
        self._refusals.check(address, now=now)

    def refused(self, address: str, *, now: str) -> None:
        """Count that a request was refused; whoever has none left hears so with the next one."""
        try:
            self._refusals.take(address, now=now)
        except TooOften:
            return
