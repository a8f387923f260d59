"""Pages of reports of missions and of what became of them, through the door."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.collaboration.records.missions import FollowUp
from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory
from tests.journeys import FIRST, JOURNEY, PROJECT, STUDIES, journey
from tests.portal.collective_world import ORIGIN, SEEDER, form_token

_REPORT = f"/en/collective/missions/{JOURNEY}/report"
_LIST = "/en/collective/follow-ups"


async def _fill(node: Node) -> None:
    for record in journey():
        await create_record(node.store, SEEDER, record, now=node.clock())


@pytest.fixture
async def client(empty_node: Node) -> AsyncIterator[httpx.AsyncClient]:
    await _fill(empty_node)
    async with client_of(empty_node) as client:
        yield client


async def _send(client: httpx.AsyncClient, page: str, **given: str) -> httpx.Response:
    token = form_token((await client.get(page)).text)
    return await client.post(page, data={"form": token, **given}, headers=ORIGIN)


_WORDS = {
    "nl": ("Verslag van een missie", "Deelnemers", "onder het budget"),
    "en": ("Report of a mission", "Participants", "under budget"),
    "ko": ("방문단 활동 보고서", "참가자", "예산보다"),
}


@pytest.mark.slow
async def test_report_should_be_a_page_in_each_language(client: httpx.AsyncClient) -> None:
    for lang, words in _WORDS.items():
        page = await client.get(f"/{lang}/collective/missions/{JOURNEY}/report")
        assert page.status_code == 200
        for word in words:
            assert word in page.text
        assert "C2350630/6066843" in page.text
        assert "&lt;together&gt; &amp; soon" in page.text
        assert f"/api/v1/missions/{JOURNEY}/report.pdf?language={lang}" in page.text
        ids = re.findall(r' id="([^"]+)"', page.text)
        assert len(ids) == len(set(ids))


async def test_report_should_be_written_and_published_on_its_page(
    client: httpx.AsyncClient,
) -> None:
    saved = await _send(client, _REPORT, do="write", key="goal", text="Why <we> went.")
    assert (saved.status_code, saved.headers["location"].endswith("#goal")) == (303, True)
    page = (await client.get(_REPORT)).text
    assert '<p class="written">Why &lt;we&gt; went.' in page
    assert "Publish this report" in page
    ahead = await _send(client, _REPORT, do="publish", on="2990-01-01")
    assert ahead.status_code == 400
    assert "A published report has a day that does not lie ahead" in ahead.text
    assert (await _send(client, _REPORT, do="publish", on="2025-04-01")).status_code == 303
    page = (await client.get(_REPORT)).text
    assert "Published on 1 April 2025" in page
    assert "Publish this report" not in page
    unknown = await _send(client, _REPORT, do="write", key="weather", text="Rain.")
    assert unknown.status_code == 400
    little = await client.get(f"/en/collective/missions/{FIRST}/report")
    assert "Draft: not published yet" in little.text
    gone = await client.get("/en/collective/missions/urn:ngsi-ld:Mission:none/report")
    assert gone.status_code == 404


async def test_follow_ups_should_be_filtered_and_taken_along(client: httpx.AsyncClient) -> None:
    page = (await client.get(_LIST)).text
    assert "4 results and follow-ups" in page
    assert page.index("Market studies") < page.index("Invitation for 2026")
    assert "A bureau was asked." in page
    late = (await client.get(_LIST, params={"state": "late"})).text
    assert "1 result or follow-up" in late
    assert "days late" in late
    nothing = (await client.get(_LIST, params={"country": "urn:x:none"})).text
    assert "No result or follow-up fits these filters." in nothing
    file = await client.get(_LIST, params={"format": "csv", "mission": JOURNEY})
    lines = file.text.splitlines()
    assert lines[0].lstrip("\ufeff").startswith("id,title,kind,state")
    assert len(lines) == 4


async def test_follow_up_should_be_told_of_and_added_on_the_page(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    address = f"https://node.test/en/collective/record/{PROJECT}?x=1"
    saved = await _send(
        client, _LIST, do="update", id=STUDIES, text="Ready.", status="done", became=address
    )
    assert saved.status_code == 303
    collective = await empty_node.collective.refresh(empty_node.clock())
    told = collective.get(STUDIES, FollowUp).record
    assert (told.status, told.became) == ("done", (PROJECT,))
    assert told.updates[-1].text == {"en": "Ready."}
    empty = await _send(client, _LIST, do="update", id=STUDIES)
    assert empty.status_code == 400
    assert "Write what became of it, or choose how it stands." in empty.text
    added = await _send(
        client, _LIST, do="add", title="Come back", mission=JOURNEY, kind="result", reached="yes"
    )
    assert added.status_code == 303
    assert "Come back" in (await client.get(_LIST)).text
    untitled = await _send(client, _LIST, do="add", title="", mission=JOURNEY)
    assert untitled.status_code == 400


async def test_pages_should_have_no_forms_when_nobody_is_signed_in() -> None:
    async with node_in_memory(Settings(data=None)) as node:
        await _fill(node)
        async with client_of(node) as client:
            for page in (_REPORT, _LIST):
                text = (await client.get(page)).text
                assert 'class="writing"' not in text
                assert "Sign in" in text
