"""The overview filters, counts, sorts and pages as a walk over all records would."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.filters import UNKNOWN, Filters
from hanze.collaboration.overview import FACETS, Overview, overview, select
from hanze.collaboration.records.offers import Standard
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record, text_of
from hanze.collaboration.records.themes import Concept, Theme
from hanze.collaboration.search import Search
from tests.collectives import collective_of
from tests.unit.collaboration.searchable import (
    BIKES,
    BUSAN,
    KR,
    LAMPS,
    MOBILITY,
    NL,
    SHED,
    STALLING,
    UTRECHT,
    WORLD,
    searching,
)

_CITIES = ["urn:ngsi-ld:Municipality:t:1", "urn:ngsi-ld:Municipality:t:2", "urn:ngsi-ld:Region:t:r"]
_REGISTERS = (Country, Region, Municipality, Theme, Standard, Concept, Contact)
_THEMES = ["urn:ngsi-ld:Theme:t:a", "urn:ngsi-ld:Theme:t:b", "urn:ngsi-ld:Theme:t:c"]
_PLACES: tuple[Record, ...] = (
    Country(id="urn:ngsi-ld:Country:t:x", title={"en": "X"}, iso_code="XX"),
    Region(id=_CITIES[2], title={"en": "R"}, country="urn:ngsi-ld:Country:t:x"),
    Municipality(
        id=_CITIES[0], title={"en": "One"}, region=_CITIES[2], country="urn:ngsi-ld:Country:t:x"
    ),
    Municipality(id=_CITIES[1], title={"en": "Two"}),
    Theme(id=_THEMES[0], title={"en": "a"}),
    Theme(id=_THEMES[1], title={"en": "b"}, broader=_THEMES[0]),
    Theme(id=_THEMES[2], title={"en": "c"}),
)
_PROJECTS = st.lists(
    st.builds(
        lambda title, city, themes, stage, provenance, day: {
            "title": {"en": title},
            "source_city": city,
            "themes": tuple(themes),
            "stage": stage,
            "provenance": provenance,
            "source_date": day,
        },
        st.sampled_from(["alpha", "beta", "Alphabet soup", "alphabet soup again", "éé", "다리"]),
        st.sampled_from([None, *_CITIES]),
        st.lists(st.sampled_from(_THEMES), unique=True, max_size=2),
        st.sampled_from(["idea", "pilot", "stopped"]),
        st.sampled_from([None, "imported", "simulated"]),
        st.sampled_from([date(2024, 1, 1), date(2025, 5, 5), date(2026, 1, 1)]),
    ),
    max_size=25,
)
_FILTERS = st.builds(
    Filters,
    types=st.sampled_from([(), ("Project",), ("Project", "Theme"), ("Demand",)]),
    themes=st.sampled_from([(), (_THEMES[0],), (_THEMES[1], UNKNOWN), (UNKNOWN,)]),
    cities=st.sampled_from([(), (_CITIES[0],), (UNKNOWN,), ("urn:x:none",)]),
    regions=st.sampled_from([(), (_CITIES[2],), (UNKNOWN,)]),
    countries=st.sampled_from([(), ("urn:ngsi-ld:Country:t:x",), (UNKNOWN,)]),
    stages=st.sampled_from([(), ("idea",), ("pilot", "stopped")]),
    provenances=st.sampled_from([(), ("imported",), (UNKNOWN,)]),
    since=st.sampled_from([None, date(2025, 1, 1)]),
)


@pytest.fixture
async def world() -> AsyncIterator[tuple[Collective, Search]]:
    async with collective_of(*WORLD) as collective:
        yield collective, await searching(collective)


def _ids(found: Overview) -> list[str]:
    return [row.held.record.id for row in found.rows]


def _counts(found: Overview, facet: str) -> dict[str, int]:
    return {one.value: one.count for one in found.facets[facet]}


async def test_overview_should_show_everything_the_newest_first(
    world: tuple[Collective, Search],
) -> None:
    found = overview(*world, Filters(), limit=100)
    assert found.total == len(WORLD) == len(found.rows)
    assert found.pending == 0
    registers = [type(row.held.record) in _REGISTERS for row in found.rows]
    assert registers == sorted(registers)
    for register in (False, True):
        dates = [
            row.date for row in found.rows if (type(row.held.record) in _REGISTERS) is register
        ]
        assert dates == sorted(dates, reverse=True)
    newest = overview(*world, Filters(), sort="date", limit=100)
    dates = [row.date for row in newest.rows]
    assert dates == sorted(dates, reverse=True)
    assert _counts(found, "country") == {NL: 5, KR: 3, UNKNOWN: 3}
    assert _counts(found, "stage") == {"pilot": 1, "stopped": 1}


async def test_a_row_should_say_whose_it_is_and_where_it_comes_from(
    world: tuple[Collective, Search],
) -> None:
    (row,) = overview(*world, Filters(types=("Demand",))).rows
    assert row.city is not None
    assert row.city.record.id == UTRECHT
    assert (row.date, row.provenance, row.tenant) == ("2026-03-01", "simulated", "")
    (row,) = overview(*world, Filters(types=("Solution",))).rows
    assert (row.city, row.provenance) == (None, UNKNOWN)


@pytest.mark.parametrize("theme", ["mobility", MOBILITY])
async def test_a_theme_should_include_what_is_below_it(
    world: tuple[Collective, Search], theme: str
) -> None:
    found = overview(*world, Filters(themes=(theme,)), language="nl")
    expected = {MOBILITY, BIKES, STALLING} if theme == "mobility" else {MOBILITY, BIKES}
    assert set(_ids(found)) == expected
    (label,) = {one.label for one in found.facets["theme"] if one.value == "mobility"}
    assert label == "mobiliteit"
    assert overview(*world, Filters(themes=("bicycle-parking",))).total == 1


async def test_text_and_filters_should_narrow_together(world: tuple[Collective, Search]) -> None:
    found = overview(*world, Filters(text="bicycle parking", types=("Demand", "Project")))
    assert set(_ids(found)) == {BIKES, SHED}
    assert _counts(found, "type") == {"Demand": 1, "Project": 1, "Solution": 1}
    assert all(row.matches for row in found.rows)
    chosen = {one.value for one in found.facets["type"] if one.chosen}
    assert chosen == {"Demand", "Project"}


async def test_sorting_should_follow_titles_and_cities(world: tuple[Collective, Search]) -> None:
    titles = overview(*world, Filters(), sort="title", language="nl", limit=100)
    shown = [text_of(row.held.record.title, "nl").casefold() for row in titles.rows]
    assert shown == sorted(shown)
    cities = _ids(overview(*world, Filters(types=("Project",)), sort="city"))
    assert cities == [SHED, LAMPS]
    last = overview(*world, Filters(), sort="city", limit=100).rows[-1]
    assert last.held.city is None


async def test_pages_should_not_overlap(world: tuple[Collective, Search]) -> None:
    for sort in ("date", "title", "city", "relevance"):
        pages = [
            identifier
            for offset in range(0, len(WORLD), 3)
            for identifier in _ids(overview(*world, Filters(), sort=sort, offset=offset, limit=3))
        ]
        assert sorted(pages) == sorted(record.id for record in WORLD)
        whole = [held.record.id for held in select(*world, Filters(), sort=sort)]
        assert whole == pages
    assert overview(*world, Filters(), sort="title", offset=99).rows == ()


@settings(max_examples=25)
@given(projects=_PROJECTS, filters=_FILTERS)
async def test_counts_should_be_those_of_a_walk(
    projects: list[dict[str, object]], filters: Filters
) -> None:
    records = [
        Project(id=f"urn:ngsi-ld:Project:t:{number}", **fields)  # type: ignore[arg-type]  # the test's own
        for number, fields in enumerate(projects)
    ]
    async with collective_of(*_PLACES, *records) as collective:
        search = await searching(collective)
        found = overview(collective, search, filters, limit=100)
        every = list(collective.every())
        expected = [held for held in every if _passes(held, filters, collective)]
        assert found.total == len(expected)
        assert set(_ids(found)) == {held.record.id for held in expected}
        for facet in FACETS:
            shown = {value: count for value, count in _counts(found, facet).items() if count}
            assert shown == _walk(every, facet, filters, collective), facet


def _walk(
    every: list[Held[Record]], facet: str, filters: Filters, collective: Collective
) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for held in every:
        if _passes(held, filters, collective, without=facet):
            counted.update(_values(held, facet, collective, counting=True))
    return dict(counted)


def _passes(
    held: Held[Record], filters: Filters, collective: Collective, without: str = ""
) -> bool:
    if filters.since is not None and date.fromisoformat(held.date) < filters.since:
        return False
    for name in ("type", "theme", "city", "region", "country", "stage", "provenance"):
        wanted = filters.values(name)
        asked = wanted and name != without
        if asked and not set(wanted) & _values(held, name, collective, counting=False):
            return False
    return True


def _values(held: Held[Record], name: str, collective: Collective, *, counting: bool) -> set[str]:
    record = held.record
    place = collective.find(held.city) if held.city else None
    known: dict[str, str | None] = {
        "type": type(record).__name__,
        "city": held.city,
        "provenance": record.provenance,
        "region": None,
        "country": None,
    }
    if place is not None:
        own = place.record
        known["region"] = own.id if isinstance(own, Region) else getattr(own, "region", None)
        known["country"] = own.id if isinstance(own, Country) else getattr(own, "country", None)
    if name == "theme":
        named = set(record.themes) | ({record.id} if isinstance(record, Theme) else set())
        above = {_THEMES[0]} if _THEMES[1] in named else set()
        return named | above or {UNKNOWN}
    if name == "stage":
        stage = getattr(record, "stage", None)
        return {stage} if stage else set() if counting else {UNKNOWN}
    return {known[name] or UNKNOWN}


async def test_a_theme_that_moves_should_take_its_records_along() -> None:
    project = Project(
        id="urn:ngsi-ld:Project:t:1", title={"en": "x"}, stage="idea", themes=(_THEMES[1],)
    )
    async with collective_of(*_PLACES, project) as collective:
        search = await searching(collective)
        assert overview(collective, search, Filters(themes=(_THEMES[0],))).total == 3


async def test_a_city_should_be_found_by_itself(world: tuple[Collective, Search]) -> None:
    found = overview(*world, Filters(cities=(BUSAN,)), limit=100)
    assert set(_ids(found)) == {BUSAN, SHED}
