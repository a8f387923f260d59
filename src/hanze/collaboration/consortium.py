"""Who takes part in a project, as far as the records say (pure)."""

from dataclasses import dataclass
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import Project

__all__ = ["Consortium", "consortium_of"]

#: Sector of each kind of organisation, in the sense of the triple and quadruple helix.
_SECTORS: Final = {
    "company": "business",
    "bank": "business",
    "university": "research",
    "agency": "government",
    "ministry": "government",
    "residents": "residents",
}


@dataclass(frozen=True, slots=True)
class Consortium:
    """The parties of a project.

    Attributes:
        parties: Ids of all.
        cities: Ids of the municipalities among them.
        regions: Ids of the regions among them, and of those in which its municipalities lie.
        places: Ids of municipalities and regions that take part themselves.
        countries: Ids of the countries of the parties.
        kinds: Kinds of the organisations among them.
        sectors: Of "government", "business", "research" and "residents".
        unknown: Ids of parties of which the node has no record, or no country.
    """

    parties: frozenset[str]
    cities: frozenset[str]
    regions: frozenset[str]
    places: frozenset[str]
    countries: frozenset[str]
    kinds: frozenset[str]
    sectors: frozenset[str]
    unknown: frozenset[str]


def consortium_of(collective: Collective, project: Held[Project]) -> Consortium:
    """Gather who takes part: whose project it is, who leads, follows, delivers, pays, researches.

    Cities that are only interested do not take part.
    """
    record = project.record
    named = (
        *(project.city, record.lead),
        *(*record.followers, *record.partners, *record.suppliers),
        *(*record.knowledge_partners, *record.co_investors),
    )
    parties = frozenset(one for one in named if one is not None)
    cities: set[str] = set()
    regions: set[str] = set()
    places: set[str] = set()
    countries: set[str] = set()
    kinds: set[str] = set()
    unknown: set[str] = set()
    for party in parties:
        held = collective.find(party)
        found = held.record if held is not None else None
        country: str | None = None
        match found:
            case Municipality():
                cities.add(party)
                places.add(party)
                country = found.country
                if found.region is not None:
                    regions.add(found.region)
            case Region():
                regions.add(party)
                places.add(party)
                country = found.country
            case Country():
                country = party
            case Organization():
                kinds.add(found.kind)
                country = found.country
        if country is None:
            unknown.add(party)
        else:
            countries.add(country)
    sectors = {_SECTORS[kind] for kind in kinds if kind in _SECTORS}
    if places:
        sectors.add("government")
    return Consortium(
        parties=parties,
        cities=frozenset(cities),
        regions=frozenset(regions),
        places=frozenset(places),
        countries=frozenset(countries),
        kinds=frozenset(kinds),
        sectors=frozenset(sectors),
        unknown=frozenset(unknown),
    )
