"""A section of an assessment as a form: saved section by section, without a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, NotFound
from hanze.governance.answering import MOST_ROWS
from hanze.governance.assessing import key_of, rows_of
from hanze.governance.assessments import Assessments
from hanze.governance.duties import has_duty
from hanze.governance.forms import Form, Question, Section, Term, form_of, known_terms
from hanze.governance.records.assessment import Assessment
from hanze.identity.roles import STEWARD
from hanze.web.portal.forms import Given
from hanze.web.portal.projects.assessing import ask_to_sign_in
from hanze.web.portal.projects.naming import WRONG, path_to, status_of, term_texts, terms_given
from hanze.web.portal.site import Visit

__all__ = ["show", "take"]

#: Questions of which several answers are ticked.
_SEVERAL: Final = ("categories", "purposes", "many")


class SectionNotFound(NotFound):
    """The assessment has no section of this number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Section {number[:20]} does not exist")


@dataclass(frozen=True, slots=True)
class _Field:
    """A question as the form asks it.

    Attributes:
        name: Of the field, and the key of the answer.
        values: What is answered.
        choices: Values with their names; empty where something is written.
        written: What is answered besides the choices, one on each line.
        several: Whether more than one may be chosen.
    """

    question: Question
    name: str
    values: Sequence[str]
    choices: Sequence[tuple[str, str]]
    written: str
    several: bool

    @property
    def text(self) -> str:
        """The one answer, "" where there is none."""
        return next(iter(self.values), "")


async def show(visit: Visit) -> Response:
    """Show a section with its questions.

    Raises:
        AssessmentNotFound: There is none.
        SectionNotFound: It has no such section.
    """
    return await _page(visit, None)


async def take(visit: Visit, given: Given) -> Response:
    """Save the answers, and go on."""
    if (closed := ask_to_sign_in(visit)) is not None:
        return closed
    assessment, section = _asked(visit)
    answers: dict[str, Sequence[str]] = {}
    for fields in _rows(visit, assessment, section, None):
        for one in fields:
            answers[one.name] = (
                terms_given(given, one.name) if one.several else [given.text(one.name)]
            )
    try:
        await Assessments(visit.site.node.governance).answer(
            visit.caller, assessment.id, answers, now=visit.now
        )
    except WRONG as error:
        return await _page(visit, given, refused=error, status=status_of(error))
    path = path_to(visit, "assessments", assessment.id)
    after = _after(form_of(assessment.kind), section)
    if given.text("do") == "next" and after is not None:
        return RedirectResponse(f"{path}/{after.number}?did=saved", 303)
    if given.text("do") == "more":
        return RedirectResponse(f"{path}/{section.number}?did=saved", 303)
    return RedirectResponse(f"{path}?did=saved", 303)


async def _page(
    visit: Visit, given: Given | None, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    if (closed := ask_to_sign_in(visit)) is not None:
        return closed
    assessment, section = _asked(visit)
    form = form_of(assessment.kind)
    place = form.sections.index(section)
    path = path_to(visit, "assessments", assessment.id)
    return visit.page(
        "projects/section.html",
        status=status,
        simulated=False,
        assessment=assessment,
        part=section,
        rows=_rows(visit, assessment, section, given),
        path=f"{path}/{section.number}",
        overview=path,
        before=f"{path}/{form.sections[place - 1].number}" if place else "",
        after=_after(form, section),
        place=place + 1,
        total=len(form.sections),
        may_change=has_duty(visit.caller, STEWARD) and not assessment.approved,
        risks=_risks(assessment) if section.number == "17" else {},
        refused=refused,
        did=visit.request.query_params.get("did", ""),
    )


def _asked(visit: Visit) -> tuple[Assessment, Section]:
    governance = visit.site.node.governance
    assessment = Assessments(governance).shown(visit.caller, str(visit.request.path_params["id"]))
    number = str(visit.request.path_params["section"])
    section = form_of(assessment.kind).section(number)
    if section is None:
        raise SectionNotFound(number)
    return assessment, section


def _after(form: Form, section: Section) -> Section | None:
    place = form.sections.index(section) + 1
    return form.sections[place] if place < len(form.sections) else None


def _rows(
    visit: Visit, assessment: Assessment, section: Section, given: Given | None
) -> list[list[_Field]]:
    """Give the fields: of what is answered several times once for each, and once more.

    What is asked once stands in the last list.
    """
    again = [one for one in section.questions if section.is_repeated(one)]
    once = [one for one in section.questions if not section.is_repeated(one)]
    places = list(rows_of(assessment, section))
    first = key_of(section, again[0], places[-1]) if again else ""
    grows = again and section.number != "17" and assessment.answers.get(first)
    if grows and places[-1] + 1 < MOST_ROWS:
        places.append(places[-1] + 1)
    rows = [
        [_field(visit, assessment, section, one, row=place, given=given) for one in again]
        for place in places
        if again
    ]
    return [*rows, [_field(visit, assessment, section, one, row=0, given=given) for one in once]]


def _field(
    visit: Visit,
    assessment: Assessment,
    section: Section,
    question: Question,
    *,
    row: int,
    given: Given | None,
) -> _Field:
    name = key_of(section, question, row)
    choices = _choices(visit, question)
    several = question.kind in _SEVERAL
    if given is not None:
        values = terms_given(given, name) if several else [given.text(name)]
    else:
        values = list(assessment.answers.get(name, ()))
    known = {value for value, _ in choices}
    written = "\n".join(one for one in values if one not in known) if several else ""
    return _Field(question, name, values, choices, written, several)


def _choices(visit: Visit, question: Question) -> Sequence[tuple[str, str]]:
    terms, code = known_terms(), visit.language.code
    offered: Mapping[str, Sequence[Term]] = {
        "categories": terms.category,
        "purposes": terms.purpose,
        "basis": terms.basis,
        "special_ground": terms.special_ground,
    }
    if question.kind in offered:
        return term_texts(visit, offered[question.kind])
    return [(one.value, one.name[code]) for one in question.options]


def _risks(assessment: Assessment) -> Mapping[str, str]:
    """Tell the risks, by the place of the measures against each."""
    start = "16.1.1["
    return {
        key.removeprefix(start).removesuffix("]"): " ".join(said)
        for key, said in assessment.answers.items()
        if key.startswith(start)
    }
