"""Cities of GeoNames: what they add to places that are there, and those that are not (pure)."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from hanze.collaboration.records.places import Municipality
from hanze.connectors import Provenance, WrongInput
from hanze.connectors.countries import country_id
from hanze.connectors.decoded import Decoded, LeftOut, entity_of
from hanze.connectors.known import OTHER_NAMES, Known, folded
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.vocabulary import HANZE

__all__ = ["City", "decode", "read_cities"]

#: A city is the place of its name when it is no further from it than a large municipality is wide.
_NEAR_KM: Final = 40.0
_EARTH_KM: Final = 6371.0

#: What Korean places end in: city, county, district.
_ENDINGS: Final = "시군구"

_NAMED: Final = 20


class City(msgspec.Struct, frozen=True):
    """A row of the list.

    Attributes:
        country: ISO 3166-1.
        population: 0 where GeoNames knows none.
        ko: Korean names, the best one first.
    """

    geonameid: int
    name: str
    country: str
    lat: float
    lon: float
    population: int = 0
    admin1: str = ""
    ko: tuple[str, ...] = ()


def read_cities(content: bytes) -> tuple[tuple[City, ...], tuple[LeftOut, ...]]:
    """Read the list; a row that is wrong is left out.

    Raises:
        WrongInput: It is no JSON array.
    """
    try:
        rows = msgspec.json.decode(content, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongInput(f"The file is no JSON array of cities: {error}") from error
    cities: list[City] = []
    left_out: list[LeftOut] = []
    for number, row in enumerate(rows, 1):
        try:
            city = msgspec.json.decode(row, type=City)
        except msgspec.MsgspecError as error:
            left_out.append(LeftOut(f"The city is not as it must be: {error}", record=number))
            continue
        if abs(city.lat) > 90 or abs(city.lon) > 180:
            left_out.append(LeftOut(f"{city.name} lies nowhere on earth", record=number))
        else:
            cities.append(city)
    return tuple(cities), tuple(left_out)


def decode(
    cities: Sequence[City],
    left_out: Sequence[LeftOut],
    known: Known,
    provenance: Provenance,
    *,
    add_others: bool = False,
) -> Decoded:
    """Make what cities add to places, and records of the others where they are wanted.

    A place gets a position and a Korean name where it has none: nothing that it has is replaced, and
    its population stays as its own register says.

    Args:
        known: With the municipalities that are there.
        add_others: Whether cities that are not there become records; else they are only told.
    """
    places = _Places(known)
    entities: dict[str, Entity] = {}
    others: list[City] = []
    ambiguous: list[JsonValue] = []
    counts = {"matched": 0, "location": 0, "koreanName": 0}
    for city in sorted(cities, key=lambda one: -one.population):
        found = places.of(city)
        if len(found) > 1:
            ambiguous.append(f"{city.name} ({city.country}): {', '.join(p.id for p in found)}")
        elif not found or found[0].id in entities:
            others.append(city)
        else:
            counts["matched"] += 1
            entities[found[0].id] = _added(found[0], city, counts)
    details: dict[str, JsonValue] = {
        "cities": len(cities),
        "places": {**counts},
        "ambiguous": ambiguous[:_NAMED],
        "proposed": {
            "count": len(others),
            "first": [f"{one.name} ({one.country}), {one.population}" for one in others[:_NAMED]],
        },
    }
    made = [entity_of(*_record(one, provenance)) for one in others] if add_others else []
    return Decoded([*entities.values(), *made], left_out, details)


class _Places:
    """Municipalities, by country and by the names that cities may have."""

    def __init__(self, known: Known) -> None:
        self._by_name: dict[tuple[str, str], list[Municipality]] = {}
        for place in known.of(Municipality):
            country = (place.country or "").rpartition(":")[2]
            own = [*place.title.values()]
            own += [other for text in own for other in OTHER_NAMES.get(folded(text), ())]
            for name in {form for text in own for form in _forms(text)}:
                self._by_name.setdefault((country, name), []).append(place)

    def of(self, city: City) -> list[Municipality]:
        """Find the places that a city may be: none, one, or several that are equally good."""
        found: dict[str, Municipality] = {}
        for name in (form for text in (city.name, *city.ko) for form in _forms(text)):
            for place in self._by_name.get((city.country, name), ()):
                found.setdefault(place.id, place)
        distances = {key: _distance_km(place, city) for key, place in found.items()}
        near = [key for key, far in distances.items() if far is not None and far <= _NEAR_KM]
        if near:
            return [found[min(near, key=lambda key: distances[key] or 0.0)]]
        return [place for key, place in found.items() if distances[key] is None]


def _forms(name: str) -> Iterator[str]:
    """Give a name, without marks on letters, and without what Korean places end in."""
    plain = folded(name)
    yield plain
    letters = unicodedata.normalize("NFKD", plain)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if "\uac00" <= plain[:1] <= "\ud7a3":
        for ending in ("특별자치시", "특별시", "광역시", *_ENDINGS):
            if plain.endswith(ending) and len(plain) - len(ending) > 1:
                yield plain.removesuffix(ending)
                return
        return
    yield bare
    for ending in ("-si", "-gun", "-gu", " city"):
        if bare.endswith(ending):
            yield bare.removesuffix(ending)


def _distance_km(place: Municipality, city: City) -> float | None:
    location = place.location
    position = location.get("coordinates") if location and location["type"] == "Point" else None
    if not isinstance(position, list | tuple):
        return None
    east, north = (math.radians(float(number)) for number in position[:2])
    north_2, east_2 = math.radians(city.lat), math.radians(city.lon)
    half = (
        math.sin((north_2 - north) / 2) ** 2
        + math.cos(north) * math.cos(north_2) * math.sin((east_2 - east) / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


def _added(place: Municipality, city: City, counts: dict[str, int]) -> Entity:
    """Write what a place lacks and its city knows."""
    attributes: dict[str, tuple[Attribute, ...]] = {}
    title = dict(place.title)
    if city.ko and "ko" not in title:
        title["ko"] = city.ko[0]
        counts["koreanName"] += 1
    others = [other for text in place.title.values() for other in OTHER_NAMES.get(folded(text), ())]
    if city.name in others and city.name not in title.values():
        title["en"] = city.name
    attributes[HANZE.expand_name("title")] = (
        Attribute(kind=AttributeKind.LANGUAGE_PROPERTY, value=title),
    )
    if place.location is None:
        counts["location"] += 1
        attributes[HANZE.expand_name("location")] = (
            Attribute(kind=AttributeKind.GEO_PROPERTY, value=_point(city)),
        )
    return Entity(id=place.id, types=(HANZE.expand_name("Municipality"),), attributes=attributes)


def _point(city: City) -> dict[str, JsonValue]:
    return {"type": "Point", "coordinates": [city.lon, city.lat]}


def _record(city: City, provenance: Provenance) -> tuple[Municipality, dict[str, JsonValue]]:
    told: dict[str, Any] = {
        "provenance": "imported",
        "source": f"{provenance.source}{city.geonameid}",
        "data_provider": provenance.provider,
        "license": provenance.license,
    }
    title = {"en": city.name} | ({"ko": city.ko[0]} if city.ko else {})
    record = Municipality(
        id=f"urn:ngsi-ld:Municipality:geonames:{city.geonameid}",
        title=title,
        country=country_id(city.country),
        population=city.population or None,
        location=_point(city),
        **told,
    )
    return record, {"admin1": city.admin1, "ko": list(city.ko)}
