"""The page of the league: which nodes there are, where, and how talking to them goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.errors import Conflicting, HanzeError, InvalidInput, NotFound
from hanze.league.identity import fingerprint_of
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.forms import Given
from hanze.web.portal.league.drawing import picture_of
from hanze.web.portal.league.standing import Standing, shared_with, sharing_apart, standings
from hanze.web.portal.site import Visit
from hanze.web.portal.sources.pages import OperatorOnly

__all__ = ["show", "take"]

_TOLD: Final[tuple[tuple[type[HanzeError], int], ...]] = (
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflicting, 409),
)


@dataclass(frozen=True, slots=True)
class _Open:
    """An invitation that nobody has used yet."""

    expires: datetime | None


async def show(visit: Visit) -> Response:
    """Show the league."""
    return _page(visit)


async def take(visit: Visit, given: Given) -> Response:
    """Confirm a member, as its operator asked.

    Raises:
        OperatorOnly: The caller does not run the node.
    """
    if "operator" not in visit.caller.roles:
        raise OperatorOnly
    try:
        if given.text("do") != "confirm":
            raise InvalidInput("The form asks for nothing that this page does", field="do")
        if given.text("compared") != "yes":
            raise InvalidInput("The fingerprint must be compared first", field="compared")
        await visit.site.node.league.confirm(given.text("member"))
        visit.site.node.gossip.hurry()
    except HanzeError as error:
        status = next((number for family, number in _TOLD if isinstance(error, family)), None)
        if status is None:
            raise
        return _page(visit, refused=error, status=status)
    return RedirectResponse(f"/{visit.language.code}/league?did=confirm", 303)


def _page(visit: Visit, *, refused: HanzeError | None = None, status: int = 200) -> Response:
    me = visit.site.node.league.me()
    rows = standings(visit)
    runs = "operator" in visit.caller.roles
    return visit.page(
        "league/list.html",
        status=status,
        me=me,
        fingerprint="" if me is None else fingerprint_of(me.key),
        rows=rows,
        trusted=[one for one in rows if one.status == "confirmed"],
        picture=picture_of(visit, me, rows),
        sharing=shared_with(visit, me),
        apart=sharing_apart(visit, rows) if runs else [],
        waiting=_waiting(rows) if runs else [],
        invitations=_open(visit) if runs else [],
        runs=runs,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        simulated=False,
    )


def _waiting(rows: list[Standing]) -> list[Standing]:
    return [one for one in rows if one.waits]


def _open(visit: Visit) -> list[_Open]:
    state = visit.site.node.league.state
    return [
        _Open(parse_moment(one.expires_at))
        for one in state.invitations.values()
        if one.used_by is None and one.expires_at > visit.now
    ]
