"""Answers to all questions of an assessment, and projects that are through with it, for tests."""

from msgspec.structs import replace

from hanze.governance.activation import check_digest
from hanze.governance.assessing import digest_of
from hanze.governance.forms import form_of
from hanze.governance.records.activity import Project
from hanze.governance.records.agreement import Signature
from hanze.governance.records.assessment import Advice, Assessment, AssessmentKind

__all__ = [
    "CITY",
    "LOCATION",
    "MOBILITY",
    "NOON",
    "PROJECT",
    "advised",
    "approved",
    "checked",
    "dpia_answers",
    "draft",
    "prescan_answers",
]

NOON = "2026-06-01T12:00:00Z"
CITY = "urn:ngsi-ld:Organisation:delft"
PROJECT = "urn:ngsi-ld:Project:delft:crowds"
LOCATION = "https://w3id.org/dpv/pd#Location"
MOBILITY = "https://w3id.org/dpv#ImproveTransportMobility"
_TASK = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"


def dpia_answers(**changes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Answer every question of an impact assessment.

    Args:
        changes: By number with underscores: `n2_1_3=(...)`; an empty answer takes one away.
    """
    answers: dict[str, tuple[str, ...]] = {}
    for section in form_of(AssessmentKind.DPIA).sections:
        for question in section.questions:
            if question.needed == "always":
                row = "[0]" if section.is_repeated(question) else ""
                answers[question.number + row] = ("Because it is so.",)
    answers |= {
        "2.1.3": (LOCATION,),
        "5.1.1": (MOBILITY,),
        "10.1.1.4": ("30",),
        "11.1.1.1": (_TASK,),
        "12.1.1": ("no",),
        "12.2.1": ("no",),
        "12.3.1": ("no",),
        "13.1.1.5": ("no",),
        "16.1.3[0]": ("low",),
        "16.1.5[0]": ("low",),
        "16.1.7[0]": ("low",),
        "17.1.4[0]": ("low",),
    }
    return _changed(answers, changes)


def prescan_answers(**changes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Answer every question of a pre-scan of something without persons in it."""
    answers: dict[str, tuple[str, ...]] = {
        "0.1": ("no",),
        "0.2": ("Sound levels in streets.",),
        "0.3": (MOBILITY,),
        "0.5.1": ("no",),
        "1.1.1": ("no",),
        "2.1.1": ("no",),
        "5.1.1": ("no",),
        "6.1.1": ("no",),
        "7.1.1": ("no",),
    }
    return _changed(answers, changes)


def _changed(
    answers: dict[str, tuple[str, ...]], changes: dict[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    named = {name[1:].replace("__", "[").replace("_", "."): said for name, said in changes.items()}
    for name, said in named.items():
        answers[name + "]" if "[" in name else name] = said
    return answers


def draft(
    answers: dict[str, tuple[str, ...]],
    kind: AssessmentKind = AssessmentKind.DPIA,
    *,
    version: int = 1,
    cases: tuple[str, ...] = (),
) -> Assessment:
    return Assessment(
        id=f"urn:ngsi-ld:Assessment:delft:crowds-{kind.value}-{version}",
        kind=kind,
        project=PROJECT,
        version=version,
        answers=answers,
        cases=cases,
        created_at=NOON,
        changed_at=NOON,
    )


def advised(assessment: Assessment) -> Assessment:
    advice = Advice(
        officer="The DPO", text="Go on.", by="dpo", at=NOON, digest=digest_of(assessment)
    )
    return replace(assessment, advice=advice)


def approved(assessment: Assessment, review_by: str = "2028-01-01") -> Assessment:
    signature = Signature(party=CITY, by="mayor", at=NOON, digest=digest_of(assessment))
    return replace(advised(assessment), signature=signature, review_by=review_by)


def checked(project: Project) -> Project:
    signature = Signature(party=CITY, by="ciso", at=NOON, digest=check_digest(project))
    return replace(project, security_check=signature)
