"""Boundaries of places, as GeoJSON or TopoJSON: what a record of a place takes from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import shapely

from hanze.collaboration.records.record import Quantity
from hanze.connectors import WrongInput
from hanze.errors import InvalidInput
from hanze.ngsild.area import square_kilometres
from hanze.ngsild.geometry import to_shape, validate_geometry
from hanze.ngsild.model import JsonValue
from hanze.ngsild.topology import Feature, read_topology

__all__ = ["Extent", "extent_of", "read_boundaries"]

#: Degrees are rounded to metres: the boundaries are drawn for maps of a country.
_DECIMALS = 5


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a place is and how large.

    Attributes:
        location: GeoJSON point that is surely inside.
        area: In square kilometres, as precise as the boundaries are drawn.
    """

    location: Mapping[str, JsonValue]
    area: Quantity


def read_boundaries(content: bytes) -> tuple[Feature, ...]:
    """Read the areas of a file, whichever of the two formats it is in.

    Raises:
        WrongInput: It is neither.
    """
    try:
        json = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongInput(f"The boundaries are no JSON: {error}") from error
    kind = json.get("type") if isinstance(json, dict) else None
    if kind == "Topology":
        return read_topology(content)
    if kind != "FeatureCollection":
        raise WrongInput("The boundaries are neither a GeoJSON FeatureCollection nor TopoJSON")
    features = []
    for number, feature in enumerate(json.get("features") or (), 1):
        try:
            geometry = validate_geometry(feature["geometry"], field="geometry")
        except (InvalidInput, KeyError, TypeError) as error:
            raise WrongInput(f"Feature {number} of the boundaries has no geometry") from error
        features.append(Feature(feature.get("properties") or {}, to_shape(geometry)))
    return tuple(features)


def extent_of(shapes: Iterable[shapely.Geometry]) -> Extent | None:
    """Measure the area that shapes cover together; `None` where there are none."""
    whole = shapely.union_all([*shapes])
    if shapely.is_empty(whole):
        return None
    inside = shapely.point_on_surface(whole)
    return Extent(
        location={
            "type": "Point",
            "coordinates": [round(inside.x, _DECIMALS), round(inside.y, _DECIMALS)],
        },
        area=Quantity(round(square_kilometres(whole), 1), "KMK"),
    )
