"""Drafts and closed groups: who is in them, what they work on, and publishing it."""

from collections import Counter
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from hanze.errors import InvalidInput
from hanze.governance.closed import is_named
from hanze.identity.roles import DEVELOPER
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt, label_given
from hanze.web.portal.forms import Given

__all__ = ["show", "show_one", "take", "take_one"]

#: What is drafted most.
_KINDS = ("Project", "Demand", "Solution", "BestPractice", "ResearchQuestion", "LivingLab")


async def show(desk: Desk) -> Response:
    """List the groups of the visitor."""
    return await _list(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Make a group, or the place of the visitor's drafts, and lead there."""
    groups, caller, now = desk.visit.site.node.closed.groups, desk.visit.caller, desk.visit.now
    if given.text("do") == "drafts":
        group = await groups.drafts(caller, now=now)
        return RedirectResponse(_path(desk, group.id), 303)
    known = {one.id for one in groups.of(caller)}
    refused, status = await attempt(groups.make(caller, label_given(desk, given, "title"), now=now))
    if refused is not None:
        return await _list(desk, refused=refused, status=status)
    made = next((one.id for one in groups.of(caller) if one.id not in known), "")
    return RedirectResponse(_path(desk, made), 303)


async def show_one(desk: Desk) -> Response:
    """Show a group to its members.

    Raises:
        GroupNotFound: There is none, or the visitor is not in it.
    """
    return await _one(desk)


async def take_one(desk: Desk, given: Given) -> Response:
    """Change who is in a group, publish what it has, or close what everybody sees."""
    refused, status = await attempt(_done(desk, given))
    if refused is not None:
        return await _one(desk, refused=refused, status=status)
    do = given.text("do")
    if do == "publish":
        return RedirectResponse(desk.path(given.text("record")) + "?saved=1", 303)
    if do == "leave":
        return RedirectResponse(desk.at("/groups"), 303)
    return RedirectResponse(f"{_path(desk, _id(desk))}?did={quote(do)}", 303)


async def _done(desk: Desk, given: Given) -> None:
    closed, caller, now = desk.visit.site.node.closed.records, desk.visit.caller, desk.visit.now
    group = closed.groups.shown(caller, _id(desk))
    do, record = given.text("do"), given.text("record")
    if do == "add":
        await closed.groups.add(caller, group.id, given.text("member"), now=now)
    elif do == "remove":
        await closed.groups.remove(caller, group.id, given.text("member"), now=now)
    elif do == "leave":
        await closed.groups.remove(caller, group.id, caller.actor, now=now)
    elif do == "close":
        await closed.close(caller, record, group, now=now)
    elif do == "publish":
        await closed.publish(caller, record, now=now)
    else:
        raise InvalidInput("The form asks for nothing that this page does", field="do")


async def _list(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    closed, caller = desk.visit.site.node.closed.records, desk.visit.caller
    found = await closed.read(caller, now=desk.visit.now)
    counts = Counter(one.group.id for one in found)
    return desk.page(
        "groups.html",
        menu="groups",
        status=status,
        rows=[
            (one, desk.text(one.title), _path(desk, one.id), counts[one.id])
            for one in closed.groups.of(caller)
        ],
        refused=refused,
    )


async def _one(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    closed, caller = desk.visit.site.node.closed.records, desk.visit.caller
    group = closed.groups.shown(caller, _id(desk))
    found = await closed.read(caller, now=desk.visit.now)
    fixed = (*group.managers, group.drafts_of)
    return desk.page(
        "group.html",
        menu="groups",
        status=status,
        group=group,
        path=_path(desk, group.id),
        members=[(one, one not in fixed) for one in group.members],
        manages=DEVELOPER in caller.roles or is_named(group.managers, caller),
        leaves=caller.actor in group.members and caller.actor not in fixed,
        cards=[desk.card(one.held) for one in found if one.group.id == group.id],
        kinds=_KINDS,
        refused=refused,
        did=desk.asked("did"),
    )


def _id(desk: Desk) -> str:
    return str(desk.visit.request.path_params["id"])


def _path(desk: Desk, group_id: str) -> str:
    return desk.at(f"/groups/{quote(group_id, safe=':')}")
