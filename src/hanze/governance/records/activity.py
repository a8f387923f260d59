"""Processing activities (GDPR art. 30), and the projects under which they happen."""

import msgspec

from hanze.governance.records.agreement import Signature

__all__ = ["Activity", "Project"]


class Activity(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An entry of the register of processing activities: clients state only its purposes.

    Attributes:
        id: `urn:ngsi-ld:ProcessingActivity:<city>:<key>`.
        title: By language.
        organisation: Id of the organisation that processes.
        purposes: IRIs of DPV purposes.
        legal_basis: IRI (DPV EU GDPR).
        categories: IRIs of DPV personal data categories.
        special_ground: IRI of the ground of GDPR art. 9, where categories are special.
        recipients: Ids of organisations.
        datasets: Ids of datasets that it uses.
        project: Id of the project that it belongs to: it does nothing until that is active.
        retention_days: How long it keeps what it gets.
        confidential: Whether data subjects are not told (an investigation, with its legal ground).
    """

    id: str
    title: dict[str, str]
    organisation: str
    purposes: tuple[str, ...]
    legal_basis: str | None = None
    categories: tuple[str, ...] = ()
    special_ground: str | None = None
    recipients: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    project: str | None = None
    retention_days: int | None = None
    confidential: bool = False


class Project(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A project: its sources and credentials do nothing until it was assessed and checked.

    Attributes:
        id: `urn:ngsi-ld:Project:<city>:<key>`.
        title: By language.
        owner: Id of the organisation.
        sources: Names of the node's sources.
        assessments: Ids of its pre-scan and DPIA (`governance.records.assessment`).
        security_check: Signed by the security officer; `digest` is that of
            `governance.activation.check_digest`: other notes or sources need another check.
        check_notes: What was checked.
        active: Whether it may act, with why not in `blocked`: `Governance.rules` reckons it at every
            change (`governance.activation`), and what is stored of it does not count.
        blocked: Codes of what is missing; empty when it is active.
        review_by: Date text: of its approved assessment.
    """

    id: str
    title: dict[str, str]
    owner: str
    sources: tuple[str, ...] = ()
    assessments: tuple[str, ...] = ()
    security_check: Signature | None = None
    check_notes: str = ""
    active: bool = False
    blocked: tuple[str, ...] = ()
    review_by: str | None = None
