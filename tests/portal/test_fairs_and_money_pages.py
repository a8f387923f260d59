"""Pages of fairs, of what missions cost and of vouchers: what they say, and what their forms keep."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from hanze.collaboration.fairs.stories import story_of
from hanze.collaboration.funding.permissions import permissions_of
from hanze.collaboration.records.missions import VoucherScheme
from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.fairs_world import (
    DELFT,
    GYEONGGI,
    MISSION,
    PERMISSION,
    ROTTERDAM,
    SCHEME,
    STAND,
    UTRECHT,
    a_scheme,
    a_story,
    fair_records,
    money_records,
    places,
)
from tests.in_process import DEVELOPMENT, client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, SEEDER, form_token

TODAY: Final = datetime.now(tz=ZoneInfo(Settings().portal.timezone)).date()
FAIR = f"fairs/{STAND}"
MONEY = f"missions/{MISSION}/money"
VOUCHERS = f"vouchers/{SCHEME}"
PAGES = (
    "fairs",
    "fairs?year=2026&theme=urn:ngsi-ld:Theme:hanze:mobility",
    FAIR,
    f"{FAIR}?by=city",
    f"{FAIR}/story",
    f"{FAIR}/story?city={UTRECHT}&session=bikes",
    f"{FAIR}/story?city={DELFT}",
    MONEY,
    f"{MONEY}?new=yes",
    "vouchers",
    "vouchers?state=closed",
    VOUCHERS,
)


async def _fill(node: Node) -> None:
    mission, permission, _ = money_records()
    scheme = a_scheme(opens=TODAY - timedelta(days=9), closes=TODAY + timedelta(days=9))
    waiting = a_story(GYEONGGI, "Gyeonggi")
    for record in (*places(), *fair_records(), waiting, mission, permission, scheme):
        await create_record(node.store, SEEDER, record, now=node.clock())


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(DEVELOPMENT) as node:
        await _fill(node)
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def _page(client: httpx.AsyncClient, path: str, lang: str = "en") -> str:
    answer = await client.get(f"/{lang}/collective/{path}")
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


async def _send(
    client: httpx.AsyncClient, path: str, given: Mapping[str, str], to: str = ""
) -> httpx.Response:
    form = {"form": form_token(await _page(client, path)), **given}
    return await client.post(f"/en/collective/{to or path}", data=form, headers=ORIGIN)


@pytest.mark.parametrize(
    ("lang", "paths"),
    [
        ("en", PAGES),
        pytest.param("nl", (FAIR, MONEY, VOUCHERS), marks=pytest.mark.slow),
        pytest.param("ko", (FAIR, MONEY, VOUCHERS), marks=pytest.mark.slow),
    ],
)
async def test_pages_should_answer_in_each_language(
    client: httpx.AsyncClient, lang: str, paths: Sequence[str]
) -> None:
    for path in paths:
        page = await _page(client, path, lang)
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(set(ids)) == len(ids), path


async def test_fair_should_show_stories_programme_and_who_waits(client: httpx.AsyncClient) -> None:
    page = await _page(client, FAIR)
    for text in ("What Utrecht does.", "Track of Rotterdam", "14 more cities", "Hall 2 D-141"):
        assert text in page
    assert "Times are those of the clock at the fair (Europe/Madrid)." in page
    assert "10:00\u201310:45" in page
    assert "Stories that wait" in page
    assert page.index("Opening") < page.index("Water squares") < page.index("Counting bicycles")
    own = await _page(client, f"{FAIR}?by=city&city={ROTTERDAM}", "ko")
    assert "Water squares" in own
    assert "자전거 수 세기" not in own
    table = await _page(client, f"{FAIR}?format=csv")
    assert f"{STAND},{UTRECHT},Utrecht,Track of Utrecht,2026-11-04,10:00,10:45" in table


async def test_city_should_write_its_story_in_the_form(
    client: httpx.AsyncClient, node: Node
) -> None:
    path = f"{FAIR}/story?city={DELFT}"
    texts = {"track.en": "Delft shows", "description.nl": "Ons verhaal", "city": DELFT}
    saved = await _send(client, path, {"do": "story", **texts})
    assert saved.status_code == 303, saved.text
    session = {"do": "session", "city": DELFT, "title.nl": "Robots", "day": "2026-11-05"}
    times = {"from": "09:00", "until": "09:30", "room": "B"}
    assert (await _send(client, path, {**session, **times})).status_code == 303
    late = await _send(client, path, {**session, "from": "12:00", "until": "11:00"})
    assert late.status_code == 422
    assert "Choose an end after the start." in late.text
    spring = await _send(client, path, {**session, "day": "2026-03-29", "from": "02:30"})
    assert "This time does not exist" in spring.text
    untitled = await _send(client, path, {**session, "title.nl": ""})
    assert "Write a title in one language or more." in untitled.text
    collective = await node.collective.refresh(node.clock())
    story = story_of(collective, STAND, DELFT)
    assert story is not None
    (kept,) = story.record.sessions
    assert (kept.starts, kept.ends, kept.room) == (
        "2026-11-05T09:00",
        "2026-11-05T09:30",
        {"en": "B"},
    )
    assert "Ons verhaal" in await _page(client, FAIR)
    removed = await _send(client, path, {"do": "remove", "city": DELFT, "key": kept.key})
    assert removed.status_code == 303


async def test_money_should_show_totals_and_say_what_is_over(
    client: httpx.AsyncClient, node: Node
) -> None:
    page = await _page(client, MONEY, "nl")
    for text in ("8.763,00", "17.816,54", "1.290,46", "C2350630/6066843", "Train to Suwon"):
        assert text in page
    cost = {"permission": PERMISSION, "part": "officials", "amount": "1000", "currency": "EUR"}
    saved = await _send(client, MONEY, {"do": "cost", **cost})
    assert saved.status_code == 303, saved.text
    page = await _page(client, MONEY)
    assert "One part is over its budget" in page
    assert "€567.00 over budget" in page
    collective = await node.collective.refresh(node.clock())
    (held,) = permissions_of(collective, MISSION)
    assert len(held.record.costs) == 4
    table = await _page(client, f"{MONEY}?format=csv")
    assert "officials,1,EUR,8763,9330,567,0" in table
    assert "total,,EUR,19107,18816.54,-290.46,0" in table


async def test_cost_should_ask_for_the_rate_of_its_day(client: httpx.AsyncClient) -> None:
    cost = {
        "do": "cost",
        "permission": PERMISSION,
        "part": "staff",
        "amount": "50.000",
        "currency": "KRW",
        "on": "2025-03-07",
        "description": "Taxi",
    }
    refused = await _send(client, MONEY, cost)
    assert refused.status_code == 422
    assert "There is no exchange rate of that day yet." in refused.text
    assert 'value="Taxi"' in refused.text
    assert (await _send(client, MONEY, {**cost, "cost_rate": "0,00064"})).status_code == 303
    page = await _page(client, MONEY)
    assert "€32.00" in page
    for wrong in ("0.1.2", "nothing", "-1"):
        answer = await _send(client, MONEY, {**cost, "cost_rate": wrong})
        assert "Write the rate as a number above 0" in answer.text


async def test_receipt_should_be_for_writers_only() -> None:
    async with node_in_memory(Settings(data=None, server=Server(dev=False))) as node:
        await _fill(node)
        token = node.tokens.create("officer", now=node.clock())
        async with client_of(node) as client, client_of(node) as anyone:
            client.headers["authorization"] = f"Bearer {token}"
            form = form_token(await _page(client, MONEY))
            values = {
                "form": form,
                "permission": PERMISSION,
                "part": "other",
                "amount": "12,50",
                "currency": "EUR",
            }
            sent = await client.post(
                f"/en/collective/{MONEY}/cost",
                data=values,
                files={"file": ("receipt.pdf", b"%PDF-1.7 a receipt", "application/pdf")},
                headers=ORIGIN,
            )
            assert sent.status_code == 303, sent.text
            link = re.search(
                r'href="(/en/collective/documents/[0-9a-f]{64})"', await _page(client, MONEY)
            )
            assert link is not None
            assert (await client.get(link[1])).content == b"%PDF-1.7 a receipt"
            assert (await anyone.get(link[1])).status_code == 404
            public = await _page(anyone, MONEY)
            assert "€12.50" in public
            for hidden in ("documents/", "Train to Suwon", "Enter a cost"):
                assert hidden not in public
            story = await anyone.get(f"/en/collective/{FAIR}/story")
            assert story.status_code == 303


async def test_receipt_should_be_refused_when_it_is_none(client: httpx.AsyncClient) -> None:
    form = form_token(await _page(client, MONEY))
    values = {"form": form, "permission": PERMISSION, "part": "other", "amount": "12"}
    sent = await client.post(
        f"/en/collective/{MONEY}/cost",
        data=values,
        files={"file": ("receipt.exe", b"MZ", "application/x-msdownload")},
        headers=ORIGIN,
    )
    assert sent.status_code == 422
    assert "Choose a file that is not empty" in sent.text


@pytest.mark.slow
async def test_permission_should_go_its_way_in_forms(client: httpx.AsyncClient) -> None:
    budget = {"part-0": "staff", "amount-0": "1.250,50", "people-0": "2", "number-0": "S-1"}
    asked = await _send(
        client,
        f"{MONEY}?new=yes",
        {"do": "ask", "number": "Z-9", "currency": "EUR", **budget},
        MONEY,
    )
    assert asked.status_code == 303, asked.text
    at = asked.headers["location"].removeprefix("/en/collective/").partition("#")[0]
    permission = re.search(r"permission=([^&]+)", at)
    assert permission is not None
    given = {"permission": permission[1].replace("%3A", ":")}
    approve = {**given, "do": "approve", "approved_on": "2025-02-01", "approved_by": "The board"}
    assert (await _send(client, at, {**approve, **budget}, MONEY)).status_code == 303
    page = await _page(client, at)
    assert "Approved on 1 February 2025" in page
    more = {**approve, **budget, "amount-0": "2000"}
    refused = await _send(client, at, more, MONEY)
    assert "Another budget needs a later day" in refused.text
    rate = {
        **given,
        "do": "rate",
        "rate_currency": "krw",
        "rate": "0.0006",
        "rate_on": "2025-03-01",
    }
    assert (await _send(client, at, rate, MONEY)).status_code == 303
    assert (await _send(client, at, {**given, "do": "close"}, MONEY)).status_code == 303
    assert "Nothing of them changes any more." in await _page(client, at)


async def test_voucher_should_be_asked_for_and_given_in_forms(
    client: httpx.AsyncClient, node: Node
) -> None:
    asked = {"do": "ask", "to": UTRECHT, "mission": MISSION, "amount": "2.500"}
    for _ in range(3):
        assert (await _send(client, VOUCHERS, asked)).status_code == 303
    dear = await _send(client, VOUCHERS, {**asked, "amount": "2501"})
    assert "not more than a voucher may be" in dear.text
    year = TODAY.year
    for number in (f"{year}-001", f"{year}-002"):
        move = {"do": "given", "number": number, "given": "2500"}
        assert (await _send(client, VOUCHERS, move)).status_code == 303
    spent = await _send(client, VOUCHERS, {"do": "given", "number": f"{year}-003"})
    assert spent.status_code == 422
    assert "There is not enough left of the budget." in spent.text
    nothing = await _send(client, VOUCHERS, {"do": "stolen", "number": f"{year}-001"})
    assert nothing.status_code == 422
    collective = await node.collective.refresh(node.clock())
    scheme = collective.get(SCHEME, VoucherScheme).record
    assert [one.status for one in scheme.vouchers] == ["given", "given", "requested"]
    assert f"{year}-001,{UTRECHT},{MISSION},2500,EUR,given" in await _page(
        client, f"{VOUCHERS}?format=csv"
    )
