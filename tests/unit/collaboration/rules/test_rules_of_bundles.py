"""Cities decide for themselves about bundles, and are held to them once they tender."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace as with_tenant
from datetime import date

import msgspec
import pytest
from msgspec.structs import replace

from hanze.broker.provision import delete_entity
from hanze.collaboration.members import MEMBERS, Member
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.needs import Demand, DemandBundle, Membership, Tender
from hanze.collaboration.rules.bundles import NotYourDecision
from hanze.collaboration.rules.demands import tender_faults
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_record, create_record
from hanze.identity.caller import Caller
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import (
    NOW,
    WRITER,
    add,
    city_id,
    demand,
    ruled_store,
    speaking_for,
)

UTRECHT, BUSAN, DUIVEN = city_id("Utrecht"), city_id("21", "KR"), city_id("Duiven")
BUNDLE = "urn:ngsi-ld:DemandBundle:test:1"
DAY = date(2026, 11, 22)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        for key, owner in (("u", UTRECHT), ("b", BUSAN), ("d", DUIVEN)):
            await add(store, demand(key, owner))
        yield store


def _membership(city: str, decision: str = "joined") -> Membership:
    return Membership(city=city, decision=decision, on=DAY)


def _bundle(**more: object) -> DemandBundle:
    fields: dict[str, object] = {
        "title": {"en": "Together"},
        "demands": ("urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:test:b"),
        **more,
    }
    return DemandBundle(id=BUNDLE, **fields)  # type: ignore[arg-type]  # the test's own


def _formed(**more: object) -> DemandBundle:
    return _bundle(
        **{
            "memberships": (_membership(UTRECHT), _membership(BUSAN)),
            "members": (UTRECHT, BUSAN),
            "lead": UTRECHT,
            "status": "forming",
            **more,
        }
    )


async def _change(
    store: Store, change: Callable[[DemandBundle], DemandBundle], caller: Caller = WRITER
) -> DemandBundle:
    return await change_record(store, caller, BUNDLE, DemandBundle, change, now=NOW)


@pytest.mark.parametrize(
    "demands",
    [
        ("urn:ngsi-ld:Demand:test:u",),
        ("urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:test:u"),
        ("urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:test:u2"),
    ],
)
async def test_a_bundle_should_be_of_two_cities(store: Store, demands: tuple[str, ...]) -> None:
    await add(store, demand("u2", UTRECHT))
    with pytest.raises(InvalidRecord, match="two or more"):
        await add(store, _bundle(demands=demands))


async def test_demands_of_other_tenants_should_be_seen(store: Store) -> None:
    unknown = ("urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:elsewhere:1")
    await add(store, _bundle(demands=unknown))


async def test_members_should_be_those_that_joined(store: Store) -> None:
    with pytest.raises(RuleBroken, match="latest decision is joined"):
        await add(store, _bundle(memberships=(_membership(UTRECHT),)))
    with pytest.raises(RuleBroken, match="latest decision is joined"):
        await add(store, _bundle(members=(UTRECHT,)))
    with pytest.raises(RuleBroken, match="lead must be a member"):
        await add(store, _formed(lead=DUIVEN))
    with pytest.raises(InvalidRecord, match="each city once"):
        await add(store, _formed(memberships=(_membership(UTRECHT),) * 2))


async def test_a_city_should_only_decide_for_itself(store: Store) -> None:
    invited = tuple(_membership(one, "invited") for one in (UTRECHT, BUSAN))
    utrecht = speaking_for(UTRECHT)
    await create_record(store, utrecht, _bundle(memberships=invited), now=NOW)

    def busan_joins(before: DemandBundle) -> DemandBundle:
        return replace(before, memberships=(invited[0], _membership(BUSAN)), members=(BUSAN,))

    with pytest.raises(NotYourDecision, match="own decision"):
        await _change(store, busan_joins, utrecht)
    with pytest.raises(NotYourDecision):
        await _change(store, lambda one: replace(one, memberships=invited[:1]), utrecht)
    await _change(store, busan_joins, speaking_for(BUSAN))
    with pytest.raises(NotYourDecision):
        await store.transact(lambda uow: delete_entity(uow, utrecht, BUNDLE, now=NOW))
    more = _membership(DUIVEN, "invited")
    await _change(store, lambda one: replace(one, memberships=(*one.memberships, more)), utrecht)


async def test_lead_and_tender_should_be_for_members_to_decide(store: Store) -> None:
    three = ("urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:test:b", "urn:ngsi-ld:Demand:test:d")
    await add(store, _formed(demands=three))
    duiven = speaking_for(DUIVEN)
    for fields in ({"lead": BUSAN}, {"status": "dissolved"}, {"tender": Tender()}):
        with pytest.raises(NotYourDecision, match="for its members to decide"):
            await _change(store, lambda one, new=fields: replace(one, **new), duiven)  # type: ignore[misc]  # bound for the loop
    with pytest.raises(NotYourDecision, match="takes part with it"):
        await _change(store, lambda one: replace(one, demands=three[1:]), duiven)
    await _change(store, lambda one: replace(one, demands=three[:2]), duiven)
    await _change(store, lambda one: replace(one, lead=BUSAN), speaking_for(BUSAN))


async def test_a_city_should_not_be_entered_as_joined_by_another(store: Store) -> None:
    with pytest.raises(NotYourDecision):
        await create_record(store, speaking_for(UTRECHT), _formed(), now=NOW)
    await create_record(store, WRITER, _formed(), now=NOW)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lead": None}, "needs a lead"),
        ({"tender": None}, "needs its tender"),
        ({"memberships": (_membership(UTRECHT),), "members": (UTRECHT,)}, "two or more members"),
    ],
)
async def test_a_tender_should_need_members_and_lead(
    store: Store, fields: dict[str, object], message: str
) -> None:
    bundle = _formed(**{"status": "tendering", "tender": Tender(), **fields})
    with pytest.raises(RuleBroken, match=message):
        await add(store, bundle)


async def test_members_should_be_fixed_from_the_tender_on(store: Store) -> None:
    await add(store, _formed(status="tendering", tender=Tender(status="active")))

    def leave(before: DemandBundle) -> DemandBundle:
        memberships = (_membership(UTRECHT), _membership(BUSAN, "left"))
        return replace(before, memberships=memberships, members=(UTRECHT,))

    with pytest.raises(RuleBroken, match="asks the lead to cancel"):
        await _change(store, leave, speaking_for(BUSAN))
    with pytest.raises(RuleBroken, match="cannot be deleted"):
        await store.transact(lambda uow: delete_entity(uow, WRITER, BUNDLE, now=NOW))
    with pytest.raises(RuleBroken, match="must be cancelled"):
        await _change(store, lambda one: replace(one, status="forming"))
    cancelled = Tender(status="cancelled")
    await _change(store, lambda one: replace(one, status="forming", tender=cancelled))
    await _change(store, leave, speaking_for(BUSAN))


async def test_a_bundle_should_be_awarded_when_its_tender_is_complete(store: Store) -> None:
    await add(store, _formed(status="tendering", tender=Tender(status="active")))
    with pytest.raises(RuleBroken, match="tender is complete"):
        await _change(store, lambda one: replace(one, status="awarded"))
    done = Tender(status="complete")
    await _change(store, lambda one: replace(one, status="awarded", tender=done))
    with pytest.raises(RuleBroken, match="what may follow is closed"):
        await _change(store, lambda one: replace(one, status="dissolved"))


async def test_a_demand_should_stay_in_a_bundle_that_tenders(store: Store) -> None:
    await add(store, _formed(status="tendering", tender=Tender(status="active")))

    async def change(**fields: object) -> None:
        record_id = "urn:ngsi-ld:Demand:test:u"
        await change_record(
            store, WRITER, record_id, Demand, lambda one: replace(one, **fields), now=NOW
        )

    with pytest.raises(RuleBroken, match="names the DemandBundle"):
        await change(status="bundled")
    await change(status="bundled", bundle=BUNDLE)
    await change(status="tendering")
    for fields in ({"bundle": None}, {"status": "withdrawn"}, {"volume": None}):
        with pytest.raises(RuleBroken, match="others count on it"):
            await change(**fields)
    await change(status="awarded")
    await change(status="fulfilled")
    with pytest.raises(RuleBroken, match="what may follow is nothing"):
        await change(status="open")


def test_tender_should_follow_the_code_list() -> None:
    active, done = Tender(status="active"), Tender(status="complete")
    assert tender_faults(None, active) is None
    assert tender_faults(active, done) is None
    assert tender_faults(Tender(), None) is None
    assert "not active" in (tender_faults(done, active) or "")
    assert "cannot be taken away" in (tender_faults(active, None) or "")


async def test_rules_should_look_into_the_tenants_of_members(store: Store) -> None:
    hidden = with_tenant(WRITER, tenant="duiven")
    one, two = demand("hidden", DUIVEN), demand("same", DUIVEN)
    for each in (one, two):
        await create_record(store, hidden, each, now=NOW)
    bundle = _bundle(demands=(one.id, two.id))
    member = msgspec.json.encode(Member(tenant="duiven", city=DUIVEN, since=DAY))
    await store.transact(lambda uow: uow.registers.put(MEMBERS, "duiven", member))
    with pytest.raises(InvalidRecord, match="two or more cities"):
        await create_record(store, WRITER, bundle, now=NOW)
