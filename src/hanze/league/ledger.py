"""What members said, as this node knows it; merging it is the same in any order (pure).

A ledger has one statement per slot, the newest. To merge two is to take the newest of each slot: it
is commutative, associative and idempotent, so that nodes that heard the same, in whatever order and
however often, know the same. What is not worth keeping goes afterwards (`pruned`), by each node's
own judgement of whom it trusts.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hanze.league.identity import encoded, thumbprint_of
from hanze.league.statements import (
    Departure,
    Opinion,
    Record,
    Statement,
    StatementRefused,
    Verdict,
    read_statement,
)

__all__ = [
    "Ledger",
    "LedgerLimits",
    "introducers",
    "ledger_of",
    "mark_of",
    "merge",
    "newest_records",
    "pruned",
    "read_all",
    "summary_of",
]

#: Statements by slot (`Statement.slot`).
Ledger = Mapping[str, Statement]

#: Keys under which one member may be known: more than one is a dispute already.
_MOST_KEYS: Final = 3
#: Opinions of a member that is not trusted, and characters of all that it says.
_OPINIONS_OF_STRANGERS: Final = 200
_ROOM_OF_STRANGERS: Final = 128 * 1024
#: Opinions of all of them together: every talk goes through the whole ledger. In a league of a
#: thousand each is introduced by a few.
_OPINIONS_TOGETHER: Final = 6_000
_ROOM: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LedgerLimits:
    """What a ledger may hold.

    Attributes:
        members: That are known at most, besides those that are trusted.
        introductions: Opinions of one member that are kept.
        oldest: DateTime text; what was said before is forgotten.
        latest: DateTime text; what was said after is not believed.
    """

    members: int
    introductions: int
    oldest: str
    latest: str


def ledger_of(statements: Iterable[Statement]) -> Ledger:
    """Take the newest statement of each slot."""
    return _newest({}, ((one.slot, one) for one in statements))


def merge(first: Ledger, second: Ledger) -> Ledger:
    """Know what both know."""
    return _newest(dict(first), second.items())


def pruned(ledger: Ledger, roots: Mapping[str, str | None], limits: LedgerLimits) -> Ledger:
    """Keep what was said by members to whom a way of introductions leads.

    Args:
        roots: Ids from which ways begin, this node's among them, with the key (thumbprint) of each
            that is trusted to introduce others; `None`: its statements are kept, and it introduces
            nobody.
    """
    timely = {
        slot: one for slot, one in ledger.items() if limits.oldest <= one.said.at <= limits.latest
    }
    current = _bounded(_without_followed(timely, roots), roots, limits.introductions)
    reached = _reached(current.values(), roots, limits.members)
    return _few_keys({slot: one for slot, one in current.items() if one.said.by in reached}, roots)


def introducers(ledger: Ledger, verdict: Verdict) -> Mapping[str, tuple[str, ...]]:
    """List who says it of whom: ids by id, in order."""
    found: dict[str, set[str]] = {}
    for one in ledger.values():
        if isinstance(one.said, Opinion) and one.said.verdict is verdict:
            found.setdefault(one.said.about, set()).add(one.said.by)
    return {about: tuple(sorted(by)) for about, by in found.items()}


def newest_records(ledger: Ledger) -> Mapping[str, tuple[Statement, ...]]:
    """List the records of each member, the one with the longest chain first.

    There is one, unless keys dispute which of them follows; or none, of a member that left.
    """
    found: dict[str, list[Statement]] = {}
    left = {one.said.by for one in ledger.values() if isinstance(one.said, Departure)}
    for one in ledger.values():
        if isinstance(one.said, Record) and one.said.by not in left:
            found.setdefault(one.said.by, []).append(one)
    return {
        member: tuple(sorted(records, key=lambda one: (-len(one.holders), one.key)))
        for member, records in found.items()
    }


def read_all(texts: Sequence[str], known: Collection[str]) -> list[Statement]:
    """Read statements that are new, and leave out those that do not hold.

    Args:
        known: Texts that were read before.
    """
    found = []
    for text in texts:
        if text in known:
            continue
        try:
            found.append(read_statement(text))
        except StatementRefused:
            continue
    return found


def mark_of(text: str) -> str:
    """Return 16 characters that stand for a statement."""
    return encoded(hashlib.sha256(text.encode()).digest()[:12])


def summary_of(ledger: Ledger) -> str:
    """Return a text that is the same for the same statements."""
    marks = sorted(mark_of(one.text) for one in ledger.values())
    return encoded(hashlib.sha256("".join(marks).encode()).digest())


def _newest(
    found: dict[str, Statement], others: Iterable[tuple[str, Statement]]
) -> dict[str, Statement]:
    for slot, one in others:
        known = found.get(slot)
        if known is None or _order(known) < _order(one):
            found[slot] = one
    return found


def _order(statement: Statement) -> tuple[int, str]:
    # Where a member says two things at once the text decides: the same one everywhere.
    return (statement.said.sequence, statement.text)


def _without_followed(ledger: Ledger, roots: Mapping[str, str | None]) -> Ledger:
    """Leave out what keys said that others follow: who finds an old key must not be believed."""
    followed = {
        (one.said.by, thumbprint_of(old)) for one in ledger.values() for old in one.holders[:-1]
    }
    kept: dict[str, Statement] = {}
    for slot, one in ledger.items():
        pinned = roots.get(one.said.by)
        if pinned is not None:
            # Of those who are trusted only the key that is trusted counts, and what follows it.
            if pinned not in {thumbprint_of(key) for key in one.holders}:
                continue
        elif (one.said.by, one.key) in followed:
            continue
        kept[slot] = one
    return kept


def _reached(
    statements: Iterable[Statement], roots: Mapping[str, str | None], most: int
) -> set[str]:
    """Follow introductions from the roots, the nearest first, to at most so many members."""
    named: dict[str, list[Opinion]] = {}
    for one in statements:
        if isinstance(one.said, Opinion) and one.said.verdict is not Verdict.NOTHING:
            named.setdefault(one.said.by, []).append(one.said)
    reached = set(roots)
    edge = sorted(member for member, key in roots.items() if key is not None)
    left = most
    while edge and left > 0:
        opinions = [one for member in edge for one in named.get(member, ())]
        following = sorted({one.about for one in opinions} - reached)[:left]
        left -= len(following)
        reached.update(following)
        # Who is only advised against is known, so that the advice is; it introduces nobody.
        introduced = {one.about for one in opinions if one.verdict is Verdict.KNOWS}
        edge = [member for member in following if member in introduced]
    return reached


def _bounded(ledger: Ledger, roots: Mapping[str, str | None], most: int) -> Ledger:
    """Keep so much of what each member says: none must fill the ledgers of all."""
    said: dict[str, list[tuple[bool, str]]] = {}
    for slot, one in ledger.items():
        said.setdefault(one.said.by, []).append((isinstance(one.said, Opinion), slot))
    kept: dict[str, Statement] = {}
    of_a_stranger = min(most, _OPINIONS_OF_STRANGERS, _fair(said, roots))
    for member, slots in said.items():
        trusted = roots.get(member) is not None
        opinions = most if trusted else of_a_stranger
        room = _ROOM if trusted else _ROOM_OF_STRANGERS
        # Who it is comes first, then what it thinks of others.
        for is_opinion, slot in sorted(slots):
            room -= len(ledger[slot].text)
            opinions -= is_opinion
            if room < 0 or opinions < 0:
                break
            kept[slot] = ledger[slot]
    return kept


def _fair(said: Mapping[str, Sequence[tuple[bool, str]]], roots: Mapping[str, str | None]) -> int:
    """Say how many opinions of each stranger are kept: who says little is cut off last."""
    numbers = sorted(
        sum(is_opinion for is_opinion, _ in slots)
        for member, slots in said.items()
        if roots.get(member) is None
    )
    room = _OPINIONS_TOGETHER
    for position, number in enumerate(numbers):
        others = len(numbers) - position
        if number * others > room:
            return room // others
        room -= number
    return _OPINIONS_OF_STRANGERS


def _few_keys(ledger: Ledger, roots: Mapping[str, str | None]) -> Ledger:
    """Keep few keys of a member that is known by many: each would be a member's worth of room."""
    keys: dict[str, set[str]] = {}
    for one in ledger.values():
        keys.setdefault(one.said.by, set()).add(one.key)
    kept = {
        member: set(sorted(known)[:_MOST_KEYS])
        for member, known in keys.items()
        if len(known) > _MOST_KEYS and roots.get(member) is None
    }
    return {
        slot: one
        for slot, one in ledger.items()
        if one.said.by not in kept or one.key in kept[one.said.by]
    }
