"""The registry finds what going through all registrations finds (CIM 009, 5.12, 5.10.2.4)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.origin import Origin
from hanze.broker.registry import Change, Match, Registry
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from hanze.ngsild.registration.matching import Wanted, matched_information
from hanze.ngsild.registration.model import Mode, Registration, RegistrationInfo, RegistrationState
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.temporal.parse import parse_temporal_query
from tests.matching_registrations import infos, registered_with, wanted_strategy
from tests.registering import registered

NOW = "2026-05-01T12:00:00Z"
LATER = "2026-05-01T13:00:00Z"


def origin(*via: str, tenant: str = "", now: str = NOW) -> Origin:
    return Origin(caller=Caller(actor="a", tenant=tenant), context=CORE, via=via, now=now)


def filled(*registrations: Registration) -> Registry:
    registry = Registry()
    for one in registrations:
        registry.put(one)
    return registry


def ids(matches: list[Match]) -> list[str]:
    return [match.registration.id.rpartition(":")[2] for match in matches]


def numbered(number: int, **members: Any) -> Registration:
    return registered(id=f"urn:r:{number}", **members)


@pytest.mark.clause("5.12")
@settings(max_examples=100, deadline=None)
@given(
    known=st.lists(st.lists(infos, min_size=1, max_size=2).map(tuple), min_size=1, max_size=8),
    replaced=st.lists(infos, min_size=1, max_size=2).map(tuple),
    wanted=wanted_strategy,
)
def test_the_index_should_find_what_a_linear_search_finds(
    known: list[tuple[RegistrationInfo, ...]],
    replaced: tuple[RegistrationInfo, ...],
    wanted: Wanted,
) -> None:
    registrations = [registered_with(one, number=number) for number, one in enumerate(known)]
    registry = filled(*registrations)
    # One is replaced, and one goes.
    registrations[0] = registered_with(replaced, number=0)
    registry.put(registrations[0])
    registry.remove("", registrations.pop().id)
    expected = [
        Match(one, information)
        for one in registrations
        if (information := matched_information(one, wanted))
    ]
    assert registry.matching(origin(), wanted) == expected
    for one in registrations:
        registry.remove("", one.id)
    assert registry.is_empty("")
    assert len(registry) == 0


@pytest.mark.clause("4.3.6.4")
def test_a_source_should_be_left_out_when_the_request_has_been_there() -> None:
    registry = filled(numbered(1, contextSourceAlias="a"), numbered(2))
    assert ids(registry.matching(origin(), Wanted())) == ["1", "2"]
    assert ids(registry.matching(origin("b", "a"), Wanted())) == ["2"]


@pytest.mark.clause("5.9.2")
def test_a_registration_should_be_left_out_when_its_time_is_over() -> None:
    registry = filled(numbered(1, expiresAt=LATER), numbered(2))
    assert ids(registry.matching(origin(), Wanted())) == ["1", "2"]
    assert ids(registry.matching(origin(now=LATER), Wanted())) == ["2"]
    assert registry.expired(NOW) == []
    assert [one.id for one in registry.expired(LATER)] == ["urn:r:1"]


@pytest.mark.clause("4.20")
def test_operations_and_modes_should_be_those_asked_for() -> None:
    registry = filled(
        numbered(1),
        numbered(2, operations=["updateOps"], mode="redirect"),
        numbered(3, operations=["retrieveOps"], mode="auxiliary"),
    )
    found = registry.matching(origin(), Wanted(), operation=Operation.RETRIEVE_ENTITY)
    assert ids(found) == ["1", "3"]
    found = registry.matching(origin(), Wanted(), modes=frozenset({Mode.REDIRECT, Mode.AUXILIARY}))
    assert ids(found) == ["2", "3"]


@pytest.mark.clause("5.9.1")
def test_histories_and_the_present_should_be_apart() -> None:
    years = {"startAt": "2020-01-01T00:00:00Z", "endAt": "2022-01-01T00:00:00Z"}
    registry = filled(
        numbered(1), numbered(2, observationInterval=years), numbered(3, managementInterval=years)
    )
    assert ids(registry.matching(origin(), Wanted())) == ["1"]
    assert ids(registry.matching(origin(), Wanted(), history=True)) == ["2", "3"]
    for about, expected in (("observedAt", ["2"]), ("deletedAt", ["3"])):
        temporal = parse_temporal_query(
            timerel="after", time_at="2021-01-01T00:00:00Z", end_time_at=None, timeproperty=about
        )
        assert ids(registry.matching(origin(), Wanted(), temporal=temporal)) == expected


@pytest.mark.clause("4.14")
def test_tenants_should_be_apart() -> None:
    registry = filled(numbered(1), numbered(1, registered_in="city"))
    assert not registry.is_empty("city")
    assert registry.is_empty("other")
    assert len(registry.matching(origin(tenant="city"), Wanted())) == 1
    assert registry.matching(origin(tenant="other"), Wanted()) == []
    registry.note("urn:r:1", failed=False, at=NOW, tenant="city")
    assert registry.state("urn:r:1") == RegistrationState()
    assert registry.state("urn:r:1", "city").times_sent == 1
    registry.remove("city", "urn:r:1")
    assert registry.get("", "urn:r:1") is not None
    assert registry.get("city", "urn:r:1") is None


@pytest.mark.clause("5.2.9")
def test_what_became_of_asking_should_be_counted_and_handed_out_once() -> None:
    registry = filled(numbered(1), numbered(2))
    registry.note("urn:r:1", failed=False, at=NOW)
    registry.note("urn:r:1", failed=True, at=LATER)
    registry.note("urn:r:9", failed=True, at=LATER)
    state = RegistrationState(2, 1, NOW, LATER, failed=True)
    assert registry.state("urn:r:1") == state
    unwritten = registry.take_unwritten()
    assert unwritten == {("", "urn:r:1"): state}
    assert registry.take_unwritten() == {}
    registry.put_back(unwritten)
    assert registry.take_unwritten() == unwritten
    registry.remove("", "urn:r:1")
    registry.put_back(unwritten)
    assert registry.take_unwritten() == {}
    assert registry.state("urn:r:1") == RegistrationState()


def test_listeners_should_hear_of_each_change() -> None:
    registry = Registry()
    heard: list[Change] = []
    registry.listeners.append(heard.append)
    first = numbered(1)
    second = msgspec.structs.replace(first, endpoint="http://other.example")
    registry.put(first)
    registry.put(second)
    registry.remove("", first.id)
    registry.remove("", first.id)
    assert heard == [Change(None, first), Change(first, second), Change(second, None)]


def test_the_order_should_be_that_of_creation_when_one_is_replaced() -> None:
    registry = filled(numbered(1), numbered(2), numbered(3))
    registry.put(numbered(1, registrationName="x"))
    assert ids(registry.matching(origin(), Wanted())) == ["1", "2", "3"]
    assert [one.id for one in registry.of_tenant("")] == ["urn:r:1", "urn:r:2", "urn:r:3"]
    assert registry.of_tenant("other") == []
