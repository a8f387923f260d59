"""The calendar of missions over nodes: each keeps its own, all see them together."""

from datetime import date

import pytest

from hanze.collaboration.records.places import Country
from hanze.collaboration.records.record import Record
from tests.leagues import league_of, put_records, url_of
from tests.unit.collaboration.missions.mission_records import (
    BUSAN,
    KR,
    NL,
    UTRECHT,
    event,
    item,
    mission,
)

AT = "2026-11-01T10:00:00Z"
CITIES = {"zwolle": "Zwolle", "sejong": "Sejong"}
FIRST, LAST = date(2090, 3, 20), date(2090, 3, 24)
CALENDAR = "/api/v1/mission-calendar?starts=2090-03-01&ends=2090-04-01"
ITEM = {"kind": "visit", "title": {"en": "x"}, "starts": "2090-03-21T10:00"}


def _countries() -> list[Record]:
    return [
        Country(id=NL, title={"en": "Netherlands"}, iso_code="NL"),
        Country(id=KR, title={"en": "Korea"}, iso_code="KR"),
    ]


@pytest.mark.slow
async def test_calendar_should_merge_both_sides_and_lead_to_the_node_that_keeps_one() -> None:
    programme = (item("visit", "2090-03-21T10:00", "2090-03-21T11:00"),)
    ours = mission("ours", UTRECHT, FIRST, LAST, programme=programme)
    theirs = mission(
        *("theirs", BUSAN, FIRST, LAST), direction="incoming", country=NL, counterpart=ours.id
    )
    fairs = [
        event(key, {"en": "Water Week Busan"}, FIRST, source_city=city)
        for key, city in (("one", UTRECHT), ("other", BUSAN))
    ]
    async with league_of(CITIES) as league:
        await put_records(league.nodes["zwolle"], [*_countries(), ours, fairs[0]], AT)
        await put_records(league.nodes["sejong"], [theirs, fairs[1]], AT)
        await league.compare()
        for name in CITIES:
            found = (await league.client(name).get(CALENDAR)).json()
            entries = {one["record"]["id"]: one for one in found["entries"]}
            assert set(entries) == {ours.id, *(one.id for one in fairs)}
            assert entries[ours.id]["also"] == theirs.id
            assert [one["kind"] for one in found["flags"]] == ["twice"]
            assert len(found["freshness"]) == 1
        client = league.client("sejong")
        told = (await client.get(f"/api/v1/missions/{ours.id}")).json()
        assert told["home"] == {"node": "zwolle", "url": url_of("zwolle")}
        assert [one["key"] for one in told["programme"]] == ["visit"]
        feed = await client.get(f"/api/v1/missions/{ours.id}/programme.ics")
        assert b"TZID:Asia/Seoul" in feed.content
        refused = await client.put(f"/api/v1/missions/{ours.id}/programme/x", json=ITEM)
        assert refused.status_code == 409
        assert url_of("zwolle") in refused.json()["detail"]
        page = await client.get(f"/en/collective/missions/{ours.id}")
        assert "Kept by zwolle" in page.text
        assert "Add an item" not in page.text
