"""Districts and parks of Aldermonde: cells around seeds, cut by water (pure)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from hanze.connectors.simulation.plane import Point2, disc, polar, polygons, smooth
from hanze.connectors.simulation.water import BASTIONS, MOAT_RADIUS_M, Water, limits, old_town

__all__ = ["District", "Park", "districts", "parks"]

#: Land pieces below this are added to nothing: quays and slivers between basins.
_SLIVER_M2 = 4_000.0


@dataclass(frozen=True, slots=True)
class District:
    """A district: `character` decides its streets, its traffic and its noise."""

    key: str
    character: str
    shape: BaseGeometry
    residents: int


@dataclass(frozen=True, slots=True)
class Park:
    key: str
    shape: BaseGeometry


_TOWN_SEEDS: tuple[tuple[str, Point2, int], ...] = (
    ("marktkwartier", (30, -20), 3_100),
    ("koggenhoek", (560, 640), 2_800),
    ("kerkbuurt", (-370, 620), 3_900),
    ("lijnbaan", (-640, -200), 4_400),
    ("zoutkwartier", (60, -690), 3_600),
    ("schippersbuurt", (740, -300), 2_900),
)

#: (key, character, seed, residents)
_SEEDS: tuple[tuple[str, str, Point2, int], ...] = (
    ("westersingel", "urban", (-1_550, 350), 8_900),
    ("molenveld", "urban", (-1_350, -950), 9_700),
    ("zuiderpoort", "urban", (-150, -1_650), 10_400),
    ("noorderwal", "urban", (-850, 1_550), 7_600),
    ("stationskwartier", "urban", (820, -1_300), 5_200),
    ("zeezicht", "urban", (150, 2_150), 6_100),
    ("lindehof", "garden", (-2_700, 1_050), 6_800),
    ("wilgenhoek", "garden", (-2_900, -550), 7_300),
    ("meerwijk", "garden", (-1_900, -2_250), 6_400),
    ("steenoven", "urban", (-350, -2_950), 8_200),
    ("boomgaard", "garden", (1_150, -2_750), 5_900),
    ("duinzoom", "garden", (-1_400, 2_800), 4_700),
    ("graspolder", "rural", (-3_950, 300), 1_100),
    ("rietlanden", "rural", (-3_450, -2_200), 900),
    ("zuidermeent", "rural", (-900, -4_050), 1_300),
    ("noorderpolder", "rural", (-3_000, 2_500), 800),
    ("elzenbroek", "rural", (1_900, -3_900), 1_000),
    ("overalder", "urban", (1_950, -350), 8_100),
    ("oosterdok", "urban", (2_050, 750), 6_700),
    ("werfeiland", "port", (2_350, 1_750), 1_900),
    ("handelshaven", "port", (1_800, 2_950), 1_200),
    ("vogelweide", "garden", (3_150, 150), 7_200),
    ("akkerhout", "garden", (2_850, -1_250), 6_300),
    ("campus", "campus", (3_350, 1_350), 4_100),
    ("hoogeveld", "rural", (4_050, -1_350), 1_200),
    ("oosterkwelder", "rural", (3_650, 2_450), 600),
    ("vuurtoreneiland", "rural", (-1_250, 4_300), 140),
)

#: Crossing these does not make another district: brooks, canals and ponds lie within one.
_WITHIN = frozenset({"Canal", "Stream"})


def _cells(seeds: Sequence[Point2], piece: BaseGeometry) -> list[BaseGeometry]:
    """Split a piece of land into the cells of its seeds, in the order of the seeds."""
    if len(seeds) == 1:
        return [piece]
    frame = limits().buffer(3_000)
    found = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=frame)
    cells = list(found.geoms)
    return [
        next(cell for cell in cells if cell.contains(Point(seed))).intersection(piece)
        for seed in seeds
    ]


def _solid(shape: BaseGeometry) -> BaseGeometry:
    return shapely.union_all(polygons(shape, at_least=_SLIVER_M2))


def districts(water: Sequence[Water]) -> list[District]:
    """Return the districts; together they cover the land but for slivers, without overlap."""
    barriers = shapely.union_all([body.shape for body in water if body.kind not in _WITHIN])
    wet = shapely.union_all([body.shape for body in water])
    town = old_town().difference(barriers)
    land = limits().difference(shapely.union_all([barriers, old_town()]))
    found = [
        District(key, "town", _solid(cell.difference(wet)), residents)
        for (key, _, residents), cell in zip(
            _TOWN_SEEDS, _cells([seed for _, seed, _ in _TOWN_SEEDS], town), strict=True
        )
    ]
    for piece in polygons(land, at_least=_SLIVER_M2):
        inside = [row for row in _SEEDS if piece.contains(Point(row[2]))]
        if not inside:
            continue
        cells = _cells([row[2] for row in inside], piece)
        for (key, character, _, residents), cell in zip(inside, cells, strict=True):
            found.append(District(key, character, _solid(cell.difference(wet)), residents))
    return found


def _rampart() -> BaseGeometry:
    """Return the green bastions inside the moat: a park since the walls came down."""
    step = 2 * math.pi / BASTIONS
    tips = [Point(polar(index * step, MOAT_RADIUS_M + 45)).buffer(88) for index in range(BASTIONS)]
    return shapely.union_all(tips).intersection(old_town())


def parks(water: Sequence[Water], land: Sequence[District]) -> list[Park]:
    """Return parks and woods, on land only."""
    ground = shapely.union_all([district.shape for district in land])
    wet = shapely.union_all([body.shape for body in water]).buffer(6)
    wedge = Polygon(
        smooth([(-2_050, 250), (-1_250, 380), (-1_180, 900), (-2_000, 1_010)], closed=True)
    )
    strip = LineString(smooth([(1_420, -700), (1_900, -1_450), (2_450, -2_130)])).buffer(150)
    drawn = [
        Park("vestingpark", _rampart()),
        Park("westerpark", wedge),
        Park("alderweerd", strip),
        Park("reigerbos", disc((-2_750, -2_900), (950, 780, 820, 1_000, 860, 700, 900))),
        Park("zeeduin", disc((-650, 3_050), (240, 620, 260, 170, 650, 240))),
        Park("stadshout", disc((3_750, -500), (430, 560, 640, 480, 400, 520))),
        Park("zuiderpark", disc((-700, -2_250), (330, 260, 200, 300, 380, 220))),
        Park("campustuin", disc((3_300, 1_200), (220, 160, 210, 260, 180))),
        Park("noorderhof", disc((-200, 1_750), (240, 170, 250, 300, 190))),
    ]
    clipped = ((park.key, park.shape.intersection(ground).difference(wet)) for park in drawn)
    return [Park(key, _solid(shape)) for key, shape in clipped]
