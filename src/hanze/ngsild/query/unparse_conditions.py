"""Types, scopes and places of a query, from tree to text (CIM 009, 4.10, 4.17, 4.19).

What `parse_types`, `parse_scopes` and `parse_geo` make of the texts is the same query.
"""

import orjson
import shapely
from shapely.geometry import mapping

from hanze.ngsild.context import Context
from hanze.ngsild.query.tree import GeoQuery, GeoRelation, ScopePattern, ScopeQuery, TypeSelection

__all__ = ["unparse_geo", "unparse_scopes", "unparse_types"]


def unparse_types(types: TypeSelection, context: Context) -> str:
    """Write a selection of types with the names that the context gives."""
    return ",".join(_group(sorted(map(context.compact_name, group))) for group in types)


def unparse_scopes(query: ScopeQuery) -> str:
    """Write a scope query."""
    return ",".join(_group([_pattern(pattern) for pattern in group]) for group in query)


def _group(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({';'.join(names)})"


def _pattern(pattern: ScopePattern) -> str:
    return "".join(f"/{level}" for level in pattern.levels) + ("/#" if pattern.below else "")


def unparse_geo(query: GeoQuery, context: Context) -> dict[str, str]:
    """Write a geoquery as its parameters: georel, geometry, coordinates, geoproperty."""
    geometry = mapping(shapely.from_wkb(query.wkb))
    return {
        "georel": _relation(query),
        "geometry": str(geometry["type"]),
        "coordinates": orjson.dumps(geometry["coordinates"]).decode(),
        "geoproperty": context.compact_name(query.attribute),
    }


def _relation(query: GeoQuery) -> str:
    if query.relation is not GeoRelation.NEAR:
        return str(query.relation.value)
    if query.max_distance_m is not None:
        return f"near;maxDistance=={_metres(query.max_distance_m)}"
    return f"near;minDistance=={_metres(query.min_distance_m or 0.0)}"


def _metres(distance: float) -> str:
    text = f"{distance:.6f}"
    return text.rstrip("0").rstrip(".")
