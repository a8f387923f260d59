"""How often somebody without a name may do something, without keeping who it was.

Addresses are never kept: what is counted is a keyed hash of them, under a key that lives in memory
alone and is thrown away with the period. When the process ends, nothing is left.
"""

import hashlib
import hmac
import ipaddress
import secrets
from typing import Final

from hanze.errors import TooMuch
from hanze.ngsild.moment import parse_datetime

__all__ = ["Allowance", "TooOften"]

#: Bits of an IPv6 address that name a household; it has the rest to choose from.
_HOUSEHOLD_BITS = 64
#: Where nothing bounds what all do together: of so many the count is kept, the latest ones.
_MOST_MARKS: Final = 100_000


class TooOften(TooMuch):
    """Somebody did more of something in a period than is allowed.

    Attributes:
        retry_after_s: Seconds after which it may be tried again.
    """

    def __init__(self, what: str, most: int, period_s: int, retry_after_s: int) -> None:
        super().__init__(
            f"At most {most} {what} are taken in {period_s // 60} minutes; "
            f"the next one in {retry_after_s} seconds"
        )
        self.retry_after_s = retry_after_s


class Allowance:
    """Counts what each address does in periods of fixed length.

    Args:
        what: It is counted, in the plural, for the message.
        most: That one address may do in a period; 0 closes it.
        most_together: That all addresses may do in a period; `None`: whoever has many addresses
            must not be able to close it to everybody.
        period_s: Length of a period.
    """

    def __init__(
        self, what: str, *, most: int, most_together: int | None, period_s: int = 3600
    ) -> None:
        self._what = what
        self._most = most
        self._most_together = most_together
        self._period_s = period_s
        self._period = -1
        self._key = b""
        self._counts: dict[bytes, int] = {}
        self._together = 0

    @property
    def is_counting(self) -> bool:
        """Whether anything was counted of late."""
        return bool(self._counts)

    def take(self, address: str, *, subject: str = "", now: str) -> None:
        """Count one; what is refused does not count.

        Args:
            address: Of the visitor, as text; "" when it is unknown.
            subject: Where each thing has an allowance of its own.
            now: DateTime text.

        Raises:
            TooOften: It would be one too many.
        """
        mark, count = self._counted(address, subject, now)
        # Put last, so that what goes first is what was not counted for longest.
        self._counts.pop(mark, None)
        if self._most_together is None and len(self._counts) >= _MOST_MARKS:
            del self._counts[next(iter(self._counts))]
        self._counts[mark] = count + 1
        self._together += 1

    def check(self, address: str, *, subject: str = "", now: str) -> None:
        """Refuse what would be one too many, and count nothing.

        Raises:
            TooOften: It would be.
        """
        # Most visitors never did anything that is counted.
        if self._counts:
            self._counted(address, subject, now)

    def _counted(self, address: str, subject: str, now: str) -> tuple[bytes, int]:
        seconds = parse_datetime(now) // 1_000_000
        period = seconds // self._period_s
        if period != self._period:
            self._period, self._key = period, secrets.token_bytes(32)
            self._counts, self._together = {}, 0
        left = self._period_s - seconds % self._period_s
        if self._most_together is not None and self._together >= self._most_together:
            raise TooOften(f"{self._what} together", self._most_together, self._period_s, left)
        mark = self._mark(address, subject)
        count = self._counts.get(mark, 0)
        if count >= self._most:
            raise TooOften(self._what, self._most, self._period_s, left)
        return mark, count

    def _mark(self, address: str, subject: str) -> bytes:
        text = f"{_household(address)}\n{subject}"
        return hmac.digest(self._key, text.encode(), hashlib.sha256)[:16]


def _household(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known.packed, _HOUSEHOLD_BITS), strict=False))
    return str(known)
