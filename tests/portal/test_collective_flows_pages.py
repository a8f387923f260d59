"""The pages of the flows: funnel, replications, bundles, calendar, connections; three languages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import httpx
import pytest

from hanze.broker.batch import create_entities
from hanze.collaboration.connections import CONNECTION_KINDS
from hanze.collaboration.procurement import CheckState
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Competition, Demand, DemandBundle
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import (
    QUESTIONS,
    STAGES,
    Lesson,
    Project,
    Replication,
    StageChange,
)
from hanze.collaboration.records.record import Money, Quantity
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.rules.projects import Move
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.settings import Settings
from hanze.web.portal.collective.refusals import amount_of
from hanze.web.portal.collective.replicate import PARTS
from hanze.web.portal.translation import language
from tests.in_process import DEVELOPMENT, client_of, node_in_memory

_CITIES = [f"urn:ngsi-ld:Municipality:test:{number}" for number in range(3)]
_PILOT = "urn:ngsi-ld:Project:test:pilot"
_STOPPED = "urn:ngsi-ld:Project:test:stopped"
_DEMANDS = [f"urn:ngsi-ld:Demand:test:{number}" for number in range(2)]
_YEAR = date.fromisoformat("2031-03-01")
_BIKES = {
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
        page = await self.page(f"/en/collective/stage?project={_PILOT}")
        return page.partition('name="form" value="')[2].partition('"')[0]

    async def send(self, path: str, **fields: object) -> httpx.Response:
        data = {"form": await self.token(), **fields}
        headers = {"origin": "http://localhost"}
        return await self.client.post(path, data=data, headers=headers)

    async def project(self, project_id: str = _PILOT) -> Project:
        collective = await self.node.collective.refresh(self.node.clock())
        return collective.get(project_id, Project).record

    async def bundle(self) -> DemandBundle:
        collective = await self.node.collective.refresh(self.node.clock())
        return collective.of(DemandBundle)[0].record


def _refusal(lang: str, code: str) -> str:
    text = language(lang).term("code refusal", code)
    assert text is not None
    return text


async def _fill(node: Node) -> None:
    records = (
        Country(id="urn:ngsi-ld:Country:NL", title={"en": "Netherlands"}, iso_code="NL"),
        *(
            Municipality(
                id=name,
                title={"en": f"City {number}", "ko": f"도시 {number}"},
                population=10_000 * (number + 1),
                country="urn:ngsi-ld:Country:NL",
            )
            for number, name in enumerate(_CITIES)
        ),
        Project(
            id=_PILOT,
            title={"en": "<b>Free</b> places"},
            description=_BIKES,
            source_city=_CITIES[0],
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
            id=_STOPPED,
            title={"en": "Robot guide"},
            source_city=_CITIES[1],
            stage="stopped",
            stage_reason={"en": "Nobody listened."},
            lessons=(Lesson(text={"en": "People trust people."}, failure=True),),
        ),
        *(
            Demand(
                id=name,
                title={"nl": f"Volle stalling {number}"},
                problem=_BIKES,
                source_city=_CITIES[number],
                volume=Quantity(100.0, "C62"),
                budget=Money(Decimal(50_000), "EUR" if number else "KRW"),
                deadline=_YEAR,
                wanted_from=date(2031, 1, 1),
                wanted_until=date(2032, 6, 30),
            )
            for number, name in enumerate(_DEMANDS)
        ),
        Demand(
            id="urn:ngsi-ld:Demand:test:contest",
            title={"en": "Quay walls"},
            problem={"en": "Walls move."},
            source_city=_CITIES[2],
            competition=Competition(opens=date(2020, 1, 1), closes=date(2040, 1, 1)),
        ),
        Contribution(
            id="urn:ngsi-ld:Contribution:test:one",
            title={"nl": "Meer plek voor fietsen"},
            description=_BIKES,
            source_city=_CITIES[1],
        ),
    )
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    pairs = [(write_record(record), HANZE) for record in records]
    result = await create_entities(node.store, caller, pairs, now=node.clock())
    assert result.errors == []


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with node_in_memory(DEVELOPMENT) as node, client_of(node) as client:
        await _fill(node)
        yield Site(node, client)


@pytest.fixture
async def closed() -> AsyncIterator[Site]:
    """A node at which nobody is signed in."""
    async with node_in_memory(Settings(data=None)) as node, client_of(node) as client:
        await _fill(node)
        yield Site(node, client)


_PATHS = (
    "funnel",
    f"funnel?stage=pilot&stuck=any&lacks=lead&city={_CITIES[0]}",
    "funnel?country=urn:ngsi-ld:Country:XX",
    f"stage?project={_PILOT}",
    "replicate",
    "replicate?text=fietsen",
    f"replicate?project={_PILOT}",
    f"replicate?project={_PILOT}&city={_CITIES[1]}",
    "replications",
    "bundles",
    f"bundles?demand={_DEMANDS[0]}",
    f"demand/{_DEMANDS[0]}/checklist",
    "calendar",
    "calendar?firstYear=2031&years=2&unit=year&kind=deadline",
    "connections",
    f"connections?record={_PILOT}",
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


async def test_stage_should_change_when_a_writer_moves_the_project(site: Site) -> None:
    answer = await site.send("/en/collective/stage", project=_PILOT, stage="evaluated")
    assert answer.status_code == 303
    page = await site.page(answer.headers["location"])
    assert "The project is now in stage “Evaluated”." in page
    assert (await site.project()).stage == "evaluated"


@pytest.mark.parametrize("lang", ["en", "nl", "ko"])
async def test_stage_should_ask_for_a_reason_in_the_readers_language(site: Site, lang: str) -> None:
    answer = await site.send(f"/{lang}/collective/stage", project=_PILOT, stage="idea")
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert _refusal(lang, "move loop") in answer.text
    assert (await site.project()).stage == "pilot"


async def test_stage_should_tell_all_that_scaling_up_lacks_and_keep_what_was_written(
    site: Site,
) -> None:
    fields = {"project": _PILOT, "stage": "scaled", "reason": "It works", "costs": "1.250.000"}
    answer = await site.send("/en/collective/stage", **fields)
    assert answer.status_code == 422
    assert 'id="value-error"' in answer.text
    assert 'id="lead-error"' in answer.text
    assert 'id="costs-error"' not in answer.text
    assert 'value="1.250.000"' in answer.text
    answer = await site.send(
        "/en/collective/stage", **fields, currency="KRW", value="Less search", lead=_CITIES[0]
    )
    assert answer.status_code == 303
    case = (await site.project()).business_case
    assert case is not None
    assert case.costs == Money(Decimal(1_250_000), "KRW")


async def test_stage_should_refuse_what_is_no_amount_or_stage(site: Site) -> None:
    answer = await site.send(
        "/en/collective/stage", project=_PILOT, stage="scaled", benefits="lots"
    )
    assert 'id="benefits-error"' in answer.text
    answer = await site.send("/en/collective/stage", project=_PILOT, stage="elsewhere")
    assert 'id="stage-error"' in answer.text


async def test_worksheet_should_cite_residents_and_compare_places(site: Site) -> None:
    page = await site.page(f"/en/collective/replicate?project={_PILOT}&city={_CITIES[1]}")
    assert "urn:ngsi-ld:Contribution:test:one" in page
    assert "10,000" in page
    assert "20,000" in page
    refused = await site.page(
        f"/nl/collective/replicate?project={_PILOT}&city={_CITIES[0]}", status=400
    )
    assert 'id="city-error"' in refused


async def test_replication_should_be_kept_answered_evaluated_and_fed_back(site: Site) -> None:
    sheet = {"project": _PILOT, "city": _CITIES[1]}
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
    assert (kept.status, kept.credit_to) == ("evaluated", _CITIES[0])
    listed = await site.page(f"/ko/collective/replications?city={_CITIES[1]}&status=evaluated")
    assert "urn:ngsi-ld:Replication:" in listed


async def test_replication_should_tell_what_is_wrong_beside_the_form(site: Site) -> None:
    sheet = {"project": _PILOT, "city": _CITIES[1]}
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
    answer = await site.send("/en/collective/bundles", demand=_DEMANDS)
    path = answer.headers["location"]
    await site.page(path)
    tender = {"action": "tender", "starts": "2031-01-01", "ends": "2031-02-01", "method": "open"}
    refused = await site.send(path, **tender)
    assert refused.status_code == 422
    assert "A tender takes two or more cities that joined." in refused.text
    for city in _CITIES[:2]:
        assert (await site.send(path, action="join", city=city, note="Yes")).status_code == 303
    refused = await site.send(path.replace("/en/", "/ko/"), action="lead", lead=_CITIES[2])
    assert _refusal("ko", "DemandBundle.lead") in refused.text
    assert (await site.send(path, action="invite", guest=_CITIES[2])).status_code == 303
    assert (await site.send(path, action="decline", city=_CITIES[2])).status_code == 303
    assert (await site.send(path, action="lead", lead=_CITIES[0])).status_code == 303
    assert (await site.send(path, **tender)).status_code == 303
    assert (await site.bundle()).status == "tendering"
    refused = await site.send(path, action="leave", city=_CITIES[1])
    assert "asks the lead to cancel the tender first" in refused.text
    assert (await site.send(path, action="move", tender_status="active")).status_code == 303
    assert "Active" in await site.page(path)
    assert "urn:ngsi-ld:DemandBundle" in await site.page("/nl/collective/bundles")


async def test_bundle_should_tell_what_is_wrong_beside_the_form(site: Site) -> None:
    path = (await site.send("/en/collective/bundles", demand=_DEMANDS)).headers["location"]
    volume = {"action": "join", "city": _CITIES[0], "volume": "many", "unit": "C62"}
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
    answer = await site.send("/en/collective/bundles", demand=_DEMANDS[0])
    assert "Choose challenges of two or more cities." in answer.text


async def test_checklist_should_be_there_for_a_bundle_and_as_a_file(site: Site) -> None:
    path = (await site.send("/en/collective/bundles", demand=_DEMANDS)).headers["location"]
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
            data={"form": token, "project": _PILOT, "stage": "evaluated"},
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


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1250", "1250"),
        ("1.250", "1250"),
        ("1,250", "1250"),
        ("1.250,50", "1250.50"),
        ("1,250.50", "1250.50"),
        ("12 500", "12500"),
        ("0,5", "0.5"),
        ("1.250.000", "1250000"),
    ],
)
def test_amount_should_be_read_as_people_write_it(text: str, amount: str) -> None:
    assert amount_of(text, "EUR") == Money(Decimal(amount), "EUR")


@pytest.mark.parametrize("text", ["lots", "-5", "nan", "1e999999999999", "Infinity"])
def test_amount_should_be_refused_when_it_is_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        amount_of(text, "EUR")


def test_amount_should_be_none_when_nothing_was_written() -> None:
    assert amount_of("  ", "EUR") is None
