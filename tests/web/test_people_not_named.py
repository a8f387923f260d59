"""A contact that is gone took their word back: nothing tells the end of its id, which may be a name."""

from datetime import date, timedelta
from typing import Final

import pytest

from hanze.collaboration.records.cooperation import (
    Cooperation,
    CooperationStep,
    GroupMember,
    GroupTask,
    MentorProfile,
    Mentorship,
    WorkingGroup,
)
from hanze.collaboration.records.gatherings import (
    DayTable,
    MatchmakingDay,
    MeetingSlot,
    Participation,
    Session,
)
from hanze.collaboration.records.missions import Delegate, FollowUp, Mission, ProgrammeItem
from hanze.collaboration.records.record import Record
from tests.cooperating_world import ACCORD, BUSAN, GRONINGEN, KOREA, an_accord, places
from tests.fairs_world import STAND, a_stand, a_story
from tests.in_process import client_of, node_in_memory
from tests.leagues import put_records

AT: Final = "2026-11-01T10:00:00Z"
NAME: Final = "jan-jansen"
GONE: Final = f"urn:ngsi-ld:Contact:test:{NAME}"
MISSION: Final = "urn:ngsi-ld:Mission:test:one"
COOPERATION: Final = "urn:ngsi-ld:Cooperation:test:one"
GROUP: Final = "urn:ngsi-ld:WorkingGroup:test:one"
DAY: Final = "urn:ngsi-ld:MatchmakingDay:test:one"
GUEST: Final = "urn:ngsi-ld:Participation:test:one"
TITLE: Final = {"en": "One"}
PAGES: Final = (
    *("cooperations", f"cooperations/{COOPERATION}", f"accords/{ACCORD}"),
    *(f"working-groups/{GROUP}", "mission-calendar", f"abroad/{KOREA}", f"missions/{MISSION}"),
    *(f"missions/{MISSION}/report", f"matchmaking-days/{DAY}", f"matchmaking-days/{DAY}/plan"),
    *(f"matchmaking-days/participation/{GUEST}", f"fairs/{STAND}", f"fairs/{STAND}?by=city"),
    *(f"relations/{BUSAN}", "mentors", "follow-ups"),
    *(f"record/{one}" for one in (MISSION, COOPERATION, GROUP, DAY, GUEST, ACCORD)),
)
ANSWERS: Final = (
    *("cooperations", f"cooperations/{COOPERATION}", "cooperations/reminders.ics"),
    *(f"accords/{ACCORD}", "working-groups", f"working-groups/{GROUP}", "mission-calendar"),
    *("mission-calendar.ics", "missions", f"missions/{MISSION}", f"missions/{MISSION}/report"),
    *(f"missions/{MISSION}/report.jsonld", f"missions/{MISSION}/programme.ics"),
    *(f"countries/{KOREA}/analysis", f"matchmaking-days/{DAY}", f"participations/{GUEST}"),
    *(f"matchmaking-days/{DAY}/calendar.ics", f"fairs/{STAND}", f"fairs/{STAND}/event.jsonld"),
    *(f"fairs/{STAND}/programme.ics", f"relations/{BUSAN}", "mentors", "mentors/matching"),
)


def _mission(key: str, day: date) -> Mission:
    return Mission(
        id=f"urn:ngsi-ld:Mission:test:{key}",
        title={"en": f"Mission {key}"},
        source_city=GRONINGEN,
        contacts=(GONE,),
        direction="outgoing",
        organiser=GRONINGEN,
        country=KOREA,
        starts=day,
        ends=day + timedelta(days=3),
        timezone="Asia/Seoul",
        home_timezone="Europe/Amsterdam",
        # In two missions at a time: that is told, but not of whom.
        delegates=(Delegate(role={"en": "Alderman"}, contact=GONE, leads=True),),
        programme=(ProgrammeItem(key="a", kind="visit", title=TITLE, starts=f"{day}T10:00"),),
        open_to_others=True,
    )


def _cooperation() -> list[Record]:
    return [
        an_accord(contacts=(GONE,)),
        Cooperation(
            id=COOPERATION, title=TITLE, party=GRONINGEN, partner=BUSAN, source_city=GRONINGEN
        ),
        CooperationStep(
            id="urn:ngsi-ld:CooperationStep:test:one",
            title=TITLE,
            source_city=GRONINGEN,
            cooperation=COOPERATION,
            step="contacts",
            contact=GONE,
        ),
        WorkingGroup(
            id=GROUP,
            title=TITLE,
            source_city=GRONINGEN,
            contacts=(GONE,),
            accord=ACCORD,
            members=(GroupMember(party=GRONINGEN, contact=GONE), GroupMember(party=BUSAN)),
            tasks=(GroupTask(key="a", title=TITLE),),
        ),
    ]


def _people() -> list[Record]:
    profiles = [
        MentorProfile(
            id=f"urn:ngsi-ld:MentorProfile:test:{role}",
            title={"en": role},
            role=role,
            contact=GONE,
            languages=("en",),
        )
        for role in ("mentor", "student")
    ]
    mentor, student = (one.id for one in profiles)
    one = "urn:ngsi-ld:Mentorship:test:one"
    return [*profiles, Mentorship(id=one, title=TITLE, mentor=mentor, student=student)]


def _gatherings(day: date) -> list[Record]:
    session = Session(key="a", title=TITLE, starts=f"{day}T10:00", contacts=(GONE,))
    return [
        a_stand(contacts=(GONE,)),
        a_story(GRONINGEN, "Groningen", session, contacts=(GONE,)),
        MatchmakingDay(
            id=DAY,
            title=TITLE,
            source_city=GRONINGEN,
            contacts=(GONE,),
            organiser=GRONINGEN,
            on=day,
            timezone="Asia/Seoul",
            status="open",
            slots=(MeetingSlot(key="1", starts=f"{day}T10:00", ends=f"{day}T10:30"),),
            tables=(DayTable(key="1"),),
        ),
        Participation(
            id=GUEST,
            title=TITLE,
            source_city=GRONINGEN,
            day=DAY,
            party=GRONINGEN,
            side="home",
            contact=GONE,
        ),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "nl", "ko"])
async def test_contact_should_be_named_nowhere_when_it_is_gone(lang: str) -> None:
    day = date.today() + timedelta(days=9)  # noqa: DTZ011  # any day to come
    records = [
        *places(),
        *(_mission(key, day) for key in ("one", "other")),
        *_cooperation(),
        *_people(),
        *_gatherings(day),
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:one",
            title=TITLE,
            kind="result",
            mission=MISSION,
            on=day,
            contacts=(GONE,),
        ),
    ]
    async with node_in_memory() as node, client_of(node) as client:
        await put_records(node, records, AT)
        asked = [f"/{lang}/collective/{page}" for page in PAGES]
        if lang == "en":
            asked += [f"/api/v1/{answer}" for answer in ANSWERS]
        for path in asked:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert NAME not in answer.text, path
