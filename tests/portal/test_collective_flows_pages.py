"""The pages of the flows: funnel, replications, bundles, calendar, connections; three languages."""

from collections.abc import AsyncIterator

import pytest

from hanze.collaboration.connections import CONNECTION_KINDS
from hanze.collaboration.procurement import CheckState
from hanze.collaboration.records.projects import (
    STAGES,
)
from hanze.collaboration.rules.projects import Move
from hanze.settings import Settings
from hanze.web.portal.collective.replicate import PARTS
from hanze.web.portal.translation import language
from tests.in_process import DEVELOPMENT, client_of, node_in_memory
from tests.portal.flows_world import CITIES, DEMANDS, PILOT, Site, fill


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with node_in_memory(DEVELOPMENT) as node, client_of(node) as client:
        await fill(node)
        yield Site(node, client)


@pytest.fixture
async def closed() -> AsyncIterator[Site]:
    """A node at which nobody is signed in."""
    async with node_in_memory(Settings(data=None)) as node, client_of(node) as client:
        await fill(node)
        yield Site(node, client)


_PATHS = (
    "funnel",
    f"funnel?stage=pilot&stuck=any&lacks=lead&city={CITIES[0]}",
    "funnel?country=urn:ngsi-ld:Country:XX",
    f"stage?project={PILOT}",
    "replicate",
    "replicate?text=fietsen",
    f"replicate?project={PILOT}",
    f"replicate?project={PILOT}&city={CITIES[1]}",
    "replications",
    "bundles",
    f"bundles?demand={DEMANDS[0]}",
    f"demand/{DEMANDS[0]}/checklist",
    "calendar",
    "calendar?firstYear=2031&years=2&unit=year&kind=deadline",
    "connections",
    f"connections?record={PILOT}",
)


@pytest.mark.parametrize("lang", ["en", "nl", "ko"])
async def test_flows_should_be_there_in_each_language(site: Site, lang: str) -> None:
    for path in _PATHS:
        page = await site.page(f"/{lang}/collective/{path}")
        assert f'<html lang="{lang}"' in page
        assert "<b>Free</b>" not in page


@pytest.mark.parametrize(
    "path",
    ["replicate?project=urn:x:none", "bundles?demand=urn:x:none", "connections?record=urn:x:none"],
)
async def test_flows_should_say_so_when_a_record_is_not_there(site: Site, path: str) -> None:
    assert 'role="alert"' in await site.page(f"/en/collective/{path}", status=404)


async def test_funnel_should_tell_counts_reasons_and_failures(site: Site) -> None:
    page = await site.page("/en/collective/funnel")
    assert "rules stand in the way" in page
    assert "Who leads this project?" not in page  # being stuck comes first
    assert "What would get this project moving again?" in page
    assert "People trust people." in page
    assert page.count('class="gauge"') == len(STAGES)


@pytest.mark.parametrize("path", ["funnel", "replications", "bundles", "calendar", "connections"])
async def test_lists_should_be_files_as_well(site: Site, path: str) -> None:
    answer = await site.client.get(f"/en/collective/{path}?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeff")


async def test_downloads_should_lead_somewhere(site: Site) -> None:
    for path in ("funnel", "replications", "bundles", "calendar", "connections"):
        page = await site.page(f"/en/collective/{path}")
        links = [part.partition('"')[0] for part in page.split('href="')[1:]]
        for link in {one.replace("&amp;", "&") for one in links if "/api/v1/" in one}:
            assert (await site.client.get(link)).status_code == 200, link


async def test_checklist_should_be_there_for_a_bundle_and_as_a_file(site: Site) -> None:
    path = (await site.send("/en/collective/bundles", demand=DEMANDS)).headers["location"]
    assert "Not met" in await site.page(f"{path}/checklist")
    answer = await site.client.get(f"{path}/checklist?format=csv")
    assert answer.text.count("\n") > 5


async def test_calendar_should_tell_what_is_coming_and_what_is_open(site: Site) -> None:
    page = await site.page("/en/collective/calendar?firstYear=2031&years=1")
    assert "Q1 2031" in page
    assert "Open now" in page
    assert "/api/v1/calendar.ics?" in page


@pytest.mark.parametrize("path", [_PATHS[3], _PATHS[7], "bundles"])
async def test_forms_should_be_for_those_who_may_write(closed: Site, path: str) -> None:
    page = await closed.page(f"/en/collective/{path}")
    assert '<form class="enter" method="post"' not in page
    assert "/en/sign-in?next=" in page


async def test_forms_should_be_refused_when_nobody_is_signed_in(closed: Site) -> None:
    page = await closed.page("/en/sign-in")
    token = page.partition('name="form" value="')[2].partition('"')[0]
    for path in ("stage", "replicate", "bundles", "bundle/urn:x:1", "replication/urn:x:1"):
        answer = await closed.client.post(
            f"/en/collective/{path}",
            data={"form": token, "project": PILOT, "stage": "evaluated"},
            headers={"origin": "http://localhost"},
        )
        assert answer.status_code in (401, 403), path
    assert (await closed.project()).stage == "pilot"


@pytest.mark.parametrize("lang", ["en", "nl", "ko"])
def test_codes_of_the_flows_should_have_words(lang: str) -> None:
    codes = [("connection", kind) for kind in CONNECTION_KINDS]
    codes += [("connection why", kind) for kind in CONNECTION_KINDS]
    codes += [("move", move.value) for move in Move]
    codes += [("check", state.value) for state in CheckState]
    codes += [("evaluation part", part) for part in PARTS]
    words = language(lang)
    assert [code for code in codes if not words.term(f"code {code[0]}", code[1])] == []
