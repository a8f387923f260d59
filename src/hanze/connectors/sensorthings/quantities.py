"""What Datastreams measure, by the names of properties and units that services use (pure)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from hanze.connectors.measured import Quantity, dataset, member, text
from hanze.ngsild.model import JsonValue

__all__ = ["quantity_of", "thing_of"]

#: Attributes by names of observed properties, in small letters.
_TERMS: Final = {
    "temp": "temperature",
    "temperature": "temperature",
    "air_temperature": "temperature",
    "rh": "relativeHumidity",
    "humidity": "relativeHumidity",
    "relative_humidity": "relativeHumidity",
    "pres": "atmosphericPressure",
    "pressure": "atmosphericPressure",
    "pm1": "pm1",
    "pm25": "pm25",
    "pm2.5": "pm25",
    "pm10": "pm10",
    "no": "no",
    "no2": "no2",
    "o3": "o3",
    "nh3": "nh3",
    "so2": "so2",
    "co": "co",
    "co2": "co2",
    "laeq": "LAeq",
}

#: Unit code and factor, by the unit's symbol or the last part of its definition, in small letters.
_UNITS: Final = {
    "c": ("CEL", "1"),
    "°c": ("CEL", "1"),
    "degc": ("CEL", "1"),
    "deg_c": ("CEL", "1"),
    "ug/m3": ("GQ", "1"),
    "µg/m3": ("GQ", "1"),
    "ug/m^3": ("GQ", "1"),
    "microgm-per-m3": ("GQ", "1"),
    "hpa": ("A97", "1"),
    "hectopa": ("A97", "1"),
    "pa": ("A97", "0.01"),
    "ppm": ("59", "1"),
    "ppb": ("61", "1"),
    "db": ("2N", "1"),
    "db(a)": ("2N", "1"),
    "%": ("C62", "0.01"),
    "percent": ("C62", "0.01"),
}

#: Which units an attribute can have: a name and a unit that contradict each other are not trusted.
_FITTING: Final[Mapping[str, frozenset[str]]] = {
    "temperature": frozenset({"CEL"}),
    "relativeHumidity": frozenset({"C62"}),
    "atmosphericPressure": frozenset({"A97"}),
    "LAeq": frozenset({"2N"}),
}
_CONCENTRATION: Final = frozenset({"GQ", "59", "61"})

#: What services write for "no value" is far below what instruments near zero give.
_LOWEST: Final = Decimal(-100)

_CALIBRATED: Final = "_kal"


def quantity_of(datastream: Mapping[str, JsonValue]) -> Quantity | str:
    """Return what a Datastream measures, or why that cannot be told."""
    name = _property_of(datastream)
    calibrated = name.endswith(_CALIBRATED)
    term = _TERMS.get(name.removesuffix(_CALIBRATED))
    if term is None:
        return f"No attribute is known for {name or 'a Datastream without a name'}"
    unit = datastream.get("unitOfMeasurement")
    symbols = [text(member(unit, part)) or "" for part in ("symbol", "definition", "name")]
    plain = (one.lower().replace("³", "3").rpartition("unit/")[2] for one in symbols)
    code, factor = next((_UNITS[one] for one in plain if one in _UNITS), ("", "1"))
    if code not in _FITTING.get(term, _CONCENTRATION):
        return f"{name} in {symbols[0] or 'no unit'} has no known unit"
    return Quantity(
        term,
        code,
        Decimal(factor),
        low=_LOWEST,
        dataset_id=dataset("calibrated") if calibrated else None,
    )


def thing_of(datastream: Mapping[str, JsonValue]) -> str | None:
    """Return the name of the Thing: the inlined one's, or what RIVM puts before "-<number>-<property>"."""
    inlined = text(member(datastream, "Thing", "name"))
    name = text(datastream.get("name")) or ""
    before, dash, number = name.rpartition("-")[0].rpartition("-")
    return inlined or (before if dash and number.isdigit() else None) or None


def _property_of(datastream: Mapping[str, JsonValue]) -> str:
    """The name that is known: of the inlined property, or what the Datastream's own name ends in."""
    ending = (text(datastream.get("name")) or "").rpartition("-")[2]
    told = (text(member(datastream, "ObservedProperty", "name")), ending)
    names = [one.lower().replace(" ", "_") for one in told if one]
    likely = (one for one in names if one.removesuffix(_CALIBRATED) in _TERMS)
    return next(likely, names[-1] if names else "")
