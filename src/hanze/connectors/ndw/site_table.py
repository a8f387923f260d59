"""The measurement site table: where each site is, and what each of its values means.

version 2                            version 3
measurementSiteRecord                measurementSite
specificLane: lane1                  specificLane: laneNumber or laneUsage, or the same text
locationForDisplay                   coordinatesForDisplay, pointCoordinates or gmlLineString
"""

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
    whole,
)
from hanze.ngsild.model import JsonValue

__all__ = ["Channel", "Site", "SiteTable", "VehicleLimit", "read_site_table"]

_SITES = frozenset({"measurementSiteRecord", "measurementSite"})


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


class SiteTable(msgspec.Struct, frozen=True):
    """The sites by id, and what the file says about itself."""

    header: Header
    sites: dict[str, Site]


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
            f"The file holds no measurement site table but {publications(header)}",
            field="SITE_TABLE",
        )
    return SiteTable(header=header, sites=sites)


def _site(element: etree._Element, site_id: str, channels: dict[Channel, Channel]) -> Site:
    """Read one site; equal channels are shared, for a table has 180,000 of 2,000 kinds."""
    found: dict[int, Channel] = {}
    location: JsonValue = None
    for child in element:
        name = local_name(str(child.tag))
        if name == "measurementSpecificCharacteristics":
            index = whole(child.get("index"))
            inner = child_of(child, name)
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
        name=text_at(element, "measurementSiteName", "values", "value"),
        lanes=whole(text_at(element, "measurementSiteNumberOfLanes")),
        side=text_at(element, "measurementSide"),
        equipment=text_at(element, "measurementEquipmentTypeUsed", "values", "value"),
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
        name = local_name(str(child.tag))
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
    number = number_of((text or "").strip())
    return int(number) if number is not None and number == int(number) else number


def _lane(element: etree._Element) -> str:
    number = text_at(element, "laneNumber")
    if number is not None:
        return f"lane{number}"
    return text_at(element, "laneUsage") or (element.text or "").strip()


def _vehicles(element: etree._Element, types: list[str], limits: list[VehicleLimit]) -> None:
    for child in element:
        name = local_name(str(child.tag))
        if name == "vehicleType":
            types.append((child.text or "").strip())
            continue
        operator = text_at(child, "comparisonOperator")
        for bound in child:
            bounded = local_name(str(bound.tag))
            if bounded != "comparisonOperator":
                limits.append(VehicleLimit(bounded, operator or "", _short(bound.text)))
        if not len(child):  # a characteristic that this reader does not know: kept as it is
            types.append(f"{name}={(child.text or '').strip()}")


def _short(text: str | None) -> str:
    """A number without needless decimals: "5.60" and "5.6" are the same class."""
    number = number_of((text or "").strip())
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
        if local_name(str(part.tag)) == "latitude":
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
    north, east = number_of((latitude or "").strip()), number_of((longitude or "").strip())
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None
    return [float(east), float(north)] if (north, east) != (0, 0) else None
