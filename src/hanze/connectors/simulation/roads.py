"""The roads of Aldermonde: radials, rings and the streets of each district; their bridges (pure)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import shapely
from shapely import affinity
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from hanze.connectors.simulation.land import District, Park
from hanze.connectors.simulation.plane import Point2, lines, polar, smooth
from hanze.connectors.simulation.water import Water, limits

__all__ = ["Bridge", "Road", "bridges", "main_roads", "streets"]

#: Directions in which the roads leave the market, at the curtains between bastions.
_RADIALS = (-0.785, -0.26, 0.27, 1.83, 2.36, 2.88, 3.40, 3.93, 4.46, 4.97)
_RINGS = (
    (340.0, "town"),
    (880.0, "town"),
    (1_370.0, "ring"),
    (2_330.0, "ring"),
    (3_420.0, "motorway"),
)

#: character: (distance between streets along, across, shortest street), in metres
_GRID = {
    "town": (112.0, 150.0, 150.0),
    "urban": (182.0, 255.0, 290.0),
    "garden": (230.0, 310.0, 330.0),
    "campus": (260.0, 340.0, 300.0),
    "port": (300.0, 460.0, 420.0),
    "rural": (700.0, 980.0, 700.0),
}
#: A ship passes: wider water is crossed by nothing but the tunnel under the river.
_WIDEST_BRIDGE_M = 330.0
_OPENING = frozenset({"River", "Moat", "Harbour"})


@dataclass(frozen=True, slots=True)
class Road:
    """A road: `kind` is radial, ring, motorway, town (rings within the moat) or street.

    `index` says which radial or ring it is; a long one is several roads, cut by water.
    """

    key: str
    kind: str
    shape: LineString
    index: int = 0
    district: str | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    key: str
    shape: LineString
    road: Road
    over: Water
    opens: bool


def _radial(index: int, angle: float) -> LineString:
    points = []
    for step in range(12):
        radius = 240.0 + step * 400.0
        sway = 0.055 * math.sin(step * 0.9 + index * 1.7) * min(1.0, step / 3)
        points.append(polar(angle + sway, radius))
    return LineString(smooth(points))


def _ring(radius: float, index: int) -> LineString:
    rim: list[Point2] = []
    for step in range(61):
        angle = step * math.pi / 30 + 0.9
        swell = 1 + 0.035 * math.sin(3 * angle + index) + 0.02 * math.sin(7 * angle + 2 * index)
        rim.append(polar(angle, radius * swell))
    return LineString(smooth(rim))


def _dry(road: BaseGeometry, water: BaseGeometry) -> list[LineString]:
    """Cut a road where the water is too wide to cross."""
    wide = lines(road.intersection(water), at_least=_WIDEST_BRIDGE_M)
    cut = road.difference(shapely.union_all(wide).buffer(1)) if wide else road
    merged = shapely.line_merge(cut) if cut.geom_type == "MultiLineString" else cut
    return lines(merged, at_least=260.0)


def main_roads(water: Sequence[Water]) -> list[Road]:
    """Return radials and rings, cut where the bay or a dock is in the way."""
    wet = shapely.union_all([body.shape for body in water])
    inside = limits().buffer(-40)
    drawn = [("radial", index, _radial(index, angle)) for index, angle in enumerate(_RADIALS)]
    drawn += [(kind, index, _ring(radius, index)) for index, (radius, kind) in enumerate(_RINGS)]
    found = []
    for kind, index, shape in drawn:
        dry = [_dry(part, wet) for part in lines(shape.intersection(inside), at_least=260.0)]
        parts = [line for pieces in dry for line in pieces]
        found += [
            Road(f"{kind}-{index}-{part}", kind, line, index) for part, line in enumerate(parts)
        ]
    return found


def _grid(district: District, random: Random) -> list[LineString]:
    """Return the straight streets of a district, turned towards the market."""
    along, across, _ = _GRID[district.character]
    centre = district.shape.centroid
    turn = math.degrees(math.atan2(centre.y, centre.x)) + random.uniform(-9, 9)
    reach = 2_600
    drawn = []
    for spacing, upright in ((along, False), (across, True)):
        offset = -reach + random.uniform(0, spacing)
        while offset < reach:
            ends = (
                [(offset, -reach), (offset, reach)]
                if upright
                else [(-reach, offset), (reach, offset)]
            )
            drawn.append(LineString(ends))
            offset += spacing * random.uniform(0.8, 1.2)
    return [
        affinity.translate(affinity.rotate(line, turn, origin=(0, 0)), centre.x, centre.y)
        for line in drawn
    ]


def streets(
    districts: Sequence[District],
    parks: Sequence[Park],
    main: Sequence[Road],
    random: Random,
) -> list[Road]:
    """Return the streets of all districts: within a block, clear of water, park and main road."""
    green = shapely.union_all([park.shape for park in parks]).buffer(8)
    busy = shapely.union_all([road.shape for road in main if road.kind != "town"]).buffer(26)
    blocked = shapely.union_all([green, busy])
    found = []
    for district in districts:
        ground = district.shape.buffer(-11).difference(blocked)
        shortest = _GRID[district.character][2]
        number = 0
        for line in _grid(district, random):
            for part in lines(line.intersection(ground), at_least=shortest):
                found.append(Road(f"{district.key}-{number}", "street", part, number, district.key))
                number += 1
    return found


def bridges(roads: Sequence[Road], water: Sequence[Water]) -> list[Bridge]:
    """Return a bridge wherever a main road crosses water."""
    found: list[Bridge] = []
    for road in roads:
        for body in water:
            for part in lines(road.shape.intersection(body.shape), at_least=9.0):
                middle = part.interpolate(0.5, normalized=True)
                if any(middle.distance(other.shape) < 45 for other in found):
                    continue
                opens = body.kind in _OPENING and road.kind != "motorway"
                found.append(Bridge(f"{len(found) + 1:02d}", part, road, body, opens))
    return found
