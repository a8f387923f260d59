"""The other members as this node sees them (pure)."""

from collections.abc import Collection, Iterator, Mapping

from hanze.league.ledger import introducers, newest_records
from hanze.league.membership import State
from hanze.league.model import Contact, Peer, Status
from hanze.league.statements import Departure, Record, Statement, Verdict

__all__ = ["peers_of"]


def peers_of(
    state: State, contacts: Mapping[str, Contact], waiting: Collection[str]
) -> tuple[Peer, ...]:
    """List them by name.

    Args:
        contacts: How talking to each went last, by its id.
        waiting: Ids of those that wait to be confirmed.
    """
    return tuple(
        sorted(_peers(state, contacts, waiting), key=lambda one: (one.name.casefold(), one.id))
    )


def _peers(
    state: State, contacts: Mapping[str, Contact], waiting: Collection[str]
) -> Iterator[Peer]:
    known_by = introducers(state.ledger, Verdict.KNOWS)
    banned_by = introducers(state.ledger, Verdict.BANNED)
    own = "" if state.founded is None else state.founded.me.id
    left = {one.said.by for one in state.ledger.values() if isinstance(one.said, Departure)}
    for member, records in _all_records(state).items():
        trust = state.trusts.get(member)
        record, said = records[0], records[0].said
        if member == own or not isinstance(said, Record):
            continue
        status = trust.status if trust is not None else Status.INTRODUCED
        yield Peer(
            id=member,
            key=record.key,
            name=said.name,
            city=said.city,
            url=said.url,
            alias=said.alias,
            status=Status.LEFT if trust is None and member in left else status,
            place=said.place,
            shares=said.shares if trust is None or trust.offer is None else trust.offer,
            since=None if trust is None else trust.since,
            contact=contacts.get(member, Contact()),
            introduced_by=tuple(by for by in known_by.get(member, ()) if by not in (own, member)),
            advised_against_by=tuple(
                by for by in banned_by.get(member, ()) if by not in (own, member)
            ),
            is_disputed=trust is None and len(records) > 1,
            is_waiting=member in waiting,
            reason=None if trust is None else trust.reason,
        )


def _all_records(state: State) -> dict[str, tuple[Statement, ...]]:
    return {
        **newest_records(state.ledger),
        **{member: (record,) for member, record in state.records.items()},
    }
