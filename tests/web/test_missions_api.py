"""Missions, their calendar and programmes, and the analysis of a country, over HTTP."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import httpx
import pytest
from icalendar import Calendar

from hanze.collaboration.records.missions import Delegate
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.projects import Evaluation, Project
from hanze.collaboration.records.themes import Theme
from hanze.node.node import Node
from tests.in_process import client_of
from tests.unit.collaboration.flow_records import add
from tests.unit.collaboration.missions.mission_records import (
    BUSAN,
    KR,
    NL,
    ROTTERDAM,
    UTRECHT,
    WATER,
    event,
    item,
    mission,
    places,
)

API = "/api/v1"
MISSION = f"{API}/missions/urn:ngsi-ld:Mission:test:a"
CALENDAR = f"{API}/mission-calendar"
#: Well after any day on which the tests run.
FIRST, LAST = date(2090, 3, 20), date(2090, 3, 24)
PERIOD = "starts=2090-03-01&ends=2090-04-30"


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    programme = (item("visit", "2090-03-21T10:00", "2090-03-21T11:00", hosts=(BUSAN,)),)
    await add(
        node.store,
        *places(),
        Theme(id=WATER, title={"en": "Water"}, notation="water"),
        mission("a", UTRECHT, FIRST, LAST, programme=programme, open_to_others=True),
        mission("b", ROTTERDAM, FIRST, LAST),
        event("fair", {"en": "Water Week"}, FIRST, themes=(WATER,)),
        Demand(
            id="urn:ngsi-ld:Demand:test:floods",
            title={"en": "Flooded tunnels"},
            problem={"en": "Tunnels flood when it rains."},
            source_city=BUSAN,
            themes=(WATER,),
        ),
        Project(
            id="urn:ngsi-ld:Project:test:pumps",
            title={"en": "Smart pumps"},
            stage="evaluated",
            evaluation=Evaluation(technical="good"),
            source_city=UTRECHT,
            themes=(WATER,),
        ),
    )
    async with client_of(node) as client:
        yield client


async def test_calendar_should_tell_entries_and_who_could_travel_together(
    client: httpx.AsyncClient,
) -> None:
    found = (await client.get(f"{CALENDAR}?{PERIOD}")).json()
    assert len(found["entries"]) == 3
    assert {one["kind"] for one in found["flags"]} == {"same-country", "together"}
    assert found["flags"][0]["text"]["ko"]
    by_id = {one["record"]["id"]: one for one in found["entries"]}
    assert by_id["urn:ngsi-ld:Mission:test:a"]["joining"]["state"] == "open"


async def test_calendar_should_refuse_what_is_no_period_or_kind(
    client: httpx.AsyncClient,
) -> None:
    for query, field in (
        ("starts=2090-03-02&ends=2090-03-01", "ends"),
        ("starts=2000-01-01&ends=2090-01-01", "ends"),
        ("kind=holiday", "kind"),
        ("starts=soon", "starts"),
    ):
        answer = await client.get(f"{CALENDAR}?{query}")
        assert answer.status_code == 400, query
        assert answer.json()["field"] == field


async def test_calendar_should_be_followed_as_a_feed(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{CALENDAR}.ics?{PERIOD}&kind=fair&language=nl")
    assert answer.headers["content-type"].startswith("text/calendar")
    (entry,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(entry["uid"]) == "urn:ngsi-ld:Event:test:fair#calendar"
    assert entry.decoded("dtend") == FIRST + timedelta(days=1)


async def test_mission_should_tell_its_programme_in_both_times(client: httpx.AsyncClient) -> None:
    found = (await client.get(MISSION)).json()
    (visit,) = found["programme"]
    assert visit["starts"] == "2090-03-21T10:00:00+09:00"
    assert visit["homeStarts"] == "2090-03-21T02:00:00+01:00"
    assert visit["hosts"][0]["title"] == {"en": "Busan"}
    feed = await client.get(f"{MISSION}/programme.ics")
    (entry,) = Calendar.from_ical(feed.content).walk("VEVENT")
    assert str(entry["uid"]) == "urn:ngsi-ld:Mission:test:a#visit"


async def test_mission_should_be_recorded_and_its_programme_edited(
    client: httpx.AsyncClient,
) -> None:
    body = {
        "title": {"en": "Utrecht to Busan"},
        "direction": "outgoing",
        "organiser": UTRECHT,
        "country": KR,
        "starts": "2090-05-01",
        "ends": "2090-05-03",
        "timezone": "Asia/Seoul",
        "homeTimezone": "Europe/Amsterdam",
        "delegates": [{"role": {"en": "Mayor"}, "people": 2}],
    }
    made = await client.post(f"{API}/missions", json=body)
    assert made.status_code == 201
    assert made.json()["people"] == 2
    address = f"{API}/missions/{made.json()['id']}"
    lunch = {"kind": "meal", "title": {"en": "Lunch"}, "starts": "2090-05-02T12:00"}
    put = await client.put(f"{address}/programme/lunch", json={**lunch, "proposed": True})
    assert put.json()["programme"][0]["proposed"] is True
    confirmed = await client.post(f"{address}/programme/confirmations", json={"keys": ["lunch"]})
    assert confirmed.json()["programme"][0]["proposed"] is False
    dropped = await client.delete(f"{address}/programme/lunch")
    assert dropped.json()["programme"] == []
    again = await client.delete(f"{address}/programme/lunch")
    assert again.status_code == 404


async def test_contact_should_not_be_named_when_it_is_not_here(
    client: httpx.AsyncClient, node: Node
) -> None:
    gone = Delegate(role={"en": "Mayor"}, contact="urn:ngsi-ld:Contact:test:jan-jansen", leads=True)
    both = [mission(key, UTRECHT, FIRST, LAST, delegates=(gone,)) for key in ("c", "d")]
    await add(node.store, *both)
    for path in (f"{API}/missions/{both[0].id}", f"{CALENDAR}?{PERIOD}"):
        found = await client.get(path)
        assert found.status_code == 200
        assert "jansen" not in found.text


async def test_item_should_be_refused_when_its_time_is_outside_or_no_time(
    client: httpx.AsyncClient,
) -> None:
    visit = {"kind": "visit", "title": {"en": "x"}}
    outside = await client.put(
        f"{MISSION}/programme/x", json={**visit, "starts": "2091-01-01T10:00"}
    )
    assert outside.status_code == 400
    assert outside.json()["field"] == "programme[1].starts"
    skipped = {**visit, "starts": "2090-03-26T02:30", "timezone": "Europe/Amsterdam"}
    answer = await client.put(f"{MISSION}/programme/x", json={**skipped, "kind": "travel"})
    assert answer.status_code == 400
    assert "2090-03-26T03:00" in answer.json()["detail"]


async def test_missions_should_be_listed_by_country_and_direction(
    client: httpx.AsyncClient,
) -> None:
    for query, number in (("", 2), (f"?country={KR}", 2), (f"?organiser={UTRECHT}", 1)):
        found = (await client.get(f"{API}/missions{query}")).json()["missions"]
        assert len(found) == number, query
    assert (await client.get(f"{API}/missions?direction=incoming")).json()["missions"] == []


async def test_proposal_should_name_who_fits_and_be_put_into_the_programme(
    client: httpx.AsyncClient,
) -> None:
    found = (await client.get(f"{MISSION}/proposal")).json()
    assert {one["title"]["en"] for one in found["items"] if one["kind"] == "event"} == {
        "Water Week"
    }
    kept = (await client.post(f"{MISSION}/proposal", json={"most": 2})).json()["programme"]
    assert [one["proposed"] for one in kept].count(False) == 1
    assert any(one["proposed"] for one in kept)


async def test_country_should_tell_what_they_ask_for_and_we_have(
    client: httpx.AsyncClient,
) -> None:
    found = (await client.get(f"{API}/countries/{KR}/analysis?home={NL}")).json()
    (water,) = found["themes"]
    # The fair is too far ahead to be a chance.
    assert water["chances"] == ["they-ask"]
    assert [one["id"] for one in water["demands"]] == ["urn:ngsi-ld:Demand:test:floods"]
    assert [one["id"] for one in water["ownOffers"]] == ["urn:ngsi-ld:Project:test:pumps"]
    assert found["coming"] == []
    listed = (await client.get(f"{API}/countries")).json()["countries"]
    assert {one["id"] for one in listed} == {NL, KR}
    answer = await client.get(f"{API}/countries/urn:ngsi-ld:Country:XX/analysis")
    assert answer.status_code == 404
