"""What no write of a matchmaking day or a participation skips."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.gatherings import (
    DayTable,
    DayTravel,
    Interpreter,
    MatchmakingDay,
    MeetingRequest,
    MeetingSlot,
    Participation,
    PlannedMeeting,
)
from hanze.collaboration.records.record import Record
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_record, create_record
from hanze.collaboration.zones import WrongTime
from hanze.errors import HanzeError
from hanze.identity.caller import Caller
from tests.collectives import NOW, WRITER, Held, holding
from tests.gathering_world import BUSAN, DAY, DAY_ID, EINDHOVEN, GUESTS, LAMPS, guest_id, places

_LATER = "2026-11-22T11:00:00Z"
_SLOT = DAY.slots[0]
_MEETING = PlannedMeeting(one=guest_id("a"), other=guest_id("b"), slot="01", table="1")


def _speaking(organisation: str) -> Caller:
    return Caller(actor="test", roles=WRITER.roles, organisation=organisation)


@pytest.fixture
async def world() -> AsyncIterator[Held]:
    async with holding(*places(), DAY, *GUESTS) as held:
        yield held


async def _change(world: Held, caller: Caller = WRITER, /, **changed: object) -> MatchmakingDay:
    return await change_record(
        world.store,
        caller,
        DAY_ID,
        MatchmakingDay,
        lambda day: replace(day, **changed),
        now=_LATER,
    )


@pytest.mark.parametrize(
    ("changed", "error", "field"),
    [
        ({"timezone": "Mars/Base"}, WrongTime, "timezone"),
        ({"slots": (replace(_SLOT, starts="2027-03-06T09:30"),)}, InvalidRecord, "slots"),
        ({"slots": (replace(_SLOT, ends="2027-03-05T09:30"),)}, InvalidRecord, "slots"),
        ({"slots": (_SLOT, _SLOT)}, InvalidRecord, "slots"),
        ({"slots": (DAY.slots[1], DAY.slots[0])}, InvalidRecord, "slots"),
        ({"slots": ()}, RuleBroken, "slots"),
        ({"tables": (DayTable(key=" "),)}, InvalidRecord, "tables"),
        ({"tables": ()}, RuleBroken, "tables"),
        (
            {"tables": tuple(DayTable(key=str(one)) for one in range(501))},
            InvalidRecord,
            "tables",
        ),
        (
            {"interpreters": (Interpreter(key="T", languages=("nl", "nl")),)},
            InvalidRecord,
            "interpreters",
        ),
        (
            {"interpreters": (Interpreter(key="T", languages=("nl", "ko"), away=("9",)),)},
            InvalidRecord,
            "interpreters",
        ),
        ({"travel": (DayTravel(one="a", other="a", minutes=5),)}, InvalidRecord, "travel"),
        (
            {
                "travel": (
                    DayTravel(one="a", other="b", minutes=5),
                    DayTravel(one="b", other="a", minutes=6),
                )
            },
            InvalidRecord,
            "travel",
        ),
        ({"status": "over"}, RuleBroken, "status"),
        ({"status": "planned"}, RuleBroken, "plannedAt"),
        ({"plan": (_MEETING,)}, RuleBroken, "plan"),
        ({"plan": (replace(_MEETING, slot="9"),), "round": 1}, InvalidRecord, "plan[0].slot"),
        ({"plan": (replace(_MEETING, table="9"),), "round": 1}, InvalidRecord, "plan[0].table"),
        (
            {"plan": (replace(_MEETING, interpreter="9"),), "round": 1},
            InvalidRecord,
            "plan[0].interpreter",
        ),
        (
            {"plan": (_MEETING, replace(_MEETING, other="urn:x:c", table="2")), "round": 1},
            InvalidRecord,
            "plan[1]",
        ),
        ({"source_city": BUSAN}, InvalidRecord, "sourceCity"),
    ],
)
async def test_day_should_be_refused_when_it_does_not_fit_together(
    world: Held, changed: dict[str, object], error: type[HanzeError], field: str
) -> None:
    with pytest.raises(error) as caught:
        await _change(world, **changed)
    assert caught.value.field == field


async def test_slot_should_be_refused_when_clocks_skip_it(world: Held) -> None:
    on = DAY.on.replace(day=28)
    slot = MeetingSlot(key="1", starts=f"{on}T02:30", ends=f"{on}T03:30")
    with pytest.raises(WrongTime, match="03:00"):
        await _change(world, on=on, slots=(slot,))


async def test_plan_should_stay_as_it_was_told_until_it_is_made_again(world: Held) -> None:
    planned = {"plan": (replace(_MEETING, interpreter="T1"),), "round": 1, "planned_at": _LATER}
    await _change(world, **planned, status="planned")
    for changed in (
        {"slots": DAY.slots[1:]},
        {"slots": (replace(_SLOT, ends="2027-03-05T09:50"), *DAY.slots[1:])},
        {"tables": (replace(DAY.tables[0], place="cellar"),)},
        {"timezone": "Asia/Seoul"},
    ):
        with pytest.raises((RuleBroken, InvalidRecord)):
            await _change(world, **changed)
    # What the plan does not use may change, and so may who is ill.
    ill = replace(DAY.interpreters[0], away=("01",))
    after = await _change(world, tables=DAY.tables[:1], interpreters=(ill,))
    assert after.plan != ()
    again = {"plan": (), "round": 2, "tables": (replace(DAY.tables[1], place="cellar"),)}
    assert (await _change(world, **again)).round == 2


async def test_day_should_be_its_organisers(world: Held) -> None:
    assert (await _change(world, _speaking(EINDHOVEN), most_meetings=2)).most_meetings == 2
    with pytest.raises(SpeaksForAnother) as caught:
        await _change(world, _speaking(BUSAN), most_meetings=3)
    assert caught.value.field == "organiser"
    with pytest.raises(SpeaksForAnother):
        other = replace(DAY, id=DAY_ID + "2", organiser=BUSAN, source_city=BUSAN)
        await create_record(world.store, _speaking(EINDHOVEN), other, now=NOW)


async def _guest(world: Held, caller: Caller, name: str, /, **changed: object) -> Participation:
    return await change_record(
        world.store,
        caller,
        guest_id(name),
        Participation,
        lambda one: replace(one, **changed),
        now=_LATER,
    )


async def test_participation_should_be_its_partys(world: Held) -> None:
    # A company's own city stands behind it.
    assert (await _guest(world, _speaking(EINDHOVEN), "lamps", languages=("en",))).languages
    assert (await _guest(world, _speaking(LAMPS), "lamps", status="withdrawn")).status
    with pytest.raises(SpeaksForAnother) as caught:
        await _guest(world, _speaking(EINDHOVEN), "busan", languages=("en",))
    assert caught.value.value == BUSAN
    for name in ("day", "party", "side"):
        with pytest.raises(RuleBroken) as broken:
            value = "home" if name == "side" else "urn:ngsi-ld:Organization:x:y"
            await _guest(world, WRITER, "busan", **{name: value})
        assert broken.value.field == name
    with pytest.raises(InvalidRecord, match="whose word it is"):
        await _guest(world, WRITER, "busan", source_city=EINDHOVEN)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"requests": (MeetingRequest(participation=guest_id("busan")),)}, "requests"),
        ({"requests": (MeetingRequest(participation="urn:x:a"),) * 2}, "requests"),
        ({"refuses": ("urn:x:a", "urn:x:a")}, "refuses"),
        ({"refuses": (guest_id("eindhoven"),)}, "refuses"),
        (
            {"requests": tuple(MeetingRequest(participation=f"urn:x:{n}") for n in range(201))},
            "requests",
        ),
    ],
)
async def test_wishes_should_be_refused_when_they_make_no_sense(
    world: Held, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRecord) as caught:
        await _guest(world, WRITER, "busan", **changed)
    assert caught.value.field == field


async def test_day_should_be_free_to_end_and_go(world: Held) -> None:
    await _change(world, plan=(_MEETING,), round=1, planned_at=_LATER, status="planned")
    await _change(world, status="over")
    record: Record = world.record(DAY_ID)
    assert isinstance(record, MatchmakingDay)
    assert record.status == "over"
    with pytest.raises(RuleBroken, match="nothing"):
        await _change(world, status="open")
