"""Shared stands: whose stories belong to them, when sessions are, and what other programs read."""

from datetime import date
from typing import Any

import pytest
from icalendar import Calendar
from msgspec.structs import replace

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.fairs.stand_feeds import fair_entries, fair_linked
from hanze.collaboration.fairs.stands import fair_of, fairs
from hanze.collaboration.fairs.stories import (
    NoSuchSession,
    put_session,
    remove_session,
    story_of,
    tell,
)
from hanze.collaboration.feeds import feed
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.gatherings import JointPresentation, Session
from hanze.collaboration.records.missions import Event
from hanze.collaboration.records.record import Record
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.zones import WrongTime
from tests.collectives import NOW, WRITER, Held, collective_of, holding
from tests.fairs_world import (
    DELFT,
    EVENT,
    GYEONGGI,
    KOREA,
    MOBILITY,
    ROTTERDAM,
    SPAIN,
    STAND,
    UTRECHT,
    a_stand,
    a_story,
    fair_records,
    places,
)
from tests.unit.collaboration.flow_records import speaking_for

FIRST = date(2026, 11, 3)
BEFORE, DURING, AFTER = date(2026, 11, 1), date(2026, 11, 4), date(2026, 11, 6)


async def test_fair_should_put_stories_and_programme_together() -> None:
    async with collective_of(*places(), *fair_records()) as collective:
        fair = fair_of(collective, STAND, DURING)
    assert fair.event is not None
    assert fair.event.record.id == EVENT
    assert [one.record.city for one in fair.stories] == [UTRECHT, ROTTERDAM]
    assert (fair.cities, fair.city_count, fair.state) == ((UTRECHT, ROTTERDAM, DELFT), 17, "now")
    assert len(fair.tracks) == 2
    told = [(one.session.key, str(one.day), one.clock[0]) for one in fair.sessions]
    assert told == [
        ("open", "2026-11-03", ""),
        ("water", "2026-11-04", "09:30"),
        ("bikes", "2026-11-04", "10:00"),
        ("later", "None", ""),
    ]
    bikes = fair.sessions[2]
    assert bikes.starts is not None
    assert bikes.starts.isoformat() == "2026-11-04T10:00:00+01:00"
    assert bikes.ends is not None


async def test_story_should_wait_when_the_stand_does_not_name_its_city() -> None:
    stranger = a_story(GYEONGGI, "Gyeonggi", Session(key="k", title={"en": "K"}))
    false = a_story(UTRECHT, "Forged", source_city=GYEONGGI)
    async with collective_of(*fair_records(), stranger, false) as collective:
        fair = fair_of(collective, STAND, BEFORE)
        with pytest.raises(RecordNotFound):
            fair_of(collective, EVENT, BEFORE)
    assert [one.record.city for one in fair.waiting] == [GYEONGGI]
    assert [one.record.city for one in fair.stories] == [UTRECHT, ROTTERDAM]
    assert all(one.story.record.city != GYEONGGI for one in fair.sessions)


async def test_fairs_should_be_listed_soonest_first_then_the_latest() -> None:
    def event(key: str, first: date) -> list[Record]:
        values = replace(_event(), id=f"{EVENT}{key}", starts=first, ends=first)
        return [values, a_stand(id=f"{STAND}{key}", event=f"{EVENT}{key}", cities=())]

    others = [
        *event("old", date(2018, 11, 13)),
        *event("late", date(2025, 3, 5)),
        *event("next", date(2027, 1, 5)),
        a_stand(id=f"{STAND}lost", event="urn:ngsi-ld:Event:test:none"),
    ]
    async with collective_of(*places(), *fair_records(), *others) as collective:
        found = fairs(collective, BEFORE)
        keys = [one.held.record.id.removeprefix(STAND) for one in found]
        assert keys == ["", "next", "lost", "late", "old"]
        states = [one.state for one in found]
        assert states == ["coming", "coming", "unknown", "past", "past"]
        assert len(fairs(collective, BEFORE, year=2018)) == 1
        assert len(fairs(collective, BEFORE, country=SPAIN)) == 4
        assert fairs(collective, BEFORE, country=KOREA) == ()
        assert len(fairs(collective, BEFORE, city=DELFT)) == 2
        assert len(fairs(collective, AFTER, theme=MOBILITY)) == 5


def _event() -> Event:
    event = fair_records()[0]
    assert isinstance(event, Event)
    return event


async def test_programme_should_be_read_by_a_calendar() -> None:
    async with collective_of(*places(), *fair_records()) as collective:
        fair = fair_of(collective, STAND, BEFORE)
        entries = fair_entries(
            fair, collective, language="en", link=lambda stand: f"https://x.example/{stand}"
        )
        own = fair_entries(
            fair, collective, language="ko", link=lambda stand: stand, city=ROTTERDAM
        )
    calendar = Calendar.from_ical(feed(entries, name="Fair", product="test"))
    events = {str(one["UID"]): one for one in calendar.walk("VEVENT")}
    # A session without a day is in no calendar.
    assert len(events) == 4
    bikes = events["urn:ngsi-ld:CityStory:test:Utrecht#bikes"]
    assert str(bikes.decoded("DTSTART")) == "2026-11-04 10:00:00+01:00"
    assert str(bikes["SUMMARY"]) == "Utrecht: Counting bicycles"
    assert str(bikes["LOCATION"]) == "Room A, Hall 2, D-141, Barcelona"
    assert [one["TZID"] for one in calendar.walk("VTIMEZONE")] == ["Europe/Madrid"]
    assert len(own) == 3


async def test_session_should_be_in_no_calendar_when_another_node_tells_no_day() -> None:
    absurd = [
        Session(key=str(number), title={"en": "X"}, starts=starts, ends="9999-12-31T23:59")
        for number, starts in enumerate(("0001-01-01T00:00", "9999-12-31T10:00", "soon"))
    ]
    async with collective_of(*fair_records()[:2], a_story(UTRECHT, "u", *absurd)) as collective:
        fair = fair_of(collective, STAND, BEFORE)
        entries = fair_entries(fair, collective, language="en", link=str)
    assert [one.day for one in fair.sessions] == [None, None, None]
    assert len(Calendar.from_ical(feed(entries, name="F", product="t")).walk("VEVENT")) == 1


async def test_stand_should_be_told_in_words_of_schema_org() -> None:
    async with collective_of(*places(), *fair_records()) as collective:
        told: dict[str, Any] = fair_linked(
            fair_of(collective, STAND, BEFORE), collective, link=lambda stand: f"https://x/{stand}"
        )
    assert (told["@context"], told["@type"]) == ("https://schema.org", "ExhibitionEvent")
    assert {one["@language"] for one in told["name"]} == {"en", "nl", "ko"}
    assert (told["startDate"], told["endDate"]) == ("2026-11-03", "2026-11-05")
    assert told["location"]["address"] == {"@type": "PostalAddress", "addressCountry": "ES"}
    assert [one["@id"] for one in told["contributor"]] == [UTRECHT, ROTTERDAM, DELFT]
    session = told["subEvent"][2]
    assert session["startDate"] == "2026-11-04T10:00:00+01:00"
    assert session["performer"]["name"][0]["@value"] == "Traffic department"
    assert "startDate" not in told["subEvent"][3]


async def _tell(store: Held, city: str = DELFT, **more: Any) -> None:
    collective = await store.collective()
    values: dict[str, Any] = {"track": {"en": "Delft shows"}, "description": {}, "now": NOW}
    stand = collective.get(STAND, JointPresentation)
    caller = more.pop("caller", WRITER)
    await tell(store.store, caller, collective, stand, city, **(values | more))


async def test_city_should_write_its_story_and_sessions() -> None:
    async with holding(*places(), *fair_records()) as store:
        await _tell(store)
        await _tell(store, track={"en": "Delft again"})
        story = story_of(await store.collective(), STAND, DELFT)
        assert story is not None
        assert story.record.track == {"en": "Delft again"}
        assert story.record.source_city == DELFT
        late = Session(key="b", title={"en": "B"}, starts="2026-11-05T12:00")
        early = replace(late, key="a", starts="2026-11-05T09:00", ends="2026-11-05T10:00")
        await put_session(store.store, WRITER, story, late, now=NOW)
        after = await put_session(store.store, WRITER, story, early, now=NOW)
        assert [one.key for one in after.sessions] == ["a", "b"]
        after = await remove_session(store.store, WRITER, story, "a", now=NOW)
        assert [one.key for one in after.sessions] == ["b"]
        with pytest.raises(NoSuchSession):
            await remove_session(store.store, WRITER, story, "a", now=NOW)


async def test_story_should_be_the_citys_own_when_it_is_written() -> None:
    async with holding(*places(), *fair_records()) as store:
        with pytest.raises(SpeaksForAnother):
            await _tell(store, caller=speaking_for(UTRECHT))
        await _tell(store, caller=speaking_for(DELFT))
        with pytest.raises(RuleBroken, match="a record of the city itself"):
            await store.add(a_story(GYEONGGI, "x", source_city=UTRECHT))


@pytest.mark.parametrize(
    ("session", "error", "told"),
    [
        ({"starts": "2026-03-29T02:30"}, WrongTime, "2026-03-29T03:00"),
        ({"starts": "2026-02-30"}, WrongTime, "no day"),
        ({"starts": "soon"}, WrongTime, "no day"),
        (
            {"starts": "2026-11-05T10:00", "ends": "2026-11-05T09:00"},
            InvalidRecord,
            "must be after",
        ),
        ({"starts": "2026-11-05", "ends": "2026-11-05T09:00"}, InvalidRecord, "with a time"),
        ({"contacts": (UTRECHT,)}, InvalidRecord, "ids of contacts"),
        ({"key": "bikes"}, InvalidRecord, "each key once"),
        ({"title": {}}, InvalidRecord, "must have a text"),
        ({"starts": "0001-01-01T00:00"}, WrongTime, "not of the years"),
    ],
)
async def test_session_should_be_refused_when_it_cannot_be(
    session: dict[str, Any], error: type[Exception], told: str
) -> None:
    wrong = Session(**({"key": "new", "title": {"en": "New"}} | session))
    bikes = Session(key="bikes", title={"en": "Bikes"})
    async with holding(*places(), *fair_records()[:2]) as store:
        with pytest.raises(error, match=told):
            await store.add(a_story(UTRECHT, "u", bikes, wrong))
