"""What somebody may read of all that there is: entities of some types, under some scopes."""

from collections.abc import Collection, Sequence

from hanze.ngsild.query.scope_terms import ScopePattern, ScopeQuery, Share
from hanze.ngsild.query.scopes import matches_scopes

__all__ = ["NOWHERE", "is_shared", "scopes_shared"]

#: A scope query that nothing meets.
NOWHERE: ScopeQuery = ()


def is_shared(
    shares: Sequence[Share] | None, types: Collection[str], scopes: Sequence[str]
) -> bool:
    """Tell whether an entity is shared.

    Args:
        shares: `None`: everything is.
        types: IRIs of the entity's types.
        scopes: Of the entity.
    """
    wanted = scopes_shared(shares, types)
    return wanted is None or matches_scopes(wanted, scopes)


def scopes_shared(shares: Sequence[Share] | None, types: Collection[str]) -> ScopeQuery | None:
    """Say under which scopes entities of some types are shared.

    Returns:
        `None`: under any, and without one; `NOWHERE`: they are not.
    """
    if shares is None:
        return None
    fitting = [one for one in shares if not one.types or any(name in types for name in one.types)]
    if any(not one.scopes for one in fitting):
        return None
    return tuple((_with_those_below(scope),) for one in fitting for scope in one.scopes)


def _with_those_below(scope: str) -> ScopePattern:
    return ScopePattern(tuple(scope.strip("/").split("/")), below=True)
