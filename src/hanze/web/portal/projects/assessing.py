"""The page of an assessment: how far each section is, the advice, and the signature."""

from datetime import date, timedelta
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, InvalidInput
from hanze.governance.assessing import digest_of, missing, needs_dpia, progress
from hanze.governance.assessments import Assessments
from hanze.governance.cases import Cases
from hanze.governance.duties import has_duty
from hanze.governance.projects import Projects, may_see_inside
from hanze.identity.roles import DEVELOPER, OWNER, STEWARD
from hanze.web.portal.forms import Given
from hanze.web.portal.projects.naming import WRONG, path_to, status_of, today_of
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Namer

__all__ = ["ask_to_sign_in", "show", "take"]

_YEAR: Final = timedelta(days=365)


async def show(visit: Visit) -> Response:
    """Show an assessment.

    Raises:
        AssessmentNotFound: There is none.
    """
    return await _overview(visit, Given({}))


async def take(visit: Visit, given: Given) -> Response:
    """Write down the advice, the cases that count, or the approval."""
    assessment_id, do = str(visit.request.path_params["id"]), given.text("do")
    assessments = Assessments(visit.site.node.governance)
    try:
        if do == "advise":
            await assessments.advise(
                visit.caller,
                assessment_id,
                given.text("officer"),
                given.text("text"),
                now=visit.now,
            )
        elif do == "cases":
            cases = given.several("case")
            await assessments.answer(visit.caller, assessment_id, {}, cases=cases, now=visit.now)
        elif do == "approve":
            await assessments.approve(
                visit.caller, assessment_id, given.text("review_by"), now=visit.now
            )
        else:
            raise InvalidInput("The form asks for nothing that this page does", field="do")
    except WRONG as error:
        return await _overview(visit, given, refused=error, status=status_of(error))
    return RedirectResponse(f"{path_to(visit, 'assessments', assessment_id)}?did={do}", 303)


def ask_to_sign_in(visit: Visit) -> Response | None:
    """Ask who is to read an assessment to sign in; `None` where the visitor may read it."""
    if may_see_inside(visit.caller):
        return None
    return visit.page("projects/closed.html", simulated=False, status=403)


async def _overview(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    if (closed := ask_to_sign_in(visit)) is not None:
        return closed
    governance, caller, namer = visit.site.node.governance, visit.caller, Namer(visit)
    assessment = Assessments(governance).shown(caller, str(visit.request.path_params["id"]))
    project = Projects(governance).shown(caller, assessment.project)
    path = path_to(visit, "assessments", assessment.id)
    mine = caller.organisation or ""
    return visit.page(
        "projects/assessment.html",
        status=status,
        simulated=False,
        assessment=assessment,
        path=path,
        project_title=namer.text(project.title),
        project_path=path_to(visit, "projects", project.id),
        sections=[(one, f"{path}/{one.section.number}") for one in progress(assessment)],
        missing=missing(assessment),
        reasons=needs_dpia(assessment),
        outdated=assessment.advice is not None
        and assessment.advice.digest != digest_of(assessment),
        cases=[(one, namer.text(one.title)) for one in Cases(governance).listed()],
        decides=has_duty(caller, STEWARD),
        signs=has_duty(caller, OWNER) and (mine == project.owner or DEVELOPER in caller.roles),
        given=given,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        review_by=(date.fromisoformat(today_of(visit)) + _YEAR).isoformat(),
        day=namer.day,
    )
