"""Whose word a record is: a party is bound only by what its own node says.

Asked of what is read; `collaboration.rules.speaking` asks the same of what is written.
"""

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.homes import SELF
from hanze.errors import Conflicting

__all__ = ["PartyElsewhere", "check_home", "node_of", "speaks_for"]


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
    return home is None or home == node_of(held)


def node_of(held: Held[Record]) -> str:
    """Return the id of the node that keeps a record; `SELF` for this one."""
    return held.home.peer if held.home is not None else SELF


class PartyElsewhere(Conflicting):
    """A party has a node of its own: what it decides is written there."""

    def __init__(self, party: str, node: str, url: str) -> None:
        where = f" ({node}{', ' + url if url else ''})"
        super().__init__(f"{party} has a node of its own{where}; what it decides is written there")
        self.field = "party"
        self.value = party[:100]
        self.party = party
        self.node = node
        self.url = url


def check_home(collective: Collective, party: str) -> None:
    """See that this node may speak for a party.

    Raises:
        PartyElsewhere: Another node of the league does.
    """
    known = collective.find(party)
    place = party
    if known is not None and isinstance(known.record, Organization):
        place = known.record.source_city or party
    home = collective.home_of(place)
    if home is None or home == SELF:
        return
    kept_by = known.home if known is not None and known.home is not None else None
    is_known = kept_by is not None and kept_by.peer == home
    raise PartyElsewhere(
        party,
        kept_by.name if kept_by is not None and is_known else home,
        kept_by.url if kept_by is not None and is_known else "",
    )
