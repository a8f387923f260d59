"""Two cities that need the same, for the tests of the collective's pages."""

import re
from datetime import date
from decimal import Decimal

import msgspec

from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import Evaluation, Lesson, Project
from hanze.collaboration.records.record import Money, Record
from hanze.collaboration.records.residents import Comment, Contribution
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import Node

__all__ = [
    "BUSAN",
    "DEMAND",
    "GRONINGEN",
    "MOBILITY",
    "ORIGIN",
    "PROJECT",
    "PROVEN",
    "SEEDER",
    "fill",
    "form_token",
    "hidden_answers",
    "records",
]

GRONINGEN = "urn:ngsi-ld:Municipality:NL:GM0014"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
PROJECT = "urn:ngsi-ld:Project:test:racks"
PROVEN = "urn:ngsi-ld:Project:test:counting"
DEMAND = "urn:ngsi-ld:Demand:test:racks"
ORIGIN = {"origin": "http://localhost"}
SEEDER = Caller(actor="test", roles=frozenset({"reader", "writer"}))


def records() -> list[Record]:
    """Two cities that need the same; one got further."""
    day = date(2026, 5, 1)
    return [
        msgspec.structs.replace(one, provenance="simulated", simulated=True, source_date=day)
        for one in (*_places(), *_projects(), *_needs(), *_voices())
    ]


def _places() -> list[Record]:
    return [
        Country(id="urn:ngsi-ld:Country:NL", title={"nl": "Nederland"}, iso_code="NL"),
        Country(id="urn:ngsi-ld:Country:KR", title={"en": "Korea"}, iso_code="KR"),
        Region(id="urn:ngsi-ld:Region:NL:PV20", title={"nl": "Provincie Groningen"}),
        Theme(id=MOBILITY, title={"en": "Mobility", "nl": "Mobiliteit"}, notation="mobility"),
        Municipality(
            id=GRONINGEN,
            title={"nl": "Groningen", "ko": "흐로닝언"},
            country="urn:ngsi-ld:Country:NL",
            location={"type": "Point", "coordinates": [6.57, 53.22]},
        ),
        Municipality(
            id=BUSAN,
            title={"ko": "부산광역시", "en": "Busan"},
            country="urn:ngsi-ld:Country:KR",
            location={"type": "Point", "coordinates": [129.07, 35.18]},
        ),
        Organization(id="urn:ngsi-ld:Organization:test:a", title={"en": "Rackers"}, kind="company"),
    ]


def _projects() -> list[Record]:
    return [
        Project(
            id=PROJECT,
            title={"nl": "Fietsenstallingen tellen", "en": "Counting bicycle parking"},
            description={"nl": "Sensoren tellen <vrije> plekken in fietsenstallingen."},
            source_city=GRONINGEN,
            themes=(MOBILITY,),
            stage="pilot",
            lead=GRONINGEN,
            budget=Money(Decimal(250000), "EUR"),
            stuck_reasons=("no-business-case",),
            stuck_since=date(2026, 1, 1),
            evaluation=Evaluation(technical="good", behavioural="mixed"),
            lessons=(Lesson(text={"nl": "De batterij ging te snel leeg."}, failure=True),),
        ),
        Project(
            id=PROVEN,
            title={"ko": "자전거 주차장 빈자리 안내"},
            description={"ko": "자전거 주차장의 빈자리를 센서로 안내합니다."},
            source_city=BUSAN,
            themes=(MOBILITY,),
            stage="evaluated",
        ),
    ]


def _needs() -> list[Record]:
    return [
        Demand(
            id=DEMAND,
            title={"nl": "Te weinig plek voor fietsen"},
            problem={"nl": "Fietsenstallingen bij het station zijn vol."},
            source_city=GRONINGEN,
            themes=(MOBILITY,),
            deadline=date(2030, 1, 31),
        ),
        Demand(
            id="urn:ngsi-ld:Demand:test:busan",
            title={"ko": "자전거 주차 공간 부족"},
            problem={"ko": "역 앞 자전거 주차장이 늘 가득 찹니다."},
            source_city=BUSAN,
            themes=(MOBILITY,),
        ),
    ]


def _voices() -> list[Record]:
    return [
        Contribution(
            id="urn:ngsi-ld:Contribution:test:1",
            title={"nl": "Meer rekken"},
            source_city=GRONINGEN,
            status="declined",
            outcome={"nl": "Daar is geen plek."},
        ),
        Comment(
            id="urn:ngsi-ld:Comment:test:1",
            title={"en": "Try ours"},
            about=PROJECT,
            text={"en": "We had this too."},
            city=BUSAN,
            kind="lesson",
        ),
    ]


async def fill(node: Node) -> None:
    for record in records():
        await create_record(node.store, SEEDER, record, now=node.clock())
    collective = await node.collective.refresh(node.clock())
    await node.search.refresh(collective, wait_s=None)


def hidden_answers(page: str) -> dict[str, str]:
    """The hidden fields of the form that changes a record."""
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen is not None
    return {"form": form_token(page), "seen": seen[1]}


def form_token(page: str) -> str:
    found = re.search(r'name="form" value="(\w+)"', page)
    assert found is not None
    return found[1]
