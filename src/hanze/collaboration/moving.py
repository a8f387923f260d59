"""A city's tenant as lines of JSON: out of one node, into another, with everything that it has.

The first line says whose it is and how many entities follow. Then come @contexts and entities, each
context before the first entity that is stored with it:

    {"hanzeMember": 1, "tenant": …, "city": …, "since": …, "node": …, "exportedAt": …, "entities": …}
    {"context": 3, "reference": …, "documents": […], "core": …}
    {"entity": {…}, "system": …, "context": 3}

`entity` is the normalized representation with names of its @context, `system` the times at which its
parts were made and changed (`ngsild.representation.stored`): what goes in answers as what came out.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import structs

from hanze.broker.consumption import query_entities
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.rules import put_entity
from hanze.collaboration.members import MemberMoved, member_of
from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.registry import type_of
from hanze.errors import HanzeError, InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context, build_context
from hanze.ngsild.model import Attributes, Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.representation import stored as stored_form
from hanze.ngsild.representation.parse import parse_entity

__all__ = [
    "FORMAT",
    "MoveHeader",
    "MoveReport",
    "WrongMove",
    "export_tenant",
    "move_in",
    "read_header",
]

#: Version of the format.
FORMAT: Final = 1
_PAGE: Final = 500
#: Entities that a unit of work takes.
_SLICE: Final = 100


class WrongMove(InvalidInput):
    """A file is not what `export_tenant` writes."""


class MoveHeader(msgspec.Struct, frozen=True, rename="camel"):
    """The first line.

    Attributes:
        node: Alias of the node that it comes from.
        exported_at: DateTime text.
        entities: How many follow.
    """

    hanze_member: int
    tenant: str
    city: str
    since: date
    node: str
    exported_at: str
    entities: int


class MoveReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of lines."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


class _ContextLine(msgspec.Struct, frozen=True):
    context: int
    reference: Any
    documents: tuple[Mapping[str, Any], ...]
    core: str


class _EntityLine(msgspec.Struct, frozen=True):
    entity: msgspec.Raw
    system: msgspec.Raw
    context: int


@dataclass(frozen=True, slots=True)
class _Moved:
    """An entity as it was, and the @context it was stored with."""

    entity: Entity
    context: Context


async def export_tenant(
    store: Store, caller: Caller, tenant: str, *, node: str, now: str
) -> AsyncIterator[bytes]:
    """Give the lines of a member's tenant, in the order in which its entities came.

    Sealing the tenant first (`members.seal_member`) makes sure that nothing changes meanwhile.

    Raises:
        MemberNotFound: No city takes part as this tenant.
    """
    member = member_of(store.registers, tenant)
    inside = caller.in_tenant(tenant)
    query = EntityQuery(limit=_PAGE, count=True)
    found = await query_entities(store, inside, query, local=True, now=now)
    header = MoveHeader(FORMAT, tenant, member.city, member.since, node, now, found.count or 0)
    yield msgspec.json.encode(header) + b"\n"
    told: set[int] = set()
    while True:
        for one in found.entities:
            if one.context_id not in told:
                told.add(one.context_id)
                yield _context_line(one.context_id, store.context(one.context_id))
            line = _EntityLine(
                msgspec.Raw(one.body), msgspec.Raw(one.system or b"null"), one.context_id
            )
            yield msgspec.json.encode(line) + b"\n"
        if not found.more:
            return
        query = replace(query, offset=query.offset + _PAGE, count=False)
        found = await query_entities(store, inside, query, local=True, now=now)


def _context_line(number: int, context: Context) -> bytes:
    line = _ContextLine(number, context.reference, context.documents, context.core)
    return msgspec.json.encode(line) + b"\n"


def read_header(line: bytes) -> MoveHeader:
    """Read the first line.

    Raises:
        WrongMove: It is not that of a member, or of a newer format.
    """
    try:
        header = msgspec.json.decode(line, type=MoveHeader)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongMove(f"The file is no export of a member: {error}") from error
    if header.hanze_member != FORMAT:
        raise WrongMove(f"The export is of format {header.hanze_member}; this node reads {FORMAT}")
    return header


async def move_in(store: Store, caller: Caller, lines: Sequence[bytes]) -> MoveReport:
    """Take lines in, into the caller's tenant; what is there just so stays as it is.

    Entities keep their times, and no rule of a life cycle is asked of what is new here: it passed
    those where it comes from, step by step. Records must be valid all the same, and what is here
    already changes by the rules.

    Args:
        lines: @contexts and entities, without the header; each context that an entity needs is among
            them.

    Raises:
        WrongMove: A line is none of these, or a record is invalid; nothing of its slice is kept.
        MemberMoved: The tenant itself moves out.
        HanzeError: A rule does not let what is here become what is told; likewise.
    """
    entities = list(_read(lines))
    report = MoveReport()
    for start in range(0, len(entities), _SLICE):
        some = entities[start : start + _SLICE]

        def unit(uow: UnitOfWork, some: Sequence[_Moved] = some) -> tuple[int, int]:
            return _put(uow, caller, some)

        created, updated = await store.transact(unit)
        report = MoveReport(
            created=report.created + created,
            updated=report.updated + updated,
            unchanged=report.unchanged + len(some) - created - updated,
        )
    return report


def _put(uow: UnitOfWork, caller: Caller, some: Sequence[_Moved]) -> tuple[int, int]:
    uow.create_tenant(caller.tenant)
    member = member_of(uow.registers, caller.tenant)
    if member.sealed_on is not None:
        raise MemberMoved(member)
    created = updated = 0
    for one in some:
        present = uow.entity(caller.tenant, one.entity.id)
        if present == one.entity:
            continue
        if present is None:
            created += 1
            for step in _steps(one.entity):
                uow.put(caller.tenant, step, one.context)
        else:
            updated += 1
            at = one.entity.modified_at or ""
            put_entity(uow, caller, present, one.entity, context=one.context, now=at)
    return created, updated


def _steps(entity: Entity) -> Iterator[Entity]:
    """Let an entity become what it is at the times at which it did.

    History records a value when its step is made. Made all at once, each value would be told to be
    as young as the latest one, beside what the history of the other node says of it.
    """
    moments = {
        one.modified_at
        for instances in entity.attributes.values()
        for one in instances
        if one.modified_at is not None
    }
    latest = entity.modified_at
    for moment in sorted(moments, key=parse_datetime):
        if latest is None or parse_datetime(moment) >= parse_datetime(latest):
            break
        there = {
            name: kept
            for name, instances in entity.attributes.items()
            if (kept := tuple(one for one in instances if _was_there(one.modified_at, moment)))
        }
        yield structs.replace(entity, attributes=there, modified_at=moment)
    yield entity


def _was_there(modified_at: str | None, moment: str) -> bool:
    return modified_at is not None and parse_datetime(modified_at) <= parse_datetime(moment)


def _read(lines: Sequence[bytes]) -> list[_Moved]:
    contexts: dict[int, Context] = {}
    found: list[_Moved] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            if b'"entity"' in line[:12]:
                told = msgspec.json.decode(line, type=_EntityLine)
                if told.context not in contexts:
                    raise WrongMove(f"The @context number {told.context} is not told before")
                found.append(_moved(told, contexts[told.context]))
            else:
                said = msgspec.json.decode(line, type=_ContextLine)
                contexts[said.context] = build_context(
                    said.reference, said.documents, core=said.core
                )
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise WrongMove(f"A line of the export is damaged: {error}") from error
    return found


def _moved(line: _EntityLine, context: Context) -> _Moved:
    """Read an entity as it was stored, and make sure that it is one that could have come in.

    Raises:
        WrongMove: It is not.
    """
    body, system = bytes(line.entity), bytes(line.system)
    try:
        checked = parse_entity(msgspec.json.decode(body), context)
        entity = stored_form.load(body, b"" if system == b"null" else system, context)
        for moment in _moments(entity.attributes, (entity.created_at, entity.modified_at)):
            parse_datetime(moment)
    except (HanzeError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise WrongMove(f"An entity of the export is not as it must be: {error}") from error
    # Times apart, which a request cannot set, the two readings must be one.
    if stored_form.dump(checked, context)[1] != stored_form.dump(entity, context)[1]:
        raise WrongMove(f"Entity {entity.id} of the export is not in its stored form")
    if type_of(entity.types) is not None:
        read_record(entity)
    return _Moved(entity, context)


def _moments(attributes: Attributes, own: tuple[str | None, ...]) -> Iterator[str]:
    yield from (moment for moment in own if moment is not None)
    for instances in attributes.values():
        for one in instances:
            yield from _moments(one.attributes, (one.created_at, one.modified_at, one.expires_at))
