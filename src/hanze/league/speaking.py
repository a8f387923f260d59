"""What a node has to say: its own statements follow from what it has decided (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from hanze.league.identity import KeyPair
from hanze.league.ledger import introducers, ledger_of, merge
from hanze.league.membership import Founded, State, founded_of, record_of
from hanze.league.model import Status
from hanze.league.statements import Opinion, Said, Statement, Verdict, make_statement
from hanze.ngsild.moment import parse_datetime

__all__ = ["next_sequence", "spoken"]

#: Members that introduce one: more would only fill the ledgers of all.
_ENOUGH: Final = 3


def spoken(state: State, key: KeyPair, *, now: str, renewed_before: str) -> State:
    """Say what is new: who the node is, whom it knows, whom it banned.

    Args:
        key: That the node signs with.
        now: DateTime text.
        renewed_before: DateTime text; what was said before is said again, lest it be forgotten.
    """
    founded = founded_of(state)
    following = msgspec.structs.replace(founded, sequence=next_sequence(founded, now))
    own = {
        _subject(one.said): one
        for one in state.ledger.values()
        if one.said.by == founded.me.id and one.key == key.thumbprint
    }
    fresh = [
        make_statement(said, key)
        for said in _due(state, following, own, now)
        if not _is_said(said, own.get(_subject(said)), renewed_before)
    ]
    if not fresh:
        return state
    return replace(state, founded=following, ledger=merge(state.ledger, ledger_of(fresh)))


def next_sequence(founded: Founded, now: str) -> int:
    """Number the next statements: by the clock, and always upwards."""
    return max(founded.sequence + 1, parse_datetime(now) // 1_000)


def _due(state: State, founded: Founded, own: Mapping[str, Statement], now: str) -> Iterator[Said]:
    """Give what the node has to say, whether it did already or not."""
    yield record_of(state, founded, now=now)
    known_by = introducers(state.ledger, Verdict.KNOWS)
    for member, trust in state.trusts.items():
        said = own[member].said if member in own else None
        yield Opinion(
            by=founded.me.id,
            chain=founded.chain,
            at=now,
            sequence=founded.sequence,
            about=member,
            key=state.records[member].key,
            verdict=_verdict(trust.status, said, known_by.get(member, ()), founded.me.id),
        )


def _verdict(status: Status, said: Said | None, known_by: Sequence[str], own_id: str) -> Verdict:
    if status is Status.BANNED:
        return Verdict.BANNED
    if status is not Status.CONFIRMED:
        return Verdict.NOTHING
    # Who said it goes on saying it: if all who do fell silent at once, nobody would be left.
    goes_on = isinstance(said, Opinion) and said.verdict is Verdict.KNOWS
    others = [by for by in known_by if by != own_id]
    return Verdict.KNOWS if goes_on or len(others) < _ENOUGH else Verdict.NOTHING


def _subject(said: Said) -> str:
    return said.about if isinstance(said, Opinion) else ""


def _is_said(said: Said, known: Statement | None, renewed_before: str) -> bool:
    """Tell whether there is no need to say something: it is known, or there is nothing to say."""
    silent = isinstance(said, Opinion) and said.verdict is Verdict.NOTHING
    if known is None:
        return silent
    same = msgspec.structs.replace(known.said, at=said.at, sequence=said.sequence) == said
    return same and (silent or known.said.at >= renewed_before)
