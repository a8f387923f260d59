"""Types and attributes over Context Sources (CIM 009, 5.7.5 to 5.7.11).

A source says what its entities have; of that only counts what its registration offers. How many
entities there are in all is the sum of what each says: one that several hold counts several times,
which 5.7.11 allows as an estimate.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Final, TypeVar

from hanze.broker.discovery import AttributeInfo, EntityTypeInfo
from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.requests import NAME, Call, no_query
from hanze.broker.distribution.type_lists import (
    read_attribute,
    read_attribute_list,
    read_attributes,
    read_type,
    read_type_list,
    read_types,
)
from hanze.broker.distribution.warnings import error_of
from hanze.broker.origin import Origin
from hanze.broker.registry import Match
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import RegistrationInfo
from hanze.ngsild.registration.operations import Operation

__all__ = ["discover_attribute", "discover_attributes", "discover_type", "discover_types"]

T = TypeVar("T")
#: What sources did not answer is told beside what the others did.
Failures = Sequence[SourceFailed]

_NOT_FOUND: Final = 404


async def discover_types(
    distributor: Distributor, origin: Origin, own: Iterable[EntityTypeInfo], *, details: bool
) -> tuple[Sequence[EntityTypeInfo], Failures]:
    """Add the types that sources have to the node's own, sorted by IRI (5.7.5, 5.7.6).

    Args:
        details: Whether the attributes of each type are wanted.
    """
    plain, detailed = Operation.RETRIEVE_ENTITY_TYPES, Operation.RETRIEVE_ENTITY_TYPE_DETAILS
    matches = distributor.registry.matching(
        origin, Wanted(), operation=detailed if details else plain
    )

    def call(match: Match) -> Call:
        # Which types have one of the attributes that are offered, only their details tell.
        limited = any(info.names for info in match.information)
        known = limited and detailed in match.registration.operations
        return _listing("types", details=details or known)

    def read(reply: Reply) -> Sequence[EntityTypeInfo]:
        if isinstance(reply.body, list):
            return read_types(reply.body, reply.item_contexts or repeat(reply.context))
        return read_type_list(reply.body, reply.context)

    found, failures = await _ask(distributor, origin, [(one, call(one)) for one in matches], read)
    offered = [
        kept
        for match, types in found
        for one in types
        if (kept := _offered_type(one, match.information)) is not None
    ]
    return _merged_types([*own, *offered]), failures


async def discover_type(
    distributor: Distributor, origin: Origin, own: EntityTypeInfo | None, name: str
) -> tuple[EntityTypeInfo | None, Failures]:
    """Add what sources say of a type to what the node itself knows of it (5.7.7).

    Args:
        own: `None` where the node has no entity of this type.
        name: IRI.

    Returns:
        `None` where nobody has it.

    Raises:
        GatewayTimeout: All of it is at one source, which does not answer; so for the next.
        BadGateway: The source answers with an error, or with what is no NGSI-LD.
        LoopDetected: The source leads back to this node.
    """
    matches = distributor.registry.matching(
        origin,
        Wanted(types=(frozenset({name}),)),
        operation=Operation.RETRIEVE_ENTITY_TYPE_INFO,
    )
    call = Call(method="GET", path=f"types/{NAME}", name=name)
    calls = [(one, call) for one in matches]
    found, failures = await _ask(
        distributor, origin, calls, lambda reply: read_type(reply.body, reply.context)
    )
    offered = [
        kept
        for match, one in found
        if one.name == name and (kept := _offered_type(one, match.information)) is not None
    ]
    merged = _merged_types([*([own] if own else []), *offered])
    _require_single(matches, failures, missing=not merged)
    return (merged[0] if merged else None), failures


async def discover_attributes(
    distributor: Distributor, origin: Origin, own: Iterable[AttributeInfo], *, details: bool
) -> tuple[Sequence[AttributeInfo], Failures]:
    """Add the attributes that sources have to the node's own, sorted by IRI (5.7.8, 5.7.9).

    Args:
        details: Whether the types that have each of them are wanted.
    """
    plain, detailed = Operation.RETRIEVE_ATTR_TYPES, Operation.RETRIEVE_ATTR_TYPE_DETAILS
    matches = distributor.registry.matching(
        origin, Wanted(), operation=detailed if details else plain
    )

    def call(match: Match) -> Call:
        # Which attributes the types have that are offered, only their details tell.
        limited = any(info.entities for info in match.information)
        known = limited and detailed in match.registration.operations
        return _listing("attributes", details=details or known)

    def read(reply: Reply) -> Sequence[AttributeInfo]:
        if isinstance(reply.body, list):
            return read_attributes(reply.body, reply.item_contexts or repeat(reply.context))
        return read_attribute_list(reply.body, reply.context)

    found, failures = await _ask(distributor, origin, [(one, call(one)) for one in matches], read)
    offered = [
        kept
        for match, attributes in found
        for one in attributes
        if (kept := _offered_attribute(one, match.information)) is not None
    ]
    return _merged_attributes([*own, *offered]), failures


async def discover_attribute(
    distributor: Distributor, origin: Origin, own: AttributeInfo | None, name: str
) -> tuple[AttributeInfo | None, Failures]:
    """Add what sources say of an attribute to what the node itself knows of it (5.7.10).

    Args:
        own: `None` where no entity of the node has it.
        name: IRI.

    Returns:
        `None` where nobody has it.

    Raises:
        GatewayTimeout: All of it is at one source, which does not answer; so for the next.
        BadGateway: The source answers with an error, or with what is no NGSI-LD.
        LoopDetected: The source leads back to this node.
    """
    matches = distributor.registry.matching(
        origin, Wanted(names=frozenset({name})), operation=Operation.RETRIEVE_ATTR_TYPE_INFO
    )
    call = Call(method="GET", path=f"attributes/{NAME}", name=name)
    calls = [(one, call) for one in matches]
    found, failures = await _ask(
        distributor, origin, calls, lambda reply: read_attribute(reply.body, reply.context)
    )
    offered = [
        kept
        for match, one in found
        if one.name == name and (kept := _offered_attribute(one, match.information)) is not None
    ]
    merged = _merged_attributes([*([own] if own else []), *offered])
    _require_single(matches, failures, missing=not merged)
    return (merged[0] if merged else None), failures


def _details(_context: Context) -> Sequence[tuple[str, str]]:
    return (("details", "true"),)


def _listing(path: str, *, details: bool) -> Call:
    return Call(method="GET", path=path, query=_details if details else no_query)


async def _ask(
    distributor: Distributor,
    origin: Origin,
    calls: Sequence[tuple[Match, Call]],
    read: Callable[[Reply], T],
) -> tuple[list[tuple[Match, T]], list[SourceFailed]]:
    """Ask sources at the same time; one that does not know what is asked for says nothing."""
    found: list[tuple[Match, T]] = []
    failures: list[SourceFailed] = []
    replies = await distributor.ask_all(origin, calls)
    for (match, _), reply in zip(calls, replies, strict=True):
        if isinstance(reply, SourceFailed):
            failures.append(reply)
        elif reply.status != _NOT_FOUND:
            try:
                found.append((match, read(reply)))
            except InvalidInput as error:
                failures.append(_invalid(reply, error))
    return found, failures


def _invalid(reply: Reply, error: InvalidInput) -> SourceFailed:
    return SourceFailed(
        f"The answer is no list of types or attributes: {str(error)[:200]}",
        registration_id=reply.registration.id,
        kind=FailureKind.INVALID,
        status=reply.status,
    )


def _require_single(matches: Sequence[Match], failures: Failures, *, missing: bool) -> None:
    """Raise where all there could be is at one source, and that one failed (6.3.17)."""
    if missing and failures and len(matches) == 1 and matches[0].registration.mode.is_proxied:
        raise error_of(failures[0])


def _is_offered(information: Iterable[RegistrationInfo], entity_type: str, name: str) -> bool:
    """Tell whether an attribute of entities of a type is what a source may be asked for."""
    return any(
        (not info.names or name in info.names) and _has_type(info, entity_type)
        for info in information
    )


def _has_type(info: RegistrationInfo, entity_type: str) -> bool:
    return not info.entities or any(entity_type in one.types for one in info.entities)


def _offered_type(
    found: EntityTypeInfo, information: Sequence[RegistrationInfo]
) -> EntityTypeInfo | None:
    of_type = [info for info in information if _has_type(info, found.name)]
    if not of_type:
        return None
    attributes = tuple(
        one for one in found.attributes if _is_offered(of_type, found.name, one.name)
    )
    if found.attributes and not attributes:
        return None
    return EntityTypeInfo(found.name, found.count, attributes)


def _offered_attribute(
    found: AttributeInfo, information: Sequence[RegistrationInfo]
) -> AttributeInfo | None:
    if not any(not info.names or found.name in info.names for info in information):
        return None
    types = frozenset(one for one in found.types if _is_offered(information, one, found.name))
    if found.types and not types:
        return None
    return AttributeInfo(found.name, found.count, found.kinds, types)


def _merged_types(found: Iterable[EntityTypeInfo]) -> list[EntityTypeInfo]:
    by_name: dict[str, list[EntityTypeInfo]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    return [
        EntityTypeInfo(
            name,
            sum(one.count for one in by_name[name]),
            tuple(_merged_attributes(part for one in by_name[name] for part in one.attributes)),
        )
        for name in sorted(by_name)
    ]


def _merged_attributes(found: Iterable[AttributeInfo]) -> list[AttributeInfo]:
    by_name: dict[str, AttributeInfo] = {}
    for one in found:
        known = by_name.get(one.name)
        by_name[one.name] = one if known is None else _added(known, one)
    return [by_name[name] for name in sorted(by_name)]


def _added(known: AttributeInfo, other: AttributeInfo) -> AttributeInfo:
    return AttributeInfo(
        known.name,
        known.count + other.count,
        known.kinds | other.kinds,
        known.types | other.types,
    )
