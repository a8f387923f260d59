"""Registers of Dutch and Korean places, and what GeoNames adds: real files, counted independently."""

import csv
import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.connectors import WrongInput
from hanze.connectors.boundaries import read_boundaries
from hanze.connectors.cities.source import geonames_cities
from hanze.connectors.known import Known
from hanze.connectors.manifest import load_manifest
from hanze.connectors.municipalities_kr.places import Bounded, Listed, join
from hanze.connectors.municipalities_kr.source import korean_municipalities
from hanze.connectors.municipalities_nl.source import dutch_municipalities
from hanze.connectors.register_files import RegisterFiles
from hanze.ngsild.model import Entity
from hanze.ngsild.topology import read_topology
from hanze.ngsild.vocabulary import HANZE


def dutch(shared_data: Path) -> RegisterFiles:
    return dutch_municipalities(
        shared_data / "collective/nl/municipalities_nl_2019_2020.csv",
        shared_data / "geo/nl-gemeenten.geojson",
        load_manifest("municipalities_nl").provenance,
        year=2020,
    )


def korean(shared_data: Path) -> RegisterFiles:
    return korean_municipalities(
        shared_data / "collective/kr/korea_sido_sigungu_2010.csv",
        [shared_data / "geo/kr-municipalities-2018.topojson"],
        shared_data / "collective/kr/codebook-20100401-06-translation.csv",
        load_manifest("municipalities_kr").provenance,
    )


def records(entities: Iterable[Entity]) -> dict[str, Record]:
    kept = [one for one in entities if "District" not in one.types[0]]
    return {one.id: read_record(one) for one in kept}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_dutch_municipality_should_be_a_record_when_the_register_is_read(
    shared_data: Path,
) -> None:
    intake = dutch(shared_data)
    found = records(intake.entities())
    told = rows(shared_data / "collective/nl/municipalities_nl_2019_2020.csv")
    cities = {one.cbs_code: one for one in found.values() if isinstance(one, Municipality)}
    assert {row["gm_code"]: int(row["population"]) for row in told} == {
        code: one.population for code, one in cities.items()
    }
    country = found["urn:ngsi-ld:Country:NL"]
    assert isinstance(country, Country)
    assert country.population == sum(int(row["population"]) for row in told) == 17_427_806
    regions = [one for one in found.values() if isinstance(one, Region)]
    assert len(regions) == len({row["pv_code"] for row in told}) == 12
    utrecht = found["urn:ngsi-ld:Region:NL:PV26"]
    assert isinstance(utrecht, Region)
    assert utrecht.population == sum(
        int(row["population"]) for row in told if row["pv_code"] == "PV26"
    )
    assert all(one.provenance == "imported" and one.license for one in found.values())


def test_a_municipality_should_lie_inside_its_boundary_when_it_has_one(shared_data: Path) -> None:
    intake = dutch(shared_data)
    found = records(intake.entities())
    boundaries = orjson.loads((shared_data / "geo/nl-gemeenten.geojson").read_bytes())["features"]
    checked = 0
    for feature in boundaries:
        record = found.get(f"urn:ngsi-ld:Municipality:NL:{feature['properties']['code']}")
        if record is None:
            continue
        assert isinstance(record, Municipality)
        assert record.location is not None
        assert record.area is not None
        position: Any = record.location["coordinates"]
        east, north = position
        assert inside(feature["geometry"], east, north), record.id
        assert record.area.value == pytest.approx(spherical_area(feature["geometry"]), rel=0.01)
        checked += 1
    assert checked == 337
    details: Any = intake.details()
    assert len(details["withoutBoundary"]) == 355 - 337
    assert details["boundariesOfOthers"] == [
        "GM1979 Eemsdelta",
        "GM1980 Dijk en Waard",
        "GM1982 Land van Cuijk",
        "GM1991 Maashorst",
        "GM1992 Voorne aan Zee",
    ]


def polygons(geometry: dict[str, Any]) -> list[list[list[list[float]]]]:
    single = geometry["type"] == "Polygon"
    return [geometry["coordinates"]] if single else geometry["coordinates"]


def inside(geometry: dict[str, Any], east: float, north: float) -> bool:
    """Count edges to the east of a point: an odd number means inside."""
    crossings = 0
    for polygon in polygons(geometry):
        for ring in polygon:
            for (x1, y1), (x2, y2) in pairwise(ring):
                if (y1 > north) != (y2 > north):
                    crossings += east < (x2 - x1) * (north - y1) / (y2 - y1) + x1
    return crossings % 2 == 1


def spherical_area(geometry: dict[str, Any]) -> float:
    """Add up strips between edges and the equator, on a sphere."""
    total = 0.0
    for polygon in polygons(geometry):
        for number, ring in enumerate(polygon):
            strip = 0.0
            for (x1, y1), (x2, y2) in pairwise(ring):
                mean = (math.sin(math.radians(y1)) + math.sin(math.radians(y2))) / 2
                strip += math.radians(x2 - x1) * mean
            total += abs(strip) * (1 if number == 0 else -1)
    return total * 6371.0072**2


def test_every_korean_row_should_become_something_when_register_and_boundaries_meet(
    shared_data: Path,
) -> None:
    intake = korean(shared_data)
    entities = list(intake.entities())
    ids = {one.id.rpartition(":")[2] for one in entities}
    told = rows(shared_data / "collective/kr/korea_sido_sigungu_2010.csv")
    details: Any = intake.details()
    changed = {line.split()[0]: line for line in details["changedSince2010"]}
    former = {line.rpartition(" ")[2] for line in changed.values() if ", code " in line}
    assert {row["kostat_code"] for row in told} == (ids | former) - {
        code for code in ids if not any(row["kostat_code"] == code for row in told)
    }
    boundaries = orjson.loads((shared_data / "geo/kr-municipalities-2018.topojson").read_bytes())
    (shapes,) = boundaries["objects"].values()
    codes = {one["properties"]["code"] for one in shapes["geometries"]}
    assert codes - ids == {"29010"}  # Sejong: its province and itself are one
    known = [int(row["population_2010"]) for row in told if len(row["kostat_code"]) == 2]
    country = read_record(next(one for one in entities if ":Country:" in one.id))
    assert isinstance(country, Country)
    assert country.population == sum(known) == 47_990_761
    assert len(entities) == len({one.id for one in entities}) == 293


def test_sejong_should_exist_without_population(shared_data: Path) -> None:
    found = records(korean(shared_data).entities())
    sejong = found["urn:ngsi-ld:Municipality:KR:29"]
    assert isinstance(sejong, Municipality)
    assert sejong.population is None
    assert sejong.population_year is None
    assert sejong.location is not None
    assert (sejong.title["ko"], sejong.title["en"]) == ("세종시", "Sejong")
    assert sejong.region == "urn:ngsi-ld:Region:KR:29"
    assert sejong.region in found
    for code in ("11", "21", "22", "23", "24", "25", "26"):
        city = found[f"urn:ngsi-ld:Municipality:KR:{code}"]
        assert isinstance(city, Municipality)
        assert city.population
        assert "nl" not in city.title


@pytest.mark.parametrize(
    ("code", "ko", "population", "former"),
    [
        ("31280", "여주시", 100_052, "31320"),  # a county raised to a city
        ("34080", "당진시", 53_673, "34390"),
        ("33040", "청주시", None, "33010"),  # merged with the county around it
        ("38110", "창원시", None, "38010"),
    ],
)
def test_a_place_should_keep_its_population_only_when_its_land_is_the_same(
    shared_data: Path, code: str, ko: str, population: int | None, former: str
) -> None:
    entities = {one.id: one for one in korean(shared_data).entities()}
    entity = entities[f"urn:ngsi-ld:Municipality:KR:{code}"]
    record = read_record(entity)
    assert isinstance(record, Municipality)
    assert (record.title["ko"], record.population) == (ko, population)
    besides: Any = entity.attributes[HANZE.expand_name("asPublished")][0].value
    assert besides["former"]["kostat_code"] == former
    assert f"urn:ngsi-ld:Municipality:KR:{former}" not in entities


def test_a_district_should_name_its_city_when_it_does_not_govern_itself(shared_data: Path) -> None:
    entities = {one.id: one for one in korean(shared_data).entities()}
    district = entities["urn:ngsi-ld:District:KR:33042"]
    assert district.attributes[HANZE.expand_name("inCity")][0].value == (
        "urn:ngsi-ld:Municipality:KR:33040"
    )
    assert district.attributes[HANZE.expand_name("name")][0].value == "Seowon-gu"


def test_register_without_boundaries_should_keep_its_own_codes() -> None:
    listed = [Listed("31320", "여주군", "Yeoju-gun", 100), Listed("31010", "수원시", "Suwon-si", 5)]
    places, _ = join(listed, [])
    assert [(one.code, one.population) for one in places] == [("31010", 5), ("31320", 100)]
    assert join([], [])[0] == []


def test_two_places_of_one_name_should_not_be_joined_when_the_code_is_new() -> None:
    listed = [Listed("11010", "중구", "Jung-gu", 1), Listed("11020", "중구", "Jung-gu", 2)]
    shape = read_boundaries(
        b'{"type":"FeatureCollection","features":[{"properties":{},"geometry":{"type":"Polygon",'
        b'"coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}'
    )[0].shape
    places, changes = join(listed, [Bounded("11030", "중구", "Jung-gu", shape)])
    assert [one.code for one in places] == ["11010", "11020", "11030"]
    assert {change.what for change in changes} == {"in the boundaries only", "in the register only"}


def test_cities_should_add_what_places_lack_and_nothing_else(shared_data: Path) -> None:
    places = [*dutch(shared_data).entities(), *korean(shared_data).entities()]
    known = Known(places)
    path = shared_data / "collective/cities/geonames_nl_kr_be_and_world500k.json"
    intake = geonames_cities(path, known, load_manifest("cities").provenance)
    added = {one.id: one for one in intake.entities()}
    hague = added["urn:ngsi-ld:Municipality:NL:GM0518"].attributes[HANZE.expand_name("title")][0]
    assert hague.value == {"nl": "'s-Gravenhage", "ko": "헤이그", "en": "The Hague"}
    population = HANZE.expand_name("population")
    assert not any(population in one.attributes for one in added.values())
    for one in added.values():
        before = known.records[one.id]
        assert (before.location is None) == (HANZE.expand_name("location") in one.attributes)
    details: Any = intake.details()
    assert details["cities"] == len(orjson.loads(path.read_bytes())) == 1773
    assert details["places"]["matched"] == len(added) == 273
    assert details["proposed"]["count"] == 1773 - 273


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"type":"Feature"}', b'{"type":"FeatureCollection","features":[{}]}']
)
def test_boundaries_should_be_refused_when_they_are_something_else(text: bytes) -> None:
    with pytest.raises(WrongInput):
        read_boundaries(text)


def test_topology_should_drop_rings_that_simplification_left_without_area() -> None:
    text = (
        b'{"type":"Topology","transform":{"scale":[0.1,0.1],"translate":[5,52]},'
        b'"arcs":[[[0,0],[10,0],[0,10],[-10,-10]],[[0,0],[0,0]]],'
        b'"objects":{"a":{"type":"GeometryCollection","geometries":['
        b'{"type":"MultiPolygon","arcs":[[[0]],[[1]]],"properties":{"code":"1"}}]}}}'
    )
    (feature,) = read_topology(text)
    assert feature.properties == {"code": "1"}
    assert feature.shape.bounds == (5.0, 52.0, 6.0, 53.0)  # type: ignore[attr-defined]  # stubs
