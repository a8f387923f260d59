"""Which part of the history is meant: by tenant, type, entity, attribute and time."""

from dataclasses import dataclass

from hanze.broker.seen_history import Shown

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the history; what is empty or `None` does not narrow it.

    Attributes:
        tenant: The default one is "".
        types: IRIs; of any of these.
        ids: Of these entities.
        attributes: IRIs.
        start: Microseconds since 1970; observed, or recorded where that is not told, from then on.
        end: The same, excluded.
        shown: What of it may be seen; `None`: all.
    """

    tenant: str = ""
    types: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    start: int | None = None
    end: int | None = None
    shown: Shown | None = None
