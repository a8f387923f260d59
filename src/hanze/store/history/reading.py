"""From rows to evolutions: instances of the archive and of the tail, in order, and cut."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.broker.ports import Evolution
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.temporal.model import Instance, TemporalEntity
from hanze.store.history.archive import TABLES, Connection
from hanze.store.history.batch import EVERY_SLOT, SLOT_BITS, Columns, joined, slot_of
from hanze.store.history.form import DELETED, NEVER, Shape, attribute_of, observed_text
from hanze.store.history.instance_ids import instance_id_of
from hanze.store.history.latest import is_of_days, read_latest, texts_of
from hanze.store.history.names import HistoryNames, Slot
from hanze.store.history.transfer import flushed
from hanze.store.history.window import Part

__all__ = [
    "Meanings",
    "arrange",
    "assemble",
    "fetch",
    "find_active",
    "look_around",
    "meanings_of",
]

#: NULLs become what stands for them in `batch.Columns`, so that columns need no masks.
_SELECTED: Final = (
    f"series, coalesce(observed, {NEVER}) AS observed, sequence, recorded, modified, form,"
    " coalesce(number, 'nan'::DOUBLE) AS number, shape, text, rest"
)


class Meanings(NamedTuple):
    """What the numbers in some rows stand for."""

    slots: Mapping[int, Slot]
    shapes: Mapping[int, Shape]


class Arranged(NamedTuple):
    """Instances in their order, as the window cuts them.

    Attributes:
        columns: By moment, ties in the order of their recording.
        active: The numbers of the evolutions that had any before `most` cut some off.
        slots: Numbers that occur in the columns.
        shapes: Likewise.
        cut: Whether `most` cut any off.
    """

    columns: Columns
    active: NDArray[np.int64]
    slots: list[int]
    shapes: list[int]
    cut: bool


def fetch(connection: Connection, part: Part) -> tuple[int, Columns, bool]:
    """Read a part of the archive, or a little more: what `arrange` cuts off.

    Returns:
        The number of the last journal row that the archive had at that moment; the instances; and
        whether there are more, which `most` leaves out in any case.
    """
    number = flushed(connection)
    if is_of_days(part):
        return number, read_latest(connection, part), False
    found = _columns(connection.execute(_statement(connection, part)).fetchnumpy())
    return number, found, _is_cut(connection, part, found)


def find_active(connection: Connection, part: Part) -> tuple[int, NDArray[np.int64]]:
    """Return which evolutions have an instance in a part of the archive."""
    number = flushed(connection)
    condition = part.condition(connection)
    found = connection.execute(
        f"SELECT DISTINCT series >> {SLOT_BITS} AS evolution FROM instance WHERE {condition}"  # noqa: S608  # constants and numbers
    ).fetchnumpy()
    return number, np.asarray(found["evolution"], np.int64)


def look_around(connection: Connection) -> None:
    """Have DuckDB read where the parts of each column are, which any reader needs."""
    for table in TABLES:
        last = f"(SELECT max(series) FROM {table})"  # noqa: S608  # constants
        one = f"series = {last} AND day = (SELECT max(day) FROM {table} WHERE series = {last})"  # noqa: S608  # constants
        connection.execute(f"SELECT * FROM {table} WHERE {one}").fetchnumpy()  # noqa: S608  # constants


def arrange(parts: Sequence[Columns], part: Part, names: NDArray[np.int64]) -> Arranged:
    """Put instances in their order, and cut them as the window says (`ports.Window`).

    Args:
        parts: Of the archive and of the tail; each instance once.
        names: By slot, a number that its attribute's datasets share.
    """
    columns = joined(list(parts))
    moments = part.moments(columns)
    order = np.lexsort((columns.series, columns.sequence, moments))
    columns, moments = columns.take(order), moments[order]
    if part.last_n is not None:
        kept = _last(columns, part.last_n, names)
        columns, moments = columns.take(kept), moments[kept]
    active = np.unique(columns.series >> SLOT_BITS)
    if part.most is None or len(moments) <= part.most:
        return _arranged(columns, active, cut=False)
    if part.last_n is not None:
        cut = moments[-part.most - 1]
        kept = np.flatnonzero(moments > cut)
        # Where one moment alone has more, all of it is answered: less would be nothing, for ever.
        kept = kept if len(kept) else np.flatnonzero(moments == cut)
    else:
        cut = moments[part.most]
        kept = np.flatnonzero(moments < cut)
        kept = kept if len(kept) else np.flatnonzero(moments == cut)
    return _arranged(columns.take(kept), active, cut=len(kept) < len(moments))


def assemble(
    evolutions: Sequence[Evolution], arranged: Arranged, meanings: Meanings
) -> list[TemporalEntity]:
    """Make entities of instances that are in order.

    Returns:
        One for each of the active evolutions, in the order of `evolutions`.
    """
    found: dict[int, dict[str, list[Instance]]] = {int(one): {} for one in arranged.active}
    rows = zip(*(column.tolist() for column in arranged.columns), strict=True)
    # Whatever measures at the same minutes shares its moments.
    text_of, timed_of = lru_cache(None)(format_datetime), lru_cache(None)(observed_text)
    for series, observed, sequence, recorded, modified, form, number, shape, text, rest in rows:
        name, dataset_id = meanings.slots[slot_of(series)]
        shared = meanings.shapes[shape]
        created_at = text_of(recorded)
        attribute = attribute_of(
            (form, number, text, rest),
            shared,
            dataset_id=dataset_id,
            observed_at=None if observed == NEVER else timed_of(observed, shared.decimals),
            created_at=created_at,
            modified_at=created_at if modified == recorded else text_of(modified),
        )
        deleted_at = created_at if form == DELETED else None
        instance = Instance(attribute, instance_id_of(series, sequence), deleted_at)
        found[series >> SLOT_BITS].setdefault(name, []).append(instance)
    return [
        TemporalEntity(
            id=evolution.id,
            types=evolution.types,
            attributes={
                name: tuple(instances) for name, instances in found[evolution.number].items()
            },
            created_at=evolution.created_at,
            modified_at=evolution.modified_at,
            deleted_at=evolution.deleted_at,
        )
        for evolution in evolutions
        if evolution.number in found
    ]


def meanings_of(arranged: Arranged, names: HistoryNames) -> Meanings:
    """Look up what the numbers stand for; on the thread of the event loop, where names grow."""
    return Meanings(
        {code: names.slot_value(code) for code in arranged.slots},
        {code: names.shape_value(code) for code in arranged.shapes},
    )


def _arranged(columns: Columns, active: NDArray[np.int64], *, cut: bool) -> Arranged:
    slots: list[int] = np.unique(columns.series & EVERY_SLOT).tolist()
    return Arranged(columns, active, slots, np.unique(columns.shape).tolist(), cut)


def _statement(connection: Connection, part: Part) -> str:
    condition = part.condition(connection)
    source = part.source(connection)
    select = f"SELECT {_SELECTED} FROM {source}"  # noqa: S608  # constants
    limit = "" if part.most is None else f" LIMIT {part.most + 1}"
    if part.last_n is None:
        if part.most is None:
            return f"{select} WHERE {condition}"
        cut = f"SELECT max(moment) FROM (SELECT {part.moment} AS moment FROM {source} WHERE {condition} ORDER BY moment{limit})"  # noqa: S608  # constants and numbers
        return f"{select} WHERE {condition} AND {part.moment} <= ({cut})"
    if part.one_series:
        few = part.last_n if part.most is None else min(part.last_n, part.most + 1)
        cut = f"SELECT min(moment) FROM (SELECT {part.moment} AS moment FROM {source} WHERE {condition} ORDER BY moment DESC LIMIT {few})"  # noqa: S608  # constants and numbers
        return f"{select} WHERE {condition} AND {part.moment} >= ({cut})"
    cuts = (
        f"SELECT series AS cut_series, list_min(max({part.moment}, {part.last_n})) AS cut"  # noqa: S608  # constants and numbers
        f" FROM {source} WHERE {condition} GROUP BY series"
    )
    return (
        f"{select} JOIN ({cuts}) ON series = cut_series WHERE {condition} AND {part.moment} >= cut"
    )


def _is_cut(connection: Connection, part: Part, found: Columns) -> bool:
    """Tell whether more instances are in the window than were read, because of `most`."""
    count = len(found.series)
    if part.most is None or count <= part.most:
        return False
    moments = part.moments(found)
    if part.last_n is None:
        beyond = f"{part.moment} > {moments.max()}"
    elif part.one_series and count < part.last_n:
        beyond = f"{part.moment} < {moments.min()}"
    else:
        return False
    condition = part.condition(connection)
    statement = f"SELECT 1 FROM instance WHERE {condition} AND {beyond} LIMIT 1"  # noqa: S608  # constants and numbers
    return bool(connection.execute(statement).fetchall())


def _columns(found: Mapping[str, NDArray[np.generic]]) -> Columns:
    return Columns(
        series=np.asarray(found["series"], np.int64),
        observed=np.asarray(found["observed"], np.int64),
        sequence=np.asarray(found["sequence"], np.int64),
        recorded=np.asarray(found["recorded"], np.int64),
        modified=np.asarray(found["modified"], np.int64),
        form=np.asarray(found["form"], np.int8),
        number=np.asarray(found["number"], np.float64),
        shape=np.asarray(found["shape"], np.int32),
        text=texts_of(found["text"]),
        rest=texts_of(found["rest"]),
    )


def _last(columns: Columns, last_n: int, names: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the places of the last instances of each attribute of each evolution."""
    attribute = names[columns.series & EVERY_SLOT]
    group = np.lexsort((attribute, columns.series >> SLOT_BITS))
    keys = list(zip((columns.series >> SLOT_BITS)[group], attribute[group], strict=True))
    kept: list[int] = []
    places = group.tolist()
    start = 0
    for _, same in groupby(keys):
        end = start + len(list(same))
        kept += places[max(start, end - last_n) : end]
        start = end
    return np.array(sorted(kept), np.intp)
