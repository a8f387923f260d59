"""The forms of the flows: what they write, and refusals in the reader's words."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from hanze.collaboration.records.projects import (
    QUESTIONS,
    Replication,
)
from hanze.collaboration.records.record import Money
from hanze.web.portal.translation import language
from tests.in_process import DEVELOPMENT, client_of, node_in_memory
from tests.portal.flows_world import CITIES, DEMANDS, PILOT, Site, fill


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with node_in_memory(DEVELOPMENT) as node, client_of(node) as client:
        await fill(node)
        yield Site(node, client)


def _refusal(lang: str, code: str) -> str:
    text = language(lang).term("code refusal", code)
    assert text is not None
    return text


async def test_stage_should_change_when_a_writer_moves_the_project(site: Site) -> None:
    answer = await site.send("/en/collective/stage", project=PILOT, stage="evaluated")
    assert answer.status_code == 303
    page = await site.page(answer.headers["location"])
    assert "The project is now in stage “Evaluated”." in page
    assert (await site.project()).stage == "evaluated"


@pytest.mark.parametrize("lang", ["en", "nl", "ko"])
async def test_stage_should_ask_for_a_reason_in_the_readers_language(site: Site, lang: str) -> None:
    answer = await site.send(f"/{lang}/collective/stage", project=PILOT, stage="idea")
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert _refusal(lang, "move loop") in answer.text
    assert (await site.project()).stage == "pilot"


async def test_stage_should_tell_all_that_scaling_up_lacks_and_keep_what_was_written(
    site: Site,
) -> None:
    fields = {"project": PILOT, "stage": "scaled", "reason": "It works", "costs": "1.250.000"}
    answer = await site.send("/en/collective/stage", **fields)
    assert answer.status_code == 422
    assert 'id="value-error"' in answer.text
    assert 'id="lead-error"' in answer.text
    assert 'id="costs-error"' not in answer.text
    assert 'value="1.250.000"' in answer.text
    answer = await site.send(
        "/en/collective/stage", **fields, currency="KRW", value="Less search", lead=CITIES[0]
    )
    assert answer.status_code == 303
    case = (await site.project()).business_case
    assert case is not None
    assert case.costs == Money(Decimal(1_250_000), "KRW")


async def test_stage_should_refuse_what_is_no_amount_or_stage(site: Site) -> None:
    answer = await site.send("/en/collective/stage", project=PILOT, stage="scaled", benefits="lots")
    assert 'id="benefits-error"' in answer.text
    answer = await site.send("/en/collective/stage", project=PILOT, stage="elsewhere")
    assert 'id="stage-error"' in answer.text


async def test_worksheet_should_cite_residents_and_compare_places(site: Site) -> None:
    page = await site.page(f"/en/collective/replicate?project={PILOT}&city={CITIES[1]}")
    assert "urn:ngsi-ld:Contribution:test:one" in page
    assert "10,000" in page
    assert "20,000" in page
    refused = await site.page(
        f"/nl/collective/replicate?project={PILOT}&city={CITIES[0]}", status=400
    )
    assert 'id="city-error"' in refused


async def test_replication_should_be_kept_answered_evaluated_and_fed_back(site: Site) -> None:
    sheet = {"project": PILOT, "city": CITIES[1]}
    answer = await site.send("/en/collective/replicate", **sheet)
    path = answer.headers["location"]
    again = await site.send("/en/collective/replicate", **sheet)
    assert again.headers["location"] == path
    refused = await site.send(path.replace("/en/", "/nl/"), action="move", status="adopted")
    assert refused.status_code == 422
    assert 'id="status-error"' in refused.text
    for question in QUESTIONS:
        fields = {"action": "answer", "question": question, "answer": "partly", "note": "Asked."}
        assert (await site.send(path, **fields)).status_code == 303
    assert (await site.send(path, action="move", status="adopted")).status_code == 303
    parts = {"technical": "good", "behavioural": "mixed", "business": "good"}
    assert (await site.send(path, action="evaluate", **parts)).status_code == 303
    assert (await site.send(path, action="adapt", adaptations="More racks")).status_code == 303
    answer = await site.send(path, action="feedback", feedback="Signs must be higher.")
    page = await site.page(answer.headers["location"])
    assert "Signs must be higher." in page
    assert "More racks" in page
    collective = await site.node.collective.refresh(site.node.clock())
    kept = collective.of(Replication)[0].record
    assert (kept.status, kept.credit_to) == ("evaluated", CITIES[0])
    listed = await site.page(f"/ko/collective/replications?city={CITIES[1]}&status=evaluated")
    assert "urn:ngsi-ld:Replication:" in listed


async def test_replication_should_tell_what_is_wrong_beside_the_form(site: Site) -> None:
    sheet = {"project": PILOT, "city": CITIES[1]}
    path = (await site.send("/en/collective/replicate", **sheet)).headers["location"]
    for fields, field in (
        ({"action": "nothing"}, "Choose what should happen."),
        ({"action": "answer", "question": "users"}, "Choose one of the answers."),
        ({"action": "move", "status": "dropped"}, 'id="reason-error"'),
        ({"action": "feedback"}, 'id="feedback-error"'),
        ({"action": "evaluate", "technical": "splendid"}, 'id="technical-error"'),
    ):
        answer = await site.send(path, **fields)
        assert answer.status_code == 422, fields
        assert field in answer.text


async def test_bundle_should_go_from_proposal_to_tender(site: Site) -> None:
    page = await site.page("/en/collective/bundles")
    assert "Invite these cities" in page
    answer = await site.send("/en/collective/bundles", demand=DEMANDS)
    path = answer.headers["location"]
    await site.page(path)
    tender = {"action": "tender", "starts": "2031-01-01", "ends": "2031-02-01", "method": "open"}
    refused = await site.send(path, **tender)
    assert refused.status_code == 422
    assert "A tender takes two or more cities that joined." in refused.text
    for city in CITIES[:2]:
        assert (await site.send(path, action="join", city=city, note="Yes")).status_code == 303
    refused = await site.send(path.replace("/en/", "/ko/"), action="lead", lead=CITIES[2])
    assert _refusal("ko", "DemandBundle.lead") in refused.text
    assert (await site.send(path, action="invite", guest=CITIES[2])).status_code == 303
    assert (await site.send(path, action="decline", city=CITIES[2])).status_code == 303
    assert (await site.send(path, action="lead", lead=CITIES[0])).status_code == 303
    assert (await site.send(path, **tender)).status_code == 303
    assert (await site.bundle()).status == "tendering"
    refused = await site.send(path, action="leave", city=CITIES[1])
    assert "asks the lead to cancel the tender first" in refused.text
    assert (await site.send(path, action="move", tender_status="active")).status_code == 303
    assert "Active" in await site.page(path)
    assert "urn:ngsi-ld:DemandBundle" in await site.page("/nl/collective/bundles")


async def test_bundle_should_tell_what_is_wrong_beside_the_form(site: Site) -> None:
    path = (await site.send("/en/collective/bundles", demand=DEMANDS)).headers["location"]
    volume = {"action": "join", "city": CITIES[0], "volume": "many", "unit": "C62"}
    for fields, field in (
        ({"action": "nothing"}, "Choose what should happen."),
        (volume, 'id="volume-error"'),
        ({"action": "tender", "starts": "soon"}, 'id="starts-error"'),
        (
            {"action": "move", "tender_status": "complete"},
            "A tender takes two or more cities that joined.",
        ),
    ):
        answer = await site.send(path, **fields)
        assert answer.status_code == 422, fields
        assert field in answer.text
    answer = await site.send("/en/collective/bundles", demand=DEMANDS[0])
    assert "Choose challenges of two or more cities." in answer.text
