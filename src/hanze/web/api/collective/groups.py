"""`/api/v1/groups` and `/api/v1/closed-records`: what a group works on before everybody sees it."""

from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.closed_records import chosen
from hanze.governance.records.group import Group
from hanze.web.api.collective.closed import ClosedTold, closed_told
from hanze.web.api.collective.records import Choice, filters_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.caller import require_known

__all__ = ["ROUTES"]

_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class ClosedList(Answer, frozen=True):
    """Closed records, by their ids."""

    records: tuple[ClosedTold, ...]


class GroupList(Answer, frozen=True):
    """Groups, by their ids."""

    groups: tuple[Group, ...]


class GroupShown(Answer, frozen=True):
    """A group with the records that it alone sees."""

    group: Group
    records: tuple[ClosedTold, ...]


class NewGroup(Taken, frozen=True):
    """A group to be made, or the drafts of whoever asks.

    Attributes:
        title: By language.
        drafts: Whether it is for the drafts of the caller's organisation; it has a name already.
    """

    title: dict[str, _Name] = {}
    drafts: bool = False


class NewMember(Taken, frozen=True):
    """Who comes in: the id of an organisation, or the name of an account."""

    member: _Name


class ToClose(Taken, frozen=True):
    """The id of a record that everybody sees, and the group alone shall."""

    record: _Name


async def list_groups(ask: Ask) -> GroupList:
    """List the groups that the caller is in."""
    return GroupList(groups=ask.node.closed.groups.of(ask.caller))


async def make_group(ask: Ask) -> Group:
    """Make a group, or give the one of the caller's drafts."""
    given = await ask.body(NewGroup)
    groups = ask.node.closed.groups
    if given.drafts:
        return await groups.drafts(ask.caller, now=ask.now)
    return await groups.make(ask.caller, given.title, now=ask.now)


async def show_group(ask: Ask) -> GroupShown:
    """Show a group to its members."""
    group = ask.node.closed.groups.shown(ask.caller, ask.path("id"))
    found = await ask.node.closed.records.read(ask.caller, now=ask.now)
    told = tuple(closed_told(one) for one in found if one.group.id == group.id)
    return GroupShown(group=group, records=told)


async def add_to_group(ask: Ask) -> Group:
    """Let somebody into a group."""
    require_known(ask.caller)
    given = await ask.body(NewMember)
    return await ask.node.closed.groups.add(ask.caller, ask.path("id"), given.member, now=ask.now)


async def remove_from_group(ask: Ask) -> Group:
    """Remove somebody from a group, or leave it."""
    require_known(ask.caller)
    return await ask.node.closed.groups.remove(
        ask.caller, ask.path("id"), ask.path("member"), now=ask.now
    )


async def close_record(ask: Ask) -> Response:
    """Let a group alone see a record that everybody saw until now."""
    given = await ask.body(ToClose)
    group = ask.node.closed.groups.shown(ask.caller, ask.path("id"))
    await ask.node.closed.records.close(ask.caller, given.record, group, now=ask.now)
    return Response(status_code=204)


async def list_closed(ask: Ask) -> ClosedList:
    """List the closed records that the caller may see."""
    ask.parameters(Choice)
    found = await ask.node.closed.records.read(ask.caller, now=ask.now)
    return ClosedList(records=tuple(closed_told(one) for one in chosen(found, filters_of(ask))))


async def publish_record(ask: Ask) -> Response:
    """Show a record to everybody from now on; its past as a draft is erased."""
    await ask.node.closed.records.publish(ask.caller, ask.path("id"), now=ask.now)
    return Response(status_code=204)


ROUTES = (
    ApiRoute("GET", "/groups", list_groups, GroupList),
    ApiRoute("POST", "/groups", make_group, Group, body=NewGroup, writes=True, status=201),
    ApiRoute("GET", "/groups/{id}", show_group, GroupShown),
    ApiRoute("POST", "/groups/{id}/members", add_to_group, Group, body=NewMember),
    ApiRoute("DELETE", "/groups/{id}/members/{member}", remove_from_group, Group),
    ApiRoute(
        "POST", "/groups/{id}/records", close_record, None, body=ToClose, writes=True, status=204
    ),
    ApiRoute("GET", "/closed-records", list_closed, ClosedList, parameters=Choice),
    ApiRoute(
        "POST",
        "/closed-records/{id:path}/publication",
        publish_record,
        None,
        writes=True,
        status=204,
    ),
)
