"""What records of the log are looked for, and which ones are that (pure)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from hanze.governance.records.log import AuditRecord, DecisionRecord, ProcessingRecord
from hanze.ngsild.moment import parse_datetime

__all__ = ["AnyRecord", "LogSearch", "Logged", "matches", "needles"]

AnyRecord = DecisionRecord | ProcessingRecord | AuditRecord


class LogSearch(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a record has to say; "" and `None` ask for nothing.

    Attributes:
        since: DateTime text: at this time or later.
        until: DateTime text: before it.
        kind: "decision", "processing" or "audit".
        actor: Who asked, or did something.
        organisation: For whom.
        dataset: Id of a dataset that decided, or that the data is of.
        agreement: Id of an agreement, with "#version" or without.
        reason: Code: why something was refused.
        purpose: IRI.
        activity: Id of a processing activity.
        trace: Trace id.
        subject: Pseudonym of a data subject.
        name: Of what was done: "read", "agreement.signed", ...; of a decision its action.
        about: Id of what something was done to, or what was asked for.
        allowed: Of decisions: whether it was.
    """

    since: str = ""
    until: str = ""
    kind: str = ""
    actor: str = ""
    organisation: str = ""
    dataset: str = ""
    agreement: str = ""
    reason: str = ""
    purpose: str = ""
    activity: str = ""
    trace: str = ""
    subject: str = ""
    name: str = ""
    about: str = ""
    allowed: bool | None = None


class Logged(msgspec.Struct, frozen=True):
    """A record with its number in the log."""

    number: int
    record: AnyRecord


def _kind(record: AnyRecord) -> tuple[str, ...]:
    tag = record.__struct_config__.tag
    return (str(tag),)


def _one(name: str) -> Callable[[AnyRecord], tuple[str, ...]]:
    def said(record: AnyRecord) -> tuple[str, ...]:
        value = getattr(record, name, "")
        return (value,) if isinstance(value, str) else tuple(value)

    return said


def _agreements(record: AnyRecord) -> tuple[str, ...]:
    named = record.agreements if isinstance(record, DecisionRecord) else ()
    return (*named, *(one.partition("#")[0] for one in named))


def _about(record: AnyRecord) -> tuple[str, ...]:
    if isinstance(record, DecisionRecord):
        return record.asked
    return record.about if isinstance(record, AuditRecord) else ()


def _name(record: AnyRecord) -> tuple[str, ...]:
    return (record.action if isinstance(record, DecisionRecord) else record.name,)


#: By member of a search: what records say about it.
_SAID: Final[Mapping[str, Callable[[AnyRecord], tuple[str, ...]]]] = {
    "kind": _kind,
    "actor": _one("actor"),
    "organisation": _one("organisation"),
    "dataset": _one("datasets"),
    "agreement": _agreements,
    "reason": _one("reason"),
    "purpose": _one("purpose"),
    "activity": _one("activity"),
    "trace": _one("trace_id"),
    "subject": _one("subject"),
    "name": _name,
    "about": _about,
}


def matches(search: LogSearch, record: AnyRecord) -> bool:
    """Tell whether a record is looked for."""
    for wanted, said in _wanted(search):
        if wanted not in said(record):
            return False
    if search.allowed is not None and getattr(record, "decision", None) is not search.allowed:
        return False
    return _in_time(search, record.at)


def needles(search: LogSearch) -> tuple[bytes, ...]:
    """Return what every record that is looked for has in it, as it is written.

    Who has them all need not match; who lacks one does not.
    """
    return tuple(msgspec.json.encode(wanted)[1:-1] for wanted, _ in _wanted(search))


def _wanted(search: LogSearch) -> Iterator[tuple[str, Callable[[AnyRecord], tuple[str, ...]]]]:
    for member, said in _SAID.items():
        wanted: str = getattr(search, member)
        if wanted:
            yield wanted, said


def _in_time(search: LogSearch, at: str) -> bool:
    if not (search.since or search.until):
        return True
    moment = parse_datetime(at)
    if search.since and moment < parse_datetime(search.since):
        return False
    return not search.until or moment < parse_datetime(search.until)
