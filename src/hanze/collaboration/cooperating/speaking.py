"""Whose word a record is: a party is bound only by what its own node says."""

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.homes import SELF

__all__ = ["speaks_for"]


def speaks_for(collective: Collective, held: Held[Record], party: str) -> bool:
    """Whether a record is a party's own word.

    Of a city, region or country it is where the record is of that place and, where that place has a
    node in the league, kept by that node. Of an organisation it is where the record is of the
    organisation itself, or of the place that keeps the organisation's record.
    """
    owner = held.record.source_city
    if owner is None:
        return False
    place = party
    if owner != party:
        known = collective.find(party)
        if known is None or not isinstance(known.record, Organization):
            return False
        if known.record.source_city != owner:
            return False
        place = owner
    home = collective.home_of(place)
    return home is None or home == (held.home.peer if held.home is not None else SELF)
