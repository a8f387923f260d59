"""Cities that take part as tenants of this node: who they are, and moving out and in."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from hanze.broker.ports import UnitOfWork
from hanze.collaboration.collective import Collective
from hanze.collaboration.members import (
    Member,
    add_member,
    member_of,
    members,
    remove_member,
    seal_member,
)
from hanze.collaboration.moving import export_tenant, move_in
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.errors import InvalidInput, MalformedBody
from hanze.ngsild.uri import is_uri
from hanze.node.node import Node
from hanze.web.api.collective.records import Named, named
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.caller import require_operator
from hanze.web.http import BodyTooLarge
from hanze.web.negotiation import tenant_name

__all__ = ["ROUTES"]

_PLACES: Final = (Municipality, Region, Country)
_PLACE_IDS: Final = tuple(f"urn:ngsi-ld:{kind.__name__}:" for kind in _PLACES)


class MemberTold(Answer, frozen=True):
    """A city that takes part, since when, how much its tenant holds, and where it went."""

    tenant: str
    city: Named
    since: date
    entities: int
    sealed_on: date | None = None
    moved_to: str | None = None


class Members(Answer, frozen=True):
    """By the names of their tenants."""

    total: int
    members: list[MemberTold]


class NewMember(Taken, frozen=True):
    """A city that comes.

    Attributes:
        tenant: In which its records will be.
        city: Id of its record, or its code in a register: "GM0344", "21".
        since: The day on which it came; today without it.
    """

    tenant: str
    city: str
    since: date | None = None


class Seal(Taken, frozen=True):
    """Whether a tenant takes changes.

    Attributes:
        sealed: Whether it takes none from now on.
        moved_to: Address of the city's own node.
    """

    sealed: bool = True
    moved_to: str | None = None


class TakenIn(Answer, frozen=True):
    """What became of entities that moved in."""

    created: int
    updated: int
    unchanged: int


async def list_members(ask: Ask) -> Members:
    """List the cities that take part as tenants, and those that moved to a node of their own."""
    collective = await ask.node.collective.refresh(ask.now)
    found = [_told(one, ask.node, collective) for one in members(ask.node.store.registers)]
    return Members(total=len(found), members=found)


async def new_member(ask: Ask) -> MemberTold:
    """Let a city take part as a tenant; again changes nothing."""
    require_operator(ask.caller)
    wanted = await ask.body(NewMember)
    tenant = tenant_name(wanted.tenant.encode())
    collective = await ask.node.collective.refresh(ask.now)
    member = Member(
        tenant=tenant,
        city=_city_of(wanted.city, collective),
        since=wanted.since or ask.today,
    )

    def unit(uow: UnitOfWork) -> Member:
        add_member(uow, member)
        return member_of(uow.registers, tenant)

    added = await ask.node.store.transact(unit)
    return _told(added, ask.node, await ask.node.collective.refresh(ask.now))


async def delete_member(ask: Ask) -> Response:
    """Let a city take part no longer; what is in its tenant stays there."""
    require_operator(ask.caller)
    tenant = ask.path("tenant")
    await ask.node.store.transact(lambda uow: remove_member(uow, tenant))
    return Response(status_code=204)


async def seal(ask: Ask) -> MemberTold:
    """Let a tenant take no changes while its city moves out, and say where it went."""
    require_operator(ask.caller)
    wanted = await ask.body(Seal)
    if wanted.moved_to is not None and not wanted.moved_to.startswith(("http://", "https://")):
        raise InvalidInput("movedTo must be an address of a node", field="movedTo")
    tenant = ask.path("tenant")
    today = ask.today
    member = await ask.node.store.transact(
        lambda uow: seal_member(
            uow, tenant, on=today if wanted.sealed else None, moved_to=wanted.moved_to
        )
    )
    return _told(member, ask.node, await ask.node.collective.refresh(ask.now))


async def export(ask: Ask) -> Response:
    """Give everything that a member's tenant holds, as lines of JSON."""
    require_operator(ask.caller)
    tenant = ask.path("tenant")
    node = ask.node
    member_of(node.store.registers, tenant)  # an unknown one is a problem, not a broken file
    lines = export_tenant(node.store, ask.caller, tenant, node=node.alias, now=ask.now)
    return StreamingResponse(
        _of(lines),
        media_type="application/x-ndjson",
        headers={"content-disposition": f'attachment; filename="{tenant}.jsonl"'},
    )


async def _of(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield line


async def content(ask: Ask) -> TakenIn:
    """Take in lines of an export, @contexts before what needs them; again changes nothing."""
    require_operator(ask.caller)
    tenant = ask.path("tenant")
    member_of(ask.node.store.registers, tenant)
    caller = ask.caller.in_tenant(tenant)
    report = await move_in(ask.node.store, caller, (await _whole(ask)).splitlines())
    return TakenIn(created=report.created, updated=report.updated, unchanged=report.unchanged)


async def _whole(ask: Ask) -> bytes:
    limit = ask.node.settings.server.max_body_mb * 1024 * 1024
    raw = bytearray()
    try:
        async for chunk in ask.request.stream():
            raw += chunk
            if len(raw) > limit:
                raise BodyTooLarge(f"The body has more than {limit} bytes, which is the most")
    except ClientDisconnect as error:
        raise MalformedBody("The body ends too early") from error
    return bytes(raw)


def _told(member: Member, node: Node, collective: Collective) -> MemberTold:
    count = sum(one.count for one in node.store.summary(member.tenant))
    return MemberTold(
        tenant=member.tenant,
        city=named(member.city, collective),
        since=member.since,
        entities=count,
        sealed_on=member.sealed_on,
        moved_to=member.moved_to,
    )


def _city_of(text: str, collective: Collective) -> str:
    """Find the city that is meant: by id, or by its code in a register.

    Raises:
        InvalidInput: There is no such city, or several have the code.
    """
    if is_uri(text) and text.startswith(_PLACE_IDS):
        return text  # its record may come with its tenant
    held = collective.find(text)
    if held is not None and isinstance(held.record, _PLACES):
        return text
    found = [
        one.record.id
        for kind in _PLACES
        for one in collective.of(kind)
        if text in (getattr(one.record, "cbs_code", None), getattr(one.record, "kostat_code", None))
    ]
    if not found:
        raise InvalidInput(
            f"city must be the id or the code of a place that this node holds, not {text[:60]}",
            field="city",
            value=text,
        )
    return found[0]


ROUTES = (
    ApiRoute("GET", "/members", list_members, Members),
    ApiRoute("POST", "/members", new_member, MemberTold, body=NewMember, writes=True),
    ApiRoute("DELETE", "/members/{tenant}", delete_member, writes=True, status=204),
    ApiRoute("PUT", "/members/{tenant}/seal", seal, MemberTold, body=Seal, writes=True),
    ApiRoute(
        "GET", "/members/{tenant}/export", export, writes=True, media=("application/x-ndjson",)
    ),
    ApiRoute("POST", "/members/{tenant}/content", content, TakenIn, writes=True),
)
