"""Where the water of Aldermonde lies: river, bay, star moat, canals, docks and lakes (pure)."""

import math
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from hanze.connectors.simulation.plane import Point2, channel, disc, polar, polygons, smooth

__all__ = ["BASTIONS", "MOAT_RADIUS_M", "Water", "limits", "old_town", "waters"]

BASTIONS = 12
MOAT_RADIUS_M = 1_010.0

_RIVER = (
    (5_400, -4_300, 84),
    (4_200, -3_500, 88),
    (3_500, -2_300, 94),
    (2_100, -2_350, 104),
    (1_640, -1_350, 116),
    (1_250, -550, 128),
    (1_040, 120, 146),
    (1_210, 900, 176),
    (1_420, 1_600, 222),
    (1_120, 2_350, 300),
    (820, 2_950, 440),
    (580, 3_450, 760),
    (500, 4_000, 1_400),
)
_BROOK = ((-5_400, -1_900, 22), (-3_900, -2_100, 24), (-2_900, -1_350, 26), (-1_900, -900, 30))
_BROOK_MOUTH = (-960, -470, 34)


@dataclass(frozen=True, slots=True)
class Water:
    """A body of water: `key` names it, `kind` is what it is, `shape` is drawn in metres."""

    key: str
    kind: str
    shape: BaseGeometry


def limits() -> Polygon:
    """Return the municipal boundary."""
    radii = (4_650, 4_480, 4_900, 5_500, 5_650, 5_100, 4_720, 4_450, 4_350, 4_600, 4_250, 4_540)
    return disc((150.0, -150.0), [*radii, 4_700, 4_380])


def _star(radius: float) -> Polygon:
    """Return the rampart's outline: bastions as every Dutch engineer of 1600 drew them."""
    rim: list[Point2] = []
    step = 2 * math.pi / BASTIONS
    for index in range(BASTIONS):
        middle = index * step
        for turn, reach in ((-0.30, 0.0), (-0.23, 92.0), (0.0, 190.0), (0.23, 92.0), (0.30, 0.0)):
            rim.append(polar(middle + turn * step, radius + reach))
    return Polygon(rim)


def old_town() -> Polygon:
    """Return the land inside the moat, before canals cut it."""
    return _star(MOAT_RADIUS_M - 24)


def _ring(radius: float, width: float, *, wobble: float) -> BaseGeometry:
    angles = [index * math.pi / 24 for index in range(48)]
    rim = [polar(angle, radius + wobble * math.sin(5 * angle + 0.6)) for angle in angles]
    closed = smooth(rim, closed=True, rounds=2)
    return LineString([*closed, closed[0]]).buffer(width / 2)


def _bar(start: Point2, end: Point2, width: float) -> BaseGeometry:
    return LineString([start, end]).buffer(width / 2, cap_style="flat")


def _canals() -> list[Water]:
    names = ("weversgracht", "zoutgracht", "brouwersgracht", "spiegelgracht")
    angles = (2.618, 3.665, 4.189, 5.236)
    spokes = [
        Water(name, "Canal", _bar(polar(angle, 470), polar(angle, MOAT_RADIUS_M + 150), 17))
        for name, angle in zip(names, angles, strict=True)
    ]
    return [
        Water("koopliedengracht", "Canal", _ring(480, 24, wobble=13)),
        Water("binnengracht", "Canal", _ring(240, 15, wobble=8)),
        *spokes,
    ]


def _docks() -> list[Water]:
    """Return the old harbour in the town and the basins of the new port across the river."""
    old = Polygon([(1_060, 600), (1_075, 410), (690, 280), (590, 360), (640, 480), (960, 660)])
    basins = []
    names = ("houthaven", "graanhaven", "werfhaven", "containerhaven")
    starts = ((1_380, 1_250), (1_390, 1_640), (1_250, 2_020), (1_080, 2_420))
    for index, (name, start) in enumerate(zip(names, starts, strict=True)):
        length = 900 + 260 * index
        turn = 0.30 + 0.03 * index
        end = (start[0] + length * math.cos(turn), start[1] + length * math.sin(turn))
        basins.append(Water(name, "Harbour", _bar(start, end, 120 + 26 * index)))
    marina = Polygon([(900, 2_500), (330, 2_380), (250, 2_560), (420, 2_760), (820, 2_800)])
    return [
        Water("oude-haven", "Harbour", old.buffer(-18).buffer(18)),
        *basins,
        Water("jachthaven", "Harbour", marina.buffer(-40).buffer(40)),
    ]


def _bay() -> BaseGeometry:
    coast = [
        (x, 3_330 + 190 * math.sin(x / 610) + 120 * math.sin(x / 270 + 1.3) + 0.05 * abs(x - 500))
        for x in range(-6_000, 6_001, 150)
    ]
    return Polygon([*coast, (6_000, 7_000), (-6_000, 7_000)])


def waters() -> list[Water]:
    """Return every body of water, wider ones first; none overlaps one before it."""
    island = disc((-1_250, 4_300), (330, 215, 170, 205, 390, 290, 190, 160, 215))
    brook = channel([*_BROOK, _BROOK_MOUTH])
    drawn = [
        Water("alderbocht", "Bay", _bay().difference(island)),
        Water("alder", "River", channel(_RIVER)),
        *_docks(),
        Water(
            "vestinggracht", "Moat", _star(MOAT_RADIUS_M).exterior.buffer(26, join_style="mitre")
        ),
        *_canals(),
        Water("veenbeek", "Stream", brook),
        Water("reigermeer", "Lake", disc((-2_800, -2_950), (520, 330, 420, 610, 380, 300, 470))),
        Water("parkvijver", "Lake", disc((-1_560, 640), (130, 70, 120, 190, 80, 110))),
        Water("noordplas", "Lake", disc((-1_800, 2_560), (210, 330, 250, 180, 300, 190))),
    ]
    boundary = limits()
    taken: BaseGeometry = Polygon()
    kept = []
    for water in drawn:
        shape = water.shape.intersection(boundary).difference(taken)
        # A bastion that reaches across the river, and the like.
        shape = shapely.union_all(polygons(shape, at_least=6_000.0))
        taken = shapely.union_all([taken, water.shape])
        kept.append(Water(water.key, water.kind, shape))
    return kept
