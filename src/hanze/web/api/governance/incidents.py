"""`/api/v1/governance/incidents`, and the security officer's list."""

from typing import Annotated, Final

from msgspec import Meta
from starlette.responses import Response

from hanze.governance.records.incident import HeardIncident, Incident, Risk, Telling
from hanze.governance.securing.breach import BreachClock, clock_of
from hanze.governance.securing.incidents import NewIncident
from hanze.league.incidents import INCIDENTS, IncidentTold
from hanze.league.signatures import SignatureRefused
from hanze.node.worklist import Worklist, worklist_of
from hanze.web.api.frame import PREFIX, Answer, ApiRoute, Ask, Taken, json_of
from hanze.web.caller import require_known
from hanze.web.signed import member_of_scope

__all__ = ["ROUTES"]

_MOST_KB: Final = 64


class IncidentShown(Incident, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An incident with its clock.

    Attributes:
        clock: Of a data breach.
    """

    clock: BreachClock | None = None


class IncidentList(Answer, frozen=True):
    """Incidents of this node, and what other nodes told of theirs; the last first."""

    incidents: tuple[IncidentShown, ...]
    heard: tuple[HeardIncident, ...] = ()


class TellingList(Answer, frozen=True):
    """What people were told of data breaches, the last first."""

    told: tuple[Telling, ...]


class Reported(Taken, frozen=True, kw_only=True):
    """An incident.

    Attributes:
        known_at: DateTime text: when it became known; "" for now.
        personal: Whether data about people is concerned.
        drill: Whether it is only practised.
    """

    title: str
    description: str
    known_at: str = ""
    personal: bool = False
    drill: bool = False


class NewNote(Taken, frozen=True):
    """What was found or done."""

    text: str


class NewRisk(Taken, frozen=True, kw_only=True):
    """What a breach may do to people.

    Attributes:
        people: About how many it is about.
        why: Why the risk is that.
    """

    risk: Risk
    people: int | None = None
    why: str


class NewNotice(Taken, frozen=True, kw_only=True):
    """The supervisory authority was notified.

    Attributes:
        reference: Under which the authority knows it.
        at: DateTime text; "" for now.
        why_late: Where it was later than 72 hours.
    """

    reference: str
    at: str = ""
    why_late: str = ""


class NewTelling(Taken, frozen=True, kw_only=True):
    """What people are told.

    Attributes:
        text: By language; everybody may read it.
        how: Letters, mail, a publication.
    """

    text: dict[str, str]
    how: str


class NewSharing(Taken, frozen=True):
    """What other members should know, and do; nobody's data."""

    text: str


class NewClosing(Taken, frozen=True):
    """What is done so that it does not happen again."""

    lessons: str


class IncidentSaid(Taken, frozen=True, kw_only=True):
    """What a member tells of an incident there."""

    id: Annotated[str, Meta(min_length=1, max_length=500)]
    title: Annotated[str, Meta(min_length=1, max_length=300)]
    text: Annotated[str, Meta(min_length=1, max_length=5_000)]
    drill: bool = False


class Heard(Answer, frozen=True):
    """It was heard."""

    heard: bool = True


async def show_worklist(ask: Ask) -> Worklist:
    """List everything that waits for the security officer."""
    require_known(ask.caller)
    return await worklist_of(ask.node, ask.caller, now=ask.now)


async def list_told(ask: Ask) -> TellingList:
    """List what people were told of data breaches; everybody may read it."""
    return TellingList(told=ask.node.security.incidents.told())


async def list_incidents(ask: Ask) -> IncidentList:
    """List incidents and drills, and what other nodes told of theirs."""
    require_known(ask.caller)
    incidents = ask.node.security.incidents
    return IncidentList(
        incidents=tuple(_shown(one, ask.now) for one in incidents.listed(ask.caller)),
        heard=incidents.heard(ask.caller),
    )


async def show(ask: Ask) -> IncidentShown:
    """Show an incident with its clock."""
    require_known(ask.caller)
    return _shown(ask.node.security.incidents.shown(ask.caller, ask.path("id")), ask.now)


async def report(ask: Ask) -> Response:
    """Report an incident, a data breach or a drill; whoever works for the city may."""
    require_known(ask.caller)
    given = await ask.body(Reported, most_kb=_MOST_KB)
    new = NewIncident(
        title=given.title,
        description=given.description,
        known_at=given.known_at,
        personal=given.personal,
        drill=given.drill,
    )
    made = await ask.node.security.incidents.report(ask.caller, new, now=ask.now)
    return json_of(_shown(made, ask.now), 201)


async def note(ask: Ask) -> IncidentShown:
    """Add what was found or done."""
    require_known(ask.caller)
    given = await ask.body(NewNote, most_kb=_MOST_KB)
    made = await ask.node.security.incidents.note(
        ask.caller, ask.path("id"), given.text, now=ask.now
    )
    return _shown(made, ask.now)


async def assess(ask: Ask) -> IncidentShown:
    """Say what a data breach may do to people."""
    require_known(ask.caller)
    given = await ask.body(NewRisk, most_kb=_MOST_KB)
    made = await ask.node.security.incidents.assess(
        ask.caller, ask.path("id"), given.risk, people=given.people, why=given.why, now=ask.now
    )
    return _shown(made, ask.now)


async def notify(ask: Ask) -> IncidentShown:
    """Write down that the supervisory authority was notified."""
    require_known(ask.caller)
    given = await ask.body(NewNotice, most_kb=_MOST_KB)
    made = await ask.node.security.incidents.notify(
        ask.caller,
        ask.path("id"),
        reference=given.reference,
        at=given.at,
        why_late=given.why_late,
        now=ask.now,
    )
    return _shown(made, ask.now)


async def tell(ask: Ask) -> IncidentShown:
    """Tell the people whose data it is: the text is public from now on."""
    require_known(ask.caller)
    given = await ask.body(NewTelling, most_kb=_MOST_KB)
    made = await ask.node.security.incidents.tell(
        ask.caller, ask.path("id"), given.text, given.how, now=ask.now
    )
    return _shown(made, ask.now)


async def share(ask: Ask) -> IncidentShown:
    """Tell the confirmed members of the league that were not told yet."""
    require_known(ask.caller)
    given = await ask.body(NewSharing, most_kb=_MOST_KB)
    made = await ask.node.security.between.share(
        ask.caller, ask.path("id"), given.text, now=ask.now
    )
    return _shown(made, ask.now)


async def close(ask: Ask) -> IncidentShown:
    """Close an incident, with what was learnt."""
    require_known(ask.caller)
    given = await ask.body(NewClosing, most_kb=_MOST_KB)
    made = await ask.node.security.incidents.close(
        ask.caller, ask.path("id"), given.lessons, now=ask.now
    )
    return _shown(made, ask.now)


async def hear(ask: Ask) -> Heard:
    """Hear of an incident at another member, which signs what it says."""
    member = member_of_scope(ask.request.scope)
    if member is None:
        raise SignatureRefused("incomplete", "who asks this must sign it")
    ask.node.visitors.exchanges.take("", subject=member.member, now=ask.now)
    said = await ask.body(IncidentSaid, most_kb=_MOST_KB)
    told = IncidentTold(id=said.id, title=said.title, text=said.text, drill=said.drill)
    await ask.node.security.between.hear(member, told, now=ask.now)
    return Heard()


def _shown(incident: Incident, now: str) -> IncidentShown:
    members = {field: getattr(incident, field) for field in Incident.__struct_fields__}
    return IncidentShown(**members, clock=clock_of(incident, now))


_ALL: Final = "/governance/incidents"
_ONE: Final = _ALL + "/{id}"

ROUTES = (
    ApiRoute("GET", "/governance/security/worklist", show_worklist, Worklist),
    ApiRoute("GET", "/governance/security/told", list_told, TellingList),
    ApiRoute("GET", _ALL, list_incidents, IncidentList),
    ApiRoute("POST", _ALL, report, IncidentShown, body=Reported, status=201),
    ApiRoute("GET", _ONE, show, IncidentShown),
    ApiRoute("POST", _ONE + "/notes", note, IncidentShown, body=NewNote),
    ApiRoute("POST", _ONE + "/risk", assess, IncidentShown, body=NewRisk),
    ApiRoute("POST", _ONE + "/notice", notify, IncidentShown, body=NewNotice),
    ApiRoute("POST", _ONE + "/telling", tell, IncidentShown, body=NewTelling),
    ApiRoute("POST", _ONE + "/sharing", share, IncidentShown, body=NewSharing),
    ApiRoute("POST", _ONE + "/closing", close, IncidentShown, body=NewClosing),
    ApiRoute("POST", INCIDENTS.removeprefix(PREFIX), hear, Heard, body=IncidentSaid, limited=True),
)
