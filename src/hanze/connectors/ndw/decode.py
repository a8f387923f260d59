"""Read DATEX II, versions 2 and 3, as NDW publishes it: the site table and the measured values.

Both files are far larger than memory should be (a national minute is 70 MB of XML, the table 145):
they are streamed, one record at a time, from a binary stream that the caller opened.

The two versions differ in namespaces and in some names; elements are found by local name, so that
one reader does for both:

    version 2                            version 3
    measurementSiteRecord                measurementSite
    measuredValue/measuredValue          physicalQuantity/physicalQuantity
    measurementTimeDefault               measurementTimeDefault/timeValue, after the values
    specificLane: lane1                  specificLane: laneNumber or laneUsage, or the same text
    locationForDisplay                   coordinatesForDisplay, pointCoordinates or gmlLineString
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import msgspec
from lxml import etree

from hanze.connectors import DamagedInput, Refusals, WrongInput
from hanze.ngsild.model import JsonValue

__all__ = [
    "ByteStream",
    "Channel",
    "Header",
    "Measurement",
    "Site",
    "SiteTable",
    "Value",
    "VehicleLimit",
    "iterate",
    "read_measurements",
    "read_site_table",
]

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SITES = frozenset({"measurementSiteRecord", "measurementSite"})
_MEASURED = frozenset({"siteMeasurements"})

#: Kind of basicData: the kind as the site table names it, the element around the value, the value.
_QUANTITIES = {
    "TrafficFlow": ("trafficFlow", "vehicleFlow", "vehicleFlowRate"),
    "TrafficSpeed": ("trafficSpeed", "averageVehicleSpeed", "speed"),
    "TrafficStatus": ("trafficStatusInformation", "trafficStatus", "trafficStatusValue"),
}

_HEADERS = (
    "payload",
    "payloadPublication",
    "publicationTime",
    "measurementSiteTable",
    "measurementSiteTableReference",
)


class ByteStream(Protocol):
    """What is read from: `read` raises EOFError where the stream breaks off."""

    def read(self, size: int = -1, /) -> bytes: ...


class VehicleLimit(msgspec.Struct, frozen=True):
    """One bound of a vehicle class, e.g. `("vehicleLength", "lessThan", "5.6")`; lengths in metres."""

    quantity: str
    operator: str
    value: str


class Channel(msgspec.Struct, frozen=True):
    """What the values of one index of a site mean.

    Attributes:
        kind: trafficFlow, trafficSpeed, trafficStatusInformation, travelTimeInformation, ...
        lane: As the table names it ("lane1", "hardShoulder", "allLanesCompleteCarriageway").
        vehicle_types: e.g. ("anyVehicle",).
        limits: Bounds that vehicles of the class meet, all of them.
        period_s: Length of the measuring period.
        twin: A channel of the site with a lower index has the same kind, lane and class.
    """

    kind: str
    lane: str | None = None
    vehicle_types: tuple[str, ...] = ()
    limits: tuple[VehicleLimit, ...] = ()
    period_s: int | float | None = None
    twin: bool = False


class Site(msgspec.Struct, frozen=True):
    """A measurement site of the table.

    Attributes:
        location: GeoJSON geometry in WGS 84; `None` where the table has none that can be read.
        side: Direction of travel ("northBound").
    """

    id: str
    version: str | None
    channels: dict[int, Channel]
    name: str | None = None
    lanes: int | None = None
    side: str | None = None
    equipment: str | None = None
    location: JsonValue = None


class Header(msgspec.Struct):
    """What a file says about itself; filled while it is read.

    Attributes:
        table_id: Of the site table that the file holds, or to which its values refer.
        table_version: Its version; version 3 files do not always name one.
        published: DateTime text, UTC.
        publications: Kinds of publication found, e.g. "MeasuredDataPublication".
    """

    table_id: str | None = None
    table_version: str | None = None
    published: str | None = None
    publications: list[str] = []


class SiteTable(msgspec.Struct, frozen=True):
    """The sites by id, and what the file says about itself."""

    header: Header
    sites: dict[str, Site]


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


def iterate(
    stream: ByteStream, names: frozenset[str], header: Header
) -> Iterator[tuple[int, etree._Element]]:
    """Yield the elements with these local names, each with its number; forget them afterwards.

    Entities and DTDs of the document are not loaded and nothing is fetched.

    Raises:
        WrongInput: The stream is not XML, or no DATEX II publication.
        DamagedInput: It breaks off, or is not well-formed from some line on.
    """
    record = 0
    events = etree.iterparse(
        stream,
        events=("start", "end"),
        tag=[f"{{*}}{name}" for name in (*names, *_HEADERS)],
        resolve_entities=False,
        no_network=True,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for event, element in events:
            name = _local(str(element.tag))
            if event == "start":
                _note_start(header, name, element)
            elif name in names:
                record += 1
                yield record, element
                _forget(element)
            elif name == "publicationTime" and header.published is None:
                header.published = _utc(element.text)
    except etree.XMLSyntaxError as error:
        if not header.publications:
            raise WrongInput(f"The file is not a DATEX II publication: {error.msg}") from error
        line = error.lineno
        raise DamagedInput(
            f"The XML is damaged: {error.msg}", line=line, record=record + 1
        ) from error
    except EOFError as error:
        raise DamagedInput(f"The file breaks off: {error}", record=record + 1) from error


def read_site_table(stream: ByteStream, refusals: Refusals) -> SiteTable:
    """Read the measurement site table.

    Raises:
        WrongInput: The stream holds no site table.
        DamagedInput: It breaks off or is damaged; a table is whole or it is not used, because a
            value without its site means nothing.
    """
    header = Header()
    sites: dict[str, Site] = {}
    channels: dict[Channel, Channel] = {}
    for record, element in iterate(stream, _SITES, header):
        site_id = element.get("id")
        if not site_id:
            refusals.add("A site of the table has no id", record=record)
            continue
        sites[site_id] = _site(element, site_id, channels)
    if not sites:
        raise WrongInput(
            f"The file holds no measurement site table but {_publications(header)}",
            field="SITE_TABLE",
        )
    return SiteTable(header=header, sites=sites)


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
            f"The file holds no measurements but {_publications(header)}", field="MEASUREMENTS"
        )


def _publications(header: Header) -> str:
    return ", ".join(header.publications) or "no DATEX II publication"


def _note_start(header: Header, name: str, element: etree._Element) -> None:
    """Keep what the attributes of a header element say; its content is not there yet."""
    if name in {"payload", "payloadPublication"}:
        header.publications.append(_kind(element) or name)
    elif name in {"measurementSiteTable", "measurementSiteTableReference"}:
        header.table_id = element.get("id")
        header.table_version = element.get("version")


def _forget(element: etree._Element) -> None:
    """Free a record and what stands before it: the tree must not grow with the file."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


@lru_cache(maxsize=512)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _child(element: etree._Element, name: str) -> etree._Element | None:
    for child in element:
        if _local(str(child.tag)) == name:
            return child
    return None


def _text(element: etree._Element, *path: str) -> str | None:
    """Text of the first element along a path of local names, without blanks around it."""
    found: etree._Element | None = element
    for name in path:
        found = None if found is None else _child(found, name)
    return (found.text or "").strip() or None if found is not None else None


def _kind(element: etree._Element) -> str | None:
    """The xsi:type without its prefix."""
    name = element.get(_XSI_TYPE)
    return name.rpartition(":")[2] if name else None


@lru_cache(maxsize=4096)
def _number(text: str) -> int | float | None:
    """A number as it was sent; `None` for what is none, NaN and infinity among them."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@lru_cache(maxsize=4096)
def _utc(text: str | None) -> str | None:
    """A DateTime in UTC; `None` without one, and for one without a zone: nothing is guessed."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    plain = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (plain.rstrip("0") if "." in plain else plain).rstrip(".") + "Z"


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


# The site table


def _site(element: etree._Element, site_id: str, channels: dict[Channel, Channel]) -> Site:
    """Read one site; equal channels are shared, for a table has 180,000 of 2,000 kinds."""
    found: dict[int, Channel] = {}
    location: JsonValue = None
    for child in element:
        name = _local(str(child.tag))
        if name == "measurementSpecificCharacteristics":
            index = _whole(child.get("index"))
            inner = _child(child, name)
            if index is not None and inner is not None:
                found[index] = _channel(inner)
        elif name == "measurementSiteLocation":
            location = _location(child)
    return Site(
        id=site_id,
        version=element.get("version"),
        channels={
            index: channels.setdefault(channel, channel)
            for index, channel in _with_twins(found).items()
        },
        name=_text(element, "measurementSiteName", "values", "value"),
        lanes=_whole(_text(element, "measurementSiteNumberOfLanes")),
        side=_text(element, "measurementSide"),
        equipment=_text(element, "measurementEquipmentTypeUsed", "values", "value"),
        location=location,
    )


def _with_twins(channels: dict[int, Channel]) -> dict[int, Channel]:
    """Mark channels that only their index tells apart."""
    seen: set[tuple[object, ...]] = set()
    marked = {}
    for index, channel in sorted(channels.items()):
        key = (channel.kind, channel.lane, channel.vehicle_types, channel.limits)
        marked[index] = msgspec.structs.replace(channel, twin=True) if key in seen else channel
        seen.add(key)
    return marked


def _channel(element: etree._Element) -> Channel:
    kind = ""
    period: int | float | None = None
    lanes: list[str] = []
    types: list[str] = []
    limits: list[VehicleLimit] = []
    for child in element:
        name = _local(str(child.tag))
        if name == "specificMeasurementValueType":
            kind = (child.text or "").strip()
        elif name == "period":
            period = _seconds(child.text)
        elif name == "specificLane":
            lanes.append(_lane(child))
        elif name == "specificVehicleCharacteristics":
            _vehicles(child, types, limits)
    lane = "+".join(filter(None, lanes)) or None
    return Channel(
        kind=kind,
        lane=lane,
        vehicle_types=tuple(types),
        limits=tuple(limits),
        period_s=period,
    )


def _seconds(text: str | None) -> int | float | None:
    """A period: the table writes "60", "60.0" and "900" for the same kind of thing."""
    number = _number((text or "").strip())
    return int(number) if number is not None and number == int(number) else number


def _lane(element: etree._Element) -> str:
    number = _text(element, "laneNumber")
    if number is not None:
        return f"lane{number}"
    return _text(element, "laneUsage") or (element.text or "").strip()


def _vehicles(element: etree._Element, types: list[str], limits: list[VehicleLimit]) -> None:
    for child in element:
        name = _local(str(child.tag))
        if name == "vehicleType":
            types.append((child.text or "").strip())
            continue
        operator = _text(child, "comparisonOperator")
        for bound in child:
            bounded = _local(str(bound.tag))
            if bounded != "comparisonOperator":
                limits.append(VehicleLimit(bounded, operator or "", _short(bound.text)))
        if not len(child):  # a characteristic that this reader does not know: kept as it is
            types.append(f"{name}={(child.text or '').strip()}")


def _short(text: str | None) -> str:
    """A number without needless decimals: "5.60" and "5.6" are the same class."""
    number = _number((text or "").strip())
    return f"{number:g}" if number is not None else (text or "").strip()


def _location(element: etree._Element) -> JsonValue:
    """The line that a site covers, else the first point that is given; GeoJSON in WGS 84."""
    lines = [_line((part.text or "").split()) for part in element.iter("{*}posList")]
    if lines and all(lines):
        if len(lines) == 1:
            return {"type": "LineString", "coordinates": lines[0]}
        return {"type": "MultiLineString", "coordinates": lines}
    latitude: str | None = None
    for part in element.iter("{*}latitude", "{*}longitude"):
        if _local(str(part.tag)) == "latitude":
            latitude = part.text
        elif (position := _position(latitude, part.text)) is not None:
            return {"type": "Point", "coordinates": position}
    return None


def _line(numbers: list[str]) -> list[list[float]]:
    """A gml posList: latitude, longitude, latitude, ...; empty where it is none."""
    pairs = zip(numbers[::2], numbers[1::2], strict=False)
    positions = [_position(latitude, longitude) for latitude, longitude in pairs]
    known = [position for position in positions if position is not None]
    return known if len(known) * 2 == len(numbers) and len(known) > 1 else []


def _position(latitude: str | None, longitude: str | None) -> list[float] | None:
    north, east = _number((latitude or "").strip()), _number((longitude or "").strip())
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None
    return [float(east), float(north)] if (north, east) != (0, 0) else None


# Measured values


def _measurement(element: etree._Element, record: int) -> Measurement | None:
    site_id = version = observed_at = None
    values: list[Value] = []
    for child in element:
        name = _local(str(child.tag))
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
    return _utc(element.text) or _utc(_text(element, "timeValue"))


def _value(element: etree._Element, name: str) -> Value:
    """Read one value. Reference values beside it ("normally expected") are no measurements."""
    index = _whole(element.get("index"))
    inner = _child(element, name)
    basic = None if inner is None else _child(inner, "basicData")
    if basic is None or inner is None:
        return Value(index, "", None, "missing")
    kind = _kind(basic) or ""
    if kind not in _QUANTITIES:
        return Value(index, kind, None, "notSupported")
    kind, wrapper, member = _QUANTITIES[kind]
    own_time = holder = None
    for child in basic:
        local = _local(str(child.tag))
        if local == wrapper:
            holder = child
        elif local == "measurementOrCalculationTime":
            own_time = _time(child)
    fault = _local(str(inner[0].tag)) == "physicalQuantityFault"
    value, reason = (None, "missing") if holder is None else _content(holder, member)
    inputs = None if holder is None else _whole(holder.get("numberOfInputValuesUsed"))
    if fault and value is not None:
        value, reason = None, "fault"
    return Value(index, kind, value, reason, own_time, inputs)


def _content(holder: etree._Element, member: str) -> tuple[int | float | str | None, str | None]:
    """The value, or why there is none: a marked error goes before what the number says."""
    text = None
    for child in holder:
        name = _local(str(child.tag))
        if name == "dataError" and (child.text or "").strip() in {"true", "1"}:
            return None, "dataError"
        if name == member:
            text = (child.text or "").strip()
    if not text:
        return None, "missing"
    if member == "trafficStatusValue":
        return text, None
    number = _number(text)
    if number is None:
        return None, "missing"
    return (number, None) if number >= 0 else (None, "negative")
