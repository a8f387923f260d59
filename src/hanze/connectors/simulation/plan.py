"""The drawn city: its water, land and roads together, and what lies where (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from hanze.connectors.simulation import names
from hanze.connectors.simulation.land import District, Park, districts, parks
from hanze.connectors.simulation.names import Name
from hanze.connectors.simulation.roads import Bridge, Road, bridges, main_roads, streets
from hanze.connectors.simulation.water import Water, waters

__all__ = ["Plan", "beside", "busyness", "draw", "generator"]

#: How busy a road is when the city is busiest, 0 to 1.
_BUSY = {"motorway": 1.0, "radial": 0.72, "ring": 0.8, "town": 0.3, "street": 0.18}


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawn city, in metres; `road_names` is by key of the road."""

    waters: Sequence[Water]
    districts: Sequence[District]
    parks: Sequence[Park]
    roads: Sequence[Road]
    bridges: Sequence[Bridge]
    road_names: Mapping[str, Name]
    _tree: shapely.STRtree
    _road_tree: shapely.STRtree

    def district_of(self, shape: BaseGeometry) -> District:
        """Return the district in which the middle of a shape lies, or the nearest one."""
        return self.districts[int(self._tree.nearest(shape.centroid))]

    def road_near(self, point: Point) -> Road:
        return self.roads[int(self._road_tree.nearest(point))]

    def main(self, *kinds: str) -> list[Road]:
        return [road for road in self.roads if road.kind in kinds]

    def streets_of(self, *characters: str) -> list[Road]:
        wanted = {district.key for district in self.districts if district.character in characters}
        return [road for road in self.roads if road.kind == "street" and road.district in wanted]


def generator(seed: int, purpose: str) -> Random:
    """Return the random numbers of one purpose: adding a purpose moves nothing else."""
    return Random(f"{seed} {purpose}")  # noqa: S311  # a city, not a secret


def busyness(road: Road) -> float:
    return _BUSY[road.kind]


def _named(roads: Sequence[Road], land: Sequence[District], random: Random) -> dict[str, Name]:
    character = {district.key: district.character for district in land}
    minor = [road for road in roads if road.district is not None]
    given = names.road_names([character[road.district or ""] for road in minor], random)
    found = {road.key: name for road, name in zip(minor, given, strict=True)}
    for road in roads:
        if road.district is None:
            found[road.key] = (
                names.radial(road.index) if road.kind == "radial" else names.RINGS[road.index]
            )
    return found


def draw(seed: int) -> Plan:
    """Draw the city. Water, districts and main roads are always the same; streets vary."""
    water = waters()
    land = districts(water)
    green = parks(water, land)
    main = main_roads(water)
    roads = [*main, *streets(land, green, main, generator(seed, "streets"))]
    return Plan(
        waters=water,
        districts=land,
        parks=green,
        roads=roads,
        bridges=bridges(main, water),
        road_names=_named(roads, land, generator(seed, "names")),
        _tree=shapely.STRtree([district.shape for district in land]),
        _road_tree=shapely.STRtree([road.shape for road in roads]),
    )


def beside(road: LineString, share: float, offset: float) -> Point:
    """Return a point beside a road: at a share of its length, metres to its left."""
    there = road.length * share
    here = road.interpolate(there)
    ahead = road.interpolate(min(road.length, there + 4.0))
    back = road.interpolate(max(0.0, there - 4.0))
    dx, dy = ahead.x - back.x, ahead.y - back.y
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return Point(here.x - dy / length * offset, here.y + dx / length * offset)
