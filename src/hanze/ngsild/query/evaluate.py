"""What a query means: decided for one entity in memory (CIM 009, 4.9, 4.10, 4.17, 4.19, 5.7.2.4).

Other interpreters of the query tree, such as the store's columns, must agree with these functions.
"""

from collections.abc import Iterator

from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import redact
from hanze.ngsild.query.compare import compare, match_pattern
from hanze.ngsild.query.geo import matches_geo
from hanze.ngsild.query.members import SYSTEM_NAMES
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.scopes import matches_scopes
from hanze.ngsild.query.targets import Follow, targets
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    EntityQuery,
    EntitySelector,
    LinkedPath,
    Match,
    Or,
    QueryNode,
    ValuePath,
)
from hanze.ngsild.query.types import matches_types

__all__ = [
    "Follow",
    "compare",
    "evaluate",
    "linked_depth",
    "matches",
    "matches_geo",
    "matches_scopes",
    "matches_types",
    "names_system_only",
]


def evaluate(node: QueryNode, entity: Entity, follow: Follow) -> bool:
    """Tell whether an entity meets a query (4.9).

    Args:
        node: The query; all names are IRIs.
        entity: What is asked about.
        follow: Looks up linked entities, for paths that lead through relationships.
    """
    if isinstance(node, And):
        return all(evaluate(term, entity, follow) for term in node.terms)
    if isinstance(node, Or):
        return any(evaluate(term, entity, follow) for term in node.terms)
    found = targets(node.path, entity, follow)
    if isinstance(node, Comparison):
        operator, operand = node.operator, node.operand
        return any(compare(value, operator, operand) for value in found)
    if isinstance(node, Match):
        return any(match_pattern(value, node.pattern, negated=node.negated) for value in found)
    return next(found, _NOTHING) is not _NOTHING


_NOTHING = object()


def matches(query: EntityQuery, entity: Entity, follow: Follow) -> bool:
    """Tell whether an entity is one of those asked for (5.7.2.4); paging plays no part.

    Where ids are given, the id pattern is passed over: `id` takes precedence (5.2.33). What may not
    be read (`query.access`) is not there: neither the entity, nor any of its attributes.

    Args:
        follow: Looks up linked entities as they may be read.
    """
    if not _is_selected(query, entity):
        return False
    if query.access is not None:
        seen = query.access.view(frozenset(entity.types)).of(entity)
        if seen is None:
            return False
        entity = redact(entity, seen)
    if query.selectors and not any(_is_selected(one, entity) for one in query.selectors):
        return False
    if query.attributes and not any(name in entity.attributes for name in query.attributes):
        return False
    if query.scope is not None and not matches_scopes(query.scope, entity.scope):
        return False
    return _meets_filters(query, entity, follow)


def linked_depth(node: QueryNode) -> int:
    """Count the relationships that the deepest linked path of a query follows (4.9, 5.7.2.4)."""
    if isinstance(node, And | Or):
        return max(map(linked_depth, node.terms))
    return _depth(node.path)


def names_system_only(node: QueryNode) -> bool:
    """Tell whether a query names no attribute beyond those that the node generates (5.7.2.4 c)."""
    if isinstance(node, And | Or):
        return all(map(names_system_only, node.terms))
    return isinstance(node.path, ValuePath) and node.path.names[0] in SYSTEM_NAMES


def _is_selected(selector: EntityQuery | EntitySelector, entity: Entity) -> bool:
    if selector.ids:
        if entity.id not in selector.ids:
            return False
    elif selector.id_pattern is not None and not found_in(selector.id_pattern, entity.id):
        return False
    return selector.types is None or matches_types(selector.types, entity.types)


def _meets_filters(query: EntityQuery, entity: Entity, follow: Follow) -> bool:
    if query.geo is not None and not matches_geo(query.geo, entity):
        return False
    return query.q is None or evaluate(query.q, entity, follow)


def _depth(path: ValuePath | LinkedPath) -> int:
    return 1 + _depth(path.target) if isinstance(path, LinkedPath) else 0


def _paths(node: QueryNode) -> Iterator[ValuePath | LinkedPath]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _paths(term)
    else:
        yield node.path
