"""Korean provinces, cities, counties and districts as records (pure)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec.structs import replace

from hanze.collaboration.records.entities import attributes_of
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.connectors import Provenance
from hanze.connectors.boundaries import extent_of
from hanze.connectors.countries import SOUTH_KOREA
from hanze.connectors.decoded import Decoded, LeftOut, Row, entity_of
from hanze.connectors.municipalities_kr.places import (
    Bounded,
    Change,
    Listed,
    Place,
    join,
    parent_city,
    sido_of,
)
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonObject, JsonValue
from hanze.ngsild.topology import Feature
from hanze.ngsild.vocabulary import HANZE

__all__ = ["COLUMNS", "TRANSLATION_COLUMNS", "decode"]

COLUMNS: Final = ("kostat_code", "name_ko", "name_en", "population_2010")
TRANSLATION_COLUMNS: Final = ("code", "ko", "en")

_YEAR: Final = 2010
_ENDS_CITY: Final = "시"
_LENGTHS: Final = (2, 5)


def decode(
    rows: Sequence[Row],
    boundaries: Sequence[Feature],
    translations: Sequence[Row],
    provenance: Provenance,
) -> Decoded:
    """Make records of the register of 2010 and of boundaries of a later year.

    Metropolitan cities are a Region and a Municipality: they are cities in their own right. A city
    without districts that is a sido itself (Sejong) is one Municipality, not two. Districts that do
    not govern themselves are entities of type District.

    Args:
        rows: With `COLUMNS`; a population that is missing stays unknown.
        boundaries: With `code`, `name`, `name_eng`; may be empty, and may lack the provinces.
        translations: With `TRANSLATION_COLUMNS`; may be empty.
        provenance: Of the manifest.
    """
    left_out: list[LeftOut] = []
    register = _register(rows, left_out)
    areas = [_bounded(one) for one in boundaries]
    english = {row.cells["ko"]: row.cells["en"] for row in translations if row.cells.get("en")}
    hanja = {row.cells["code"]: row.cells.get("cn", "") for row in translations}
    places, changes = join(
        [one for one in register if len(one.code) > len("11")],
        [one for one in areas if len(one.code) > len("11")],
    )
    maker = _Maker(provenance, english, hanja, _bounded_on(boundaries))
    regions = maker.regions(register, areas, places)
    cities = [one for one in regions if one.title["ko"].endswith(_ENDS_CITY)]
    entities = [maker.country(regions)]
    entities += [entity_of(one, maker.besides(one.kostat_code)) for one in regions]
    entities += [entity_of(maker.city(one), maker.besides(one.kostat_code)) for one in cities]
    made = {one.id for one in entities}
    alone = {sido_of(one.code) for one in places if _is_all_of(one, places, cities)}
    for place in places:
        if sido_of(place.code) not in alone:
            entities.append(maker.place(place))
    counts: dict[str, int] = {}
    for entity in entities:
        kind = entity.id.split(":")[2]
        counts[kind] = counts.get(kind, 0) + 1
    details: dict[str, JsonValue] = {
        "rows": len(rows),
        "boundaries": len(boundaries),
        "records": counts,
        "populationUnknown": [f"{one.code} {one.ko}" for one in places if one.population is None],
        "changedSince2010": [_told(one) for one in changes] if boundaries else [],
        "sameAsItsProvince": sorted(alone),
    }
    if len(made) != 1 + len(regions) + len(cities):
        raise ValueError("codes of provinces occur twice")
    return Decoded(entities, left_out, details)


def _register(rows: Sequence[Row], left_out: list[LeftOut]) -> list[Listed]:
    known: dict[str, Listed] = {}
    for row in rows:
        cells = row.cells
        code, population = cells.get("kostat_code", ""), cells.get("population_2010", "")
        if not code.isdecimal() or len(code) not in _LENGTHS:
            reason = f'kostat_code must have two or five digits, not "{code[:20]}"'
        elif code in known:
            reason = f"{code} is there twice"
        elif not cells.get("name_ko"):
            reason = f"{code} has no name"
        elif population and not population.isdecimal():
            reason = f'population of {code} must be a whole number, not "{population[:20]}"'
        else:
            count = int(population) if population else None
            known[code] = Listed(code, cells["name_ko"], cells.get("name_en", ""), count)
            continue
        left_out.append(LeftOut(reason, line=row.line))
    return list(known.values())


def _bounded_on(boundaries: Sequence[Feature]) -> date | None:
    """Return the day for which the boundaries hold, where they name their year."""
    years = {str(one.properties.get("base_year", "")) for one in boundaries}
    known = sorted(int(year) for year in years if year.isdecimal())
    return date(known[-1], 12, 31) if known else None


def _bounded(one: Feature) -> Bounded:
    names = one.properties
    return Bounded(
        str(names.get("code", "")),
        str(names.get("name", "")),
        str(names.get("name_eng", "")),
        one.shape,
    )


def _told(change: Change) -> JsonValue:
    return f"{change.code} {change.ko}: {change.what}"


def _is_all_of(place: Place, places: Sequence[Place], cities: Sequence[Region]) -> bool:
    """Tell whether a place is the only one of a city that is a sido, and so that city itself."""
    sido = sido_of(place.code)
    others = [one for one in places if sido_of(one.code) == sido]
    return len(others) == 1 and any(one.kostat_code == sido for one in cities)


class _Maker:
    """Makes records, with what all of them tell about their source."""

    def __init__(
        self,
        provenance: Provenance,
        english: Mapping[str, str],
        hanja: Mapping[str, str],
        bounded_on: date | None,
    ) -> None:
        self._bounded_on = bounded_on
        self._english = english
        self._hanja = hanja
        self._told: dict[str, Any] = {
            "provenance": "imported",
            "source": provenance.source,
            "data_provider": provenance.provider,
            "license": provenance.license,
            "source_date": date(_YEAR, 12, 31),
        }

    def _told_of(self, *, listed: bool) -> dict[str, Any]:
        """Return what is told of a place: those that only boundaries know are of their year."""
        return self._told if listed else self._told | {"source_date": self._bounded_on}

    def regions(
        self, register: Sequence[Listed], areas: Sequence[Bounded], places: Sequence[Place]
    ) -> list[Region]:
        """Make every sido: those of the register, and those that only boundaries know."""
        listed = {one.code: one for one in register if len(one.code) == len("11")}
        bounded = {one.code: one for one in areas if len(one.code) == len("11")}
        below: dict[str, list[Place]] = {}
        for place in places:
            below.setdefault(sido_of(place.code), []).append(place)
        found = []
        for code in sorted(listed.keys() | bounded.keys() | below.keys()):
            here, there = listed.get(code), bounded.get(code)
            shapes = [there.shape] if there else [s for p in below.get(code, ()) for s in p.shapes]
            extent = extent_of(shapes)
            title = self._sido_title(here, there, below.get(code, ()))
            found.append(
                Region(
                    id=f"urn:ngsi-ld:Region:KR:{code}",
                    title=title,
                    country=SOUTH_KOREA.id,
                    kostat_code=code,
                    population=here.population if here else None,
                    population_year=_YEAR if here and here.population is not None else None,
                    location=extent.location if extent else None,
                    area=extent.area if extent else None,
                    **self._told_of(listed=here is not None),
                )
            )
        return found

    def _sido_title(
        self, here: Listed | None, there: Bounded | None, below: Sequence[Place]
    ) -> dict[str, str]:
        if here is not None:
            return self._title(here.ko, here.en)
        if there is not None:
            # A sido is called by its name alone: Seoul, Busan.
            city = there.ko.endswith(_ENDS_CITY)
            return self._title(there.ko, there.en.removesuffix("si") if city else there.en)
        return self._title(below[0].ko, below[0].en.removesuffix("-si"))

    def _title(self, ko: str, en: str) -> dict[str, str]:
        named = en or self._english.get(ko, "")
        return {"ko": ko} | ({"en": named} if named else {})

    def city(self, region: Region) -> Municipality:
        """Make the city that a sido is."""
        code = region.kostat_code
        return Municipality(
            id=f"urn:ngsi-ld:Municipality:KR:{code}",
            title=region.title,
            country=region.country,
            region=region.id,
            kostat_code=code,
            population=region.population,
            population_year=region.population_year,
            location=region.location,
            area=region.area,
            **self._told | {"source_date": region.source_date},
        )

    def place(self, place: Place) -> Entity:
        """Make a city, county or self-governing district, or else a district of a city."""
        extent = extent_of(place.shapes)
        known = place.population is not None
        municipality = Municipality(
            id=f"urn:ngsi-ld:Municipality:KR:{place.code}",
            title=self._title(place.ko, place.en),
            country=SOUTH_KOREA.id,
            region=f"urn:ngsi-ld:Region:KR:{sido_of(place.code)}",
            kostat_code=place.code,
            population=place.population,
            population_year=_YEAR if known else None,
            location=extent.location if extent else None,
            area=extent.area if extent else None,
            **self._told_of(listed=place.listed),
        )
        besides = dict(self.besides(place.code))
        if place.former is not None:
            former = place.former
            besides["former"] = {
                "kostat_code": former.code,
                "name_ko": former.ko,
                "name_en": former.en,
                "population_2010": former.population,
            }
        city = parent_city(place.code)
        if city is None:
            return entity_of(municipality, besides)
        return self._district(municipality, city, besides)

    def _district(self, municipality: Municipality, city: str, besides: JsonObject) -> Entity:
        """Make a District of what does not govern itself: it names its city, and no record type."""
        attributes = attributes_of(municipality)
        for term in ("region", "country"):
            attributes.pop(HANZE.expand_name(term), None)
        attributes[HANZE.expand_name("inCity")] = (
            Attribute(kind=AttributeKind.RELATIONSHIP, value=f"urn:ngsi-ld:Municipality:KR:{city}"),
        )
        attributes[HANZE.expand_name("name")] = (
            Attribute(
                kind=AttributeKind.PROPERTY,
                value=municipality.title.get("en") or municipality.title["ko"],
            ),
        )
        if besides:
            attributes[HANZE.expand_name("asPublished")] = (
                Attribute(kind=AttributeKind.JSON_PROPERTY, value=besides),
            )
        return Entity(
            id=f"urn:ngsi-ld:District:KR:{municipality.kostat_code}",
            types=(HANZE.expand_name("District"),),
            attributes=attributes,
        )

    def besides(self, code: str | None) -> JsonObject:
        """Return the name in Chinese characters, where the translations have it."""
        hanja = self._hanja.get(code or "")
        return {"name_hanja": hanja} if hanja else {}

    def country(self, regions: Sequence[Region]) -> Entity:
        """Make the country; its population is that of the sido that were counted."""
        counted = [one.population for one in regions if one.population is not None]
        country: Country = replace(
            SOUTH_KOREA,
            population=sum(counted) if counted else None,
            population_year=_YEAR if counted else None,
            **self._told,
        )
        return entity_of(country)
