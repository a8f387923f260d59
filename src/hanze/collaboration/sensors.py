"""Sensors that residents add themselves, with a key that they gave themselves.

A key reaches the sensors that carry its id, and nothing else. Where a sensor hangs is kept to about
100 m, so that it does not tell where somebody lives.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import create_entity, delete_entity, find_entity, update_attributes
from hanze.collaboration.inert import inert
from hanze.errors import Conflicting, InvalidInput, NotFound
from hanze.identity.caller import Caller
from hanze.identity.resident_keys import key_id_of
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Fragment, Instances, JsonValue
from hanze.ngsild.moment import normalise_datetime, parse_datetime
from hanze.ngsild.vocabulary import HANZE

__all__ = [
    "QUANTITIES",
    "SENSORS_PER_KEY",
    "SENSOR_TYPE",
    "NewSensor",
    "OwnSensor",
    "Quantity",
    "SensorNotFound",
    "TooManySensors",
    "UnfitReading",
    "add_readings",
    "add_sensor",
    "own_sensors",
    "remove_sensors",
    "sensor_prefix",
]

SENSOR_TYPE: Final = HANZE.expand_name("CitizenSensor")
SENSORS_PER_KEY: Final = 20
#: Decimals of a degree: 111 m from north to south, and less from east to west.
_DECIMALS: Final = 3
_NAME: Final = 80
_AHEAD_US: Final = 5 * 60 * 1_000_000
_BEHIND_US: Final = 31 * 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a sensor may measure: its unit (UN/CEFACT Recommendation 20) and sane bounds."""

    unit: str
    least: float
    most: float


#: By term: in which unit values are sent, and between what they must lie.
QUANTITIES: Final[Mapping[str, Quantity]] = {
    "LAeq": Quantity("2N", 0, 194),
    "co2": Quantity("59", 0, 100_000),
    "illuminance": Quantity("LUX", 0, 200_000),
    "no2": Quantity("GQ", 0, 10_000),
    "pm10": Quantity("GQ", 0, 10_000),
    "pm25": Quantity("GQ", 0, 10_000),
    "precipitation": Quantity("MMT", 0, 1_000),
    "pressure": Quantity("PAL", 80_000, 110_000),
    "relativeHumidity": Quantity("C62", 0, 1),
    "temperature": Quantity("CEL", -60, 70),
    "waterLevel": Quantity("MTR", -50, 5_000),
    "waterTemperature": Quantity("CEL", -5, 60),
}


class UnfitReading(InvalidInput):
    """A sensor or a reading cannot be taken as it is."""


class SensorNotFound(NotFound):
    """The key has no sensor of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"This key has no sensor {number}")


class TooManySensors(Conflicting):
    """A key has as many sensors as it may."""

    def __init__(self) -> None:
        super().__init__(f"A key has at most {SENSORS_PER_KEY} sensors")


class NewSensor(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor that somebody adds.

    Attributes:
        name: In a few words.
        longitude: Where it hangs, in degrees; it is rounded to about 100 m.
        latitude: In degrees, likewise.
        model: What kind of sensor it is, e.g. "SDS011".
        indoor: Whether it hangs inside.
    """

    name: str
    longitude: float
    latitude: float
    model: str | None = None
    indoor: bool = False


@dataclass(frozen=True, slots=True)
class OwnSensor:
    """A sensor of a key: its number names it there, its id everywhere."""

    number: int
    id: str
    name: str
    values: Mapping[str, float]
    observed_at: str | None


def sensor_prefix(key_id: str) -> str:
    """Return what the ids of all sensors of a key begin with."""
    return f"urn:ngsi-ld:CitizenSensor:resident:{key_id}:"


async def add_sensor(store: Store, caller: Caller, sensor: NewSensor, *, now: str) -> OwnSensor:
    """Add a sensor of the caller's key.

    Raises:
        NotAResidentKey: The caller has no such key.
        TooManySensors: It has as many as it may.
        UnfitReading: The place is not on earth.
        TextRefused: The name is empty or too long.
    """
    prefix = sensor_prefix(key_id_of(caller))
    name = inert(sensor.name, field="name", most=_NAME)
    attributes = _about(sensor, name)

    def unit(uow: UnitOfWork) -> OwnSensor:
        for number in range(1, SENSORS_PER_KEY + 1):
            if find_entity(uow, caller, f"{prefix}{number}", now=now) is None:
                entity = Entity(id=f"{prefix}{number}", types=(SENSOR_TYPE,), attributes=attributes)
                create_entity(uow, caller, entity, context=HANZE, now=now)
                return _own(number, entity)
        raise TooManySensors

    return await store.transact(unit)


async def add_readings(
    store: Store,
    caller: Caller,
    number: int,
    values: Mapping[str, float],
    *,
    observed_at: str | None = None,
    now: str,
) -> OwnSensor:
    """Take what a sensor of the caller's key measured.

    Args:
        values: By term of `QUANTITIES`, in its unit.
        observed_at: DateTime text; now unless it is said.

    Raises:
        NotAResidentKey: The caller has no such key.
        SensorNotFound: The key has no such sensor.
        UnfitReading: A quantity is not known, or a value or time cannot be.
    """
    prefix = sensor_prefix(key_id_of(caller))
    at = _moment(observed_at, now)
    fragment = Fragment(attributes=_measured(values, at))

    def unit(uow: UnitOfWork) -> OwnSensor:
        if find_entity(uow, caller, f"{prefix}{number}", now=now) is None:
            raise SensorNotFound(number)
        done = update_attributes(uow, caller, f"{prefix}{number}", fragment, now=now)
        return _own(number, done.entity)

    return await store.transact(unit)


def own_sensors(store: Store, caller: Caller) -> tuple[OwnSensor, ...]:
    """List the sensors of the caller's key, by number.

    Raises:
        NotAResidentKey: The caller has no such key.
    """
    prefix = sensor_prefix(key_id_of(caller))
    numbers = range(1, SENSORS_PER_KEY + 1)
    found = ((one, store.stored(caller.tenant, f"{prefix}{one}")) for one in numbers)
    return tuple(_own(one, store.load(stored)) for one, stored in found if stored is not None)


async def remove_sensors(
    store: Store, caller: Caller, number: int | None = None, *, now: str
) -> int:
    """Remove a sensor of the caller's key, or all of them.

    Returns:
        How many went.

    Raises:
        NotAResidentKey: The caller has no such key.
        SensorNotFound: The key has no such sensor.
    """
    prefix = sensor_prefix(key_id_of(caller))
    numbers = range(1, SENSORS_PER_KEY + 1) if number is None else (number,)

    def unit(uow: UnitOfWork) -> int:
        there = [
            one
            for one in numbers
            if find_entity(uow, caller, f"{prefix}{one}", now=now) is not None
        ]
        if number is not None and not there:
            raise SensorNotFound(number)
        for one in there:
            delete_entity(uow, caller, f"{prefix}{one}", now=now)
        return len(there)

    return await store.transact(unit)


def _about(sensor: NewSensor, name: str) -> dict[str, Instances]:
    east, north = sensor.longitude, sensor.latitude
    if not (-180 <= east <= 180 and -90 <= north <= 90):
        raise UnfitReading("A sensor must be on earth", field="longitude", value=east)
    place: JsonValue = {
        "type": "Point",
        "coordinates": [round(east, _DECIMALS), round(north, _DECIMALS)],
    }
    rounded = {HANZE.expand_name("locationRounded"): _property(True)}
    found = {
        "name": _property(name),
        "provenance": _property("resident"),
        "typeofLocation": _property("indoor" if sensor.indoor else "outdoor"),
        "location": (Attribute(kind=AttributeKind.GEO_PROPERTY, value=place, attributes=rounded),),
    }
    if sensor.model is not None:
        found["sensorType"] = _property(inert(sensor.model, field="model", most=_NAME))
    return {HANZE.expand_name(term): value for term, value in found.items()}


def _measured(values: Mapping[str, float], at: str) -> dict[str, Instances]:
    if not values:
        raise UnfitReading("A reading must have at least one value", field="values")
    found: dict[str, Instances] = {}
    for term, value in values.items():
        quantity = QUANTITIES.get(term)
        if quantity is None:
            raise UnfitReading(
                f"{term[:40]} is not taken; there are: {', '.join(QUANTITIES)}", field=term[:40]
            )
        if not math.isfinite(value) or not quantity.least <= value <= quantity.most:
            raise UnfitReading(
                f"{term} must lie between {quantity.least:g} and {quantity.most:g} "
                f"({quantity.unit})",
                field=term,
                value=value,
            )
        found[HANZE.expand_name(term)] = (
            Attribute(
                kind=AttributeKind.PROPERTY, value=value, unit_code=quantity.unit, observed_at=at
            ),
        )
    date: JsonValue = {"@type": "DateTime", "@value": at}
    found[HANZE.expand_name("dateObserved")] = (
        Attribute(kind=AttributeKind.PROPERTY, value=date, observed_at=at),
    )
    return found


def _moment(observed_at: str | None, now: str) -> str:
    if observed_at is None:
        return now
    at = normalise_datetime(observed_at, field="observedAt")
    age = parse_datetime(now) - parse_datetime(at)
    if not -_AHEAD_US <= age <= _BEHIND_US:
        raise UnfitReading(
            "A reading must be of the last 31 days, and not lie ahead",
            field="observedAt",
            value=observed_at,
        )
    return at


def _own(number: int, entity: Entity) -> OwnSensor:
    def first(term: str) -> Attribute | None:
        instances = entity.attributes.get(HANZE.expand_name(term))
        return instances[0] if instances else None

    name, latest = first("name"), first("dateObserved")
    found = {term: first(term) for term in QUANTITIES}
    return OwnSensor(
        number=number,
        id=entity.id,
        name=str(name.value) if name is not None else "",
        values={
            term: float(one.value)
            for term, one in found.items()
            if one is not None and isinstance(one.value, int | float)
        },
        observed_at=latest.observed_at if latest is not None else None,
    )


def _property(value: JsonValue) -> Instances:
    return (Attribute(kind=AttributeKind.PROPERTY, value=value),)
