"""KNMI's hours and days: CSV with its comments, a plain table, or JSON (pure).

Whole numbers count tenths. Hours and days are those of universal time. HH counts them from 1 to 24:
a value is about the hour that ends then, which is its time here. Tables that libraries write have one
column with the moment at which the hour, or the day, begins.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from hanze.connectors import DamagedInput, WrongInput
from hanze.connectors.knmi.columns import DAY, HOUR, value_of
from hanze.connectors.measured import document, entity_id, known, number, point, text
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.ngsild.model import JsonValue

__all__ = ["decode"]

_TYPE: Final = "WeatherObserved"

#: The station's own line among the comments: number, longitude, latitude, height, name.
_STATION: Final = re.compile(
    r"#\s*(\d{3})\s+(-?\d+\.\d+)\s+(-?\d+\.\d+)\s+(-?\d+\.\d+)\s+(\S.{0,80})", re.ASCII
)
_LONGEST_LINE: Final = 2_000

Row = Mapping[str, JsonValue]


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of a table: one for each row, and one for each station that comments describe.

    Raises:
        WrongInput: It is neither CSV nor JSON of the service.
        DamagedInput: The CSV breaks off inside a quoted text.
    """
    body = message.body.lstrip()
    if body.startswith((b"[", b"{")):
        json = document(body)
        rows: Sequence[JsonValue] = json if isinstance(json, list) else [json]
        comments: Sequence[str] = ()
    else:
        comments, rows = _table(message.body)
    for line in comments:
        found = _STATION.fullmatch(line.strip())
        if found:
            yield _described(found, message)
    for row in rows:
        if isinstance(row, Mapping):
            yield _reading(row, message)
        else:
            yield Rejected("A row must be a JSON object", part=str(row))


def _table(body: bytes) -> tuple[Sequence[str], Sequence[Row]]:
    try:
        lines = body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise WrongInput("The table must be UTF-8") from error
    comments = [line[:_LONGEST_LINE] for line in lines if line.startswith("#")]
    bare = [line for line in lines if line.strip() and not line.startswith("#")]
    # The service writes the names of the columns as the last comment.
    heads = [line.lstrip("# ") for line in comments if line.lstrip("# ").startswith("STN,")]
    written = [*heads[-1:], *bare]
    try:
        rows = [
            {(name or "").strip(): cell for name, cell in row.items() if isinstance(cell, str)}
            for row in csv.DictReader(io.StringIO("\n".join(written)), strict=True)
        ]
    except csv.Error as error:
        raise DamagedInput(f"The table is damaged: {error}") from error
    names = set(rows[0]) if rows else {"STN"}
    if "STN" not in names:
        raise WrongInput("The table must have a column STN, the station's number")
    return comments, rows


def _described(found: re.Match[str], message: Message) -> Reading:
    station, east, north, height, name = found.groups()
    thing = {"stationCode": known(station), "stationName": known(name.strip())}
    place = point(east, north, height)
    if place is not None:
        thing["location"] = place
    return Reading(entity_id(_TYPE, message.source, station), _TYPE, thing=thing, device=station)


def _reading(row: Row, message: Message) -> Reading | Rejected:
    station = text(row.get("STN", row.get("station_code")))
    if station is None or len(station) > 20:
        return Rejected("The row names no station", part=str(row))
    hourly = any(name in row for name in ("HH", "hour", "YYYYMMDD_HH"))
    moment = _end(row, hourly=hourly)
    if moment is None:
        return Rejected("The row has no day, or no hour from 1 to 24", part=str(row))
    values: dict[str, tuple[Value, ...]] = {}
    unused: list[str] = []
    for column, quantity in (HOUR if hourly else DAY).items():
        cell = row.get(column)
        found = number(cell)
        value = None if found is None else value_of(column, quantity, found)
        if value is not None:
            values[quantity.term] = (*values.get(quantity.term, ()), value)
        elif found is None and text(cell):
            unused.append(f"{column} is {text(cell)}, which is no number")
    return Reading(
        entity_id(_TYPE, message.source, station),
        _TYPE,
        observed_at=moment if values else None,
        values=values,
        thing={"stationCode": known(station)},
        device=station,
        parts=tuple(unused),
    )


def _end(row: Row, *, hourly: bool) -> str | None:
    """When the hour, or the day, of a row ends."""
    begun = row.get("YYYYMMDD_HH") if hourly else None
    try:
        if isinstance(begun, str):
            moment = datetime.fromisoformat(begun.strip()) + timedelta(hours=1)
            if moment.tzinfo is not None:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
        else:
            day = text(row.get("YYYYMMDD", row.get("date"))) or ""
            # A zone beside the day is an addition of who wrote the table: days are those of UTC.
            moment = datetime.strptime(day[:10].replace("-", "")[:8], "%Y%m%d")  # noqa: DTZ007
            hour = number(row.get("HH", row.get("hour"))) if hourly else 24
            if hour is None or hour != int(hour) or not 1 <= hour <= 24:
                return None
            moment += timedelta(hours=int(hour))
    except (ValueError, OverflowError):
        return None
    return moment.isoformat() + "Z"
