"""Records of governance, as tests make them: two cities, one dataset, the agreement between them."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from hanze.governance.agreeing import signed
from hanze.governance.policy import agreed_purposes, permission
from hanze.governance.records.activity import Activity, Project
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.consent import Consent
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller

__all__ = [
    "CARE",
    "CARE_DATA",
    "CARE_FRAUD",
    "FRAUD",
    "NOW",
    "OTHER",
    "OWNER",
    "PATIENT",
    "PERSON",
    "RESEARCH",
    "SCIENCE",
    "a_caller",
    "a_consent",
    "a_dataset",
    "a_project",
    "an_activity",
    "an_agreement",
    "both_signed",
    "rules_of",
]

NOW: Final = "2026-06-01T12:00:00Z"

OWNER: Final = "urn:ngsi-ld:Organisation:groningen"
OTHER: Final = "urn:ngsi-ld:Organisation:zwolle"

PERSON: Final = "https://uri.etsi.org/ngsi-ld/default-context/Person"
PATIENT: Final = "https://uri.etsi.org/ngsi-ld/default-context/patient"
CARE_DATA: Final = "urn:ngsi-ld:Dataset:groningen:care"

_DPV: Final = "https://w3id.org/dpv#"
_HEALTH: Final = "https://w3id.org/dpv/sector/health#"
RESEARCH: Final = _DPV + "ResearchAndDevelopment"
SCIENCE: Final = _DPV + "ScientificResearch"
CARE: Final = _HEALTH + "HealthcareManagement"
CARE_FRAUD: Final = _HEALTH + "FraudPreventionDetection"
FRAUD: Final = _DPV + "FraudPreventionAndDetection"


def a_dataset(**changes: Any) -> Dataset:  # members of any type
    dataset = Dataset(
        id=CARE_DATA,
        title={"en": "Care"},
        types=(PERSON,),
        access_rights=AccessRights.RESTRICTED,
        owner=OWNER,
        purposes=(CARE,),
    )
    return msgspec.structs.replace(dataset, **changes)


def an_agreement(*purposes: str, **changes: Any) -> Agreement:  # members of any type
    """Make an agreement about the dataset, which nobody has signed."""
    permissions = changes.pop("permissions", None) or (permission(*(purposes or (CARE,))),)
    agreement = Agreement(
        id="urn:ngsi-ld:Agreement:groningen:1",
        targets=(CARE_DATA,),
        assigner=OWNER,
        assignee=OTHER,
        permissions=permissions,
        purposes=agreed_purposes(permissions),
        valid_from="2026-01-01T00:00:00Z",
        valid_until="2027-01-01T00:00:00Z",
        created_at="2025-12-01T00:00:00Z",
    )
    return msgspec.structs.replace(agreement, **changes)


def both_signed(agreement: Agreement, *, now: str = "2025-12-02T00:00:00Z") -> Agreement:
    """Sign an agreement for both, before it ends."""
    for party in (agreement.assigner, agreement.assignee):
        agreement = signed(agreement, party=party, by="someone", now=now)
    return agreement


def a_consent(subject: str, **changes: Any) -> Consent:  # members of any type
    consent = Consent(
        id=f"urn:ngsi-ld:ConsentRecord:groningen:{subject}",
        subject=subject,
        dataset=CARE_DATA,
        purposes=(CARE,),
        recipients=(OWNER, OTHER),
        given_at="2026-01-01T00:00:00Z",
        given_by=subject,
    )
    return msgspec.structs.replace(consent, **changes)


def an_activity(**changes: Any) -> Activity:  # members of any type
    activity = Activity(
        id="urn:ngsi-ld:ProcessingActivity:zwolle:care",
        title={"en": "Care"},
        organisation=OTHER,
        purposes=(CARE,),
    )
    return msgspec.structs.replace(activity, **changes)


def a_project(*, active: bool) -> Project:
    return Project(
        id="urn:ngsi-ld:Project:zwolle:care", title={"en": "Care"}, owner=OTHER, active=active
    )


def a_caller(purpose: str | None = CARE, **changes: Any) -> Caller:  # members of any type
    members: dict[str, Any] = {
        "actor": "client",
        "organisation": OTHER,
        "roles": frozenset({"reader"}),
        "purpose": purpose,
    }
    return Caller(**{**members, **changes})


def rules_of(
    *records: Dataset | Agreement | Consent | Activity | Project,
    confirmed: Iterable[tuple[str, str]] = (),
    **changes: Any,  # members of any type
) -> Rules:
    """Make rules of records, whatever they are."""
    kinds = {
        Dataset: "datasets",
        Agreement: "agreements",
        Consent: "consents",
        Activity: "activities",
        Project: "projects",
    }
    members: dict[str, Any] = {name: {} for name in kinds.values()}
    for record in records:
        members[kinds[type(record)]][record.id] = record
    return Rules(**members, confirmed=dict(confirmed), **changes)
