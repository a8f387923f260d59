"""Pages of the collective through the door of the application, and who may write through them."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.node.node import Node
from hanze.web.portal.abroad.routes import PAGES as ABROAD
from hanze.web.portal.collective.menu import MENU
from hanze.web.portal.collective.routes import PAGES
from hanze.web.portal.translation import LANGUAGES
from tests.in_process import client_of
from tests.portal.collective_world import (
    BUSAN,
    GRONINGEN,
    MOBILITY,
    ORIGIN,
    PROJECT,
    PROVEN,
    fill,
    form_token,
    hidden_answers,
)


@pytest.fixture
async def client(empty_node: Node) -> AsyncIterator[httpx.AsyncClient]:
    await fill(empty_node)
    async with client_of(empty_node) as client:
        yield client


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_pages_should_be_in_each_language_when_asked(
    client: httpx.AsyncClient, lang: str
) -> None:
    title = {"en": "Cities that solve it together", "nl": "Steden lossen", "ko": "함께 해결하는"}
    landing = await client.get(f"/{lang}/collective")
    assert landing.status_code == 200
    assert title[lang] in landing.text
    for path in (
        *("/overview", f"/record/{PROJECT}", f"/record/{GRONINGEN}", "/new", "/new/Demand"),
        *(f"/edit/{PROJECT}", "/mayor", f"/mayor?city={GRONINGEN}", f"/officer?city={GRONINGEN}"),
        *("/officer", f"/resident?city={GRONINGEN}", "/resident", "/partner"),
    ):
        answer = await client.get(f"/{lang}/collective{path}")
        assert answer.status_code == 200, path
        assert f'<html lang="{lang}"' in answer.text


async def test_empty_node_should_say_how_to_begin(empty: httpx.AsyncClient) -> None:
    assert "Add the first project" in (await empty.get("/en/collective")).text
    for path in ("/overview", "/mayor", "/officer", "/resident", "/partner?problem=water"):
        assert (await empty.get(f"/nl/collective{path}")).status_code == 200


async def test_menu_should_only_have_pages_that_are_there() -> None:
    paths = {page.path for page in (*PAGES, *ABROAD)}
    assert {entry.path for entry in MENU} <= paths


async def test_overview_should_find_across_languages_and_say_why(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/ko/collective/overview?q=자전거 주차장&type=Project")).text
    assert "2건" in page or "2" in page
    assert PROVEN in page
    assert PROJECT in page
    assert "<mark>" in page
    assert "모의 데이터" in page


async def test_overview_should_keep_filters_in_every_link(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/en/collective/overview?city={BUSAN}&sort=title")).text
    assert "/api/v1/records.csv?city=urn%3Angsi-ld%3AMunicipality%3AKR%3A21" in page
    assert PROJECT not in page
    assert "Busan" in page
    wrong = await client.get("/en/collective/overview?type=Nothing")
    assert wrong.status_code == 400
    assert "This filter cannot be used" in wrong.text


async def test_overview_should_survive_hostile_parameters(client: httpx.AsyncClient) -> None:
    hostile = (
        *("page=-1", "page=99999999999", "page=x", "view=nan/0/0", "view=1/2/3/4", "sort=zzz"),
        *("q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "city=%00", "since=2026-13-01"),
    )
    for query in hostile:
        answer = await client.get(f"/nl/collective/overview?{query}")
        assert answer.status_code in (200, 400), query
        assert "<script>alert" not in answer.text


async def test_map_and_feed_should_have_the_same_selection(client: httpx.AsyncClient) -> None:
    places = (await client.get("/en/collective/map?type=Project")).json()["features"]
    assert [one["properties"]["title"] for one in places] == ["Busan: 1", "Groningen: 1"]
    feed = await client.get(f"/ko/collective/feed?type=Project&city={BUSAN}")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert feed.text.count("<entry>") == 1
    assert "자전거 주차장 빈자리 안내" in feed.text


async def test_record_should_show_all_that_it_says(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/nl/collective/record/{PROJECT}")).text
    for words in (
        *("Fietsenstallingen tellen", "&lt;vrije&gt;", "250.000", "geen businesscase"),
        *("De batterij ging te snel leeg.", "Een mislukking", "Werkt het?", "Goed", "Groningen"),
        *("gesimuleerd", "1 mei 2026", "We had this too.", "Breng dit naar mijn stad"),
    ):
        assert words in page, words
    assert '<span lang="en">We had this too.</span>' in page


async def test_record_should_have_one_page_only(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/ko/entity/{PROJECT}")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/ko/collective/record/{PROJECT}"


async def test_banner_should_stand_on_pages_of_measurements_only(city: httpx.AsyncClient) -> None:
    banner = "This page shows made-up data"
    assert banner in (await city.get("/en/data")).text
    assert banner in (await city.get("/en/no-such-page")).text
    for path in ("", "/overview", "/no-such-page", "/record/urn:ngsi-ld:X:1"):
        assert banner not in (await city.get(f"/en/collective{path}")).text, path


async def test_lacking_business_case_should_lead_to_its_question(
    client: httpx.AsyncClient,
) -> None:
    record = (await client.get(f"/en/collective/record/{PROJECT}")).text
    address = f"/en/collective/edit/{PROJECT}#business_case"
    assert f'href="{address}"' in record
    assert 'id="business_case"' in (await client.get(address)).text


async def test_record_should_mark_a_language_when_it_is_not_the_readers(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get(f"/en/collective/record/{PROVEN}")).text
    assert '<h1 lang="ko">자전거 주차장 빈자리 안내</h1>' in page
    assert "The city wrote this in Korean." in page


async def test_record_should_be_there_as_json_ld(client: httpx.AsyncClient) -> None:
    answer = await client.get("/en/collective/record.jsonld", params={"id": PROJECT})
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.json()["stage"]["value"] == "pilot"
    assert answer.json()["@context"] == "https://w3id.org/hanze/v1.jsonld"
    assert (await client.get("/en/collective/record/urn:ngsi-ld:X:1")).status_code == 404


async def test_mayor_should_see_who_solved_it_elsewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/nl/collective/mayor?city={GRONINGEN}")).text
    assert "geen businesscase" in page
    assert "자전거 주차장 빈자리 안내" in page
    assert f"project={PROVEN.replace(':', '%3A')}" in page


async def test_officer_should_see_the_same_need_elsewhere_and_the_days_ahead(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get(f"/nl/collective/officer?city={GRONINGEN}")).text
    assert "자전거 주차 공간 부족" in page
    assert "Hoe gelijk" in page


async def test_resident_should_see_what_became_of_ideas(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/nl/collective/resident?city={GRONINGEN}")).text
    assert "Daar is geen plek." in page


async def test_partner_should_find_in_other_languages_than_asked(
    client: httpx.AsyncClient,
) -> None:
    page = (
        await client.get("/ko/collective/partner?problem=역 앞 자전거 주차장이 부족합니다")
    ).text
    assert PROJECT in page
    assert "Te weinig plek voor fietsen" in page


async def test_form_should_be_there_when_a_type_can_be_entered(client: httpx.AsyncClient) -> None:
    for name in RECORD_TYPES.keys() - {"Match", "AccordSignature"}:
        page = await client.get(f"/ko/collective/new/{name}")
        assert page.status_code == 200, name
        ids = re.findall(r' id="([^"]+)"', page.text)
        assert len(ids) == len(set(ids)), name
        assert set(re.findall(r'<label[^>]* for="([^"]+)"', page.text)) <= set(ids), name


async def test_form_should_keep_what_was_typed_when_something_is_wrong(
    client: httpx.AsyncClient,
) -> None:
    path = "/nl/collective/new/Demand"
    token = form_token((await client.get(path)).text)
    given = {
        *(("form", token), ("title.nl", "Te <weinig>"), ("deadline", "31-1-2027")),
        *(("budget", "veel"), ("source_city", "Atlantis"), ("trl_minimum", "12")),
    }
    answer = await client.post(path, data=dict(given), headers=ORIGIN)
    assert answer.status_code == 400
    assert 'value="Te &lt;weinig&gt;"' in answer.text
    for told in (
        *("5 dingen kloppen nog niet", "Vul dit in.", "Schrijf de datum", "Schrijf een getal"),
        *("Atlantis is hier niet bekend", "Schrijf een getal binnen de grenzen: 1 ... 9."),
    ):
        assert told in answer.text, told
    assert 'aria-invalid="true"' in answer.text


async def test_form_should_enter_a_record_in_one_language(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    path = "/ko/collective/new/Demand"
    token = form_token((await client.get(path)).text)
    given = {
        "form": token,
        "title.ko": "침수 예측",
        "problem.ko": "지하차도가 침수됩니다.",
        "source_city": "busan",
        "themes": MOBILITY,
        "budget": "1.500.000",
        "budget.unit": "KRW",
        "deadline": "2031-02-01",
        "personal_data": "no",
        "requirements": "실시간\n개방형",
        "website": "example.org/a",
    }
    answer = await client.post(path, data=given, headers=ORIGIN)
    assert answer.status_code == 303
    page = await client.get(answer.headers["location"])
    assert "저장했습니다" in page.text
    collective = await empty_node.collective.refresh(empty_node.clock())
    (held,) = (one for one in collective.of(Demand) if one.record.title == {"ko": "침수 예측"})
    record = held.record
    assert record.source_city == BUSAN
    assert record.budget == Money(Decimal(1500000), "KRW")
    assert record.requirements == ("실시간", "개방형")
    assert record.personal_data is False
    assert record.provenance == "entered"
    assert record.website == "https://example.org/a"
    assert record.id.startswith("urn:ngsi-ld:Demand:21:")


async def test_form_should_change_only_what_it_asks(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    path = f"/nl/collective/edit/{PROJECT}"
    page = (await client.get(path)).text
    assert "Counting bicycle parking" in page
    given = {
        **hidden_answers(page),
        "title.nl": "Rekken tellen",
        "source_city": GRONINGEN,
        "themes": MOBILITY,
        "stage": "pilot",
        "stuck_reasons": "rules",
        "stuck_since": "2026-02-01",
    }
    answer = await client.post(path, data=given, headers=ORIGIN)
    assert answer.status_code == 303, answer.text
    collective = await empty_node.collective.refresh(empty_node.clock())
    project = collective.get(PROJECT, Project).record
    assert project.title == {"nl": "Rekken tellen"}
    assert project.stuck_reasons == ("rules",)
    assert project.budget is None
    assert project.lessons
    assert project.provenance == "simulated"


async def test_form_should_tell_which_rule_stands_in_the_way(client: httpx.AsyncClient) -> None:
    path = f"/nl/collective/edit/{PROJECT}"
    hidden = hidden_answers((await client.get(path)).text)
    given = {**hidden, "title.nl": "A", "source_city": GRONINGEN, "stage": "scaled"}
    answer = await client.post(path, data=given, headers=ORIGIN)
    assert answer.status_code == 400
    assert 'id="problems"' in answer.text


async def test_form_should_not_be_found_when_the_type_is_not_entered(
    empty: httpx.AsyncClient,
) -> None:
    for name in ("Nothing", "Match", "AccordSignature"):
        assert (await empty.get(f"/en/collective/new/{name}")).status_code == 404


async def test_form_should_be_refused_when_it_comes_from_elsewhere(
    empty: httpx.AsyncClient,
) -> None:
    path = "/en/collective/new/Theme"
    token = form_token((await empty.get(path)).text)
    data = {"form": token, "title.en": "X"}
    assert (await empty.post(path, data=data)).status_code == 403
    for origin in ("https://evil.example", "null", "http://localhost:99"):
        answer = await empty.post(path, data=data, headers={"origin": origin})
        assert answer.status_code == 403


async def test_form_should_be_refused_when_its_token_is_not_of_this_site(
    empty: httpx.AsyncClient,
) -> None:
    for token in ("", "0" * 64, "ü"):
        answer = await empty.post(
            "/en/collective/new/Theme", data={"form": token, "title.en": "X"}, headers=ORIGIN
        )
        assert answer.status_code == 403


async def test_form_should_be_refused_when_it_is_too_large(empty: httpx.AsyncClient) -> None:
    large = {"title.en": "x" * 300_000}
    many = {f"a{number}": "" for number in range(2_000)}
    for data in (large, many):
        answer = await empty.post("/en/collective/new/Theme", data=data, headers=ORIGIN)
        assert answer.status_code == 413
