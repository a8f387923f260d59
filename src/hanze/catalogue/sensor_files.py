"""The register of sensors as files: JSON-LD, GeoJSON, and a table (pure).

The names are those of SensRNet, the Dutch register of sensors of Geonovum and Kadaster: Device,
Datastream, ObservationGoal, LegalEntity and their members; identifiers alone, and our own table. They
stand under a namespace of our own, as that register publishes none.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from hanze.catalogue.sensors import Sensor
from hanze.governance.algorithms import text_of
from hanze.ngsild.model import JsonValue

__all__ = [
    "SENSRNET",
    "page_of",
    "sensor_csv",
    "sensor_feature",
    "sensor_geojson",
    "sensor_json_ld",
    "sensor_name",
]

SENSRNET: Final = "https://w3id.org/hanze/sensrnet#"

_CONTEXT: Final[Mapping[str, JsonValue]] = {
    "@vocab": SENSRNET,
    "geojson": "https://purl.org/geojson/vocab#",
    "location": {"@id": "Location", "@type": "@json"},
    "name": "Name",
    "description": "Description",
    "LegalGround": {"@type": "@id"},
    "DataLink": {"@type": "@id"},
    "Documentation": {"@type": "@id"},
    "Theme": {"@type": "@id"},
    "Purpose": {"@id": "https://w3id.org/dpv#hasPurpose", "@type": "@id"},
    "PersonalData": {"@id": "https://w3id.org/dpv#hasPersonalData", "@type": "@id"},
    "ReviewDate": {"@type": "http://www.w3.org/2001/XMLSchema#date"},
}

#: Spreadsheets take what begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = (
    "id",
    "name",
    "types",
    "longitude",
    "latitude",
    "owner",
    "provider",
    "purposes",
    "legalGround",
    "containsPIData",
    "isOpenData",
    "isReusable",
    "license",
    "contact",
    "datasets",
    "decidedBy",
    "reviewAt",
    "retentionDays",
    "page",
)


def sensor_json_ld(
    sensors: Iterable[Sensor], *, base_url: str, language: str
) -> dict[str, JsonValue]:
    """Write entries as JSON-LD.

    Args:
        base_url: Of the node.
        language: Of texts, where there are several.
    """
    graph: list[JsonValue] = [_device(one, base_url, language) for one in sensors]
    return {"@context": dict(_CONTEXT), "@graph": graph}


def sensor_geojson(
    sensors: Iterable[Sensor], *, base_url: str, language: str
) -> dict[str, JsonValue]:
    """Write entries as a FeatureCollection (RFC 7946); those without a place have no geometry."""
    features: list[JsonValue] = [sensor_feature(one, base_url, language) for one in sensors]
    return {"type": "FeatureCollection", "features": features}


def sensor_feature(sensor: Sensor, base_url: str, language: str) -> dict[str, JsonValue]:
    """Write one entry as a Feature; its properties have the names of the table's columns."""
    properties: dict[str, JsonValue] = {
        name: value
        for name, value in _row(sensor, base_url, language).items()
        if name not in ("longitude", "latitude") and value not in ("", None)
    }
    geometry: JsonValue = sensor.location  # type: ignore[assignment]  # JSON, as it was stored
    return {"type": "Feature", "id": sensor.id, "geometry": geometry, "properties": properties}


def sensor_csv(sensors: Iterable[Sensor], *, base_url: str, language: str) -> str:
    """Write entries as a table (RFC 4180)."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    for one in sensors:
        row = _row(one, base_url, language)
        table.writerow([_harmless(row[name]) for name in _COLUMNS])
    return out.getvalue()


def page_of(sensor_id: str, base_url: str) -> str:
    """Give the address that a sensor's QR code leads to."""
    return f"{base_url}/sensor/{quote(sensor_id, safe=':')}"


def _device(sensor: Sensor, base_url: str, language: str) -> dict[str, JsonValue]:
    stream: dict[str, JsonValue] = {
        "@type": "Datastream",
        "name": text_of(sensor.title, language),
        "description": text_of(sensor.description, language),
        "ContainsPIData": sensor.personal,
        "IsOpenData": sensor.open,
        "IsReusable": sensor.open,
        "Documentation": page_of(sensor.id, base_url),
    }
    if sensor.open:
        stream["DataLink"] = f"{base_url}/ngsi-ld/v1/entities/{sensor.id}"
    goal: dict[str, JsonValue] = {"@type": "ObservationGoal", "Purpose": list(sensor.purposes)}
    if sensor.purpose:
        goal["description"] = sensor.purpose
    if sensor.legal_basis:
        goal["LegalGround"] = sensor.legal_basis
    owner: dict[str, JsonValue] = {"@type": "LegalEntity", "name": sensor.provider}
    if sensor.owner:
        owner["@id"] = sensor.owner
    if sensor.contact:
        owner["ContactDetails"] = sensor.contact
    device: dict[str, JsonValue] = {
        "@id": sensor.id,
        "@type": ["Device", *sensor.types],
        "name": sensor_name(sensor, language),
        "Datastream": stream,
        "ObservationGoal": goal,
        "LegalEntity": owner,
    }
    if sensor.location is not None:
        device["location"] = sensor.location  # type: ignore[assignment]  # JSON, as it was stored
    if sensor.categories:
        device["PersonalData"] = list(sensor.categories)
    if sensor.review_at:
        device["ReviewDate"] = sensor.review_at
    return device


def _row(sensor: Sensor, base_url: str, language: str) -> dict[str, str | bool | float | None]:
    longitude, latitude = _point(sensor)
    return {
        "id": sensor.id,
        "name": sensor_name(sensor, language),
        "types": " ".join(sensor.types),
        "longitude": longitude,
        "latitude": latitude,
        "owner": sensor.owner,
        "provider": sensor.provider,
        "purposes": " ".join(sensor.purposes),
        "legalGround": sensor.legal_basis,
        "containsPIData": sensor.personal,
        "isOpenData": sensor.open,
        "isReusable": sensor.open,
        "license": sensor.license,
        "contact": sensor.contact,
        "datasets": " ".join(sensor.datasets),
        "decidedBy": sensor.non_publication.decided_by if sensor.non_publication else "",
        "reviewAt": sensor.review_at,
        "retentionDays": sensor.retention_days,
        "page": page_of(sensor.id, base_url),
    }


def sensor_name(sensor: Sensor, language: str) -> str:
    """Name a sensor in a language, or by the last part of its id."""
    if isinstance(sensor.name, str):
        return sensor.name or sensor.id.rsplit(":", 1)[-1]
    return text_of(sensor.name, language) or next(iter(sensor.name.values()), sensor.id)


def _point(sensor: Sensor) -> tuple[float | None, float | None]:
    location = sensor.location or {}
    coordinates = location.get("coordinates")
    if location.get("type") != "Point" or not isinstance(coordinates, list | tuple):
        return None, None
    longitude, latitude = coordinates[:2]
    return float(longitude), float(latitude)


def _harmless(cell: str | bool | float | None) -> str | float:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return "" if cell is None else cell
