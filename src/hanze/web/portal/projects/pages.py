"""The projects, and the page of one: whether it is active, what is missing, and who does that."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, InvalidInput
from hanze.governance.activation import counting_of
from hanze.governance.assessing import (
    bases_of,
    categories_of,
    needs_dpia,
    progress,
    purposes_of,
    retention_of,
    special_ground_of,
)
from hanze.governance.assessments import Assessments
from hanze.governance.cases import Cases
from hanze.governance.duties import has_duty
from hanze.governance.forms import known_terms
from hanze.governance.projects import Projects, may_see_inside
from hanze.governance.records.activity import Activity, Project
from hanze.governance.records.assessment import Assessment, AssessmentKind
from hanze.identity.roles import SECURITY_OFFICER, STEWARD
from hanze.web.portal.forms import Given
from hanze.web.portal.projects.naming import (
    WRONG,
    called_terms,
    new_id,
    path_to,
    status_of,
    term_texts,
    terms_given,
    today_of,
)
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Called, Namer

__all__ = ["show_list", "show_project", "take_list", "take_project"]


@dataclass(frozen=True, slots=True)
class _Written:
    """An assessment in a list.

    Attributes:
        percent: How much of what has to be answered is.
        reasons: Why a pre-scan asks for an impact assessment.
    """

    assessment: Assessment
    path: str
    percent: int
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Bound:
    """What a project promised in the assessment that counts."""

    purposes: Sequence[Called]
    categories: Sequence[Called]
    basis: Sequence[Called]
    ground: Sequence[Called]
    days: int | None


async def show_list(visit: Visit) -> Response:
    """List the projects: those that may not act yet first."""
    return await _list(visit, Given({}))


async def take_list(visit: Visit, given: Given) -> Response:
    """Make a project."""
    title, owner = given.text("title"), given.text("owner")
    project = Project(
        id=new_id(visit, "Project", title),
        title={visit.language.code: title},
        owner=owner,
        sources=tuple(given.several("source")),
    )
    projects = Projects(visit.site.node.governance)
    try:
        if project.id in visit.site.node.governance.rules.projects:
            raise InvalidInput("There is a project of this title already", field="title")
        await projects.put(visit.caller, project, now=visit.now)
    except WRONG as error:
        return await _list(visit, given, refused=error, status=status_of(error))
    return RedirectResponse(path_to(visit, "projects", project.id), 303)


async def show_project(visit: Visit) -> Response:
    """Show a project.

    Raises:
        ProjectNotFound: There is none.
    """
    return await _project(visit, Given({}))


async def take_project(visit: Visit, given: Given) -> Response:
    """Do what a form of a project asks."""
    project_id = str(visit.request.path_params["id"])
    do = given.text("do")
    try:
        where = await _done(visit, project_id, do, given)
    except WRONG as error:
        return await _project(visit, given, refused=error, status=status_of(error))
    return RedirectResponse(where or f"{path_to(visit, 'projects', project_id)}?did={do}", 303)


async def _done(visit: Visit, project_id: str, do: str, given: Given) -> str:
    """Do it; return where that leads, "" for the page itself."""
    governance, caller = visit.site.node.governance, visit.caller
    projects = Projects(governance)
    if do in (kind.value for kind in AssessmentKind):
        made = await Assessments(governance).begin(
            caller, project_id, AssessmentKind(do), now=visit.now
        )
        return path_to(visit, "assessments", made.id)
    if do == "check":
        await projects.check(caller, project_id, given.text("notes"), now=visit.now)
    elif do == "uncheck":
        await projects.uncheck(caller, project_id, now=visit.now)
    elif do == "sources":
        before = projects.shown(caller, project_id)
        project = Project(
            id=project_id,
            title=before.title,
            owner=before.owner,
            sources=tuple(given.several("source")),
        )
        await projects.put(caller, project, now=visit.now)
    elif do == "activity":
        await projects.put_activity(caller, _activity(visit, project_id, given), now=visit.now)
    else:
        raise InvalidInput("The form asks for nothing that this page does", field="do")
    return ""


def _activity(visit: Visit, project_id: str, given: Given) -> Activity:
    days = given.text("days")
    if days and not (days.isascii() and days.isdecimal() and len(days) < 6):
        raise InvalidInput("The days must be a number", field="retentionDays", value=days)
    title = given.text("activity")
    return Activity(
        id=new_id(visit, "ProcessingActivity", title),
        title={visit.language.code: title},
        organisation=given.text("organisation"),
        purposes=tuple(terms_given(given, "purposes")),
        categories=tuple(terms_given(given, "categories")),
        special_ground=given.text("ground") or None,
        project=project_id,
        retention_days=int(days) if days else None,
    )


async def _list(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    namer, node = Namer(visit), visit.site.node
    await node.collective.refresh(visit.now)
    found = Projects(node.governance).listed(visit.caller)
    rows = [
        (
            one,
            namer.text(one.title),
            namer.organisation(one.owner),
            path_to(visit, "projects", one.id),
        )
        for one in sorted(found, key=lambda one: one.active)
    ]
    return visit.page(
        "projects/list.html",
        status=status,
        simulated=False,
        rows=rows,
        given=given,
        refused=refused,
        decides=has_duty(visit.caller, STEWARD),
        sources=[(name, name) for name in _sources(visit)],
        today=today_of(visit),
        day=namer.day,
    )


async def _project(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    governance, caller = visit.site.node.governance, visit.caller
    projects, namer = Projects(governance), Namer(visit)
    await visit.site.node.collective.refresh(visit.now)
    project = projects.shown(caller, str(visit.request.path_params["id"]))
    every = governance.assessments.all().values()
    counts = counting_of([one for one in every if one.project == project.id])
    terms = known_terms()
    return visit.page(
        "projects/project.html",
        status=status,
        simulated=False,
        project=project,
        title=namer.text(project.title),
        owner=namer.organisation(project.owner),
        path=path_to(visit, "projects", project.id),
        counts=counts,
        bound=None if counts is None else _bound(visit, counts),
        written=[
            _written(visit, one) for one in Assessments(governance).listed(caller, project.id)
        ],
        activities=[
            (one, namer.text(one.title), called_terms(visit, one.purposes))
            for one in projects.activities(caller, project.id)
        ],
        cases=[
            (namer.text(one.title), path_to(visit, "cases", one.id), one.weighing)
            for one in Cases(governance).listed()
            if one.project == project.id or (counts is not None and one.id in counts.cases)
        ],
        inside=may_see_inside(caller),
        decides=has_duty(caller, STEWARD),
        checks=has_duty(caller, SECURITY_OFFICER),
        sources=_sources(visit),
        purposes=term_texts(visit, terms.purpose),
        categories=term_texts(visit, terms.category),
        grounds=term_texts(visit, terms.special_ground),
        given=given,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        today=today_of(visit),
        day=namer.day,
    )


def _bound(visit: Visit, counts: Assessment) -> _Bound:
    ground = special_ground_of(counts)
    return _Bound(
        purposes=called_terms(visit, purposes_of(counts)),
        categories=called_terms(visit, categories_of(counts)),
        basis=called_terms(visit, bases_of(counts)),
        ground=called_terms(visit, [ground] if ground else []),
        days=retention_of(counts),
    )


def _written(visit: Visit, one: Assessment) -> _Written:
    parts = progress(one)
    needed = sum(part.needed for part in parts)
    answered = sum(part.answered for part in parts)
    percent = 100 * answered // needed if needed else 100
    return _Written(one, path_to(visit, "assessments", one.id), percent, needs_dpia(one))


def _sources(visit: Visit) -> list[str]:
    """Name the sources of the node, for who may know of them."""
    if not may_see_inside(visit.caller):
        return []
    return [one.name for one in visit.site.node.sources.records()]
