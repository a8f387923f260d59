"""Forms and pages that all types of record have, for those of cooperation across borders."""

import re
from collections.abc import AsyncIterator
from typing import TypeVar

import httpx
import pytest

from hanze.collaboration.records.cooperation import WorkingGroup
from hanze.collaboration.records.gatherings import CityStory
from hanze.collaboration.records.missions import Mission
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from tests.in_process import client_of
from tests.portal.abroad_records import DAY, MISSION, PERMISSION, samples
from tests.portal.collective_world import BUSAN, GRONINGEN, ORIGIN, SEEDER, fill
from tests.portal.form_answers import answers_of

R = TypeVar("R", bound=Record)

STORY = "urn:ngsi-ld:CityStory:test:groningen"
GROUP = "urn:ngsi-ld:WorkingGroup:test:busan"


@pytest.fixture
async def client(empty_node: Node) -> AsyncIterator[httpx.AsyncClient]:
    await fill(empty_node)
    for record in samples():
        await create_record(empty_node.store, SEEDER, record, now=empty_node.clock())
    async with client_of(empty_node) as client:
        yield client


async def _record(node: Node, key: str, kind: type[R]) -> R:
    return (await node.collective.refresh(node.clock())).get(key, kind).record


async def _edit(
    client: httpx.AsyncClient, key: str, answers: dict[str, str]
) -> tuple[httpx.Response, str]:
    """Open the form of a record, change some answers, and send it as a browser would."""
    path = f"/nl/collective/edit/{key}"
    page = (await client.get(path)).text
    sent = answers_of(page) | {name: [text] for name, text in answers.items()}
    return await client.post(path, data=sent, headers=ORIGIN), page


def test_samples_should_be_of_every_type_that_crosses_borders() -> None:
    names = list(RECORD_TYPES)
    crossing = names[names.index("Mission") : names.index("Organization")]
    assert {type(one).__name__ for one in samples()} == set(crossing)


async def test_form_should_change_nothing_when_nothing_is_changed(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    for sample in samples():
        before = (await empty_node.collective.refresh(empty_node.clock())).find(sample.id)
        answer, _ = await _edit(client, sample.id, {})
        assert answer.status_code == 303, (sample.id, answer.text)
        after = (await empty_node.collective.refresh(empty_node.clock())).find(sample.id)
        assert before is not None
        assert after is not None
        assert after.record == before.record


async def test_form_should_take_times_of_a_clock_and_records_by_name(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    changes = {"sessions-1.ends": "2026-05-12T15:30:00", "sessions-2.key": "s3"}
    changes |= {"sessions-2.title.nl": "Slot", "sessions-2.starts": "2026-05-13"}
    answer, page = await _edit(client, STORY, changes)
    assert 'type="datetime-local" value="2026-05-12T15:00"' in page
    assert answer.status_code == 303, answer.text
    sessions = (await _record(empty_node, STORY, CityStory)).sessions
    assert [one.ends for one in sessions] == [None, "2026-05-12T15:30", None]
    assert sessions[2].starts == "2026-05-13"

    answer, _ = await _edit(client, GROUP, {"tasks-1.owner": "부산광역시"})
    assert answer.status_code == 303, answer.text
    tasks = (await _record(empty_node, GROUP, WorkingGroup)).tasks
    assert [one.owner for one in tasks] == [BUSAN, BUSAN]


WRONG = (
    (DAY, {"slots-0.starts": "2026-05-12"}, "Schrijf de dag en de tijd"),
    (DAY, {"slots-0.starts": "2026-02-30T09:00"}, "Schrijf de dag en de tijd"),
    (GROUP, {"minutes-0.document": "ab"}, "64 cijfers"),
    (GROUP, {"tasks-0.owner": "Atlantis"}, "Atlantis"),
    (MISSION, {"ends": "2026-05-01"}, "niet"),
    (MISSION, {"timezone": "Mars/Olympus"}, "Mars/Olympus"),
)


async def test_form_should_say_what_is_wrong_and_change_nothing(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    for key, answers, told in WRONG:
        before = (await empty_node.collective.refresh(empty_node.clock())).find(key)
        answer, _ = await _edit(client, key, answers)
        assert answer.status_code == 400, answers
        assert told in answer.text
        after = (await empty_node.collective.refresh(empty_node.clock())).find(key)
        assert after is not None
        assert before is not None
        assert after.record == before.record


async def test_new_form_should_begin_with_what_is_usual(
    client: httpx.AsyncClient, empty_node: Node
) -> None:
    page = (await client.get("/nl/collective/new/Mission")).text
    assert answers_of(page)["days_known"] == ["yes"]
    assert '<option value="Asia/Seoul">' in page
    assert "die vult u na het opslaan in" in page
    sent = answers_of(page) | {
        **{"title.nl": ["Uit Busan"], "direction": ["incoming"], "organiser": [GRONINGEN]},
        **{"source_city": [GRONINGEN], "country": ["urn:ngsi-ld:Country:KR"]},
        **{"starts": ["2027-03-01"], "ends": ["2027-03-31"], "days_known": ["no"]},
        **{"timezone": ["Europe/Amsterdam"], "home_timezone": ["Asia/Seoul"]},
        **{"delegates-0.role.ko": ["국장"], "delegates-0.organization": ["Busan"]},
    }
    made = await client.post("/nl/collective/new/Mission", data=sent, headers=ORIGIN)
    assert made.status_code == 303, made.text
    shown = await client.get(made.headers["location"])
    assert "maart 2027" in shown.text
    assert "1 maart 2027" not in shown.text
    collective = await empty_node.collective.refresh(empty_node.clock())
    (mission,) = (one.record for one in collective.of(Mission) if one.record.id != MISSION)
    assert mission.days_known is False
    assert mission.delegates[0].organization == BUSAN


async def test_form_should_say_where_the_rest_is_asked(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/en/collective/edit/{PERMISSION}")).text
    assert "Costs, Exchange rates: these have a page of their own." in page
    assert f'href="/en/collective/missions/{MISSION}/money"' in page


@pytest.mark.parametrize(
    "language",
    ["nl", pytest.param("en", marks=pytest.mark.slow), pytest.param("ko", marks=pytest.mark.slow)],
)
async def test_record_page_should_show_every_type(client: httpx.AsyncClient, language: str) -> None:
    for sample in samples():
        page = await client.get(f"/{language}/collective/record/{sample.id}")
        assert page.status_code == 200, sample.id
        assert "T10:00" not in page.text, sample.id
        own = re.search(
            r'class="act actions">\s*<a class="utrecht-button" href="([^"]+)"', page.text
        )
        assert own is not None, sample.id
        assert (await client.get(own[1])).status_code == 200, own[1]
        kind = type(sample).__name__
        listed = await client.get(f"/{language}/collective/overview", params={"type": kind})
        assert sample.id in listed.text


async def test_record_page_should_tell_times_as_people_read_them(client: httpx.AsyncClient) -> None:
    times = (await client.get(f"/nl/collective/record/{MISSION}")).text
    assert "11 mei 2026, 10:00" in times
    assert "Bestuurders" in times


async def test_downloads_should_hold_every_type(client: httpx.AsyncClient) -> None:
    for sample in samples():
        kind = type(sample).__name__
        for ending in ("csv", "json", "jsonld", "geojson"):
            got = await client.get(f"/api/v1/records.{ending}", params={"type": kind})
            assert got.status_code == 200, (kind, ending)
        schema = await client.get(f"/api/v1/schemas/{kind}")
        assert schema.status_code == 200, kind
