"""What holds for every record, whatever its type."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from hanze.broker.provision import append_attributes, delete_entity, update_attributes
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.fields import Shape, fields_of
from hanze.collaboration.records.needs import DemandBundle, Membership, Tender
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.rules.step import RuleBroken
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Fragment
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import (
    NOW,
    TODAY,
    WRITER,
    add,
    city,
    city_id,
    demand,
    ruled_store,
)

LATER = "2026-11-22T10:05:00Z"
UTRECHT, DUIVEN = city_id("Utrecht"), city_id("Duiven")


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with ruled_store() as store:
        yield store


async def _create(store: Store, **attributes: Any) -> None:
    from_outside = {
        "id": "urn:ngsi-ld:Demand:test:odd",
        "type": "Demand",
        "title": {"languageMap": {"en": "odd"}},
        "problem": {"languageMap": {"en": "odd"}},
        **attributes,
    }
    entity = parse_entity(from_outside, HANZE)
    await store.transact(lambda uow: uow.rules.check(uow, WRITER, None, entity, now=NOW))


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"tender": {"json": {"url": "javascript:alert(1)"}}}, "tender"),
        ({"competition": {"json": {"url": "data:text/html,x"}}}, "competition"),
        ({"tender": {"json": {"url": "https://x.org/\n"}}}, "tender"),
        ({"website": "https://x.org/\r\nATTENDEE:mailto:a@b.org"}, "website"),
        ({"website": "https://x.org/ y"}, "website"),
        ({"website": "http://[x"}, "website"),
        ({"tender": {"json": {"value": {"amount": -5, "currency": "EUR"}}}}, "tender.value"),
        ({"tender": {"json": {"value": {"amount": 5, "currency": "<b>"}}}}, "currency"),
        ({"budget": {"value": 10**400, "unitCode": "EUR"}}, "budget"),
        ({"budget": {"value": 1e300, "unitCode": "EUR"}}, "budget"),
        ({"volume": -1}, "volume"),
        ({"deadline": "20270101"}, "deadline"),
        ({"deadline": "2027-W01-1"}, "deadline"),
        ({"deadline": "9999-12-31"}, "deadline"),
        ({"tender": {"json": {"ends": "9999-12-31"}}}, "tender.ends"),
        ({"tender": {"json": {"ocid": "x" * 100_001}}}, "tender.ocid"),
    ],
)
async def test_values_that_break_what_shows_them_should_be_refused(
    store: Store, attributes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRecord) as raised:
        await _create(store, **attributes)
    assert field in (raised.value.field or "")


async def test_addresses_and_amounts_as_they_should_be_should_pass(store: Store) -> None:
    await _create(
        store,
        website="HTTPS://xn--bcher-kva.example/한국?a=b#c",
        tender={"json": {"url": "http://[::1]:80/x", "value": {"amount": 0, "currency": "KRW"}}},
        deadline="2027-01-01",
    )


@pytest.mark.parametrize(
    ("kind", "values", "first", "last"),
    [
        ("Cooperation", {}, "since", "until"),
        ("Accord", {}, "validFrom", "validUntil"),
        ("Accord", {"status": "ended"}, "validFrom", "endedOn"),
        ("AccordSignature", {}, "signedOn", "withdrawnOn"),
        ("Mission", {}, "starts", "ends"),
        ("Event", {"kind": "fair"}, "starts", "ends"),
        ("FollowUp", {"kind": "result"}, "on", "due"),
        ("FollowUp", {"kind": "result", "status": "done"}, "on", "doneOn"),
        ("VoucherScheme", {}, "opens", "closes"),
        ("CountryLead", {}, "since", "until"),
        ("Mentorship", {}, "since", "until"),
        ("MatchmakingDay", {}, "registerBefore", "on"),
    ],
)
async def test_days_should_be_refused_when_they_are_not_in_order(
    store: Store, kind: str, values: dict[str, Any], first: str, last: str
) -> None:
    entity = _with_days(kind, values | {first: "2027-03-02", last: "2027-03-01"})
    with pytest.raises(InvalidRecord, match="must not be before") as raised:
        await store.transact(lambda uow: uow.rules.check(uow, WRITER, None, entity, now=NOW))
    assert raised.value.field == last


def _with_days(kind: str, values: dict[str, Any]) -> Entity:
    """A record with all that its type asks."""
    json: dict[str, Any] = {"id": f"urn:ngsi-ld:{kind}:test:days", "type": kind}
    filled = {
        Shape.LABEL: {"languageMap": {"en": "x"}},
        Shape.REFERENCE: {"object": UTRECHT},
        Shape.DATE: "2027-03-02",
        Shape.MONEY: {"value": 5, "unitCode": "EUR"},
    }
    for field in fields_of(RECORD_TYPES[kind]):
        if field.required:
            plain: Any = field.codes[0] if field.codes else "a" * 64
            json[field.term] = filled.get(field.shape, plain)
    return parse_entity(json | values, HANZE)


async def test_a_record_should_say_one_thing_at_a_time(store: Store) -> None:
    """Queries and subscriptions see every instance, rules one."""
    before = demand("one", UTRECHT)
    await add(store, before)
    beside = Attribute(
        kind=AttributeKind.PROPERTY, value="fulfilled", dataset_id="urn:ngsi-ld:Dataset:x"
    )
    fragment = Fragment(attributes={HANZE.expand_name("status"): (beside,)})
    with pytest.raises(InvalidRecord, match="datasetId"):
        await store.transact(
            lambda uow: append_attributes(uow, WRITER, before.id, fragment, now=LATER)
        )


async def test_what_cannot_be_deleted_should_not_lapse_either(store: Store) -> None:
    one, two = demand("one", UTRECHT), demand("two", DUIVEN)
    bundle = DemandBundle(
        id="urn:ngsi-ld:DemandBundle:test:1",
        title={"en": "bundle"},
        demands=(one.id, two.id),
        members=(UTRECHT, DUIVEN),
        memberships=tuple(
            Membership(city=name, decision="joined", on=TODAY) for name in (UTRECHT, DUIVEN)
        ),
        lead=UTRECHT,
        status="tendering",
        tender=Tender(status="active", value=Money(Decimal(5), "EUR")),
    )
    bundled = replace(one, bundle=bundle.id, status="tendering")
    await add(store, city("Utrecht"), city("Duiven"), two, bundled, bundle)
    lapses = Fragment(attributes={}, expires_at="2027-01-01T00:00:00Z")
    for record_id in (bundle.id, bundled.id):
        with pytest.raises(RuleBroken):
            await store.transact(
                lambda uow, one=record_id: update_attributes(uow, WRITER, one, lapses, now=LATER)  # type: ignore[misc]  # the default binds it
            )
        with pytest.raises(RuleBroken):
            await store.transact(
                lambda uow, one=record_id: delete_entity(uow, WRITER, one, now=LATER)  # type: ignore[misc]  # likewise
            )
