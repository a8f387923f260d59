"""Connections are links that nobody entered, with their evidence; the far and the rare come first."""

import time
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective
from hanze.collaboration.connections import Connection, Step, find_connections
from hanze.collaboration.meetings import MEETING_TYPES, Meetings
from hanze.collaboration.records.matches import Match
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Platform, Solution
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import Lesson, Project
from hanze.collaboration.records.record import Record
from tests.collectives import collective_of

NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
UTRECHT, ZWOLLE = "urn:ngsi-ld:Municipality:NL:GM0344", "urn:ngsi-ld:Municipality:NL:GM0193"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"
WATER, HEALTH = "urn:ngsi-ld:Theme:hanze:water", "urn:ngsi-ld:Theme:hanze:health"
SUPPLIER = "urn:ngsi-ld:Organization:x:acme"

PLACES: tuple[Record, ...] = (
    Country(id=NL, title={"en": "Netherlands"}, iso_code="NL"),
    Country(id=KR, title={"en": "Korea"}, iso_code="KR"),
    Municipality(id=UTRECHT, title={"nl": "Utrecht"}, country=NL),
    Municipality(id=ZWOLLE, title={"nl": "Zwolle"}, country=NL),
    Municipality(id=BUSAN, title={"ko": "부산"}, country=KR),
)


def _project(key: str, city: str | None, **more: Any) -> Project:
    fields: dict[str, Any] = {"stage": "pilot", "title": {"en": f"Project {key}"}, **more}
    return Project(id=f"urn:ngsi-ld:Project:x:{key}", source_city=city, **fields)


def _demand(key: str, city: str | None, text: str, language: str = "en", **more: Any) -> Demand:
    return Demand(
        id=f"urn:ngsi-ld:Demand:x:{key}",
        title={language: text},
        problem={language: text},
        source_city=city,
        **more,
    )


def _find(collective: Collective, **asked: Any) -> list[Connection]:
    return find_connections(collective, Meetings(Annotations(collective)), **asked)


def _ends(found: Sequence[Connection], kind: str) -> list[set[str]]:
    return [
        {one.one.record.id.rpartition(":")[2], one.other.record.id.rpartition(":")[2]}
        for one in found
        if one.kind == kind
    ]


async def test_what_is_far_apart_should_surprise_more() -> None:
    projects = (
        _project("a", UTRECHT, suppliers=(SUPPLIER,), themes=(WATER,)),
        _project("b", ZWOLLE, suppliers=(SUPPLIER,), themes=(WATER,)),
        _project("c", BUSAN, suppliers=(SUPPLIER,), themes=(HEALTH,)),
    )
    async with collective_of(*PLACES, *projects) as collective:
        found = _find(collective)
        assert {frozenset(one) for one in _ends(found, "same-supplier")[:2]} == {
            frozenset("ac"),
            frozenset("bc"),
        }
        assert found[0].surprise > found[-1].surprise
        assert found[0].path == (
            Step(found[0].one.record.id, "suppliers", SUPPLIER),
            Step(found[0].other.record.id, "suppliers", SUPPLIER),
        )


async def test_what_was_entered_should_not_be_told_again() -> None:
    one = _project("a", UTRECHT, suppliers=(SUPPLIER,))
    named = _project("b", BUSAN, suppliers=(SUPPLIER,), demand="urn:ngsi-ld:Demand:x:d")
    also = _project("c", ZWOLLE, suppliers=(SUPPLIER,), demand="urn:ngsi-ld:Demand:x:d")
    need = _demand("d", ZWOLLE, "Flooded streets")
    async with collective_of(*PLACES, one, named, also, need) as collective:
        pairs = _ends(_find(collective), "same-supplier")
        # b and c answer one demand: somebody knows of both.
        assert sorted(map(sorted, pairs)) == [["a", "b"], ["a", "c"]]


async def test_a_match_of_both_should_count_as_entered() -> None:
    text = "Cellars flood after heavy rain: flood warning and rainwater storage"
    here, there = _demand("nl", UTRECHT, text), _demand("kr", BUSAN, text)
    match = Match(
        id="urn:ngsi-ld:Match:x:1",
        title={"en": "m"},
        kind="demand-solution",
        parties=(here.id, there.id),
        score=0.5,
    )
    async with collective_of(*PLACES, here, there) as collective:
        assert _ends(_find(collective), "same-need") == [{"nl", "kr"}]
    async with collective_of(*PLACES, here, there, match) as collective:
        assert _ends(_find(collective), "same-need") == []


async def test_a_lesson_of_a_stopped_project_should_meet_a_demand_across_languages() -> None:
    stopped = _project(
        "stopped",
        BUSAN,
        stage="stopped",
        title={"ko": "자전거 보관소 안내"},
        lessons=(
            Lesson(text={"ko": "예산이 부족했습니다."}),
            Lesson(text={"ko": "자전거 보관소의 센서가 고장 났습니다."}, failure=True),
        ),
    )
    need = _demand("bikes", UTRECHT, "Te weinig fietsenstallingen bij het station", "nl")
    async with collective_of(*PLACES, stopped, need) as collective:
        (found,) = _find(collective, record=need.id)
        assert found.kind == "lesson-for-demand"
        assert (found.one.record.id, found.other.record.id) == (need.id, stopped.id)
        concepts = {step.value for step in found.path if step.attribute == "problem"}
        assert "bicycle-parking" in concepts
        assert found.path[-1] == Step(stopped.id, "lessons", "2")


async def test_a_solution_should_show_where_it_was_proven() -> None:
    proven = _project("proof", BUSAN)
    solution = Solution(
        id="urn:ngsi-ld:Solution:x:parking",
        title={"en": "Bicycle parking guidance"},
        what_it_does={"en": "Shows free bicycle parking"},
        source_city=BUSAN,
        proven_in=(proven.id,),
    )
    need = _demand("bikes", UTRECHT, "Te weinig fietsenstallingen bij het station", "nl")
    async with collective_of(*PLACES, proven, solution, need) as collective:
        (found,) = _find(collective, record=solution.id)
        assert found.kind == "proven-elsewhere"
        assert found.path[-2:] == (
            Step(solution.id, "provenIn", proven.id),
            Step(proven.id, "sourceCity", BUSAN),
        )


async def test_what_got_going_should_meet_what_is_stuck_for_the_same_reason() -> None:
    text = {"en": "Flood warning with rainwater storage"}
    stuck = _project("stuck", UTRECHT, title=text, stuck_reasons=("rules", "scale"))
    going = _project("going", BUSAN, title=text, stage="scaled", stuck_reasons=("rules",))
    other = _project("other", BUSAN, title=text, stage="scaled", stuck_reasons=("silo",))
    async with collective_of(*PLACES, stuck, going, other) as collective:
        found = _find(collective)
        assert _ends(found, "unstuck") == [{"stuck", "going"}]
        assert Step(going.id, "stuckReasons", "rules") in found[0].path
        assert Step(going.id, "stage", "scaled") in found[0].path


async def test_questions_platforms_and_residents_should_be_compared() -> None:
    question = ResearchQuestion(
        id="urn:ngsi-ld:ResearchQuestion:x:q",
        title={"en": "Does flood warning help?"},
        question={"en": "Does flood warning help with heavy rain?"},
        source_city=UTRECHT,
    )
    lesson = Lesson(text={"en": "Flood warning came too late."})
    records = (
        question,
        _project("flood", BUSAN, title={"en": "Flood warning"}, lessons=(lesson,)),
        _project("old", UTRECHT, residents_groups=("Older  residents",)),
        _project("older", BUSAN, residents_groups=("older residents",)),
        *(
            Platform(
                id=f"urn:ngsi-ld:Platform:x:{city[-2:]}",
                title={"en": "Platform"},
                operators=(city,),
                source_city=city,
                product="Orion",
            )
            for city in (UTRECHT, BUSAN)
        ),
    )
    async with collective_of(*PLACES, *records) as collective:
        found = _find(collective)
        assert _ends(found, "lesson-for-question") == [{"q", "flood"}]
        assert _ends(found, "same-residents") == [{"old", "older"}]
        assert _ends(found, "same-platform") == [{"44", "21"}]


async def test_what_is_asked_for_should_be_part_of_each() -> None:
    projects = [
        _project(str(number), city, suppliers=(SUPPLIER,), themes=(theme,))
        for number, (city, theme) in enumerate(
            (city, theme) for city in (UTRECHT, ZWOLLE, BUSAN) for theme in (WATER, HEALTH)
        )
    ]
    async with collective_of(*PLACES, *projects) as collective:
        for one in _find(collective, city=BUSAN, limit=50):
            assert BUSAN in (one.one.city, one.other.city)
        for one in _find(collective, theme="water", limit=50):
            assert (WATER,) in (one.one.record.themes, one.other.record.themes)
        of_one = _find(collective, record=projects[0].id, limit=50)
        assert len(of_one) == len(projects) - 1
        assert _find(collective, record=projects[0].id, limit=2) == of_one[:2]


async def test_what_many_share_should_neither_take_long_nor_come_first() -> None:
    hub, rare = "urn:ngsi-ld:Standard:x:hub", "urn:ngsi-ld:Standard:x:rare"
    cities = (UTRECHT, ZWOLLE, BUSAN)
    projects = [
        _project(str(n), cities[n % 3], standards=(hub, rare) if n < 2 else (hub,))
        for n in range(1_500)
    ]
    async with collective_of(*PLACES, *projects) as collective:
        started = time.perf_counter()
        found = _find(collective, limit=200)
        assert time.perf_counter() - started < 5
        assert found[0].path[0].value == rare
        assert found[1].surprise < found[0].surprise / 4
        several = [end for pair in _ends(found, "same-standard") for end in pair]
        assert max(several.count(end) for end in several) <= 3


async def test_meetings_should_read_records_beforehand() -> None:
    need = _demand("bikes", UTRECHT, "fietsenstalling", "nl", deadline=date(2027, 1, 1))
    async with collective_of(*PLACES, need) as collective:
        meetings = Meetings(Annotations(collective))
        await meetings.prepare(collective, MEETING_TYPES)
        (held,) = collective.of(Demand)
        assert "bicycle-parking" in meetings.about(held)
        # Top concepts say too little.
        assert "mobility" not in meetings.about(held)


@pytest.mark.parametrize("record", ["urn:ngsi-ld:Demand:x:none", UTRECHT])
async def test_nothing_should_be_found_where_nothing_is(record: str) -> None:
    async with collective_of(*PLACES) as collective:
        assert _find(collective, record=record) == []
