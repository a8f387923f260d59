"""Raw values of the Smart Emission stations in Nijmegen (pure).

A station measures air, weather and sound every few seconds, and sends whole numbers: millikelvin,
thousandths of a percent, pascal, packed decibels. Gases come with some records only; what the station
says of them in ppb is not calibrated, so it has a datasetId of its own beside its raw resistances.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from hanze.connectors import WrongInput
from hanze.connectors.measured import (
    Quantity,
    dataset,
    document,
    entity_id,
    known,
    number,
    text,
    utc,
)
from hanze.connectors.smart_emission.encoded import place_of, sound_level
from hanze.connectors.streaming import Message, Reading, Rejected, Value
from hanze.ngsild.model import JsonValue

__all__ = ["decode"]

_MOST_DOCUMENTS: Final = 10_000

_THOUSANDTH: Final = Decimal("0.001")
_UNCALIBRATED: Final = dataset("uncalibrated")


def _gas(term: str) -> Quantity:
    return Quantity(term, "61", low=Decimal(1), dataset_id=_UNCALIBRATED)


def _resistance(term: str) -> Quantity:
    return Quantity(term, "OHM", low=Decimal(1))


#: Ranges are those in which the project itself trusts its stations; 0 says that a sensor is absent.
_QUANTITIES: Final[Mapping[str, Mapping[str, Quantity]]] = {
    "AirQualityObserved": {
        "s_co2": Quantity("co2", "59", _THOUSANDTH, low=Decimal(1)),
        "s_co": _gas("co"),
        "s_no2": _gas("no2"),
        "s_o3": _gas("o3"),
        "s_coresistance": _resistance("coResistance"),
        "s_no2resistance": _resistance("no2Resistance"),
        "s_o3resistance": _resistance("o3Resistance"),
    },
    "WeatherObserved": {
        "s_temperatureambient": Quantity(
            "temperature",
            "CEL",
            _THOUSANDTH,
            offset=Decimal(-273_150),
            low=Decimal(233_150),
            high=Decimal(398_150),
        ),
        "s_humidity": Quantity(
            "relativeHumidity",
            "C62",
            Decimal("0.00001"),
            low=Decimal(20_000),
            high=Decimal(100_000),
        ),
        "s_barometer": Quantity(
            "atmosphericPressure",
            "A97",
            Decimal("0.01"),
            low=Decimal(20_000),
            high=Decimal(110_000),
        ),
        "s_lightsensortop": Quantity("illuminance", "LUX", low=Decimal(0), high=Decimal(200_000)),
    },
}
_SOUND: Final = "NoiseLevelObserved"


def decode(message: Message) -> Iterator[Reading | Rejected]:
    """Make readings of last values, of an hour, or of several documents one after the other.

    Raises:
        WrongInput: The message is no JSON at all.
    """
    for one in _documents(message.body):
        series = one.get("timeseries") if isinstance(one, Mapping) else None
        for record in series if isinstance(series, list) else [one]:
            if isinstance(record, Rejected):
                yield record
            elif not isinstance(record, Mapping):
                yield Rejected("A record must be a JSON object", part=str(record))
            elif "time" in record:
                yield from _record(record, message)
            elif not {"devices", "days", "outputs", "hours"} & record.keys():
                yield Rejected("The record has no time", part=str(record))


def _documents(body: bytes) -> Iterator[JsonValue | Rejected]:
    try:
        found = document(body)
    except WrongInput:
        yield from _one_after_the_other(body)
    else:
        yield from found if isinstance(found, list) else [found]


def _one_after_the_other(body: bytes) -> Iterator[JsonValue | Rejected]:
    """Answers of several stations, put into one file without commas between them."""
    try:
        written = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise WrongInput("The message must be UTF-8") from error
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(_MOST_DOCUMENTS):
        if place >= len(written):
            return
        try:
            one, place = decoder.raw_decode(written, place)
        except (ValueError, RecursionError) as error:
            if place == 0:
                raise WrongInput(f"The message is not JSON: {error}") from error
            yield Rejected(f"From place {place} on the text is no JSON: {error}")
            return
        yield one
        while written[place : place + 1].isspace():
            place += 1
    raise WrongInput(f"The message holds more than {_MOST_DOCUMENTS} documents")


def _record(record: Mapping[str, JsonValue], message: Message) -> Iterator[Reading | Rejected]:
    station = text(record.get("id")) or text(record.get("p_unitserialnumber"))
    moment = utc(_zoned(record.get("time")))
    if station is None or moment is None:
        why = "names no station" if station is None else "has a time that is none"
        yield Rejected(f"The record {why}", part=str(record))
        return
    thing: dict[str, Value] = {"stationCode": known(station)}
    place = place_of(record.get("s_longitude"), record.get("s_latitude"))
    if place is not None:
        thing["location"] = place
    found = {kind: _values(record, known_) for kind, known_ in _QUANTITIES.items()}
    level = sound_level(record)
    found[_SOUND] = {} if level is None else {"LAeq": Value(level, unit_code="2N")}
    for kind, values in found.items():
        if values:
            key = entity_id(kind, message.source, station)
            yield Reading(key, kind, moment, values, thing, device=station)
    if not any(found.values()):
        yield Rejected(f"Station {station} sends nothing that can be used", part=moment)


def _values(
    record: Mapping[str, JsonValue], quantities: Mapping[str, Quantity]
) -> dict[str, Value]:
    made = (
        (quantity.term, quantity.of(number(record.get(name))))
        for name, quantity in quantities.items()
    )
    return {term: value for term, value in made if value is not None}


def _zoned(json_time: JsonValue) -> JsonValue:
    """The specification writes "2015/12/22 18:34:56Z", the service ISO 8601."""
    return json_time.replace("/", "-") if isinstance(json_time, str) else None
