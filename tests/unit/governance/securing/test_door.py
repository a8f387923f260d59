"""Which requests are let in while there is an emergency."""

import pytest

from hanze.governance.records.emergency import Emergency, Level
from hanze.governance.securing.door import Door
from hanze.governance.securing.services import Service, service_of, source_of
from hanze.identity.caller import Caller

EMERGENCY = Emergency(
    id="urn:ngsi-ld:Emergency:own:1",
    why="Flood",
    declared_by="officer",
    declared_at="2026-06-01T12:00:00Z",
    until="2026-06-01T14:00:00Z",
)


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("GET", "/ngsi-ld/v1/entities/urn:x:1", Service.READING),
        ("PATCH", "/ngsi-ld/v1/entities/urn:x:1", Service.WRITING),
        ("POST", "/ngsi-ld/v1/entityOperations/query", Service.READING),
        ("POST", "/ngsi-ld/v1/entityOperations/upsert", Service.WRITING),
        ("GET", "/ngsi-ld/v1/temporal/entities", Service.HISTORY),
        ("POST", "/ngsi-ld/v1/temporal/entityOperations/query", Service.HISTORY),
        ("POST", "/ngsi-ld/v1/temporal/entities", Service.WRITING),
        ("GET", "/ngsi-ld/v1/subscriptions", Service.SUBSCRIBING),
        ("GET", "/ngsi-ld/v1/types", Service.READING),
        ("POST", "/api/v1/sources/bins/messages", Service.SOURCES),
        ("GET", "/api/v1/records", Service.COLLECTIVE),
        ("POST", "/api/v1/league/peer/exchange", Service.LEAGUE),
        ("POST", "/api/v1/governance/agreements", Service.GOVERNANCE),
        ("POST", "/api/v1/governance/emergency", Service.DOOR),
        ("POST", "/access/v1/evaluation", Service.GOVERNANCE),
        ("GET", "/nl/security", Service.DOOR),
        ("POST", "/en/sign-in", Service.DOOR),
        ("GET", "/en/securityx", Service.PORTAL),
        ("GET", "/en/", Service.PORTAL),
        ("GET", "/", Service.PORTAL),
        ("GET", "/health", Service.DOOR),
        ("GET", "/static/portal.css", Service.DOOR),
    ],
)
def test_service_of_should_name_the_group_of_an_address(
    method: str, path: str, service: Service
) -> None:
    assert service_of(method, path) is service


def test_source_of_should_name_whose_message_it_is() -> None:
    assert source_of("/api/v1/sources/bins/messages/up/1") == "bins"
    assert source_of("/api/v1/sources/bins") == ""


def test_level_should_follow_what_is_said_of_the_narrowest() -> None:
    door = Door()
    client = Caller("c", "urn:x:care", frozenset({"reader"}), credential="client:care")
    assert door.level(Service.PORTAL) is Level.LOW
    assert door.level(Service.READING) is Level.NORMAL
    door.levels = {
        "service:reading": Level.LOW,
        "source:bins": Level.LOW,
        "organisation:urn:x:care": Level.VITAL,
    }
    assert door.level(Service.READING) is Level.LOW
    assert door.level(Service.READING, caller=client) is Level.VITAL
    assert door.level(Service.SOURCES, "bins") is Level.LOW
    assert door.level(Service.SOURCES, "care") is Level.NORMAL
    door.levels = {**door.levels, "credential:client:care": Level.LOW}
    assert door.level(Service.READING, caller=client) is Level.LOW
    # What an emergency is managed with is answered whatever else is said.
    assert door.level(Service.DOOR, caller=client) is Level.VITAL


def test_level_should_let_in_who_runs_the_node() -> None:
    door = Door()
    operator = Caller("o", roles=frozenset({"operator"}), credential="token:o")
    assert door.level(Service.PORTAL, caller=operator) is Level.VITAL
    door.levels = {"credential:token:o": Level.LOW}
    assert door.level(Service.PORTAL, caller=operator) is Level.LOW


def test_emergency_should_end_by_itself() -> None:
    door = Door()
    door.close_for(EMERGENCY)
    assert door.left_s("2026-06-01T13:59:59.5Z") == 1
    assert door.retry_after_s("2026-06-01T12:00:00Z") == 300
    assert door.retry_after_s("2026-06-01T13:59:30Z") == 30
    assert door.left_s("2026-06-01T14:00:00Z") == 0
    assert door.emergency is None


def test_sources_of_the_lowest_level_should_rest_in_an_emergency_alone() -> None:
    door = Door()
    door.levels = {"source:bins": Level.LOW}
    assert not door.holds_source("bins")
    door.close_for(EMERGENCY)
    assert door.holds_source("bins")
    assert not door.holds_source("care")
