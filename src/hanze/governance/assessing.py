"""What an assessment still lacks, what follows from its answers, and whether it can be approved (pure)."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.errors import Conflicting
from hanze.governance.forms import ALWAYS, Question, Section, form_of, known_terms
from hanze.governance.records.assessment import Assessment, AssessmentKind

__all__ = [
    "SPECIAL_CATEGORIES",
    "AssessmentNotReady",
    "Progress",
    "approvable",
    "bases_of",
    "categories_of",
    "digest_of",
    "key_of",
    "missing",
    "needs_dpia",
    "progress",
    "purposes_of",
    "retention_of",
    "rows_of",
    "special_ground_of",
]

_PD: Final = "https://w3id.org/dpv/pd#"

_SPECIAL_NAMES: Final = (
    "Biometric BloodType DNACode Disability DrugTestResult EthnicOrigin FacialExpression"
    " FacialPrint FamilyHealthHistory Fetish Fingerprint Genetic Health HealthHistory"
    " HealthRecord IndividualHealthHistory MedicalHealth MentalHealth PhilosophicalBelief"
    " PhysicalHealth PoliticalAffiliation PoliticalOpinion Prescription Proclivity Race Religion"
    " ReligiousBelief Retina Sexual SexualHistory SexualPreference TradeUnionMembership"
)

#: IRIs of the categories that DPV 2.3 counts among the special ones (GDPR art. 9).
SPECIAL_CATEGORIES: Final = frozenset(_PD + name for name in _SPECIAL_NAMES.split())

_CATEGORIES: Final = {AssessmentKind.PRESCAN: "1.1.2", AssessmentKind.DPIA: "2.1.3"}
_PURPOSES: Final = {AssessmentKind.PRESCAN: "0.3", AssessmentKind.DPIA: "5.1.1"}
_RETENTION: Final = {AssessmentKind.PRESCAN: "1.5.4", AssessmentKind.DPIA: "10.1.1.4"}
_BASIS: Final = {AssessmentKind.PRESCAN: "0.4", AssessmentKind.DPIA: "11.1.1.1"}
_SPECIAL: Final = {AssessmentKind.PRESCAN: "1.2.1", AssessmentKind.DPIA: "12.1.1"}
_GROUND: Final = "12.1.2.5"
_RISKS: Final = "16.1"
_CONSULTATION: Final = "17.1.5"

#: Beyond this sum of risks the pre-scan's model wants an impact assessment.
_MOST_RISK: Final = 4


class AssessmentNotReady(Conflicting):
    """An assessment cannot be approved yet.

    Attributes:
        codes: What keeps it: "incomplete", "special_ground_missing", "prior_consultation_missing",
            "no_advice", "advice_outdated".
        missing: Numbers of the questions without an answer.
    """

    def __init__(
        self, assessment_id: str, codes: tuple[str, ...], lacking: tuple[str, ...]
    ) -> None:
        what = ", ".join(codes)
        numbers = f" (questions {', '.join(lacking[:12])})" if lacking else ""
        super().__init__(f"Assessment {assessment_id} cannot be approved: {what}{numbers}")
        self.codes = codes
        self.missing = lacking


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a section is.

    Attributes:
        needed: How many of its questions have to be answered.
        answered: How many of these are.
    """

    section: Section
    needed: int
    answered: int

    @property
    def complete(self) -> bool:
        return self.answered == self.needed


def digest_of(assessment: Assessment) -> str:
    """Return the SHA-256 of what is signed: the answers, and what they build on."""
    terms = {
        "kind": assessment.kind.value,
        "project": assessment.project,
        "version": assessment.version,
        "answers": {key: value for key, value in assessment.answers.items() if value},
        "cases": assessment.cases,
    }
    return hashlib.sha256(msgspec.json.encode(terms, order="sorted")).hexdigest()


def key_of(section: Section, question: Question, row: int) -> str:
    """Return the key under which a question's answer is kept."""
    return f"{question.number}[{row}]" if section.is_repeated(question) else question.number


def rows_of(assessment: Assessment, section: Section) -> tuple[int, ...]:
    """Return how often the questions of a section are answered: the places, at least one.

    There are measures against each of the risks.
    """
    group = _RISKS if section.number == "17" else section.repeats
    if not group:
        return (0,)
    found = {
        int(key.partition("[")[2].removesuffix("]"))
        for key, value in assessment.answers.items()
        if key.startswith(group + ".") and "[" in key and value
    }
    return tuple(sorted(found)) or (0,)


def missing(assessment: Assessment) -> tuple[str, ...]:
    """Return the keys of what has to be answered and is not, in the order of the form."""
    form = form_of(assessment.kind)
    return tuple(
        key
        for section in form.sections
        for key in _needed(assessment, section)
        if not assessment.answers.get(key)
    )


def progress(assessment: Assessment) -> tuple[Progress, ...]:
    """Return how far each section is."""
    found = []
    for section in form_of(assessment.kind).sections:
        needed = list(_needed(assessment, section))
        answered = sum(1 for key in needed if assessment.answers.get(key))
        found.append(Progress(section, len(needed), answered))
    return tuple(found)


def approvable(assessment: Assessment) -> None:
    """Refuse what cannot be approved.

    Raises:
        AssessmentNotReady: A question has no answer; special categories have no ground (GDPR
            art. 9); a high risk is left and nobody was consulted (art. 36); or the data protection
            officer did not advise about these very answers (art. 35(2)).
    """
    lacking = missing(assessment)
    codes = []
    if lacking:
        codes.append("incomplete")
    if _GROUND in lacking:
        codes.append("special_ground_missing")
    if any(key.startswith(_CONSULTATION) for key in lacking):
        codes.append("prior_consultation_missing")
    if assessment.kind is AssessmentKind.DPIA:
        if assessment.advice is None:
            codes.append("no_advice")
        elif assessment.advice.digest != digest_of(assessment):
            codes.append("advice_outdated")
    if codes:
        raise AssessmentNotReady(assessment.id, tuple(codes), lacking)


def categories_of(assessment: Assessment) -> frozenset[str]:
    """Return the IRIs of the categories of personal data that it is about."""
    return frozenset(assessment.answers.get(_CATEGORIES[assessment.kind], ()))


def purposes_of(assessment: Assessment) -> frozenset[str]:
    """Return the IRIs of the purposes that it is about."""
    return frozenset(assessment.answers.get(_PURPOSES[assessment.kind], ()))


def bases_of(assessment: Assessment) -> frozenset[str]:
    """Return the IRI of the legal basis that it states."""
    return frozenset(assessment.answers.get(_BASIS[assessment.kind], ()))


def special_ground_of(assessment: Assessment) -> str | None:
    """Return the IRI of the ground for special categories that it states."""
    return next(iter(assessment.answers.get(_GROUND, ())), None)


def retention_of(assessment: Assessment) -> int | None:
    """Return after how many days data is erased, as it promises."""
    text = next(iter(assessment.answers.get(_RETENTION[assessment.kind], ())), "")
    return int(text) if text.isascii() and text.isdecimal() else None


def needs_dpia(assessment: Assessment) -> tuple[str, ...]:
    """Say why a pre-scan asks for an impact assessment: codes; empty where it does not.

    The criteria are those of the Pre-scan DPIA 2.0; and data of special categories asks for one
    here, since only that names their ground.
    """
    if assessment.kind is not AssessmentKind.PRESCAN:
        return ()
    found = []
    if _yes(assessment, "0.1"):
        found.append("legislation")
    if assessment.answers.get("3.1"):
        found.append("supervisory_list")
    if len(assessment.answers.get("4.1", ())) > 1:
        found.append("european_list")
    if _has_special(assessment) or _of_class(assessment, "criminal"):
        found.append("special_categories")
    if _risk(assessment) > _MOST_RISK:
        found.append("risk")
    return tuple(found)


def _risk(assessment: Assessment) -> int:
    """Sum up the risk as the model does."""
    ordinary, special = (
        len(_of_class(assessment, "ordinary")),
        len(_of_class(assessment, "special")),
    )
    sensitive, people = (
        len(_of_class(assessment, "sensitive")),
        len(assessment.answers.get("1.4.1", ())),
    )
    often = bool({"always", "monthly"} & set(assessment.answers.get("1.5.3", ())))
    return sum(
        (
            ordinary >= 6,
            _step(special, 1, 7),
            _step(sensitive, 1, 7),
            _step(people, 3, 4),
            _yes(assessment, "1.5.1"),
            often,
            (retention_of(assessment) or 0) >= 365,
            _yes(assessment, "2.1.1") + (_yes(assessment, "2.1.1") and special > 0),
            _yes(assessment, "5.1.1"),
            _yes(assessment, "7.1.2"),
        )
    )


def _step(count: int, one: int, two: int) -> int:
    return 2 if count >= two else int(count >= one)


def _of_class(assessment: Assessment, kind: str) -> Collection[str]:
    chosen = categories_of(assessment)
    known = {term.iri: term.kind for term in known_terms().category}
    special = dict.fromkeys(SPECIAL_CATEGORIES, "special")
    return [iri for iri in chosen if (special | known).get(iri, "ordinary") == kind]


def _has_special(assessment: Assessment) -> bool:
    chosen = categories_of(assessment)
    return _yes(assessment, _SPECIAL[assessment.kind]) or not chosen.isdisjoint(SPECIAL_CATEGORIES)


def _yes(assessment: Assessment, number: str) -> bool:
    return assessment.answers.get(number) == ("yes",)


def _needed(assessment: Assessment, section: Section) -> Iterator[str]:
    rows = rows_of(assessment, section)
    for question in section.questions:
        for row in rows if section.is_repeated(question) else (0,):
            if _is_needed(assessment, question, row):
                yield key_of(section, question, row)


def _is_needed(assessment: Assessment, question: Question, row: int) -> bool:
    if question.needed == ALWAYS:
        return True
    if question.number == _GROUND and _has_special(assessment):
        # Whatever was ticked in this section: the categories say so.
        return True
    if not question.needed:
        return False
    number, _, value = question.needed.partition("=")
    asked = form_of(assessment.kind).question(number)
    return value in assessment.answers.get(key_of(*asked, row) if asked else number, ())
