"""Answers of an OGC SensorThings service: Things, Locations, Datastreams, Observations (pure).

A Thing is one entity, by its name; what its Datastreams measure are its attributes. Which Thing an
answer is about stands in it, or in the topic that `source` gives it:
"Things/<name>", "Things/<name>/Datastreams", "Things/<name>/Locations" and
"Things/<name>/Datastreams/<name>/<unit>/Observations", with percent signs as in a URL.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote

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
    text,
    utc,
)
from hanze.connectors.sensorthings.quantities import quantity_of, thing_of
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.ngsild.model import JsonValue

__all__ = ["decode"]

_TYPE: Final = "AirQualityObserved"

Json = Mapping[str, JsonValue]

#: Attributes that Things measure, by name of the Thing.
_Measuring = dict[str, list[JsonValue]]


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of an answer.

    Raises:
        WrongInput: It is not JSON, or no object.
    """
    json = document(message.body)
    if not isinstance(json, Mapping):
        raise WrongInput("The answer must be a JSON object")
    listed = json.get("value")
    measuring: _Measuring = {}
    for one in listed if isinstance(listed, list) else [json]:
        if isinstance(one, Mapping):
            yield from _one(one, message, _path(message), measuring)
        else:
            yield Rejected("A member of value must be a JSON object", part=str(one))
    for thing, terms in measuring.items():
        controlled = {"controlledProperty": known(list(dict.fromkeys(terms)))}
        yield _reading(message, thing, thing=controlled)


def _one(
    one: Json, message: Message, path: list[str], measuring: _Measuring
) -> Iterator[Reading | Rejected]:
    above = path[1] if len(path) > 1 and path[0] == "Things" else None
    if "result" in one:
        yield from _observed(one, message, path, above)
    elif "unitOfMeasurement" in one:
        yield from _datastream(one, message, above or thing_of(one), measuring)
    elif "location" in one:
        yield from _location(one, message, above)
    elif text(one.get("name")):
        yield from _thing(one, message, measuring)
    else:
        yield Rejected("The answer is no Thing, Location, Datastream or Observation", part=str(one))


def _thing(one: Json, message: Message, measuring: _Measuring) -> Iterator[Reading | Rejected]:
    name = text(one.get("name")) or ""
    about = {"name": known(name)}
    owner = text(member(one, "properties", "owner"))
    if owner:
        about["owner"] = known(owner)
    place = next((found for one in objects(one.get("Locations")) if (found := _place(one))), None)
    if place is not None:
        about["location"] = place
    yield _reading(message, name, thing=about)
    for stream in objects(one.get("Datastreams")):
        yield from _datastream(stream, message, name, measuring)


def _location(one: Json, message: Message, thing: str | None) -> Iterator[Reading | Rejected]:
    names = [thing] if thing else [text(owner.get("name")) for owner in objects(one.get("Things"))]
    place = _place(one)
    if place is None:
        yield Rejected("A Location must be a GeoJSON Point or Feature of one", part=str(one))
        return
    for name in names:
        if name:
            yield _reading(message, name, thing={"location": place})


def _place(one: Json) -> Value | None:
    shape = one.get("location")
    if member(shape, "type") == "Feature":
        shape = member(shape, "geometry")
    position = member(shape, "coordinates")
    if member(shape, "type") != "Point" or not isinstance(position, list) or len(position) < 2:
        return None
    return point(*position[:3])


def _datastream(
    one: Json, message: Message, thing: str | None, measuring: _Measuring
) -> Iterator[Reading | Rejected]:
    if thing is None:
        yield Rejected("The Datastream does not say of which Thing it is", part=str(one))
        return
    quantity = quantity_of(one)
    if isinstance(quantity, str):
        yield Rejected(quantity, part=text(one.get("name")) or thing)
        return
    measuring.setdefault(thing, []).append(quantity.term)
    for observation in objects(one.get("Observations")):
        yield from _value(observation, quantity, message, thing)


def _observed(
    one: Json, message: Message, path: list[str], thing: str | None
) -> Iterator[Reading | Rejected]:
    inlined = one.get("Datastream")
    stream: Json = inlined if isinstance(inlined, Mapping) else {}
    if len(path) == 6 and path[5] == "Observations":
        stream = {"name": path[3], "unitOfMeasurement": {"symbol": path[4]}}
    thing = thing or thing_of(stream)
    quantity = quantity_of(stream)
    if thing is None or isinstance(quantity, str):
        why = "no Thing" if thing is None else str(quantity)
        yield Rejected(f"The Observation is of an unknown Datastream: {why}", part=str(one))
        return
    yield from _value(one, quantity, message, thing)


def _value(
    one: Json, quantity: Quantity, message: Message, thing: str
) -> Iterator[Reading | Rejected]:
    # null says that nothing was measured.
    if one.get("result") is None:
        return
    # An interval ends when the mean is complete.
    moment = utc((text(one.get("phenomenonTime")) or "").rpartition("/")[2])
    value = quantity.of(number(one["result"]))
    if moment is None:
        yield Rejected("phenomenonTime must be a time or an interval", part=str(one))
    elif value is None:
        why = f"{quantity.term} is {one['result']}, which is no value"
        yield Rejected(why, part=thing)
    else:
        yield _reading(message, thing, moment, {quantity.term: value})


def _reading(
    message: Message,
    thing_name: str,
    moment: str | None = None,
    values: Mapping[str, Value] | None = None,
    *,
    thing: Mapping[str, Value] | None = None,
) -> Reading:
    kind = text(message.options.get("entity_type")) or _TYPE
    return Reading(
        entity_id(kind, message.source, thing_name),
        kind,
        observed_at=moment,
        values=values or {},
        thing=thing or {},
        device=thing_name,
    )


def _path(message: Message) -> list[str]:
    return [unquote(part) for part in message.topic.split("/")]
