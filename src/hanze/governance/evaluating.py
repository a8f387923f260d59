"""Whether somebody may use something, asked for itself: an evaluation that reads nothing (pure)."""

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from hanze.errors import InvalidInput
from hanze.governance.decision import Asked, access_for, check
from hanze.governance.duties import require_duty
from hanze.governance.purposes import purpose_iri
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.governance.recording import Refusal, decision_record
from hanze.governance.records.log import DecisionRecord
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.roles import AUDITOR, DEVELOPER, MEMBER, OPERATOR, READER, STEWARD

__all__ = ["ACTIONS", "Evaluated", "Question", "asked_of", "evaluate", "is_about", "subject_of"]

#: Which actions are decided here: ways of reading. Who may write is a matter of roles.
ACTIONS: Final = ("count", "export", "notify", "query", "read", "subscribe")

_KINDS: Final = ("dataset", "entity", "type")
#: Of credentials that hold none: whatever is asked for is not among them.
_NO_PURPOSE: Final = frozenset({"urn:hanze:no-purpose"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: may this subject do this to that?

    Attributes:
        subject: Name of the actor, or id of the organisation.
        organisation: Id, where the subject is somebody of it.
        action: One of `ACTIONS`.
        kind: "dataset", "entity" or "type".
        resource: Its id, or the IRI of the type.
        attributes: IRIs of those that are to be used; empty for none by name.
        purpose: IRI, or a name with a prefix of DPV.
        activity: Id of the processing activity.
    """

    subject: str
    organisation: str | None = None
    action: str = "read"
    kind: str
    resource: str
    attributes: tuple[str, ...] = ()
    purpose: str | None = None
    activity: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The answer.

    Attributes:
        refusal: Why not; `None`: it is allowed, if perhaps not for all of it.
        record: What the log keeps of it; `None` where it is about nothing but open data.
    """

    refusal: Refusal | None
    record: DecisionRecord | None


def is_about(question: Question, caller: Caller) -> bool:
    """Tell whether somebody asks for itself."""
    themselves = (caller.actor, caller.organisation)
    return question.subject in themselves and question.organisation in (None, caller.organisation)


def subject_of(question: Question, caller: Caller) -> Caller:
    """Make the caller that a question is about.

    Everybody asks for itself; for others those do whose work it is to know.

    Raises:
        DutyMissing: The caller asks for somebody else.
        UnknownPurpose: What is named is no purpose.
    """
    purpose = None if question.purpose is None else purpose_iri(question.purpose, field="purpose")
    if is_about(question, caller):
        if purpose is None:
            return caller
        # Members of the league state their own purposes; so does whoever develops.
        is_held = purpose == caller.purpose or not caller.roles.isdisjoint({MEMBER, DEVELOPER})
        purposes = caller.purposes if is_held else caller.purposes or _NO_PURPOSE
        return replace(caller, purpose=purpose, purposes=purposes)
    require_duty(caller, STEWARD, AUDITOR, OPERATOR)
    return Caller(
        actor=question.subject,
        organisation=question.organisation or question.subject,
        roles=frozenset({READER}),
        purpose=purpose,
        activity=question.activity,
        trace=caller.trace,
        tenant=caller.tenant,
    )


def asked_of(question: Question) -> Asked:
    """Make what a question names.

    Raises:
        InvalidInput: The action or the kind of resource is none of those that there are.
    """
    for field, value, known in (
        ("action.name", question.action, ACTIONS),
        ("resource.type", question.kind, _KINDS),
    ):
        if value not in known:
            raise InvalidInput(f"It must be one of {', '.join(known)}", field=field, value=value)
    only = (question.resource,)
    return Asked(
        action=f"evaluate:{question.action}",
        types=(frozenset(only),) if question.kind == "type" else None,
        ids=only if question.kind == "entity" else (),
        datasets=only if question.kind == "dataset" else (),
        names=dict.fromkeys(question.attributes, "resource.properties.attributes"),
    )


def evaluate(rules: Rules, caller: Caller, question: Question, *, now: str) -> Evaluated:
    """Answer a question; nothing is read for it.

    Args:
        caller: Who asks: the record is of it, whomever the question is about.
        now: DateTime text.

    Raises:
        InvalidInput: The question is none.
        DutyMissing: It is about somebody else, and the caller has no business with that.
    """
    asked = asked_of(question)
    subject = subject_of(question, caller)
    decided = access_for(rules, subject, now)
    refusal: Refusal | None = None
    try:
        check(rules, decided, subject, asked)
    except (AccessDenied, PurposeRequired) as error:
        refusal = error
    record = decision_record(decided, subject, asked, refusal, now=now)
    if record is not None and subject.actor != caller.actor:
        named = (f"subject {question.subject}", *record.asked)
        record = msgspec.structs.replace(
            record, actor=caller.actor, credential=caller.credential, asked=named
        )
    return Evaluated(refusal, record)
