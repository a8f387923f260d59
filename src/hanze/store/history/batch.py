"""What happened to the history, packed in columns: as little as can be per instance.

A batch holds the instances that were recorded, in order, and the *strokes* that change what was
recorded before: removals and replacements, each with its place among the instances. It is a journal
row on the disk (`pack`), and a part of the tail in memory until the archive has it.
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from struct import pack
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hanze.errors import StoreFailure

__all__ = [
    "EVERY_SLOT",
    "SLOT_BITS",
    "Batch",
    "Columns",
    "Row",
    "Stroke",
    "empty_columns",
    "joined",
    "series_of",
    "slot_of",
]

#: A series is an evolution's number and, in so many bits below it, the number of a slot.
SLOT_BITS: Final = 20
EVERY_SLOT: Final = (1 << SLOT_BITS) - 1

_VERSION: Final = 1


def series_of(evolution: int, slot: int) -> int:
    return evolution << SLOT_BITS | slot


def slot_of(series: int) -> int:
    return series & EVERY_SLOT


class Stroke(NamedTuple):
    """A removal of all instances of some series, of one instance, or its replacement.

    Attributes:
        place: So many instances of the batch were there before it.
        first: The first series that it is about.
        last: The last one: the same, or the last slot of an evolution.
        sequence: Of the one instance; `None` for all.
        modified: When it was replaced; `None` where it is removed.
        form: What it is replaced by, with the number of the shape for the shape.
    """

    place: int
    first: int
    last: int
    sequence: int | None = None
    modified: int | None = None
    form: tuple[int, int, float | None, str | None, int, str | None] | None = None


#: Series, observed, sequence, recorded, form, number, shape, text, rest.
Row = tuple[int, int, int, int, int, float, int, str | None, str | None]

Chosen = NDArray[np.bool_] | NDArray[np.intp] | slice


class Columns(NamedTuple):
    """Instances as columns of equal length; `NEVER` stands for no moment.

    Attributes:
        recorded: When it was recorded, in microseconds since 1970.
        modified: When it was last changed: at first, when it was recorded.
    """

    series: NDArray[np.int64]
    observed: NDArray[np.int64]
    sequence: NDArray[np.int64]
    recorded: NDArray[np.int64]
    modified: NDArray[np.int64]
    form: NDArray[np.int8]
    number: NDArray[np.float64]
    shape: NDArray[np.int32]
    text: NDArray[np.object_]
    rest: NDArray[np.object_]

    def take(self, chosen: Chosen) -> "Columns":
        """Return some rows: by mask, by place, or a stretch."""
        return Columns(
            series=self.series[chosen],
            observed=self.observed[chosen],
            sequence=self.sequence[chosen],
            recorded=self.recorded[chosen],
            modified=self.modified[chosen],
            form=self.form[chosen],
            number=self.number[chosen],
            shape=self.shape[chosen],
            text=self.text[chosen],
            rest=self.rest[chosen],
        )


class Batch:
    """Columns that grow."""

    __slots__ = (
        "forms",
        "numbers",
        "observed",
        "recorded",
        "rests",
        "sequence",
        "series",
        "shapes",
        "strokes",
        "texts",
    )

    def __init__(self) -> None:
        self.series = array("q")
        self.observed = array("q")
        self.sequence = array("q")
        self.recorded = array("q")
        self.forms = array("b")
        self.numbers = array("d")
        self.shapes = array("i")
        self.texts: list[str | None] = []
        self.rests: list[str | None] = []
        self.strokes: list[Stroke] = []

    def __len__(self) -> int:
        return len(self.series)

    def __bool__(self) -> bool:
        return bool(self.series or self.strokes)

    @classmethod
    def of(cls, rows: Sequence[Row], strokes: Sequence[Stroke]) -> "Batch":
        """Make a batch of rows."""
        batch = cls()
        if rows:
            *numbers, texts, rests = zip(*rows, strict=True)
            for column, values in zip(batch._columns(), numbers, strict=False):
                # An array that is extended looks at one value after the other: three times as long.
                column.frombytes(pack(f"{len(values)}{column.typecode}", *values))
            batch.texts, batch.rests = [*texts], [*rests]
        batch.strokes = [*strokes]
        return batch

    def mark(self) -> tuple[int, int]:
        return len(self.series), len(self.strokes)

    def extend(self, other: "Batch") -> None:
        """Add all of another batch."""
        length = len(self)
        for mine, others in zip(self._columns(), other._columns(), strict=True):
            mine.extend(others)
        self.strokes += [one._replace(place=one.place + length) for one in other.strokes]

    def after(self, mark: tuple[int, int]) -> "Batch":
        """Return what was added after a mark, as a batch of its own."""
        length, strokes = mark
        later = Batch()
        for column, others in zip(later._columns(), self._columns(), strict=True):
            column.extend(others[length:])
        later.strokes = [one._replace(place=one.place - length) for one in self.strokes[strokes:]]
        return later

    def pack(self) -> bytes:
        """Write the batch as bytes."""
        arrays = [column.tobytes() for column in self._columns() if isinstance(column, array)]
        lists = [column if any(column) else None for column in (self.texts, self.rests)]
        return msgspec.msgpack.encode((_VERSION, arrays, lists, self.strokes))

    @classmethod
    def unpack(cls, body: bytes) -> "Batch":
        """Read what `pack` wrote.

        Raises:
            StoreFailure: It is damaged, or of a newer version.
        """
        try:
            version, arrays, lists, strokes = msgspec.msgpack.decode(body)
            if version != _VERSION:
                raise StoreFailure(f"The journal has rows of version {version}, which is unknown")
            batch = cls()
            packed = [one for one in batch._columns() if isinstance(one, array)]
            for column, content in zip(packed, arrays, strict=True):
                column.frombytes(content)
        except (ValueError, TypeError, msgspec.MsgspecError) as error:
            raise StoreFailure(f"A row of the journal is damaged: {error}") from error
        length = len(batch)
        batch.texts, batch.rests = (one or [None] * length for one in lists)
        batch.strokes = [
            Stroke(place, first, last, sequence, modified, None if form is None else tuple(form))
            for place, first, last, sequence, modified, form in strokes
        ]
        return batch

    def columns(self) -> Columns:
        """Return the instances as columns of their own."""
        recorded = np.array(self.recorded, np.int64)
        return Columns(
            series=np.array(self.series, np.int64),
            observed=np.array(self.observed, np.int64),
            sequence=np.array(self.sequence, np.int64),
            recorded=recorded,
            modified=recorded,
            form=np.array(self.forms, np.int8),
            number=np.array(self.numbers, np.float64),
            shape=np.array(self.shapes, np.int32),
            text=_objects(self.texts),
            rest=_objects(self.rests),
        )

    def find(self, evolutions: NDArray[np.int64]) -> Columns:
        """Return the instances of some evolutions.

        Args:
            evolutions: Sorted numbers.
        """
        # A copy: an array that numpy looks into cannot grow.
        series = np.array(self.series, np.int64)
        places = np.flatnonzero(_is_in(series >> SLOT_BITS, evolutions))
        recorded = _picked(self.recorded, places)
        return Columns(
            series=series[places],
            observed=_picked(self.observed, places),
            sequence=_picked(self.sequence, places),
            recorded=recorded,
            modified=recorded,
            form=np.array([self.forms[place] for place in places], np.int8),
            number=np.array([self.numbers[place] for place in places], np.float64),
            shape=np.array([self.shapes[place] for place in places], np.int32),
            text=_objects([self.texts[place] for place in places]),
            rest=_objects([self.rests[place] for place in places]),
        )

    def places_of(self, series: int, start: int, end: int) -> list[int]:
        """Return where the instances of a series are, between two places."""
        found = np.flatnonzero(np.array(self.series[start:end], np.int64) == series)
        return [start + int(place) for place in found]

    def parts(self) -> Iterator[tuple[int, int, Stroke | None]]:
        """Yield stretches of instances (from, to), each with the stroke that follows it, if any."""
        places = [0, *(stroke.place for stroke in self.strokes), len(self)]
        strokes = [*self.strokes, None]
        for (start, end), stroke in zip(pairwise(places), strokes, strict=True):
            yield start, end, stroke

    def _columns(self) -> tuple[Any, ...]:
        return (
            self.series,
            self.observed,
            self.sequence,
            self.recorded,
            self.forms,
            self.numbers,
            self.shapes,
            self.texts,
            self.rests,
        )


def empty_columns() -> Columns:
    """Return columns without rows."""
    return Batch().columns()


def joined(parts: list[Columns]) -> Columns:
    """Put columns one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Columns(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _picked(column: "array[int]", places: NDArray[np.intp]) -> NDArray[np.int64]:
    return np.array([column[place] for place in places], np.int64)


def _objects(values: list[str | None]) -> NDArray[np.object_]:
    column = np.empty(len(values), np.object_)
    column[:] = values
    return column


def _is_in(values: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    if len(wanted) == 1:
        return np.asarray(values == wanted[0], np.bool_)
    return np.isin(values, wanted)
