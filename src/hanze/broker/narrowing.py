"""What a query becomes for somebody who may read some of what there is, and what it names.

Clients repeat themselves, so both are kept, for as long as the query itself is.
"""

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from hanze.governance.decision import Asked
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.members import ENTITY_MEMBERS
from hanze.ngsild.query.tree import (
    And,
    EntityQuery,
    LinkedPath,
    Or,
    QueryNode,
    TypeSelection,
    ValuePath,
)

__all__ = ["Narrowed", "datasets_left_out", "narrowed", "types_of"]

_MOST_KEPT: Final = 4_096


class Narrowed(NamedTuple):
    """A query for somebody.

    Attributes:
        query: Narrowed.
        asked: What has to be checked; empty where all that is named is open to everybody.
        left_out: Of so many datasets something may be missing in the answer.
    """

    query: EntityQuery
    asked: tuple[Asked, ...]
    left_out: int


class _Kept(NamedTuple):
    #: The number of a query is its own while it lives.
    whose: "weakref.ref[EntityQuery]"
    access: Access
    names: Mapping[str, str] | None
    narrowed: Narrowed


_Key = tuple[int, int, int, str]

_kept: dict[_Key, _Kept] = {}


def narrowed(
    query: EntityQuery, access: Access, names: Mapping[str, str] | None, action: str
) -> Narrowed:
    """Narrow a query to an access.

    Args:
        names: Attributes that are named beside the query, with what names them.
        action: What is done with what is found.
    """
    key = (id(query), id(access), id(names), action)
    known = _kept.get(key)
    if known is None:
        made = _narrow(query, access, names or {}, action)
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        whose = weakref.ref(query, partial(_forget, key))
        known = _kept[key] = _Kept(whose, access, names, made)
    return known.narrowed


def datasets_left_out(access: Access, types: TypeSelection | None) -> int:
    """Count the datasets of which not everything may be read, among those about some types."""
    wanted = None if types is None else {name for group in types for name in group}
    return len(
        {
            part.dataset
            for part in access.parts
            if (not part.allowed or part.only is not None)
            and (wanted is None or part.is_about(wanted))
        }
    )


def types_of(query: EntityQuery) -> TypeSelection | None:
    """Say which types a query names; `None` where it may be about any."""
    if query.types is not None:
        return query.types
    if not query.selectors or any(one.types is None for one in query.selectors):
        return None
    return tuple(group for one in query.selectors for group in one.types or ())


def _forget(key: _Key, _whose: object) -> None:
    _kept.pop(key, None)


def _narrow(query: EntityQuery, access: Access, names: Mapping[str, str], action: str) -> Narrowed:
    types = types_of(query)
    asked = () if _is_open(access, types) else tuple(_asked(query, types, names, action))
    # Linked entities are of types of their own.
    linked = tuple(_linked(query.q, action))
    return Narrowed(
        replace(query, access=access), (*asked, *linked), datasets_left_out(access, types)
    )


def _is_open(access: Access, types: TypeSelection | None) -> bool:
    """Tell whether all of all entities of some types is open to everybody."""
    if types is None:
        return False
    return all(
        access.view(frozenset((name,))).is_open for group in types for name in group
    ) and all(access.view(group).is_open for group in types)


def _asked(
    query: EntityQuery, types: TypeSelection | None, names: Mapping[str, str], action: str
) -> Iterator[Asked]:
    ids = (*query.ids, *(one for selector in query.selectors for one in selector.ids))
    named = {**names, **dict(_named(query))}
    yield Asked(
        action=action,
        types=types,
        ids=ids,
        names={name: field for name, field in named.items() if name not in ENTITY_MEMBERS},
        scopes=tuple(
            "/".join(pattern.levels)
            for group in query.scope or ()
            for pattern in group
            if pattern.levels and "+" not in pattern.levels
        ),
    )


def _named(query: EntityQuery) -> Iterator[tuple[str, str]]:
    yield from ((name, "attrs") for name in query.attributes)
    if query.ordering is not None:
        yield from ((term.path.names[0], "orderBy") for term in query.ordering.terms)
    if query.geo is not None:
        yield query.geo.attribute, "georel"
    for path in _paths(query.q):
        yield (path.relationship if isinstance(path, LinkedPath) else path.names[0]), "q"


def _linked(node: QueryNode | None, action: str) -> Iterator[Asked]:
    """Say what `q` names of linked entities."""
    for path in _paths(node):
        step: ValuePath | LinkedPath = path
        while isinstance(step, LinkedPath):
            types = tuple(frozenset((iri,)) for iri in step.types) or None
            step = step.target
            name = step.relationship if isinstance(step, LinkedPath) else step.names[0]
            names = {} if name in ENTITY_MEMBERS else {name: "q"}
            yield Asked(action=action, types=types, names=names)


def _paths(node: QueryNode | None) -> Iterator[ValuePath | LinkedPath]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _paths(term)
    elif node is not None:
        yield node.path
