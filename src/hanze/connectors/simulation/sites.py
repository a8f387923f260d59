"""Where Aldermonde measures and what stands in its streets (pure)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from hanze.connectors.simulation.names import WATERS, Name, numbered
from hanze.connectors.simulation.plan import Plan, beside, busyness, generator
from hanze.connectors.simulation.plane import Point2
from hanze.connectors.simulation.roads import Road

__all__ = ["Site", "sites"]


@dataclass(frozen=True, slots=True)
class Site:
    """One thing at a place.

    Attributes:
        type: Its entity type, a term of Hanze's @context.
        kind: What it is within its type; decides its readings.
        key: Unique within its type.
        name: For people.
        shape: Drawn, in metres.
        district: Key of the district in which it lies.
        road: Key of the road at which it stands.
        water: Key of the water that it observes or crosses.
        level: How busy its surroundings are, 0 to 1.
        size: Lanes, places, sockets, decimetres of height: what its type counts.
    """

    type: str
    kind: str
    key: str
    name: Name
    shape: BaseGeometry
    district: str
    road: str | None = None
    level: float = 0.0
    size: int = 0
    water: str | None = None


_TITLES = {
    "TrafficFlowObserved": ("Telpunt", "Traffic counter", "교통량 측정점"),
    "AirQualityObserved": ("Meetstation lucht", "Air station", "대기 측정소"),
    "citizen": ("Burgersensor", "Citizen sensor", "시민 센서"),
    "WeatherObserved": ("Weerstation", "Weather station", "기상 관측소"),
    "OffStreetParking": ("Parkeergarage", "Parking garage", "주차장"),
    "Streetlight": ("Lantaarn", "Street light", "가로등"),
    "EVChargingStation": ("Laadpaal", "Charging station", "충전소"),
    "NoiseLevelObserved": ("Geluidmeter", "Noise meter", "소음 측정기"),
    "WasteContainer": ("Afvalcontainer", "Waste container", "쓰레기 수거함"),
    "BikeHireDockingStation": ("Fietsdeelstation", "Bike docking station", "공유자전거 대여소"),
    "WaterLevelObserved": ("Peilschaal", "Water gauge", "수위 관측소"),
    "Tree": ("Boom", "Tree", "나무"),
}


def _title(key: str) -> Name:
    return dict(zip(("nl", "en", "ko"), _TITLES[key], strict=True))


class _Placer:
    """Makes sites of one type, numbering them; knows the plan."""

    def __init__(self, plan: Plan, type_: str, title: str | None = None) -> None:
        self._plan = plan
        self._type = type_
        self._title = _title(title or type_)
        self._count = 0

    def at(
        self,
        point: Point,
        *,
        kind: str = "",
        road: Road | None = None,
        water: str | None = None,
        level: float = 0.3,
        size: int = 1,
    ) -> Site:
        self._count += 1
        near = road or self._plan.road_near(point)
        place = WATERS[water] if water else self._plan.road_names[near.key]
        name = numbered(self._title, place, self._count)
        return Site(
            self._type,
            kind,
            f"{kind}-{self._count:03d}".lstrip("-"),
            name,
            point,
            self._plan.district_of(point).key,
            None if water else near.key,
            level,
            size,
            water,
        )


def _spaced(road: Road, spacing: float) -> Iterator[float]:
    """Yield shares of a road's length, evenly, never at its ends."""
    count = max(1, round(road.shape.length / spacing))
    for number in range(count):
        yield (number + 0.5) / count


def _traffic(plan: Plan, random: Random) -> Iterator[Site]:
    placer = _Placer(plan, "TrafficFlowObserved")
    for road in plan.main("motorway", "ring", "radial"):
        lanes = {"motorway": 3, "ring": 2, "radial": 2}[road.kind]
        for share in _spaced(road, 520):
            level = busyness(road) * random.uniform(0.8, 1.15)
            point = beside(road.shape, share, 5)
            yield placer.at(point, kind=road.kind, road=road, level=min(1.0, level), size=lanes)


def _lights(plan: Plan, random: Random) -> Iterator[Site]:
    placer = _Placer(plan, "Streetlight")
    rings = [*plan.main("town"), *[road for road in plan.main("ring") if road.index == 2]]
    for road in rings:
        for number, share in enumerate(_spaced(road, 42)):
            side = 7 if number % 2 else -7
            yield placer.at(
                beside(road.shape, share, side), road=road, level=random.random(), size=8
            )


def _trees(plan: Plan, random: Random) -> Iterator[Site]:
    placer = _Placer(plan, "Tree")
    lined = [body for body in plan.waters if body.kind in {"Canal", "Moat"}]
    banks = shapely.union_all([body.shape for body in lined]).buffer(9).boundary
    wet = shapely.union_all([body.shape for body in plan.waters]).buffer(3)
    roads = shapely.union_all([road.shape for road in plan.main("town", "ring", "radial")])
    busy = roads.buffer(12)
    kinds = ("linden", "elm", "plane", "chestnut", "alder")
    for bank in getattr(banks, "geoms", [banks]):
        step = 0.0
        while step < bank.length:
            step += 72 + random.uniform(-14, 14)
            point = bank.interpolate(step)
            if wet.contains(point) or busy.contains(point):
                continue
            height = int(random.triangular(40, 240, 130))
            yield placer.at(point, kind=random.choice(kinds), level=0.2, size=height)


def _picked(roads: Sequence[Road], count: int, random: Random) -> list[Road]:
    return random.sample(list(roads), min(count, len(roads)))


def _along_streets(
    plan: Plan,
    random: Random,
    type_: str,
    *,
    count: int,
    sizes: Sequence[int],
    kinds: Sequence[str],
) -> Iterator[Site]:
    """Place things on the kerb of streets spread over the built city."""
    placer = _Placer(plan, type_)
    built = plan.streets_of("town", "urban", "garden", "campus")
    chosen = _picked(built, count, random)
    while len(chosen) < count:
        chosen.append(random.choice(built))
    for road in chosen:
        point = beside(road.shape, random.uniform(0.1, 0.9), random.choice((-7.0, 7.0)))
        level = random.uniform(0.25, 1.0)
        kind = random.choice(kinds)
        yield placer.at(point, kind=kind, road=road, level=level, size=random.choice(sizes))


def _citizens(plan: Plan, count: int, random: Random) -> Iterator[Site]:
    placer = _Placer(plan, "AirQualityObserved", "citizen")
    homes = plan.streets_of("town", "urban", "garden")
    for _ in range(count):
        road = random.choice(homes)
        point = beside(road.shape, random.uniform(0.05, 0.95), random.choice((-24.0, 24.0)))
        yield placer.at(point, kind="citizen", road=road, level=random.uniform(0.1, 0.5))


def _air(plan: Plan) -> Iterator[Site]:
    placer = _Placer(plan, "AirQualityObserved")
    for road in plan.main("ring", "motorway", "radial")[:18:2]:
        yield placer.at(
            beside(road.shape, 0.37, 14), kind="traffic", road=road, level=busyness(road)
        )
    for park in plan.parks[1:6]:
        point = park.shape.representative_point()
        yield placer.at(point, kind="background", level=0.08)


def _weather(plan: Plan) -> Iterator[Site]:
    placer = _Placer(plan, "WeatherObserved")
    places: tuple[Point2, ...] = (
        (20, 30),
        (-1_180, 4_260),
        (3_420, 1_300),
        (-3_900, 250),
        (1_250, -2_900),
        (2_450, 1_930),
    )
    for x, y in places:
        yield placer.at(Point(x, y), level=0.1)


def _garages(plan: Plan, random: Random) -> Iterator[Site]:
    placer = _Placer(plan, "OffStreetParking")
    for road in plan.main("ring"):
        for share in _spaced(road, 1_250):
            size = random.choice((180, 240, 320, 410, 560, 720))
            level = random.uniform(0.6, 1.0)
            yield placer.at(beside(road.shape, share, 38), road=road, level=level, size=size)


def _noise(plan: Plan, random: Random) -> Iterator[Site]:
    placer = _Placer(plan, "NoiseLevelObserved")
    for road in plan.main("radial", "ring", "town"):
        for share in _spaced(road, 1_450):
            point = beside(road.shape, share, 18)
            yield placer.at(point, kind="road", road=road, level=busyness(road))
    for road in _picked(plan.streets_of("town", "port"), 12, random):
        yield placer.at(beside(road.shape, 0.5, 9), kind="lively", road=road, level=0.4)


def _bikes(plan: Plan, random: Random) -> Iterator[Site]:
    placer = _Placer(plan, "BikeHireDockingStation")
    for road in plan.main("radial", "town", "ring"):
        for share in _spaced(road, 1_500):
            size = random.choice((12, 16, 20, 24, 30))
            point = beside(road.shape, share, -16)
            level = math.hypot(point.x, point.y) / 4_500
            yield placer.at(point, road=road, level=min(1.0, level), size=size)


def _gauges(plan: Plan) -> Iterator[Site]:
    placer = _Placer(plan, "WaterLevelObserved")
    #: What moves each body's level: the sea, the sea up the river, a sluice, or rain alone.
    moved = {"Bay": "sea", "River": "river", "Harbour": "river", "Moat": "sluice"}
    for body in plan.waters:
        point = body.shape.representative_point()
        kind = moved.get(body.kind, "sluice" if body.kind == "Canal" else "rain")
        yield placer.at(point, kind=kind, water=body.key)


_WASTE = ("residual", "paper", "glass", "organic")


def sites(plan: Plan, seed: int) -> list[Site]:
    """Return every site, in an order that does not change."""

    def random(purpose: str) -> Random:
        return generator(seed, purpose)

    return [
        *_traffic(plan, random("traffic")),
        *_air(plan),
        *_citizens(plan, 160, random("citizens")),
        *_weather(plan),
        *_garages(plan, random("garages")),
        *_lights(plan, random("lights")),
        *_along_streets(
            plan,
            random("cars"),
            "EVChargingStation",
            count=90,
            sizes=(1, 2, 2, 4),
            kinds=("ac", "ac", "dc"),
        ),
        *_gauges(plan),
        *_noise(plan, random("noise")),
        *_along_streets(
            plan, random("waste"), "WasteContainer", count=210, sizes=(3, 4, 5), kinds=_WASTE
        ),
        *_bikes(plan, random("bikes")),
        *_trees(plan, random("trees")),
    ]
