"""Which attributes a query looks at (CIM 009, 4.9, 4.10, 5.12)."""

from collections.abc import Iterator

from hanze.ngsild.query.targets import is_member
from hanze.ngsild.query.tree import And, EntityQuery, LinkedPath, Or, QueryNode, ValuePath

__all__ = ["attributes_looked_at", "attributes_required"]


def attributes_looked_at(query: EntityQuery) -> frozenset[str]:
    """List the IRIs of all attributes of an entity that decide whether it matches."""
    names = set(query.attributes)
    if query.geo is not None:
        names.add(query.geo.attribute)
    if query.q is not None:
        names.update(name for name in _first_names(query.q) if not is_member(name))
    return frozenset(names)


def attributes_required(query: EntityQuery) -> frozenset[str]:
    """List IRIs of attributes any of which every matching entity has; none where there are none."""
    if query.attributes:
        return frozenset(query.attributes)
    if query.q is not None and any(map(is_member, _first_names(query.q))):
        # What a node says of every entity may be all that is asked.
        return frozenset() if query.geo is None else frozenset((query.geo.attribute,))
    return attributes_looked_at(query)


def _first_names(node: QueryNode) -> Iterator[str]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _first_names(term)
    else:
        yield _first_name(node.path)


def _first_name(path: ValuePath | LinkedPath) -> str:
    return path.relationship if isinstance(path, LinkedPath) else path.names[0]
