"""Pages of missions: the calendar, one mission with its programme, proposals, countries."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Final

import httpx
import pytest

from hanze.collaboration.records.missions import Mission
from hanze.collaboration.records.themes import Theme
from hanze.node.node import Node
from tests.in_process import DEVELOPMENT, client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token
from tests.unit.collaboration.flow_records import add, kept
from tests.unit.collaboration.missions.mission_records import (
    BUSAN,
    KR,
    ROTTERDAM,
    UTRECHT,
    WATER,
    event,
    item,
    mission,
    places,
)

MISSION = "urn:ngsi-ld:Mission:test:a"
PAGE = f"/en/collective/missions/{MISSION}"
#: Well after any day on which the tests run.
FIRST, LAST = date(2090, 3, 20), date(2090, 3, 28)
CALENDAR = "/collective/mission-calendar?from=2090-03&months=3"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(DEVELOPMENT) as node:
        programme = (
            item("visit", "2090-03-21T10:00", "2090-03-21T11:00", hosts=(BUSAN,)),
            item("dinner", "2090-03-21T07:00", kind="meal", proposed=True),
            item("some day", None),
        )
        await add(
            node.store,
            *places(),
            Theme(id=WATER, title={"en": "Water"}, notation="water"),
            mission("a", UTRECHT, FIRST, LAST, programme=programme, open_to_others=True),
            mission("b", ROTTERDAM, FIRST, LAST, days_known=False),
            event("fair", {"en": "Water Week", "ko": "물 주간"}, FIRST, themes=(WATER,)),
        )
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def _send(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    page = await client.get(PAGE)
    given = {"form": form_token(page.text), **fields}
    return await client.post(PAGE, data=given, headers=ORIGIN)


async def _mission(node: Node) -> Mission:
    return await kept(node.store, MISSION, Mission)


async def test_calendar_should_be_told_in_each_language(client: httpx.AsyncClient) -> None:
    told = {
        "en": "These could travel together",
        "nl": "Deze kunnen samen reizen",
        "ko": "물 주간",
    }
    for lang, text in told.items():
        page = await client.get(f"/{lang}{CALENDAR}")
        assert page.status_code == 200
        assert text in page.text
        feed = "/api/v1/mission-calendar.ics?starts=2090-03-01&amp;ends=2090-05-31"
        assert feed in page.text


async def test_addresses_without_a_record_should_lead_to_the_lists(
    client: httpx.AsyncClient,
) -> None:
    for path, list_ in (("missions", "mission-calendar"), ("working-groups", "accords")):
        answer = await client.get(f"/nl/collective/{path}", follow_redirects=False)
        assert answer.is_redirect
        assert answer.headers["location"].endswith(f"/nl/collective/{list_}")


async def test_calendar_should_keep_to_its_filters_and_be_a_file(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get(f"/en{CALENDAR}&kind=fair")
    assert "1 mission or event" in page.text
    file = await client.get(f"/en{CALENDAR}&format=csv")
    rows = file.text.splitlines()
    assert len(rows) == 4
    assert "no,no,urn:ngsi-ld:Mission:test:b" in file.text
    near = await client.get(f"/en{CALENDAR}&nearDays=45")
    assert '<option value="45" selected>45 days</option>' in near.text
    assert "nearDays=45&amp;format=csv" in near.text
    usual = await client.get(f"/en{CALENDAR}&nearDays=soon")
    assert '<option value="21" selected>21 days</option>' in usual.text
    empty = await client.get("/en/collective/mission-calendar?from=nonsense&kind=workshop")
    assert "No mission or event fits these filters." in empty.text


async def test_mission_should_move_with_its_programme(
    node: Node, client: httpx.AsyncClient
) -> None:
    assert "Move the programme along" in (await client.get(PAGE)).text
    refused = await _send(client, action="move", new_starts="2090-05-02")
    assert refused.status_code == 422
    assert "A part of the programme would be outside of the new days" in refused.text
    for wrong, says in (("soon", "date"), ("", "Choose another first day.")):
        none = await _send(client, action="move", new_starts=wrong, along="yes")
        assert none.status_code == 422
        assert says in none.text
    sent = await _send(client, action="move", new_starts="2090-05-02", along="yes")
    assert sent.status_code == 303, sent.text
    after = await _mission(node)
    assert (after.starts, after.ends) == (date(2090, 5, 2), date(2090, 5, 10))
    assert {one.key: one.starts for one in after.programme} == {
        "visit": "2090-05-03T10:00",
        "dinner": "2090-05-03T07:00",
        "some day": None,
    }


async def test_mission_should_show_its_programme_in_both_times(client: httpx.AsyncClient) -> None:
    page = (await client.get(PAGE)).text
    assert "10:00\u201311:00" in page
    assert "02:00\u201303:00" in page
    # At home it is still the evening before.
    assert "20 Mar 23:00" in page
    assert "Day not known" in page
    assert "Korean Standard Time, UTC+09:00" in page
    assert page.index("dinner") < page.index("visit") < page.index("some day")


async def test_item_should_be_added_in_the_page_s_language(
    client: httpx.AsyncClient, node: Node
) -> None:
    answer = await _send(
        client,
        action="put",
        kind="visit",
        title="Harbour",
        day="2090-03-22",
        starts="22:00",
        ends="01:00",
        host="Busan",
        timezone="Asia/Seoul",
    )
    assert answer.status_code == 303
    added = next(one for one in (await _mission(node)).programme if one.title == {"en": "Harbour"})
    assert (added.starts, added.ends) == ("2090-03-22T22:00", "2090-03-23T01:00")
    assert added.hosts == (BUSAN,)


async def test_item_should_be_changed_without_losing_what_is_not_shown(
    client: httpx.AsyncClient, node: Node
) -> None:
    form = (await client.get(f"{PAGE}?edit=visit")).text
    assert 'value="10:00"' in form
    answer = await _send(
        client,
        action="put",
        key="visit",
        kind="visit",
        title="Visit again",
        day="2090-03-21",
        starts="14:00",
        hosts=BUSAN,
    )
    assert answer.status_code == 303
    changed = next(one for one in (await _mission(node)).programme if one.key == "visit")
    assert changed.title == {"en": "Visit again"}
    assert (changed.starts, changed.ends, changed.hosts) == ("2090-03-21T14:00", None, (BUSAN,))


#: What is filled in wrongly, and beside which field that is told.
_WRONG: Final[Sequence[tuple[dict[str, str], str]]] = (
    ({"title": ""}, "title"),
    ({"kind": "holiday"}, "kind"),
    ({"day": "someday"}, "day"),
    ({"day": "", "starts": "10:00"}, "day"),
    ({"starts": "", "ends": "10:00"}, "starts"),
    ({"starts": "ten"}, "starts"),
    ({"day": "2090-05-01"}, "day"),
    ({"host": "Atlantis"}, "host"),
    ({"timezone": "Mars/Base"}, "timezone"),
    ({"day": "2090-03-26", "starts": "02:30", "timezone": "Europe/Amsterdam"}, "starts"),
)


async def test_item_should_be_refused_beside_its_field(
    client: httpx.AsyncClient, node: Node
) -> None:
    for fields, field in _WRONG:
        given = {"title": "x", "kind": "visit", "day": "2090-03-22", "starts": "10:00", **fields}
        answer = await _send(client, action="put", key="", **given)
        assert answer.status_code == 422, fields
        assert re.search(rf'href="#{field}"', answer.text), fields
    assert len((await _mission(node)).programme) == 3


async def test_gap_of_the_clock_should_be_told_with_the_next_time(
    client: httpx.AsyncClient,
) -> None:
    given = {"title": "x", "kind": "travel", "day": "2090-03-26", "starts": "02:30"}
    answer = await _send(client, action="put", timezone="Europe/Amsterdam", **given)
    assert "The next time that there is: 03:00." in answer.text


async def test_proposals_should_be_confirmed_or_removed(
    client: httpx.AsyncClient, node: Node
) -> None:
    await _send(client, action="confirm", key="dinner")
    assert not any(one.proposed for one in (await _mission(node)).programme)
    await _send(client, action="drop", key="dinner")
    assert [one.key for one in (await _mission(node)).programme] == ["visit", "some day"]
    gone = await _send(client, action="drop", key="dinner")
    assert gone.status_code == 404


async def test_proposed_programme_should_be_put_into_the_programme(
    client: httpx.AsyncClient, node: Node
) -> None:
    page = await client.get(f"{PAGE}/proposal")
    assert page.status_code == 200
    sent = await client.post(
        f"{PAGE}/proposal", data={"form": form_token(page.text)}, headers=ORIGIN
    )
    assert sent.status_code == 303
    # What nobody confirmed makes room for what is proposed now.
    assert "dinner" not in {one.key for one in (await _mission(node)).programme}


async def test_countries_should_be_listed_and_shown(client: httpx.AsyncClient) -> None:
    listed = await client.get("/nl/collective/abroad")
    assert "Korea" in listed.text
    page = await client.get(f"/ko/collective/abroad/{KR}?home=")
    assert page.status_code == 200
    file = await client.get(f"/en/collective/abroad/{KR}?format=csv")
    assert file.headers["content-type"].startswith("text/csv")
    missing = await client.get("/en/collective/abroad/urn:ngsi-ld:Country:XX")
    assert missing.status_code == 404
