"""The chain of the log: each record's digest covers the record and the digest before it (pure).

Who alters, removes, swaps or adds a record in the middle changes every digest after it. Who cuts off
the end changes none: for that the last digest is kept in a second place (`Head`).
"""

import hashlib
from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

import msgspec

__all__ = ["GENESIS", "ChainState", "Chained", "Fault", "Head", "follow", "link"]

_NUMBER_BYTES: Final = 8


class Head(NamedTuple):
    """Where a chain stands: the number of its last record, and its digest (SHA-256)."""

    number: int
    digest: bytes


#: Where every chain begins: before its first record, which is number 1.
GENESIS: Final = Head(0, bytes(32))


class Chained(NamedTuple):
    """A record as it is kept."""

    number: int
    body: bytes
    digest: bytes


class Fault(Enum):
    """What is wrong with a record."""

    ALTERED = "altered"
    MISSING = "missing"
    #: What is kept beside a record, to find it by, says something else than the record.
    MISPLACED = "misplaced"
    #: The end was cut off: the head that was kept apart is of a later record, or of another one.
    CUT_OFF = "cut-off"


class ChainState(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What verification found.

    Attributes:
        whole: Whether every record is there as it was written.
        records: How many are there.
        first: Number of the first one that is there.
        last: Number of the last one that is in order.
        head: Its digest, hexadecimal: noted elsewhere, it shows later that nothing was cut off.
        bad: Number of the first record that is wrong, or is not there.
        fault: What is wrong with it.
        detail: The same in a sentence.
    """

    whole: bool
    records: int
    first: int
    last: int
    head: str
    bad: int | None = None
    fault: Fault | None = None
    detail: str = ""


def link(head: Head, body: bytes) -> Head:
    """Add a record to a chain."""
    number = head.number + 1
    covered = head.digest + number.to_bytes(_NUMBER_BYTES, "big") + body
    return Head(number, hashlib.sha256(covered).digest())


def follow(start: Head, records: Iterable[Chained]) -> tuple[Head, Fault | None]:
    """Go along a chain to its end, or to the first record that does not belong in it.

    Args:
        start: The chain before the first record.
        records: By number.

    Returns:
        The last record that is in order, and what is wrong with the one after it.
    """
    head = start
    for record in records:
        if record.number != head.number + 1:
            return head, Fault.MISSING
        linked = link(head, record.body)
        if linked.digest != record.digest:
            return head, Fault.ALTERED
        head = linked
    return head, None
