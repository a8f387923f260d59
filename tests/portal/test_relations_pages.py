"""Pages of relations, leads, mentors and indicators: what they say, in three languages."""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from hanze.collaboration.records.cooperation import CountryLead, Mentorship
from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, SEEDER, form_token
from tests.relations_world import (
    GYEONGGI,
    KR,
    MENTOR,
    NL,
    STUDENT,
    SUWON,
    UTRECHT,
    WATER,
    country_lead,
    history,
    people,
)

TODAY = datetime.now(tz=ZoneInfo(Settings().portal.timezone)).date()
PAGES = (
    "relations",
    f"relations?country={KR}&of={UTRECHT}",
    f"relations/{GYEONGGI}",
    f"relations/{GYEONGGI}?kind=visit",
    f"relations/{SUWON}?of={UTRECHT}",
    "leads",
    f"leads?theme={WATER}&state=over",
    "mentors",
    f"mentors?theme={WATER}",
    "indicators",
    f"indicators?by=country&country={KR}&measure=exports",
    f"indicators?by=theme&theme={WATER}&firstYear=2000&lastYear=2001",
)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        for record in (*history(TODAY), *people(), country_lead("one")):
            await create_record(node.store, SEEDER, record, now=node.clock())
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def _text(client: httpx.AsyncClient, page: str, code: str = "en") -> str:
    answer = await client.get(f"/{code}/collective/{page}")
    assert answer.status_code == 200, (page, answer.text[-2_000:])
    return answer.text


async def test_pages_should_answer_in_each_language(client: httpx.AsyncClient) -> None:
    for number, page in enumerate(PAGES):
        assert "</html>" in await _text(client, page, ("en", "nl", "ko")[number % 3])


async def test_pages_should_say_what_to_do_when_nothing_is_there() -> None:
    async with node_in_memory() as empty, client_of(empty) as client:
        for page in ("relations", "leads", "mentors", "indicators"):
            await _text(client, page)
        assert (await client.get("/en/collective/relations/urn:x:none")).status_code == 404


async def test_relation_should_tell_trust_and_interests(client: httpx.AsyncClient) -> None:
    page = await _text(client, f"relations/{GYEONGGI}")
    assert "100 days from the first meeting" in page
    assert "They met 1 time before." in page
    assert "Above all what happens under the streets." in page
    assert "They said so" in page
    listed = await _text(client, "relations?format=csv")
    assert listed.startswith("\ufeffpartner,name,country")
    timeline = await _text(client, f"relations/{GYEONGGI}?format=csv")
    assert ",visit,past,Visit to the lab," in timeline


async def test_indicators_should_be_a_file_with_empty_cells_for_what_is_not_known(
    client: httpx.AsyncClient,
) -> None:
    page = await _text(client, "indicators?by=country")
    assert "too few to compare" in page
    lines = (await _text(client, "indicators?by=country&format=csv")).splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [KR, NL]


async def test_lead_should_be_named_and_ended_with_forms(
    node: Node, client: httpx.AsyncClient
) -> None:
    page = await _text(client, "leads")
    assert "Nobody said yet how fair competition follows." in page
    token = form_token(page)
    wrong = {"form": token, "do": "name", "theme": WATER, "country": NL}
    refused = await client.post("/en/collective/leads", data=wrong, headers=ORIGIN)
    assert (refused.status_code, "A lead must have" in refused.text) == (400, True)
    double = wrong | {"lead": UTRECHT, "partner_country": KR}
    refused = await client.post("/en/collective/leads", data=double, headers=ORIGIN)
    assert refused.status_code == 409
    change = {
        "form": token,
        "do": "change",
        "id": "urn:ngsi-ld:CountryLead:test:one",
        "until": TODAY.isoformat(),
        "orders": "Open tenders.",
    }
    saved = await client.post("/en/collective/leads", data=change, headers=ORIGIN)
    assert saved.status_code == 303
    collective = await node.collective.refresh(node.clock())
    assert collective.get(change["id"], CountryLead).record.until == TODAY


async def test_mentorship_should_be_proposed_and_begun_with_forms(
    node: Node, client: httpx.AsyncClient
) -> None:
    token = form_token(await _text(client, "mentors"))
    pair = {"form": token, "do": "begin", "mentor": MENTOR, "student": STUDENT}
    answer = await client.post("/en/collective/mentors", data=pair, headers=ORIGIN)
    assert answer.status_code == 303
    collective = await node.collective.refresh(node.clock())
    (made,) = collective.of(Mentorship)
    wrong = {"form": token, "do": "move", "id": made.record.id, "status": "completed"}
    answer = await client.post("/en/collective/mentors", data=wrong, headers=ORIGIN)
    assert answer.status_code == 400
    move = wrong | {"status": "active"}
    answer = await client.post("/en/collective/mentors", data=move, headers=ORIGIN)
    assert answer.status_code == 303
    assert "It is completed" in await _text(client, "mentors")
