"""Answers of Luchtmeetnet's open API: measurements, lists of stations, one station (pure).

A value is the mean of the hour that ends at `timestamp_measured`, in micrograms per cubic metre. A
station that is silent is answered with null, or with its last value under its old time: that is the
same reading again, and the node drops it as a duplicate.
"""

from collections import Counter
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
    text,
    utc,
)
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.ngsild.model import JsonValue

__all__ = ["STATION", "decode", "listed_stations", "next_page"]

_TYPE: Final = "AirQualityObserved"

#: Topic of the answer about one station, which does not hold its number.
STATION: Final = "stations/"

#: An instrument near its zero says a little less than nothing; further down it is broken.
_LOWEST: Final = Decimal(-10)

_FORMULAS: Final = {
    formula: Quantity(term, "GQ", low=_LOWEST)
    for formula, term in {
        "NO": "no",
        "NO2": "no2",
        "NOx": "nox",
        "O3": "o3",
        "SO2": "so2",
        "NH3": "nh3",
        "CO": "co",
        "C6H6": "c6h6",
        "PM10": "pm10",
        "PM25": "pm25",
    }.items()
}


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of an answer.

    Raises:
        WrongInput: It is not JSON, or not an answer of this API.
    """
    json = document(message.body)
    data = member(json, "data")
    if isinstance(data, Mapping):
        yield _station(data, message)
    elif isinstance(data, list):
        yield from _rows(data, message)
    else:
        raise WrongInput('The answer must be an object with a member "data"')


def _rows(data: list[JsonValue], message: Message) -> Iterator[Reading | Rejected]:
    unknown: Counter[str] = Counter()
    for row in data:
        if not isinstance(row, Mapping):
            yield Rejected("A row of data must be a JSON object", part=str(row))
        elif "number" in row:
            yield _listed(row, message)
        elif (formula := text(row.get("formula"))) not in _FORMULAS and formula:
            unknown[formula] += 1
        elif (found := _measured(row, formula, message)) is not None:
            yield found
    # One reason for all of them: they come each hour, of each station that has the instrument.
    for name, count in unknown.items():
        yield Rejected(f"No attribute is known for {name}, which {count} rows are about", part=name)


def _measured(
    row: Mapping[str, JsonValue], formula: str | None, message: Message
) -> Reading | Rejected | None:
    """Make a reading of a row; `None` where the station was silent, which is no mistake."""
    station = text(row.get("station_number"))
    if station is None or formula is None:
        return Rejected("A measurement must have station_number and formula", part=str(row))
    if row.get("value") is None:
        return None
    moment = utc(row.get("timestamp_measured"))
    if moment is None:
        return Rejected("timestamp_measured must be a time", part=str(row))
    quantity = _FORMULAS[formula]
    value = quantity.of(number(row["value"]))
    if value is None:
        return Rejected(f"{formula} is {row['value']}, which is no concentration", part=station)
    key = entity_id(_TYPE, message.source, station)
    thing = {"stationCode": known(station)}
    return Reading(key, _TYPE, moment, {quantity.term: value}, thing, station)


def _listed(row: Mapping[str, JsonValue], message: Message) -> Reading | Rejected:
    station = text(row.get("number"))
    if station is None:
        return Rejected("A station must have a number", part=str(row))
    thing = {"stationCode": known(station)}
    name = text(row.get("location"))
    if name:
        thing["stationName"] = known(name)
    return Reading(entity_id(_TYPE, message.source, station), _TYPE, thing=thing, device=station)


def _station(data: Mapping[str, JsonValue], message: Message) -> Reading | Rejected:
    _, named, number_of_topic = message.topic.rpartition(STATION)
    station = text(data.get("number")) or (number_of_topic if named else "")
    if not station:
        return Rejected(
            f"The answer does not say which station it is about: its topic must be {STATION}<number>",
            part=str(data),
        )
    thing: dict[str, Value] = {"stationCode": known(station)}
    for term, name in {
        "stationName": "location",
        "owner": "organisation",
        "areaServed": "municipality",
        "category": "type",
    }.items():
        told = text(data.get(name))
        if told:
            thing[term] = known(told)
    position = member(data, "geometry", "coordinates")
    if isinstance(position, list) and len(position) >= 2:
        place = point(position[0], position[1])
        if place is not None:
            thing["location"] = place
    return Reading(entity_id(_TYPE, message.source, station), _TYPE, thing=thing, device=station)


def next_page(message: Message) -> int | None:
    """Return the number of the page that follows an answer; `None` after the last one."""
    try:
        pages = member(document(message.body), "pagination")
    except WrongInput:
        return None
    here, last = number(member(pages, "current_page")), number(member(pages, "last_page"))
    return int(here) + 1 if here is not None and last is not None and here < last else None


def listed_stations(message: Message) -> list[str]:
    """Return the numbers of the stations that a page lists."""
    try:
        rows = objects(member(document(message.body), "data"))
    except WrongInput:
        return []
    return [station for row in rows if (station := text(row.get("number")))]
