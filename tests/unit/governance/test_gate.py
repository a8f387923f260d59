from collections.abc import Sequence
from typing import cast

import pytest
from msgspec.structs import replace

from hanze.governance.decision import Asked
from hanze.governance.gate import Gate
from hanze.governance.ports import Log
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.governance.records.agreement import Revocation
from hanze.governance.records.dataset import AccessRights
from hanze.governance.records.log import DecisionRecord, LogRecord
from hanze.governance.rules import Rules
from hanze.identity.caller import ANONYMOUS, NODE
from hanze.identity.trace import Trace
from hanze.ngsild.terms import DEFAULT_VOCAB
from tests.governing import (
    CARE,
    CARE_DATA,
    NOW,
    OTHER,
    PERSON,
    RESEARCH,
    a_caller,
    a_dataset,
    an_agreement,
    both_signed,
    rules_of,
)

AGREED = both_signed(an_agreement())
PARKING = DEFAULT_VOCAB + "ParkingSpot"
OPEN = a_dataset(
    id="urn:ngsi-ld:Dataset:groningen:parking",
    types=(PARKING,),
    access_rights=AccessRights.PUBLIC,
)
PERSONS = Asked(types=(frozenset((PERSON,)),))


class Recorded:
    """Keeps what is staged."""

    def __init__(self) -> None:
        self.records: list[LogRecord] = []

    def stage(self, records: Sequence[LogRecord]) -> None:
        self.records += records

    def only(self) -> DecisionRecord:
        (record,) = self.records
        assert isinstance(record, DecisionRecord)
        return record


class TestGate:
    def setup_method(self) -> None:
        self.rules = rules_of(a_dataset(), OPEN, AGREED, version=1)
        self.log = Recorded()
        self.gate = Gate(lambda: self.rules, lambda: cast("Log", self.log))

    def change(self, rules: Rules) -> None:
        self.rules = rules

    def test_it_should_leave_a_record_of_what_is_allowed(self) -> None:
        caller = a_caller(
            credential="key", activity=None, trace=Trace("1" * 32, "2" * 16, "3" * 16)
        )
        self.gate.check(caller, PERSONS, NOW)
        assert self.log.only() == DecisionRecord(
            at=NOW,
            trace_id="1" * 32,
            span_id="2" * 16,
            parent_span_id="3" * 16,
            actor="client",
            organisation=OTHER,
            credential="key",
            action="read",
            asked=(PERSON,),
            purpose=CARE,
            datasets=(CARE_DATA,),
            agreements=(f"{AGREED.id}#1",),
            decision=True,
        )

    def test_it_should_leave_a_record_of_what_is_refused(self) -> None:
        asked = Asked(action="export", ids=("urn:ngsi-ld:Person:1",), names={PERSON: "q"})
        with pytest.raises(AccessDenied):
            self.gate.check(a_caller(RESEARCH), asked, NOW)
        record = self.log.only()
        assert (record.decision, record.reason) == (False, "purpose_mismatch")
        assert (record.action, record.datasets) == ("export", (CARE_DATA,))
        assert record.asked == ("urn:ngsi-ld:Person:1", PERSON)
        assert len(record.trace_id) == 32

    def test_it_should_leave_a_record_when_a_purpose_is_missing(self) -> None:
        with pytest.raises(PurposeRequired):
            self.gate.check(ANONYMOUS, PERSONS, NOW)
        assert self.log.only().reason == "purpose_required"

    def test_it_should_leave_no_record_of_open_data(self) -> None:
        for caller in (ANONYMOUS, a_caller()):
            self.gate.check(caller, Asked(types=(frozenset((PARKING,)),)), NOW)
            self.gate.check(caller, Asked(ids=("urn:ngsi-ld:ParkingSpot:1",)), NOW)
        # Closed data is left out of what names nothing, and nobody asked for it.
        self.gate.check(ANONYMOUS, Asked(), NOW)
        self.gate.check(NODE, PERSONS, NOW)
        assert self.log.records == []

    def test_it_should_leave_a_record_of_closed_data_that_is_asked_for_by_purpose(self) -> None:
        self.gate.check(a_caller(), Asked(), NOW)
        self.gate.check(a_caller(RESEARCH), Asked(), NOW)
        given, left_out = self.log.records
        assert isinstance(given, DecisionRecord)
        assert isinstance(left_out, DecisionRecord)
        assert (given.agreements, left_out.agreements) == ((f"{AGREED.id}#1",), ())

    def test_it_should_decide_again_when_the_rules_change(self) -> None:
        self.gate.check(a_caller(), PERSONS, NOW)
        revoked = replace(AGREED, revocation=Revocation(by="someone", at=NOW, reason="Over"))
        self.change(rules_of(a_dataset(), OPEN, revoked, version=2))
        with pytest.raises(AccessDenied, match="revoked"):
            self.gate.check(a_caller(), PERSONS, NOW)

    def test_it_should_decide_again_when_an_agreement_ends(self) -> None:
        before = self.gate.access(a_caller(), "2026-12-31T23:59:59Z")
        assert self.gate.access(a_caller(), "2026-12-31T23:59:59.5Z") is before
        with pytest.raises(AccessDenied, match="expired"):
            self.gate.check(a_caller(), PERSONS, "2027-01-01T00:00:00Z")

    def test_it_should_decide_again_within_the_second_in_which_something_ends(self) -> None:
        soon = both_signed(an_agreement(valid_until="2026-06-01T12:00:01Z"))
        self.change(rules_of(a_dataset(), soon, version=2))
        self.gate.check(a_caller(), PERSONS, NOW)
        with pytest.raises(AccessDenied, match="expired"):
            self.gate.check(a_caller(), PERSONS, "2026-06-01T12:00:01.2Z")

    def test_it_should_record_that_an_id_is_not_told_of(self) -> None:
        assert self.gate.absence(ANONYMOUS, "urn:ngsi-ld:ParkingSpot:1", NOW) is None
        assert self.log.records == []
        refusal = self.gate.absence(ANONYMOUS, "urn:ngsi-ld:Else:1", NOW, action="subscribe")
        assert refusal is not None
        record = self.log.only()
        assert (record.action, record.reason) == ("subscribe", "no_permission")

    def test_it_should_do_without_a_log(self) -> None:
        gate = Gate(lambda: self.rules, lambda: None)
        assert gate.check(a_caller(), PERSONS, NOW).parts
        assert gate.absence(ANONYMOUS, "urn:ngsi-ld:Else:1", NOW) is not None

    def test_it_should_forget_when_it_keeps_too_many(self) -> None:
        first = self.gate.access(a_caller(), NOW)
        for number in range(4096):
            self.gate.access(a_caller(organisation=f"urn:{number}"), NOW)
        assert self.gate.access(a_caller(), NOW) is not first


def test_a_record_should_keep_only_the_beginning_of_what_was_asked() -> None:
    log = Recorded()
    rules = rules_of(a_dataset())
    gate = Gate(lambda: rules, lambda: cast("Log", log))
    ids = tuple(f"urn:ngsi-ld:Person:{number}:{'x' * 300}" for number in range(60))
    with pytest.raises(AccessDenied):
        gate.check(a_caller(), Asked(ids=ids), NOW)
    asked = log.only().asked
    assert (len(asked), max(map(len, asked))) == (50, 200)
