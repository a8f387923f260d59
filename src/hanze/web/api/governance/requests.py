"""`/api/v1/governance/requests`: residents' rights with their clocks, and who decides for children."""

from typing import Annotated

from msgspec import Meta

from hanze.governance.duties import has_duty
from hanze.governance.records.rights import (
    Guardianship,
    RequestOutcome,
    RightKind,
    RightsRequest,
)
from hanze.governance.requesting import NewGuardianship, NewRequest, RightsRequests
from hanze.governance.residents import own_subject, require_resident
from hanze.governance.rights import Clock, clock_of
from hanze.identity.roles import STEWARD
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.caller import require_known
from hanze.web.visitor import visitor_address

__all__ = ["ROUTES"]

_Reason = Annotated[str, Meta(max_length=4_000)]


class RequestTold(RightsRequest, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A request, and where its clock stands."""

    clock: Clock


class RequestList(Answer, frozen=True):
    """Requests.

    Attributes:
        open: How many are not answered.
        overdue: How many of these are late.
    """

    requests: tuple[RequestTold, ...]
    open: int
    overdue: int


class WhichRequests(Taken, frozen=True):
    """Which requests.

    Attributes:
        all: Those of everybody, for stewards; else those of the caller and its children.
        kind: Those that use one right.
        overdue: Only those that are late.
    """

    all: bool = False
    kind: RightKind | None = None
    overdue: bool = False


class Extending(Taken, frozen=True):
    """Why an answer takes two months more; whoever asked reads it."""

    reason: _Reason


class Answering(Taken, frozen=True):
    """What is decided, and why; whoever asked reads it."""

    outcome: RequestOutcome
    text: _Reason = ""


class GuardianshipList(Answer, frozen=True):
    """Who decides for which children."""

    guardianships: tuple[Guardianship, ...]


async def file(ask: Ask) -> RequestTold:
    """Ask for access, rectification, erasure or portability, or object; the clock starts."""
    new = await ask.body(NewRequest, most_kb=32)
    if own_subject(ask.caller) is None and not has_duty(ask.caller, STEWARD):
        ask.node.visitors.contributions.take(visitor_address(ask.node, ask.request), now=ask.now)
    return _told(await ask.node.residents.requests.file(ask.caller, new, now=ask.now), ask.now)


async def list_requests(ask: Ask) -> RequestList:
    """List requests: the caller's own, or for stewards all of them, by when they are due."""
    require_known(ask.caller)
    asked, requests = ask.parameters(WhichRequests), ask.node.residents.requests
    if asked.all:
        found = requests.all(ask.caller, now=ask.now)
    else:
        require_resident(ask.caller)
        found = requests.of(ask.caller, now=ask.now)
    told = [_told(one, ask.now) for one in found]
    open_ones = [one for one in told if one.clock.open]
    return RequestList(
        requests=tuple(
            one
            for one in told
            if asked.kind in (None, one.kind)
            and (not asked.overdue or (one.clock.open and one.clock.overdue))
        ),
        open=len(open_ones),
        overdue=sum(one.clock.overdue for one in open_ones),
    )


async def show(ask: Ask) -> RequestTold:
    """Show a request to whoever asked, a steward, or who was given its id."""
    return _told(_requests(ask).shown(ask.caller, ask.path("id"), now=ask.now), ask.now)


async def extend(ask: Ask) -> RequestTold:
    """Take two months more for an answer, within the first one (GDPR 12.3)."""
    require_known(ask.caller)
    reason = (await ask.body(Extending, most_kb=32)).reason
    found = await _requests(ask).extend(ask.caller, ask.path("id"), reason=reason, now=ask.now)
    return _told(found, ask.now)


async def answer(ask: Ask) -> RequestTold:
    """Answer a request; erasure that is granted is carried out first."""
    require_known(ask.caller)
    body = await ask.body(Answering, most_kb=32)
    found = await _requests(ask).answer(
        ask.caller, ask.path("id"), outcome=body.outcome, text=body.text, now=ask.now
    )
    return _told(found, ask.now)


async def withdraw(ask: Ask) -> RequestTold:
    """Take a request back."""
    require_known(ask.caller)
    return _told(await _requests(ask).withdraw(ask.caller, ask.path("id"), now=ask.now), ask.now)


async def list_guardianships(ask: Ask) -> GuardianshipList:
    """List who decides for which child."""
    require_known(ask.caller)
    found = ask.node.residents.guardianships.all(ask.caller)
    return GuardianshipList(guardianships=tuple(found))


async def confirm_guardianship(ask: Ask) -> Guardianship:
    """Confirm that a parent decides for a child, after seeing the proof."""
    require_known(ask.caller)
    new = await ask.body(NewGuardianship, most_kb=8)
    return await ask.node.residents.guardianships.confirm(ask.caller, new, now=ask.now)


async def end_guardianship(ask: Ask) -> Guardianship:
    """End it early."""
    require_known(ask.caller)
    guardianships = ask.node.residents.guardianships
    return await guardianships.end(ask.caller, ask.path("id"), now=ask.now)


def _requests(ask: Ask) -> RightsRequests:
    return ask.node.residents.requests


def _told(request: RightsRequest, now: str) -> RequestTold:
    members = {name: getattr(request, name) for name in RightsRequest.__struct_fields__}
    return RequestTold(**members, clock=clock_of(request, now))


_REQUEST = "/governance/requests/{id:path}"
_GUARDIANSHIPS = "/governance/guardianships"

ROUTES = (
    ApiRoute(
        "POST",
        "/governance/requests",
        file,
        RequestTold,
        body=NewRequest,
        limited=True,
        status=201,
    ),
    ApiRoute("GET", "/governance/requests", list_requests, RequestList, WhichRequests),
    ApiRoute("POST", f"{_REQUEST}/extend", extend, RequestTold, body=Extending),
    ApiRoute("POST", f"{_REQUEST}/answer", answer, RequestTold, body=Answering),
    ApiRoute("POST", f"{_REQUEST}/withdraw", withdraw, RequestTold),
    ApiRoute("GET", _REQUEST, show, RequestTold),
    ApiRoute("GET", _GUARDIANSHIPS, list_guardianships, GuardianshipList),
    ApiRoute(
        "POST",
        _GUARDIANSHIPS,
        confirm_guardianship,
        Guardianship,
        body=NewGuardianship,
        status=201,
    ),
    ApiRoute("POST", f"{_GUARDIANSHIPS}/{{id:path}}/end", end_guardianship, Guardianship),
)
