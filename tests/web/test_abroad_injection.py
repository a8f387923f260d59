"""Texts of others stay texts: in calendars, spreadsheets, pages and linked data."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
import pytest
from icalendar import Calendar
from msgspec.structs import replace

from hanze.collaboration.records.cooperation import GroupTask, WorkingGroup
from hanze.collaboration.records.missions import FollowUp, Mission, ProgrammeItem
from hanze.collaboration.records.record import Record
from tests.cooperating_world import ACCORD, BUSAN, GRONINGEN, KOREA, an_accord, places
from tests.fairs_world import STAND, a_stand, fair_records
from tests.in_process import client_of, node_in_memory
from tests.leagues import put_records

AT: Final = "2026-11-01T10:00:00Z"
TODAY: Final = datetime.now(UTC).date()
#: A formula, line ends and controls, a text that runs backwards, tags, and ends of what it may be in.
EVIL: Final = (
    "=HYPERLINK(1)\r\nX-EVIL:1\r\nEND:VEVENT\r\nBEGIN:VALARM\x00\x1b\u202e\u2028X-EVIL:2"
    "</script><script>alert(1)</script>'\"><img src=x onerror=1>;,\\n"
)
TEXT: Final = {"en": EVIL}
MISSION: Final = "urn:ngsi-ld:Mission:test:evil"
GROUP: Final = "urn:ngsi-ld:WorkingGroup:test:evil"
FEEDS: Final = (
    *("mission-calendar.ics", f"missions/{MISSION}/programme.ics"),
    *(f"fairs/{STAND}/programme.ics", "cooperations/reminders.ics"),
)
LISTS: Final = (
    *("mission-calendar", f"fairs/{STAND}", "cooperations", "accords", f"working-groups/{GROUP}"),
    *("follow-ups", "relations", f"relations/{BUSAN}", f"abroad/{KOREA}", "indicators"),
)
LINKED: Final = (f"missions/{MISSION}/report.jsonld", f"fairs/{STAND}/event.jsonld")
PAGES: Final = (
    *LISTS,
    *(f"missions/{MISSION}", f"missions/{MISSION}/report", f"missions/{MISSION}/money"),
    *("fairs", f"fairs/{STAND}/story", f"accords/{ACCORD}", f"record/{MISSION}"),
)


def _records() -> list[Record]:
    day = TODAY + timedelta(days=9)
    mission = Mission(
        id=MISSION,
        title=TEXT,
        goal=TEXT,
        source=EVIL,
        source_city=GRONINGEN,
        direction="outgoing",
        organiser=GRONINGEN,
        country=KOREA,
        starts=day,
        ends=day,
        timezone="Asia/Seoul",
        home_timezone="Europe/Amsterdam",
        programme=(
            ProgrammeItem(
                key=EVIL, kind="visit", title=TEXT, starts=f"{day}T10:00", place=TEXT, note=TEXT
            ),
        ),
    )
    task = GroupTask(key=EVIL, title=TEXT, owner=GRONINGEN, due=day)
    group = WorkingGroup(id=GROUP, title=TEXT, source_city=GRONINGEN, accord=ACCORD, tasks=(task,))
    follow_up = FollowUp(
        id="urn:ngsi-ld:FollowUp:test:evil", title=TEXT, kind="result", mission=MISSION, on=TODAY
    )
    fair = [one for one in fair_records(day) if one.id != STAND]
    stand = a_stand(stand=TEXT, stand_number=EVIL, led_by=TEXT, highlights=TEXT)
    hostile = (mission, group, follow_up, stand, an_accord(terms=TEXT), *fair)
    return [*places(), *(replace(one, title=TEXT, description=TEXT) for one in hostile)]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with node_in_memory() as node, client_of(node) as client:
        await put_records(node, _records(), AT)
        yield client


async def _get(client: httpx.AsyncClient, path: str) -> httpx.Response:
    answer = await client.get(path)
    assert answer.status_code == 200, path
    assert "x-evil" not in answer.headers
    return answer


@pytest.mark.slow
async def test_text_should_begin_no_line_formula_or_tag_when_it_is_hostile(
    client: httpx.AsyncClient,
) -> None:
    for path in FEEDS:
        feed = (await _get(client, f"/api/v1/{path}")).content
        events = Calendar.from_ical(feed).walk("VEVENT")
        assert events, path
        # Clients part lines at each of these.
        lines = feed.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        assert not [line for line in lines if line.startswith(b"X-EVIL")], path
        assert feed.count(b"\nEND:VEVENT\r") == len(events), path
        assert not set(feed) & {0x00, 0x1B}, path
    for page in LISTS:
        answer = await _get(client, f"/en/collective/{page}?format=csv")
        assert answer.headers["content-type"].startswith("text/csv"), page
        cells = [cell for row in csv.reader(io.StringIO(answer.text[1:])) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "\t", "\r"))], page
    for path in LINKED:
        json.loads((await _get(client, f"/api/v1/{path}")).content)
    for page in PAGES:
        html = (await _get(client, f"/en/collective/{page}")).text
        assert "<script>alert" not in html, page
        assert "<img src=x" not in html, page
