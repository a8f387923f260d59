"""A Dutch and a Korean city that work together, for tests of cooperations and accords."""

from datetime import date
from typing import Final

from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.organisations import Contact, Organization
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Theme

__all__ = [
    "ACCORD",
    "BUSAN",
    "COMPANY",
    "CONTACT",
    "DEMAND",
    "GRONINGEN",
    "KOREA",
    "MOBILITY",
    "NETHERLANDS",
    "SOLUTION",
    "UTRECHT",
    "an_accord",
    "places",
    "signature_of",
]

GRONINGEN: Final = "urn:ngsi-ld:Municipality:NL:GM0014"
UTRECHT: Final = "urn:ngsi-ld:Municipality:NL:GM0344"
BUSAN: Final = "urn:ngsi-ld:Municipality:KR:21"
NETHERLANDS: Final = "urn:ngsi-ld:Country:NL"
KOREA: Final = "urn:ngsi-ld:Country:KR"
MOBILITY: Final = "urn:ngsi-ld:Theme:hanze:mobility"
COMPANY: Final = "urn:ngsi-ld:Organization:test:busan-buses"
CONTACT: Final = "urn:ngsi-ld:Contact:test:desk"
DEMAND: Final = "urn:ngsi-ld:Demand:test:buses"
SOLUTION: Final = "urn:ngsi-ld:Solution:test:buses"
ACCORD: Final = "urn:ngsi-ld:Accord:test:memorandum"


def places() -> list[Record]:
    """Two countries, three cities, and what they share."""
    return [
        Country(id=NETHERLANDS, title={"nl": "Nederland", "en": "Netherlands"}, iso_code="NL"),
        Country(id=KOREA, title={"ko": "대한민국", "en": "Korea"}, iso_code="KR"),
        Theme(id=MOBILITY, title={"en": "Mobility", "nl": "Mobiliteit", "ko": "이동성"}),
        Municipality(id=GRONINGEN, title={"nl": "Groningen"}, country=NETHERLANDS),
        Municipality(id=UTRECHT, title={"nl": "Utrecht"}, country=NETHERLANDS),
        Municipality(id=BUSAN, title={"ko": "부산광역시", "en": "Busan"}, country=KOREA),
        Organization(id=COMPANY, title={"en": "Busan Buses"}, kind="company", source_city=BUSAN),
        Contact(
            id=CONTACT,
            title={"en": "International desk", "nl": "Internationale balie"},
            organization=GRONINGEN,
            source_city=GRONINGEN,
        ),
        Demand(
            id=DEMAND,
            title={"nl": "Bussen die op tijd rijden", "en": "Buses that run on time"},
            problem={"en": "Buses in the city are late because traffic lights do not see them."},
            source_city=GRONINGEN,
            themes=(MOBILITY,),
            status="open",
        ),
        Solution(
            id=SOLUTION,
            title={"en": "Traffic lights that let buses pass", "ko": "버스 우선 신호"},
            what_it_does={"en": "Traffic lights see buses that are late and let them pass."},
            source_city=BUSAN,
            themes=(MOBILITY,),
            providers=(COMPANY,),
        ),
    ]


def an_accord(**changes: object) -> Accord:
    """A memorandum that is offered."""
    values: dict[str, object] = {
        "id": ACCORD,
        "title": {"nl": "Samen slim", "en": "Smart together"},
        "source_city": GRONINGEN,
        "themes": (MOBILITY,),
        "kind": "memorandum",
        "parties": (GRONINGEN, BUSAN),
        "terms": {"en": "We share what we learn.", "nl": "Wij delen wat wij leren."},
        "status": "offered",
    }
    return Accord(**(values | changes))  # type: ignore[arg-type]  # tests name fields


def signature_of(
    party: str, digest: str, signed_on: date, *, number: int = 1, **changes: object
) -> AccordSignature:
    """A party's own signature of `ACCORD`."""
    values: dict[str, object] = {
        "id": f"urn:ngsi-ld:AccordSignature:test:{party.rpartition(':')[2]}-{number}",
        "title": {"en": "Signature"},
        "source_city": party,
        "accord": ACCORD,
        "party": party,
        "digest": digest,
        "signed_on": signed_on,
    }
    return AccordSignature(**(values | changes))  # type: ignore[arg-type]  # tests name fields
