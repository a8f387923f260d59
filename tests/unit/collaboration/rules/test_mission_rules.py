"""What may be written of missions and events."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Final

import pytest

from hanze.collaboration.collective import Collective
from hanze.collaboration.missions.editing import (
    ItemNotFound,
    confirm_items,
    drop_items,
    propose_items,
    put_item,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import Mission, ProgrammeItem
from tests.collectives import NOW, WRITER, Held, holding
from tests.unit.collaboration.missions.mission_records import UTRECHT, event, item, mission, places

FIRST, LAST = date(2027, 3, 26), date(2027, 3, 30)
MISSION = "urn:ngsi-ld:Mission:test:a"


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    async with holding(*places(), mission("a", UTRECHT, FIRST, LAST)) as held:
        yield held


def _wrong(*items: ProgrammeItem, **more: object) -> Mission:
    return mission("b", UTRECHT, FIRST, LAST, programme=items, **more)


#: Missions that cannot be, and the field that says why.
_REFUSED: Final = (
    (_wrong(timezone="Asia/Busan"), "timezone"),
    (_wrong(home_timezone="CEST"), "homeTimezone"),
    (_wrong(register_before=date(2027, 4, 1)), "ends"),
    (mission("b", UTRECHT, LAST, FIRST), "ends"),
    (_wrong(counterpart="urn:ngsi-ld:Mission:test:b"), "counterpart"),
    (_wrong(item("x", "2027-03-27"), item("x", None)), "programme[1].key"),
    (_wrong(item(" ", "2027-03-27")), "programme[0].key"),
    (_wrong(item("x", "2027-03-25T10:00")), "programme[0].starts"),
    (_wrong(item("x", "2027-03-32")), "programme[0].starts"),
    (_wrong(item("x", "2027-03-27T10:00", timezone="Mars/Base")), "programme[0].timezone"),
    (_wrong(item("x", None, "2027-03-27T10:00")), "programme[0].ends"),
    (_wrong(item("x", "2027-03-27", "2027-03-27T10:00")), "programme[0].ends"),
    (_wrong(item("x", "2027-03-27T10:00", "2027-03-27T09:00")), "programme[0].ends"),
    (_wrong(*(item(str(n), None) for n in range(301))), "programme"),
)


async def test_mission_should_be_refused_when_it_cannot_be(held: Held) -> None:
    for wrong, field in _REFUSED:
        with pytest.raises(InvalidRecord) as raised:
            await held.add(wrong)
        assert raised.value.field == field


async def test_time_that_clocks_skip_should_be_refused_with_the_next(held: Held) -> None:
    skipped = item("x", "2027-03-28T02:30", timezone="Europe/Amsterdam")
    with pytest.raises(InvalidRecord, match="2027-03-28T03:00"):
        await held.add(_wrong(skipped))


async def test_travel_should_be_allowed_on_the_days_around(held: Held) -> None:
    flight = item(
        *("flight", "2027-03-25T13:00", "2027-03-26T08:30"),
        kind="travel",
        timezone="Europe/Amsterdam",
    )
    await held.add(_wrong(flight))


async def test_event_should_be_refused_when_its_zone_is_none(held: Held) -> None:
    with pytest.raises(InvalidRecord) as raised:
        await held.add(event("x", {"en": "Fair"}, FIRST, timezone="Asia/Busan"))
    assert raised.value.field == "timezone"
    with pytest.raises(InvalidRecord) as raised:
        await held.add(event("x", {"en": "Fair"}, LAST, ends=FIRST))
    assert raised.value.field == "ends"


async def _collective(held: Held) -> Collective:
    return await held.collective()


async def test_items_should_be_put_in_order_replaced_and_taken_out(held: Held) -> None:
    collective = await _collective(held)
    for one in (item("b", "2027-03-27T14:00"), item("a", "2027-03-27T10:00")):
        await put_item(held.store, WRITER, collective, MISSION, one, now=NOW)
    later = item("a", "2027-03-28T10:00")
    changed = await put_item(held.store, WRITER, collective, MISSION, later, now=NOW)
    assert [one.key for one in changed.programme] == ["b", "a"]
    left = await drop_items(held.store, WRITER, collective, MISSION, ["b"], now=NOW)
    assert left.programme == (later,)
    with pytest.raises(ItemNotFound):
        await drop_items(held.store, WRITER, collective, MISSION, ["b"], now=NOW)


async def test_proposals_should_take_the_place_of_others_and_keep_what_is_confirmed(
    held: Held,
) -> None:
    collective = await _collective(held)
    own = item("own", "2027-03-27T10:00")
    await put_item(held.store, WRITER, collective, MISSION, own, now=NOW)
    first = [item("x", "2027-03-26T10:00"), item("y", "2027-03-26T14:00")]
    proposed = await propose_items(held.store, WRITER, collective, MISSION, first, now=NOW)
    assert [(one.key, one.proposed) for one in proposed.programme] == [
        ("proposal-1", True),
        ("proposal-2", True),
        ("own", False),
    ]
    await confirm_items(held.store, WRITER, collective, MISSION, ["proposal-1"], now=NOW)
    again = [item("z", "2027-03-29T10:00")]
    after = await propose_items(held.store, WRITER, collective, MISSION, again, now=NOW)
    assert [(one.title["en"], one.proposed) for one in after.programme] == [
        ("x", False),
        ("own", False),
        ("z", True),
    ]
    with pytest.raises(ItemNotFound, match="nowhere"):
        await confirm_items(held.store, WRITER, collective, MISSION, ["nowhere"], now=NOW)
