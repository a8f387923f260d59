"""Living labs that fit a need, and places that two cannot both have."""

import asyncio
from datetime import date
from typing import Final, TypedDict

import pytest

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.labs import (
    LabNeed,
    NoRoom,
    SlotNotFound,
    WrongBooking,
    book_slot,
    find_labs,
    free_slots,
    release_slot,
    rules_in_force,
)
from hanze.collaboration.records.projects import LabSlot, LivingLab, RuleSetAside
from tests.collectives import NOW, WRITER, collective_of, holding

TODAY = date(2026, 11, 22)
ENSCHEDE = "urn:ngsi-ld:Municipality:NL:GM0153"
SAFETY = "urn:ngsi-ld:Theme:hanze:safety"
KR, US = "urn:ngsi-ld:Country:KR", "urn:ngsi-ld:Country:US"
SPRING: Final = LabSlot(starts=date(2027, 3, 1), ends=date(2027, 5, 31), places=2)
FULL: Final = LabSlot(starts=date(2026, 12, 1), ends=date(2026, 12, 31), places=1, taken=1)


class _Days(TypedDict):
    starts: date
    ends: date


def _lab(key: str, **more: object) -> LivingLab:
    values: dict[str, object] = {"owners": (ENSCHEDE,), "slots": (SPRING, FULL)}
    return LivingLab(
        id=f"urn:ngsi-ld:LivingLab:test:{key}",
        title={"en": key},
        **(values | more),  # type: ignore[arg-type]  # the test's own
    )


def test_free_slots_should_be_those_with_room_in_the_period() -> None:
    lab = _lab("drones")
    assert free_slots(lab, starts=TODAY) == (SPRING,)
    assert free_slots(lab, starts=date(2027, 5, 31), places=2) == (SPRING,)
    assert free_slots(lab, starts=TODAY, places=3) == ()
    assert free_slots(lab, starts=TODAY, ends=date(2027, 2, 28)) == ()
    assert free_slots(lab, starts=date(2027, 6, 1)) == ()


async def test_labs_should_be_ranked_by_what_they_miss() -> None:
    rule = RuleSetAside(
        rule={"en": "Drones may fly out of sight"}, decided_by="ILT", until=date(2027, 12, 31)
    )
    over = RuleSetAside(
        rule={"en": "Drones may fly out of sight"}, decided_by="ILT", until=date(2026, 1, 1)
    )
    labs = (
        _lab("silent", slots=()),
        _lab("expired", equipment=("Drone cage",), rules_set_aside=(over,), themes=(SAFETY,)),
        _lab(
            "whole",
            equipment=("Drone cage", "Radar"),
            rules_set_aside=(rule,),
            themes=(SAFETY,),
            languages=("nl", "en"),
        ),
        _lab("closed", open_to=(US,)),
        _lab("full", slots=(FULL,)),
    )
    need = LabNeed(
        equipment=("drone cage",),
        rules=("out of sight",),
        themes=(SAFETY,),
        country=KR,
        language="en",
    )
    async with collective_of(*labs) as collective:
        found = find_labs(collective, need, TODAY)
    assert [one.lab.record.title["en"] for one in found] == ["whole", "expired", "silent"]
    whole, expired, silent = found
    assert whole.met == ("slots", "equipment", "rules", "themes", "language")
    assert (whole.missing, whole.unknown) == ((), ())
    assert expired.missing == ("rules: out of sight",)
    assert expired.unknown == ("language",)
    assert silent.unknown == ("slots", "themes", "language")
    assert rules_in_force(expired.lab.record, TODAY) == ("Drones may fly out of sight",)


async def test_need_of_nothing_should_find_every_lab_with_room() -> None:
    async with collective_of(_lab("one"), _lab("full", slots=(FULL,))) as collective:
        found = find_labs(collective, LabNeed(), TODAY)
    assert [(one.lab.record.title["en"], one.missing) for one in found] == [("one", ())]


async def test_booking_should_never_go_beyond_the_places_when_many_book_at_once() -> None:
    lab = _lab("drones")
    days = _Days(starts=SPRING.starts, ends=SPRING.ends)
    async with holding(lab) as held:
        tries = [book_slot(held.store, WRITER, lab.id, **days, now=NOW) for _ in range(7)]
        done = await asyncio.gather(*tries, return_exceptions=True)
        assert sorted(one.taken for one in done if isinstance(one, LabSlot)) == [1, 2]
        assert [type(one) for one in done if isinstance(one, Exception)] == [NoRoom] * 5
        record = held.record(lab.id)
        assert isinstance(record, LivingLab)
        assert [slot.taken for slot in record.slots] == [2, 1]
        slot = await release_slot(held.store, WRITER, lab.id, **days, now=NOW)
        assert slot.taken == 1


async def test_booking_should_be_refused_when_it_makes_no_sense() -> None:
    lab = _lab("drones")
    days = _Days(starts=SPRING.starts, ends=SPRING.ends)
    async with holding(lab) as held:
        with pytest.raises(WrongBooking):
            await book_slot(held.store, WRITER, lab.id, **days, places=0, now=NOW)
        with pytest.raises(WrongBooking, match="Only 0"):
            await release_slot(held.store, WRITER, lab.id, **days, now=NOW)
        with pytest.raises(SlotNotFound):
            await book_slot(held.store, WRITER, lab.id, starts=TODAY, ends=TODAY, now=NOW)
        with pytest.raises(RecordNotFound):
            await book_slot(held.store, WRITER, "urn:x:1", **days, now=NOW)
