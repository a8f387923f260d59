"""The drawn city: valid, dry where it must be, the same in every run."""

import shapely
from shapely.geometry import shape

from hanze.connectors.simulation.plan import beside, draw, generator
from hanze.connectors.simulation.plane import bend, to_geojson
from hanze.connectors.simulation.water import limits

PLAN = draw(7)
WET = shapely.union_all([body.shape for body in PLAN.waters])


def test_districts_should_cover_the_land_without_overlap() -> None:
    land = limits().difference(WET)
    covered = shapely.union_all([district.shape for district in PLAN.districts])
    total = sum(district.shape.area for district in PLAN.districts)
    assert abs(total - covered.area) < 1.0
    assert covered.difference(land.buffer(0.01)).area < 1.0
    assert covered.area > 0.99 * land.area


def test_waters_should_not_overlap() -> None:
    assert abs(sum(body.shape.area for body in PLAN.waters) - WET.area) < 1.0


def test_streets_should_stay_out_of_the_water() -> None:
    streets = shapely.union_all([road.shape for road in PLAN.roads if road.kind == "street"])
    assert streets.intersection(WET).length < 1.0


def test_parks_should_be_on_land_and_each_district_have_one_piece_of_land() -> None:
    assert all(park.shape.area > 10_000 for park in PLAN.parks)
    assert all(park.shape.intersection(WET).area < 1.0 for park in PLAN.parks)
    assert all(not district.shape.is_empty for district in PLAN.districts)


def test_bridges_should_stand_over_the_water_they_name() -> None:
    assert len(PLAN.bridges) > 20
    for bridge in PLAN.bridges:
        assert bridge.over.shape.buffer(0.1).contains(bridge.shape)
        assert bridge.shape.length < 330


def test_bent_geometries_should_be_valid_and_close_to_the_market() -> None:
    shapes = [
        *(body.shape for body in PLAN.waters),
        *(district.shape for district in PLAN.districts),
        *(park.shape for park in PLAN.parks),
    ]
    for drawn in shapes:
        placed = shape(to_geojson(bend(drawn)))
        assert placed.is_valid
        assert placed.distance(shapely.Point(6.6, 53.375)) < 0.1


def test_every_road_should_have_a_name_in_three_languages() -> None:
    for road in PLAN.roads:
        assert set(PLAN.road_names[road.key]) == {"nl", "en", "ko"}
    streets = [PLAN.road_names[road.key]["nl"] for road in PLAN.roads if road.kind == "street"]
    assert len(set(streets)) == len(streets)


def test_draw_should_repeat_itself_and_vary_with_the_seed() -> None:
    again = draw(7)
    assert [road.shape.wkt for road in again.roads] == [road.shape.wkt for road in PLAN.roads]
    assert again.road_names == PLAN.road_names
    other = draw(8)
    assert other.road_names != PLAN.road_names
    assert [d.shape.wkt for d in other.districts] == [d.shape.wkt for d in PLAN.districts]


def test_beside_should_be_left_of_the_road() -> None:
    road = shapely.LineString([(0, 0), (100, 0)])
    point = beside(road, 0.5, 7.0)
    assert (round(point.x), round(point.y)) == (50, 7)


def test_generator_should_give_each_purpose_its_own_numbers() -> None:
    assert generator(1, "a").random() == generator(1, "a").random()
    assert generator(1, "a").random() != generator(1, "b").random()
