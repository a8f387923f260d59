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

__all__ = ["TITLES", "Place", "Places", "place_of", "text_in"]

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
        names: What its body says of its name: of each such attribute the first instance.
    """

    id: str
    kind: str
    longitude: float
    latitude: float
    shape: shapely.Geometry | None
    names: tuple[JsonValue, ...] = ()

    def title(self, language: str) -> str:
        """Name the entity in a language, or by the last part of its id."""
        for name in self.names:
            text = _text(name, language)
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
        return Place(identifier, kind, longitude, latitude, None, _names(document))
    shape = to_shape(geometry)
    point = shapely.point_on_surface(shape)
    x, y = shapely.get_x(point), shapely.get_y(point)
    return Place(identifier, kind, x, y, shape, _names(document))


class Places:
    """Places that were read before, by what they were read from: most maps show the same ones.

    Args:
        most: So many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        #: By number of the row: its body's hash and length, and the place. In order of arrival.
        self._known: dict[int, tuple[int, int, Place | None]] = {}

    def of(self, stored: StoredEntity) -> Place | None:
        """Do what `place_of` does."""
        mark = hash(stored.body), len(stored.body)
        known = self._known.get(stored.rowid)
        if known is not None and known[:2] == mark:
            return known[2]
        place = place_of(stored)
        while len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[stored.rowid] = (*mark, place)
        return place


def text_in(texts: Mapping[str, JsonValue], language: str) -> str:
    """Choose a text of a languageMap: the page's language, else another that is there."""
    for code in (language, "@none", "en", "nl", *texts):
        text = texts.get(code)
        if isinstance(text, str):
            return text
        if isinstance(text, list | tuple) and text:
            return ", ".join(str(item) for item in text)
    return ""


def _names(document: Mapping[str, JsonValue]) -> tuple[JsonValue, ...]:
    found = {local_name(name): attribute for name, attribute in document.items()}
    named = (found[title] for title in TITLES if title in found)
    return tuple(one[0] if isinstance(one, list) and one else one for one in named)


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
