"""Which node keeps whose records: pure rules that every node of a league applies alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

__all__ = ["SELF", "Claim", "Homes", "homes_of"]

#: This node, among those that keep records.
SELF: Final = ""


class Claim(NamedTuple):
    """Whose record a node says that it has.

    Attributes:
        city: Its city, region or country.
        is_place: Whether it is the record of the city itself.
    """

    city: str | None
    is_place: bool


class Homes:
    """The home of each city that has one.

    A city has one home: the node whose city it is, else the node in which it takes part as a
    tenant. Nobody else speaks for it. A city without a home is carried by whoever has its records.

    Args:
        of: City → node, `SELF` or the id of a peer.
    """

    def __init__(self, of: Mapping[str, str]) -> None:
        self._of = of

    def of(self, city: str | None) -> str | None:
        """Return the home of a city; `None` where it has none."""
        return self._of.get(city) if city is not None else None

    def choose(self, claims: Mapping[str, Claim]) -> str | None:
        """Choose whose record counts, of the nodes that have one of the same id.

        What a node says of its own city goes before what anybody carries. What this node has
        gives way only to the home of the city that it names itself. Between peers the lower id
        decides, so that every node decides alike.

        Args:
            claims: Node → whose record it says that it is.

        Returns:
            The node; `None` where none of them speaks for the record.
        """
        own = claims.get(SELF)
        if own is not None:
            home = self.of(own.city)
            return home if home is not None and claims.get(home) == own else SELF
        ranked = [
            (rank, node)
            for node, claim in claims.items()
            if (rank := self._rank(node, claim)) is not None
        ]
        return min(ranked)[1] if ranked else None

    def _rank(self, node: str, claim: Claim) -> int | None:
        """How much a peer's word counts, 0 the most; `None` where it does not."""
        home = self.of(claim.city)
        if home is None:
            return 1
        if home == node:
            return 0
        # Registers name every city; until its own node has it, a city is known from them.
        return 2 if claim.is_place else None


def homes_of(
    city: str | None,
    tenants: Iterable[str],
    cities: Mapping[str, str | None],
    tenants_of: Mapping[str, Sequence[str]],
) -> Homes:
    """Find the homes of cities.

    Args:
        city: That this node is the node of.
        tenants: Cities that are tenants of this node.
        cities: Confirmed peer → the city that it is the node of.
        tenants_of: Peer → cities that it says are tenants of it.
    """
    found: dict[str, str] = {}
    # What comes later counts more, and this node's own word most: nobody talks a city away.
    ordered = sorted(cities, reverse=True)
    for peer in ordered:
        found.update(dict.fromkeys(tenants_of.get(peer, ()), peer))
    for peer in ordered:
        named = cities[peer]
        if named is not None:
            found[named] = peer
    found.update(dict.fromkeys(tenants, SELF))
    if city is not None:
        found[city] = SELF
    return Homes(found)
