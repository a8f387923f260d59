"""The funnel's rules, through the operations of the broker."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from msgspec.structs import replace

from hanze.broker.provision import (
    append_attributes,
    delete_attribute,
    merge_entity,
    replace_entity,
    update_attributes,
)
from hanze.collaboration.records.entities import InvalidRecord, attributes_of, write_record
from hanze.collaboration.records.projects import STAGES, Project, StageChange
from hanze.collaboration.rules.projects import Move, move_of, scaling_gaps
from hanze.collaboration.rules.rules import TwoTypesOfRecord
from hanze.collaboration.rules.step import RuleBroken
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Fragment
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import CASE, WRITER, add, kept, project, ruled_store

LATER = "2026-11-22T10:05:00Z"
LEAD = "urn:ngsi-ld:Organization:test:lead"


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        yield store


async def _update(store: Store, record: Project, *names: str) -> None:
    fragment = Fragment(attributes=attributes_of(record, names))
    await store.transact(lambda uow: update_attributes(uow, WRITER, record.id, fragment, now=LATER))


@pytest.mark.parametrize(
    ("origin", "stage", "move"),
    [
        ("idea", "challenge", Move.FORWARD),
        ("replicated", "scaled", Move.FORWARD),
        ("idea", "pilot", Move.SKIP),
        ("evaluated", "pilot", Move.LOOP),
        ("scaled", "stopped", Move.STOP),
        ("stopped", "pilot", Move.RESUME),
    ],
)
def test_move_of_should_tell_what_a_change_is(origin: str, stage: str, move: Move) -> None:
    assert move_of(origin, stage) is move


async def test_one_step_forward_should_be_free(store: Store) -> None:
    before = project(stage="challenge")
    await add(store, before)
    await _update(store, replace(before, stage="pilot"), "stage")
    assert (await kept(store, before.id, Project)).stage == "pilot"


@pytest.mark.parametrize(("origin", "stage"), [("idea", "pilot"), ("pilot", "idea")])
@pytest.mark.parametrize("operation", [update_attributes, append_attributes, merge_entity])
async def test_a_skip_or_loop_should_ask_for_a_reason_in_the_same_change(
    store: Store, origin: str, stage: str, operation: object
) -> None:
    before = project(stage=origin, stage_reason={"en": "an earlier reason"})
    await add(store, before)
    moved = replace(before, stage=stage, stage_reason={"en": "users asked for it"})
    bare = Fragment(attributes=attributes_of(moved, ["stage"]))
    with pytest.raises(RuleBroken, match="stageReason") as raised:
        await store.transact(lambda uow: operation(uow, WRITER, before.id, bare, now=LATER))  # type: ignore[operator]  # one of the three
    assert raised.value.field == "stageReason"
    told = Fragment(attributes=attributes_of(moved, ["stage", "stage_reason"]))
    await store.transact(lambda uow: operation(uow, WRITER, before.id, told, now=LATER))  # type: ignore[operator]  # likewise
    assert (await kept(store, before.id, Project)).stage == stage


async def test_stopping_and_resuming_should_ask_for_a_reason(store: Store) -> None:
    before = project(stage="pilot")
    await add(store, before)
    with pytest.raises(RuleBroken, match="stops the project"):
        await _update(store, replace(before, stage="stopped"), "stage")
    stopped = replace(before, stage="stopped", stage_reason={"en": "no money"})
    await _update(store, stopped, "stage", "stage_reason")
    with pytest.raises(RuleBroken, match="up again"):
        await _update(store, before, "stage")


@pytest.mark.parametrize(
    ("fields", "gaps"),
    [
        ({}, ("money", "value", "lead")),
        ({"business_case": CASE}, ("lead",)),
        ({"business_case": replace(CASE, costs=None), "lead": LEAD}, ("money",)),
        ({"business_case": replace(CASE, value={"en": " "}), "lead": LEAD}, ("value",)),
        ({"business_case": CASE, "lead": LEAD}, ()),
    ],
)
async def test_scaled_should_need_business_case_and_lead(
    store: Store, fields: dict[str, object], gaps: tuple[str, ...]
) -> None:
    imported = project(stage="scaled", **fields)  # type: ignore[arg-type]  # the test's own
    assert scaling_gaps(imported) == gaps
    if not gaps:
        await add(store, imported)
        return
    with pytest.raises(RuleBroken, match="in stage scaled"):
        await add(store, imported)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "scaled"])
async def test_creating_in_any_other_stage_should_be_free(store: Store, stage: str) -> None:
    await add(store, project(stage=stage))


@pytest.mark.parametrize("name", ["businessCase", "lead"])
async def test_a_scaled_project_should_keep_business_case_and_lead(store: Store, name: str) -> None:
    scaled = project(stage="scaled", business_case=CASE, lead=LEAD)
    await add(store, scaled)
    iri = HANZE.expand_name(name)
    with pytest.raises(RuleBroken, match="in stage scaled"):
        await store.transact(lambda uow: delete_attribute(uow, WRITER, scaled.id, iri, now=LATER))
    bare = write_record(replace(scaled, **{"lead" if name == "lead" else "business_case": None}))
    with pytest.raises(RuleBroken):
        await store.transact(
            lambda uow: replace_entity(uow, WRITER, scaled.id, bare, context=HANZE, now=LATER)
        )


async def test_attributes_of_records_should_not_lapse(store: Store) -> None:
    entity = write_record(project(stage="scaled", business_case=CASE, lead=LEAD))
    lead = Attribute(kind=AttributeKind.RELATIONSHIP, value=LEAD, expires_at="2027-01-01T00:00:00Z")
    fragment = Fragment(attributes={HANZE.expand_name("lead"): (lead,)})
    await add(store, project(stage="scaled", business_case=CASE, lead=LEAD))
    with pytest.raises(InvalidRecord, match="expiresAt"):
        await store.transact(
            lambda uow: update_attributes(uow, WRITER, entity.id, fragment, now=LATER)
        )


async def test_stuck_should_say_since_when(store: Store) -> None:
    with pytest.raises(InvalidRecord, match="stuckReasons"):
        await add(store, project(stuck_reasons=("silo",)))
    await add(store, project(stuck_reasons=("silo",), stuck_since=date(2026, 1, 1)))


async def test_history_of_stages_should_only_grow(store: Store) -> None:
    first = StageChange(origin="idea", stage="challenge", on=date(2026, 1, 1))
    second = StageChange(origin="challenge", stage="pilot", on=date(2026, 2, 1))
    before = project(stage_history=(first,))
    await add(store, before)
    await _update(store, replace(before, stage_history=(first, second)), "stage_history")
    with pytest.raises(RuleBroken, match="stageHistory"):
        await _update(store, replace(before, stage_history=(second,)), "stage_history")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"started_on": date(2026, 2, 1), "ended_on": date(2026, 1, 1)}, "endedOn must not be"),
        (
            {"stage_history": (StageChange(origin="x", stage="pilot", on=date(2026, 1, 1)),)},
            r"stageHistory\[0\].origin must be one of idea",
        ),
    ],
)
async def test_days_and_codes_should_be_checked(
    store: Store, fields: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidRecord, match=message):
        await add(store, project(**fields))  # type: ignore[arg-type]  # the test's own


async def test_an_entity_should_be_of_one_type_of_record(store: Store) -> None:
    entity = write_record(project())
    both = Entity(
        id=entity.id,
        types=(*entity.types, HANZE.expand_name("PilotRecord")),
        attributes=entity.attributes,
    )
    await add(store, project())
    with pytest.raises(TwoTypesOfRecord, match="one type of record"):
        await store.transact(
            lambda uow: replace_entity(uow, WRITER, both.id, both, context=HANZE, now=LATER)
        )
