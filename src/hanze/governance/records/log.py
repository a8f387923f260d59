"""What the logs keep: decisions, processing of personal data, and what people did."""

from enum import Enum

import msgspec

__all__ = ["AuditRecord", "DecisionRecord", "LogRecord", "Outcome", "ProcessingRecord"]


class Outcome(Enum):
    """The status of a record: a denial is no error."""

    UNSET = "Unset"
    OK = "Ok"
    ERROR = "Error"


class LogRecord(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag_field="log"
):
    """What every record says.

    Attributes:
        at: DateTime text.
        trace_id: 32 hexadecimal digits (W3C Trace Context): over all nodes that took part.
        span_id: 16 hexadecimal digits: of this node's part.
        parent_span_id: Of what asked this node; "" where nobody said.
    """

    at: str
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""


class DecisionRecord(LogRecord, frozen=True, kw_only=True, tag="decision"):
    """One evaluation (Authorization Decision Log: `adl.access_evaluation`).

    Attributes:
        actor: `Caller.actor`; with its organisation.
        credential: Id of the token, client or account.
        action: "read", "write", "subscribe", "deliver", ...
        tenant: Where.
        asked: What was named: types, ids and attributes, as the request did.
        purpose: IRI.
        activity: Id of the processing activity.
        datasets: Ids of the datasets that decided.
        agreements: Ids, with "#version".
        decision: Whether it was allowed.
        reason: Code, where it was not.
    """

    actor: str
    organisation: str = ""
    credential: str = ""
    action: str
    tenant: str = ""
    asked: tuple[str, ...] = ()
    purpose: str = ""
    activity: str = ""
    datasets: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    decision: bool
    reason: str = ""


class ProcessingRecord(LogRecord, frozen=True, kw_only=True, tag="processing"):
    """One operation on the data of one data subject (Logboek Dataverwerkingen).

    Employees who act are not in it: they are in the decision with the same trace.

    Attributes:
        name: Of the operation: "read", "create", "update", "delete", "notify", "export".
        activity: `dpl.core.processing_activity_id`.
        subject: `dpl.core.data_subject_id`: a pseudonym, under the subject's own key.
        subject_type: `dpl.core.data_subject_id_type`.
        organisation: Id of the organisation that got it; "" for the node's own.
        purpose: IRI.
        datasets: Ids.
        status: Whether it went well.
        confidential: Whether the data subject is not told.
    """

    name: str
    activity: str = ""
    subject: str
    subject_type: str = "pseudonym"
    organisation: str = ""
    purpose: str = ""
    datasets: tuple[str, ...] = ()
    status: Outcome = Outcome.OK
    confidential: bool = False


class AuditRecord(LogRecord, frozen=True, kw_only=True, tag="audit"):
    """What somebody did that is to be accounted for: decided, signed, changed, looked into logs.

    Attributes:
        actor: Who.
        organisation: For whom.
        name: "agreement.signed", "consent.withdrawn", "log.read", "emergency.declared", ...
        about: Ids of what it was done to.
        detail: A sentence; no personal data.
    """

    actor: str
    organisation: str = ""
    name: str
    about: tuple[str, ...] = ()
    detail: str = ""
