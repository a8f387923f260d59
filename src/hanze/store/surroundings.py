"""Geoqueries on whole columns (CIM 009, 4.10): what `matches_geo` decides for one entity.

Boxes rule out; points are judged exactly; of other geometries whose box touches, `evaluate` decides.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from hanze.ngsild.query.geo import EARTH_RADIUS_M, reference
from hanze.ngsild.query.tree import GeoQuery, GeoRelation
from hanze.store.block import Box, Column, Rows
from hanze.store.spatial import touching
from hanze.store.values import KIND_NUMBERS, POINT
from hanze.store.verdict import NO, Mask, Verdict, exactly

__all__ = ["GeoJudge", "distances_m"]

_Floats = NDArray[np.float64]

_POINT: Final = KIND_NUMBERS["GeoProperty"] | POINT

#: numpy's trigonometry and that of `math` differ in the last bits: closer than this is undecided.
_RELATIVE: Final = 1e-9
_ABSOLUTE_M: Final = 1e-3

#: For points as coordinates: making a geometry of each takes four times as long as the test.
_OF_POSITIONS: Final[dict[GeoRelation, Callable[..., NDArray[np.bool_]]]] = {
    GeoRelation.WITHIN: shapely.contains_xy,
    GeoRelation.INTERSECTS: shapely.intersects_xy,
    GeoRelation.DISJOINT: lambda origin, x, y: np.logical_not(shapely.intersects_xy(origin, x, y)),
}
_OF_POINTS: Final[dict[GeoRelation, Callable[..., NDArray[np.bool_]]]] = {
    GeoRelation.CONTAINS: shapely.within,
    GeoRelation.EQUALS: shapely.equals,
    GeoRelation.OVERLAPS: shapely.overlaps,
}


class GeoJudge:
    """A geoquery, made ready for many columns.

    Attributes:
        window: Where the box of a match must touch; `None` for anywhere.
    """

    def __init__(self, query: GeoQuery) -> None:
        self._query = query
        self._reference = reference(query.wkb)
        self.window: Box | None = _window(query)

    def judge(self, column: Column, rows: Rows) -> Verdict:
        """Judge rows of a column with boxes."""
        if column.boxes is None:
            return NO
        boxes = column.boxes[rows]
        # What the spatial index named is near: for a few points the exact test comes at once.
        if not isinstance(rows, slice) and set(column.counts) == {_POINT}:
            return Verdict(*self._judge_points(boxes[:, 0], boxes[:, 1])).within(
                column.tags[rows] == _POINT
            )
        possible: NDArray[np.bool_] = (
            ~np.isnan(boxes[:, 0]) if self.window is None else touching(boxes.T, self.window)
        )
        points = np.flatnonzero(possible & (column.tags[rows] == _POINT))
        is_exact = len(points) == np.count_nonzero(possible)
        sure = np.zeros(len(boxes), np.bool_)
        if len(points):
            answer = self._judge_points(boxes[points, 0], boxes[points, 1])
            sure[points], possible[points] = answer
            is_exact = is_exact and answer[0] is answer[1]
        return exactly(sure) if is_exact else Verdict(sure, possible)

    def _judge_points(self, x: _Floats, y: _Floats) -> tuple[Mask, Mask]:
        if self._query.relation is not GeoRelation.NEAR:
            of_positions = _OF_POSITIONS.get(self._query.relation)
            if of_positions is not None:
                answer = of_positions(self._reference, x, y)
            else:
                answer = _OF_POINTS[self._query.relation](self._reference, shapely.points(x, y))
            return answer, answer
        if not isinstance(self._reference, shapely.Point):
            return np.False_, np.True_
        distance = distances_m(self._reference, x, y)
        most, least = self._query.max_distance_m, self._query.min_distance_m
        if most is not None:
            return _decided(most - distance, distance)
        if least is not None:
            return _decided(distance - least, distance)
        return np.True_, np.True_


def _decided(margin: _Floats, distance: _Floats) -> tuple[Mask, Mask]:
    """Say which margins are above zero, sure and possible; one answer if none is in doubt."""
    slack = distance * _RELATIVE + _ABSOLUTE_M
    sure: NDArray[np.bool_] = margin > slack
    possible: NDArray[np.bool_] = margin >= -slack
    return (sure, sure) if np.array_equal(sure, possible) else (sure, possible)


def distances_m(origin: shapely.Point, x: _Floats, y: _Floats) -> _Floats:
    """Return the metres along the great circle from a point to many (`geo.haversine_m`)."""
    one, other = math.radians(origin.y), np.radians(y)
    height = np.sin((other - one) / 2)
    width = np.sin(np.radians(x - origin.x) / 2)
    square = height * height + math.cos(one) * np.cos(other) * width * width
    distance: _Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(square)))
    return distance


def _window(query: GeoQuery) -> Box | None:
    if query.relation is GeoRelation.DISJOINT:
        return None
    west, south, east, north = reference(query.wkb).bounds
    if query.relation is not GeoRelation.NEAR:
        return west, south, east, north
    if query.max_distance_m is None:
        return None
    # A little wide, for rounding; a match lies whole within the distance, so its box touches.
    reach = math.degrees(query.max_distance_m / EARTH_RADIUS_M) * 1.001 + 1e-7
    south, north = south - reach, north + reach
    if max(-south, north) >= 89:
        return -math.inf, south, math.inf, north
    # How far east or west a circle reaches is most at the latitude nearest to a pole.
    sideways = reach / math.cos(math.radians(max(-south, north))) * 1.001
    if west - sideways < -180 or east + sideways > 180:
        return -math.inf, south, math.inf, north
    return west - sideways, south, east + sideways, north
