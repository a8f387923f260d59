"""What the security officer has to look at, in one list (pure)."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import Enum

import msgspec

from hanze.governance.agreeing import state_of
from hanze.governance.records.activity import Project
from hanze.governance.records.agreement import Agreement, AgreementState
from hanze.governance.records.incident import Incident
from hanze.governance.records.rights import RightsRequest
from hanze.governance.rights import clock_of as request_clock
from hanze.governance.securing.breach import clock_of

__all__ = [
    "WorkItem",
    "WorkKind",
    "agreements_ending",
    "incidents_open",
    "ordered",
    "projects_unready",
    "requests_running",
]


class WorkKind(Enum):
    """What there is to do; in the order in which it is listed."""

    #: A record of the log was altered or is gone.
    CHAIN_BROKEN = "chain-broken"
    #: A data breach whose 72 hours run.
    BREACH = "breach"
    INCIDENT = "incident"
    #: An emergency is declared.
    EMERGENCY = "emergency"
    #: Nobody verified the log of late.
    CHAIN_UNVERIFIED = "chain-unverified"
    #: A source that waits for an assessment or a check.
    SOURCE_HELD = "source-held"
    #: A project that nobody assessed, or that is assessed and not checked.
    PROJECT_UNASSESSED = "project-unassessed"
    PROJECT_UNCHECKED = "project-unchecked"
    REVIEW_OVERDUE = "review-overdue"
    #: Devices that nobody knows, and that wait to be let in.
    UNKNOWN_DEVICES = "unknown-devices"
    #: Requests of residents whose month runs.
    REQUESTS = "requests"
    AGREEMENT_ENDS = "agreement-ends"


class WorkItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One thing to look at.

    Attributes:
        kind: What it is.
        about: Id, or the name of a source; "" where it is about the node.
        name: What people call that, by language; empty where it has no name.
        due: Day or DateTime text until when; `None`: as soon as may be.
        late: Whether that is over.
        count: How many there are of it.
        drill: Whether it is only practised.
    """

    kind: WorkKind
    about: str = ""
    name: dict[str, str] = {}
    due: str | None = None
    late: bool = False
    count: int = 1
    drill: bool = False


_ORDER = {kind: place for place, kind in enumerate(WorkKind)}
_CHECKS = frozenset({"no_security_check", "security_check_outdated"})


def ordered(items: Iterable[WorkItem]) -> tuple[WorkItem, ...]:
    """Put what is late first, then by kind, then by day."""
    return tuple(
        sorted(items, key=lambda one: (not one.late, _ORDER[one.kind], one.due or "", one.about))
    )


def incidents_open(incidents: Iterable[Incident], now: str) -> Sequence[WorkItem]:
    """List incidents that are not closed; those with a running clock by when it runs out."""
    found = []
    for one in incidents:
        if one.closing is not None:
            continue
        clock = clock_of(one, now)
        runs = clock is not None and clock.runs
        found.append(
            WorkItem(
                kind=WorkKind.BREACH if runs else WorkKind.INCIDENT,
                about=one.id,
                name={"": one.title},
                due=clock.due if clock is not None and runs else None,
                late=clock is not None and runs and clock.late,
                drill=one.drill,
            )
        )
    return found


def projects_unready(projects: Iterable[Project], today: str) -> Sequence[WorkItem]:
    """List projects without assessment or check, and those whose review is overdue."""
    found = []
    for one in projects:
        if one.review_by and one.review_by < today:
            found.append(
                WorkItem(
                    kind=WorkKind.REVIEW_OVERDUE,
                    about=one.id,
                    name=one.title,
                    due=one.review_by,
                    late=True,
                )
            )
        if not one.blocked:
            continue
        # What is assessed waits for the security officer alone.
        unchecked = set(one.blocked) <= _CHECKS
        kind = WorkKind.PROJECT_UNCHECKED if unchecked else WorkKind.PROJECT_UNASSESSED
        found.append(WorkItem(kind=kind, about=one.id, name=one.title))
    return found


def agreements_ending(
    agreements: Iterable[Agreement], *, days: int, now: str
) -> Sequence[WorkItem]:
    """List agreements in force that end within some days."""
    until = (date.fromisoformat(now[:10]) + timedelta(days=days)).isoformat()
    return [
        WorkItem(kind=WorkKind.AGREEMENT_ENDS, about=one.id, due=one.valid_until)
        for one in agreements
        if one.valid_until[:10] <= until and state_of(one, now) is AgreementState.ACTIVE
    ]


def requests_running(requests: Iterable[RightsRequest], now: str) -> Sequence[WorkItem]:
    """Count the requests of residents that wait for an answer; which ones is not told here."""
    clocks = [clock for one in requests if (clock := request_clock(one, now)).open]
    if not clocks:
        return []
    due = min(one.due for one in clocks)
    return [
        WorkItem(
            kind=WorkKind.REQUESTS,
            due=due,
            late=any(one.overdue for one in clocks),
            count=len(clocks),
        )
    ]
