"""Scope queries (CIM 009, 4.19): which places in a hierarchy of scopes are wanted."""

from collections.abc import Sequence

from hanze.ngsild.query.scope_terms import ScopePattern, ScopeQuery

__all__ = ["matches_scopes"]


def matches_scopes(query: ScopeQuery, scopes: Sequence[str]) -> bool:
    """Tell whether an entity with these scopes matches any group of the query whole.

    A scope may come without its leading slash (4.18); it is the same scope.
    """
    levels = [scope.removeprefix("/").split("/") for scope in scopes]
    return any(
        all(any(_matches(pattern, scope) for scope in levels) for pattern in group)
        for group in query
    )


def _matches(pattern: ScopePattern, scope: Sequence[str]) -> bool:
    wanted = pattern.levels
    if len(scope) < len(wanted) or (len(scope) > len(wanted) and not pattern.below):
        return False
    return all(want in ("+", level) for want, level in zip(wanted, scope, strict=False))
