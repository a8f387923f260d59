"""Scopes as a query names them, and what is shared by types and scopes."""

from dataclasses import dataclass

import msgspec

__all__ = ["ScopePattern", "ScopeQuery", "Share"]


@dataclass(frozen=True, slots=True)
class ScopePattern:
    """One scope with wildcards (4.19).

    Attributes:
        levels: Level names; "+" stands for any one level.
        below: Whether the whole tree below matches too ("/#"); with no levels: any scope.
    """

    levels: tuple[str, ...]
    below: bool = False


#: Any of these groups, each of whose patterns must match one of the entity's scopes (4.19).
ScopeQuery = tuple[tuple[ScopePattern, ...], ...]


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that is shared with somebody.

    Attributes:
        types: IRIs of the entities' types; empty for all.
        scopes: Scopes of the entities, with those below them; empty for all.
    """

    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
