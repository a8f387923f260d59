"""Accords with the signatures of their parties, wherever in the league they are kept."""

from datetime import date

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.terms import AccordState, state_of
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.speaking import speaks_for

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
        if held.record.party in accord.parties and speaks_for(collective, held, held.record.party)
    ]
    return tuple(sorted(found, key=lambda held: (held.record.signed_on, held.record.id)))
