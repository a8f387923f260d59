"""Which evolutions cannot meet a query, by the least and the greatest of their numbers (4.9).

Only comparisons of a whole attribute with a number say anything: no instance is above a number when
the greatest is not. So most evolutions that do not match need not be read instance by instance.
"""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.query.tree import And, Comparison, Operator, Or, QueryNode, ValuePath
from hanze.ngsild.temporal.model import AggregatedEntity, Method

__all__ = ["Extremes", "compared_names", "extremes_of", "may_meet"]

#: By attribute, the least and the greatest of its numbers.
Extremes = Mapping[str, tuple[float, float]]


def compared_names(node: QueryNode) -> frozenset[str]:
    """Return the attributes whose extremes help to decide a query; there may be none."""
    if isinstance(node, And | Or):
        return frozenset[str]().union(*(compared_names(term) for term in node.terms))
    found = _comparison(node)
    return frozenset() if found is None else frozenset({found[0]})


def extremes_of(entity: AggregatedEntity) -> Extremes:
    """Read the extremes of an entity that was aggregated by max and min."""
    found: dict[str, tuple[float, float]] = {}
    for name, several in entity.attributes.items():
        least, greatest = (
            [
                value
                for series in several
                for value, _, _ in series.values.get(method, ())
                if isinstance(value, int | float)
            ]
            for method in (Method.MIN, Method.MAX)
        )
        if least and greatest:
            found[name] = min(least), max(greatest)
    return found


def may_meet(node: QueryNode, extremes: Extremes) -> bool:
    """Tell whether a query may be met; an attribute without extremes may be anything."""
    if isinstance(node, And):
        return all(may_meet(term, extremes) for term in node.terms)
    if isinstance(node, Or):
        return any(may_meet(term, extremes) for term in node.terms)
    found = _comparison(node)
    if found is None or found[0] not in extremes:
        return True
    name, operator, operand = found
    least, greatest = extremes[name]
    if operator is Operator.GREATER:
        return greatest > operand
    if operator is Operator.GREATER_EQUAL:
        return greatest >= operand
    return least < operand if operator is Operator.LESS else least <= operand


def _comparison(node: QueryNode) -> tuple[str, Operator, float] | None:
    """Read a comparison of a whole attribute with a number, if it is one."""
    if not isinstance(node, Comparison) or node.operator not in _ORDERING:
        return None
    path, operand = node.path, node.operand
    if not isinstance(path, ValuePath) or len(path.names) > 1 or path.trailing:
        return None
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        return None
    return path.names[0], node.operator, operand


_ORDERING: Final = frozenset(
    (Operator.GREATER, Operator.GREATER_EQUAL, Operator.LESS, Operator.LESS_EQUAL)
)
