"""Where entities are, read from their stored form: maps need thousands at once, and little of each.

Loading an entity whole costs ten times as much as finding its place and name in its body.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import shapely

from hanze.broker.ports import StoredEntity
from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import JsonValue
from hanze.web.portal.translation import local_name

__all__ = ["TITLES", "Place", "place_of", "text_in"]

TITLES = ("name", "title", "alternateName")


@dataclass(frozen=True, slots=True)
class Place:
    """An entity that has a place.

    Attributes:
        id: Of the entity.
        kind: Its first type, as in its body.
        longitude: Of the entity, or of a point that is surely on it.
        latitude: Likewise.
        shape: What it covers, where that is more than a point.
        document: Its body.
    """

    id: str
    kind: str
    longitude: float
    latitude: float
    shape: shapely.Geometry | None
    document: Mapping[str, JsonValue]

    def title(self, language: str) -> str:
        """Name the entity in a language, or by the last part of its id."""
        for wanted in TITLES:
            for name, attribute in self.document.items():
                if local_name(name) == wanted:
                    first = attribute[0] if isinstance(attribute, list) else attribute
                    text = _text(first, language)
                    if text:
                        return text
        return self.id.rsplit(":", 1)[-1] or self.id


def place_of(stored: StoredEntity) -> Place | None:
    """Find the place in a body: its location, else its first GeoProperty; `None` without one."""
    document: Mapping[str, JsonValue] = orjson.loads(stored.body)
    geometry = _geometry(document.get("location")) or next(
        (found for value in document.values() if (found := _geometry(value)) is not None), None
    )
    if geometry is None:
        return None
    types = document["type"]
    kind = types if isinstance(types, str) else str(types[0]) if isinstance(types, list) else ""
    identifier = str(document["id"])
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(coordinates, list):
        longitude, latitude = float(str(coordinates[0])), float(str(coordinates[1]))
        return Place(identifier, kind, longitude, latitude, None, document)
    shape = to_shape(geometry)
    point = shapely.point_on_surface(shape)
    return Place(identifier, kind, shapely.get_x(point), shapely.get_y(point), shape, document)


def text_in(texts: Mapping[str, JsonValue], language: str) -> str:
    """Choose a text of a languageMap: the page's language, else another that is there."""
    for code in (language, "@none", "en", "nl", *texts):
        text = texts.get(code)
        if isinstance(text, str):
            return text
        if isinstance(text, list | tuple) and text:
            return ", ".join(str(item) for item in text)
    return ""


def _geometry(attribute: JsonValue) -> Mapping[str, JsonValue] | None:
    first = attribute[0] if isinstance(attribute, list) and attribute else attribute
    if isinstance(first, Mapping) and first.get("type") == "GeoProperty":
        value = first.get("value")
        return value if isinstance(value, Mapping) else None
    return None


def _text(attribute: JsonValue, language: str) -> str:
    if not isinstance(attribute, Mapping):
        return ""
    texts = attribute.get("languageMap")
    if isinstance(texts, Mapping):
        return text_in(texts, language)
    value = attribute.get("value")
    return value if isinstance(value, str) else ""
