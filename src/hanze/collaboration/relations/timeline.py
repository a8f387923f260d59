"""What happened between a partner and those abroad, over time: first contact, visits, accords.

Everything is read off the records of all nodes of the league, and of each side's own.
"""

from collections.abc import Sequence
from datetime import date

from hanze.collaboration.collective import Collective
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.relations.agreed import agreed
from hanze.collaboration.relations.happening import (
    HAPPENING_KINDS,
    Happening,
    Parties,
)
from hanze.collaboration.relations.travelled import travelled
from hanze.collaboration.relations.worked import worked

__all__ = [
    "HAPPENING_KINDS",
    "Happening",
    "circle_of",
    "every_happening",
    "of_partner",
    "timeline",
]


def circle_of(collective: Collective, partner_id: str) -> frozenset[str]:
    """Name all who count as the partner: itself, the places in it, and who has its seat there.

    Args:
        partner_id: A city, region, country or organisation.
    """
    held = collective.find(partner_id)
    places = {partner_id}
    if held is not None and isinstance(held.record, Country):
        places |= {one.record.id for one in collective.of(Region) if one.record.country in places}
    if held is not None and isinstance(held.record, Country | Region):
        places |= {
            one.record.id
            for one in collective.of(Municipality)
            if one.record.region in places or one.record.country == partner_id
        }
    return frozenset(places | set(_seated(collective, places)))


def _seated(collective: Collective, places: set[str]) -> Sequence[str]:
    return [
        held.record.id
        for held in collective.of(Organization)
        if held.record.municipality in places
        or held.record.country in places
        or (held.record.municipality is None and held.record.source_city in places)
    ]


def every_happening(collective: Collective, today: date) -> tuple[Happening, ...]:
    """List all that happened between parties of different countries, and what is planned, by day."""
    parties = Parties(collective)
    found = [
        one
        for source in (
            agreed(collective, today),
            travelled(collective, today),
            worked(collective, parties, today),
        )
        for one in source
        if parties.cross(one.parties, certain=one.kind in ("match", "project", "replication"))
    ]
    return tuple(sorted(found, key=_rank))


def timeline(
    collective: Collective, partner_id: str, today: date, *, of: str | None = None
) -> tuple[Happening, ...]:
    """List what happened between a partner and those abroad, and what is planned, by day.

    Args:
        collective: Up to date.
        partner_id: A city, region, country or organisation; what happened with a place or an
            organisation within it counts too.
        today: Decides what is past, and what is late.
        of: Only what this party (id), or one within it, took part in as well.
    """
    found = of_partner(collective, partner_id, every_happening(collective, today))
    if of is None:
        return found
    circle = circle_of(collective, of)
    return tuple(one for one in found if not circle.isdisjoint(one.parties))


def of_partner(
    collective: Collective, partner_id: str, several: Sequence[Happening]
) -> tuple[Happening, ...]:
    """Choose what concerns a partner and somebody of another country."""
    parties = Parties(collective)
    own = parties.country(partner_id)
    return tuple(one for one in several if _concerns(parties, partner_id, own, one))


def _concerns(parties: Parties, partner_id: str, own: str | None, one: Happening) -> bool:
    within = {party for party in one.parties if partner_id in parties.around(party)}
    others = one.parties - within
    return bool(within) and any(own is None or parties.country(other) != own for other in others)


def _rank(one: Happening) -> tuple[date, int, str, str]:
    return one.on, HAPPENING_KINDS.index(one.kind), one.held.record.id, one.part or ""
