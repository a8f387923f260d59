"""Reading DATEX II: versions 2 and 3, values and what is none, and damage."""

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.datex3 import write_measurements, write_site_table
from hanze.connectors import DamagedInput, Refusals, WrongInput
from hanze.connectors.ndw.datex import Header, number_of, utc, whole
from hanze.connectors.ndw.decode import Measurement, Value, read_measurements
from hanze.connectors.ndw.site_table import SiteTable, VehicleLimit, read_site_table
from tests.connectors.datex import (
    flow,
    speed,
    v2_channel,
    v2_site,
    v2_table,
    v2_value,
    v2_values,
)

LENGTHS = (
    "<lengthCharacteristic><comparisonOperator>greaterThanOrEqualTo</comparisonOperator>"
    "<vehicleLength>5.60</vehicleLength></lengthCharacteristic>"
    "<lengthCharacteristic><comparisonOperator>lessThanOrEqualTo</comparisonOperator>"
    "<vehicleLength>12.2</vehicleLength></lengthCharacteristic>"
)


def table(content: bytes) -> SiteTable:
    return read_site_table(io.BytesIO(content), Refusals())


def measurements(content: bytes) -> list[Measurement]:
    return list(read_measurements(io.BytesIO(content), Header(), Refusals()))


def only(*values: str) -> list[Value]:
    return list(measurements(v2_values(v2_site(*values)))[0].values)


def test_read_site_table_should_say_what_each_index_means() -> None:
    read = table(
        v2_table(v2_channel(1, "trafficFlow"), v2_channel(2, "trafficSpeed", "lane2", LENGTHS))
    )
    site = read.sites["A1"]
    assert (read.header.table_id, read.header.table_version) == ("NDW01_MT", "868")
    assert (site.version, site.name, site.lanes, site.side) == (
        "3",
        "N206 km 8.024",
        1,
        "northBound",
    )
    assert site.location == {"type": "Point", "coordinates": [4.49208, 52.1223]}
    assert site.channels[1].vehicle_types == ("anyVehicle",)
    assert site.channels[1].period_s == 60
    assert site.channels[2].lane == "lane2"
    assert site.channels[2].limits == (
        VehicleLimit("vehicleLength", "greaterThanOrEqualTo", "5.6"),
        VehicleLimit("vehicleLength", "lessThanOrEqualTo", "12.2"),
    )


def test_channels_that_only_their_index_tells_apart_should_be_marked() -> None:
    channels = (
        table(v2_table(v2_channel(4, "trafficFlow"), v2_channel(9, "trafficFlow")))
        .sites["A1"]
        .channels
    )
    assert (channels[4].twin, channels[9].twin) == (False, True)


def test_read_measurements_should_keep_numbers_as_they_were_sent() -> None:
    found = only(flow(1, "540"), speed(2, "70"), speed(3, "70.5"), flow(4, "0"))
    assert [value.value for value in found] == [540, 70, 70.5, 0]
    assert [value.kind for value in found][:2] == ["trafficFlow", "trafficSpeed"]
    assert found[1].inputs == 9


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (speed(1, "-1"), "negative"),
        (speed(1, "-2.0"), "negative"),
        (flow(1, "0", "<dataError>true</dataError>"), "dataError"),
        (speed(1, "-1", "<dataError>true</dataError>"), "dataError"),
        (speed(1, "NaN"), "missing"),
        (speed(1, ""), "missing"),
        (v2_value(1, "TrafficFlow", ""), "missing"),
        (v2_value(1, "TravelTimeData", "<travelTime/>"), "notSupported"),
        ('<measuredValue index="1"><measuredValue/></measuredValue>', "missing"),
    ],
)
def test_what_is_no_value_should_have_a_reason_and_never_a_number(value: str, reason: str) -> None:
    found = only(value)[0]
    assert (found.value, found.reason) == (None, reason)


def test_a_data_error_that_is_false_should_be_a_value() -> None:
    assert only(flow(1, "60", "<dataError>false</dataError>"))[0].value == 60


def test_traffic_status_should_be_text() -> None:
    status = "<trafficStatus><trafficStatusValue>freeFlow</trafficStatusValue></trafficStatus>"
    assert only(v2_value(1, "TrafficStatus", status))[0].value == "freeFlow"


def test_reference_values_should_be_no_measurements() -> None:
    usual = (
        "<measuredValueExtension><measuredValueExtended><basicDataReferenceValue>"
        '<trafficData xsi:type="TrafficFlow"><vehicleFlow><vehicleFlowRate>350</vehicleFlowRate>'
        "</vehicleFlow></trafficData></basicDataReferenceValue></measuredValueExtended>"
        "</measuredValueExtension>"
    )
    value = flow(1, "60").replace("</basicData>", "</basicData>" + usual)
    assert [found.value for found in only(value)] == [60]


def test_a_value_should_keep_its_own_time() -> None:
    own = "<measurementOrCalculationTime>2016-09-09T15:55:00+02:00</measurementOrCalculationTime>"
    content = own + "<vehicleFlow><vehicleFlowRate>1</vehicleFlowRate></vehicleFlow>"
    assert only(v2_value(1, "TrafficFlow", content))[0].observed_at == "2016-09-09T13:55:00Z"


def test_version_3_should_be_read_like_version_2() -> None:
    sites, values = io.BytesIO(), io.BytesIO()
    write_site_table(sites, 4)
    written = write_measurements(values, 4)
    read = table(sites.getvalue())
    site = read.sites["GEN01_00003"]
    assert site.channels[9].lane == "lane2"
    assert site.channels[11].limits == (
        VehicleLimit("vehicleLength", "greaterThanOrEqualTo", "5.6"),
        VehicleLimit("vehicleLength", "lessThanOrEqualTo", "12.2"),
    )
    assert site.location is not None
    found = measurements(values.getvalue())
    assert {one.observed_at for one in found} == {"2026-10-01T08:31:00Z"}
    assert sum(len(one.values) for one in found) == written.values
    stored = [value for one in found for value in one.values if value.reason is None]
    assert len(stored) == written.stored.total()


def test_a_line_in_version_3_should_be_a_linestring() -> None:
    site = (
        '<m xmlns:roa="r" xmlns:loc="l"><roa:payload/><roa:measurementSite id="S">'
        "<roa:measurementSiteLocation><loc:coordinatesForDisplay><loc:latitude>52</loc:latitude>"
        "<loc:longitude>5</loc:longitude></loc:coordinatesForDisplay><loc:gmlLineString>"
        "<loc:posList>52.1 5.1 52.2 5.2</loc:posList></loc:gmlLineString>"
        "</roa:measurementSiteLocation></roa:measurementSite></m>"
    )
    assert table(site.encode()).sites["S"].location == {
        "type": "LineString",
        "coordinates": [[5.1, 52.1], [5.2, 52.2]],
    }


def test_several_lines_should_be_a_multilinestring() -> None:
    lines = "<gmlLineString><posList>52.1 5.1 52.2 5.2</posList></gmlLineString>"
    place = f"<measurementSiteLocation>{lines}{lines}</measurementSiteLocation>"
    site = f'<m><payload/><measurementSite id="S">{place}</measurementSite></m>'
    location = table(site.encode()).sites["S"].location
    assert isinstance(location, dict)
    assert location["type"] == "MultiLineString"


def test_a_value_that_its_supplier_calls_faulty_should_be_none() -> None:
    fault = "<physicalQuantityFault/><basicData"
    value = flow(1, "60").replace("<basicData", fault)
    assert (only(value)[0].value, only(value)[0].reason) == (None, "fault")


def test_a_vehicle_characteristic_that_is_not_known_should_be_kept_as_it_is() -> None:
    vehicles = "<fuelType>petrol</fuelType>"
    channel = (
        table(v2_table(v2_channel(1, "trafficFlow", vehicles=vehicles))).sites["A1"].channels[1]
    )
    assert channel.vehicle_types == ("fuelType=petrol",)


def test_a_site_without_an_id_should_be_counted() -> None:
    refusals = Refusals()
    content = b'<m><payload/><measurementSite/><measurementSite id="S"/></m>'
    read = read_site_table(io.BytesIO(content), refusals)
    assert list(read.sites) == ["S"]
    assert refusals.count == 1


@pytest.mark.parametrize("latitude", ["", "x", "91", "0"])
def test_a_position_that_is_none_should_be_left_out(latitude: str) -> None:
    content = v2_table(v2_channel(1, "trafficFlow")).decode()
    content = content.replace("52.1223", latitude).replace("4.49208", "0")
    assert table(content.encode()).sites["A1"].location is None


@pytest.mark.parametrize("content", [b"", b"{}", b"<html><body>503</body></html>", b"\x00\x01"])
def test_another_format_should_be_refused(content: bytes) -> None:
    with pytest.raises(WrongInput):
        table(content)
    with pytest.raises(WrongInput):
        measurements(content)


def test_swapped_files_should_be_told() -> None:
    values = v2_values(v2_site(flow(1, "1")))
    with pytest.raises(WrongInput, match="no measurement site table but MeasuredDataPublication"):
        table(values)
    with pytest.raises(WrongInput, match="no measurements but MeasurementSiteTablePublication"):
        measurements(v2_table(v2_channel(1, "trafficFlow")))


def test_a_damaged_file_should_yield_what_came_before_and_say_where() -> None:
    whole = v2_values(v2_site(flow(1, "60")), v2_site(flow(1, "120")), v2_site(flow(1, "180")))
    cut = whole.index(b"120")
    stream = read_measurements(io.BytesIO(whole[:cut]), Header(), Refusals())
    assert next(stream).values[0].value == 60
    with pytest.raises(DamagedInput) as caught:
        next(stream)
    assert caught.value.record == 2
    assert caught.value.line == whole[:cut].count(b"\n") + 1


def test_entities_of_a_document_should_not_be_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
    content = v2_values(v2_site(flow(1, "&a;"), flow(2, "&b;")))
    head, _, rest = content.partition(b"?>")
    found = measurements(head + b"?>" + bomb + rest)
    assert [value.value for value in found[0].values] == [None, None]


def test_records_without_a_site_should_be_counted() -> None:
    refusals = Refusals()
    content = v2_values(v2_site(flow(1, "1"), site=""), v2_site(flow(1, "1")))
    found = list(read_measurements(io.BytesIO(content), Header(), refusals))
    assert len(found) == 1
    assert refusals.first == [{"record": 1, "reason": "A record of measurements names no site"}]


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("-1", -1), ("7.50", 7.5), (".5", 0.5), ("1e2", 100.0)],
)
def test_number_of_should_read_numbers(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["", "1_000", "INF", "NaN", "1,5", "9" * 5000, "1e999", "x"])
def test_number_of_should_refuse_what_is_none(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize("text", ["", "-1", "1.0", "9" * 5000, None])
def test_whole_should_refuse_what_is_no_index(text: str | None) -> None:
    assert whole(text) is None


@pytest.mark.parametrize("text", [None, "", "2016-09-09", "0001-01-01T00:00:00+05:00", "now"])
def test_utc_should_refuse_what_is_no_moment(text: str | None) -> None:
    assert utc(text) is None


@given(st.binary(max_size=300))
def test_any_bytes_should_end_in_a_typed_error(junk: bytes) -> None:
    whole_file = v2_values(v2_site(flow(1, "60")), v2_site(flow(1, "60")))
    place = len(whole_file) // 2
    with suppress(DamagedInput, WrongInput):
        measurements(whole_file[:place] + junk + whole_file[place:])
    with suppress(DamagedInput, WrongInput):
        measurements(junk)
