"""`hanze mission` and `hanze country` on a data directory."""

import json
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar

from hanze.collaboration.rules.rules import CollectiveRules
from hanze.store.store import Store
from tests.in_process_command import hanze
from tests.unit.collaboration.flow_records import add
from tests.unit.collaboration.missions.mission_records import (
    BUSAN,
    KR,
    ROTTERDAM,
    UTRECHT,
    event,
    item,
    mission,
    places,
)

MISSION = "urn:ngsi-ld:Mission:test:a"
#: Well after any day on which the tests run.
FIRST, LAST = date(2090, 3, 20), date(2090, 3, 24)


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    store = await Store.open(tmp_path, rules=CollectiveRules())
    programme = (item("visit", "2090-03-21T10:00", "2090-03-21T11:00", hosts=(BUSAN,)),)
    await add(
        store,
        *places(),
        mission("a", UTRECHT, FIRST, LAST, programme=programme),
        mission("b", ROTTERDAM, FIRST, LAST),
        event("fair", {"en": "Water Week"}, FIRST),
    )
    await store.close()
    return tmp_path


def test_calendar_should_list_entries_and_tell_clashes(data: Path) -> None:
    period = ("--starts", "2090-03-01", "--ends", "2090-04-01")
    given = ("mission", "calendar", *period, "--near-days", "60")
    done = hanze(*given, "--data", str(data))
    assert done.code == 0, done.err
    assert "2090-03-20 to 2090-03-24\tMission a\toutgoing\tKorea" in done.out
    assert "These could travel together: Mission a; Mission b" in done.err
    feed = hanze(*given, "--ics", "--data", str(data))
    assert len(Calendar.from_ical(feed.out).walk("VEVENT")) == 3


@pytest.mark.slow
def test_missions_should_be_listed_and_shown(data: Path) -> None:
    listed = hanze("mission", "list", "--country", KR, "--data", str(data))
    assert listed.code == 0, listed.err
    assert len(listed.out.splitlines()) == 3
    shown = hanze("mission", "show", MISSION, "--data", str(data))
    assert "2090-03-20 to 2090-03-24  outgoing, planned" in shown.out
    assert "Joining: closed" in shown.err
    unknown = hanze("mission", "show", "urn:ngsi-ld:Mission:test:zzz", "--data", str(data))
    assert unknown.code != 0


@pytest.mark.slow
def test_programme_should_be_shown_changed_and_proposed(data: Path, tmp_path: Path) -> None:
    where = ("--data", str(data))
    shown = hanze("mission", "programme", MISSION, *where)
    assert "2090-03-21 10:00-11:00\t2090-03-21 02:00-03:00" in shown.out
    feed = hanze("mission", "programme", MISSION, "--ics", *where)
    assert "TZID:Asia/Seoul" in feed.out
    file = tmp_path / "item.json"
    lunch = {"kind": "meal", "title": {"en": "Lunch"}, "starts": "2090-03-22T12:00"}
    file.write_text(json.dumps({**lunch, "proposed": True}), "utf-8")
    put = hanze("mission", "put", MISSION, "lunch", str(file), *where)
    assert put.code == 0, put.err
    assert "proposed" in put.out
    assert "proposed" not in hanze("mission", "confirm", MISSION, "lunch", *where).out
    assert "lunch" not in hanze("mission", "drop", MISSION, "lunch", *where).out
    stuck = hanze("mission", "move", MISSION, "--starts", "2090-06-01", "--leave-programme", *where)
    assert stuck.code != 0
    moved = hanze("mission", "move", MISSION, "--starts", "2090-06-01", *where)
    assert moved.out.startswith("Mission a: 2090-06-01 to 2090-06-05\n")
    assert "2090-06-02 10:00-11:00" in moved.out
    proposed = hanze("mission", "propose", MISSION, *where, "--json")
    assert "items" in json.loads(proposed.out)


@pytest.mark.slow
def test_mission_should_be_recorded_from_a_file(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "mission.json"
    body = {
        "title": {"en": "New"},
        "direction": "outgoing",
        "organiser": UTRECHT,
        "country": KR,
        "starts": "2090-05-01",
        "ends": "2090-05-03",
        "timezone": "Asia/Seoul",
        "homeTimezone": "Europe/Amsterdam",
    }
    file.write_text(json.dumps(body), "utf-8")
    made = hanze("mission", "new", str(file), "--data", str(data))
    assert made.out.startswith("urn:ngsi-ld:Mission:GM0344:")
    file.write_text(json.dumps({**body, "timezone": "Asia/Busan"}), "utf-8")
    refused = hanze("mission", "new", str(file), "--data", str(data))
    assert refused.code != 0
    assert "Asia/Busan" in refused.err


@pytest.mark.slow
def test_country_should_be_analysed(data: Path) -> None:
    done = hanze("country", "analysis", KR, "--data", str(data))
    assert done.code == 0, done.err
    assert "earlier missions" in done.err
    listed = hanze("country", "list", "--data", str(data))
    assert f"Korea\t{KR}" in listed.out
