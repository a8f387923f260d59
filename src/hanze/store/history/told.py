"""What the history tells of itself: how much is kept of what, and what became of the rest."""

from dataclasses import dataclass

__all__ = ["HistoryStats", "Imported", "TypeStats"]


@dataclass(frozen=True, slots=True)
class TypeStats:
    """The history of the entities that have exactly these types.

    Attributes:
        types: IRIs, sorted.
        evolutions: Entities that have a history, deleted ones too.
        series: Attributes and datasets of theirs.
        values: Instances that are kept, means among them.
        first: The earliest moment, in microseconds since 1970: observed, else recorded.
        last: The latest one.
        size: Bytes, by their share of all values.
        means: Instances that stand for several that were condensed.
        condensed: So many instances these stand for.
        removed: Instances that were removed because they were too old.
    """

    types: tuple[str, ...]
    evolutions: int
    series: int
    values: int
    first: int | None
    last: int | None
    size: int
    means: int
    condensed: int
    removed: int


@dataclass(frozen=True, slots=True)
class HistoryStats:
    """The history of a tenant within that of the node.

    Attributes:
        types: Of the tenant.
        values: Of all tenants.
        size: Bytes of the archive on disk, of all tenants.
        waiting: Instances that are in the journal and not yet in the archive, of all tenants.
    """

    types: tuple[TypeStats, ...]
    values: int
    size: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of a file.

    Attributes:
        read: Rows.
        added: Values that were not there.
        unchanged: Values that were there already, just so.
        entities: Evolutions that were made.
    """

    read: int
    added: int
    unchanged: int
    entities: int
