"""A few cities with what the pages of the flows show: projects, demands, a contribution."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import httpx

from hanze.broker.batch import create_entities
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Competition, Demand, DemandBundle
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import (
    Lesson,
    Project,
    StageChange,
)
from hanze.collaboration.records.record import Money, Quantity, Record
from hanze.collaboration.records.residents import Contribution
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node

__all__ = ["CITIES", "DEMANDS", "PILOT", "Site", "fill"]

CITIES = [f"urn:ngsi-ld:Municipality:test:{number}" for number in range(3)]
PILOT = "urn:ngsi-ld:Project:test:pilot"
STOPPED = "urn:ngsi-ld:Project:test:stopped"
DEMANDS = [f"urn:ngsi-ld:Demand:test:{number}" for number in range(2)]
YEAR = date.fromisoformat("2031-03-01")
BIKES = {
    "nl": "Fietsenstalling bij het station is vol; fietsers vinden geen vrije plek.",
    "en": "Bicycle parking at the station is full; cyclists find no free place.",
}


@dataclass(frozen=True)
class Site:
    node: Node
    client: httpx.AsyncClient

    async def page(self, path: str, *, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    async def token(self) -> str:
        """The hidden field that every form of the site carries."""
        page = await self.page(f"/en/collective/stage?project={PILOT}")
        return page.partition('name="form" value="')[2].partition('"')[0]

    async def send(self, path: str, **fields: object) -> httpx.Response:
        data = {"form": await self.token(), **fields}
        headers = {"origin": "http://localhost"}
        return await self.client.post(path, data=data, headers=headers)

    async def project(self, project_id: str = PILOT) -> Project:
        collective = await self.node.collective.refresh(self.node.clock())
        return collective.get(project_id, Project).record

    async def bundle(self) -> DemandBundle:
        collective = await self.node.collective.refresh(self.node.clock())
        return collective.of(DemandBundle)[0].record


def _places_and_projects() -> tuple[Record, ...]:
    return (
        Country(id="urn:ngsi-ld:Country:NL", title={"en": "Netherlands"}, iso_code="NL"),
        *(
            Municipality(
                id=name,
                title={"en": f"City {number}", "ko": f"도시 {number}"},
                population=10_000 * (number + 1),
                country="urn:ngsi-ld:Country:NL",
            )
            for number, name in enumerate(CITIES)
        ),
        Project(
            id=PILOT,
            title={"en": "<b>Free</b> places"},
            description=BIKES,
            source_city=CITIES[0],
            stage="pilot",
            stuck_reasons=("rules",),
            stuck_since=date.fromisoformat("2026-01-05"),
            lessons=(Lesson(text={"en": "Ask cyclists first."}),),
            stage_history=(
                StageChange(
                    origin="idea", stage="pilot", on=date(2025, 3, 1), reason={"en": "Quick."}
                ),
            ),
        ),
        Project(
            id=STOPPED,
            title={"en": "Robot guide"},
            source_city=CITIES[1],
            stage="stopped",
            stage_reason={"en": "Nobody listened."},
            lessons=(Lesson(text={"en": "People trust people."}, failure=True),),
        ),
    )


def _needs_and_voices() -> tuple[Record, ...]:
    return (
        *(
            Demand(
                id=name,
                title={"nl": f"Volle stalling {number}"},
                problem=BIKES,
                source_city=CITIES[number],
                volume=Quantity(100.0, "C62"),
                budget=Money(Decimal(50_000), "EUR" if number else "KRW"),
                deadline=YEAR,
                wanted_from=date(2031, 1, 1),
                wanted_until=date(2032, 6, 30),
            )
            for number, name in enumerate(DEMANDS)
        ),
        Demand(
            id="urn:ngsi-ld:Demand:test:contest",
            title={"en": "Quay walls"},
            problem={"en": "Walls move."},
            source_city=CITIES[2],
            competition=Competition(opens=date(2020, 1, 1), closes=date(2040, 1, 1)),
        ),
        Contribution(
            id="urn:ngsi-ld:Contribution:test:one",
            title={"nl": "Meer plek voor fietsen"},
            description=BIKES,
            source_city=CITIES[1],
        ),
    )


async def fill(node: Node) -> None:
    records = (*_places_and_projects(), *_needs_and_voices())
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    pairs = [(write_record(record), HANZE) for record in records]
    result = await create_entities(node.store, caller, pairs, now=node.clock())
    assert result.errors == []
