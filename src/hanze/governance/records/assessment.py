"""Assessments of what a project does to people's privacy: pre-scans and impact assessments."""

from enum import Enum

import msgspec

from hanze.governance.records.agreement import Signature

__all__ = ["Advice", "Assessment", "AssessmentKind"]


class AssessmentKind(Enum):
    """Which questions are answered.

    The pre-scan tells whether there is need for the other; both follow the models of the Dutch
    central government (Pre-scan DPIA 2.0, Model DPIA Rijksdienst 3.0).
    """

    PRESCAN = "prescan"
    DPIA = "dpia"


class Advice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the data protection officer says of an assessment (GDPR art. 35(2)).

    Attributes:
        officer: Name or office of the data protection officer.
        text: The advice.
        by: The actor that wrote it down.
        at: DateTime text.
        digest: Of the answers that it is about (`assessing.digest_of`).
    """

    officer: str
    text: str
    by: str
    at: str
    digest: str


class Assessment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One version of an assessment: a draft until the controller has signed it.

    Attributes:
        id: `urn:ngsi-ld:Assessment:<city>:<key>`; each version has its own.
        kind: Which questions it answers.
        project: Id of the project.
        version: 1 and up, among those of its project and kind.
        answers: By the number of the question in the model ("2.1.3"); of questions that are
            answered several times with the place of the answer behind it ("16.1.1[0]").
        cases: Ids of hard cases that it builds on.
        advice: Of the data protection officer.
        signature: Of the controller: it is approved, and does not change any more.
        review_by: Date text: when it is looked at again.
        created_at: DateTime text.
        changed_at: DateTime text.
        changed_by: The actor that changed its answers last.
    """

    id: str
    kind: AssessmentKind
    project: str
    version: int = 1
    answers: dict[str, tuple[str, ...]] = {}
    cases: tuple[str, ...] = ()
    advice: Advice | None = None
    signature: Signature | None = None
    review_by: str | None = None
    created_at: str
    changed_at: str
    changed_by: str = ""

    @property
    def approved(self) -> bool:
        """Whether the controller signed it."""
        return self.signature is not None
