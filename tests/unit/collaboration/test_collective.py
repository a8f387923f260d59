"""What the collective keeps at hand is what the broker has, in every tenant that takes part."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from hanze.broker.provision import create_entity, delete_entity, merge_entity
from hanze.collaboration.collective import Collective, RecordNotFound, Reference
from hanze.collaboration.records.entities import attributes_of, write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Fragment
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store

CALLER = Caller(actor="test", roles=frozenset({"writer"}))
NOW = "2026-11-22T10:00:00Z"
LATER = "2026-11-22T10:05:00Z"


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = await Store.open(None)
    yield store
    await store.close()


def _project(key: str, **more: object) -> Project:
    record_id = f"urn:ngsi-ld:Project:test:{key}"
    return Project(id=record_id, title={"en": key}, stage="pilot", **more)  # type: ignore[arg-type]  # the test's own


async def _create(store: Store, record: Record, tenant: str = "", now: str = NOW) -> None:
    caller = Caller(actor="test", roles=frozenset({"writer"}), tenant=tenant)
    entity = write_record(record)
    await store.transact(lambda uow: create_entity(uow, caller, entity, context=HANZE, now=now))


async def test_refresh_should_read_every_record_and_nothing_else(store: Store) -> None:
    for number in range(3):
        await _create(store, _project(str(number)))
    other = Entity(id="urn:x:1", types=(HANZE.expand_name("Tree"),), attributes={})
    await store.transact(lambda uow: create_entity(uow, CALLER, other, context=HANZE, now=NOW))
    collective = await Collective(store).refresh(NOW)
    assert [held.record.title["en"] for held in collective.of(Project)] == ["0", "1", "2"]
    assert len(collective) == 3
    assert collective.find("urn:x:1") is None


async def test_refresh_should_follow_changes_and_deletions(store: Store) -> None:
    one, two = _project("one"), _project("two")
    await _create(store, one)
    await _create(store, two)
    collective = await Collective(store).refresh(NOW)
    version = collective.version
    changed = Project(id=one.id, title={"en": "another"}, stage="evaluated")
    fragment = Fragment(attributes=attributes_of(changed, ("title", "stage")))
    await store.transact(lambda uow: merge_entity(uow, CALLER, one.id, fragment, now=LATER))
    await store.transact(lambda uow: delete_entity(uow, CALLER, two.id, now=LATER))
    await collective.refresh(LATER)
    assert [held.record.stage for held in collective.of(Project)] == ["evaluated"]
    assert collective.get(one.id, Project).modified_at == LATER
    assert collective.changed_since(version) == {one.id, two.id}
    with pytest.raises(RecordNotFound, match="two"):
        collective.get(two.id, Project)


async def test_refresh_should_change_nothing_when_nothing_changed(store: Store) -> None:
    await _create(store, _project("one"))
    collective = await Collective(store).refresh(NOW)
    version, held = collective.version, collective.of(Project)[0]
    await collective.refresh(NOW)
    assert collective.version == version
    assert collective.of(Project)[0] is held
    assert collective.changed_since(version) == set()


async def test_refresh_should_read_the_tenants_that_take_part(store: Store) -> None:
    await _create(store, _project("own"))
    await _create(store, _project("small"), tenant="duiven")
    await _create(store, _project("hidden"), tenant="else")
    taking_part = ["", "duiven", "not-there"]
    collective = await Collective(store, lambda: taking_part).refresh(NOW)
    assert {held.tenant for held in collective.of(Project)} == {"", "duiven"}
    taking_part.remove("duiven")
    await collective.refresh(LATER)
    assert [held.tenant for held in collective.of(Project)] == [""]


async def test_an_id_that_two_tenants_hold_should_be_told(store: Store) -> None:
    await _create(store, _project("same"))
    await _create(store, _project("same"), tenant="duiven")
    collective = await Collective(store, lambda: ("", "duiven")).refresh(NOW)
    assert len(collective) == 1
    assert list(collective.unreadable) == [("duiven", "urn:ngsi-ld:Project:test:same")]


async def test_an_id_should_pass_to_the_tenant_that_still_holds_it(store: Store) -> None:
    for tenant in ("", "duiven"):
        await _create(store, _project("one"), tenant)
    collective = await Collective(store, lambda: ("", "duiven")).refresh(NOW)
    record_id = _project("one").id
    await store.transact(lambda uow: delete_entity(uow, CALLER, record_id, now=LATER))
    await collective.refresh("2026-11-22T11:00:00Z")
    assert collective.get(record_id, Project).tenant == "duiven"
    assert not collective.unreadable


async def test_an_entity_that_is_no_valid_record_should_be_told(store: Store) -> None:
    stage = (Attribute(kind=AttributeKind.PROPERTY, value="dancing"),)
    entity = write_record(_project("wrong"))
    wrong = Entity(
        id=entity.id,
        types=entity.types,
        attributes={**entity.attributes, HANZE.expand_name("stage"): stage},
    )
    await store.transact(lambda uow: create_entity(uow, CALLER, wrong, context=HANZE, now=NOW))
    collective = await Collective(store).refresh(NOW)
    assert len(collective) == 0
    assert "stage must be one of" in collective.unreadable["", entity.id]


async def test_referring_should_name_records_and_fields(store: Store) -> None:
    demand = Demand(id="urn:ngsi-ld:Demand:test:1", title={"en": "d"}, problem={"en": "p"})
    await _create(store, demand)
    await _create(store, _project("answer", demand=demand.id))
    collective = await Collective(store).refresh(NOW)
    (reference,) = collective.referring(demand.id)
    assert reference == Reference("urn:ngsi-ld:Project:test:answer", "demand")
    answer = collective.get(reference.source, Project)
    assert collective.naming(demand.id, Project) == (answer,)
    assert collective.naming(demand.id, Project, "solutions", "demand") == (answer,)
    assert collective.naming(demand.id, Project, "solutions") == ()
    assert collective.naming(demand.id, Demand, "demand") == ()
    await store.transact(lambda uow: delete_entity(uow, CALLER, reference.source, now=LATER))
    await collective.refresh(LATER)
    assert collective.referring(demand.id) == ()


async def test_held_should_say_whose_it_is_and_of_when(store: Store) -> None:
    utrecht = "urn:ngsi-ld:Municipality:NL:GM0344"
    await _create(store, _project("dated", source_city=utrecht, source_date=date(2017, 1, 25)))
    await _create(store, _project("undated"))
    dated, undated = (await Collective(store).refresh(NOW)).of(Project)
    assert (dated.city, dated.date) == (utrecht, "2017-01-25")
    assert (undated.city, undated.date) == (None, "2026-11-22")


async def test_changed_since_should_admit_when_it_is_too_long_ago(store: Store) -> None:
    collective = await Collective(store).refresh(NOW)
    assert collective.changed_since(0) == set()
    assert collective.changed_since(-1) is None
