"""Entity type selection (CIM 009, 4.17): which sets of types are wanted."""

from collections.abc import Iterable

from hanze.ngsild.query.tree import TypeSelection

__all__ = ["matches_types"]


def matches_types(selection: TypeSelection, types: Iterable[str]) -> bool:
    """Tell whether an entity of these types (IRIs) has all types of any wanted group."""
    present = frozenset(types)
    return any(group <= present for group in selection)
