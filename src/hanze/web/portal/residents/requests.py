"""Pages of requests: for stewards with their clocks, and each for whoever asked."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from hanze.errors import HanzeError, InvalidInput
from hanze.governance.duties import has_duty, require_duty
from hanze.governance.records.rights import RequestOutcome, RightsRequest
from hanze.governance.rights import Clock, clock_of
from hanze.identity.roles import STEWARD
from hanze.web.portal.forms import Given
from hanze.web.portal.residents.refusing import told_status
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Namer

__all__ = ["RequestRow", "request_row", "show_list", "show_one", "take"]

_OUTCOMES: Final = {one.value: one for one in RequestOutcome if one is not RequestOutcome.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with its clock.

    Attributes:
        received: Day in words; so for `due` and `answered`.
    """

    request: RightsRequest
    path: str
    clock: Clock
    received: str
    due: str
    answered: str


def request_row(visit: Visit, request: RightsRequest) -> RequestRow:
    """Prepare a request for a page."""
    namer, clock = Namer(visit), clock_of(request, visit.now)
    return RequestRow(
        request=request,
        path=f"/{visit.language.code}/requests/{quote(request.id, safe=':')}",
        clock=clock,
        received=namer.day(request.received_at),
        due=namer.day(clock.due),
        answered=namer.day(request.answer.at) if request.answer else "",
    )


async def show_list(visit: Visit) -> Response:
    """Show stewards all requests, those that are due first.

    Raises:
        DutyMissing: The caller is no steward.
    """
    require_duty(visit.caller, STEWARD)
    found = visit.site.node.residents.requests.all(visit.caller, now=visit.now)
    rows = [request_row(visit, one) for one in found]
    return visit.page(
        "residents/requests.html",
        rows=rows,
        overdue=sum(row.clock.open and row.clock.overdue for row in rows),
        simulated=False,
    )


async def show_one(visit: Visit) -> Response:
    """Show a request to whoever asked, a steward, or who has its address."""
    return _page(visit)


async def take(visit: Visit, given: Given) -> Response:
    """Extend or answer a request, as a steward.

    Raises:
        DutyMissing: The caller is no steward.
    """
    requests, request_id = visit.site.node.residents.requests, _id(visit)
    try:
        if given.text("do") == "extend":
            await requests.extend(
                visit.caller, request_id, reason=given.text("reason"), now=visit.now
            )
        elif given.text("do") == "answer" and given.text("outcome") in _OUTCOMES:
            await requests.answer(
                visit.caller,
                request_id,
                outcome=_OUTCOMES[given.text("outcome")],
                text=given.text("text"),
                now=visit.now,
            )
        else:
            raise InvalidInput("The form asks for nothing that this page does", field="do")
    except HanzeError as error:
        return _page(visit, refused=error, given=given, status=told_status(error))
    return RedirectResponse(f"{_path(visit, request_id)}?did={given.text('do')}", 303)


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["id"])


def _path(visit: Visit, request_id: str) -> str:
    return f"/{visit.language.code}/requests/{quote(request_id, safe=':')}"


def _page(
    visit: Visit,
    *,
    refused: HanzeError | None = None,
    given: Given | None = None,
    status: int = 200,
) -> Response:
    node = visit.site.node
    request = node.residents.requests.shown(visit.caller, _id(visit), now=visit.now)
    namer = Namer(visit)
    dataset = node.governance.rules.datasets.get(request.dataset or "")
    response = visit.page(
        "residents/request.html",
        status=status,
        row=request_row(visit, request),
        data=None if dataset is None else namer.dataset(dataset),
        sensor=f"/{visit.language.code}/sensors/{quote(request.entity, safe=':')}"
        if request.entity
        else "",
        address=visit.base_url + _path(visit, request.id),
        steward=has_duty(visit.caller, STEWARD),
        outcomes=list(_OUTCOMES),
        given=given or Given({}),
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        simulated=False,
    )
    response.headers["cache-control"] = "no-store"
    # Whoever has the address may read it: it goes to no other site.
    response.headers["referrer-policy"] = "no-referrer"
    return response
