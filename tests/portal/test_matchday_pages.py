"""Pages of matchmaking days, through the door."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import unquote

import httpx
import pytest

from hanze.collaboration.records.gatherings import Participation
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from tests.collectives import WRITER
from tests.gathering_world import BUSAN, DAY_ID, EINDHOVEN, LAMPS, everything, guest_id
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token

_DAYS = "/en/collective/matchmaking-days"
_DAY = f"{_DAYS}/{DAY_ID}"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        for record in everything():
            await create_record(node.store, WRITER, record, now=node.clock())
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def _page(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def _send(
    client: httpx.AsyncClient, path: str, given: Mapping[str, str | list[str]]
) -> httpx.Response:
    token = form_token((await client.get(path)).text)
    return await client.post(path, data={"form": token, **given}, headers=ORIGIN)


@pytest.mark.parametrize("language", ["en", "nl", "ko"])
async def test_pages_should_be_there_in_every_language_before_and_after_planning(
    client: httpx.AsyncClient, language: str
) -> None:
    base = f"/{language}/collective/matchmaking-days"
    paths = (
        base,
        f"{base}/{DAY_ID}",
        f"{base}/{DAY_ID}/plan",
        f"{base}/participation/{guest_id('busan')}",
    )
    for path in paths:
        await _page(client, path)
    sent = await _send(client, f"{base}/{DAY_ID}/plan", {})
    assert sent.status_code == 303, sent.text
    for path in paths:
        await _page(client, path)


async def test_day_should_be_opened_joined_planned_and_planned_again(
    client: httpx.AsyncClient,
) -> None:
    sent = await _send(
        client,
        _DAYS,
        {
            "title": "Water day",
            "organiser": EINDHOVEN,
            "on": "2027-05-01",
            "timezone": "Europe/Amsterdam",
            "first": "10:00",
            "number": "2",
            "breaks": "10:20-11:00",
            "meets": "all",
            "most": "4",
            "places": "Main hall: 1\nLibrary: 1",
            "travel": "Main hall - Library: 10",
            "interpreters": "T1: nl, ko\nT2: nl, ko",
        },
    )
    assert sent.status_code == 303, sent.text
    day = sent.headers["location"]
    assert "Water day" in await _page(client, _DAYS)
    opened = await _page(client, day)
    assert "11:00\N{EN DASH}11:25, 11:30\N{EN DASH}11:55" in opened
    assert "Main hall \N{EN DASH} Library: 10" in opened
    assert "Everybody with everybody; at most 4 meetings each" in opened
    guests: dict[str, str] = {}
    for party, language in ((EINDHOVEN, "nl"), (LAMPS, "nl"), (BUSAN, "ko")):
        joined = await _send(
            client, day, {"do": "register", "party": party, "languages": [language]}
        )
        assert joined.status_code == 303, joined.text
        guests[party] = joined.headers["location"]
    busan = unquote(guests[BUSAN]).rpartition("/")[2]
    asked = await _send(
        client, guests[LAMPS], {"do": "ask", "other": busan, "interest": "5", "why": "Rain"}
    )
    assert asked.status_code == 303, asked.text
    assert "Interest: 5 of 5" in await _page(client, guests[LAMPS])
    planned = await _send(client, f"{day}/plan", {})
    assert planned.status_code == 303, planned.text
    plan = await _page(client, planned.headers["location"])
    assert "1 meeting is planned." in plan
    assert "Every meeting that was asked for is planned." in plan
    sheet = await _page(client, guests[BUSAN])
    assert "“Rain”" in sheet
    assert "Meetings of Busan" in sheet
    again = await _send(client, f"{day}/plan", {"interpreter": ["T1", "T2"]})
    assert again.status_code == 303, again.text
    changed = await _page(client, f"{day}/plan")
    assert "Busan and Lamps: the meeting of 11:" in changed
    assert "They have no language in common" in changed
    assert "does not take place" in await _page(client, guests[BUSAN])
    closed = await _send(client, day, {"do": "status", "status": "over"})
    assert closed.status_code == 303
    assert "Registration is closed." in await _page(client, day)


async def test_form_should_come_back_with_what_was_written_when_it_is_refused(
    client: httpx.AsyncClient,
) -> None:
    given = {"title": "Fog day", "organiser": EINDHOVEN, "on": "2027-05-01", "first": "10:00"}
    refused = await _send(client, _DAYS, {**given, "timezone": "Mars/Base"})
    assert refused.status_code == 400
    assert "This could not be done" in refused.text
    assert 'value="Fog day"' in refused.text
    for wrong in (
        *({"minutes": "x"}, {"interpreters": "Anna"}, {"on": ""}),
        *({"breaks": "noon"}, {"places": "Hall"}, {"travel": "A - B: 5"}),
    ):
        given_wrong = {**given, "timezone": "Europe/Amsterdam", **wrong}
        assert (await _send(client, _DAYS, given_wrong)).status_code == 400
    assert (await _send(client, _DAY, {"do": "register"})).status_code == 400
    assert (await _send(client, _DAY, {"do": "status", "status": "x"})).status_code == 400
    guest = f"{_DAYS}/participation/{guest_id('busan')}"
    assert (await _send(client, guest, {"do": "?"})).status_code == 400
    assert (await _send(client, guest, {"do": "ask", "other": "urn:x:y"})).status_code == 400
    assert (await _send(client, f"{_DAY}/plan", {"interpreter": "T9"})).status_code == 400
    assert (await client.get(f"{_DAYS}/urn:x:none")).status_code == 404


async def test_registration_should_tell_slots_away_contact_and_most_meetings(
    node: Node, client: httpx.AsyncClient
) -> None:
    desk = Contact(
        id="urn:ngsi-ld:Contact:test:desk",
        title={"en": "Busan desk"},
        organization=BUSAN,
        source_city=BUSAN,
    )
    await create_record(node.store, WRITER, desk, now=node.clock())
    page = await _page(client, _DAY)
    assert "Busan: Busan desk" in page
    assert "Choose the rounds in which you have no time (Europe/Amsterdam)." in page
    given: dict[str, str | list[str]] = {
        "do": "register",
        "party": BUSAN,
        "number": "2",
        "away": ["01", "03"],
        "most": "2",
        "contact": desk.id,
    }
    for wrong in ({"away": ["04"]}, {"party": LAMPS}):
        refused = await _send(client, _DAY, given | wrong)
        assert refused.status_code == 400
    joined = await _send(client, _DAY, given)
    assert joined.status_code == 303, joined.text
    held = (await node.collective.refresh(node.clock())).get(
        unquote(joined.headers["location"]).rpartition("/")[2], Participation
    )
    one = held.record
    assert (one.away, one.most_meetings, one.contact) == (("01", "03"), 2, desk.id)


async def test_guest_should_refuse_drop_and_withdraw(client: httpx.AsyncClient) -> None:
    guest = f"{_DAYS}/participation/{guest_id('sensors')}"
    page = await _page(client, guest)
    assert "Whom you could ask" in page
    assert "You have a language in common" in page
    for do, other in (("refuse", "eindhoven"), ("drop", "lamps"), ("ask", "lamps")):
        sent = await _send(client, guest, {"do": do, "other": guest_id(other)})
        assert sent.status_code == 303, sent.text
    assert "Does not want to meet:" in await _page(client, guest)
    assert (await _send(client, guest, {"do": "withdraw"})).status_code == 303
    assert "Whom you could ask" not in await _page(client, guest)
