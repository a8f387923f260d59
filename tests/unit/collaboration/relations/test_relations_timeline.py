"""What happened between partners of two countries, how long trust took, and their interests."""

from datetime import date, timedelta

import msgspec

from hanze.collaboration.records.cooperation import Accord
from hanze.collaboration.records.missions import Mission
from hanze.collaboration.records.projects import Project
from hanze.collaboration.relations.happening import day_of
from hanze.collaboration.relations.interests import interests_of, notes_of
from hanze.collaboration.relations.partners import relations
from hanze.collaboration.relations.timeline import circle_of, every_happening, timeline
from hanze.collaboration.relations.trust import trust_of
from tests.collectives import collective_of
from tests.relations_world import (
    ACCORD,
    BRABANT,
    EINDHOVEN,
    GYEONGGI,
    KR,
    LAB,
    MISSION,
    NL,
    RAIN,
    SUWON,
    UTRECHT,
    WATER,
    history,
    places,
)

TODAY = date(2026, 6, 15)


async def test_timeline_should_have_all_that_happened_by_day() -> None:
    async with collective_of(*history(TODAY)) as collective:
        found = timeline(collective, GYEONGGI, TODAY)
    assert [one.on for one in found] == sorted(one.on for one in found)
    kinds = [one.kind for one in found]
    assert kinds.index("visit") < kinds.index("accord") < kinds.index("project")
    assert {one.kind for one in found if one.state == "late"} == {"step"}
    assert {one.kind for one in found if one.state == "planned"} == {"meeting"}


async def test_timeline_should_count_what_is_within_a_partner() -> None:
    async with collective_of(*history(TODAY)) as collective:
        assert circle_of(collective, GYEONGGI) == {GYEONGGI, SUWON, LAB}
        of_lab = timeline(collective, LAB, TODAY)
        of_country = timeline(collective, KR, TODAY)
        with_eindhoven = timeline(collective, GYEONGGI, TODAY, of=EINDHOVEN)
    assert {one.kind for one in of_lab} == {"mission", "visit"}
    assert "event" in {one.kind for one in of_country}
    assert {one.kind for one in with_eindhoven} == {"project", "replication"}


async def test_timeline_should_leave_out_what_crosses_no_border() -> None:
    at_home = Project(
        id="urn:ngsi-ld:Project:test:home",
        title={"en": "At home"},
        source_city=EINDHOVEN,
        stage="pilot",
        partners=(UTRECHT,),
    )
    async with collective_of(*places(), at_home) as collective:
        assert every_happening(collective, TODAY) == ()
        assert timeline(collective, EINDHOVEN, TODAY) == ()


async def test_mission_should_be_told_once_when_both_sides_recorded_it() -> None:
    ours = next(one for one in history(TODAY) if isinstance(one, Mission))
    theirs = msgspec.structs.replace(
        ours,
        id="urn:ngsi-ld:Mission:test:received",
        direction="incoming",
        organiser=GYEONGGI,
        country=NL,
        places=(BRABANT,),
        programme=(),
        counterpart=MISSION,
    )
    async with collective_of(*history(TODAY), theirs) as collective:
        found = [one for one in timeline(collective, GYEONGGI, TODAY) if one.kind == "mission"]
    assert [one.held.record.id for one in found] == [MISSION]
    assert found[0].counterparts == (theirs.id,)


async def test_trust_should_tell_days_from_first_meeting_to_accord() -> None:
    async with collective_of(*history(TODAY)) as collective:
        (trust,) = trust_of(collective, timeline(collective, KR, TODAY))
    assert trust.parties == tuple(sorted((BRABANT, GYEONGGI)))
    # Signed by the last party 100 days ago, the visit was 200 days ago.
    assert (trust.days, trust.visits, trust.exact) == (100, 1, True)


async def test_trust_should_be_negative_and_inexact_when_the_accord_of_a_month_came_first() -> None:
    world = [one for one in history(TODAY) if not isinstance(one, Accord)]
    accord = Accord(
        id=ACCORD,
        title={"en": "On paper"},
        kind="memorandum",
        parties=(BRABANT, GYEONGGI),
        concluded="2025-10",
        status="offered",
    )
    async with collective_of(*world, accord) as collective:
        (trust,) = trust_of(collective, timeline(collective, GYEONGGI, TODAY))
    assert trust.accord is not None
    assert (trust.accord.on, trust.accord.last) == (date(2025, 10, 1), date(2025, 10, 31))
    assert trust.days is not None
    assert trust.days < 0
    assert not trust.exact


async def test_trust_should_have_no_accord_when_none_is_in_force() -> None:
    world = [one for one in history(TODAY) if isinstance(one, Mission)]
    async with collective_of(*places(), *world) as collective:
        (trust,) = trust_of(collective, timeline(collective, GYEONGGI, TODAY))
    assert (trust.accord, trust.visits, trust.days) == (None, 1, None)
    assert trust_of(collective, ()) == ()


def test_day_should_be_read_as_exactly_as_it_is_told() -> None:
    assert day_of("2024") == (date(2024, 1, 1), "year")
    assert day_of("2024-10") == (date(2024, 10, 1), "month")
    assert day_of("2024-10-23") == (date(2024, 10, 23), "day")


async def test_interests_should_rest_on_records() -> None:
    async with collective_of(*history(TODAY)) as collective:
        found = interests_of(collective, GYEONGGI, TODAY)
        notes = notes_of(collective, GYEONGGI)
    shown = {one.theme: [each.how for each in one.shown] for one in found}
    assert shown == {WATER: ["said", "accord"], RAIN: ["demand", "mission", "leads"]}
    assert notes[0].text == {"en": "Above all what happens under the streets."}


async def test_interests_should_leave_out_missions_that_were_cancelled() -> None:
    mission = next(one for one in history(TODAY) if isinstance(one, Mission))
    cancelled = msgspec.structs.replace(mission, status="cancelled")
    async with collective_of(*places(), cancelled) as collective:
        found = interests_of(collective, SUWON, TODAY)
        happened = timeline(collective, GYEONGGI, TODAY)
    assert found == ()
    assert [(one.kind, one.state) for one in happened] == [("mission", "cancelled")]


async def test_relations_should_list_who_took_part_and_with_whom() -> None:
    async with collective_of(*history(TODAY)) as collective:
        found = {one.partner: one for one in relations(collective, TODAY, country=KR)}
        seen_from = relations(collective, TODAY, of=EINDHOVEN)
    assert set(found) == {GYEONGGI, SUWON, LAB}
    gyeonggi = found[GYEONGGI]
    assert (gyeonggi.in_force, gyeonggi.late) == (1, 1)
    assert BRABANT in gyeonggi.others
    assert gyeonggi.following is not None
    assert gyeonggi.following.on == TODAY + timedelta(days=10)
    assert {one.partner for one in seen_from} == {SUWON}
