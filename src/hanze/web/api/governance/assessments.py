"""`/api/v1/governance/assessments`: pre-scans and impact assessments, from draft to signature."""

from typing import Final

import msgspec
from starlette.responses import Response

from hanze.governance.assessing import digest_of, missing, needs_dpia, progress
from hanze.governance.assessments import Assessments
from hanze.governance.forms import Form, Terms, form_of, known_terms
from hanze.governance.records.assessment import Assessment, AssessmentKind
from hanze.web.api.frame import Answer, ApiRoute, Ask, PathNotFound, Taken, json_of
from hanze.web.caller import require_known

__all__ = ["ROUTES"]

#: All answers of the longest form, in words.
_MOST_KB: Final = 2_048


class SectionProgress(Answer, frozen=True):
    """How far a section is.

    Attributes:
        needed: How many of its questions have to be answered.
        answered: How many of these are.
    """

    number: str
    title: dict[str, str]
    needed: int
    answered: int


class AssessmentTold(Assessment, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An assessment, and what follows from its answers.

    Attributes:
        missing: Numbers of the questions that have to be answered still.
        progress: By section.
        needs_dpia: Why a pre-scan asks for an impact assessment: codes.
        digest: SHA-256 of what is signed.
    """

    missing: tuple[str, ...] = ()
    progress: tuple[SectionProgress, ...] = ()
    needs_dpia: tuple[str, ...] = ()
    digest: str = ""


class AssessmentList(Answer, frozen=True):
    """Assessments by project and kind, the newest version first."""

    assessments: tuple[AssessmentTold, ...]


class AssessmentPage(Taken, frozen=True, kw_only=True):
    """Which assessments.

    Attributes:
        project: Id of the project that they are of.
    """

    project: str | None = None


class NewAssessment(Taken, frozen=True, kw_only=True):
    """An assessment that is begun; what was approved before is taken over.

    Attributes:
        project: Id of the project.
    """

    project: str
    kind: AssessmentKind


class AnswersGiven(Taken, frozen=True, kw_only=True):
    """Answers; questions that are not named stay as they are.

    Attributes:
        answers: By number ("2.1.3", "16.1.1[0]"); an empty array takes one away.
        cases: Ids of all hard cases that it builds on.
    """

    answers: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    cases: tuple[str, ...] | None = None


class AdviceGiven(Taken, frozen=True, kw_only=True):
    """What the data protection officer advises.

    Attributes:
        officer: Name or office.
    """

    officer: str
    text: str


class Approval(Taken, frozen=True, kw_only=True):
    """The controller's approval.

    Attributes:
        review_by: Date text: by when it is looked at again.
    """

    review_by: str


class FormTold(Answer, frozen=True):
    """The questions of a kind of assessment, and the terms to choose from."""

    form: Form
    terms: Terms


async def list_assessments(ask: Ask) -> AssessmentList:
    """List the assessments; only who works with them reads them."""
    asked = ask.parameters(AssessmentPage)
    found = _assessments(ask).listed(ask.caller, asked.project)
    return AssessmentList(assessments=tuple(map(_told, found)))


async def begin(ask: Ask) -> Response:
    """Begin an assessment of a project, or a new version of an approved one."""
    require_known(ask.caller)
    asked = await ask.body(NewAssessment, most_kb=4)
    made = await _assessments(ask).begin(ask.caller, asked.project, asked.kind, now=ask.now)
    return json_of(_told(made), 201)


async def show(ask: Ask) -> AssessmentTold:
    """Show an assessment with what is missing."""
    return _told(_assessments(ask).shown(ask.caller, ask.path("id")))


async def answer(ask: Ask) -> AssessmentTold:
    """Answer questions of a draft."""
    require_known(ask.caller)
    given = await ask.body(AnswersGiven, most_kb=_MOST_KB)
    return _told(
        await _assessments(ask).answer(
            ask.caller, ask.path("id"), given.answers, cases=given.cases, now=ask.now
        )
    )


async def advise(ask: Ask) -> AssessmentTold:
    """Write down what the data protection officer advises about the answers as they are."""
    require_known(ask.caller)
    given = await ask.body(AdviceGiven, most_kb=128)
    return _told(
        await _assessments(ask).advise(
            ask.caller, ask.path("id"), given.officer, given.text, now=ask.now
        )
    )


async def approve(ask: Ask) -> AssessmentTold:
    """Approve and sign a draft for the controller; it does not change any more."""
    require_known(ask.caller)
    given = await ask.body(Approval, most_kb=4)
    return _told(
        await _assessments(ask).approve(ask.caller, ask.path("id"), given.review_by, now=ask.now)
    )


async def show_form(ask: Ask) -> FormTold:
    """Show the questions of a kind of assessment."""
    kind = next((one for one in AssessmentKind if one.value == ask.path("kind")), None)
    if kind is None:
        raise PathNotFound(ask.request.url.path)
    return FormTold(form=form_of(kind), terms=known_terms())


def _assessments(ask: Ask) -> Assessments:
    return Assessments(ask.node.governance)


def _told(one: Assessment) -> AssessmentTold:
    members = {field: getattr(one, field) for field in Assessment.__struct_fields__}
    return AssessmentTold(
        **members,
        missing=missing(one),
        progress=tuple(
            SectionProgress(part.section.number, part.section.title, part.needed, part.answered)
            for part in progress(one)
        ),
        needs_dpia=needs_dpia(one),
        digest=digest_of(one),
    )


_ALL: Final = "/governance/assessments"
_ONE: Final = _ALL + "/{id}"

ROUTES = (
    ApiRoute("GET", _ALL, list_assessments, AssessmentList, parameters=AssessmentPage),
    ApiRoute("POST", _ALL, begin, AssessmentTold, body=NewAssessment, status=201),
    ApiRoute("GET", _ONE, show, AssessmentTold),
    ApiRoute("PATCH", _ONE, answer, AssessmentTold, body=AnswersGiven),
    ApiRoute("POST", _ONE + "/advice", advise, AssessmentTold, body=AdviceGiven),
    ApiRoute("POST", _ONE + "/approval", approve, AssessmentTold, body=Approval),
    ApiRoute("GET", "/governance/assessment-forms/{kind}", show_form, FormTold),
)
