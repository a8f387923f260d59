"""Files of past values as tables of DuckDB: which columns they have, and what is wrong with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb
from msgspec import UnsetType

from hanze.errors import InvalidInput, MalformedBody
from hanze.ngsild.context import CORE
from hanze.ngsild.model import AttributeKind
from hanze.store.history.archive import Connection
from hanze.store.history.export import FORMS
from hanze.store.history.form import Shape, attribute_of

__all__ = ["check", "open_source"]

_REQUIRED: Final = ("id", "type", "attribute")
_TIMES: Final = ("observedAt", "recordedAt")
_VALUES: Final = ("value", "text", "form")
_KNOWN: Final = frozenset(
    {
        *_REQUIRED,
        *_TIMES,
        *_VALUES,
        "datasetId",
        "kind",
        "modifiedAt",
        "unitCode",
        "valueType",
        "objectType",
        "lang",
        "details",
    }
)

#: 0001-01-01 and 9999-12-31, in microseconds since 1970.
_FIRST: Final = -62_135_596_800_000_000
_LAST: Final = 253_402_300_799_999_999
#: From here on a double may stand for several integers.
_EXACT: Final = 1 << 53

_KINDS: Final = ", ".join(f"'{kind.value}'" for kind in AttributeKind)
_DELETED, _FLOAT, _INTEGER, _BOOLEAN, _TEXT, _JSON, _MEAN = range(len(FORMS))

#: What must not be true of any row: the column, the condition, what is wrong, what is shown.
_CHECKS: Final = (
    ("id", "id IS NULL", "is empty", "attribute"),
    ("type", "type IS NULL OR trim(type) = ''", "is empty", "id"),
    ("attribute", "attribute IS NULL OR attribute = ''", "is empty", "id"),
    (
        "observedAt",
        "observed_text IS NOT NULL AND observed IS NULL",
        "is no moment in UTC (2026-01-31T12:00:00Z)",
        "observed_text",
    ),
    (
        "observedAt",
        "observed IS NULL AND recorded IS NULL",
        "is empty, and so is recordedAt",
        "id",
    ),
    (
        "observedAt",
        f"coalesce(observed, recorded) NOT BETWEEN {_FIRST} AND {_LAST}"
        f" OR recorded NOT BETWEEN {_FIRST} AND {_LAST}",
        "is outside of the years 1 to 9999",
        "observed",
    ),
    ("kind", f"kind NOT IN ({_KINDS})", "is no kind of attribute", "kind"),
    ("form", "form IS NULL", f"must be one of {', '.join(FORMS)}", "id"),
    (
        "value",
        f"form IN ({_FLOAT}, {_INTEGER}, {_BOOLEAN}, {_MEAN}) AND (number IS NULL OR"
        " NOT isfinite(number))",
        "is no number",
        "id",
    ),
    (
        "value",
        f"form = {_INTEGER} AND (number <> trunc(number) OR abs(number) >= {_EXACT})",
        "is no integer that can be kept exactly",
        "number",
    ),
    ("text", f"form IN ({_TEXT}, {_JSON}, {_MEAN}) AND text IS NULL", "is empty", "id"),
    ("text", f"form = {_JSON} AND NOT json_valid(text)", "is no JSON", "text"),
    (
        "text",
        f"form = {_MEAN} AND try_cast(text AS DOUBLE[]) IS NULL",
        "does not say what the mean was made of",
        "text",
    ),
    ("details", "rest IS NOT NULL AND NOT json_valid(rest)", "is no JSON", "rest"),
)

_SHAPE: Final = Shape(None, None, None, (), None, 0)
_SLICE: Final = 10_000
_HOLDS: Final = {"text": "JSON that can be read", "details": "members of an attribute"}


def open_source(connection: Connection, path: Path, scratch: Path) -> None:
    """Make the view `source` of a file: a row for each instance, in columns like the archive's.

    Args:
        path: Ends in .parquet or .csv.
        scratch: Where a CSV file is rewritten, so that it is read once only.

    Raises:
        MalformedBody: It cannot be read as what its name says.
        InvalidInput: It lacks a column, or has one that nobody knows.
    """
    try:
        if path.suffix == ".csv":
            read = f"read_csv({_quoted(path)}, header = true, all_varchar = true)"
            connection.execute(
                f"COPY (SELECT * FROM {read}) TO {_quoted(scratch)} (FORMAT parquet)"  # noqa: S608  # our own path
            )
            path = scratch
        relation = f"read_parquet({_quoted(path)})"
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608  # our own path
    except duckdb.Error as error:
        raise MalformedBody(f"The file cannot be read: {_first_line(error)}") from error
    columns = {str(row[0]): str(row[1]) for row in described}
    _check_columns(columns)
    # A text without a zone is in UTC.
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW source AS {_view(columns, relation)}")


def check(connection: Connection) -> int:
    """Look at every row of the view `source`.

    Returns:
        How many there are.

    Raises:
        InvalidInput: A row is wrong; the column is named, with what stands there.
    """
    flags = ", ".join(
        f"count(*) FILTER ({condition}), any_value({shown}::VARCHAR) FILTER ({condition})"
        for _, condition, _, shown in _CHECKS
    )
    try:
        found = connection.execute(f"SELECT count(*), {flags} FROM source").fetchone()  # noqa: S608  # constants
    except duckdb.Error as error:
        raise MalformedBody(f"The file cannot be read: {_first_line(error)}") from error
    rows, *told = found or (0,)
    for place, (column, _, wrong, _) in enumerate(_CHECKS):
        count, example = told[2 * place], told[2 * place + 1]
        if count:
            raise InvalidInput(
                f"Column {column} {wrong} in {count:,} of {rows:,} rows, as with "
                f"{str(example)[:60]!r}",
                field=column,
                value=example,
            )
    _check_json(connection)
    return int(rows)


def _check_json(connection: Connection) -> None:
    """Read JSON as it will be read later on: what DuckDB takes may be too deep, or too large."""
    for column, rows in (
        ("text", f"SELECT DISTINCT text, NULL FROM source WHERE form = {_JSON}"),  # noqa: S608  # a constant
        ("details", "SELECT DISTINCT NULL, rest FROM source WHERE rest IS NOT NULL"),
    ):
        result = connection.execute(rows)
        while some := result.fetchmany(_SLICE):
            for text, rest in some:
                _check_one(column, text, rest)


def _check_one(column: str, text: str | None, rest: str | None) -> None:
    try:
        attribute = attribute_of(
            (_JSON, 0.0, text, rest),
            _SHAPE,
            dataset_id=None,
            observed_at=None,
            created_at="",
            modified_at="",
        )
        if not isinstance(attribute.value, UnsetType):
            CORE.compact_value(attribute.value)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError, InvalidInput) as error:
        shown = (text if rest is None else rest) or ""
        raise InvalidInput(
            f"Column {column} does not hold {_HOLDS[column]}: {shown[:60]!r}",
            field=column,
            value=shown,
        ) from error


def _check_columns(columns: Mapping[str, str]) -> None:
    for name in columns:
        if name not in _KNOWN:
            raise InvalidInput(
                f"Column {name[:60]} is not known; there are: {', '.join(sorted(_KNOWN))}",
                field=name[:60],
            )
    for name in _REQUIRED:
        if name not in columns:
            raise InvalidInput(f"Column {name} is missing", field=name)
    for either in (_TIMES, _VALUES[:2]):
        if not any(name in columns for name in either):
            raise InvalidInput(f"Column {either[0]} is missing", field=either[0])


def _view(columns: Mapping[str, str], relation: str) -> str:
    """Write the view: columns that the file lacks are NULL there."""

    def text(name: str) -> str:
        return f"nullif({_name(name)}::VARCHAR, '')" if name in columns else "NULL::VARCHAR"

    def moment(name: str) -> str:
        if name not in columns:
            return "NULL::BIGINT"
        if columns[name] == "VARCHAR":
            return f"epoch_us(try_cast({_name(name)} AS TIMESTAMPTZ))"
        return f"epoch_us({_name(name)})"

    observed, recorded = moment("observedAt"), moment("recordedAt")
    return f"""
        SELECT
            {text("id")} AS id, {text("type")} AS type, {text("attribute")} AS attribute,
            {text("datasetId")} AS dataset, coalesce({text("kind")}, 'Property') AS kind,
            {text("observedAt")} AS observed_text,
            {observed} AS observed, coalesce({recorded}, {observed}) AS recorded,
            {moment("modifiedAt")} AS modified,
            {_form(columns)} AS form, {_number(columns)} AS number, {_text(columns)} AS text,
            {text("unitCode")} AS unit, {text("valueType")} AS value_type,
            {text("objectType")} AS object_type, {text("lang")} AS lang,
            {text("details")} AS rest
        FROM {relation}
    """  # noqa: S608  # names that are known, and our own path


def _form(columns: Mapping[str, str]) -> str:
    told = " ".join(f"WHEN '{name}' THEN {number}" for number, name in enumerate(FORMS))
    form = f"CASE form::VARCHAR {told} END" if "form" in columns else "NULL"
    return f"CASE WHEN {_is_told(columns)} THEN {form} ELSE {_guess(columns)} END::TINYINT"


def _is_told(columns: Mapping[str, str]) -> str:
    return "nullif(form::VARCHAR, '') IS NOT NULL" if "form" in columns else "false"


def _guess(columns: Mapping[str, str]) -> str:
    """Say what a value is by the looks of it."""
    text = f"WHEN {_name('text')} IS NOT NULL THEN {_TEXT}" if "text" in columns else ""
    if "value" not in columns:
        return f"CASE {text} END"
    kind = columns["value"]
    if kind == "BOOLEAN":
        return f"CASE WHEN value IS NOT NULL THEN {_BOOLEAN} {text} END"
    if kind == "VARCHAR":
        return (
            f"CASE WHEN regexp_full_match(value, '-?[0-9]+') THEN {_INTEGER}"
            f" WHEN try_cast(value AS DOUBLE) IS NOT NULL THEN {_FLOAT}"
            f" WHEN value <> '' THEN {_TEXT} {text} END"
        )
    number = _FLOAT if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL") else _INTEGER
    return f"CASE WHEN value IS NOT NULL THEN {number} {text} END"


def _number(columns: Mapping[str, str]) -> str:
    return "try_cast(value AS DOUBLE)" if "value" in columns else "NULL::DOUBLE"


def _text(columns: Mapping[str, str]) -> str:
    own = _name("text") + "::VARCHAR" if "text" in columns else "NULL::VARCHAR"
    if columns.get("value") != "VARCHAR":
        return own
    return (
        f"CASE WHEN {_is_told(columns)} OR try_cast(value AS DOUBLE) IS NOT NULL THEN {own}"
        f" ELSE coalesce(nullif(value, ''), {own}) END"
    )


def _name(column: str) -> str:
    return f'"{column}"'


def _quoted(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0][:300]
