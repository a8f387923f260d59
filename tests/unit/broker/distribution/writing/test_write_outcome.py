"""What several places made of a write, put together."""

import pytest

from hanze.broker.consumption import EntityNotFound
from hanze.broker.distribution.warnings import BadGateway, GatewayTimeout
from hanze.broker.distribution.writing.outcome import (
    Attempt,
    NotAtSource,
    NotOffered,
    outcome_of,
    settled,
)
from hanze.broker.provision import EntityAlreadyExists
from hanze.errors import HanzeError

BIN = "urn:ngsi-ld:Bin:1"
MISSING = NotAtSource("urn:r:1", BIN)
BUSY = GatewayTimeout("late")
BROKEN = BadGateway("no")
EXISTS = EntityAlreadyExists(BIN)
NOT_OFFERED = NotOffered("urn:r:1", "createEntity")


def done(*names: str, created: bool = False) -> Attempt:
    return Attempt(names=names, created=created)


def failed(error: HanzeError, *names: str, soft: bool = False) -> Attempt:
    return Attempt(names=names, registration_id="urn:r:1", error=error, soft=soft)


def test_outcome_should_be_whole_when_nothing_failed() -> None:
    outcome = outcome_of([done("a"), done("b", "a")])
    assert (outcome.updated, outcome.failures) == (("a", "b"), ())


def test_who_lacks_it_should_not_count_when_others_did_the_same() -> None:
    assert not outcome_of([done("a", "b"), failed(MISSING, "a")]).failures
    assert not outcome_of([done("id"), failed(EntityNotFound(BIN), "id")]).failures
    assert outcome_of([done("b"), failed(MISSING, "a", "b")]).failures


def test_what_is_soft_should_not_count_when_others_did_the_same() -> None:
    assert not outcome_of([done("a"), failed(NOT_OFFERED, "a", soft=True)]).failures
    assert outcome_of([done("a"), failed(NOT_OFFERED, "a")]).failures


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([BUSY], BUSY),
        ([MISSING], MISSING),
        ([MISSING, MISSING], MISSING),
        ([MISSING, BUSY], BUSY),
        ([BUSY, EXISTS], EXISTS),
        ([NOT_OFFERED, BUSY], NOT_OFFERED),
    ],
)
def test_one_error_should_be_raised_when_everything_failed(
    errors: list[HanzeError], expected: HanzeError
) -> None:
    with pytest.raises(type(expected)) as raised:
        outcome_of([failed(error, "a") for error in errors])
    assert raised.value is expected


@pytest.mark.clause("6.3.17")
def test_failures_of_several_sources_should_be_listed() -> None:
    outcome = outcome_of([failed(BUSY, "a"), failed(BROKEN, "a")])
    assert outcome.updated == ()
    assert [one.error for one in outcome.failures] == [BUSY, BROKEN]


@pytest.mark.clause("5.6.3")
def test_what_was_left_alone_should_be_listed() -> None:
    outcome = outcome_of([Attempt(names=("a",), reason="It is there")])
    assert [one.reason for one in outcome.failures] == ["It is there"]


@pytest.mark.clause("5.6.8")
def test_entity_should_be_new_when_it_is_new_everywhere() -> None:
    assert settled([done("a", created=True), done("b", created=True)]).created
    assert not settled([done("a", created=True), done("b")]).created
    assert settled([done("a", created=True), failed(BUSY, "b")]).created
    assert not settled([failed(BUSY, "b")]).created


@pytest.mark.clause("5.2.16")
def test_failure_should_be_told_once_when_nobody_has_it() -> None:
    outcome = settled([failed(MISSING, "id"), failed(EntityNotFound(BIN), "id")])
    assert [one.error for one in outcome.failures] == [MISSING]
    outcome = settled([failed(MISSING, "a"), failed(BUSY, "a", "b"), failed(MISSING, "c")])
    assert [one.error for one in outcome.failures] == [BUSY, MISSING]
