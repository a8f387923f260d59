"""Rows of a file of past values become rows of the archive: what they are about, what is new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.uri import is_uri
from hanze.ngsild.vocabulary import HANZE
from hanze.store.history.archive import Connection, note_means
from hanze.store.history.bulk_file import check, open_source
from hanze.store.history.form import MEAN
from hanze.store.history.lookup import fill
from hanze.store.history.splitting import split
from hanze.store.history.transfer import DAY

__all__ = ["Found", "Numbers", "look", "write"]

#: Rows that are sorted together; more of them go to the disk and back.
_SLICE: Final = 3_000_000

#: Digits of the second that a moment needs: with them it comes back as it was written.
_DECIMALS: Final = (
    "CASE WHEN observed IS NULL OR observed % 1000000 = 0 THEN '0'"
    " WHEN observed % 1000 = 0 THEN '3' ELSE '6' END"
)
_DAY_OF_TIME: Final = f"floor(coalesce(observed, recorded) / {DAY}.0)::INTEGER"
#: The name of an instance is the moment of its recording, ...
_UNTIED: Final = "SELECT *, recorded AS sequence FROM fresh"
#: ... or one of the next microseconds where its series has others of that moment.
_TIED: Final = (
    "SELECT fresh.*, fresh.recorded + coalesce(n, 0) - 1 + row_number() OVER"
    " (PARTITION BY fresh.series, fresh.recorded) AS sequence"
    " FROM fresh LEFT JOIN taken USING (series, recorded)"
)

_MAPS: Final = (
    "CREATE TEMP TABLE named_entity (id VARCHAR, number BIGINT)",
    "CREATE TEMP TABLE named_slot (attribute VARCHAR, dataset VARCHAR, number BIGINT)",
    "CREATE TEMP TABLE named_shape (kind VARCHAR, unit VARCHAR, value_type VARCHAR,"
    " object_type VARCHAR, lang VARCHAR, decimals VARCHAR, number INTEGER)",
)
_FRESH: Final = f"""
    CREATE OR REPLACE TEMP TABLE fresh AS
    SELECT
        e.number << 20 | s.number AS series, coalesce(observed, recorded) AS time,
        observed IS NOT NULL AS timed, recorded, nullif(modified, recorded) AS modified,
        form, source.number AS number, h.number AS shape, text, rest
    FROM source
    JOIN named_entity e USING (id)
    JOIN named_slot s ON s.attribute = source.attribute
        AND s.dataset IS NOT DISTINCT FROM source.dataset
    JOIN named_shape h ON h.kind = source.kind AND h.decimals = {_DECIMALS}
        AND h.unit IS NOT DISTINCT FROM source.unit
        AND h.value_type IS NOT DISTINCT FROM source.value_type
        AND h.object_type IS NOT DISTINCT FROM source.object_type
        AND h.lang IS NOT DISTINCT FROM source.lang
"""  # noqa: S608  # constants
_KNOWN: Final = """
    CREATE OR REPLACE TEMP TABLE known AS
    SELECT series, time, observed IS NOT NULL AS timed, recorded, form, number, text
    FROM instance
    WHERE day BETWEEN ? AND ? AND series IN (SELECT DISTINCT series FROM fresh)
"""
_LEAVE: Final = """
    DELETE FROM fresh WHERE EXISTS (
        SELECT 1 FROM known
        WHERE known.series = fresh.series AND known.time = fresh.time
            AND known.timed = fresh.timed AND known.form = fresh.form
            AND known.number IS NOT DISTINCT FROM fresh.number
            AND known.text IS NOT DISTINCT FROM fresh.text
    )
"""
_TAKEN: Final = (
    "INSERT INTO taken SELECT series, recorded, count(*) FROM known"
    " SEMI JOIN fresh USING (series, recorded) GROUP BY ALL"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the rows of a file are about.

    Attributes:
        entities: Id and types, with a space between them.
        slots: Attribute and dataset.
        shapes: As the columns of `named_shape`.
        days: Day and rows, in order.
        means: Whether any value is a mean of several.
    """

    rows: int
    entities: list[tuple[str, str]]
    slots: list[tuple[str, str | None]]
    shapes: list[tuple[str | None, ...]]
    days: list[tuple[int, int]]
    means: bool


@dataclass(slots=True)
class Numbers:
    """The same, each with its number."""

    entities: list[tuple[str, int]]
    slots: list[tuple[str, str | None, int]]
    shapes: list[tuple[str | int | None, ...]]


def look(connection: Connection, path: Path, scratch: Path) -> Found:
    """Check a file, and tell what it is about.

    Args:
        scratch: Where a CSV file is rewritten.

    Raises:
        MalformedBody: It cannot be read.
        InvalidInput: A column or a value is wrong.
    """
    open_source(connection, path, scratch)
    rows = check(connection)
    entities = connection.execute(
        "SELECT id, string_agg(DISTINCT type, ' ' ORDER BY type) FROM source GROUP BY id"
    ).fetchall()
    for entity_id, types in entities:
        _check_uri("id", entity_id)
        for name in types.split():
            HANZE.expand_name(name)
    slots = connection.execute("SELECT DISTINCT attribute, dataset FROM source").fetchall()
    for attribute, dataset in slots:
        HANZE.expand_name(attribute)
        if dataset is not None:
            _check_uri("datasetId", dataset)
    shapes = connection.execute(
        f"SELECT DISTINCT kind, unit, value_type, object_type, lang, {_DECIMALS} FROM source"  # noqa: S608  # constants
    ).fetchall()
    days = connection.execute(
        f"SELECT {_DAY_OF_TIME} AS day, count(*) FROM source GROUP BY day ORDER BY day"  # noqa: S608  # constants
    ).fetchall()
    means = _holds(connection, f"SELECT 1 FROM source WHERE form = {MEAN}")  # noqa: S608  # a constant
    return Found(rows, entities, slots, shapes, days, means)


def write(
    connection: Connection,
    source: Path,
    found: Found,
    numbers: Numbers,
    told: Callable[[int], None],
) -> int:
    """Add what is not there, a few days at a time, in one transaction; returns how much it is.

    Args:
        source: The file, or what became of it.
        told: Called with the rows that are done.
    """
    open_source(connection, source, source)
    for statement in _MAPS:
        connection.execute(statement)
    fill(connection, "named_entity", numbers.entities)
    fill(connection, "named_slot", numbers.slots)
    fill(connection, "named_shape", numbers.shapes)
    added = done = 0
    connection.execute("BEGIN")
    for first, last, rows in _stretches(found.days):
        added += _write_days(connection, first, last)
        done += rows
        told(done)
    if found.means:
        note_means(connection)
    connection.execute("COMMIT")
    return added


def _check_uri(column: str, text: str) -> None:
    if not is_uri(text):
        raise InvalidInput(
            f"Column {column} must hold URIs, not {text[:60]!r}", field=column, value=text
        )


def _stretches(days: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Put days together until they are many rows: first and last day, and rows."""
    stretches: list[tuple[int, int, int]] = []
    for day, rows in days:
        if stretches and stretches[-1][2] + rows <= _SLICE:
            first, _, before = stretches[-1]
            stretches[-1] = (first, day, before + rows)
        else:
            stretches.append((day, day, rows))
    return stretches


def _write_days(connection: Connection, first: int, last: int) -> int:
    # Moments beside the day: by them whole parts of the file are passed over.
    start, end = first * DAY, (last + 1) * DAY
    connection.execute(
        f"{_FRESH} WHERE (observed IS NULL OR (observed >= {start} AND observed < {end}))"
        f" AND {_DAY_OF_TIME} BETWEEN {first} AND {last}"
    )
    several = _holds(
        connection, "SELECT 1 FROM fresh GROUP BY series, recorded HAVING count(*) > 1"
    )
    if several:
        connection.execute("CREATE OR REPLACE TEMP TABLE fresh AS SELECT DISTINCT * FROM fresh")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE taken (series BIGINT, recorded BIGINT, n BIGINT)"
    )
    there = "SELECT 1 FROM instance WHERE day BETWEEN ? AND ?"
    if _holds(connection, there, [first, last]):
        connection.execute(_KNOWN, [first, last])
        connection.execute(_LEAVE)
        connection.execute(_TAKEN)
    tied = several or _holds(connection, "SELECT 1 FROM taken")
    rows = split(_TIED if tied else _UNTIED)
    done = connection.execute(f"INSERT INTO days {rows}").fetchone()
    return 0 if done is None else int(done[0])


def _holds(connection: Connection, rows: str, parameters: Sequence[int] = ()) -> bool:
    return connection.execute(f"{rows} LIMIT 1", parameters).fetchone() is not None
