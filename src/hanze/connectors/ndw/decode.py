"""Read measured values of DATEX II, versions 2 and 3, as NDW publishes them.

version 2                            version 3
measuredValue/measuredValue          physicalQuantity/physicalQuantity
measurementTimeDefault               measurementTimeDefault/timeValue, after the values
"""

from collections.abc import Iterator

import msgspec
from lxml import etree

from hanze.connectors import Refusals, WrongInput
from hanze.connectors.ndw.datex import (
    ByteStream,
    Header,
    child_of,
    iterate,
    local_name,
    number_of,
    publications,
    text_at,
    type_of,
    utc,
    whole,
)

__all__ = ["Measurement", "Value", "read_measurements"]

_MEASURED = frozenset({"siteMeasurements"})

#: Kind of basicData: the kind as the site table names it, the element around the value, the value.
_QUANTITIES = {
    "TrafficFlow": ("trafficFlow", "vehicleFlow", "vehicleFlowRate"),
    "TrafficSpeed": ("trafficSpeed", "averageVehicleSpeed", "speed"),
    "TrafficStatus": ("trafficStatusInformation", "trafficStatus", "trafficStatusValue"),
}


class Value(msgspec.Struct, frozen=True):
    """One measured value.

    Attributes:
        index: Position in the site's channels; `None` where the file has no number there.
        kind: As in `Channel.kind`; for kinds that are not read, the name in the file.
        value: Vehicles/hour, km/h or a status text; `None` where there is no value.
        reason: Why there is none: "dataError", "negative", "missing", "fault", "notSupported".
        observed_at: Own time of the value, DateTime text in UTC, where it overrides the site's.
        inputs: From how many vehicles or samples it was computed, where the file says so.
    """

    index: int | None
    kind: str
    value: int | float | str | None
    reason: str | None = None
    observed_at: str | None = None
    inputs: int | None = None


class Measurement(msgspec.Struct, frozen=True):
    """The values of one site at one moment.

    Attributes:
        record: Number in the file, from 1.
        observed_at: DateTime text in UTC; `None` where the file has none that can be read.
    """

    record: int
    site_id: str
    site_version: str | None
    observed_at: str | None
    values: tuple[Value, ...]


def read_measurements(
    stream: ByteStream, header: Header, refusals: Refusals
) -> Iterator[Measurement]:
    """Yield the measurements of each site, in the order of the file; `header` is filled meanwhile.

    Raises:
        WrongInput: The stream holds no measured data.
        DamagedInput: It breaks off or is damaged; what came before was yielded.
    """
    record = 0
    for record, element in iterate(stream, _MEASURED, header):
        measurement = _measurement(element, record)
        if measurement is None:
            refusals.add("A record of measurements names no site", record=record)
        else:
            yield measurement
    if not record:
        raise WrongInput(
            f"The file holds no measurements but {publications(header)}", field="MEASUREMENTS"
        )


def _measurement(element: etree._Element, record: int) -> Measurement | None:
    site_id = version = observed_at = None
    values: list[Value] = []
    for child in element:
        name = local_name(str(child.tag))
        if name in {"measuredValue", "physicalQuantity"}:
            values.append(_value(child, name))
        elif name == "measurementSiteReference":
            site_id, version = child.get("id"), child.get("version")
        elif name == "measurementTimeDefault":
            observed_at = _time(child)
    if not site_id:
        return None
    return Measurement(
        record=record,
        site_id=site_id,
        site_version=version,
        observed_at=observed_at,
        values=tuple(values),
    )


def _time(element: etree._Element) -> str | None:
    return utc(element.text) or utc(text_at(element, "timeValue"))


def _value(element: etree._Element, name: str) -> Value:
    """Read one value. Reference values beside it ("normally expected") are no measurements."""
    index = whole(element.get("index"))
    inner = child_of(element, name)
    basic = None if inner is None else child_of(inner, "basicData")
    if basic is None or inner is None:
        return Value(index, "", None, "missing")
    kind = type_of(basic) or ""
    if kind not in _QUANTITIES:
        return Value(index, kind, None, "notSupported")
    kind, wrapper, member = _QUANTITIES[kind]
    own_time = holder = None
    for child in basic:
        local = local_name(str(child.tag))
        if local == wrapper:
            holder = child
        elif local == "measurementOrCalculationTime":
            own_time = _time(child)
    fault = local_name(str(inner[0].tag)) == "physicalQuantityFault"
    value, reason = (None, "missing") if holder is None else _content(holder, member)
    inputs = None if holder is None else whole(holder.get("numberOfInputValuesUsed"))
    if fault and value is not None:
        value, reason = None, "fault"
    return Value(index, kind, value, reason, own_time, inputs)


def _content(holder: etree._Element, member: str) -> tuple[int | float | str | None, str | None]:
    """The value, or why there is none: a marked error goes before what the number says."""
    text = None
    for child in holder:
        name = local_name(str(child.tag))
        if name == "dataError" and (child.text or "").strip() in {"true", "1"}:
            return None, "dataError"
        if name == member:
            text = (child.text or "").strip()
    if not text:
        return None, "missing"
    if member == "trafficStatusValue":
        return text, None
    number = number_of(text)
    if number is None:
        return None, "missing"
    return (number, None) if number >= 0 else (None, "negative")
