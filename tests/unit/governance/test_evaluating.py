import pytest

from hanze.errors import InvalidInput
from hanze.governance.duties import DutyMissing
from hanze.governance.evaluating import Question, evaluate
from hanze.governance.purposes import UnknownPurpose
from hanze.governance.reasons import Reason
from hanze.governance.records.dataset import AccessRights
from hanze.governance.records.log import DecisionRecord
from hanze.governance.rules import Rules
from hanze.identity.caller import ANONYMOUS, Caller
from tests.governing import (
    CARE,
    CARE_DATA,
    NOW,
    OTHER,
    OWNER,
    PERSON,
    RESEARCH,
    a_caller,
    a_dataset,
    an_activity,
    an_agreement,
    both_signed,
    rules_of,
)

RULES = rules_of(a_dataset(), both_signed(an_agreement(CARE, RESEARCH)), an_activity())
CARE_QUESTION = Question(subject="client", kind="dataset", resource=CARE_DATA)


def reason(question: Question, caller: Caller, rules: Rules = RULES) -> Reason | None:
    refusal = evaluate(rules, caller, question, now=NOW).refusal
    return None if refusal is None else refusal.reason


def about(subject: str = "client", **members: str | tuple[str, ...]) -> Question:
    given: dict[str, str | tuple[str, ...]] = {"kind": "dataset", "resource": CARE_DATA, **members}
    return Question(subject=subject, **given)  # type: ignore[arg-type]  # members of a question


@pytest.mark.parametrize(
    ("kind", "resource"),
    [("dataset", CARE_DATA), ("type", PERSON), ("entity", "urn:ngsi-ld:Person:1")],
)
def test_everybody_should_ask_for_itself(kind: str, resource: str) -> None:
    question = about(kind=kind, resource=resource)
    assert reason(question, a_caller()) is None
    assert reason(question, a_caller(None)) is Reason.PURPOSE_REQUIRED
    assert reason(about(OTHER, kind=kind, resource=resource), a_caller()) is None
    nobody = about("anonymous", kind=kind, resource=resource)
    assert reason(nobody, ANONYMOUS) is Reason.PURPOSE_REQUIRED


def test_a_purpose_should_be_one_that_the_caller_holds() -> None:
    asked = about(purpose="dpv:ResearchAndDevelopment")
    holds = a_caller(None, purposes=frozenset({CARE, RESEARCH}))
    assert reason(asked, holds) is None
    for caller in (a_caller(), a_caller(None), a_caller(None, purposes=frozenset({CARE}))):
        assert reason(asked, caller) is Reason.PURPOSE_NOT_REGISTERED
    assert reason(asked, a_caller(RESEARCH)) is None
    assert reason(asked, a_caller(None, roles=frozenset({"member"}))) is None
    with pytest.raises(UnknownPurpose):
        reason(about(purpose="care"), a_caller())


def test_others_should_be_asked_about_only_by_those_who_have_to_know() -> None:
    asked = about("robot", organisation=OTHER, purpose=CARE)
    for role in ("steward", "auditor", "operator"):
        caller = Caller(actor="somebody", organisation=OWNER, roles=frozenset({role}))
        assert reason(asked, caller) is None
        assert reason(about("urn:else", purpose=CARE), caller) is Reason.NO_AGREEMENT
        assert reason(about(OTHER, purpose=CARE, activity="urn:else"), caller) is (
            Reason.PURPOSE_NOT_REGISTERED
        )
        assert reason(about(OTHER, purpose=CARE, activity=an_activity().id), caller) is None
    for caller in (a_caller(), a_caller(roles=frozenset({"writer", "owner"})), ANONYMOUS):
        with pytest.raises(DutyMissing):
            reason(asked, caller)
    # Whoever says to be of another organisation is somebody else.
    with pytest.raises(DutyMissing):
        reason(about(organisation=OWNER), a_caller())


def test_the_record_should_be_of_who_asks() -> None:
    auditor = Caller(actor="eva", roles=frozenset({"auditor"}), credential="account:eva")
    record = evaluate(RULES, auditor, about(OTHER, purpose=CARE), now=NOW).record
    assert isinstance(record, DecisionRecord)
    assert (record.actor, record.credential, record.organisation) == ("eva", "account:eva", OTHER)
    assert record.asked == (f"subject {OTHER}", CARE_DATA)
    assert (record.action, record.decision, record.datasets) == (
        "evaluate:read",
        True,
        (CARE_DATA,),
    )
    own = evaluate(RULES, a_caller(), CARE_QUESTION, now=NOW).record
    assert own is not None
    assert (own.actor, own.asked) == ("client", (CARE_DATA,))


def test_open_data_should_leave_no_record() -> None:
    rules = rules_of(a_dataset(access_rights=AccessRights.PUBLIC))
    found = evaluate(rules, ANONYMOUS, about("anonymous"), now=NOW)
    assert (found.refusal, found.record) == (None, None)


def test_an_unknown_dataset_should_not_be_told_of() -> None:
    unknown = about(resource="urn:else")
    assert reason(unknown, a_caller()) is Reason.NO_PERMISSION
    developer = Caller(actor="client", roles=frozenset({"developer"}))
    assert reason(unknown, developer) is None


def test_attributes_should_be_asked_for() -> None:
    names = a_dataset(id="names", attributes=("urn:name",), owner="urn:else")
    rules = rules_of(a_dataset(), both_signed(an_agreement()), names)
    question = about(kind="type", resource=PERSON, attributes=("urn:name",))
    assert reason(question, a_caller(), rules) is Reason.NO_AGREEMENT
    assert reason(about(kind="type", resource=PERSON), a_caller(), rules) is None


@pytest.mark.parametrize("members", [{"action": "delete"}, {"kind": "file"}])
def test_what_is_not_decided_here_should_be_refused(members: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="one of"):
        reason(about(**members), a_caller())
