"""The security officer's pages: the list, the emergency switch, and what comes first in one."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, InvalidInput
from hanze.governance.duties import has_duty
from hanze.governance.records.emergency import CriticalityKind, Level
from hanze.governance.securing.services import DEFAULTS, Service
from hanze.governance.securing.worklist import WorkItem, WorkKind
from hanze.identity.roles import AUDITOR, OPERATOR, SECURITY_OFFICER
from hanze.node.worklist import worklist_of
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.forms import Given
from hanze.web.portal.projects.naming import WRONG, path_to, status_of
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Called, Namer

__all__ = [
    "moment_of",
    "show_criticality",
    "show_emergency",
    "show_security",
    "take_criticality",
    "take_emergency",
    "take_security",
]

#: By kind of work: below which address what it is about has its page; "" where that is enough.
_AREAS: Final = {
    WorkKind.BREACH: "security/incidents",
    WorkKind.INCIDENT: "security/incidents",
    WorkKind.SOURCE_HELD: "sources",
    WorkKind.UNKNOWN_DEVICES: "sources",
    WorkKind.PROJECT_UNASSESSED: "projects",
    WorkKind.PROJECT_UNCHECKED: "projects",
    WorkKind.REVIEW_OVERDUE: "projects",
    WorkKind.AGREEMENT_ENDS: "agreements",
}
_PAGES: Final = {
    WorkKind.CHAIN_BROKEN: "log",
    WorkKind.CHAIN_UNVERIFIED: "log",
    WorkKind.EMERGENCY: "security/emergency",
    WorkKind.REQUESTS: "requests",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the list: what, about what, where that is, and until when."""

    item: WorkItem
    called: Called
    path: str
    until: str


async def show_security(visit: Visit) -> Response:
    """Show everybody who answers for security; the officer sees what waits."""
    return await _security(visit)


async def take_security(visit: Visit, given: Given) -> Response:
    """Verify the log."""
    if given.text("do") != "verify":
        raise InvalidInput("The form asks for nothing that this page does", field="do")
    await visit.site.node.auditing.verify(visit.caller, now=visit.now)
    return RedirectResponse(f"/{visit.language.code}/security?did=verified", 303)


async def show_emergency(visit: Visit) -> Response:
    """Show the switch, and the emergencies of before.

    Raises:
        DutyMissing: The visitor does not run the node.
    """
    return _emergency(visit, Given({}))


async def take_emergency(visit: Visit, given: Given) -> Response:
    """Declare an emergency, or end it."""
    do, emergencies = given.text("do"), visit.site.node.security.emergencies
    try:
        if do == "declare":
            hours = _hours(given.text("hours"))
            await emergencies.declare(visit.caller, given.text("why"), hours, now=visit.now)
        elif do == "end":
            await emergencies.end(visit.caller, now=visit.now)
        else:
            raise InvalidInput("The form asks for nothing that this page does", field="do")
    except WRONG as error:
        return _emergency(visit, given, refused=error, status=status_of(error))
    return RedirectResponse(f"/{visit.language.code}/security/emergency?did={do}", 303)


async def show_criticality(visit: Visit) -> Response:
    """Show what comes first in an emergency, and what waits.

    Raises:
        DutyMissing: The visitor does not run the node.
    """
    return _criticality(visit, Given({}))


async def take_criticality(visit: Visit, given: Given) -> Response:
    """Decide about a level, or let the usual one count again."""
    emergencies, key = visit.site.node.security.emergencies, given.text("key")
    try:
        kind = CriticalityKind(given.text("kind"))
        if given.text("do") == "remove":
            await emergencies.forget(visit.caller, kind, key, now=visit.now)
        else:
            level = Level(given.text("level"))
            await emergencies.decide(visit.caller, kind, key, level, now=visit.now)
    except ValueError:
        wrong = InvalidInput("Choose what it is about, and how much hangs on it", field="level")
        return _criticality(visit, given, refused=wrong, status=422)
    except WRONG as error:
        return _criticality(visit, given, refused=error, status=status_of(error))
    return RedirectResponse(f"/{visit.language.code}/security/criticality?did=done", 303)


def moment_of(visit: Visit, text: str) -> str:
    """Write a moment in words; a day as it is."""
    moment = parse_moment(text)
    return Namer(visit).day(text) if moment is None else visit.speaker.formats.full(moment)


async def _security(visit: Visit) -> Response:
    node, namer = visit.site.node, Namer(visit)
    officer = has_duty(visit.caller, SECURITY_OFFICER)
    found = await worklist_of(node, visit.caller, now=visit.now) if officer else None
    told = [(one, namer.text(one.text)) for one in node.security.incidents.told()]
    return visit.page(
        "security/security.html",
        simulated=False,
        named=node.settings.security,
        emergency=node.security.emergencies.current(visit.caller, now=visit.now),
        told=told,
        officer=officer,
        runs=_runs(visit),
        rows=[] if found is None else [_row(visit, one) for one in found.items],
        verified=None if found is None else found.verified,
        did=visit.request.query_params.get("did", ""),
        day=namer.day,
        moment=lambda text: moment_of(visit, text),
    )


def _emergency(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    emergencies = visit.site.node.security.emergencies
    return visit.page(
        "security/emergency.html",
        status=status,
        simulated=False,
        past=emergencies.listed(visit.caller),
        emergency=emergencies.current(visit.caller, now=visit.now),
        most=emergencies.most_hours,
        officer=has_duty(visit.caller, SECURITY_OFFICER),
        given=given,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        moment=lambda text: moment_of(visit, text),
    )


def _criticality(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    emergencies = visit.site.node.security.emergencies
    levels = emergencies.levels(visit.caller)
    decided = {one.key for one in levels if one.kind is CriticalityKind.SERVICE}
    return visit.page(
        "security/criticality.html",
        status=status,
        simulated=False,
        levels=levels,
        usual=[
            (one.value, level)
            for one, level in DEFAULTS.items()
            if one is not Service.DOOR and one.value not in decided
        ],
        kinds=[one.value for one in CriticalityKind],
        officer=has_duty(visit.caller, SECURITY_OFFICER),
        given=given,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
    )


def _runs(visit: Visit) -> bool:
    """Tell whether incidents and emergencies are for this visitor to see."""
    return has_duty(visit.caller, SECURITY_OFFICER, OPERATOR, AUDITOR)


def _row(visit: Visit, item: WorkItem) -> _Row:
    namer, code = Namer(visit), visit.language.code
    called = namer.text(item.name) or Called(item.about, item.about)
    if "" in item.name:
        called = Called(item.about, item.name[""])
    if item.kind in _AREAS:
        path = path_to(visit, _AREAS[item.kind], item.about)
    else:
        path = f"/{code}/{_PAGES[item.kind]}"
    until = "" if item.due is None else moment_of(visit, item.due)
    return _Row(item=item, called=called, path=path, until=until)


def _hours(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise InvalidInput("The hours must be a number", field="hours", value=text) from error
