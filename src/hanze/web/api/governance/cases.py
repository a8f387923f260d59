"""`/api/v1/governance/cases`: hard cases, public before they are decided."""

from typing import Final

from starlette.responses import Response

from hanze.governance.cases import Cases, is_open
from hanze.governance.records.hard_case import Argument, CaseKind, HardCase, Weighing
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken, json_of
from hanze.web.caller import require_known
from hanze.web.visitor import address_of

__all__ = ["ROUTES"]

#: Records are read by people.
_MOST_KB: Final = 256


class CaseTold(HardCase, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A hard case with what was said about it.

    Attributes:
        is_open: Whether it takes arguments.
        arguments: In the order in which they came.
        cited_by: Ids of the projects whose assessments build on it.
    """

    is_open: bool
    arguments: tuple[Argument, ...] = ()
    cited_by: tuple[str, ...] = ()


class CaseList(Answer, frozen=True):
    """Hard cases, those that were published last first."""

    cases: tuple[CaseTold, ...]


class NewCase(Taken, frozen=True, kw_only=True):
    """A hard case to be published.

    Attributes:
        id: `urn:ngsi-ld:HardCase:<city>:<key>`.
        open_until: Date text: the last day on which arguments are taken.
    """

    id: str
    kind: CaseKind
    title: dict[str, str]
    question: dict[str, str]
    project: str | None = None
    open_until: str


class NewArgument(Taken, frozen=True, kw_only=True):
    """What somebody says for or against.

    Attributes:
        stance: "for", "against" or "".
        name: As whoever says it wants to be called; it is shown.
    """

    text: str
    stance: str = ""
    name: str = ""


class Hiding(Taken, frozen=True, kw_only=True):
    """Why an argument is not shown."""

    why: str


class NewWeighing(Taken, frozen=True, kw_only=True):
    """How a case is decided.

    Attributes:
        administrator: Name and office of who weighed the arguments.
        council: The decision of the council.
        url: Where that is published.
    """

    allowed: bool
    text: str
    administrator: str
    council: str
    url: str | None = None


async def list_cases(ask: Ask) -> CaseList:
    """List the hard cases, those that were published last first."""
    return CaseList(cases=tuple(_told(ask, one, whole=False) for one in _cases(ask).listed()))


async def show(ask: Ask) -> CaseTold:
    """Show a hard case with what was said about it."""
    return _told(ask, _cases(ask).shown(ask.path("id")))


async def publish(ask: Ask) -> Response:
    """Publish a hard case, so that everybody can argue about it."""
    require_known(ask.caller)
    given = await ask.body(NewCase, most_kb=_MOST_KB)
    case = HardCase(
        id=given.id,
        kind=given.kind,
        title=given.title,
        question=given.question,
        project=given.project,
        open_until=given.open_until,
        published_at=ask.now,
        by=ask.caller.actor,
    )
    made = await _cases(ask).publish(ask.caller, case, today=ask.today.isoformat(), now=ask.now)
    return json_of(_told(ask, made), 201)


async def argue(ask: Ask) -> Response:
    """Say something about a hard case that is open; nobody needs an account for it."""
    given = await ask.body(NewArgument, most_kb=64)
    ask.node.visitors.contributions.take(address_of(ask.node, ask.request.scope), now=ask.now)
    made = await _cases(ask).argue(
        ask.path("id"),
        text=given.text,
        stance=given.stance,
        name=given.name,
        today=ask.today.isoformat(),
        now=ask.now,
    )
    return json_of(made, 201)


async def hide(ask: Ask) -> Argument:
    """Show an argument no more, and say why."""
    require_known(ask.caller)
    given = await ask.body(Hiding, most_kb=_MOST_KB)
    return await _cases(ask).hide(
        ask.caller, ask.path("id"), ask.path("argument"), given.why, now=ask.now
    )


async def decide(ask: Ask) -> CaseTold:
    """Write down what was decided, after everybody had the time that they were promised."""
    require_known(ask.caller)
    given = await ask.body(NewWeighing, most_kb=_MOST_KB)
    weighing = Weighing(
        allowed=given.allowed,
        text=given.text,
        administrator=given.administrator,
        council=given.council,
        url=given.url,
        by=ask.caller.actor,
        at=ask.now,
    )
    today = ask.today.isoformat()
    case = await _cases(ask).decide(ask.caller, ask.path("id"), weighing, today=today, now=ask.now)
    return _told(ask, case)


def _cases(ask: Ask) -> Cases:
    return Cases(ask.node.governance)


def _told(ask: Ask, case: HardCase, *, whole: bool = True) -> CaseTold:
    members = {field: getattr(case, field) for field in HardCase.__struct_fields__}
    cases = _cases(ask)
    return CaseTold(
        **members,
        is_open=is_open(case, ask.today.isoformat()),
        arguments=cases.arguments_of(ask.caller, case.id) if whole else (),
        cited_by=tuple(cases.citing(case.id)),
    )


_ALL: Final = "/governance/cases"
_ONE: Final = _ALL + "/{id}"

ROUTES = (
    ApiRoute("GET", _ALL, list_cases, CaseList),
    ApiRoute("POST", _ALL, publish, CaseTold, body=NewCase, status=201),
    ApiRoute("GET", _ONE, show, CaseTold),
    ApiRoute(
        "POST", _ONE + "/arguments", argue, Argument, body=NewArgument, status=201, limited=True
    ),
    ApiRoute("POST", _ONE + "/arguments/{argument}/hiding", hide, Argument, body=Hiding),
    ApiRoute("POST", _ONE + "/decision", decide, CaseTold, body=NewWeighing),
)
