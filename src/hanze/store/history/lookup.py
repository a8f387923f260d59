"""What the numbers in the archive stand for, as tables of DuckDB beside it.

Evolutions, slots and shapes are in the record. For what is asked of many rows at once (statistics,
exports, retention) they are read from there into temporary tables, on a connection of their own:
what is committed is seen, and nothing waits.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import apsw
import numpy as np
import orjson

from hanze.broker.seen_history import Shown
from hanze.ngsild.model import AttributeKind
from hanze.ngsild.query.access import WHOLE, Seen
from hanze.ngsild.query.members import SCOPE
from hanze.store.history.archive import Connection
from hanze.store.history.form import shape_of_key
from hanze.store.history.selection import Selection
from hanze.store.schema import connect_reader, select

__all__ = [
    "evolutions_of_all",
    "fill",
    "load_evolutions",
    "load_hidden",
    "load_shapes",
    "load_slots",
    "typesets",
]

#: Rows that go into a table together.
_SLICE: Final = 50_000

#: Stands for types of which not the same is seen of all evolutions.
_OTHERWISE: Final = Seen(only=frozenset())

Row = tuple[Any, ...]


def load_evolutions(connection: Connection, record: Path, chosen: Selection) -> int:
    """Make the table `evolution` (number, typeset, id, type, view) of a selection's entities.

    Of what is not seen whole, `view` leads to the table `hidden` (`load_hidden`); it is 0 for others.

    Args:
        connection: Of the archive.
        record: The database of entities.

    Returns:
        How many there are.
    """
    reader = connect_reader(record)
    try:
        types = {
            number: names
            for number, names in typesets(reader).items()
            if not chosen.types or chosen.types.intersection(names)
        }
        joined = {number: " ".join(names) for number, names in types.items()}
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE evolution"
            " (number BIGINT, typeset BIGINT, id VARCHAR, type VARCHAR, view BIGINT)"
        )
        count, views = 0, _views(chosen.shown)
        for rows in _evolutions(reader, chosen.tenant):
            wanted = (
                (number, typeset, entity_id, _seen(chosen.shown, number, types[typeset]))
                for number, typeset, entity_id in rows
                if typeset in types and (not chosen.ids or entity_id in chosen.ids)
            )
            kept = [
                (number, typeset, entity_id, joined[typeset], views.get(seen, 0))
                for number, typeset, entity_id, seen in wanted
                if seen is not None
            ]
            fill(connection, "evolution", kept)
            count += len(kept)
        return count
    finally:
        reader.close()


def evolutions_of_all(record: Path) -> Iterator[tuple[int, str, int, tuple[str, ...]]]:
    """Yield the evolutions of all tenants: number, tenant, number of the types, types."""
    reader = connect_reader(record)
    try:
        types = typesets(reader)
        after = 0
        while rows := select(
            reader,
            "SELECT evolution_id, name, typeset_id FROM evolution JOIN tenant USING (tenant_id)"
            " WHERE evolution_id > ? ORDER BY evolution_id LIMIT ?",
            (after, _SLICE),
        ):
            for number, tenant, typeset in rows:
                yield number, tenant, typeset, types[typeset]
            after = rows[-1][0]
    finally:
        reader.close()


def load_slots(connection: Connection, record: Path, chosen: Selection) -> None:
    """Make the table `slot` (number, attribute, dataset) of a selection's attributes."""
    reader = connect_reader(record)
    try:
        found = (
            (number, *orjson.loads(key))
            for number, key in select(reader, "SELECT slot_id, key FROM slot")
        )
        rows = [row for row in found if not chosen.attributes or row[1] in chosen.attributes]
    finally:
        reader.close()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE slot (number BIGINT, attribute VARCHAR, dataset VARCHAR)"
    )
    fill(connection, "slot", rows)


def load_hidden(connection: Connection, record: Path, chosen: Selection) -> None:
    """Make the table `hidden` (view, slot): which attributes are not seen of which evolutions."""
    views = _views(chosen.shown)
    rows: list[Row] = []
    if views:
        reader = connect_reader(record)
        try:
            slots = [
                (number, orjson.loads(key)[0])
                for number, key in select(reader, "SELECT slot_id, key FROM slot")
            ]
        finally:
            reader.close()
        rows = [
            (view, slot)
            for seen, view in views.items()
            for slot, name in slots
            if name != SCOPE and not seen.shows(name)
        ]
    connection.execute("CREATE OR REPLACE TEMP TABLE hidden (view BIGINT, slot BIGINT)")
    fill(connection, "hidden", rows)


def load_shapes(connection: Connection, record: Path) -> None:
    """Make the table `shape` (number, kind, unit, value_type, object_type, lang)."""
    reader = connect_reader(record)
    try:
        rows = []
        for number, key in select(reader, "SELECT shape_id, key FROM shape"):
            shape = shape_of_key(key)
            objects = " ".join(shape.object_type) or None
            rows.append(
                (
                    number,
                    _text_of(shape.kind),
                    shape.unit_code,
                    shape.value_type,
                    objects,
                    shape.lang,
                )
            )
    finally:
        reader.close()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shape (number BIGINT, kind VARCHAR, unit VARCHAR,"
        " value_type VARCHAR, object_type VARCHAR, lang VARCHAR)"
    )
    fill(connection, "shape", rows)


def _views(shown: Shown | None) -> dict[Seen, int]:
    """Number what is seen, where that is not all."""
    if shown is None:
        return {}
    every = (*shown.alike.values(), *shown.others.values())
    some = dict.fromkeys(seen for seen in every if seen is not None and not seen.is_whole)
    return {seen: number for number, seen in enumerate(some, 1)}


def _seen(shown: Shown | None, number: int, types: tuple[str, ...]) -> Seen | None:
    if shown is None:
        return WHOLE
    known = shown.alike.get(frozenset(types), _OTHERWISE)
    return shown.others.get(number) if known is _OTHERWISE else known


def _text_of(kind: AttributeKind | None) -> str | None:
    return None if kind is None else kind.value


def typesets(reader: apsw.Connection) -> dict[int, tuple[str, ...]]:
    """Return every set of types, sorted IRIs by number."""
    return {
        number: tuple(orjson.loads(types))
        for number, types in select(reader, "SELECT typeset_id, types FROM typeset")
    }


def fill(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """Add rows of numbers and texts to a table of our own."""
    for start in range(0, len(rows), _SLICE):
        columns = {}
        for place, values in enumerate(zip(*rows[start : start + _SLICE], strict=True)):
            # Objects: a column may hold nothing but None, which numpy could not tell the type of.
            column = np.empty(len(values), np.object_)
            column[:] = values
            columns[f"c{place}"] = column
        connection.register("arriving_rows", columns)
        connection.execute(f"INSERT INTO {table} SELECT * FROM arriving_rows")  # noqa: S608  # a constant
        connection.unregister("arriving_rows")


def _evolutions(reader: apsw.Connection, tenant: str) -> Iterator[list[Row]]:
    after = 0
    while rows := select(
        reader,
        "SELECT evolution_id, typeset_id, id FROM evolution JOIN tenant USING (tenant_id)"
        " WHERE name = ? AND evolution_id > ? ORDER BY evolution_id LIMIT ?",
        (tenant, after, _SLICE),
    ):
        yield rows
        after = rows[-1][0]
