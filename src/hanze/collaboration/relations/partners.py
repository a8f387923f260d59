"""Who has relations abroad: every city, region and organisation, with what happened so far."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hanze.collaboration.collective import Collective
from hanze.collaboration.relations.happening import Happening, Parties
from hanze.collaboration.relations.timeline import every_happening, of_partner

__all__ = ["Relation", "relations"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A partner, and what happened with those of other countries.

    Attributes:
        partner: Id of a city, region or organisation.
        country: Id; `None` where it is not known.
        others: Ids of those with whom; countries only where nobody else is named.
        counts: By kind of happening, of the past.
        in_force: How many accords are in force.
        late: Steps that should have been done.
        first: The first thing that is known.
        last: The last thing that happened.
        following: What is planned next.
    """

    partner: str
    country: str | None
    others: tuple[str, ...]
    counts: Mapping[str, int]
    in_force: int
    late: int
    first: Happening | None
    last: Happening | None
    following: Happening | None


def relations(
    collective: Collective,
    today: date,
    *,
    country: str | None = None,
    of: str | None = None,
) -> tuple[Relation, ...]:
    """List who has relations abroad, those of whom something happened last first.

    What happened with a place or an organisation within a partner counts for the partner too; who is
    in no record itself is not listed for that.

    Args:
        collective: Up to date, with the records of all nodes.
        today: Decides what is past.
        country: Only partners of this country (id).
        of: Only relations with this city, region, country or organisation (id).
    """
    several: Sequence[Happening] = every_happening(collective, today)
    parties = Parties(collective)
    own = parties.country(of) if of is not None else None
    if of is not None:
        several = of_partner(collective, of, several)
    found: dict[str, list[Happening]] = {}
    for one in several:
        for partner in _partners(parties, one.parties):
            found.setdefault(partner, []).append(one)
    themselves = {party for one in several for party in one.parties}
    known = [
        _relation(partner, parties, some)
        for partner, some in found.items()
        if partner in themselves
        and country in (None, parties.country(partner))
        and (of is None or own is None or parties.country(partner) != own)
    ]
    return tuple(sorted(known, key=_rank))


def _partners(parties: Parties, several: frozenset[str]) -> frozenset[str]:
    """Add the city and region that parties are in: what happened with a place within it counts."""
    found = frozenset[str]().union(*(parties.around(party) for party in several))
    return frozenset(party for party in found if not parties.is_country(party))


def _relation(partner: str, parties: Parties, several: Sequence[Happening]) -> Relation:
    own = parties.country(partner)
    past = [one for one in several if one.is_past]
    planned = [one for one in several if one.state == "planned"]
    others = {
        other
        for one in several
        for other in one.parties
        if other != partner and (own is None or parties.country(other) != own)
    }
    named = {one for one in others if not parties.is_country(one)}
    accords = [one for one in past if one.standing == ("accordState", "in-force")]
    return Relation(
        partner=partner,
        country=own,
        others=tuple(sorted(named or others)),
        counts=dict(Counter(one.kind for one in past)),
        in_force=len(accords),
        late=sum(one.state == "late" for one in several),
        first=past[0] if past else None,
        last=past[-1] if past else None,
        following=planned[0] if planned else None,
    )


def _rank(one: Relation) -> tuple[int, str]:
    return -(one.last.on.toordinal() if one.last is not None else 0), one.partner
