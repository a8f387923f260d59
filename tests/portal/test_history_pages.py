"""Pages of histories through the door: charts, words, places, what is gone, files."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest

SENSOR = "urn:ngsi-ld:AirQualityObserved:test:1"
API = "/ngsi-ld/v1"
LINK = (
    '<https://w3id.org/hanze/v1.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; '
    'type="application/ld+json"'
)
HEADERS = {"content-type": "application/json", "link": LINK}
NOW = datetime.now(UTC).replace(microsecond=0)
#: Hours ago; there is a gap.
NO2 = [hours for hours in range(50, 0, -1) if not 20 < hours < 30]


def at(hours: float) -> str:
    """So many hours ago."""
    return (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def measured(value: object, hours: float, **members: object) -> dict[str, object]:
    return {"type": "Property", "value": value, "observedAt": at(hours), **members}


async def tell(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> None:
    content = None if body is None else json.dumps(body)
    headers = {"link": LINK} if body is None else HEADERS
    answer = await client.request(method, API + path, content=content, headers=headers)
    assert answer.status_code < 300, answer.text


@pytest.fixture
async def told(empty: httpx.AsyncClient) -> httpx.AsyncClient:
    """A node with a sensor that measured for 50 hours, with a gap, and that moved once."""
    told: dict[str, list[dict[str, object]]] = {
        "no2": [measured(20 + hours % 7, hours, unitCode="GQ") for hours in NO2],
        "pm10": [
            measured(8.5 + lane, hours, unitCode="GQ", datasetId=f"urn:ngsi-ld:Dataset:{lane}")
            for hours in (3, 2, 1)
            for lane in (1, 2)
        ],
        "temperature": [measured(4.25, hours, unitCode="CEL") for hours in (3, 2, 1)],
        "status": [measured(word, hours) for word, hours in zip("aab", (5, 4, 2), strict=True)],
        "location": [
            {
                "type": "GeoProperty",
                "value": {"type": "Point", "coordinates": [6.57, latitude]},
                "observedAt": at(hours),
            }
            for latitude, hours in ((53.21, 6), (53.22, 3))
        ],
    }
    entity = {"id": SENSOR, "type": "AirQualityObserved"}
    kept = {name: 2 if name == "pm10" else 1 for name in told}
    past = {name: several[: -kept[name]] for name, several in told.items()}
    present = {name: several[-kept[name] :] for name, several in told.items()}
    await tell(empty, "POST", "/temporal/entities", {**entity, **past})
    await tell(empty, "POST", "/entities", {**entity, **present, "license": measured("CC0", 1)})
    return empty


async def page_of(client: httpx.AsyncClient, query: str = "", lang: str = "en") -> str:
    answer = await client.get(f"/{lang}/history/{SENSOR}?{query}")
    assert answer.status_code == 200
    return answer.text


async def points_of(client: httpx.AsyncClient, query: str) -> dict[str, object]:
    answer = await client.get(f"/en/download/history.points?id={SENSOR}&{query}")
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


async def test_page_should_draw_each_unit_and_say_it_in_words(told: httpx.AsyncClient) -> None:
    page = await page_of(told, "attribute=no2&attribute=temperature&range=week")
    assert page.count('<svg class="plot"') == 2
    assert "Nitrogen dioxide" in page
    assert "µg/m³" in page
    assert re.search(r"<desc[^>]*>Nitrogen dioxide[^<]*: lowest 20 on .*, highest 26 on", page)
    # The line is broken where nothing came.
    assert re.search(r'<path class="line s1" d="M[^"]+M[^"]+"', page)
    assert "Each value as it was measured" in page
    assert "CC0" in page
    assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]*src=)", page)


async def test_page_should_show_what_was_measured_when_nothing_is_chosen(
    told: httpx.AsyncClient,
) -> None:
    page = await page_of(told)
    assert 'aria-current="true">Last 24 hours' in page
    assert page.count('type="checkbox" name="attribute"') >= 5
    assert 'value="no2" checked' in page


@pytest.mark.parametrize(
    ("show", "expected"),
    [("mean", 23.0), ("min", 20), ("max", 26), ("sum", 20 + 23 + 26), ("count", 3)],
)
async def test_values_of_a_period_should_come_to_one(
    told: httpx.AsyncClient, show: str, expected: float
) -> None:
    midnight = (NOW - timedelta(days=30)).replace(hour=0, minute=0, second=0)
    texts = [(midnight + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ") for hour in range(3)]
    instances = [
        {"type": "Property", "value": value, "observedAt": text}
        for value, text in zip((20, 23, 26), texts, strict=True)
    ]
    body = {"type": "AirQualityObserved", "id": SENSOR, "no2": instances}
    await tell(told, "POST", "/temporal/entities", body)
    span = f"from={texts[0]}&to={texts[2]}&tz=UTC"
    found = await points_of(told, f"attribute=no2&by=day&show={show}&{span}")
    assert [line["values"] for line in found["charts"][0]["lines"]] == [[expected]]  # type: ignore[index]  # JSON
    assert found["charts"][0]["bars"] is (show in ("sum", "count"))  # type: ignore[index]


async def test_mean_should_come_with_the_lowest_and_the_highest(told: httpx.AsyncClient) -> None:
    page = await page_of(told, "attribute=no2&range=week&show=mean&by=day")
    assert 'class="band s1"' in page
    assert "Mean, per day" in page
    assert re.search("<td[^>]*>2[0-9.]+ \\(20 \N{EN DASH} 26\\)</td>", page)


async def test_datasets_should_be_lines_with_names_of_their_own(told: httpx.AsyncClient) -> None:
    page = await page_of(told, "attribute=pm10&range=day")
    assert page.count('<path class="line s') >= 4  # two of the chart, two of its key
    one = await page_of(told, "attribute=pm10&range=day&dataset=urn:ngsi-ld:Dataset:2")
    assert 'class="line s2"' not in one
    assert 'value="urn:ngsi-ld:Dataset:2" checked' in one


async def test_words_should_be_spells(told: httpx.AsyncClient) -> None:
    page = await page_of(told, "attribute=status&range=day")
    assert '<svg class="strip"' in page
    assert "2 times in a row" in page
    assert "still so" in page


async def test_places_should_be_on_a_map_and_in_a_table(told: httpx.AsyncClient) -> None:
    page = await page_of(told, "attribute=location&range=day")
    assert "Map of where this was" in page
    assert "53.210000, 6.570000" in page
    assert 'class="shape line"' in page


@pytest.mark.parametrize("lang", ["en", "nl", "ko"])
async def test_times_should_be_in_the_zone_of_the_address_and_say_so(
    told: httpx.AsyncClient, lang: str
) -> None:
    page = await page_of(told, "attribute=no2&range=day&tz=Asia/Seoul", lang)
    assert "UTC+09:00" in page
    assert "+09:00" in page.partition('datetime="')[2][:40]
    assert f'<html lang="{lang}"' in page


async def test_table_should_have_pages(told: httpx.AsyncClient) -> None:
    body = {
        "type": "AirQualityObserved",
        "id": SENSOR,
        "no2": [measured(number, 4 + number / 100) for number in range(120)],
    }
    await tell(told, "POST", "/temporal/entities", body)
    page = await page_of(told, "attribute=no2&range=week&page=2")
    assert page.count('<tr><th scope="row"><time') == 50
    assert 'aria-current="page">2</a>' in page
    past_the_end = await page_of(told, "attribute=no2&range=week&page=900")
    assert "past the end of the table" in past_the_end


async def test_attribute_that_is_gone_should_keep_its_history(told: httpx.AsyncClient) -> None:
    await tell(told, "DELETE", f"/entities/{SENSOR}/attrs/temperature")
    page = await page_of(told, "attribute=temperature&range=week")
    assert re.search(r"Temperature is gone since \d", page)
    assert "4.25" in page
    assert "°C" in page


async def test_entity_that_is_gone_should_lead_to_its_history(told: httpx.AsyncClient) -> None:
    await tell(told, "DELETE", f"/entities/{SENSOR}")
    answer = await told.get(f"/nl/entity/{SENSOR}")
    assert answer.status_code == 302
    page = (await told.get(answer.headers["location"])).text
    assert "Dit is verdwenen sinds" in page
    assert "data-live-switch" not in page
    assert '<svg class="plot"' in page


async def test_unknown_entity_should_not_be_found(empty: httpx.AsyncClient) -> None:
    for path in ("history/urn:x:1", "download/history.csv?id=urn:x:1", "entity/urn:x:1"):
        assert (await empty.get(f"/en/{path}")).status_code == 404
    answer = await empty.get("/en/download/history.xlsx?id=urn:x:1")
    assert answer.status_code == 404
    assert "csv, svg and points do" in answer.text


async def test_time_without_values_should_lead_to_the_last_ones(told: httpx.AsyncClient) -> None:
    page = await page_of(told, f"attribute=no2&from={at(-40)}&to={at(-60)}")
    assert "There are no values in this time" in page
    target = re.search(r'href="([^"]+)" data-swap>Show them', page)
    assert target is not None
    shown = (await told.get(target[1].replace("&amp;", "&"))).text
    assert '<svg class="plot"' in shown


async def test_csv_should_hold_the_same_selection(told: httpx.AsyncClient) -> None:
    path = f"/en/download/history.csv?id={SENSOR}&attribute=no2&range=week"
    answer = await told.get(path + "&tz=Asia/Seoul")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == len(NO2)
    assert {row["timeZone"] for row in rows} == {"Asia/Seoul"}
    assert rows[-1]["value"] == "21"
    assert rows[-1]["unit"] == "µg/m³"
    assert datetime.fromisoformat(rows[-1]["time"]) == NOW - timedelta(hours=1)
    days = (await told.get(path + "&by=day")).text.removeprefix("\ufeff")
    first = next(iter(csv.DictReader(io.StringIO(days))))
    assert (first["method"], first["lowest"]) == ("mean", "20")


async def test_csv_should_hold_every_value_also_those_of_one_moment(
    told: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanze.web.portal.history.downloads._SLICE", 3)
    path = f"/en/download/history.csv?id={SENSOR}&attribute=no2&attribute=pm10&range=week"
    rows = list(csv.DictReader(io.StringIO((await told.get(path)).text.removeprefix("\ufeff"))))
    assert len({tuple(row.values()) for row in rows}) == len(rows) == len(NO2) + 6


async def test_svg_should_stand_by_itself(told: httpx.AsyncClient) -> None:
    path = f"/en/download/history.svg?id={SENSOR}&attribute=no2&range=week"
    answer = await told.get(path)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    root = ET.fromstring(answer.content)  # noqa: S314  # our own
    assert root.tag.endswith("svg")
    assert "Nitrogen dioxide" in "".join(root.itertext())
    assert "CC0" in "".join(root.itertext())


@pytest.mark.parametrize("query", ["range=week", "range=week&by=day&tz=UTC"])
async def test_link_to_the_api_should_answer_the_same(told: httpx.AsyncClient, query: str) -> None:
    page = await page_of(told, f"attribute=no2&{query}")
    link = re.search(r'href="(/ngsi-ld/v1/temporal/[^"]+)"', page)
    assert link is not None
    answer = await told.get(link[1].replace("&amp;", "&"))
    assert answer.status_code == 200
    document = answer.json()
    name = next(key for key in document if key.endswith("no2"))
    values = document[name]
    if "by=day" in query:
        assert len(values["avg"]) == len({at(hours)[:10] for hours in NO2})
    else:
        assert len(values) == len(NO2)


async def test_entity_page_should_lead_to_histories_with_a_small_picture(
    told: httpx.AsyncClient,
) -> None:
    page = (await told.get(f"/en/entity/{SENSOR}")).text
    assert f'href="/en/history/{SENSOR.replace(":", "%3A")}?attribute=no2"' in page
    assert page.count('<svg class="spark"') >= 1
