"""Aldermonde, a Hanseatic town that does not exist, as NGSI-LD documents (pure).

A seed makes the city, a seed and a moment make its measurements: the same in every run. Documents
are normalized NGSI-LD in the terms of Hanze's @context; types and attributes are those of Smart
Data Models where these have them. Every entity carries `simulated: true`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from shapely.geometry.base import BaseGeometry

from hanze.connectors.simulation import names
from hanze.connectors.simulation.climate import climate
from hanze.connectors.simulation.names import Name
from hanze.connectors.simulation.plan import Plan, draw
from hanze.connectors.simulation.plane import bend, to_geojson
from hanze.connectors.simulation.readings import Reading, readings
from hanze.connectors.simulation.roads import Bridge, Road
from hanze.connectors.simulation.sites import Site, sites
from hanze.connectors.simulation.water import limits
from hanze.ngsild.model import JsonValue

__all__ = ["City", "Document", "build_city", "entities", "site_id", "step"]

Document = dict[str, JsonValue]

_LICENSE = "https://creativecommons.org/publicdomain/zero/1.0/"
_SOURCE = "https://w3id.org/hanze/simulation"
_PROVIDER = "Hanze, simulated"
#: As which the city takes part in the collective.
_MUNICIPALITY = "urn:ngsi-ld:Municipality:hanze:aldermonde"

_ROAD_CLASS = {
    "motorway": "motorway",
    "ring": "primary",
    "radial": "secondary",
    "town": "tertiary",
    "street": "residential",
}
_SPECIES: Mapping[str, tuple[str, Name]] = {
    "linden": (
        "Tilia europaea",
        {"nl": "Hollandse linde", "en": "Common lime", "ko": "유럽피나무"},
    ),
    "elm": (
        "Ulmus hollandica",
        {"nl": "Hollandse iep", "en": "Dutch elm", "ko": "네덜란드느릅나무"},
    ),
    "plane": (
        "Platanus hispanica",
        {"nl": "Plataan", "en": "London plane", "ko": "단풍버즘나무"},
    ),
    "chestnut": (
        "Aesculus hippocastanum",
        {"nl": "Paardenkastanje", "en": "Horse chestnut", "ko": "가시칠엽수"},
    ),
    "alder": ("Alnus glutinosa", {"nl": "Zwarte els", "en": "Common alder", "ko": "유럽오리나무"}),
}
#: What an observation says about when: required by its Smart Data Model.
_DATED = frozenset(
    {
        "TrafficFlowObserved",
        "AirQualityObserved",
        "WeatherObserved",
        "NoiseLevelObserved",
        "WaterLevelObserved",
    }
)


@dataclass(frozen=True, slots=True)
class City:
    """A city: what stands still, and the sites that measure."""

    seed: int
    still: Sequence[Document]
    sites: Sequence[Site] = field(repr=False)


def _id(type_: str, key: str) -> str:
    return f"urn:ngsi-ld:{type_}:aldermonde:{key}"


def site_id(site: Site) -> str:
    """Return the id of a site's entity."""
    return _id(site.type, site.key)


def _property(value: JsonValue, unit: str | None = None) -> Document:
    return {"type": "Property", "value": value, **({"unitCode": unit} if unit else {})}


def _relationship(type_: str, key: str) -> Document:
    return {"type": "Relationship", "object": _id(type_, key), "objectType": type_}


def _language(name: Name) -> Document:
    return {"type": "LanguageProperty", "languageMap": dict(name)}


def _scope(district: str | None) -> str:
    """Return the scope of a district: its Dutch name, of which only letters are allowed (4.18)."""
    if district is None:
        return "/Aldermonde"
    words = "".join(part.capitalize() for part in names.DISTRICTS[district]["nl"].split())
    return f"/Aldermonde/{words}"


def _document(
    type_: str,
    key: str,
    name: Name,
    shape: BaseGeometry,
    attributes: Document,
    *,
    district: str | None = None,
) -> Document:
    """Return what every entity of the city has, and its own attributes."""
    return {
        "id": _id(type_, key),
        "type": type_,
        "scope": _scope(district),
        "name": _language(name),
        "location": {"type": "GeoProperty", "value": _geometry(shape)},
        **({"inDistrict": _relationship("District", district)} if district else {}),
        **attributes,
        "simulated": _property(True),
        "dataProvider": _property(_PROVIDER),
        "source": _property(_SOURCE),
        "license": _property(_LICENSE),
    }


def _geometry(shape: BaseGeometry) -> JsonValue:
    return to_geojson(bend(shape))


def _city(plan: Plan) -> Document:
    residents = sum(district.residents for district in plan.districts)
    area = round(limits().area / 1e6, 2)
    attributes: Document = {"population": _property(residents), "area": _property(area, "KMK")}
    return _document("City", "city", names.CITY, limits(), attributes)


def _districts(plan: Plan) -> list[Document]:
    return [
        _document(
            "District",
            district.key,
            names.DISTRICTS[district.key],
            district.shape,
            {
                "inCity": _relationship("City", "city"),
                "municipality": {
                    "type": "Relationship",
                    "object": _MUNICIPALITY,
                    "objectType": "Municipality",
                },
                "population": _property(district.residents),
                "area": _property(round(district.shape.area / 1e6, 3), "KMK"),
                "category": _property(district.character),
            },
        )
        | {"scope": _scope(district.key)}
        for district in plan.districts
    ]


def _waters(plan: Plan) -> list[Document]:
    return [
        _document(
            "WaterBody",
            body.key,
            names.WATERS[body.key],
            body.shape,
            {
                "category": _property(body.kind.lower()),
                "area": _property(round(body.shape.area / 1e6, 3), "KMK"),
            },
        )
        for body in plan.waters
    ]


def _parks(plan: Plan) -> list[Document]:
    return [
        _document(
            "Park",
            park.key,
            names.PARKS[park.key],
            park.shape,
            {"area": _property(round(park.shape.area / 1e6, 3), "KMK")},
            district=plan.district_of(park.shape).key,
        )
        for park in plan.parks
    ]


def _road(plan: Plan, road: Road) -> Document:
    attributes: Document = {
        "roadClass": _property(_ROAD_CLASS[road.kind]),
        "length": _property(round(road.shape.length), "MTR"),
    }
    return _document(
        "Road", road.key, plan.road_names[road.key], road.shape, attributes, district=road.district
    )


def _bridge_site(plan: Plan, bridge: Bridge) -> Site:
    road = plan.road_names[bridge.road.key]
    over = names.WATERS[bridge.over.key]
    name = {
        "nl": f"Brug {bridge.key}, {road['nl']} over {over['nl']}",
        "en": f"Bridge {bridge.key}, {road['en']} over {over['en']}",
        "ko": f"다리 {bridge.key}, {road['ko']} ({over['ko']})",
    }
    kind = "opens" if bridge.opens else "fixed"
    return Site(
        "Bridge",
        kind,
        bridge.key,
        name,
        bridge.shape,
        plan.district_of(bridge.shape).key,
        bridge.road.key,
        water=bridge.over.key,
    )


def _fixed(site: Site) -> Document:
    """Return what a site is, apart from what it measures."""
    kinds: dict[str, Document] = {
        "TrafficFlowObserved": {"totalLaneNumber": _property(site.size)},
        "AirQualityObserved": {
            "reliability": _property(0.6 if site.kind == "citizen" else 0.95, "C62")
        },
        "OffStreetParking": {
            "totalSpotNumber": _property(site.size),
            "category": _property(["public", "underground"]),
        },
        "Streetlight": {"lanternHeight": _property(site.size, "MTR")},
        "EVChargingStation": {
            "capacity": _property(site.size),
            "socketType": _property(["CCS/SAE" if site.kind == "dc" else "Type2"]),
            "allowedVehicleType": _property(["car"]),
        },
        "WasteContainer": {"storedWasteKind": _property([site.kind])},
        "BikeHireDockingStation": {"totalSlotNumber": _property(site.size)},
        "Bridge": {"opensForShips": _property(site.kind == "opens")},
    }
    if site.type == "Tree":
        latin, common = _SPECIES[site.kind]
        return {
            "species": _property(latin),
            "speciesName": _language(common),
            "height": _property(site.size / 10, "MTR"),
        }
    return kinds.get(site.type, {})


def _sited(site: Site) -> Document:
    attributes = _fixed(site)
    if site.road:
        attributes |= {"refRoad": _relationship("Road", site.road)}
    if site.water:
        term = "crosses" if site.type == "Bridge" else "observes"
        attributes |= {term: _relationship("WaterBody", site.water)}
    return _document(site.type, site.key, site.name, site.shape, attributes, district=site.district)


def build_city(seed: int) -> City:
    """Build the city of a seed: about 2,000 entities."""
    plan = draw(seed)
    placed = [*sites(plan, seed), *(_bridge_site(plan, bridge) for bridge in plan.bridges)]
    still = chain(
        [_city(plan)],
        _districts(plan),
        _waters(plan),
        _parks(plan),
        (_road(plan, road) for road in plan.roads),
        (_sited(site) for site in placed),
    )
    return City(seed=seed, still=tuple(still), sites=tuple(placed))


def _measured(reading: Reading, observed_at: str) -> Document:
    return {**_property(reading.value, reading.unit), "observedAt": observed_at}


def step(city: City, now: datetime, *, part: int = 0, parts: int = 1) -> list[Document]:
    """Return what the sites measure at a moment: per site its id, type and measured attributes.

    Args:
        city: From `build_city`.
        now: With a time zone.
        part: Which part of the sites, from 0; each part has sites all over the city.
        parts: Into how many parts the sites are divided.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    observed_at = moment.isoformat().replace("+00:00", "Z")
    air = climate(city.seed, moment)
    found: list[Document] = []
    for site in city.sites[part::parts]:
        values = readings(site, air, city.seed, moment)
        if not values:
            continue
        update: Document = {"id": site_id(site), "type": site.type}
        update |= {name: _measured(reading, observed_at) for name, reading in values.items()}
        if site.type in _DATED:
            update["dateObserved"] = _property({"@type": "DateTime", "@value": observed_at})
        found.append(update)
    return found


def entities(city: City, now: datetime) -> list[Document]:
    """Return the whole city at a moment, each entity with all its attributes."""
    measured = {update["id"]: update for update in step(city, now)}
    return [document | measured.get(document["id"], {}) for document in city.still]
