"""Parking bays as Opendatasoft publishes them (pure).

It is a register: where bays are, how many, and for whom. It does not say which are free, so no value
has a time of observation, and no status is made up. The fields are those of Eindhoven.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from hanze.connectors import WrongInput
from hanze.connectors.measured import (
    document,
    entity_id,
    json_number,
    known,
    member,
    number,
    point,
    text,
    utc,
)
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.ngsild.model import JsonValue

__all__ = ["decode", "next_start"]

#: For whom a bay is, in words of the data models, by the mark that the city gives it.
_CATEGORIES: Final = {
    "Parkeerplaats": "public",
    "Parkeerplaats Vergunning": "onlyWithPermit",
    "Parkeerplaats Gehandicapten": "onlyDisabled",
    "Parkeerplaats Afgekruist": "noParking",
    "Parkeerplaats laden/lossen": "loadUnload",
    "Parkeerplaats Electrisch opladen": "onlyElectricCharging",
}

Json = Mapping[str, JsonValue]


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of a page of bays, or of all of them.

    Raises:
        WrongInput: It is not JSON, or no answer of Opendatasoft.
    """
    json = document(message.body)
    found = json
    if isinstance(json, Mapping):
        found = json.get("records", json.get("results"))
    if not isinstance(found, list):
        raise WrongInput("The answer must be an array, or have a member records or results")
    for record in found:
        if isinstance(record, Mapping):
            yield _reading(record, message)
        else:
            yield Rejected("A record must be a JSON object", part=str(record))


def next_start(message: Message) -> int | None:
    """Return where the next page of a search starts; `None` after the last one."""
    try:
        json = document(message.body)
    except WrongInput:
        return None
    hits = number(member(json, "nhits"))
    rows = number(member(json, "parameters", "rows"))
    start = number(member(json, "parameters", "start"))
    if hits is None or rows is None or rows < 1:
        return None
    following = int(start or 0) + int(rows)
    return following if following < hits else None


def _reading(record: Json, message: Message) -> Reading | Rejected:
    inner = record.get("fields")
    fields: Json = inner if isinstance(inner, Mapping) else record
    key = text(fields.get("objectid")) or text(record.get("recordid"))
    if key is None:
        return Rejected("A record must have an objectid or a recordid", part=str(record))
    place = _place(record, fields)
    if place is None:
        return Rejected(f"Bay {key} has no place", part=str(record))
    thing: dict[str, Value] = {"location": place}
    parts: list[str] = []
    count = number(fields.get("aantal"))
    if count is None or count < 1 or count != int(count):
        parts.append(f"The number of bays (aantal) of {key} is {fields.get('aantal')}")
        count = None
    street = text(fields.get("straat"))
    if street:
        thing["address"] = known({"streetAddress": street})
    mark = text(fields.get("type_en_merk"))
    if mark in _CATEGORIES:
        thing["category"] = known([_CATEGORIES[mark]])
    elif mark:
        parts.append(f"No category is known for {mark}")
    changed = utc(record.get("record_timestamp"))
    if changed:
        thing["dateModified"] = known({"@type": "DateTime", "@value": changed})
    kind = "ParkingSpot"
    if count is not None and count > 1:
        kind = "ParkingGroup"
        thing["totalSpotNumber"] = Value(json_number(count // 1), unit_code="C62")
    return Reading(
        entity_id(kind, message.source, key), kind, thing=thing, device=key, parts=tuple(parts)
    )


def _place(record: Json, fields: Json) -> Value | None:
    """GeoJSON first: `geo_point_2d` of version 1 has the latitude before the longitude."""
    for shape in (record.get("geometry"), fields.get("geo_shape")):
        inner = member(shape, "geometry") or shape
        position = member(inner, "coordinates")
        if member(inner, "type") == "Point" and isinstance(position, list) and len(position) > 1:
            return point(position[0], position[1])
    pair = fields.get("geo_point_2d")
    if isinstance(pair, list) and len(pair) == 2:
        return point(pair[1], pair[0])
    return point(member(pair, "lon"), member(pair, "lat"))
