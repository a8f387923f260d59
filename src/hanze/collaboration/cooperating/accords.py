"""Accords with the signatures of their parties, wherever in the league they are kept."""

from datetime import date

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.terms import AccordState, state_of
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.replicas.homes import SELF
from hanze.collaboration.speaking import node_of, speaks_for

__all__ = ["accord_state", "signatures_of"]


def accord_state(collective: Collective, accord: Accord, today: date) -> AccordState:
    """Tell how far an accord has come, by the signatures of all nodes.

    A signature counts only where it is the party's own (`speaking.speaks_for`).
    """
    return state_of(accord, (held.record for held in signatures_of(collective, accord)), today)


def signatures_of(collective: Collective, accord: Accord) -> tuple[Held[AccordSignature], ...]:
    """List the parties' own signatures of an accord, withdrawn ones too, in order of their days."""
    found = [
        held
        for held in collective.naming(accord.id, AccordSignature, "accord")
        if held.record.party in accord.parties
        and speaks_for(collective, held, held.record.party)
        and _may_carry(collective, accord, held)
    ]
    return tuple(sorted(found, key=lambda held: (held.record.signed_on, held.record.id)))


def _may_carry(collective: Collective, accord: Accord, held: Held[AccordSignature]) -> bool:
    """Whether a node may tell that somebody has signed.

    A party's own node may. A party without one is told of by whoever has its records, which any
    node may say of itself: its signature counts where this node keeps it, or the node that keeps
    the accord, or the one from which the party itself is known.
    """
    home = collective.home_of(held.record.source_city)
    if home is not None or node_of(held) == SELF:
        return True
    known = (collective.find(accord.id), collective.find(held.record.party))
    return node_of(held) in {node_of(one) for one in known if one is not None}
