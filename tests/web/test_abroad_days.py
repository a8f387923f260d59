"""Days, zones and times of others that no calendar has bring no page, feed or figure down."""

from datetime import date
from typing import Final

import pytest
from msgspec.structs import replace

from hanze.collaboration.records.cooperation import (
    Cooperation,
    CooperationStep,
    GroupTask,
    Minutes,
    WorkingGroup,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import FollowUp, Mission, ProgrammeItem
from hanze.collaboration.records.record import Record
from hanze.collaboration.relations.happening import day_of
from hanze.collaboration.writing import create_record
from tests.collectives import NOW, WRITER, holding
from tests.cooperating_world import ACCORD, BUSAN, GRONINGEN, KOREA, an_accord, places
from tests.fairs_world import STAND, fair_records
from tests.in_process import client_of, node_in_memory
from tests.leagues import put_records

AT: Final = "2026-11-01T10:00:00Z"
TITLE: Final = {"en": "One"}
MISSION: Final = "urn:ngsi-ld:Mission:test:one"
GROUP: Final = "urn:ngsi-ld:WorkingGroup:test:one"
PAGES: Final = (
    *("cooperations", "accords", f"accords/{ACCORD}", f"working-groups/{GROUP}"),
    *("mission-calendar", f"abroad/{KOREA}", f"missions/{MISSION}", f"missions/{MISSION}/report"),
    *("fairs", f"fairs/{STAND}", "relations", f"relations/{BUSAN}", "indicators", "follow-ups"),
    *("relations?format=csv", "accords?format=csv", "mission-calendar?from=0001-01"),
)
ANSWERS: Final = (
    *("cooperations", "cooperations/reminders", "cooperations/reminders.ics", "accords"),
    *("working-groups", "mission-calendar?starts=0001-01-01&ends=0001-12-31", "missions"),
    *("mission-calendar.ics?starts=9999-01-01&ends=9999-12-31", f"missions/{MISSION}/report"),
    *(f"missions/{MISSION}/programme.ics", f"missions/{MISSION}/report.jsonld", "relations"),
    *(f"countries/{KOREA}/analysis", f"fairs/{STAND}/programme.ics", "indicators", "follow-ups"),
)


def _records(day: date, zone: str, concluded: str) -> list[Record]:
    accord = an_accord(
        concluded=concluded, valid_from=day, valid_until=day, ended_on=day, source_date=day
    )
    cooperation = "urn:ngsi-ld:Cooperation:test:one"
    mission = Mission(
        id=MISSION,
        title=TITLE,
        direction="outgoing",
        organiser=GRONINGEN,
        country=KOREA,
        starts=day,
        ends=day,
        timezone=zone,
        home_timezone=zone,
        programme=(
            ProgrammeItem(key="a", kind="visit", title=TITLE, starts=f"{day}T23:59"),
            ProgrammeItem(key="b", kind="visit", title=TITLE, starts=zone[:99], timezone=zone),
        ),
        register_before=day,
        open_to_others=True,
    )
    return [
        *places(),
        *fair_records(date(1, 1, 1) if day.year == 1 else date(9999, 12, 29)),
        mission,
        accord,
        Cooperation(id=cooperation, title=TITLE, party=GRONINGEN, partner=BUSAN, since=day),
        *(
            CooperationStep(
                id=f"urn:ngsi-ld:CooperationStep:test:{key}",
                title=TITLE,
                cooperation=cooperation,
                step="meetings",
                due=day,
                done_on=done,
            )
            for key, done in (("open", None), ("done", day))
        ),
        WorkingGroup(
            id=GROUP,
            title=TITLE,
            accord=ACCORD,
            tasks=(GroupTask(key="a", title=TITLE, due=day),),
            minutes=(Minutes(on=day, text=TITLE),),
            next_meeting=day,
        ),
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:one",
            title=TITLE,
            kind="follow-up",
            mission=MISSION,
            on=day,
            due=day,
        ),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "zone", "concluded"),
    [
        (date(1, 1, 1), "../../../etc/passwd", "2024-13"),
        (date(1, 1, 1), "Pacific/Kiritimati", "0000"),
        (date(9999, 12, 31), "Pacific/Pago_Pago", "2024-02-31"),
        (date(9999, 12, 31), "A" * 15_000, "2024-13-45"),
    ],
)
async def test_pages_should_stand_when_others_tell_days_that_no_calendar_has(
    day: date, zone: str, concluded: str
) -> None:
    async with node_in_memory() as node, client_of(node) as client:
        await put_records(node, _records(day, zone, concluded), AT)
        for path in (
            *(f"/en/collective/{page}" for page in PAGES),
            *(f"/api/v1/{answer}" for answer in ANSWERS),
        ):
            answer = await client.get(path)
            assert answer.status_code == 200, (path, answer.text[-300:])
            assert "root:" not in answer.text


@pytest.mark.parametrize("told", ["2024-13", "2024-00", "2024-02-31", "0000", "2024-13-45"])
async def test_accord_should_be_refused_when_it_was_concluded_on_no_day(told: str) -> None:
    async with holding() as world:
        with pytest.raises(InvalidRecord) as caught:
            await create_record(world.store, WRITER, an_accord(concluded=told), now=NOW)
        assert caught.value.field == "concluded"
        allowed = replace(an_accord(), concluded="2024-02-29")
        await create_record(world.store, WRITER, allowed, now=NOW)


@pytest.mark.parametrize(
    ("told", "day", "known"),
    [
        ("2024", date(2024, 1, 1), "year"),
        ("2024-10", date(2024, 10, 1), "month"),
        ("2024-10-23", date(2024, 10, 23), "day"),
        ("2024-13-45", date(2024, 1, 1), "year"),
        ("0000", date(1, 1, 1), "year"),
        ("0000-05", date(1, 1, 1), "year"),
    ],
)
def test_day_of_should_be_what_is_known_when_the_rest_is_not(
    told: str, day: date, known: str
) -> None:
    assert day_of(told) == (day, known)
