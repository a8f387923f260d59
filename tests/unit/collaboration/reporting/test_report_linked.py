"""A report as JSON-LD, read by another library without fetching anything."""

from typing import Any

import msgspec
from pyld import jsonld  # type: ignore[import-untyped]  # publishes no types

from hanze.collaboration.reporting.linked import linked_report
from tests.journeys import (
    ACCORD,
    FIRST,
    INVITATION,
    JOURNEY,
    PERMISSION,
    REPORT,
    STUDIES,
    TODAY,
    travelled,
)

_SCHEMA = "https://schema.org/"
_PROV = "http://www.w3.org/ns/prov#"


async def _expanded(mission: str) -> dict[str, Any]:
    body = linked_report(await travelled(), mission, TODAY)
    plain = msgspec.json.decode(msgspec.json.encode(body))
    found: dict[str, Any] = jsonld.expand(plain)[0]
    return found


async def test_linked_report_should_be_read_by_others_when_it_is_expanded() -> None:
    report = await _expanded(JOURNEY)
    assert report["@id"] == REPORT
    assert set(report["@type"]) == {f"{_SCHEMA}Report", f"{_PROV}Entity"}
    derived = {one["@id"] for one in report[f"{_PROV}wasDerivedFrom"]}
    assert {JOURNEY, PERMISSION, ACCORD} <= derived
    (mission,) = report[f"{_SCHEMA}about"]
    names = {one["@language"]: one["@value"] for one in mission[f"{_SCHEMA}name"]}
    assert names["ko"] == "경기도 방문"
    actions = {one["@id"]: one for one in mission[f"{_SCHEMA}potentialAction"]}
    late = actions[STUDIES]
    assert late[f"{_SCHEMA}actionStatus"] == [{"@id": f"{_SCHEMA}ActiveActionStatus"}]
    assert late["https://w3id.org/hanze/ns#isLate"][0]["@value"] is True
    assert INVITATION in actions


async def test_linked_report_should_keep_amounts_exact_when_costs_are_told() -> None:
    report = await _expanded(JOURNEY)
    (costs,) = report["https://w3id.org/hanze/ns#costs"]
    (over,) = costs["https://w3id.org/hanze/ns#over"]
    assert over[f"{_SCHEMA}value"][0]["@value"] == "-1290.46"
    assert over[f"{_SCHEMA}currency"] == [{"@value": "EUR"}]


async def test_linked_report_should_tell_moments_with_their_offset_when_times_are_known() -> None:
    report = await _expanded(JOURNEY)
    (mission,) = report[f"{_SCHEMA}about"]
    times = [
        one[f"{_SCHEMA}startDate"][0]["@value"]
        for one in mission[f"{_SCHEMA}subEvent"]
        if f"{_SCHEMA}startDate" in one
    ]
    assert times == ["2025-03-05T08:00:00+09:00", "2025-03-06"]


async def test_linked_report_should_have_an_id_of_its_mission_when_nobody_wrote_one() -> None:
    report = await _expanded(FIRST)
    assert report["@id"] == f"{FIRST}#report"
    assert f"{_SCHEMA}hasPart" not in report
