"""Which types and attributes there are (CIM 009, 5.7.5 to 5.7.11)."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from hanze.broker.consumption import TenantNotFound
from hanze.broker.gate import may_be_named, require
from hanze.broker.ports import Store, TypeSummary
from hanze.errors import NotFound
from hanze.governance.decision import Asked
from hanze.identity.caller import Caller
from hanze.ngsild.model import AttributeKind
from hanze.ngsild.query.access import Access

__all__ = [
    "AttributeInfo",
    "AttributeNotKnown",
    "EntityTypeInfo",
    "EntityTypeNotFound",
    "attribute_info",
    "entity_type_info",
    "list_attributes",
    "list_entity_types",
    "summarise",
]


class EntityTypeNotFound(NotFound):
    """No entity of this type is in the tenant."""

    def __init__(self, entity_type: str) -> None:
        super().__init__(f"Entity type {entity_type} does not exist")
        self.entity_type = entity_type


class AttributeNotKnown(NotFound):
    """No entity in the tenant has this attribute."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Attribute {name} does not exist")
        self.name = name


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """An attribute over all entities, or over those of one type (5.2.28).

    Attributes:
        name: IRI.
        count: How many entities have it.
        kinds: The kinds that its instances have.
        types: IRIs of the types whose entities have it.
    """

    name: str
    count: int
    kinds: frozenset[AttributeKind]
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class EntityTypeInfo:
    """A type with the attributes of its entities (5.2.25, 5.2.26).

    Attributes:
        name: IRI.
        count: How many entities have the type, alone or among others.
        attributes: Sorted by IRI.
    """

    name: str
    count: int
    attributes: tuple[AttributeInfo, ...]


def list_entity_types(store: Store, caller: Caller, *, now: str) -> tuple[EntityTypeInfo, ...]:
    """Return the types of the tenant's entities, sorted by IRI (5.7.5, 5.7.6)."""
    summary = summarise(store, caller, now=now)
    names = sorted({name for part in summary for name in part.types})
    return tuple(_type_info(name, summary) for name in names)


def entity_type_info(store: Store, caller: Caller, entity_type: str, *, now: str) -> EntityTypeInfo:
    """Return one type (5.7.7).

    Raises:
        EntityTypeNotFound: No entity has it.
        AccessDenied: The caller may read none of them, whether there are any or not.
        PurposeRequired: They are closed, and the caller says no purpose.
    """
    asked = Asked(action="discover", types=(frozenset((entity_type,)),))
    require(store, caller, asked, now=now)
    info = _type_info(entity_type, summarise(store, caller, now=now))
    if not info.count:
        raise EntityTypeNotFound(entity_type)
    return info


def list_attributes(store: Store, caller: Caller, *, now: str) -> tuple[AttributeInfo, ...]:
    """Return the attributes of the tenant's entities, sorted by IRI (5.7.8, 5.7.9)."""
    return _attributes(summarise(store, caller, now=now))


def attribute_info(store: Store, caller: Caller, name: str, *, now: str) -> AttributeInfo:
    """Return one attribute (5.7.10).

    Raises:
        AttributeNotKnown: No entity has it.
        AccessDenied: The caller may read it of no entity, whether any has it or not.
        PurposeRequired: It is closed, and the caller says no purpose.
    """
    require(store, caller, Asked(action="discover", names={name: "attribute"}), now=now)
    for info in _attributes(summarise(store, caller, now=now)):
        if info.name == name:
            return info
    raise AttributeNotKnown(name)


def summarise(store: Store, caller: Caller, *, now: str) -> list[TypeSummary]:
    """Return the entities that the caller may read by their exact sets of types (5.7.11).

    Raises:
        TenantNotFound: The caller's tenant does not exist.
    """
    if not store.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)
    access = store.gate.access(caller, now)
    if access.is_everything:
        return [part for part in store.summary(caller.tenant) if part.count]
    named = (_named(access, part) for part in store.summary(caller.tenant, access))
    return [part for part in named if part.count]


def _named(access: Access, part: TypeSummary) -> TypeSummary:
    """Leave the types that a request may name: of others nobody is told."""
    types = frozenset(name for name in part.types if may_be_named(access, name))
    return part if types == part.types else msgspec.structs.replace(part, types=types)


def _type_info(name: str, summary: Iterable[TypeSummary]) -> EntityTypeInfo:
    parts = [part for part in summary if name in part.types]
    return EntityTypeInfo(name, sum(part.count for part in parts), _attributes(parts))


def _attributes(summary: Iterable[TypeSummary]) -> tuple[AttributeInfo, ...]:
    counts: dict[str, int] = {}
    kinds: dict[str, frozenset[AttributeKind]] = {}
    types: dict[str, frozenset[str]] = {}
    for part in summary:
        for attribute in part.attributes:
            if not attribute.count:
                continue
            name = attribute.name
            counts[name] = counts.get(name, 0) + attribute.count
            kinds[name] = kinds.get(name, frozenset()) | attribute.kinds
            types[name] = types.get(name, frozenset()) | part.types
    return tuple(
        AttributeInfo(name, counts[name], kinds[name], types[name]) for name in sorted(counts)
    )
