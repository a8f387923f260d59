"""Lead cities, the division of work, whose turn it is to chair, and what ministries set aside."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.leadership import (
    UnfitLeadership,
    add_task,
    add_turn,
    budget_totals,
    chair_next,
    chair_today,
    division,
    finish_task,
    lead_cities,
    ministry_contacts,
    propose_rotation,
)
from hanze.collaboration.records.organisations import Contact, Organization
from hanze.collaboration.records.places import Budget, Municipality
from hanze.collaboration.records.themes import Chair, Task, Theme
from tests.collectives import NOW, WRITER, collective_of, holding

TODAY = date(2026, 11, 22)
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
EINDHOVEN = "urn:ngsi-ld:Municipality:NL:GM0772"
SEJONG = "urn:ngsi-ld:Municipality:KR:29"
NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"


def _theme(**more: object) -> Theme:
    return Theme(id=MOBILITY, title={"en": "Mobility"}, **more)  # type: ignore[arg-type]  # the test's own


def _city(city: str, country: str, *leads: str) -> Municipality:
    return Municipality(id=city, title={"en": city}, country=country, leads_themes=leads)


def _chair(city: str, since: date, until: date) -> Chair:
    return Chair(city=city, since=since, until=until)


async def test_lead_cities_should_join_what_theme_and_cities_say_when_both_speak() -> None:
    theme = _theme(lead_cities=(UTRECHT, SEJONG))
    records = (
        theme,
        _city(UTRECHT, NL, MOBILITY),
        _city(EINDHOVEN, NL, MOBILITY),
        _city(SEJONG, KR),
    )
    async with collective_of(*records) as collective:
        found = lead_cities(collective, theme)
    assert {
        country: [(one.city, one.said_by) for one in some] for country, some in found.items()
    } == {
        NL: [(UTRECHT, "both"), (EINDHOVEN, "city")],
        KR: [(SEJONG, "theme")],
    }


async def test_lead_cities_should_leave_the_country_open_when_it_is_not_known() -> None:
    theme = _theme(lead_cities=(UTRECHT,))
    async with collective_of(theme) as collective:
        assert list(lead_cities(collective, theme)) == [None]


def test_division_should_put_what_is_late_first() -> None:
    tasks = (
        Task(city=UTRECHT, task={"en": "done"}, due=date(2026, 1, 1), done_on=date(2026, 2, 1)),
        Task(city=UTRECHT, task={"en": "some day"}),
        Task(city=SEJONG, task={"en": "late"}, due=TODAY - timedelta(days=3)),
        Task(city=SEJONG, task={"en": "today"}, due=TODAY),
    )
    found = division(_theme(tasks=tasks), TODAY)
    assert [(one.number, one.state, one.days) for one in found] == [
        (2, "late", -3),
        (3, "open", 0),
        (1, "open", None),
        (0, "done", -325),
    ]


def test_chair_should_be_whose_period_holds_the_day() -> None:
    chairs = (
        _chair(UTRECHT, date(2026, 1, 1), date(2026, 11, 22)),
        _chair(SEJONG, date(2027, 7, 1), date(2027, 12, 31)),
        _chair(EINDHOVEN, date(2026, 11, 23), date(2027, 6, 30)),
    )
    theme = _theme(chairs=chairs)
    assert chair_today(theme, TODAY) == chairs[0]
    assert chair_next(theme, TODAY) == chairs[2]
    assert chair_today(theme, date(2028, 1, 1)) is None
    assert chair_next(theme, date(2028, 1, 1)) is None


def test_rotation_should_ask_those_first_who_never_chaired() -> None:
    chairs = (
        _chair(UTRECHT, date(2025, 1, 1), date(2025, 6, 30)),
        _chair(SEJONG, date(2026, 8, 31), date(2027, 2, 27)),
    )
    found = propose_rotation(chairs, (SEJONG, UTRECHT, EINDHOVEN), today=TODAY)
    assert [one.chair.city for one in found] == [EINDHOVEN, UTRECHT, SEJONG]
    assert [one.last_until for one in found] == [None, date(2025, 6, 30), date(2027, 2, 27)]
    assert (found[0].chair.since, found[0].chair.until) == (date(2027, 2, 28), date(2027, 8, 27))


def test_rotation_should_be_empty_when_nobody_can_chair() -> None:
    assert propose_rotation((), (), today=TODAY, turns=4) == ()


def test_rotation_should_be_refused_when_it_has_no_end() -> None:
    with pytest.raises(UnfitLeadership):
        propose_rotation((), (UTRECHT,), today=TODAY, turns=1000)


@given(
    cities=st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=7, unique=True),
    history=st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(1, 400)), max_size=8),
    months=st.integers(1, 24),
)
@settings(max_examples=60)
def test_rotation_should_give_everyone_one_of_every_n_turns(
    cities: list[str], history: list[tuple[str, int]], months: int
) -> None:
    day, chairs = date(2020, 1, 31), []
    for city, days in history:
        until = day + timedelta(days=days)
        chairs.append(_chair(city, day, until))
        day = until + timedelta(days=1)
    found = propose_rotation(chairs, cities, today=TODAY, turns=3 * len(cities), months=months)
    for start in range(2 * len(cities)):
        assert len({one.chair.city for one in found[start : start + len(cities)]}) == len(cities)
    turns = [one.chair for one in found]
    for before, after in pairwise(turns):
        assert after.since == before.until + timedelta(days=1)
    assert turns[0].since >= TODAY
    assert all(turn.since > one.until for turn in turns for one in chairs)


async def test_ministry_contacts_should_tell_what_is_missing() -> None:
    ministry = Organization(
        id="urn:ngsi-ld:Organization:NL:ez", title={"en": "EZ"}, kind="ministry"
    )
    contact = Contact(id="urn:ngsi-ld:Contact:NL:desk", title={"en": "Desk"})
    whole = _theme(ministry=ministry.id, ministry_contact=contact.id)
    none = Theme(id="urn:ngsi-ld:Theme:hanze:energy", title={"en": "Energy"})
    vain = Theme(
        id="urn:ngsi-ld:Theme:hanze:water",
        title={"en": "Water"},
        ministry=ministry.id,
        ministry_contact="urn:ngsi-ld:Contact:NL:gone",
    )
    async with collective_of(ministry, contact, whole, none, vain) as collective:
        found = {one.theme.record.id: one for one in ministry_contacts(collective)}
    assert found[MOBILITY].missing == ()
    assert found[MOBILITY].contact is not None
    assert found[none.id].missing == ("ministry", "contact")
    assert found[vain.id].missing == ("contact",)


async def test_budgets_should_be_totalled_by_year_and_never_over_currencies() -> None:
    def budget(year: int, amount: str, currency: str) -> Budget:
        return Budget(year=year, amount=Decimal(amount), currency=currency)

    ez = Organization(
        id="urn:ngsi-ld:Organization:NL:ez",
        title={"en": "EZ"},
        kind="ministry",
        country=NL,
        budgets=(budget(2018, "1.10", "EUR"), budget(2019, "2.20", "EUR")),
    )
    bzk = Organization(
        id="urn:ngsi-ld:Organization:NL:bzk",
        title={"en": "BZK"},
        kind="ministry",
        country=NL,
        budgets=(budget(2018, "0.20", "EUR"),),
    )
    molit = Organization(
        id="urn:ngsi-ld:Organization:KR:molit",
        title={"ko": "국토교통부"},
        kind="ministry",
        country=KR,
        budgets=(budget(2018, "90000000000", "KRW"),),
    )
    company = Organization(
        id="urn:ngsi-ld:Organization:NL:firm",
        title={"en": "Firm"},
        kind="company",
        budgets=(budget(2018, "5", "EUR"),),
    )
    async with collective_of(ez, bzk, molit, company) as collective:
        found = budget_totals(collective)
        korean = budget_totals(collective, KR)
    assert [(one.year, one.currency, one.amount, len(one.parts)) for one in found] == [
        (2019, "EUR", Decimal("2.2"), 1),
        (2018, "EUR", Decimal("1.3"), 2),
        (2018, "KRW", Decimal(90000000000), 1),
    ]
    assert [one.currency for one in korean] == ["KRW"]


async def test_tasks_and_turns_should_be_kept_with_the_theme() -> None:
    async with holding(_theme()) as held:
        task = Task(city=UTRECHT, task={"en": "Write the guide"}, due=date(2026, 12, 1))
        await add_task(held.store, WRITER, MOBILITY, task, now=NOW)
        await finish_task(held.store, WRITER, MOBILITY, 0, on=TODAY, now=NOW)
        turn = _chair(UTRECHT, date(2027, 1, 1), date(2027, 6, 30))
        await add_turn(held.store, WRITER, MOBILITY, turn, now=NOW)
        theme = held.record(MOBILITY)
        assert isinstance(theme, Theme)
        assert [one.done_on for one in theme.tasks] == [TODAY]
        assert theme.chairs == (turn,)
        with pytest.raises(UnfitLeadership, match="no task 7"):
            await finish_task(held.store, WRITER, MOBILITY, 7, on=TODAY, now=NOW)
        with pytest.raises(UnfitLeadership, match="runs into"):
            await add_turn(held.store, WRITER, MOBILITY, turn, now=NOW)
        with pytest.raises(RecordNotFound):
            await add_task(held.store, WRITER, "urn:ngsi-ld:Theme:hanze:none", task, now=NOW)
