"""How an attempt to notify ended."""

from enum import Enum
from http import HTTPStatus
from typing import NamedTuple

__all__ = ["Outcome", "Verdict", "verdict_of"]

#: Refusals that speak of the receiver and not of what was sent (RFC 9110, 15.5).
_NOT_NOW = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class Verdict(Enum):
    """What an attempt to notify came to.

    `SENT` is success by the letter of 5.8.6. `TAKEN`: the receiver has it and says so with another
    status than 200. `REFUSED`: the receiver does not want just this. `AWAY`: nobody can be told
    there now. `IMPOSSIBLE`: it cannot be sent as the subscription has it. `NOTHING`: seen whole,
    there is nothing that the subscription is to be told.
    """

    SENT = "sent"
    TAKEN = "taken"
    REFUSED = "refused"
    AWAY = "away"
    IMPOSSIBLE = "impossible"
    NOTHING = "nothing"


class Outcome(NamedTuple):
    """A verdict, and the reason in plain words, without anything secret."""

    verdict: Verdict
    reason: str = ""


def verdict_of(status: int) -> Verdict:
    """Judge the status that a receiver answers with (CIM 009, 5.8.6)."""
    if status == HTTPStatus.OK:
        return Verdict.SENT
    if 200 < status < 300:
        return Verdict.TAKEN
    if 400 <= status < 500 and status not in _NOT_NOW:
        return Verdict.REFUSED
    return Verdict.AWAY
