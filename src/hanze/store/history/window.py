"""Which instances a reader wants: as SQL for the archive, and as masks for the tail."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.broker.ports import Evolution, Window
from hanze.ngsild.temporal.model import TemporalQuery, TimeProperty, Timerel
from hanze.store.history.archive import TABLES, Connection, instances_of
from hanze.store.history.batch import EVERY_SLOT, SLOT_BITS, Columns, series_of
from hanze.store.history.form import DELETED, NEVER
from hanze.store.history.names import Slot
from hanze.store.history.transfer import DAY

__all__ = ["Part", "part_of"]

#: So many series, or evolutions, are named one by one; more are looked up in a table.
_FEW: Final = 64
_ANY: Final = "SELECT 1 FROM {table} WHERE series = ? LIMIT 1"

#: The time property as a column or an expression of `archive.instance`; of instances that have it.
_EXPRESSIONS: Final = {
    TimeProperty.OBSERVED_AT: "time",
    TimeProperty.CREATED_AT: "recorded",
    TimeProperty.MODIFIED_AT: "modified",
    TimeProperty.DELETED_AT: f"CASE WHEN form = {DELETED} THEN recorded END",
}


class Part(NamedTuple):
    """The part of the history that is read.

    Attributes:
        evolutions: Sorted numbers.
        slots: Of the attributes and datasets; `None` for all.
        temporal: `None` for the whole time.
        last_n: As in `ports.Window`.
        most: Likewise.
    """

    evolutions: NDArray[np.int64]
    slots: tuple[int, ...] | None
    temporal: TemporalQuery | None
    last_n: int | None
    most: int | None

    @property
    def is_empty(self) -> bool:
        return len(self.evolutions) == 0 or self.slots == ()

    @property
    def one_series(self) -> bool:
        return len(self.evolutions) == 1 and self.slots is not None and len(self.slots) == 1

    @property
    def range(self) -> tuple[int | None, int | None]:
        """The first moment that is wanted, and the first one after those."""
        return (None, None) if self.temporal is None else _range(self.temporal)

    @property
    def moment(self) -> str:
        """The moment that instances are ordered by, as SQL."""
        return "time" if self.temporal is None else _EXPRESSIONS[self.temporal.timeproperty]

    def condition(self, connection: Connection) -> str:
        """Return what selects instances in the archive, as SQL without parameters.

        Many evolutions are registered with the connection, as the table `wanted`.
        """
        terms = [self._series(connection), *_between(self.temporal)]
        return " AND ".join(terms)

    @property
    def everywhere(self) -> str:
        """The same of all evolutions there are."""
        terms = [] if self.slots is None else [_slotted(self.slots)]
        return " AND ".join([*terms, *_between(self.temporal)]) or "true"

    def source(self, connection: Connection) -> str:
        """Return what to read from: the view, or for a single series what of it has any of it.

        Each table that a statement names takes it a millisecond to plan, a look into it a third.
        """
        if not self.one_series:
            return "instance"
        series = series_of(int(self.evolutions[0]), (self.slots or (0,))[0])
        holding = [
            table
            for table in TABLES
            if connection.execute(_ANY.format(table=table), (series,)).fetchall()
        ]
        return f"({instances_of(holding or TABLES[:1])})"

    def pick(self, columns: Columns) -> Columns:
        """Return the instances that are wanted of those of the wanted evolutions."""
        mask = np.ones(len(columns.series), np.bool_)
        if self.slots is not None:
            mask &= np.isin(columns.series & EVERY_SLOT, np.array(self.slots, np.int64))
        if self.temporal is not None:
            mask &= _includes(self.temporal, self.moments(columns))
        return columns.take(mask)

    def moments(self, columns: Columns) -> NDArray[np.int64]:
        """Return what instances are ordered by; `NEVER` where they lack the time property."""
        if self.temporal is None:
            return np.where(columns.observed == NEVER, columns.recorded, columns.observed)
        timeproperty = self.temporal.timeproperty
        if timeproperty is TimeProperty.OBSERVED_AT:
            return columns.observed
        if timeproperty is TimeProperty.CREATED_AT:
            return columns.recorded
        if timeproperty is TimeProperty.MODIFIED_AT:
            return columns.modified
        return np.where(columns.form == DELETED, columns.recorded, NEVER)

    def _series(self, connection: Connection) -> str:
        slots, evolutions = self.slots, self.evolutions
        if slots is not None and len(evolutions) * len(slots) <= _FEW:
            wanted = sorted(
                series_of(evolution, slot) for evolution in evolutions.tolist() for slot in slots
            )
            listed = ", ".join(map(str, wanted))
            return f"series BETWEEN {wanted[0]} AND {wanted[-1]} AND series IN ({listed})"
        first, last = int(evolutions[0]), int(evolutions[-1])
        terms = [f"series BETWEEN {series_of(first, 0)} AND {series_of(last, EVERY_SLOT)}"]
        if len(evolutions) < last - first + 1:
            terms.append(_one_of(evolutions, connection))
        if slots is not None:
            terms.append(_slotted(slots))
        return " AND ".join(terms)


def part_of(
    evolutions: Sequence[Evolution], window: Window, slots: Sequence[tuple[Slot, int]]
) -> Part:
    """Return the part of the history that a window shows of evolutions.

    Args:
        slots: Every committed slot.
    """
    chosen: tuple[int, ...] | None = None
    if window.names is not None or window.datasets is not None or window.hidden:
        chosen = tuple(
            code
            for (name, dataset_id), code in slots
            if (window.names is None or name in window.names)
            and name not in window.hidden
            and (window.datasets is None or dataset_id in window.datasets)
        )
    numbers = np.array(sorted({evolution.number for evolution in evolutions}), np.int64)
    return Part(numbers, chosen, window.temporal, window.last_n, window.most)


def _slotted(slots: Sequence[int]) -> str:
    listed = ", ".join(map(str, slots))
    return f"series & {EVERY_SLOT} IN ({listed})"


def _one_of(evolutions: NDArray[np.int64], connection: Connection) -> str:
    if len(evolutions) <= _FEW:
        listed = ", ".join(map(str, evolutions.tolist()))
        return f"series >> {SLOT_BITS} IN ({listed})"
    connection.register("wanted", {"number": evolutions})
    return f"series >> {SLOT_BITS} IN (SELECT number FROM wanted)"  # noqa: S608  # constants


def _between(temporal: TemporalQuery | None) -> list[str]:
    if temporal is None:
        return []
    start, end = _range(temporal)
    moment = _EXPRESSIONS[temporal.timeproperty]
    # Asked so, a scan of a day takes half as long as with the NULLs of `observed`.
    terms = ["timed"] if temporal.timeproperty is TimeProperty.OBSERVED_AT else []
    if temporal.timeproperty is TimeProperty.DELETED_AT:
        terms = [f"form = {DELETED}"]
        moment = "recorded"
    # The day of an instance is that of its observation: it tells which rows to leave alone.
    by_day = temporal.timeproperty is TimeProperty.OBSERVED_AT
    if start is not None:
        terms += [f"day >= {start // DAY}"] if by_day else []
        terms.append(f"{moment} >= {start}")
    if end is not None:
        terms += [f"day <= {(end - 1) // DAY}"] if by_day else []
        terms.append(f"{moment} < {end}")
    return terms


def _range(temporal: TemporalQuery) -> tuple[int | None, int | None]:
    """Return the first moment that is wanted, and the first one after those."""
    if temporal.timerel is Timerel.BEFORE:
        return None, temporal.time_at
    end = temporal.end_time_at if temporal.timerel is Timerel.BETWEEN else None
    return temporal.time_at, end


def _includes(temporal: TemporalQuery, moments: NDArray[np.int64]) -> NDArray[np.bool_]:
    start, end = _range(temporal)
    mask = np.asarray(moments != NEVER, np.bool_)
    if start is not None:
        mask &= moments >= start
    if end is not None:
        mask &= moments < end
    return mask
