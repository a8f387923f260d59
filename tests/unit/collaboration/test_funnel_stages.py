"""The funnel counts, tells what is missing and what comes next, and moves projects."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from msgspec.structs import replace

from hanze.collaboration.funnel import SameStage, funnel, move_project, stopped_experiments
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.projects import STAGES, Evaluation, Lesson, Project
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.rules.projects import Move
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.standing import NEXT_DECISIONS, standing, standings
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import (
    CASE,
    MOBILITY,
    NOW,
    TODAY,
    WRITER,
    add,
    city,
    city_id,
    collected,
    country,
    kept,
    project,
    ruled_store,
)

UTRECHT, BUSAN = city_id("Utrecht"), city_id("21", "KR")
LEAD = "urn:ngsi-ld:Organization:test:lead"
WHOLE = Evaluation(technical="good", behavioural="good", business="good")


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        await add(store, city("Utrecht"), city("21", "KR"), country("NL"), country("KR"))
        yield store


async def test_funnel_should_count_by_theme_city_and_country(store: Store) -> None:
    await add(
        store,
        project("a", "pilot", source_city=UTRECHT, themes=(MOBILITY,)),
        project("b", "pilot", source_city=BUSAN, stuck_reasons=("silo",), stuck_since=TODAY),
        project("c", "stopped", source_city=UTRECHT),
    )
    collective, _ = await collected(store)
    found = funnel(collective)
    assert found.total == 3
    assert tuple(found.stages) == STAGES
    assert (found.stages["pilot"], found.stages["stopped"]) == (2, 1)
    assert found.by_theme[MOBILITY]["pilot"] == 1
    assert found.by_city[UTRECHT]["stopped"] == 1
    assert found.by_country["urn:ngsi-ld:Country:KR"]["pilot"] == 1
    assert found.stuck == {"silo": 1}
    assert found.missing["business-case"] == 2
    assert funnel(collective, country="urn:ngsi-ld:Country:KR").total == 1
    assert funnel(collective, city=UTRECHT, theme=MOBILITY).total == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"stage": "stopped"}, "share-lessons"),
        ({"stage": "pilot", "stuck_reasons": ("rules",), "stuck_since": TODAY}, "remove-obstacle"),
        ({"stage": "pilot"}, "choose-lead"),
        ({"stage": "idea", "lead": LEAD}, "state-challenge"),
        ({"stage": "challenge", "lead": LEAD}, "involve-users"),
        ({"stage": "challenge", "lead": LEAD, "residents_groups": ("older",)}, "start-pilot"),
        ({"stage": "pilot", "lead": LEAD}, "evaluate"),
        ({"stage": "evaluated", "lead": LEAD, "evaluation": WHOLE}, "make-business-case"),
        (
            {"stage": "evaluated", "lead": LEAD, "evaluation": WHOLE, "business_case": CASE},
            "find-co-investor",
        ),
        (
            {
                **{"stage": "evaluated", "lead": LEAD, "evaluation": WHOLE},
                **{"business_case": CASE, "co_investors": (LEAD,)},
            },
            "replicate",
        ),
        (
            {"stage": "replicated", "lead": LEAD, "evaluation": WHOLE, "business_case": CASE},
            "scale-up",
        ),
        ({"stage": "scaled", "lead": LEAD, "business_case": CASE}, "keep-measuring"),
    ],
)
async def test_standing_should_tell_the_next_decision(
    store: Store, fields: dict[str, str], code: str
) -> None:
    await add(store, project("a", **fields))
    collective, _ = await collected(store)
    found = standing(collective, "urn:ngsi-ld:Project:test:a", today=TODAY)
    assert found.next_decision.code == code
    assert set(NEXT_DECISIONS[code]) == {"nl", "en", "ko"}


async def test_standings_should_show_the_longest_stuck_first(store: Store) -> None:
    await add(
        store,
        project("moves", "idea"),
        project("short", stuck_reasons=("silo",), stuck_since=date(2026, 11, 1)),
        project("long", stuck_reasons=("scale",), stuck_since=date(2025, 11, 22)),
    )
    collective, _ = await collected(store)
    found = standings(collective, today=TODAY)
    assert [one.project.record.title["en"] for one in found] == ["long", "short", "moves"]
    assert found[0].stuck is not None
    assert found[0].stuck.days == 365


async def test_an_organisation_that_is_its_own_seat_should_have_no_country(store: Store) -> None:
    odd = "urn:ngsi-ld:Organization:test:odd"
    made = Organization(id=odd, title={"en": "Odd"}, kind="company", municipality=odd)
    await add(store, made, project("a", "pilot", source_city=odd))
    collective, _ = await collected(store)
    assert country_of(collective, odd) is None
    assert funnel(collective).by_country == {}


async def test_contributions_should_count_as_users(store: Store) -> None:
    await add(store, project("a"))
    collective, _ = await collected(store)
    assert "users" in standing(collective, "urn:ngsi-ld:Project:test:a", today=TODAY).missing
    idea = Contribution(
        id="urn:ngsi-ld:Contribution:test:1",
        title={"en": "idea"},
        became="urn:ngsi-ld:Project:test:a",
    )
    await add(store, idea)
    collective, _ = await collected(store)
    assert "users" not in standing(collective, "urn:ngsi-ld:Project:test:a", today=TODAY).missing


async def test_stopped_experiments_should_say_what_failed(store: Store) -> None:
    failure = Lesson(text={"en": "Nobody had a phone"}, failure=True)
    lessons = (Lesson(text={"en": "Fine"}), failure)
    await add(store, project("a", "stopped", lessons=lessons, stage_reason={"en": "no users"}))
    await add(store, project("b"))
    collective, _ = await collected(store)
    (found,) = stopped_experiments(collective)
    assert found.failures == (failure,)
    assert found.reason == {"en": "no users"}


async def test_move_project_should_keep_the_way_it_went(store: Store) -> None:
    before = project("a", "pilot")
    await add(store, before)
    reason = {"en": "the sensors failed"}
    await move_project(store, WRITER, before.id, "challenge", reason=reason, now=NOW)
    await move_project(store, WRITER, before.id, "pilot", now=NOW)
    await move_project(store, WRITER, before.id, "challenge", reason=reason, now=NOW)
    after = await kept(store, before.id, Project)
    assert [one.stage for one in after.stage_history] == ["challenge", "pilot", "challenge"]
    collective, _ = await collected(store)
    seen = funnel(collective).transitions
    assert [(one.origin, one.move, one.count) for one in seen] == [
        ("pilot", Move.LOOP, 2),
        ("challenge", Move.FORWARD, 1),
    ]


async def test_move_project_should_drop_a_reason_that_is_over(store: Store) -> None:
    before = project("a", "challenge", stage_reason={"en": "old"})
    await add(store, before)
    await move_project(store, WRITER, before.id, "pilot", now=NOW)
    assert (await kept(store, before.id, Project)).stage_reason == {}


async def test_move_project_should_keep_to_the_rules(store: Store) -> None:
    before = project("a", "replicated")
    await add(store, before)
    with pytest.raises(RuleBroken):
        await move_project(store, WRITER, before.id, "scaled", now=NOW)
    with pytest.raises(RuleBroken):
        await move_project(store, WRITER, before.id, "idea", now=NOW)
    with pytest.raises(SameStage):
        await move_project(store, WRITER, before.id, "replicated", now=NOW)
    moved = await move_project(
        store, WRITER, before.id, "scaled", business_case=CASE, lead=LEAD, now=NOW
    )
    kept_now = await kept(store, before.id, Project)
    assert replace(moved, stage_reason={}) == kept_now
