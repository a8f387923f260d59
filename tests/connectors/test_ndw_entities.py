"""Entities of measurement sites: every value stored, without value, or kept apart."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hanze.connectors import DamagedInput, WrongInput
from hanze.connectors.manifest import load_manifest
from hanze.connectors.ndw.source import NdwFiles, XmlFile
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.vocabulary import HANZE
from tests.connectors.datex import flow, speed, v2_channel, v2_site, v2_table, v2_value, v2_values

TABLE = v2_table(
    v2_channel(1, "trafficFlow"),
    v2_channel(2, "trafficSpeed"),
    v2_channel(
        3,
        "trafficFlow",
        "hardShoulder",
        "<lengthCharacteristic><comparisonOperator>lessThan</comparisonOperator><vehicleLength>5.60</vehicleLength></lengthCharacteristic>",
    ),
    v2_channel(4, "trafficFlow"),
    v2_channel(5, "trafficStatusInformation", "allLanesCompleteCarriageway"),
)


def run(
    folder: Path, values: bytes, table: bytes = TABLE
) -> tuple[list[Entity], Mapping[str, Any]]:
    files = folder / "table.xml", folder / "values.xml"
    files[0].write_bytes(table)
    files[1].write_bytes(values)
    intake = NdwFiles(*files, load_manifest("ndw").provenance, HANZE.expand_name)
    entities = list(intake.entities())
    assert intake.position == intake.size
    return entities, intake.details()


def instances(entity: Entity, name: str) -> dict[str | None, Attribute]:
    found = entity.attributes.get(HANZE.expand_name(name), ())
    return {instance.dataset_id: instance for instance in found}


def value(holder: Entity | Attribute, name: str) -> object:
    return holder.attributes[HANZE.expand_name(name)][0].value


def test_a_site_should_be_one_entity_with_an_instance_for_each_channel(tmp_path: Path) -> None:
    site = v2_site(flow(1, "540"), speed(2, "70"), flow(3, "60"), flow(4, "480"))
    (entity,), details = run(tmp_path, v2_values(site))
    assert entity.id == "urn:ngsi-ld:TrafficFlowObserved:ndw:A1"
    assert entity.types == (
        "https://smartdatamodels.org/dataModel.Transportation/TrafficFlowObserved",
    )
    flows = instances(entity, "intensity")
    lane1 = "urn:ngsi-ld:Dataset:ndw:lane1:anyVehicle"
    shoulder = "urn:ngsi-ld:Dataset:ndw:hardShoulder:length-lt5.6"
    assert {name: one.value for name, one in flows.items()} == {
        lane1: 540,
        shoulder: 60,
        lane1 + ":index4": 480,
    }
    assert {one.unit_code for one in flows.values()} == {"H10"}
    assert {one.observed_at for one in flows.values()} == {"2016-09-09T13:57:00Z"}
    assert value(flows[lane1], "laneId") == 1
    assert value(flows[shoulder], "lane") == "hardShoulder"
    assert value(flows[shoulder], "vehicleClass") == "length < 5.6 m"
    assert value(flows[shoulder], "index") == 3
    (speeds,) = instances(entity, "averageVehicleSpeed").values()
    assert (speeds.value, speeds.unit_code) == (70, "KMH")
    assert value(speeds, "numberOfInputValues") == 9
    location = entity.attributes[HANZE.expand_name("location")][0]
    assert location.kind is AttributeKind.GEO_PROPERTY
    assert value(entity, "license") == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert details["values"]["stored"] == {"trafficFlow": 3, "trafficSpeed": 1}


def test_a_status_should_be_text_and_no_value_should_be_no_instance(tmp_path: Path) -> None:
    status = "<trafficStatus><trafficStatusValue>freeFlow</trafficStatusValue></trafficStatus>"
    site = v2_site(
        flow(1, "0", "<dataError>true</dataError>"),
        speed(2, "-1"),
        v2_value(5, "TrafficStatus", status),
        v2_value(9, "TravelTimeData", ""),
    )
    (entity,), details = run(tmp_path, v2_values(site))
    assert not instances(entity, "intensity")
    assert not instances(entity, "averageVehicleSpeed")
    (found,) = instances(entity, "trafficStatus").values()
    assert (found.value, found.unit_code) == ("freeFlow", None)
    assert details["values"] == {
        "total": 4,
        "stored": {"trafficStatusInformation": 1},
        "noValue": {"dataError": 1, "negative": 1},
        "unmatched": {},
        "notSupported": {"TravelTimeData": 1},
    }


@pytest.mark.parametrize(
    ("site", "reason"),
    [
        (v2_site(flow(1, "60"), site="B9"), "siteNotInTable"),
        (v2_site(flow(1, "60"), version="4"), "siteVersionDiffers"),
    ],
)
def test_a_site_that_the_table_does_not_have_should_be_kept_apart(
    tmp_path: Path, site: str, reason: str
) -> None:
    (entity,), details = run(tmp_path, v2_values(site, table_version="869"))
    assert entity.id.startswith("urn:ngsi-ld:UnmatchedMeasurements:ndw:")
    assert value(entity, "reason") == reason
    assert value(entity, "measurements") == {
        "measurements": [{"index": 1, "kind": "trafficFlow", "value": 60, "reason": reason}]
    }
    assert HANZE.expand_name("intensity") not in entity.attributes
    assert details["sites"] == {"joined": 0, "keptApart": 1, "withoutLocation": 0}
    assert details["values"]["unmatched"] == {reason: 1}
    first, second = details["warnings"]
    assert "version 869" in first
    assert "868" in first
    assert "1 values of 1 sites" in second


def test_values_that_contradict_the_table_should_be_kept_apart(tmp_path: Path) -> None:
    site = v2_site(flow(1, "60"), flow(2, "120"), flow(77, "180"))
    (entity, apart), details = run(tmp_path, v2_values(site))
    assert [one.value for one in instances(entity, "intensity").values()] == [60]
    rows = value(apart, "measurements")
    assert isinstance(rows, dict)
    assert [row["reason"] for row in rows["measurements"]] == [
        "kindDiffersFromTable",
        "indexNotInTable",
    ]
    assert details["values"]["total"] == 3


def test_a_value_without_a_time_should_be_no_value(tmp_path: Path) -> None:
    site = v2_site(flow(1, "60")).replace("2016-09-09T13:57:00Z", "2016-09-09T13:57:00")
    (entity,), details = run(tmp_path, v2_values(site))
    assert not instances(entity, "intensity")
    assert details["values"]["noValue"] == {"noTime": 1}


def test_an_index_that_comes_twice_should_be_counted(tmp_path: Path) -> None:
    (entity,), details = run(tmp_path, v2_values(v2_site(flow(1, "60"), flow(1, "120"))))
    assert [one.value for one in instances(entity, "intensity").values()] == [120]
    assert details["values"]["stored"] == {"trafficFlow": 1}
    assert details["values"]["noValue"] == {"repeated": 1}


@pytest.mark.parametrize("cut", [20, -10])
def test_packed_data_that_breaks_off_should_be_told(tmp_path: Path, cut: int) -> None:
    values = v2_values(*(v2_site(flow(1, str(60 * n)), site="A1") for n in range(3000)))
    (tmp_path / "table.xml").write_bytes(TABLE)
    (tmp_path / "values.xml").write_bytes(gzip.compress(values)[:cut])
    intake = NdwFiles(
        tmp_path / "table.xml",
        tmp_path / "values.xml",
        load_manifest("ndw").provenance,
        HANZE.expand_name,
    )
    with pytest.raises(DamagedInput, match="incomplete or damaged") as caught:
        list(intake.entities())
    assert caught.value.record is not None


def test_a_file_that_unpacks_to_too_much_should_be_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    stream = XmlFile(path, limit=50_000)
    with pytest.raises(EOFError, match="more than"):
        stream.read()
    stream.close()


def test_wrong_files_should_be_named(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"table\.xml: The file holds no measurement site table"):
        run(tmp_path, TABLE, table=v2_values(v2_site(flow(1, "1"))))
    with pytest.raises(WrongInput, match=r"values\.xml: The file holds no measurements"):
        run(tmp_path, TABLE)


def test_the_slice_of_version_3_should_be_read_and_its_values_kept_apart(
    shared_data: Path, tmp_path: Path
) -> None:
    """Its table was cut down to points: nothing says what an index means."""
    path = shared_data / "live/ndw-v3/ndw-speed-intensity.arnhem.xml"
    intake = NdwFiles(path, path, load_manifest("ndw").provenance, HANZE.expand_name)
    list(intake.entities())
    details: Mapping[str, Any] = intake.details()
    assert details["siteTable"]["sites"] == 26
    assert details["sites"]["joined"] == 25
    assert details["values"]["unmatched"] == {"indexNotInTable": 50}


@pytest.mark.slow
def test_every_site_and_value_of_the_recorded_minute_should_be_accounted_for(
    shared_data: Path,
) -> None:
    folder = shared_data / "live/ndw"
    intake = NdwFiles(
        folder / "measurement_2016-09-09T1300_v2.xml.gz",
        folder / "trafficspeed_2016-09-09T1600_v2.xml.gz",
        load_manifest("ndw").provenance,
        HANZE.expand_name,
    )
    assert len({entity.id for entity in intake.entities()}) == 16_975
    details: Mapping[str, Any] = intake.details()
    assert details["sites"] == {"joined": 16_975, "keptApart": 0, "withoutLocation": 0}
    assert details["values"] == {
        "total": 163_698,
        "stored": {
            "trafficFlow": 77_242,
            "trafficSpeed": 55_049,
            "trafficStatusInformation": 1_273,
        },
        "noValue": {"dataError": 19_849, "negative": 10_285},
        "unmatched": {},
        "notSupported": {},
    }
