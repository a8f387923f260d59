"""Pages through the door of the application: what they say, and what they refuse."""

import csv
import io
import json
import re

import httpx
import pytest

from hanze.node.node import Node
from hanze.web.portal import listing
from hanze.web.portal.translation import LANGUAGES

COUNTER = "urn:ngsi-ld:TrafficFlowObserved:aldermonde:radial-001"
DISTRICT = "urn:ngsi-ld:District:aldermonde:marktkwartier"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("nl,en;q=0.5", "/nl/"), ("ko-KR", "/ko/"), ("fr", "/en/"), ("", "/en/")],
)
async def test_start_should_choose_the_language_of_the_browser(
    empty: httpx.AsyncClient, accepted: str, expected: str
) -> None:
    answer = await empty.get("/", headers={"accept-language": accepted})
    assert answer.status_code == 302
    assert answer.headers["location"] == expected


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_pages_should_be_in_their_language_and_labelled_simulated(
    city: httpx.AsyncClient, lang: str
) -> None:
    label = {"en": "Simulated", "nl": "Gesimuleerd", "ko": "모의 데이터"}[lang]
    for path in ("", "data", "data/Streetlight", f"entity/{COUNTER}", "about"):
        answer = await city.get(f"/{lang}/{path}")
        assert answer.status_code == 200
        assert f'<html lang="{lang}"' in answer.text
        assert label in answer.text


async def test_home_should_say_what_is_measured(city: httpx.AsyncClient) -> None:
    page = (await city.get("/en/")).text
    for word in ("Air quality", "Traffic flow", "Nitrogen dioxide", "District", "<svg"):
        assert word in page


async def test_empty_home_should_say_what_to_do(empty: httpx.AsyncClient) -> None:
    page = (await empty.get("/en/")).text
    assert "There is no data yet" in page
    assert "hanze demo" in page
    assert "Simulated" not in page


async def test_answers_should_carry_the_headers_that_protect(empty: httpx.AsyncClient) -> None:
    for path in ("/en/", "/no-such-page", "/static/portal.css"):
        headers = (await empty.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


async def test_pages_should_hold_nothing_inline(city: httpx.AsyncClient) -> None:
    for path in ("/en/", "/en/data", f"/en/entity/{COUNTER}"):
        page = (await city.get(path)).text
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*src=)", page)
        assert not re.search(r'(?:src|srcset)="(?:https?:)?//', page)


async def test_form_should_move_the_kind_into_the_path(city: httpx.AsyncClient) -> None:
    answer = await city.get("/nl/data?type=Tree&text=&fresh=day")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/nl/data/Tree?fresh=day"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("text=KAMPER", "Kampen Road"),
        (f"text={COUNTER}", "1 result<"),
        (f"district={DISTRICT}", "Market"),
        ("q=intensity%3E%3D0", "result"),
        ("scope=%2FAldermonde%2FMarktkwartier", "Market"),
        ("fresh=hour&sort=newest", "159 results"),
        ("text=qqqqq", "Nothing matches these filters"),
        ("page=4000", "past the end of the list"),
    ],
)
async def test_filters_should_narrow_the_list(
    city: httpx.AsyncClient, query: str, expected: str
) -> None:
    answer = await city.get(f"/en/data/TrafficFlowObserved?{query}")
    assert answer.status_code == 200
    if expected == "159 results":
        assert re.search(r"1\d\d results", answer.text)
    else:
        assert expected in answer.text


async def test_filter_that_cannot_be_read_should_be_explained(city: httpx.AsyncClient) -> None:
    answer = await city.get("/en/data?q=a%3E%3E")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_kind_without_data_should_be_explained(city: httpx.AsyncClient) -> None:
    assert "no data of this kind" in (await city.get("/en/data/Volcano")).text


async def test_entity_page_should_show_values_units_links_and_calls(
    city: httpx.AsyncClient,
) -> None:
    page = (await city.get(f"/en/entity/{COUNTER}")).text
    for word in (
        "Average speed",
        "km/h",
        "kilometres per hour",
        "publicdomain/zero",
        "curl &#39;http://localhost/ngsi-ld/v1/entities/" + COUNTER,
        "urllib.request",
        "/en/entity/urn%3Angsi-ld%3ADistrict",
        "Central European",
    ):
        assert word.replace("&#39;", "'") in page.replace("&#39;", "'")


async def test_entity_page_should_show_instances_as_a_table(
    empty: httpx.AsyncClient, empty_node: Node
) -> None:
    entity = {
        "id": "urn:ngsi-ld:Probe:1",
        "type": "Probe",
        "level": [
            {"type": "Property", "value": 1.5, "datasetId": "urn:x:north", "unitCode": "MTR"},
            {"type": "Property", "value": 2.25, "datasetId": "urn:x:south", "unitCode": "MTR"},
        ],
        "note": {"type": "Property", "value": "<script>alert(1)</script>"},
    }
    made = await empty.post("/ngsi-ld/v1/entities", json=entity)
    assert made.status_code == 201
    page = (await empty.get("/nl/entity/urn:ngsi-ld:Probe:1")).text
    assert "north" in page
    assert "2,25" in page
    assert "2 reeksen" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_missing_pages_should_say_so_in_three_languages(
    empty: httpx.AsyncClient, lang: str
) -> None:
    for path in ("entity/urn:ngsi-ld:No:1", "nothing", "download/entities.pdf"):
        answer = await empty.get(f"/{lang}/{path}")
        assert answer.status_code == 404
        assert f'href="/{lang}/data"' in answer.text
    assert (await empty.get("/nothing", headers={"accept-language": lang})).status_code == 404


async def test_failure_should_give_a_page_and_no_details(
    empty: httpx.AsyncClient, empty_node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(type(empty_node.store), "summary", fail)
    answer = await empty.get("/en/data")
    assert answer.status_code == 500
    assert "This is our mistake" in answer.text
    assert "secret" not in answer.text


async def test_csv_should_hold_value_unit_and_moment_in_the_display_zone(
    city: httpx.AsyncClient,
) -> None:
    answer = await city.get("/en/download/entities.csv?type=TrafficFlowObserved")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    speeds = [row for row in rows if row["attribute"] == "averageVehicleSpeed"]
    assert len({row["id"] for row in speeds}) == len(speeds) > 100
    assert float(speeds[0]["value"]) > 0
    assert (speeds[0]["unitCode"], speeds[0]["unit"]) == ("KMH", "km/h")
    assert speeds[0]["timeZone"] == "Europe/Amsterdam"
    assert re.search(r"\+0[12]:00$", speeds[0]["observedAt"])
    assert "attachment" in answer.headers["content-disposition"]


async def test_json_downloads_should_be_whole(city: httpx.AsyncClient) -> None:
    entities = json.loads((await city.get("/en/download/entities.jsonld?type=Streetlight")).text)
    features = json.loads((await city.get("/en/download/entities.geojson?type=Streetlight")).text)
    assert len(entities) == len(features["features"]) > 300
    assert entities[0]["@context"]
    assert features["features"][0]["geometry"]["type"] == "Point"


async def test_selection_of_one_page_should_not_limit_its_download(
    city: httpx.AsyncClient,
) -> None:
    page = (await city.get(f"/en/data/Streetlight?district={DISTRICT}")).text
    found = re.search(r"(\d+) results", page)
    assert found is not None
    answer = await city.get(f"/en/download/entities.jsonld?type=Streetlight&district={DISTRICT}")
    assert len(answer.json()) == int(found[1])


async def test_choice_of_theme_should_stay_on_this_site(empty: httpx.AsyncClient) -> None:
    answer = await empty.post("/theme", data={"theme": "dark", "back": "/nl/data?page=2"})
    assert answer.headers["location"] == "/nl/data?page=2"
    assert "hanze-theme=dark" in answer.headers["set-cookie"]
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", ""):
        answer = await empty.post("/theme", data={"theme": "dark", "back": elsewhere})
        assert answer.headers["location"] == "/"
    assert (await empty.post("/theme", content=b"x" * 10_000)).status_code == 400


async def test_page_should_carry_the_chosen_theme(empty: httpx.AsyncClient) -> None:
    answer = await empty.get("/en/about", headers={"cookie": "hanze-theme=dark"})
    assert 'data-theme="dark"' in answer.text
    answer = await empty.get("/en/about", headers={"cookie": 'hanze-theme="><script>'})
    assert 'data-theme="auto"' in answer.text


async def test_languages_should_link_to_the_same_page(city: httpx.AsyncClient) -> None:
    page = (await city.get("/nl/data/Streetlight?text=a&page=2")).text
    assert 'hreflang="ko" href="/ko/data/Streetlight?text=a&amp;page=2"' in page


async def test_map_should_zoom_and_pan_by_links(city: httpx.AsyncClient) -> None:
    page = (await city.get("/en/data/Streetlight?view=14/53.37/6.6")).text
    assert "view=15.00%2F53.37000%2F6.60000" in page
    assert 'class="marker' in page


async def test_map_should_show_all_of_the_city_where_it_cannot_show_everything(
    city: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_PLACES", 80)
    page = (await city.get("/en/data/Streetlight")).text
    assert re.search(r"The map draws 80 of 3\d\d\.", page)
    monkeypatch.setattr(listing, "MOST_PLACES", 2_000)
    whole = (await city.get("/en/data/Streetlight")).text
    assert "The map draws" not in whole


async def test_map_should_look_for_what_is_where_it_looks(city: httpx.AsyncClient) -> None:
    page = (await city.get("/en/data/Streetlight?view=17/10.0/10.0")).text
    assert re.search(r"3\d\d results", page)
    assert 'class="marker' not in page
    assert "The map draws" not in page


async def test_map_should_follow_changes_of_places(empty: httpx.AsyncClient) -> None:
    location = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.5, 53.2]}}
    entity = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "location": location}
    await empty.post("/ngsi-ld/v1/entities", json=entity)
    before = (await empty.get("/en/map/places")).json()["features"]
    location["value"] = {"type": "Point", "coordinates": [6.75, 53.25]}
    await empty.patch("/ngsi-ld/v1/entities/urn:ngsi-ld:Bin:1/attrs", json={"location": location})
    after = (await empty.get("/en/map/places")).json()["features"]
    assert [one["geometry"]["coordinates"] for one in before + after] == [
        [6.5, 53.2],
        [6.75, 53.25],
    ]
