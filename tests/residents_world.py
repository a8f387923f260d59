"""A city with data about two residents, a child, and sensors in the street."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.records.log import AuditRecord
from hanze.governance.records.rights import Guardianship
from hanze.governance.service import Change
from hanze.identity.grant import Grant
from hanze.node.node import Node
from hanze.settings import Governance, Settings
from hanze.web.app import build_app
from tests.in_process import node_in_memory

__all__ = [
    "ALICE",
    "BOB",
    "CARE",
    "CITY",
    "KIM",
    "NOON",
    "NS",
    "RESEARCH",
    "UNIVERSITY",
    "WALKING",
    "city_of_residents",
    "sign_in",
]

NOON = "2026-03-10T12:00:00Z"
NS = "https://example.org/ns#"
CITY = "urn:ngsi-ld:Organization:hanze"
UNIVERSITY = "urn:ngsi-ld:Organization:university"
ALICE = "urn:ngsi-ld:Person:alice"
BOB = "urn:ngsi-ld:Person:bob"
#: A child of Alice.
KIM = "urn:ngsi-ld:Person:kim"
RESEARCH = "https://w3id.org/dpv#AcademicResearch"
CARE = "urn:ngsi-ld:Dataset:hanze:Care"
INQUIRY = "urn:ngsi-ld:Dataset:hanze:Inquiry"
WALKING = "urn:ngsi-ld:Dataset:hanze:Crowd"

_CLOSED = NonPublication(
    ground="Woo 5.1.2.e",
    decided_by="The mayor and aldermen",
    decided_at="2026-01-01",
    review_at="2027-01-01",
)

DATASETS = (
    Dataset(
        id=CARE,
        title={"en": "Care at home", "nl": "Zorg thuis", "ko": "재가 돌봄"},
        types=(NS + "HomeVisit",),
        access_rights=AccessRights.RESTRICTED,
        owner=CITY,
        personal=True,
        subject=NS + "person",
        consent=True,
        purposes=(RESEARCH,),
        legal_basis="https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
        non_publication=_CLOSED,
        retention_days=365,
        contact="care@hanze.example",
    ),
    Dataset(
        id=INQUIRY,
        title={"en": "An inquiry"},
        types=(NS + "Inquiry",),
        access_rights=AccessRights.RESTRICTED,
        owner=CITY,
        personal=True,
        subject=NS + "person",
        confidential=True,
        non_publication=_CLOSED,
    ),
    Dataset(
        id=WALKING,
        title={"en": "People walking by", "nl": "Voorbijgangers", "ko": "보행자 수"},
        types=(NS + "CrowdCounter",),
        access_rights=AccessRights.RESTRICTED,
        owner=CITY,
        purposes=("https://w3id.org/dpv#PublicBenefit",),
        legal_basis="https://w3id.org/dpv/legal/eu/gdpr#A6-1-e",
        non_publication=_CLOSED,
        public_space=True,
        personal=True,
        contact="privacy@hanze.example",
    ),
    Dataset(
        id="urn:ngsi-ld:Dataset:hanze:Air",
        title={"en": "Air quality", "nl": "Luchtkwaliteit", "ko": "대기질"},
        types=(NS + "AirSensor",),
        access_rights=AccessRights.PUBLIC,
        owner=CITY,
        license="https://creativecommons.org/publicdomain/zero/1.0/",
        public_space=True,
        contact="air@hanze.example",
    ),
)

#: By alias of the node.
_apps: dict[str, ASGIApp] = {}

_TOKENS = {
    "alice": Grant(roles=("resident",), subject=ALICE),
    "bob": Grant(roles=("resident",), subject=BOB),
    "kim": Grant(roles=("resident",), subject=KIM),
    "steward": Grant(roles=("steward",), organisation=CITY),
    "writer": Grant(roles=("writer", "reader"), organisation=CITY),
}


@asynccontextmanager
async def city_of_residents(
    data: Path | None = None,
) -> AsyncIterator[tuple[Node, dict[str, str]]]:
    """Open a node with the datasets and entities; give a token for each person."""
    settings = Settings(data=data, governance=Governance(organisation=CITY))
    async with node_in_memory(settings) as node:
        account = AuditRecord(at=NOON, actor="test", name="test")
        kept = node.governance.datasets
        await node.governance.change(*(Change(kept, one) for one in DATASETS), account=account)
        guardianship = Guardianship(
            id="urn:ngsi-ld:Guardianship:hanze:1",
            parent=ALICE,
            child=KIM,
            until="2999-01-01",
            confirmed_by="steward",
            confirmed_at=NOON,
        )
        await node.governance.change(
            Change(node.residents.guardianships.kept, guardianship), account=account
        )
        tokens = {
            name: node.tokens.create(name, grant=grant, now=node.clock())
            for name, grant in _TOKENS.items()
        }
        # One application for all who ask: to build it takes longer than to ask.
        _apps[node.alias] = build_app(node)
        async with sign_in(node) as client:
            answer = await client.post(
                "/ngsi-ld/v1/entityOperations/create",
                json=_entities(),
                headers={
                    "Authorization": f"Bearer {tokens['writer']}",
                    "Content-Type": "application/ld+json",
                },
            )
            assert answer.status_code == 201, answer.text
        yield node, tokens
        del _apps[node.alias]


def sign_in(node: Node, token: str | None = None) -> httpx.AsyncClient:
    """Make a client of the API, of whoever has a token; of nobody without one."""
    transport = httpx.ASGITransport(app=_apps[node.alias], raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url=node.base_url)
    if token is not None:
        client.headers["Authorization"] = f"Bearer {token}"
    return client


def _entities() -> list[dict[str, object]]:
    terms = "HomeVisit Inquiry CrowdCounter AirSensor person minutes count pm10"
    context: list[object] = [{term: NS + term for term in terms.split()}]
    context.append("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld")
    found: list[dict[str, object]] = []

    def add(kind: str, key: str, **attributes: object) -> None:
        entity_id = f"urn:ngsi-ld:{kind}:{key}"
        found.append({"@context": context, "id": entity_id, "type": kind, **attributes})

    for key, people in (("1", [ALICE]), ("2", [BOB]), ("3", [KIM]), ("4", [ALICE, BOB])):
        add(
            "HomeVisit",
            key,
            person={"type": "Relationship", "object": people if len(people) > 1 else people[0]},
            minutes={"type": "Property", "value": 30 + int(key)},
        )
    add("Inquiry", "1", person={"type": "Relationship", "object": ALICE})
    for number in range(3):
        add(
            "CrowdCounter",
            str(number),
            count={"type": "Property", "value": 7000 + number, "observedAt": NOON},
            location=_point(5.1 + number / 100, 52.1),
        )
        add(
            "AirSensor",
            str(number),
            name={"type": "Property", "value": f"Mast {number}"},
            pm10={"type": "Property", "value": 20 + number, "observedAt": NOON},
            location=_point(5.2 + number / 100, 52.2),
        )
    return found


def _point(longitude: float, latitude: float) -> dict[str, object]:
    value = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "GeoProperty", "value": value}
