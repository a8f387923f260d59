"""The calendar of what is coming, as periods and as feeds; the checklist before a tender."""

from collections.abc import AsyncIterator
from datetime import date
from functools import partial

import pytest
from icalendar import Calendar
from lxml import etree

from hanze.collaboration.calendar_feeds import as_atom, as_icalendar
from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.demand_calendar import (
    EVENT_KINDS,
    EVENT_TEXTS,
    calendar_events,
    calendar_periods,
    competitions,
)
from hanze.collaboration.procurement import CheckState, checklist
from hanze.collaboration.procurement_texts import ITEMS
from hanze.collaboration.records.needs import Competition, DemandBundle, Membership, Tender
from hanze.collaboration.records.offers import Standard, Subsidy
from hanze.collaboration.records.record import LANGUAGES
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import (
    MOBILITY,
    TODAY,
    add,
    city,
    city_id,
    collected,
    country,
    demand,
    ruled_store,
)

UTRECHT, BUSAN = city_id("Utrecht"), city_id("21", "KR")
CONTEST = Competition(opens=date(2027, 2, 1), closes=date(2027, 4, 30), url="https://x.example/")
T = {"en": "text"}


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        await add(store, city("Utrecht"), city("21", "KR"), country("NL"), country("KR"))
        await add(
            store,
            demand(
                "u",
                UTRECHT,
                themes=(MOBILITY,),
                deadline=date(2027, 1, 15),
                competition=CONTEST,
                description={"en": "Line one\nline two, with; signs \u0007"},
            ),
            demand("b", BUSAN, tender=Tender(starts=date(2028, 3, 1))),
            demand("done", UTRECHT, status="withdrawn"),
            Subsidy(id="urn:ngsi-ld:Subsidy:test:1", title=T, closes=date(2026, 12, 31)),
        )
        yield store


async def test_calendar_should_list_what_is_coming(store: Store) -> None:
    collective, _ = await collected(store)
    coming = partial(calendar_events, collective, starts=date(2026, 1, 1), ends=date(2029, 12, 31))
    found = coming()
    assert [(one.kind, one.starts.isoformat()) for one in found] == [
        ("subsidy", "2026-12-31"),
        ("needed", "2027-01-01"),
        ("needed", "2027-01-01"),
        ("deadline", "2027-01-15"),
        ("competition", "2027-02-01"),
        ("tender", "2028-03-01"),
    ]
    assert len({one.uid for one in found}) == len(found)
    korean = coming(country="urn:ngsi-ld:Country:KR")
    assert [one.kind for one in korean] == ["needed", "tender"]
    assert len(coming(theme=MOBILITY)) == 3
    assert [one.kind for one in coming(kinds=("tender",))] == ["tender"]


async def test_bundles_should_be_in_the_calendar_of_their_members(store: Store) -> None:
    bundle = DemandBundle(
        id="urn:ngsi-ld:DemandBundle:test:1",
        title=T,
        demands=("urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:test:b"),
        memberships=(Membership(city=BUSAN, decision="joined", on=TODAY),),
        members=(BUSAN,),
        wanted_until=date(2027, 6, 30),
    )
    await add(store, bundle)
    collective, _ = await collected(store)
    found = calendar_events(
        collective, starts=date(2027, 1, 1), ends=date(2027, 12, 31), city=BUSAN
    )
    assert bundle.id in {one.record.record.id for one in found}


async def test_periods_should_hold_what_touches_them(store: Store) -> None:
    collective, _ = await collected(store)
    events = calendar_events(collective, starts=date(2027, 1, 1), ends=date(2028, 12, 31))
    quarters = calendar_periods(events, first_year=2027, years=2)
    assert [one.label for one in quarters][:4] == ["2027-Q1", "2027-Q2", "2027-Q3", "2027-Q4"]
    assert [len(one.events) for one in quarters[:4]] == [4, 3, 2, 2]
    assert quarters[1].ends == date(2027, 6, 30)
    assert quarters[0].by_theme == {MOBILITY: 3}
    (year, after) = calendar_periods(events, first_year=2027, years=2, unit="year")
    assert (year.label, len(year.events), len(after.events)) == ("2027", 4, 1)


async def test_competitions_should_be_open_or_still_to_open(store: Store) -> None:
    collective, _ = await collected(store)
    assert [one.starts for one in competitions(collective, today=TODAY)] == [CONTEST.opens]
    assert competitions(collective, today=date(2027, 5, 1)) == []


async def test_icalendar_should_be_read_back_by_others(store: Store) -> None:
    collective, _ = await collected(store)
    events = calendar_events(collective, starts=date(2026, 1, 1), ends=date(2029, 1, 1))
    feed = as_icalendar(events, name="Vraag", language="nl", link=lambda one: f"https://h/{one}")
    calendar = Calendar.from_ical(feed)
    entries = {str(one["uid"]): one for one in calendar.walk("VEVENT")}
    contest = entries["urn:ngsi-ld:Demand:test:u#competition"]
    assert contest.decoded("dtstart") == date(2027, 2, 1)
    assert contest.decoded("dtend") == date(2027, 5, 1)
    assert str(contest["summary"]) == "Prijsvraag: Parking for bicycles"
    assert str(contest["url"]) == "https://x.example/"
    assert str(contest["description"]).startswith("Line one\nline two, with; signs")
    deadline = entries["urn:ngsi-ld:Demand:test:u#deadline"]
    assert str(deadline["url"]) == "https://h/urn:ngsi-ld:Demand:test:u"
    assert feed == as_icalendar(
        events, name="Vraag", language="nl", link=lambda one: f"https://h/{one}"
    )


async def test_atom_should_be_well_formed(store: Store) -> None:
    collective, _ = await collected(store)
    events = calendar_events(collective, starts=date(2026, 1, 1), ends=date(2029, 1, 1))
    feed = as_atom(
        events, name="수요", language="ko", address="https://h/feed", link=lambda one: "https://h/"
    )
    root = etree.fromstring(feed)
    spaces = {"a": "http://www.w3.org/2005/Atom"}
    assert len(root.findall("a:entry", spaces)) == len(events)
    assert root.findtext("a:entry/a:author/a:name", namespaces=spaces)
    empty = as_atom([], name="x", language="en", address="https://h/", link=lambda one: one)
    assert b"1970" in empty


async def test_checklist_should_tell_met_not_met_and_unknown(store: Store) -> None:
    standard = Standard(
        id="urn:ngsi-ld:Standard:test:1", title=T, identifier="X", open_standard=True
    )
    good = demand(
        "good",
        UTRECHT,
        standards=(standard.id,),
        personal_data=False,
        openness="open",
        residents_groups=("cyclists",),
        launching_customer=True,
        requirements=("Data portability in CSV", "WCAG 2.2", "Duurzaam materiaal"),
    )
    bad = demand("bad", BUSAN, personal_data=True, openness="closed", volume=None)
    await add(store, standard, good, bad)
    collective, _ = await collected(store)
    states = {one.code: one.state for one in checklist(collective, good.id)}
    assert set(states) == set(ITEMS)
    met = {code for code, state in states.items() if state is CheckState.MET}
    assert met == {
        *("open-standards", "privacy-assessment", "no-lock-in", "residents-involved"),
        *("innovation-friendly", "volume-and-budget"),
        *("data-portability", "accessibility", "sustainability"),
    }
    assert CheckState.NOT_MET not in states.values()
    refused = {one.code for one in checklist(collective, bad.id) if one.state is CheckState.NOT_MET}
    assert refused == {"open-standards", "privacy-assessment", "no-lock-in", "volume-and-budget"}


async def test_checklist_of_a_bundle_should_ask_all_of_its_demands(store: Store) -> None:
    await add(store, demand("open", UTRECHT, openness="open"))
    await add(store, demand("either", BUSAN, openness="either"))
    ids = ("urn:ngsi-ld:Demand:test:open", "urn:ngsi-ld:Demand:test:either")
    await add(store, DemandBundle(id="urn:ngsi-ld:DemandBundle:test:1", title=T, demands=ids))
    collective, _ = await collected(store)
    found = {one.code: one for one in checklist(collective, "urn:ngsi-ld:DemandBundle:test:1")}
    assert found["no-lock-in"].state is CheckState.UNKNOWN
    assert found["open-standards"].state is CheckState.NOT_MET
    with pytest.raises(RecordNotFound):
        checklist(collective, UTRECHT)


def test_texts_should_be_in_all_languages() -> None:
    assert set(EVENT_TEXTS) == set(EVENT_KINDS)
    labels = [*EVENT_TEXTS.values(), *(one.title for one in ITEMS.values())]
    labels += [one.todo for one in ITEMS.values()]
    assert all(set(label) == set(LANGUAGES) for label in labels)
