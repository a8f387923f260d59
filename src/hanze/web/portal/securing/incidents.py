"""Incidents: the list with what is reported, and the page of one with its clock."""

from datetime import UTC, datetime
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, InvalidInput
from hanze.governance.duties import has_duty, require_duty
from hanze.governance.records.incident import Incident, Risk
from hanze.governance.securing.breach import clock_of
from hanze.governance.securing.incidents import NewIncident
from hanze.identity.roles import AUDITOR, OPERATOR, OWNER, SECURITY_OFFICER, STEWARD
from hanze.web.portal.forms import Given
from hanze.web.portal.projects.naming import WRONG, path_to, status_of
from hanze.web.portal.securing.pages import moment_of
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Namer

__all__ = ["show_incident", "show_list", "take_incident", "take_list"]

_REPORTERS: Final = (SECURITY_OFFICER, OPERATOR, STEWARD, OWNER)
_READERS: Final = (SECURITY_OFFICER, OPERATOR, AUDITOR)


async def show_list(visit: Visit) -> Response:
    """List incidents and drills, and take reports of whoever works for the city.

    Raises:
        DutyMissing: The visitor does not.
    """
    return _list(visit, Given({}))


async def take_list(visit: Visit, given: Given) -> Response:
    """Report an incident."""
    try:
        new = NewIncident(
            title=given.text("title"),
            description=given.text("description"),
            known_at=_moment(visit, given.text("known_at"), "knownAt"),
            personal="personal" in given,
            drill="drill" in given,
        )
        made = await visit.site.node.security.incidents.report(visit.caller, new, now=visit.now)
    except WRONG as error:
        return _list(visit, given, refused=error, status=status_of(error))
    if has_duty(visit.caller, *_READERS):
        return RedirectResponse(path_to(visit, "security/incidents", made.id), 303)
    return RedirectResponse(f"/{visit.language.code}/security/incidents?did=reported", 303)


async def show_incident(visit: Visit) -> Response:
    """Show an incident.

    Raises:
        DutyMissing: The visitor is neither security officer, operator nor auditor.
        IncidentNotFound: There is none.
    """
    return _incident(visit, Given({}))


async def take_incident(visit: Visit, given: Given) -> Response:
    """Do what a form of an incident asks."""
    incident_id, do = str(visit.request.path_params["id"]), given.text("do")
    try:
        await _done(visit, incident_id, do, given)
    except WRONG as error:
        return _incident(visit, given, refused=error, status=status_of(error))
    where = path_to(visit, "security/incidents", incident_id)
    return RedirectResponse(f"{where}?did={do}", 303)


async def _done(visit: Visit, incident_id: str, do: str, given: Given) -> Incident:
    security, caller, now = visit.site.node.security, visit.caller, visit.now
    incidents = security.incidents
    if do == "note":
        return await incidents.note(caller, incident_id, given.text("text"), now=now)
    if do == "risk":
        return await incidents.assess(
            caller,
            incident_id,
            _risk(given.text("risk")),
            people=_people(given.text("people")),
            why=given.text("why"),
            now=now,
        )
    if do == "notice":
        return await incidents.notify(
            caller,
            incident_id,
            reference=given.text("reference"),
            at=_moment(visit, given.text("at"), "at"),
            why_late=given.text("why_late"),
            now=now,
        )
    if do == "tell":
        text = {visit.language.code: given.text("telling")}
        return await incidents.tell(caller, incident_id, text, given.text("how"), now=now)
    if do == "share":
        return await security.between.share(caller, incident_id, given.text("sharing"), now=now)
    if do == "close":
        return await incidents.close(caller, incident_id, given.text("lessons"), now=now)
    raise InvalidInput("The form asks for nothing that this page does", field="do")


def _list(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    require_duty(visit.caller, *_REPORTERS, AUDITOR)
    incidents, reads = visit.site.node.security.incidents, has_duty(visit.caller, *_READERS)
    rows = [
        (one, path_to(visit, "security/incidents", one.id), clock_of(one, visit.now))
        for one in (incidents.listed(visit.caller) if reads else ())
    ]
    return visit.page(
        "security/incidents.html",
        status=status,
        simulated=False,
        rows=rows,
        heard=incidents.heard(visit.caller) if reads else (),
        reads=reads,
        reports=has_duty(visit.caller, *_REPORTERS),
        given=given,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        moment=lambda text: moment_of(visit, text),
    )


def _incident(
    visit: Visit, given: Given, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    node, namer = visit.site.node, Namer(visit)
    incident_id = str(visit.request.path_params["id"])
    incident = node.security.incidents.shown(visit.caller, incident_id)
    return visit.page(
        "security/incident.html",
        status=status,
        simulated=False,
        incident=incident,
        clock=clock_of(incident, visit.now),
        told=None if incident.told is None else namer.text(incident.told.text),
        path=path_to(visit, "security/incidents", incident.id),
        acts=has_duty(visit.caller, SECURITY_OFFICER) and incident.closing is None,
        members=len(node.league.confirmed()),
        risks=[one.value for one in Risk],
        given=given,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        moment=lambda text: moment_of(visit, text),
    )


def _risk(text: str) -> Risk:
    try:
        return Risk(text)
    except ValueError as error:
        raise InvalidInput("Choose what it may do to people", field="risk", value=text) from error


def _people(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise InvalidInput("people must be a number", field="people", value=text)
    return int(text)


def _moment(visit: Visit, text: str, field: str) -> str:
    """Read a day and a time in the zone of the page; "" where there is none."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=visit.site.zone)
        return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError) as error:
        raise InvalidInput("It must be a day and a time", field=field, value=text) from error
