"""Tenders are written as the Open Contracting Data Standard has them, by its own schema."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.records.needs import (
    PROCUREMENT_CATEGORIES,
    PROCUREMENT_METHODS,
    TENDER_STATUSES,
    DemandBundle,
    Membership,
    Tender,
)
from hanze.collaboration.records.record import Money, Quantity
from hanze.collaboration.tender_release import NoTender, release_package
from tests.unit.collaboration.flow_records import (
    TODAY,
    add,
    city,
    city_id,
    collected,
    demand,
    ruled_store,
)

UTRECHT, BUSAN = city_id("Utrecht"), city_id("21", "KR")
BUNDLE = "urn:ngsi-ld:DemandBundle:test:1"


def _bundle(tender: Tender | None) -> DemandBundle:
    return DemandBundle(
        id=BUNDLE,
        title={"nl": "Samen: stallingen", "en": "Together: parking"},
        demands=("urn:ngsi-ld:Demand:test:a", "urn:ngsi-ld:Demand:test:b"),
        members=(UTRECHT, BUSAN),
        memberships=tuple(
            Membership(city=one, decision="joined", on=TODAY) for one in (UTRECHT, BUSAN)
        ),
        lead=BUSAN,
        status="tendering" if tender is not None else "forming",
        volume=Quantity(350, "C62"),
        budget=Money(Decimal("100000.5"), "EUR"),
        tender=tender,
    )


async def _package(tender: Tender | None, need: str = BUNDLE) -> Any:
    async with ruled_store() as store:
        await add(store, city("Utrecht"), city("21", "KR"))
        await add(store, demand("a", UTRECHT), demand("b", BUSAN), _bundle(tender))
        collective, _ = await collected(store)
        return release_package(collective, need, address="https://node.example/x", publisher="Us")


async def test_a_bundle_should_be_one_tender_of_all_its_members() -> None:
    tender = Tender(
        ocid="ocds-abcdef-1",
        status="active",
        value=Money(Decimal(90_000), "EUR"),
        starts=date(2027, 1, 1),
        ends=date(2027, 2, 1),
        url="https://tenders.example/1",
    )
    (release,) = (await _package(tender))["releases"]
    assert (release["ocid"], release["tag"]) == ("ocds-abcdef-1", ["tender"])
    assert [(one["id"], one["roles"]) for one in release["parties"]] == [
        (BUSAN, ["buyer", "procuringEntity"]),
        (UTRECHT, ["buyer"]),
    ]
    assert release["planning"]["budget"]["amount"] == {"amount": 100000.5, "currency": "EUR"}
    told = release["tender"]
    assert told["value"] == {"amount": 90000.0, "currency": "EUR"}
    assert told["tenderPeriod"]["endDate"] == "2027-02-01T23:59:59Z"
    assert told["items"][0]["quantity"] == 350
    assert told["documents"][0]["url"] == "https://tenders.example/1"


async def test_only_what_is_tendered_should_have_a_release() -> None:
    with pytest.raises(NoTender):
        await _package(None)
    with pytest.raises(RecordNotFound):
        await _package(None, UTRECHT)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    tender=st.builds(
        Tender,
        ocid=st.sampled_from([None, "ocds-abcdef-1"]),
        status=st.sampled_from(TENDER_STATUSES[:4]),
        procurement_method=st.sampled_from([None, *PROCUREMENT_METHODS]),
        main_procurement_category=st.sampled_from([None, *PROCUREMENT_CATEGORIES]),
        value=st.sampled_from([None, Money(Decimal("0.1"), "KRW")]),
        starts=st.sampled_from([None, date(2027, 1, 1)]),
        ends=st.sampled_from([None, date(2027, 2, 1)]),
        url=st.sampled_from([None, "https://tenders.example/1"]),
    )
)
async def test_any_tender_should_meet_the_schema(shared_data: Path, tender: Tender) -> None:
    schema = json.loads(
        (shared_data / "collective/schemas/ocds-release-schema.json").read_text(encoding="utf-8")
    )
    schema.pop("id", None)
    schema.pop("$id", None)
    package = await _package(tender)
    for release in package["releases"]:
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(release)
