"""Hard cases: the list, and the page of one with what people say about it."""

from datetime import date, timedelta
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, InvalidInput
from hanze.governance.cases import Cases, is_open
from hanze.governance.duties import has_duty, require_duty
from hanze.governance.projects import Projects
from hanze.governance.records.hard_case import CaseKind, HardCase, Weighing
from hanze.identity.allowance import TooOften
from hanze.identity.roles import STEWARD
from hanze.web.portal.forms import Given
from hanze.web.portal.projects.naming import WRONG, new_id, path_to, status_of, today_of
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Namer
from hanze.web.visitor import visitor_address

__all__ = ["show_case", "show_list", "take_case", "take_list"]

#: For so long arguments are taken, where nobody says otherwise.
_OPEN: Final = timedelta(days=42)


async def show_list(visit: Visit) -> Response:
    """List the hard cases, those that are open first."""
    return await _list(visit, Given({}))


async def take_list(visit: Visit, given: Given) -> Response:
    """Publish a hard case."""
    code, title = visit.language.code, given.text("title")
    today = today_of(visit)
    try:
        case = HardCase(
            id=new_id(visit, "HardCase", title),
            kind=_kind(given.text("kind")),
            title={code: title},
            question={code: given.text("question")},
            project=given.text("project") or None,
            open_until=given.text("open_until"),
            published_at=visit.now,
            by=visit.caller.actor,
        )
        made = await Cases(visit.site.node.governance).publish(
            visit.caller, case, today=today, now=visit.now
        )
    except WRONG as error:
        return await _list(visit, given, refused=error, status=status_of(error))
    return RedirectResponse(f"{path_to(visit, 'cases', made.id)}?did=published", 303)


async def show_case(visit: Visit) -> Response:
    """Show a case with what was said about it.

    Raises:
        CaseNotFound: There is none.
    """
    return await _case(visit, Given({}))


async def take_case(visit: Visit, given: Given) -> Response:
    """Take an argument, hide one, or write the decision down."""
    case_id, do = str(visit.request.path_params["id"]), given.text("do")
    try:
        await _done(visit, case_id, do, given)
    except (*WRONG, TooOften) as error:
        return await _case(visit, given, refused=error, status=status_of(error))
    return RedirectResponse(f"{path_to(visit, 'cases', case_id)}?did={do}", 303)


async def _done(visit: Visit, case_id: str, do: str, given: Given) -> None:
    node, today = visit.site.node, today_of(visit)
    cases = Cases(node.governance)
    if do == "argue":
        address = visitor_address(node, visit.request)
        node.visitors.contributions.take(address, now=visit.now)
        await cases.argue(
            case_id,
            text=given.text("text"),
            stance=given.text("stance"),
            name=given.text("name"),
            today=today,
            now=visit.now,
        )
    elif do == "hide":
        await cases.hide(
            visit.caller, case_id, given.text("argument"), given.text("why"), now=visit.now
        )
    elif do == "decide":
        require_duty(visit.caller, STEWARD)
        if given.text("allowed") not in ("yes", "no"):
            raise InvalidInput("A decision must say whether it is allowed", field="allowed")
        weighing = Weighing(
            allowed=given.text("allowed") == "yes",
            text=given.text("decision"),
            administrator=given.text("administrator"),
            council=given.text("council"),
            url=given.text("url") or None,
            by=visit.caller.actor,
            at=visit.now,
        )
        await cases.decide(visit.caller, case_id, weighing, today=today, now=visit.now)
    else:
        raise InvalidInput("The form asks for nothing that this page does", field="do")


async def _list(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    node, namer, today = visit.site.node, Namer(visit), today_of(visit)
    found = Cases(node.governance).listed()
    rows = [
        (one, namer.text(one.title), path_to(visit, "cases", one.id), is_open(one, today))
        for one in sorted(found, key=lambda one: not is_open(one, today))
    ]
    projects = Projects(node.governance).listed(visit.caller)
    return visit.page(
        "projects/cases.html",
        status=status,
        simulated=False,
        rows=rows,
        kinds=[one.value for one in CaseKind],
        projects=[(one.id, namer.text(one.title)) for one in projects],
        decides=has_duty(visit.caller, STEWARD),
        open_until=(date.fromisoformat(today) + _OPEN).isoformat(),
        given=given,
        refused=refused,
        day=namer.day,
    )


async def _case(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    node, namer, today = visit.site.node, Namer(visit), today_of(visit)
    cases = Cases(node.governance)
    case = cases.shown(str(visit.request.path_params["id"]))
    known = node.governance.rules.projects
    about = dict.fromkeys((case.project or "", *cases.citing(case.id)))
    return visit.page(
        "projects/case.html",
        status=status,
        simulated=False,
        case=case,
        title=namer.text(case.title),
        question=namer.text(case.question),
        path=path_to(visit, "cases", case.id),
        arguments=cases.arguments_of(visit.caller, case.id),
        is_open=is_open(case, today),
        projects=[
            (namer.text(known[one].title), path_to(visit, "projects", one))
            for one in about
            if one in known
        ],
        decides=has_duty(visit.caller, STEWARD),
        given=given,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        day=namer.day,
    )


def _kind(text: str) -> CaseKind:
    found = next((one for one in CaseKind if one.value == text), None)
    if found is None:
        raise InvalidInput("Say what makes the case hard", field="kind", value=text)
    return found
