"""Pages about projects, their assessments and hard cases, through the door."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

import httpx
import pytest

from hanze.governance.forms import form_of
from hanze.governance.records.assessment import AssessmentKind
from hanze.node.node import Node
from hanze.settings import Settings
from tests.assessing import dpia_answers
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token

PROJECT = "urn:ngsi-ld:Project:city:crowds-in-the-square"
DPIA = "urn:ngsi-ld:Assessment:city:crowds-in-the-square-dpia-1"
CASE = "urn:ngsi-ld:HardCase:city:light-that-leads"
_TOKENS: WeakKeyDictionary[httpx.AsyncClient, str] = WeakKeyDictionary()


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def _send(
    client: httpx.AsyncClient, path: str, given: Mapping[str, Any], *, page: str = "/en/projects"
) -> httpx.Response:
    if client not in _TOKENS:
        # Nobody is signed in: it is the same on every page.
        _TOKENS[client] = form_token((await client.get(page)).text)
    return await client.post(path, data={"form": _TOKENS[client], **given}, headers=ORIGIN)


async def _project(client: httpx.AsyncClient) -> str:
    made = await _send(client, "/en/projects", {"title": "Crowds in the square"})
    assert made.status_code == 303, made.text
    assert made.headers["location"] == f"/en/projects/{PROJECT}"
    return f"/en/projects/{PROJECT}"


def _section(number: str) -> dict[str, Any]:
    answers = dpia_answers()
    section = form_of(AssessmentKind.DPIA).section(number)
    assert section is not None
    numbers = {one.number for one in section.questions}
    return {key: list(said) for key, said in answers.items() if key.partition("[")[0] in numbers}


async def test_project_should_be_assessed_section_by_section_without_script(
    client: httpx.AsyncClient,
) -> None:
    path = await _project(client)
    assert "What is missing" in (await client.get(path)).text
    begun = await _send(client, path, {"do": "dpia"})
    assert begun.headers["location"] == f"/en/assessments/{DPIA}"
    overview = f"/en/assessments/{DPIA}"
    assert "38 questions are to be answered still" in (await client.get(overview)).text
    for number in range(1, 18):
        given = {**_section(str(number)), "do": "next"}
        saved = await _send(client, f"{overview}/{number}", given)
        assert saved.status_code == 303, saved.text
        after = overview if number == 17 else f"{overview}/{number + 1}"
        assert saved.headers["location"] == f"{after}?did=saved"
    shown = (await client.get(overview)).text
    assert "0 questions are to be answered still" in shown
    early = await _send(client, overview, {"do": "approve", "review_by": _day(90)})
    assert early.status_code == 422
    assert "The data protection officer did not advise yet." in early.text
    advice = {"do": "advise", "officer": "The DPO", "text": "Blur the faces."}
    assert (await _send(client, overview, advice)).status_code == 303
    approved = await _send(client, overview, {"do": "approve", "review_by": _day(90)})
    assert approved.status_code == 303, approved.text
    assert "It does not change any more." in (await client.get(overview)).text
    checked = await _send(client, path, {"do": "check", "notes": "Looked at it all."})
    assert checked.status_code == 303
    page = (await client.get(path)).text
    assert "It was assessed and checked: it may work." in page
    assert "Where people are" in page
    assert (await client.get(f"{overview}/1")).text.count("readonly") == 1


async def test_answer_that_does_not_fit_should_be_shown_beside_its_question(
    client: httpx.AsyncClient,
) -> None:
    path = await _project(client)
    await _send(client, path, {"do": "dpia"})
    section = f"/en/assessments/{DPIA}/10"
    refused = await _send(
        client, section, {"10.1.1.4": "many", "10.1.1.5": "So it is.", "do": "next"}
    )
    assert refused.status_code == 422
    assert 'href="#10.1.1.4"' in refused.text
    assert "So it is." in refused.text
    assert (await client.get(f"/en/assessments/{DPIA}/99")).status_code == 404


async def test_risks_should_grow_one_by_one(client: httpx.AsyncClient) -> None:
    path = await _project(client)
    await _send(client, path, {"do": "dpia"})
    section = f"/en/assessments/{DPIA}/16"
    assert "Risk 2" not in (await client.get(section)).text
    saved = await _send(client, section, {"16.1.1[0]": "Somebody is followed.", "do": "more"})
    assert saved.headers["location"] == f"{section}?did=saved"
    assert "Risk 2" in (await client.get(section)).text
    assert "Somebody is followed." in (await client.get(f"/en/assessments/{DPIA}/17")).text


async def test_activity_should_be_registered_with_its_purposes(client: httpx.AsyncClient) -> None:
    path = await _project(client)
    given = {
        "do": "activity",
        "activity": "Counting",
        "purposes": ["https://w3id.org/dpv#PublicPolicyMaking"],
        "purposes-other": "dpv:AcademicResearch",
        "days": "30",
    }
    assert (await _send(client, path, given)).status_code == 303
    page = (await client.get(path)).text
    assert "Making policy" in page
    assert "30 days" in page
    refused = await _send(client, path, {"do": "activity", "activity": "Nothing"})
    assert "Choose a purpose." in refused.text


async def test_case_should_take_arguments_of_everybody_and_then_its_decision(
    node: Node, client: httpx.AsyncClient
) -> None:
    new = {
        "title": "Light that leads",
        "kind": "nudging",
        "question": "May light lead people?",
        "open_until": _day(14),
    }
    made = await _send(client, "/en/cases", new, page="/en/cases")
    assert made.status_code == 303, made.text
    path = f"/en/cases/{CASE}"
    said = await _send(
        client, path, {"do": "argue", "stance": "against", "text": "No & <never>."}, page=path
    )
    assert said.status_code == 303, said.text
    page = (await client.get(path)).text
    assert "No &amp; &lt;never&gt;." in page
    empty = await _send(client, path, {"do": "argue", "text": " "}, page=path)
    assert empty.status_code == 422
    later = (datetime.now(UTC) + timedelta(days=20)).isoformat().replace("+00:00", "Z")
    node.clock = lambda: later
    decision = {
        "do": "decide",
        "allowed": "no",
        "decision": "It hides what it does.",
        "administrator": "The mayor",
        "council": "2026-12",
    }
    token = form_token((await client.get(path)).text)
    decided = await client.post(path, data={"form": token, **decision}, headers=ORIGIN)
    assert decided.status_code == 303, decided.text
    shown = (await client.get(path)).text
    assert "Decided: not allowed" in shown
    assert "The mayor" in shown


async def test_everybody_should_see_projects_and_nobody_their_assessments() -> None:
    async with node_in_memory() as node:
        async with client_of(node) as client:
            path = await _project(client)
            await _send(client, path, {"do": "dpia"})
        node.settings = Settings(data=None)
        async with client_of(node) as client:
            page = (await client.get(path)).text
            assert "It was not assessed" not in page
            assert "Its assessment is not approved yet." in page
            assert "Begin a pre-scan" not in page
            assert DPIA not in page
            for address in (f"/en/assessments/{DPIA}", f"/en/assessments/{DPIA}/1"):
                closed = await client.get(address)
                assert closed.status_code == 403
                assert "Sign in" in closed.text


@pytest.mark.parametrize("lang", ["nl", "ko"])
async def test_pages_should_be_in_the_language_of_their_address(
    client: httpx.AsyncClient, lang: str
) -> None:
    path = (await _project(client)).replace("/en/", f"/{lang}/")
    await _send(client, path.replace(f"/{lang}/", "/en/"), {"do": "prescan"})
    prescan = quote(f"/{lang}/assessments/{DPIA.replace('dpia', 'prescan')}", safe="/:")
    said = {"nl": "Wat er ontbreekt", "ko": "빠진 것"}[lang]
    assert said in (await client.get(path)).text
    question = {"nl": "Gaat het om een nieuwe wet", "ko": "새로운 법이나 규칙"}[lang]
    assert question in (await client.get(f"{prescan}/0")).text


def _day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()
