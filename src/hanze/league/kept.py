"""The registers in which a node keeps what it knows of the league."""

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from hanze.broker.ports import Registers, RegistersView
from hanze.league.invitation import Invitation
from hanze.league.ledger import ledger_of
from hanze.league.membership import Founded, State, Trust
from hanze.league.model import Share
from hanze.league.statements import read_statement

__all__ = ["keep_changes", "load_state"]

_FOUNDED: Final = ("league", "founded")
_TRUST: Final = "league-trust"
_STATEMENT: Final = "league-statement"
_INVITATION: Final = "league-invitation"
_SHARING: Final = "league-sharing"

V = TypeVar("V")


def load_state(registers: RegistersView) -> State:
    """Read everything."""
    founded = registers.get(*_FOUNDED)
    trusts = dict(_read(registers, _TRUST, Trust))
    statements = (read_statement(text.decode()) for _, text in registers.items(_STATEMENT))
    return State(
        founded=None if founded is None else msgspec.json.decode(founded, type=Founded),
        trusts=trusts,
        records={member: read_statement(trust.record) for member, trust in trusts.items()},
        ledger=ledger_of(statements),
        invitations=dict(_read(registers, _INVITATION, Invitation)),
        sharing=dict(_read(registers, _SHARING, tuple[Share, ...])),
    )


def keep_changes(registers: Registers, before: State, after: State) -> None:
    """Write what differs."""
    if after.founded is None:
        registers.delete(*_FOUNDED)
    elif after.founded != before.founded:
        registers.put(*_FOUNDED, msgspec.json.encode(after.founded))
    _keep(registers, _TRUST, _texts(before.trusts), _texts(after.trusts))
    _keep(registers, _INVITATION, _texts(before.invitations), _texts(after.invitations))
    _keep(registers, _SHARING, _texts(before.sharing), _texts(after.sharing))
    if after.ledger is not before.ledger:
        told = {slot: one.text.encode() for slot, one in before.ledger.items()}
        _keep(
            registers,
            _STATEMENT,
            told,
            {slot: one.text.encode() for slot, one in after.ledger.items()},
        )


def _texts(values: Mapping[str, object]) -> dict[str, bytes]:
    return {name: msgspec.json.encode(value) for name, value in values.items()}


def _keep(
    registers: Registers, kind: str, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> None:
    for name in before.keys() - after.keys():
        registers.delete(kind, name)
    for name, value in after.items():
        if before.get(name) != value:
            registers.put(kind, name, value)


def _read(registers: RegistersView, kind: str, of: type[V]) -> Iterator[tuple[str, V]]:
    for name, value in registers.items(kind):
        yield name, msgspec.json.decode(value, type=of)
