"""Fields of decoded LoRaWAN payloads as attributes: names, units and times (pure).

A payload is whatever its maker's decoder answers: flat names, names in names, `{value, unit}`, or
several readings with a time each. Only what is certain is taken: the unit that stands beside the
value, or the one that the name has everywhere. The source's option `fields` names the rest:
"count=peopleCount:C62, level_mm=waterLevel:MTR:0.001, typical_size=-"; what "-" stands for is passed
over.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from hanze.connectors import WrongInput
from hanze.connectors.measured import Quantity, dataset, number, seconds, utc
from hanze.connectors.streaming import Value
from hanze.ngsild.model import JsonValue

__all__ = ["Fields", "Sample", "read_fields", "samples"]

_DEEPEST: Final = 5
_MOST: Final = 500

_TIMES: Final = frozenset(
    {
        *("time", "timestamp", "ts", "datetime", "date_time", "observed_at", "measured_at"),
        *("recorded_at", "sampled_at", "measurement_time", "systimestamp", "sys_timestamp"),
    }
)

#: What says which device or format it is, not what was measured.
_BOOKKEEPING: Final = frozenset({"bat_status", "device_id", "protocol_version"})


class _Kind(NamedTuple):
    """A physical quantity: its unit in the data model, and what others are in it.

    Attributes:
        code: UN/CEFACT Recommendation 20.
        units: Factor and offset by unit: `(number + offset) * factor`.
        bare: Unit of a number that names none; "" where its size tells (`ranges`).
        ranges: Least and greatest number by unit. They do not overlap.
    """

    code: str
    units: Mapping[str, tuple[str, str]]
    bare: str = ""
    ranges: Mapping[str, tuple[int, int]] = {}


_TEMPERATURE = _Kind("CEL", {"c": ("1", "0"), "k": ("1", "-273.15")}, bare="c")
_SHARE = _Kind("C62", {"%": ("0.01", "0")}, bare="%")
#: No place on Earth has air between 110 kPa and 300 hPa told in the other's unit.
_PRESSURE = _Kind(
    "A97",
    {"hpa": ("1", "0"), "mbar": ("1", "0"), "pa": ("0.01", "0"), "kpa": ("10", "0")},
    ranges={"kpa": (30, 110), "hpa": (300, 1_100), "pa": (30_000, 110_000)},
)
_VOLTAGE = _Kind(
    "VLT", {"v": ("1", "0"), "mv": ("0.001", "0")}, ranges={"v": (0, 60), "mv": (500, 60_000)}
)
_DUST = _Kind("GQ", {"ug/m3": ("1", "0"), "mg/m3": ("1000", "0")}, bare="ug/m3")
_FRACTION = _Kind("59", {"ppm": ("1", "0"), "ppb": ("0.001", "0")}, bare="ppm")
_SOUND = _Kind("2N", {"db": ("1", "0"), "dba": ("1", "0"), "db(a)": ("1", "0")}, bare="db")
_LIGHT = _Kind("LUX", {"lux": ("1", "0"), "lx": ("1", "0")}, bare="lux")
_COUNT = _Kind("C62", {"": ("1", "0")}, bare="")

#: Attribute and quantity by the names that decoders give it, in lower case with underscores.
_FIELDS: Final[Mapping[str, tuple[str, _Kind, str | None]]] = {
    name: (term, kind, instance)
    for term, kind, instance, names in (
        (
            "temperature",
            _TEMPERATURE,
            None,
            "temperature temp temp_c temp_c_sht air_temperature ambient_temperature",
        ),
        ("temperature", _TEMPERATURE, "external-probe", "temp_c_ds"),
        ("soilTemperature", _TEMPERATURE, None, "soil_temperature"),
        ("waterTemperature", _TEMPERATURE, None, "water_temperature"),
        (
            "relativeHumidity",
            _SHARE,
            None,
            "humidity hum_sht relative_humidity air_humidity air_relative_humidity",
        ),
        ("soilMoistureVwc", _SHARE, None, "soil_moisture volumetric_water_content"),
        (
            "atmosphericPressure",
            _PRESSURE,
            None,
            "pressure air_pressure barometric_pressure atmospheric_pressure",
        ),
        ("co2", _FRACTION, None, "co2 co2_ppm co2_concentration air_co2"),
        ("pm1", _DUST, None, "pm1 pm1_0 pm1_0_mass_concentration"),
        ("pm25", _DUST, None, "pm25 pm2_5 pm2_5_mass_concentration"),
        ("pm4", _DUST, None, "pm4 pm4_mass_concentration"),
        ("pm10", _DUST, None, "pm10 pm10_mass_concentration"),
        ("LAeq", _SOUND, None, "laeq la_eq"),
        ("LAmax", _SOUND, None, "lamax la_max"),
        ("illuminance", _LIGHT, None, "illuminance air_light_intensity"),
        ("batteryVoltage", _VOLTAGE, None, "battery_voltage bat_v vbat battery_v"),
        ("batteryLevel", _SHARE, None, "battery_level battery_percent battery_percentage"),
    )
    for name in names.split()
}


#: What the source says of fields, by name; `None` passes over one.
Fields = Mapping[str, Quantity | None]


class Sample(NamedTuple):
    """What was measured at one moment.

    Attributes:
        observed_at: DateTime text where the payload carries one.
        values: By attribute.
        unread: Names of numbers that no attribute is known for, or whose unit is unclear.
    """

    observed_at: str | None
    values: Mapping[str, tuple[Value, ...]]
    unread: tuple[str, ...]


def read_fields(option: JsonValue) -> Fields:
    """Read the option `fields`: name=attribute:unit[:factor] or name=-, with commas between them.

    Raises:
        WrongInput: It is not written like that.
    """
    fields: dict[str, Quantity | None] = {}
    for entry in str(option or "").split(","):
        if not entry.strip():
            continue
        name, equals, meaning = (part.strip() for part in entry.partition("="))
        if name and meaning == "-":
            fields[_snake(name)] = None
            continue
        term, *rest = (part.strip() for part in meaning.split(":"))
        factor = number(rest[1]) if len(rest) == 2 else Decimal(1)
        if not (name and equals and term and rest and rest[0]) or len(rest) > 2 or factor is None:
            raise WrongInput(
                f"The option fields must be name=attribute:unit or name=attribute:unit:factor, "
                f"with commas between them; {entry.strip()!r} is not"
            )
        fields[_snake(name)] = Quantity(term, rest[0], factor)
    return fields


def samples(payload: JsonValue, fields: Fields) -> Iterator[Sample]:
    """Yield what a decoded payload holds: a sample, and one for each member of it with a time."""
    found: dict[str, dict[str | None, Value]] = {}
    unread: list[str] = []
    later: list[JsonValue] = []
    for path, leaf in _leaves(payload, "", 0):
        if isinstance(leaf, list):
            later += leaf
            continue
        number_, unit = _valued(leaf)
        if number_ is None:
            continue
        value = _value(path, number_, unit, fields)
        if value is None:
            if _snake(path) not in _BOOKKEEPING and fields.get(_snake(path), path) is not None:
                unread.append(path)
            continue
        term, made = value
        found.setdefault(term, {}).setdefault(made.dataset_id, made)
    values = {term: tuple(instances.values()) for term, instances in found.items()}
    if values or unread:
        yield Sample(_time_of(payload), values, tuple(unread))
    for one in later[:_MOST]:
        if isinstance(one, Mapping):
            yield from samples(one, fields)


def _leaves(json: JsonValue, path: str, depth: int) -> Iterator[tuple[str, JsonValue]]:
    """Yield numbers, valued objects and arrays of objects, with their path of names."""
    if not isinstance(json, Mapping) or depth > _DEEPEST:
        return
    for name, one in json.items():
        here = f"{path}_{name}" if path else name
        if _snake(name) in _TIMES:
            continue
        if isinstance(one, Mapping) and "value" not in one:
            yield from _leaves(one, here, depth + 1)
        elif isinstance(one, int | float | Mapping) or (
            isinstance(one, list) and any(isinstance(part, Mapping) for part in one)
        ):
            yield here, one


def _valued(leaf: JsonValue) -> tuple[Decimal | None, str | None]:
    if isinstance(leaf, Mapping):
        unit = leaf.get("unit")
        return number(leaf.get("value")), unit if isinstance(unit, str) else None
    return number(leaf), None


def _value(path: str, found: Decimal, unit: str | None, fields: Fields) -> tuple[str, Value] | None:
    name = _snake(path)
    if name in fields:
        quantity = fields[name]
        value = quantity.of(found) if quantity else None
        return (quantity.term, value) if quantity and value else None
    if name not in _FIELDS:
        return None
    term, kind, instance = _FIELDS[name]
    conversion = kind.units.get(_unit(found, unit, kind))
    if conversion is None:
        return None
    factor, offset = map(Decimal, conversion)
    dataset_id = dataset(instance) if instance else None
    quantity = Quantity(term, kind.code, factor, offset, dataset_id=dataset_id)
    value = quantity.of(found)
    return (term, value) if value else None


def _unit(found: Decimal, unit: str | None, kind: _Kind) -> str:
    if unit is not None:
        plain = unit.strip().lower().replace("³", "3").replace("°", "")
        return plain.replace("µ", "u").replace("μ", "u")
    likely = (name for name, (low, high) in kind.ranges.items() if low <= found <= high)
    return kind.bare or next(likely, "")


def _time_of(payload: JsonValue) -> str | None:
    if not isinstance(payload, Mapping):
        return None
    told = (one for name, one in payload.items() if _snake(name) in _TIMES)
    return next((moment for one in told if (moment := utc(one) or seconds(one))), None)


def _snake(name: str) -> str:
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
