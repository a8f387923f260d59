"""Our own generator of DATEX II version 3 as NDW publishes it, at any size.

No national file of version 3 may be kept beside the code; this one has the namespaces and the order
of elements of the real service (values before their time, no version of the site table in the
measurements) and its proportions: 20,577 sites, some 217 MB of XML in both files together.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

NATIONAL_SITES = 20_577

_ROOT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<mc:messageContainer xmlns:mc="http://datex2.eu/schema/3/messageContainer"'
    b' xmlns:roa="http://datex2.eu/schema/3/roadTrafficData"'
    b' xmlns:loc="http://datex2.eu/schema/3/locationReferencing"'
    b' xmlns:com="http://datex2.eu/schema/3/common"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" modelBaseVersion="3">'
)
_PUBLISHED = "<com:publicationTime>2026-10-01T08:32:00.001338718Z</com:publicationTime>"

_CLASSES = (
    "<com:vehicleType>anyVehicle</com:vehicleType>",
    *(
        "".join(
            "<com:lengthCharacteristic>"
            f"<com:comparisonOperator>{operator}</com:comparisonOperator>"
            f"<com:vehicleLength>{length}</com:vehicleLength></com:lengthCharacteristic>"
            for operator, length in bounds
        )
        for bounds in (
            [("lessThan", 5.6)],
            [("greaterThanOrEqualTo", 5.6), ("lessThanOrEqualTo", 12.2)],
            [("greaterThan", 12.2)],
        )
    ),
)


class Output(Protocol):
    """A file, packed or not, to write to."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(slots=True)
class Written:
    """What was written: a reader must account for all of it."""

    sites: int = 0
    values: int = 0
    stored: Counter[str] = field(default_factory=Counter)
    no_value: Counter[str] = field(default_factory=Counter)


def _lanes(site: int) -> int:
    return (1, 1, 1, 2)[site % 4]


def write_site_table(stream: Output, sites: int, *, version: str = "1") -> None:
    """Write a MeasurementSiteTablePublication."""
    stream.write(_ROOT)
    stream.write(
        b'<mc:payload xsi:type="roa:MeasurementSiteTablePublication">'
        + _PUBLISHED.encode()
        + b'<roa:measurementSiteTable id="NDW_GENERATED" version="1">'
    )
    for site in range(sites):
        stream.write(_site(site, version).encode())
    stream.write(b"</roa:measurementSiteTable></mc:payload></mc:messageContainer>")


def _site(site: int, version: str) -> str:
    channels = "".join(
        _channel(index, kind, lane, vehicles) for index, kind, lane, vehicles in _channels(site)
    )
    latitude, longitude = 50.8 + site % 977 / 400, 3.4 + site % 1409 / 400
    return (
        f'<roa:measurementSite id="GEN01_{site:05}" version="{version}">'
        "<roa:measurementEquipmentTypeUsed><com:values>"
        '<com:value lang="nl">lus</com:value></com:values></roa:measurementEquipmentTypeUsed>'
        f'<roa:measurementSiteName><com:values><com:value lang="nl">Weg {site}</com:value>'
        "</com:values></roa:measurementSiteName>"
        f"<roa:measurementSiteNumberOfLanes>{_lanes(site)}</roa:measurementSiteNumberOfLanes>"
        f"{channels}"
        '<roa:measurementSiteLocation xsi:type="loc:PointLocation">'
        f"<loc:coordinatesForDisplay><loc:latitude>{latitude:.6f}</loc:latitude>"
        f"<loc:longitude>{longitude:.6f}</loc:longitude></loc:coordinatesForDisplay>"
        "</roa:measurementSiteLocation></roa:measurementSite>"
    )


def _channels(site: int) -> Iterator[tuple[int, str, int, str]]:
    index = 0
    for lane in range(1, _lanes(site) + 1):
        for kind in ("trafficFlow", "trafficSpeed"):
            for vehicles in _CLASSES:
                index += 1
                yield index, kind, lane, vehicles


def _channel(index: int, kind: str, lane: int, vehicles: str) -> str:
    name = "roa:measurementSpecificCharacteristics"
    return (
        f'<{name} index="{index}"><{name}>'
        "<roa:accuracy>95.0</roa:accuracy><roa:period>60.0</roa:period>"
        f"<roa:specificLane><loc:laneNumber>{lane}</loc:laneNumber></roa:specificLane>"
        f"<roa:specificMeasurementValueType>{kind}</roa:specificMeasurementValueType>"
        f"<roa:specificVehicleCharacteristics>{vehicles}</roa:specificVehicleCharacteristics>"
        f"</{name}></{name}>"
    )


def write_measurements(
    stream: Output, sites: int, *, version: str = "1", seed: int = 2026
) -> Written:
    """Write a MeasuredDataPublication: a value for every channel of every site."""
    dice = random.Random(seed)
    written = Written()
    stream.write(_ROOT)
    stream.write(b'<mc:payload xsi:type="roa:MeasuredDataPublication">' + _PUBLISHED.encode())
    for site in range(sites):
        values = "".join(
            _value(index, kind, dice, written) for index, kind, _, _ in _channels(site)
        )
        stream.write(
            (
                '<roa:siteMeasurements><roa:measurementSiteReference targetClass="roa:MeasurementSite"'
                f' id="GEN01_{site:05}" version="{version}"/>{values}<roa:measurementTimeDefault>'
                "<roa:timeValue>2026-10-01T08:31:00Z</roa:timeValue></roa:measurementTimeDefault>"
                "</roa:siteMeasurements>"
            ).encode()
        )
        written.sites += 1
    stream.write(b"</mc:payload></mc:messageContainer>")
    return written


def _value(index: int, kind: str, dice: random.Random, written: Written) -> str:
    chance = dice.random()
    error = "<com:dataError>true</com:dataError>" if chance < 0.1 else ""
    negative = not error and kind == "trafficSpeed" and chance < 0.2
    written.values += 1
    if error:
        written.no_value["dataError"] += 1
    elif negative:
        written.no_value["negative"] += 1
    else:
        written.stored[kind] += 1
    if kind == "trafficFlow":
        quantity, around, member = "TrafficFlow", "vehicleFlow", "vehicleFlowRate"
        number = str(dice.randrange(0, 2400, 60))
    else:
        quantity, around, member = "TrafficSpeed", "averageVehicleSpeed", "speed"
        number = "-1.0" if negative else f"{dice.randrange(0, 130)}.0"
    return (
        f'<roa:physicalQuantity index="{index}">'
        '<roa:physicalQuantity xsi:type="roa:SinglePhysicalQuantity">'
        f'<roa:basicData xsi:type="roa:{quantity}"><roa:{around} accuracy="0.0">{error}'
        f"<com:{member}>{number}</com:{member}></roa:{around}></roa:basicData>"
        "</roa:physicalQuantity></roa:physicalQuantity>"
    )
