"""What the security officer's list holds, and in which order."""

import msgspec

from hanze.governance.records.incident import Closing, Incident
from hanze.governance.records.rights import RightKind, RightsRequest
from hanze.governance.securing.worklist import (
    WorkItem,
    WorkKind,
    agreements_ending,
    incidents_open,
    ordered,
    projects_unready,
    requests_running,
)
from tests.governing import a_project, an_agreement, both_signed

NOW = "2026-06-04T13:00:00Z"
INCIDENT = Incident(
    id="urn:ngsi-ld:SecurityIncident:own:1",
    title="A laptop was lost",
    description="It was",
    known_at="2026-06-01T12:00:00Z",
    reported_by="officer",
    reported_at=NOW,
)


def test_incidents_open_should_list_breaches_by_their_clock() -> None:
    breach = msgspec.structs.replace(INCIDENT, id="b", personal=True)
    over = msgspec.structs.replace(INCIDENT, closing=Closing(at=NOW, by="x", lessons="y"))
    found = incidents_open([INCIDENT, breach, over], NOW)
    assert [(one.kind, one.late, one.due) for one in found] == [
        (WorkKind.INCIDENT, False, None),
        (WorkKind.BREACH, True, "2026-06-04T12:00:00Z"),
    ]


def test_projects_unready_should_tell_checks_from_assessments() -> None:
    project = a_project(active=False)
    checked = msgspec.structs.replace(project, blocked=("no_security_check",))
    raw = msgspec.structs.replace(project, blocked=("no_assessment", "no_security_check"))
    old = msgspec.structs.replace(project, review_by="2026-01-01")
    found = projects_unready([checked, raw, old, a_project(active=True)], NOW[:10])
    assert [one.kind for one in found] == [
        WorkKind.PROJECT_UNCHECKED,
        WorkKind.PROJECT_UNASSESSED,
        WorkKind.REVIEW_OVERDUE,
    ]


def test_agreements_ending_should_list_those_in_force_alone() -> None:
    soon = both_signed(an_agreement(valid_until="2026-06-20T00:00:00Z"))
    unsigned = an_agreement(valid_until="2026-06-20T00:00:00Z")
    late = both_signed(an_agreement(valid_until="2026-09-01T00:00:00Z"))
    found = agreements_ending([soon, unsigned, late], days=30, now=NOW)
    assert [one.about for one in found] == [soon.id]


def test_requests_running_should_count_and_name_nobody() -> None:
    request = RightsRequest(
        id="urn:x:secret", kind=RightKind.ACCESS, asked_by="p", received_at="2026-05-01T00:00:00Z"
    )
    (found,) = requests_running([request, request], NOW)
    assert (found.count, found.due, found.late, found.about) == (2, "2026-06-01", True, "")
    assert requests_running([], NOW) == []


def test_ordered_should_put_what_is_late_first() -> None:
    items = [
        WorkItem(kind=WorkKind.AGREEMENT_ENDS, late=False),
        WorkItem(kind=WorkKind.REQUESTS, late=True),
        WorkItem(kind=WorkKind.BREACH, due="2"),
        WorkItem(kind=WorkKind.BREACH, due="1"),
    ]
    found = [(one.kind, one.due) for one in ordered(items)]
    assert found == [
        (WorkKind.REQUESTS, None),
        (WorkKind.BREACH, "1"),
        (WorkKind.BREACH, "2"),
        (WorkKind.AGREEMENT_ENDS, None),
    ]
