"""Dutch municipalities with their provinces, by the codes of Statistics Netherlands (pure)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import shapely
from msgspec.structs import replace

from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.connectors import Provenance
from hanze.connectors.boundaries import Extent, extent_of
from hanze.connectors.countries import THE_NETHERLANDS
from hanze.connectors.decoded import Decoded, LeftOut, Row, entity_of
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.topology import Feature

__all__ = ["COLUMNS", "decode"]

COLUMNS: Final = ("gm_code", "name", "pv_code", "province", "population")

_GM: Final = re.compile(r"GM[0-9]{4}")
_PV: Final = re.compile(r"PV[0-9]{2}")


def decode(
    rows: Sequence[Row], boundaries: Sequence[Feature], provenance: Provenance, *, year: int
) -> Decoded:
    """Make records of a register's rows.

    A boundary belongs to the municipality with its code (`code`). A municipality that was merged since
    has none, and so no location; a boundary of a later municipality is told and makes no record.

    Args:
        rows: With `COLUMNS`.
        boundaries: Of any year; may be empty.
        provenance: Of the manifest.
        year: For which the populations hold.
    """
    shapes: dict[str, Feature] = {str(one.properties.get("code")): one for one in boundaries}
    told: dict[str, Any] = {
        "provenance": "imported",
        "source": provenance.source,
        "data_provider": provenance.provider,
        "license": provenance.license,
        "source_date": date(year, 1, 1),
    }
    left_out: list[LeftOut] = []
    municipalities: dict[str, Municipality] = {}
    names: dict[str, str] = {}
    for row in rows:
        reason = _wrong(row.cells, municipalities)
        if reason is not None:
            left_out.append(LeftOut(reason, line=row.line))
            continue
        names[row.cells["pv_code"]] = row.cells["province"]
        shape = shapes.get(row.cells["gm_code"])
        extent = extent_of([shape.shape]) if shape is not None else None
        municipality = _municipality(row.cells, extent, told, year)
        municipalities[row.cells["gm_code"]] = municipality
    regions = [
        _region(code, name, _of_region(code, municipalities), shapes, told)
        for code, name in sorted(names.items())
    ]
    country = _country([*municipalities.values()], list(shapes.values()), told)
    entities: list[Entity] = [entity_of(one) for one in (country, *regions)]
    entities += [entity_of(one) for one in municipalities.values()]
    details: dict[str, JsonValue] = {
        "rows": len(rows),
        "records": {"Municipality": len(municipalities), "Region": len(regions), "Country": 1},
        **(_unmatched(municipalities, shapes) if boundaries else {}),
    }
    return Decoded(entities, left_out, details)


def _unmatched(
    municipalities: Mapping[str, Municipality], shapes: Mapping[str, Feature]
) -> dict[str, JsonValue]:
    """Tell which municipalities have no boundary, and which boundaries no municipality."""
    without = {one: place.title["nl"] for one, place in municipalities.items() if one not in shapes}
    others = {
        code: str(one.properties.get("name", ""))
        for code, one in shapes.items()
        if code not in municipalities
    }
    return {"withoutBoundary": _told(without), "boundariesOfOthers": _told(others)}


def _wrong(cells: Mapping[str, str], known: Mapping[str, Municipality]) -> str | None:
    """Tell why a row is no municipality; `None` when it is one."""
    code = cells.get("gm_code", "")
    if not _GM.fullmatch(code):
        return f'gm_code must be like GM0344, not "{code[:20]}"'
    if code in known:
        return f"{code} is there twice"
    if not _PV.fullmatch(cells.get("pv_code", "")):
        return f"pv_code of {code} must be like PV26"
    if not cells.get("name"):
        return f"{code} has no name"
    population = cells.get("population", "")
    if population and not population.isdecimal():
        return f'population of {code} must be a whole number, not "{population[:20]}"'
    return None


def _municipality(
    cells: Mapping[str, str], extent: Extent | None, told: Mapping[str, Any], year: int
) -> Municipality:
    code, population = cells["gm_code"], cells.get("population")
    return Municipality(
        id=f"urn:ngsi-ld:Municipality:NL:{code}",
        title={"nl": cells["name"]},
        country=THE_NETHERLANDS.id,
        region=f"urn:ngsi-ld:Region:NL:{cells['pv_code']}",
        cbs_code=code,
        population=int(population) if population else None,
        population_year=year if population else None,
        location=extent.location if extent else None,
        area=extent.area if extent else None,
        **told,
    )


def _of_region(code: str, municipalities: Mapping[str, Municipality]) -> list[Municipality]:
    region = f"urn:ngsi-ld:Region:NL:{code}"
    return [one for one in municipalities.values() if one.region == region]


def _region(
    code: str,
    name: str,
    members: Sequence[Municipality],
    shapes: Mapping[str, Feature],
    told: Mapping[str, Any],
) -> Region:
    """Make a province; its area is known only where those of all its municipalities are."""
    codes = [one.cbs_code or "" for one in members]
    found = [shapes[code].shape for code in codes if code in shapes]
    extent = extent_of(found)
    whole = extent is not None and len(found) == len(members)
    population, year = _total(members)
    return Region(
        id=f"urn:ngsi-ld:Region:NL:{code}",
        title={"nl": name},
        country=THE_NETHERLANDS.id,
        cbs_code=code,
        population=population,
        population_year=year,
        location=extent.location if extent else None,
        area=extent.area if extent and whole else None,
        **told,
    )


def _country(
    municipalities: Sequence[Municipality], boundaries: Sequence[Feature], told: Mapping[str, Any]
) -> Country:
    shapes: list[shapely.Geometry] = [one.shape for one in boundaries]
    extent = extent_of(shapes)
    population, year = _total(municipalities)
    return replace(
        THE_NETHERLANDS,
        population=population,
        population_year=year,
        location=extent.location if extent else None,
        area=extent.area if extent else None,
        **told,
    )


def _total(members: Sequence[Municipality]) -> tuple[int | None, int | None]:
    """Add populations; unknown when one of them is."""
    known = [one.population for one in members if one.population is not None]
    if not known or len(known) < len(members):
        return None, None
    return sum(known), members[0].population_year


def _told(names: Mapping[str, str]) -> JsonValue:
    return [f"{code} {name}".strip() for code, name in sorted(names.items())]
