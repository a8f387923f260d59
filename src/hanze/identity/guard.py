"""Slows down who guesses: counts what is wrong, of each address and of each account."""

from typing import Final

from hanze.identity.allowance import Allowance, TooOften

__all__ = ["Guard"]

_TOGETHER: Final = 1_000_000


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
        self._addresses = Allowance("failed attempts", most=per_address, most_together=_TOGETHER)
        self._accounts = Allowance(
            "failed attempts for one account", most=per_account, most_together=_TOGETHER
        )
        self._refusals = Allowance("refused requests", most=refusals, most_together=_TOGETHER)

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
