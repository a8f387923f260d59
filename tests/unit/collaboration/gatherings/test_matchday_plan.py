"""A day is planned, planned again, and what changed is told."""

from collections.abc import AsyncIterator

import pytest
from icalendar import Calendar
from msgspec.structs import replace

from hanze.collaboration.collective import Collective, RecordNotFound
from hanze.collaboration.gatherings.attending import gathering_of, speaks
from hanze.collaboration.gatherings.calendars import Book, calendar_of
from hanze.collaboration.gatherings.changes import changes_between, changes_of
from hanze.collaboration.gatherings.files import plan_csv
from hanze.collaboration.gatherings.opening import change_day, change_participation
from hanze.collaboration.gatherings.planning import (
    Alteration,
    DayChanged,
    DayNotOpen,
    DayTooLarge,
    UnknownKey,
    plan_matchday,
    plan_stands,
)
from hanze.collaboration.gatherings.posing import problem_of
from hanze.collaboration.gatherings.sheets import (
    change_text,
    lines_of,
    own_lines,
    party_name,
    without,
)
from hanze.collaboration.held import Held as HeldRecord
from hanze.collaboration.held import Home
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation, PlannedMeeting
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.identity.caller import Caller
from tests.collectives import NOW, WRITER, Held, holding
from tests.gathering_world import BUSAN, DAY, DAY_ID, GUESTS, everything, guest_id

_LATER = "2026-11-22T11:00:00Z"


@pytest.fixture
async def world() -> AsyncIterator[Held]:
    async with holding(*everything()) as held:
        yield held


async def _plan(
    world: Held, alteration: Alteration | None = None, now: str = NOW
) -> MatchmakingDay:
    made = await plan_matchday(
        world.store,
        WRITER,
        await world.collective(),
        DAY_ID,
        alteration=alteration,
        time_limit_s=5,
        now=now,
    )
    assert not plan_stands(
        (await world.collective()).get(DAY_ID, MatchmakingDay),
        gathering_of(await world.collective(), DAY_ID).several,
    )
    return made.day


def _calendar(collective: Collective, name: str | None = None) -> dict[str, tuple[str, int, str]]:
    gathering = gathering_of(collective, DAY_ID)
    raw = calendar_of(
        Book(
            day=gathering.day,
            several=gathering.by_id,
            names=party_name(collective, gathering.several, "en"),
            language="en",
            link=lambda record_id: f"http://localhost/{record_id}",
            participation=guest_id(name) if name else None,
        )
    )
    calendar = Calendar.from_ical(raw)
    return {
        str(event["uid"]): (
            str(event["summary"]),
            int(str(event["sequence"])),
            str(event.get("status")),
        )
        for event in calendar.walk("VEVENT")
    }


async def test_plan_should_bring_everybody_who_asked_together_when_there_is_room(
    world: Held,
) -> None:
    day = await _plan(world)
    assert {(one.one, one.other) for one in day.plan} == {
        (guest_id("busan"), guest_id("eindhoven")),
        (guest_id("busan"), guest_id("lamps")),
        (guest_id("eindhoven"), guest_id("sensors")),
        (guest_id("lamps"), guest_id("sensors")),
    }
    assert (day.round, day.status, day.unplanned, day.changes) == (1, "planned", (), ())
    assert without(day, gathering_of(await world.collective(), DAY_ID).there) == ()


async def test_next_plan_should_keep_what_it_can_when_an_interpreter_falls_ill(world: Held) -> None:
    first = await _plan(world)
    before = _calendar(await world.collective(), "busan")
    used = next(one.interpreter for one in first.plan if one.interpreter is not None)
    second = await _plan(world, Alteration(interpreters_away=(used,)), _LATER)
    assert len(second.plan) == len(first.plan)
    away = {one.key: one.away for one in second.interpreters}
    assert away[used] == tuple(slot.key for slot in second.slots)
    assert {one.interpreter for one in second.plan if one.interpreter} <= set(away) - {used}
    assert {one.change for one in second.changes} <= {"interpreter", "moved", "table"}
    untouched = {(one.one, one.other) for one in first.plan} - {
        (one.one, one.other) for one in second.changes
    }
    sequences = {(one.one, one.other): one.sequence for one in second.plan}
    assert all(sequences[pair] == 0 for pair in untouched)
    after = _calendar(await world.collective(), "busan")
    assert after.keys() == before.keys()
    changed = {guest_id("busan")} & {key for one in second.changes for key in (one.one, one.other)}
    assert (after != before) is bool(changed)


async def test_calendar_should_cancel_a_meeting_and_take_it_up_again_under_the_same_name(
    world: Held,
) -> None:
    await _plan(world)
    before = _calendar(await world.collective(), "busan")
    second = await _plan(world, Alteration(absent=(guest_id("lamps"),)), _LATER)
    assert {one.change for one in second.changes} >= {"dropped"}
    dropped = _calendar(await world.collective(), "busan")
    assert dropped.keys() == before.keys()
    gone = next(uid for uid, (name, _, _) in dropped.items() if name == "Meeting with Lamps")
    assert dropped[gone][1:] == (1, "CANCELLED")
    assert [one.reason for one in second.unplanned] == ["unknown-guest"]
    await _plan(world, Alteration(back=(guest_id("lamps"),)), "2026-11-22T12:00:00Z")
    again = _calendar(await world.collective(), "busan")
    assert again[gone][1:] == (2, "None")


async def test_calendar_should_tell_that_a_day_is_called_off(world: Held) -> None:
    await _plan(world)
    await change_day(
        world.store,
        WRITER,
        await world.collective(),
        DAY_ID,
        lambda day: replace(day, status="cancelled"),
        now=_LATER,
    )
    told = _calendar(await world.collective())
    assert {one[1:] for one in told.values()} == {(1, "CANCELLED")}
    assert any(name == "Busan ↔ Lamps" for name, _, _ in told.values())
    with pytest.raises(DayNotOpen, match="cancelled"):
        await _plan(world)


async def test_calendar_should_name_the_zone_the_table_and_what_the_other_wrote(
    world: Held,
) -> None:
    await _plan(world)
    collective = await world.collective()
    gathering = gathering_of(collective, DAY_ID)
    raw = calendar_of(
        Book(
            day=gathering.day,
            several=gathering.by_id,
            names=party_name(collective, gathering.several, "ko"),
            language="ko",
            link=lambda record_id: f"http://localhost/{record_id}",
            participation=guest_id("eindhoven"),
        )
    )
    calendar = Calendar.from_ical(raw)
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Amsterdam"]
    event = next(one for one in calendar.walk("VEVENT") if str(one["summary"]) == "부산광역시 상담")
    assert "hall, Town hall" in str(event["location"])
    assert "부산광역시: for busan" in str(event["description"])
    assert event.decoded("dtstart").tzinfo is not None


async def test_sheets_should_tell_everybody_their_own_day(world: Held) -> None:
    first = await _plan(world)
    second = await _plan(world, Alteration(absent=(guest_id("lamps"),)), _LATER)
    lines = own_lines(second, guest_id("busan"))
    assert len([line for line in lines if not line.cancelled]) == 3
    assert [line.other for line in lines if line.cancelled] == [guest_id("lamps")]
    assert [line.other for line in lines if line.meeting and not line.cancelled] == [
        guest_id("eindhoven")
    ]
    collective = await world.collective()
    names = party_name(collective, gathering_of(collective, DAY_ID).several, "nl")
    told = [change_text(second, one, "nl", lambda key: names[key]) for one in second.changes]
    assert any(text.startswith("Busan en Lamps: het gesprek van ") for text in told)
    assert changes_of(second, guest_id("lamps")) != ()
    table = plan_csv(second, names)
    assert table.count("cancelled,") == 2
    assert plan_csv(first, names, guest_id("busan")).count("\n") == 3
    assert all(line.starts.tzname() == "CET" for line in lines_of(first, first.plan))


async def test_plan_should_be_told_not_to_hold_when_somebody_withdraws(world: Held) -> None:
    await _plan(world)
    await change_participation(
        world.store,
        WRITER,
        await world.collective(),
        guest_id("lamps"),
        lambda one: replace(one, status="withdrawn"),
        now=_LATER,
    )
    gathering = gathering_of(await world.collective(), DAY_ID)
    assert len(gathering.there) == 3
    assert plan_stands(gathering.held, gathering.several)
    again = await _plan(world, now=_LATER)
    assert len(again.plan) == 2


async def test_alteration_should_be_refused_when_it_names_what_is_not_there(world: Held) -> None:
    for alteration in (
        Alteration(interpreters_away=("T9",)),
        Alteration(interpreters_away=("T1",), slots=("99",)),
        Alteration(tables_gone=("7",)),
        Alteration(absent=("urn:x:nobody",)),
    ):
        with pytest.raises(UnknownKey, match="The day has no"):
            await _plan(world, alteration)
    with pytest.raises(RecordNotFound):
        await plan_matchday(world.store, WRITER, await world.collective(), BUSAN, now=NOW)


async def test_plan_should_do_with_fewer_tables_when_one_is_gone(world: Held) -> None:
    await _plan(world)
    second = await _plan(world, Alteration(tables_gone=("2",)), _LATER)
    assert {one.table for one in second.plan} == {"1"}
    assert [one.key for one in second.tables] == ["1"]
    assert len(second.plan) == 3
    assert {one.reason for one in second.unplanned} <= {"tables-full", "others-first"}


async def test_plan_should_be_refused_when_the_day_changed_meanwhile(world: Held) -> None:
    collective = await world.collective()
    await change_day(
        world.store,
        WRITER,
        collective,
        DAY_ID,
        lambda day: replace(day, most_meetings=1),
        now=_LATER,
    )
    with pytest.raises(DayChanged):
        await plan_matchday(world.store, WRITER, collective, DAY_ID, greedy=True, now=_LATER)


async def test_plan_should_be_refused_when_there_are_too_many(
    world: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanze.collaboration.gatherings.planning._MOST_GUESTS", 3)
    with pytest.raises(DayTooLarge, match="4 participants"):
        await _plan(world)


async def test_participation_should_count_only_where_it_speaks_for_its_party(world: Held) -> None:
    collective = await world.collective()
    day = collective.get(DAY_ID, MatchmakingDay)
    home = Home("x", "elsewhere", "http://localhost")

    def told(one: Participation, at: Home | None) -> bool:
        return speaks(collective, HeldRecord(one, "", NOW, NOW, at), day)

    busan, sensors = GUESTS[2], GUESTS[3]
    assert told(busan, home)
    assert not told(replace(busan, source_city="urn:x:other"), home)
    assert told(sensors, None)
    assert not told(sensors, home)
    assert not told(replace(sensors, party="urn:x:unknown"), home)
    assert told(replace(sensors, party="urn:x:unknown"), None)


def test_problem_should_count_the_minutes_that_pass_when_the_clock_is_set_back() -> None:
    on = DAY.on.replace(year=2026, month=10, day=25)
    slots = tuple(
        replace(slot, starts=f"{on}T{hour}", ends=f"{on}T{until}")
        for slot, hour, until in zip(
            DAY.slots, ("01:00", "04:00"), ("01:30", "04:30"), strict=False
        )
    )
    problem = problem_of(replace(DAY, on=on, slots=slots), ())
    assert [(one.starts_min, one.ends_min) for one in problem.slots] == [(60, 90), (300, 330)]
    assert problem_of(replace(DAY, slots=()), GUESTS).slots == ()


def test_changes_should_tell_the_greatest_first() -> None:
    def meeting(one: str, slot: str, table: str, interpreter: str | None = None) -> PlannedMeeting:
        return PlannedMeeting(one=one, other="z", slot=slot, table=table, interpreter=interpreter)

    before = (
        meeting("a", "1", "1"),
        meeting("b", "1", "2"),
        meeting("c", "2", "1"),
        meeting("d", "2", "2", "T1"),
        meeting("e", "3", "1"),
    )
    after = (
        replace(before[1], slot="3"),
        replace(before[2], table="4"),
        replace(before[3], interpreter="T2"),
        before[4],
        meeting("f", "3", "2"),
    )
    found = changes_between(before, after)
    assert [(one.change, one.one) for one in found] == [
        ("dropped", "a"),
        ("added", "f"),
        ("moved", "b"),
        ("table", "c"),
        ("interpreter", "d"),
    ]


async def test_day_of_another_should_not_be_planned(world: Held) -> None:
    other = Caller(actor="test", roles=WRITER.roles, organisation=BUSAN)
    with pytest.raises(SpeaksForAnother, match="not for"):
        await plan_matchday(world.store, other, await world.collective(), DAY_ID, now=NOW)
