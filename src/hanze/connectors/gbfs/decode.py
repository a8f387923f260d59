"""GBFS feeds of stations: what they are, and what is free there (pure).

Version 3 renamed bikes to vehicles, writes times as text and names in several languages; earlier
versions write POSIX seconds. A station without capacity is none that has no room: it is left out.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from hanze.connectors import WrongInput
from hanze.connectors.measured import (
    Quantity,
    document,
    entity_id,
    known,
    member,
    number,
    objects,
    point,
    seconds,
    text,
    utc,
)
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.ngsild.model import JsonValue

__all__ = ["decode", "feeds", "ttl_s"]

_TYPE: Final = "BikeHireDockingStation"

Json = Mapping[str, JsonValue]


def _count(term: str) -> Quantity:
    return Quantity(term, "C62", low=Decimal(0))


_COUNTS: Final = {
    "num_bikes_available": _count("availableBikeNumber"),
    "num_vehicles_available": _count("availableBikeNumber"),
    "num_docks_available": _count("freeSlotNumber"),
    "num_docks_disabled": _count("outOfServiceSlotNumber"),
}
_CAPACITY: Final = _count("totalSlotNumber")


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of a feed; of those that are not about stations nothing.

    Raises:
        WrongInput: It is not JSON, or no feed of GBFS.
    """
    json = document(message.body)
    data = member(json, "data")
    if not isinstance(json, Mapping) or not isinstance(data, Mapping | list):
        raise WrongInput('A feed of GBFS must be an object with a member "data"')
    stations = member(data, "stations")
    for station in stations if isinstance(stations, list) else ():
        if not isinstance(station, Mapping):
            yield Rejected("A station must be a JSON object", part=str(station))
            continue
        key = text(station.get("station_id"))
        if key is None:
            yield Rejected("A station must have a station_id", part=str(station))
        elif "last_reported" in station or any(name in station for name in _COUNTS):
            yield _status(key, station, json, message)
        else:
            yield _information(key, station, message)


def feeds(message: Message) -> Mapping[str, str]:
    """Return the addresses that gbfs.json names, by name of the feed; of several languages one."""
    try:
        data = member(document(message.body), "data")
    except WrongInput:
        return {}
    if not isinstance(data, Mapping):
        return {}
    listed = data.get("feeds")
    if listed is None:
        wanted = str(message.options.get("language", "en"))
        languages = [one for one in (wanted, *data) if isinstance(member(data, one), Mapping)]
        listed = member(data, languages[0], "feeds") if languages else None
    named = ((text(one.get("name")), text(one.get("url"))) for one in objects(listed))
    return {name: url for name, url in named if name and url}


def ttl_s(message: Message) -> float | None:
    """Return how long an answer holds, in seconds; `None` where it does not say."""
    try:
        found = number(member(document(message.body), "ttl"))
    except WrongInput:
        return None
    return float(found) if found is not None and found >= 0 else None


def _status(key: str, station: Json, feed: Json, message: Message) -> Reading:
    moment = _time(station.get("last_reported")) or _time(feed.get("last_updated"))
    values: dict[str, Value] = {}
    parts: list[str] = []
    for name, quantity in _COUNTS.items():
        value = quantity.of(number(station.get(name)))
        if value is not None:
            values[quantity.term] = value
        elif station.get(name) is not None:
            parts.append(f"{name} is {station[name]}, which is no number of things")
    status = _state(station)
    if status:
        values["status"] = Value(status)
    if moment is None:
        parts.append("The feed tells no time: the time of arrival is kept")
    return Reading(
        entity_id(_TYPE, message.source, key),
        _TYPE,
        observed_at=(moment or message.received_at) if values else None,
        values=values,
        device=key,
        parts=tuple(parts),
    )


def _state(station: Json) -> str | None:
    """Say in a word of the data model what a station does; version 1 writes 0 and 1."""
    told = [station.get(name) for name in ("is_installed", "is_renting", "is_returning")]
    if any(flag not in (0, 1) for flag in told):
        return None
    installed, renting, returning = told
    if not installed:
        return "outOfService"
    if renting and returning:
        return "working"
    return "withIncidence" if renting or returning else "outOfService"


def _information(key: str, station: Json, message: Message) -> Reading:
    thing: dict[str, Value] = {}
    name = _name(station.get("name"), message)
    if name:
        thing["name"] = known(name)
    street = text(station.get("address"))
    if street:
        thing["address"] = known({"streetAddress": street})
    place = point(station.get("lon"), station.get("lat"))
    if place is not None:
        thing["location"] = place
    capacity = _CAPACITY.of(number(station.get("capacity")))
    if capacity is not None:
        thing["totalSlotNumber"] = capacity
    return Reading(entity_id(_TYPE, message.source, key), _TYPE, thing=thing, device=key)


def _name(json: JsonValue, message: Message) -> str | None:
    """A text, or of version 3 the one in the wanted language, else the first."""
    if not isinstance(json, list):
        return text(json)
    wanted = str(message.options.get("language", "en"))
    told = {str(one.get("language")): text(one.get("text")) for one in objects(json)}
    return told.get(wanted) or next(iter(told.values()), None)


def _time(json: JsonValue) -> str | None:
    return utc(json) if isinstance(json, str) else seconds(json)
