"""Any JSON, by what the options of the source say of it (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote

import orjson

from hanze.connectors.json_messages.paths import ALL, Mapped, find, lookup, read_attributes
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.errors import InvalidInput
from hanze.ngsild.model import AttributeKind, JsonValue

__all__ = ["decode"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: From here on a number counts milliseconds: as seconds it would be the year 5138.
_MILLISECONDS: Final = 100_000_000_000
_LONGEST_KEY: Final = 200
_LONGEST_TEXT: Final = 10_000
_PART: Final = 500


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make a reading of each object of a message."""
    mapped = read_attributes(str(message.options.get("attributes") or ALL))
    json = _json(message, mapped)
    for item in _items(message, json):
        try:
            yield _reading(message, mapped, item)
        except InvalidInput as error:
            yield Rejected(str(error), orjson.dumps(item).decode()[:_PART])


def _json(message: Message, mapped: Sequence[Mapped]) -> JsonValue:
    try:
        json: JsonValue = orjson.loads(message.body)
    except orjson.JSONDecodeError as error:
        try:
            text = message.body.decode().strip()
        except UnicodeDecodeError:
            text = ""
        if text and len(text) <= _LONGEST_TEXT and any(one.path == "$" for one in mapped):
            return text
        raise InvalidInput(f"The message is not JSON: {error.msg} at {error.pos}") from error
    return json


def _items(message: Message, json: JsonValue) -> Sequence[JsonValue]:
    path = _option(message, "items")
    if path:
        found = find(path, json)
        if not isinstance(found, list):
            raise InvalidInput(f"The message has no array at {path}")
        return found
    return json if isinstance(json, list) else [json]


def _reading(message: Message, mapped: Sequence[Mapped], item: JsonValue) -> Reading:
    entity_type = _option(message, "type")
    if not entity_type:
        raise InvalidInput("The source has no option type: the entity type", field="type")
    key = _key(message, item)
    values, parts = _values(message, mapped, item)
    if not values:
        raise InvalidInput(
            "The message has none of the attributes that the option attributes names"
        )
    observed_at = _moment(message, item)
    return Reading(
        entity_id=f"urn:ngsi-ld:{_term(entity_type)}:{message.source}:{quote(key, safe='-._~:')}",
        entity_type=entity_type,
        observed_at=observed_at,
        values=values,
        thing=_thing(message, item),
        device=key,
        parts=parts,
    )


def _key(message: Message, item: JsonValue) -> str:
    path = _option(message, "device")
    if not path:
        return (message.topic.replace("/", ":").strip(":") or "1")[:_LONGEST_KEY]
    found = lookup(path, message, item)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise InvalidInput(f"The message does not say which device it is of: {path} has no value")
    key = str(found)
    if len(key) > _LONGEST_KEY:
        raise InvalidInput(f"The key of the device at {path} is longer than {_LONGEST_KEY}")
    return key


def _values(
    message: Message, mapped: Sequence[Mapped], item: JsonValue
) -> tuple[dict[str, Value], tuple[str, ...]]:
    values: dict[str, Value] = {}
    parts: list[str] = []
    for one in mapped:
        if one.path == ALL:
            values = {**_all(message, mapped, item), **values}
            continue
        found = lookup(one.path, message, item)
        if found is None:
            continue
        try:
            values[one.attribute] = Value(_converted(found, one), unit_code=one.unit_code)
        except InvalidInput as error:
            parts.append(str(error))
    return values, tuple(parts)


def _all(message: Message, mapped: Sequence[Mapped], item: JsonValue) -> dict[str, Value]:
    """Take every number and truth value under its own name, but those with a meaning of their own."""
    if not isinstance(item, Mapping):
        name = message.topic.rpartition("/")[2] or "value"
        usable = isinstance(item, int | float) and not any(one.path == "$" for one in mapped)
        return {_plain(name): Value(item)} if usable and _plain(name) else {}
    taken = {one.path.removeprefix("$").lstrip(".") for one in mapped}
    taken |= {
        _option(message, name).removeprefix("$").lstrip(".")
        for name in ("device", "time", "longitude", "latitude", "name")
    }
    return {
        _plain(name): Value(value)
        for name, value in item.items()
        if isinstance(value, int | float) and name not in taken and _plain(name)
    }


def _plain(name: str) -> str:
    """Make a name that an attribute can have (4.6.2)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    plain = plain.strip("_")[:128]
    if plain in ("id", "type", "scope"):
        return f"{plain}_"
    return plain if plain and plain[0].isalpha() else ""


def _converted(value: JsonValue, mapped: Mapped) -> JsonValue:
    """Compute with the digits that were sent, so that 215 tenths are 21.5."""
    if mapped.unit_code is None and mapped.factor is None and mapped.offset is None:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidInput(f"{mapped.path} must be a number to become {mapped.attribute}")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise InvalidInput(f"{mapped.path} must be a number to become {mapped.attribute}")
    if mapped.factor is None and mapped.offset is None and not isinstance(value, str):
        return value
    number = number * (mapped.factor or 1) if mapped.factor is not None else number
    number += mapped.offset or 0
    return int(number) if number == number.to_integral_value() else float(number)


def _moment(message: Message, item: JsonValue) -> str:
    path = _option(message, "time")
    if not path:
        return message.received_at
    found = lookup(path, message, item)
    if isinstance(found, str) and found.strip():
        try:
            moment = datetime.fromisoformat(found.strip())
        except ValueError as error:
            raise InvalidInput(f"{path} must be a time (ISO 8601), not {found[:40]}") from error
    elif isinstance(found, int | float) and not isinstance(found, bool):
        seconds = found / 1000 if abs(found) >= _MILLISECONDS else found
        try:
            moment = _EPOCH + timedelta(seconds=seconds)
        except (OverflowError, ValueError) as error:
            raise InvalidInput(f"{path} must be seconds since 1970, not {found}") from error
    else:
        raise InvalidInput(f"The message says no time at {path}")
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError as error:
        raise InvalidInput(f"{path} must be a time after the year 1") from error


def _thing(message: Message, item: JsonValue) -> dict[str, Value]:
    thing: dict[str, Value] = {}
    name = _option(message, "name")
    if name:
        found = lookup(name, message, item)
        if isinstance(found, str) and found:
            thing["name"] = Value(found)
    place = [_coordinate(message, item, axis) for axis in ("longitude", "latitude")]
    longitude, latitude = place
    if longitude is not None and latitude is not None:
        if abs(longitude) > 180 or abs(latitude) > 90:
            raise InvalidInput(f"The position {longitude}, {latitude} is nowhere on earth")
        point: JsonValue = {"type": "Point", "coordinates": [longitude, latitude]}
        thing["location"] = Value(point, kind=AttributeKind.GEO_PROPERTY)
    return thing


def _coordinate(message: Message, item: JsonValue, axis: str) -> float | None:
    text = message.options.get(axis, "")
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    if not str(text):
        return None
    try:
        return float(str(text))
    except ValueError:
        found = lookup(str(text), message, item)
    try:
        return float(found) if isinstance(found, int | float | str) else None
    except ValueError as error:
        raise InvalidInput(f"{text} must be a number of degrees") from error


def _option(message: Message, name: str) -> str:
    return str(message.options.get(name, "")).strip()


def _term(entity_type: str) -> str:
    """Shorten an IRI to what stands in an id."""
    last = entity_type.rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]
    return quote(last or entity_type, safe="")
