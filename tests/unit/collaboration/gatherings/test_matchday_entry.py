"""Taking part in a day, asking to meet, and whom to ask for."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.gatherings.attending import asked_of, gathering_of
from hanze.collaboration.gatherings.laying import slots_of, tables_of
from hanze.collaboration.gatherings.opening import (
    Entry,
    NoGuest,
    TooLate,
    ask_to_meet,
    change_day,
    change_participation,
    refuse,
    register,
)
from hanze.collaboration.gatherings.planning import DayNotOpen
from hanze.collaboration.gatherings.proposing import Proposal, fit_text, proposals_for
from hanze.collaboration.matchmaking import Matchmaker
from hanze.collaboration.records.gatherings import MeetingRequest, Participation
from hanze.collaboration.records.offers import Solution
from hanze.errors import InvalidInput
from tests.collectives import NOW, WRITER, Held, holding
from tests.gathering_world import (
    BUSAN,
    DAY,
    DAY_ID,
    EINDHOVEN,
    LAMPS,
    NL,
    SENSORS,
    everything,
    guest_id,
)

TODAY = date(2026, 11, 22)


@pytest.fixture
async def world() -> AsyncIterator[Held]:
    async with holding(*everything()) as held:
        yield held


async def _register(world: Held, entry: Entry, today: date = TODAY) -> Participation:
    collective = await world.collective()
    return await register(world.store, WRITER, collective, DAY_ID, entry, today=today, now=NOW)


async def test_party_should_take_part_once_as_each_of_its_delegates(world: Held) -> None:
    first = await _register(world, Entry(party=LAMPS, languages=("en",)))
    assert (first.side, first.source_city, first.title) == ("home", EINDHOVEN, {"en": "Lamps"})
    with pytest.raises(EntityAlreadyExists):
        await _register(world, Entry(party=LAMPS))
    assert (await _register(world, Entry(party=SENSORS, number=2))).side == "guest"
    unknown = await _register(world, Entry(party="urn:ngsi-ld:Organization:x:y", side="home"))
    assert unknown.title == {"en": "y"}


async def test_registration_should_be_refused_when_it_is_too_late(world: Held) -> None:
    collective = await world.collective()
    await change_day(
        world.store,
        WRITER,
        collective,
        DAY_ID,
        lambda day: replace(day, register_before=TODAY),
        now=NOW,
    )
    assert await _register(world, Entry(party=NL))
    with pytest.raises(TooLate) as late:
        await _register(world, Entry(party=LAMPS), TODAY.replace(day=23))
    assert (late.value.field, late.value.value) == ("registerBefore", "2026-11-22")
    await change_day(
        world.store,
        WRITER,
        collective,
        DAY_ID,
        lambda day: replace(day, status="draft"),
        now=NOW,
    )
    with pytest.raises(DayNotOpen, match="draft"):
        await _register(world, Entry(party=LAMPS))


async def test_request_should_replace_the_one_before_and_a_refusal_take_it_back(
    world: Held,
) -> None:
    own, other = guest_id("busan"), guest_id("lamps")

    async def ask(*requests: MeetingRequest, gone: tuple[str, ...] = ()) -> Participation:
        return await ask_to_meet(
            world.store,
            WRITER,
            await world.collective(),
            own,
            requests,
            not_any_more=gone,
            today=TODAY,
            now=NOW,
        )

    await ask(MeetingRequest(participation=other, interest=2))
    after = await ask(MeetingRequest(participation=other, interest=4))
    assert [(one.participation, one.interest) for one in after.requests][-1] == (other, 4)
    assert len(after.requests) == 2
    several = gathering_of(await world.collective(), DAY_ID).several
    assert [held.record.id for held in asked_of(several, other)] == [own, guest_id("sensors")]
    collective = await world.collective()
    refused = await refuse(world.store, WRITER, collective, own, other, now=NOW)
    assert (len(refused.requests), refused.refuses) == (1, (other,))
    assert (await ask(MeetingRequest(participation=other))).refuses == ()
    assert len((await ask(gone=(other,))).requests) == 1
    with pytest.raises(NoGuest):
        await ask(MeetingRequest(participation="urn:x:nobody"))
    with pytest.raises(NoGuest):
        await refuse(world.store, WRITER, await world.collective(), own, BUSAN, now=NOW)


async def _proposed(world: Held, name: str) -> tuple[Proposal, ...]:
    collective = await world.collective()
    annotations = Annotations(collective)
    return await proposals_for(
        collective,
        annotations,
        Matchmaker(collective, annotations),
        gathering_of(collective, DAY_ID),
        guest_id(name),
        now=NOW,
    )


async def test_proposals_should_find_what_is_offered_in_another_language(world: Held) -> None:
    for name, changed in (
        ("busan", {"requests": (), "seeks": {"ko": "자전거 주차장을 찾습니다"}}),
        ("lamps", {"offers": {"nl": "Slimme fietsenstallingen voor steden"}, "languages": ("nl",)}),
        ("eindhoven", {"offers": {"nl": "Ervaring met afval scheiden"}, "requests": ()}),
    ):
        await change_participation(
            world.store,
            WRITER,
            await world.collective(),
            guest_id(name),
            lambda one, changed=changed: replace(one, **changed),  # type: ignore[misc]  # mypy cannot see a default's type
            now=NOW,
        )
    found = await _proposed(world, "busan")
    assert [one.held.record.id for one in found] == [guest_id("lamps"), guest_id("eindhoven")]
    best = found[0]
    assert best.evidence["offered"]
    assert (best.talk, best.asked) == ("interpreter", True)
    assert best.interest > found[1].interest
    assert best.score > found[1].score
    assert fit_text("offered", ("fietsen",), "nl") == "Biedt wat u zoekt: fietsen"
    with pytest.raises(RecordNotFound):
        await _proposed(world, "nobody")


async def test_proposals_should_read_a_partys_records_when_it_wrote_nothing(world: Held) -> None:
    await world.add(
        Solution(
            id="urn:ngsi-ld:Solution:test:bikes",
            title={"en": "Smart bicycle parking"},
            what_it_does={"en": "Guides cyclists to free bicycle parking"},
            source_city=BUSAN,
            providers=(SENSORS,),
        )
    )
    await change_participation(
        world.store,
        WRITER,
        await world.collective(),
        guest_id("lamps"),
        lambda one: replace(one, seeks={"nl": "fietsenstallingen"}),
        now=NOW,
    )
    found = await _proposed(world, "lamps")
    assert found[0].held.record.id == guest_id("sensors")
    assert (found[0].talk, found[0].parts["wanted"]) == ("common", None)


@settings(max_examples=60, deadline=None)
@given(
    minutes=st.integers(5, 90),
    pause=st.integers(0, 40),
    number=st.integers(1, 12),
    noon=st.integers(0, 12),
    lunch=st.integers(0, 90),
)
def test_slots_should_follow_each_other_when_they_fit(
    minutes: int, pause: int, number: int, noon: int, lunch: int
) -> None:
    try:
        slots = slots_of(
            DAY.on,
            first="08:00",
            minutes=minutes,
            pause=pause,
            number=number,
            noon=noon,
            lunch=lunch,
        )
    except InvalidInput as error:
        assert error.field == "number"
        return
    assert len(slots) == len({one.key for one in slots}) == number
    assert all(one.ends <= two.starts for one, two in pairwise(slots))
    for one in slots:
        took = datetime.fromisoformat(one.ends) - datetime.fromisoformat(one.starts)
        assert took.total_seconds() == minutes * 60


def test_slots_should_be_refused_when_they_make_no_sense() -> None:
    with pytest.raises(InvalidInput, match="09:30"):
        slots_of(DAY.on, first="soon", minutes=20, pause=5, number=3)
    with pytest.raises(InvalidInput, match="1 to 60"):
        slots_of(DAY.on, first="09:30", minutes=20, pause=5, number=61)
    with pytest.raises(InvalidInput, match="1 to 500"):
        tables_of(0)
