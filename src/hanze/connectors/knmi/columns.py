"""What the columns of KNMI's tables mean, in which tenths, and how they are coded (pure)."""

from decimal import Decimal
from typing import Final

from hanze.connectors.measured import Quantity, dataset
from hanze.connectors.streaming import Value

__all__ = ["DAY", "HOUR", "value_of"]

_TENTH: Final = Decimal("0.1")
_HUNDREDTH: Final = Decimal("0.01")

#: Octants; 9 says that fog hides the sky.
_EIGHTH: Final = Decimal("0.125")

#: Joules per square centimetre as watts per square metre, over an hour and over a day.
_HOUR_S: Final = Decimal(3_600)
_DAY_S: Final = Decimal(86_400)


def _tenths(term: str, unit_code: str, of: str | None = None) -> Quantity:
    return Quantity(term, unit_code, _TENTH, dataset_id=dataset(of) if of else None)


def _share(term: str, of: str | None = None) -> Quantity:
    least, most = Decimal(0), Decimal(100)
    return Quantity(
        term, "C62", _HUNDREDTH, low=least, high=most, dataset_id=dataset(of) if of else None
    )


def _cloud(of: str | None = None) -> Quantity:
    most = Decimal(8)
    return Quantity("cloudCover", "C62", _EIGHTH, high=most, dataset_id=dataset(of) if of else None)


def _direction(of: str | None = None) -> Quantity:
    # 0 is no wind, 990 a wind from everywhere: neither is a direction.
    return Quantity(
        "windDirection",
        "DD",
        low=Decimal(1),
        high=Decimal(360),
        dataset_id=dataset(of) if of else None,
    )


#: Columns of hours. What is a mean of the hour beside a value of its end has its own datasetId.
HOUR: Final = {
    "DD": _direction(),
    "FF": _tenths("windSpeed", "MTS"),
    "FH": _tenths("windSpeed", "MTS", "hour-mean"),
    "FX": _tenths("gustSpeed", "MTS"),
    "T": _tenths("temperature", "CEL"),
    "T10N": _tenths("temperature", "CEL", "ground-minimum-6-hours"),
    "TD": _tenths("dewPoint", "CEL"),
    "SQ": _tenths("sunshineDuration", "HUR"),
    "Q": Quantity("solarRadiation", "D54", Decimal(10_000) / _HOUR_S),
    "DR": _tenths("precipitationDuration", "HUR"),
    "RH": _tenths("precipitation", "MMT"),
    "P": _tenths("atmosphericPressure", "A97"),
    "VV": Quantity("visibility", "MTR"),
    "N": _cloud(),
    "U": _share("relativeHumidity"),
}

#: Columns of days: never the default instance, which is the hour's.
DAY: Final = {
    "DDVEC": _direction("day-mean"),
    "FG": _tenths("windSpeed", "MTS", "day-mean"),
    "FHX": _tenths("windSpeed", "MTS", "day-maximum"),
    "FHN": _tenths("windSpeed", "MTS", "day-minimum"),
    "FXX": _tenths("gustSpeed", "MTS", "day-maximum"),
    "TG": _tenths("temperature", "CEL", "day-mean"),
    "TN": _tenths("temperature", "CEL", "day-minimum"),
    "TX": _tenths("temperature", "CEL", "day-maximum"),
    "T10N": _tenths("temperature", "CEL", "day-ground-minimum"),
    "SQ": _tenths("sunshineDuration", "HUR", "day-sum"),
    "Q": Quantity(
        "solarRadiation", "D54", Decimal(10_000) / _DAY_S, dataset_id=dataset("day-mean")
    ),
    "DR": _tenths("precipitationDuration", "HUR", "day-sum"),
    "RH": _tenths("precipitation", "MMT", "day-sum"),
    "RHX": _tenths("precipitation", "MMT", "day-maximum-of-an-hour"),
    "PG": _tenths("atmosphericPressure", "A97", "day-mean"),
    "PX": _tenths("atmosphericPressure", "A97", "day-maximum"),
    "PN": _tenths("atmosphericPressure", "A97", "day-minimum"),
    "VVN": Quantity("visibility", "MTR", dataset_id=dataset("day-minimum")),
    "VVX": Quantity("visibility", "MTR", dataset_id=dataset("day-maximum")),
    "NG": _cloud("day-mean"),
    "UG": _share("relativeHumidity", "day-mean"),
    "UX": _share("relativeHumidity", "day-maximum"),
    "UN": _share("relativeHumidity", "day-minimum"),
}

#: Here -1 says: some, but less than half of a tenth.
_TRACES: Final = frozenset({"RH", "RHX", "SQ"})
_VISIBILITIES: Final = frozenset({"VV", "VVN", "VVX"})


def value_of(column: str, quantity: Quantity, found: Decimal) -> Value | None:
    """Return the value of a cell; `None` where its code says that there is none."""
    if column in _TRACES and found == -1:
        return quantity.of(Decimal(0))
    if column in _VISIBILITIES:
        distance = _visibility(found)
        return None if distance is None else quantity.of(distance)
    if column == "Q":
        watts = quantity.of(found)
        # A third of a joule has no last decimal.
        return watts and Value(
            round(float(str(watts.value)), 2), watts.unit_code, dataset_id=watts.dataset_id
        )
    return quantity.of(found)


def _visibility(code: Decimal) -> Decimal | None:
    """Return the least distance in metres that a code stands for (100 m, then 1 km, then 5 km)."""
    if code != int(code) or not 0 <= code <= 89:
        return None
    step = int(code)
    if step < 50:
        return Decimal(step * 100)
    if step < 56:
        return Decimal(5_000) if step == 50 else None
    if step < 80:
        return Decimal((step - 50) * 1_000)
    # 89 is "more than 70 km", which 88 is, too.
    return Decimal(min(30_000 + (step - 80) * 5_000, 70_000))
