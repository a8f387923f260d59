"""Areas on the ellipsoid, in square kilometres."""

import pytest
import shapely

from hanze.ngsild.area import square_kilometres


def test_area_should_be_that_of_the_earth_when_the_whole_of_it_is_meant() -> None:
    # The surface of the WGS 84 ellipsoid.
    whole = shapely.box(-180, -90, 180, 90)
    assert square_kilometres(whole) == pytest.approx(510_065_621.7, rel=1e-9)


def test_area_should_be_that_of_a_square_when_it_is_small() -> None:
    # At the equator: a hundredth degree east is 1.11320 km, north 1.10574 km.
    small = shapely.box(5, 0, 5.01, 0.01)
    assert square_kilometres(small) == pytest.approx(1.11320 * 1.10574, rel=1e-4)


def test_area_should_shrink_towards_the_poles() -> None:
    south, north = shapely.box(5, 51, 6, 52), shapely.box(5, 61, 6, 62)
    assert square_kilometres(north) < square_kilometres(south)
