"""Moments split as the archive keeps them (`archive`), in SQL: for rows that DuckDB makes itself."""

from typing import Final

__all__ = ["split"]

_DAY: Final = 86_400_000_000

_UNIT: Final = (
    "CASE WHEN clock % 60000000 = 0 THEN 3 WHEN clock % 1000000 = 0 THEN 2"
    " WHEN clock % 1000 = 0 THEN 1 ELSE 0 END"
)
_SCALED: Final = (
    "clock // CASE unit WHEN 3 THEN 60000000 WHEN 2 THEN 1000000 WHEN 1 THEN 1000 ELSE 1 END"
)


def split(rows: str) -> str:
    """Return a SELECT of the archive's columns, sorted as whole days are.

    Args:
        rows: A SELECT of series, time, timed, sequence, recorded, modified (NULL where it is
            `recorded`), form, number, shape, text and rest; moments in microseconds since 1970.
    """
    return f"""
        SELECT day, series, unit, {_SCALED} AS clock, timed, sequence - time AS delay,
            recorded - sequence AS lag, modified, form, number, shape, text, rest
        FROM (
            SELECT *, {_UNIT} AS unit FROM (
                SELECT *, (time - (time % {_DAY} + {_DAY}) % {_DAY}) // {_DAY} AS day,
                    (time % {_DAY} + {_DAY}) % {_DAY} AS clock
                FROM ({rows})
            )
        )
        ORDER BY day, series, time, sequence
    """  # noqa: S608  # constants and our own SQL
