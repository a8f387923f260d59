"""What of a request a source may be asked for, and what of its answer it may say (CIM 009, 4.3.6.1).

A source cannot tell by which registration it is asked. So the node keeps to what is registered in
both directions: it asks for nothing else, and lets nothing else in.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Protocol

from msgspec.structs import replace

from hanze.ngsild.model import Attributes, Entity
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.tree import EntityQuery, EntitySelector, TypeSelection
from hanze.ngsild.registration.model import EntityInfo, Registration, RegistrationInfo

__all__ = [
    "Portion",
    "Registered",
    "covers",
    "kept",
    "portions",
    "registered_names",
    "selectors_of",
    "without_proxied",
]

#: Characters of a pattern that stands for several; a node takes no longer ones than 1024.
_LONGEST_PATTERN: Final = 900


class Registered(Protocol):
    """A registration with those elements of its information that a request concerns."""

    @property
    def registration(self) -> Registration: ...
    @property
    def information(self) -> tuple[RegistrationInfo, ...]: ...


@dataclass(frozen=True, slots=True)
class Portion:
    """Part of what a source is registered for, as one query can say it.

    Attributes:
        ids: Any of these; empty for no restriction.
        id_pattern: Where there are no ids: POSIX extended regular expression.
        types: `None` where neither the request nor the registration names any.
        names: IRIs of the only attributes that are registered; empty for all.
    """

    ids: tuple[str, ...] = ()
    id_pattern: str | None = None
    types: TypeSelection | None = None
    names: frozenset[str] = frozenset()


def selectors_of(query: EntityQuery) -> tuple[EntitySelector, ...]:
    """Say which entities a query selects, one selector for each group of them (5.2.33)."""
    if not query.selectors:
        return (EntitySelector(query.ids, query.id_pattern, query.types),)
    if not query.ids:
        return query.selectors
    return tuple(chain.from_iterable(_within(one, query.ids) for one in query.selectors))


def _within(selector: EntitySelector, ids: tuple[str, ...]) -> Iterator[EntitySelector]:
    common = _common_ids(selector.ids, selector.id_pattern, ids)
    if common:
        yield EntitySelector(common, None, selector.types)


def _common_ids(allowed: Sequence[str], pattern: str | None, ids: Sequence[str]) -> tuple[str, ...]:
    if allowed:
        known = frozenset(allowed)
        return tuple(one for one in ids if one in known)
    return tuple(one for one in ids if pattern is None or found_in(pattern, one))


def portions(
    information: Iterable[RegistrationInfo], selectors: Sequence[EntitySelector]
) -> tuple[Portion, ...]:
    """Narrow what is selected to what is registered (4.3.6.1).

    Where a request and a registration both have a pattern, that of the registration is asked for:
    whoever asks has to look at the ids that come.

    Args:
        information: What matches the request (5.12).
        selectors: What the request selects.

    Returns:
        Queries without a selected entity in common, but where selectors or elements of the
        information overlap; nothing where nothing registered is selected.
    """
    found = (
        portion
        for info in information
        for selector in selectors
        for portion in _narrowed(info, selector)
    )
    return tuple(dict.fromkeys(found))


def _narrowed(info: RegistrationInfo, selector: EntitySelector) -> Iterator[Portion]:
    names = info.names
    if not info.entities:
        yield Portion(selector.ids, selector.id_pattern, selector.types, names)
        return
    groups = _Groups()
    for one in info.entities:
        groups.add(one, selector)
    if groups.any_id:
        yield Portion(selector.ids, selector.id_pattern, tuple(groups.any_id), names)
    for types, ids in groups.by_id.items():
        yield Portion(tuple(ids), None, types, names)
    for types, patterns in groups.by_pattern.items():
        yield from (Portion((), one, types, names) for one in _alternatives(patterns))


@dataclass(slots=True)
class _Groups:
    """EntityInfos that one query can name together: ids and patterns mix with no other types.

    The dicts are sets that keep their order.
    """

    any_id: dict[frozenset[str], None] = field(default_factory=dict)
    by_id: dict[TypeSelection, dict[str, None]] = field(default_factory=dict)
    by_pattern: dict[TypeSelection, dict[str, None]] = field(default_factory=dict)

    def add(self, info: EntityInfo, selector: EntitySelector) -> None:
        types = _common_types(info, selector.types)
        if not types:
            return
        if info.id is None and info.id_pattern is None:
            self.any_id.update(dict.fromkeys(types))
        elif info.id is None and info.id_pattern is not None and not selector.ids:
            self.by_pattern.setdefault(types, {})[info.id_pattern] = None
        elif ids := _common_known_ids(info, selector):
            self.by_id.setdefault(types, {}).update(dict.fromkeys(ids))


def _common_known_ids(info: EntityInfo, selector: EntitySelector) -> tuple[str, ...]:
    if info.id is None:
        return _common_ids((), info.id_pattern, selector.ids)
    return _common_ids(selector.ids, selector.id_pattern, (info.id,))


def _common_types(info: EntityInfo, wanted: TypeSelection | None) -> TypeSelection:
    """Take what is wanted of the types that are registered, or all of these where nothing is."""
    if wanted is None:
        return tuple(frozenset((iri,)) for iri in info.types)
    registered = frozenset(info.types)
    return tuple(group for group in wanted if group <= registered)


def _alternatives(patterns: Iterable[str]) -> Iterator[str]:
    """Join patterns, so that a registration with many of them is asked few times."""
    joined = ""
    for pattern in patterns:
        if joined and len(joined) + len(pattern) + 5 > _LONGEST_PATTERN:
            yield joined
            joined = ""
        joined = f"({joined})|({pattern})" if joined else pattern
    yield joined


def covers(info: RegistrationInfo, entity: Entity) -> bool:
    """Tell whether an entity is one of those that an element of information is about."""
    return not info.entities or any(_is_about(one, entity) for one in info.entities)


def _is_about(info: EntityInfo, entity: Entity) -> bool:
    if info.id is not None and info.id != entity.id:
        return False
    if info.id is None and info.id_pattern is not None and not found_in(info.id_pattern, entity.id):
        return False
    return not frozenset(info.types).isdisjoint(entity.types)


def registered_names(
    information: Iterable[RegistrationInfo], entity: Entity
) -> frozenset[str] | None:
    """Say which attributes of an entity are registered.

    Returns:
        IRIs; empty for all; `None` where the entity itself is not.
    """
    found = [info.names for info in information if covers(info, entity)]
    if not found:
        return None
    return frozenset() if not all(found) else frozenset().union(*found)


def kept(entity: Entity, source: Registered) -> Entity | None:
    """Leave of an entity what the source that sent it is registered for.

    Returns:
        The same object when all of it is registered; `None` when the entity is not.
    """
    names = registered_names(source.information, entity)
    if names is None:
        return None
    attributes: Attributes = entity.attributes
    if names and not names.issuperset(attributes):
        attributes = {name: own for name, own in attributes.items() if name in names}
    datasets = source.registration.dataset_ids
    if datasets is not None:
        attributes = _in_datasets(attributes, datasets)
    return entity if attributes is entity.attributes else replace(entity, attributes=attributes)


def _in_datasets(attributes: Attributes, datasets: frozenset[str | None]) -> Attributes:
    if all(one.dataset_id in datasets for own in attributes.values() for one in own):
        return attributes
    chosen = {
        name: tuple(one for one in own if one.dataset_id in datasets)
        for name, own in attributes.items()
    }
    return {name: own for name, own in chosen.items() if own}


def without_proxied(entity: Entity, sources: Iterable[Registered]) -> Entity | None:
    """Leave of the node's own entity what no exclusive or redirect source has instead (4.3.6.3).

    Returns:
        The same object when nothing is registered so; `None` when the whole entity is.
    """
    attributes: Attributes = entity.attributes
    for source in sources:
        if not source.registration.mode.is_proxied:
            continue
        names = registered_names(source.information, entity)
        if names is None:
            continue
        if not names:
            return None
        if not names.isdisjoint(attributes):
            attributes = {name: own for name, own in attributes.items() if name not in names}
    return entity if attributes is entity.attributes else replace(entity, attributes=attributes)
