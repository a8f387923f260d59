"""Accords with the signatures of their parties, wherever in the league they are kept."""

from collections.abc import Iterator
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
        for held in _naming(collective, accord)
        if held.record.party in accord.parties and speaks_for(collective, held, held.record.party)
    ]
    return tuple(sorted(found, key=lambda held: (held.record.signed_on, held.record.id)))


def _naming(collective: Collective, accord: Accord) -> Iterator[Held[AccordSignature]]:
    for reference in collective.referring(accord.id):
        held = collective.find(reference.source)
        if reference.field == "accord" and held is not None:
            record = held.record
            if isinstance(record, AccordSignature):
                yield Held(record, held.kept_in, held.modified_at, held.created_at, held.home)
