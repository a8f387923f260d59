"""Small DATEX II documents for tests, of both versions."""

V2_TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/"><SOAP:Body>
<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" modelBaseVersion="2"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<payloadPublication xsi:type="MeasurementSiteTablePublication" lang="nl">
<publicationTime>2016-09-07T11:00:00.000Z</publicationTime>
<measurementSiteTable id="NDW01_MT" version="868">
<measurementSiteRecord id="A1" version="3">
 <measurementSiteName><values><value lang="nl">N206 km 8.024</value></values></measurementSiteName>
 <measurementSiteNumberOfLanes>1</measurementSiteNumberOfLanes>
 <measurementSide>northBound</measurementSide>
 {channels}
 <measurementSiteLocation xsi:type="Point"><locationForDisplay>
  <latitude>52.1223</latitude><longitude>4.49208</longitude>
 </locationForDisplay></measurementSiteLocation>
</measurementSiteRecord>
</measurementSiteTable></payloadPublication></d2LogicalModel></SOAP:Body></SOAP:Envelope>"""

V2_VALUES = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/"><SOAP:Body>
<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" modelBaseVersion="2"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<payloadPublication xsi:type="MeasuredDataPublication" lang="nl">
<publicationTime>2016-09-09T13:58:40.009Z</publicationTime>
<measurementSiteTableReference id="NDW01_MT" version="{table_version}"/>
{sites}
</payloadPublication></d2LogicalModel></SOAP:Body></SOAP:Envelope>"""


def v2_channel(index: int, kind: str, lane: str = "lane1", vehicles: str = "") -> str:
    vehicles = vehicles or "<vehicleType>anyVehicle</vehicleType>"
    name = "measurementSpecificCharacteristics"
    return (
        f'<{name} index="{index}"><{name}><accuracy>95</accuracy><period>60.0</period>'
        f"<specificLane>{lane}</specificLane>"
        f"<specificMeasurementValueType>{kind}</specificMeasurementValueType>"
        f"<specificVehicleCharacteristics>{vehicles}</specificVehicleCharacteristics>"
        f"</{name}></{name}>"
    )


def v2_table(*channels: str) -> bytes:
    """A table with one site, A1, in version 3."""
    return V2_TABLE.format(channels="".join(channels)).encode()


def v2_value(index: int, kind: str, content: str) -> str:
    return (
        f'<measuredValue index="{index}"><measuredValue><basicData xsi:type="{kind}">'
        f"{content}</basicData></measuredValue></measuredValue>"
    )


def flow(index: int, number: str, more: str = "") -> str:
    content = f"<vehicleFlow>{more}<vehicleFlowRate>{number}</vehicleFlowRate></vehicleFlow>"
    return v2_value(index, "TrafficFlow", content)


def speed(index: int, number: str, more: str = "") -> str:
    content = (
        f'<averageVehicleSpeed numberOfInputValuesUsed="9">{more}<speed>{number}</speed>'
        "</averageVehicleSpeed>"
    )
    return v2_value(index, "TrafficSpeed", content)


def v2_site(*values: str, site: str = "A1", version: str = "3") -> str:
    return (
        f'<siteMeasurements><measurementSiteReference id="{site}" version="{version}"/>'
        "<measurementTimeDefault>2016-09-09T13:57:00Z</measurementTimeDefault>"
        f"{''.join(values)}</siteMeasurements>"
    )


def v2_values(*sites: str, table_version: str = "868") -> bytes:
    return V2_VALUES.format(sites="\n".join(sites), table_version=table_version).encode()
