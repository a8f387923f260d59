"""Bundles are proposed of what fits, joined by cities themselves, and tendered together."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.bundle_texts import LEAD_TEXTS, REASON_TEXTS
from hanze.collaboration.bundles import (
    NotAPlace,
    choose_lead,
    decide,
    decline,
    invite,
    join,
    leave,
    move_tender,
    propose,
    start_tender,
)
from hanze.collaboration.bundling import (
    BundleProposal,
    combine,
    propose_bundles,
    sum_budgets,
    sum_volumes,
)
from hanze.collaboration.collective import Collective
from hanze.collaboration.lead_choice import LEAD_WEIGHTS
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.needs import Demand, DemandBundle, Membership, Tender
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.rules.bundles import NotYourDecision
from hanze.collaboration.rules.step import RuleBroken
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import (
    MOBILITY,
    NOW,
    TODAY,
    WRITER,
    add,
    city,
    city_id,
    collected,
    country,
    demand,
    kept,
    project,
    ruled_store,
    speaking_for,
)

UTRECHT, BUSAN, DUIVEN = city_id("Utrecht"), city_id("21", "KR"), city_id("Duiven")


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        places = (city("Utrecht"), city("21", "KR"), city("Duiven"), country("NL"), country("KR"))
        await add(store, *places)
        yield store


async def _proposals(store: Store) -> list[BundleProposal]:
    collective, annotations = await collected(store)
    return propose_bundles(collective, annotations, today=TODAY)


async def _three(store: Store) -> None:
    await add(
        store,
        demand("u", UTRECHT, "Safe bicycle parking near the station", themes=(MOBILITY,)),
        demand("b", BUSAN, {"ko": "역 주변 자전거 주차장"}, themes=(MOBILITY,)),
        demand("d", DUIVEN, {"nl": "Fietsenstalling bij het station"}, themes=(MOBILITY,)),
        demand("w", DUIVEN, "Drinking water sensors in pipes"),
    )


async def test_propose_bundles_should_find_the_same_need_across_languages(store: Store) -> None:
    await _three(store)
    (found,) = await _proposals(store)
    assert set(found.cities) == {UTRECHT, BUSAN, DUIVEN}
    assert found.volumes == (Quantity(300, "C62"),)
    assert found.budgets == (Money(Decimal(150_000), "EUR"),)
    assert (found.starts, found.ends) == (date(2027, 1, 1), date(2027, 12, 31))
    codes = [reason.code for reason in found.reasons]
    assert codes == ["same-need", "period", "volume", "budget", "abroad"]
    for reason in found.reasons:
        assert set(reason.text()) == set(LANGUAGES)
    assert await _proposals(store) == [found]


@pytest.mark.parametrize(
    "fields",
    [
        {"wanted_from": date(2029, 1, 1), "wanted_until": date(2029, 12, 31)},
        {"status": "draft"},
        {"deadline": date(2026, 1, 1)},
        {"openness": "closed"},
        {"standards": ("urn:s:2",)},
        {"countries": ("urn:ngsi-ld:Country:KR",)},
        {"source_city": UTRECHT},
        {"themes": ("urn:ngsi-ld:Theme:hanze:health",)},
    ],
)
async def test_what_does_not_fit_should_not_be_proposed(
    store: Store, fields: dict[str, object]
) -> None:
    usual = {
        "openness": "open",
        "standards": ("urn:s:1",),
        "countries": ("urn:ngsi-ld:Country:NL",),
        "themes": (MOBILITY,),
    }
    await add(store, demand("u", UTRECHT, more=usual))
    await add(store, demand("d", DUIVEN, more={**usual, **fields}))
    assert await _proposals(store) == []


async def test_volumes_of_other_units_should_stand_apart(store: Store) -> None:
    await add(store, demand("u", UTRECHT))
    budget = Money(Decimal(9), "KRW")
    await add(store, demand("b", BUSAN, volume=Quantity(3, "KMT"), budget=budget))
    (found,) = await _proposals(store)
    assert found.volumes == (Quantity(100, "C62"), Quantity(3, "KMT"))
    assert [one.currency for one in found.budgets] == ["EUR", "KRW"]
    assert "volumes-apart" in [reason.code for reason in found.reasons]


async def test_the_lead_should_be_who_has_experience(store: Store) -> None:
    await _three(store)
    await add(store, project("p", "evaluated", source_city=BUSAN, themes=(MOBILITY,)))
    await add(store, Theme(id=MOBILITY, title={"en": "Mobility"}, lead_cities=(BUSAN,)))
    (found,) = await _proposals(store)
    first = found.leads[0]
    assert first.city == BUSAN
    assert first.parts["maturity"] is None
    assert first.evidence == ("urn:ngsi-ld:Project:test:p", MOBILITY)
    assert set(LEAD_WEIGHTS) == set(LEAD_TEXTS)
    assert sum(LEAD_WEIGHTS.values()) == pytest.approx(1)


async def test_proposals_should_be_filtered_and_combined_by_choice(store: Store) -> None:
    await _three(store)
    collective, annotations = await collected(store)
    assert propose_bundles(collective, annotations, today=TODAY, city=city_id("x")) == []
    assert propose_bundles(collective, annotations, today=TODAY, theme="urn:x") == []
    ids = ["urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:test:w"]
    assert combine(collective, annotations, ids).cities == (UTRECHT, DUIVEN)
    with pytest.raises(InvalidRecord):
        combine(collective, annotations, ["urn:ngsi-ld:Demand:test:d", ids[1]])


async def _made(store: Store) -> tuple[Collective, str]:
    await _three(store)
    collective, annotations = await collected(store)
    (found,) = propose_bundles(collective, annotations, today=TODAY)
    made = await propose(store, WRITER, found, now=NOW)
    assert set(made.reasons) == set(LANGUAGES)
    with pytest.raises(EntityAlreadyExists):
        await propose(store, WRITER, found, now=NOW)
    collective, _ = await collected(store)
    return collective, made.id


async def test_a_bundle_should_run_from_proposal_to_award(store: Store) -> None:
    collective, bundle = await _made(store)
    with pytest.raises(NotYourDecision):
        await join(store, speaking_for(UTRECHT), collective, bundle, BUSAN, now=NOW)
    more = Quantity(250, "C62")
    await join(store, speaking_for(UTRECHT), collective, bundle, UTRECHT, volume=more, now=NOW)
    formed = await join(store, speaking_for(BUSAN), collective, bundle, BUSAN, now=NOW)
    assert (formed.status, formed.volume) == ("forming", Quantity(350, "C62"))
    await decline(store, speaking_for(DUIVEN), collective, bundle, DUIVEN, now=NOW)
    mine = await kept(store, "urn:ngsi-ld:Demand:test:u", Demand)
    assert (mine.bundle, mine.status) == (bundle, "bundled")
    assert (await kept(store, "urn:ngsi-ld:Demand:test:d", Demand)).bundle is None
    with pytest.raises(RuleBroken, match="needs a lead"):
        await start_tender(store, WRITER, collective, bundle, Tender(), now=NOW)
    with pytest.raises(RuleBroken, match="must be a member"):
        await choose_lead(store, WRITER, collective, bundle, DUIVEN, now=NOW)
    await choose_lead(store, WRITER, collective, bundle, UTRECHT, now=NOW)
    tendered = await start_tender(store, WRITER, collective, bundle, Tender(), now=NOW)
    assert tendered.tender is not None
    assert tendered.tender.value == Money(Decimal(100_000), "EUR")
    with pytest.raises(RuleBroken, match="fixed"):
        await leave(store, speaking_for(BUSAN), collective, bundle, BUSAN, now=NOW)
    await move_tender(store, WRITER, collective, bundle, "active", now=NOW)
    await move_tender(store, WRITER, collective, bundle, "complete", now=NOW)
    assert (await kept(store, bundle, DemandBundle)).status == "awarded"
    assert (await kept(store, "urn:ngsi-ld:Demand:test:u", Demand)).status == "awarded"


async def test_a_cancelled_tender_should_free_its_members(store: Store) -> None:
    collective, bundle = await _made(store)
    for one in (UTRECHT, BUSAN):
        await join(store, WRITER, collective, bundle, one, now=NOW)
    await choose_lead(store, WRITER, collective, bundle, BUSAN, now=NOW)
    await start_tender(store, WRITER, collective, bundle, Tender(), now=NOW)
    await move_tender(store, WRITER, collective, bundle, "cancelled", now=NOW)
    left = await leave(store, speaking_for(BUSAN), collective, bundle, BUSAN, now=NOW)
    assert (left.members, left.lead, left.status) == ((UTRECHT,), None, "forming")
    mine = await kept(store, "urn:ngsi-ld:Demand:test:b", Demand)
    assert (mine.bundle, mine.status) == (None, "open")


async def test_a_demand_should_be_promised_to_one_bundle_only(store: Store) -> None:
    collective, first = await _made(store)
    await join(store, speaking_for(UTRECHT), collective, first, UTRECHT, now=NOW)
    collective, annotations = await collected(store)
    other = combine(
        collective, annotations, ["urn:ngsi-ld:Demand:test:u", "urn:ngsi-ld:Demand:test:w"]
    )
    second = (await propose(store, WRITER, other, now=NOW)).id
    collective, _ = await collected(store)
    with pytest.raises(RuleBroken, match="leaves that first"):
        await join(store, speaking_for(UTRECHT), collective, second, UTRECHT, now=NOW)
    await leave(store, speaking_for(UTRECHT), collective, first, UTRECHT, now=NOW)
    joined = await join(store, speaking_for(UTRECHT), collective, second, UTRECHT, now=NOW)
    assert joined.members == (UTRECHT,)


async def test_only_places_should_be_invited(store: Store) -> None:
    collective, bundle = await _made(store)
    with pytest.raises(NotAPlace):
        await invite(store, WRITER, collective, bundle, "urn:ngsi-ld:Demand:test:u", now=NOW)
    found = await invite(store, WRITER, collective, bundle, city_id("Elsewhere"), now=NOW)
    assert found.memberships[-1].decision == "invited"
    wrong = Membership(city=UTRECHT, decision="perhaps", on=TODAY)
    with pytest.raises(InvalidRecord, match="decision must be one of"):
        await decide(store, WRITER, collective, bundle, wrong, now=NOW)


quantities = st.lists(
    st.none() | st.builds(Quantity, st.integers(0, 1000), st.sampled_from(["C62", "KMT"]))
)


@settings(max_examples=50)
@given(quantities)
def test_sum_volumes_should_never_add_up_units(volumes: list[Quantity | None]) -> None:
    told = [one for one in volumes if one is not None]
    sums = {one.unit: one.value for one in sum_volumes(volumes)}
    assert sums == {
        unit: sum(one.value for one in told if one.unit == unit)
        for unit in {one.unit for one in told}
    }
    moneys = [Money(Decimal(one.value), one.unit) for one in told]
    assert {one.currency: float(one.amount) for one in sum_budgets(moneys)} == sums


def test_reasons_should_be_told_in_all_languages() -> None:
    for code, texts in {**REASON_TEXTS, **LEAD_TEXTS}.items():
        assert set(texts) == set(LANGUAGES), code


async def test_proposals_should_follow_what_changes(store: Store) -> None:
    await add(store, demand("u", UTRECHT))
    collective, annotations = await collected(store)
    assert propose_bundles(collective, annotations, today=TODAY) == []
    await add(store, demand("b", BUSAN))
    await collective.refresh(NOW)
    (found,) = propose_bundles(collective, annotations, today=TODAY)
    assert set(found.cities) == {UTRECHT, BUSAN}
    assert propose_bundles(collective, annotations, today=date(2030, 1, 1)) == []


async def test_the_order_of_records_should_change_no_proposal(store: Store) -> None:
    texts = ("Bicycle parking", "Parking for bicycles at stations", "Charging of electric cars")
    demands = [
        demand(f"{number}{name}", city_id(name), text)
        for number, text in enumerate(texts)
        for name in ("Utrecht", "Duiven", "Elsewhere")
    ]
    await add(store, *demands)
    told = [(one.key, one.cities, one.alike) for one in await _proposals(store)]
    assert len(told) >= 2
    async with ruled_store() as other:
        await add(other, *reversed(demands))
        assert [(one.key, one.cities, one.alike) for one in await _proposals(other)] == told
