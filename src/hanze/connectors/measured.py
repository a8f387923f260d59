"""What decoders read alike: JSON, numbers, times, places and quantities (pure).

Numbers are exact (`Decimal`) until a value is made of them, so that 228 tenths are 22.8.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import quote

import orjson

from hanze.connectors import WrongInput
from hanze.connectors.streaming import Value
from hanze.ngsild.model import AttributeKind, JsonValue

__all__ = [
    "Quantity",
    "dataset",
    "document",
    "entity_id",
    "json_number",
    "known",
    "member",
    "number",
    "objects",
    "point",
    "refers",
    "seconds",
    "text",
    "utc",
]

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST_NUMBER: Final = 40
_LONGEST_TEXT: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: POSIX seconds from 1973 to 2100; from 100 thousand million on they are milliseconds.
_SECONDS: Final = range(100_000_000, 4_102_444_800)
_MILLISECONDS: Final = Decimal(100_000_000_000)


class Quantity(NamedTuple):
    """What a number of a source is in the data model: `(number + offset) * factor`.

    Attributes:
        term: Attribute.
        unit_code: Of the result, UN/CEFACT Recommendation 20.
        low: The least number of the source that can be meant.
        high: The greatest one.
        dataset_id: Of the instance, where the attribute has several.
    """

    term: str
    unit_code: str
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    low: Decimal | None = None
    high: Decimal | None = None
    dataset_id: str | None = None

    def of(self, found: Decimal | None, observed_at: str | None = None) -> Value | None:
        """Return the value; `None` where there is no number, or none that can be meant."""
        if found is None or (self.low is not None and found < self.low):
            return None
        if self.high is not None and found > self.high:
            return None
        return Value(
            json_number((found + self.offset) * self.factor),
            unit_code=self.unit_code,
            observed_at=observed_at,
            dataset_id=self.dataset_id,
        )


def document(body: bytes) -> JsonValue:
    """Read JSON.

    Raises:
        WrongInput: It is not JSON.
    """
    try:
        found: JsonValue = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise WrongInput(f"The message is not JSON: {error}") from error
    return found


def member(json: JsonValue, *path: str) -> JsonValue:
    """Return what stands at a path of names; `None` where nothing does."""
    for name in path:
        json = json.get(name) if isinstance(json, Mapping) else None
    return json


def objects(json: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    """Yield the objects of an array; of anything else nothing."""
    if isinstance(json, list):
        yield from (one for one in json if isinstance(one, Mapping))


def text(json: JsonValue) -> str | None:
    """Return a text that says something, cut where it is endless; a whole number as its digits."""
    if isinstance(json, int) and not isinstance(json, bool):
        return str(json)
    return (json.strip()[:_LONGEST_TEXT] or None) if isinstance(json, str) else None


def number(json: JsonValue) -> Decimal | None:
    """Return the exact number, of a number or of its text; `None` for everything else."""
    if isinstance(json, bool) or not isinstance(json, str | int | float):
        return None
    written = json.strip() if isinstance(json, str) else repr(json)
    if len(written) > _LONGEST_NUMBER or not _NUMBER.fullmatch(written):
        return None
    found = Decimal(written)
    return found if not found or -30 <= found.adjusted() <= 15 else None


def json_number(found: Decimal) -> int | float:
    """Write a number for JSON: whole where it was written without decimals."""
    exponent = found.as_tuple().exponent
    return int(found) if isinstance(exponent, int) and exponent >= 0 else float(found)


def utc(json: JsonValue) -> str | None:
    """Return the DateTime of a time as ISO 8601 writes it, in UTC, cut to microseconds.

    A time that names no zone is read as UTC. `None` where it is no moment.
    """
    if not isinstance(json, str) or not 16 <= len(json) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(json.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return _written(moment) if moment.year >= 1900 else None


def seconds(json: JsonValue) -> str | None:
    """Return the DateTime of POSIX seconds, or milliseconds; `None` where it is no likely moment."""
    found = number(json)
    if found is not None and found >= _MILLISECONDS:
        found /= 1000
    if found is None or int(found) not in _SECONDS:
        return None
    moment = _EPOCH + timedelta(microseconds=int(found * 1_000_000))
    return _written(moment.replace(tzinfo=None))


def _written(moment: datetime) -> str:
    plain = moment.isoformat()
    return (plain.rstrip("0") if moment.microsecond else plain) + "Z"


def entity_id(entity_type: str, source: str, key: str) -> str:
    """Return the URI of an entity, by the source's own key."""
    parts = (entity_type, source, key)
    return "urn:ngsi-ld:" + ":".join(quote(part, safe="-._~") for part in parts)


def dataset(name: str) -> str:
    """Return the datasetId of one of several instances, e.g. of "day-mean"."""
    return "urn:ngsi-ld:Dataset:" + quote(name, safe="-._~")


def known(json: JsonValue) -> Value:
    """Return something that is known of a thing, without unit and time."""
    return Value(json)


def refers(uri: str) -> Value:
    """Return a Relationship."""
    return Value(uri, kind=AttributeKind.RELATIONSHIP)


def point(east: JsonValue, north: JsonValue, altitude: JsonValue = None) -> Value | None:
    """Return a place in WGS 84; `None` where it is none, or the origin (which means "unknown")."""
    found = number(east), number(north)
    if found[0] is None or found[1] is None or abs(found[0]) > 180 or abs(found[1]) > 90:
        return None
    if not found[0] and not found[1]:
        return None
    position: list[JsonValue] = [float(found[0]), float(found[1])]
    above = number(altitude)
    if above is not None:
        position.append(float(above))
    return Value({"type": "Point", "coordinates": position}, kind=AttributeKind.GEO_PROPERTY)
