"""The map's geometry: Web Mercator, and the window through which a page looks at it."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Bounds", "Viewport", "bounds_of", "fit", "parse_view"]

#: Web Mercator cannot show the poles.
_MAX_LATITUDE = 85.05
_TILE = 256
_MIN_ZOOM, _MAX_ZOOM = 0.0, 19.0

#: West, south, east, north in degrees.
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Viewport:
    """A window on the map.

    Attributes:
        zoom: As of web maps: the world is 256 * 2**zoom units wide; fractions are fine.
        latitude: Of the middle, WGS 84.
        longitude: Of the middle.
        width: In units of the picture.
        height: In units of the picture.
    """

    zoom: float
    latitude: float
    longitude: float
    width: int = 640
    height: int = 520

    @property
    def scale(self) -> float:
        return _TILE * math.exp2(self.zoom)

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Project a position to the picture: x to the right, y down."""
        return self.placer()(longitude, latitude)

    def placer(self) -> Callable[[float, float], tuple[float, float]]:
        """Give `place` as a function, quicker for many positions."""
        middle_x, middle_y = _project(self.longitude, self.latitude)
        scale, left, top = self.scale, self.width / 2, self.height / 2

        def place(longitude: float, latitude: float) -> tuple[float, float]:
            x, y = _project(longitude, latitude)
            return (x - middle_x) * scale + left, (y - middle_y) * scale + top

        return place

    def bounds(self, margin: float = 0.0) -> Bounds:
        """Say which part of the earth shows, with a margin in units of the picture."""
        west, north = self.position(-margin, -margin)
        east, south = self.position(self.width + margin, self.height + margin)
        return max(west, -180.0), south, min(east, 180.0), north

    def moved(self, right: float, down: float) -> "Viewport":
        """Pan by parts of the picture's width and height."""
        longitude, latitude = self.position(self.width * (0.5 + right), self.height * (0.5 + down))
        return self._with(self.zoom, longitude, latitude)

    def zoomed(self, steps: float, at: tuple[float, float] | None = None) -> "Viewport":
        """Zoom by steps of a factor two, to a longitude and latitude when one is given."""
        longitude, latitude = at or (self.longitude, self.latitude)
        return self._with(self.zoom + steps, longitude, latitude)

    def metres_per_unit(self) -> float:
        return 40_075_016.7 * math.cos(math.radians(self.latitude)) / self.scale

    def text(self) -> str:
        """Write it as in the address of a page: zoom/latitude/longitude."""
        return f"{self.zoom:.2f}/{self.latitude:.5f}/{self.longitude:.5f}"

    def position(self, x: float, y: float) -> tuple[float, float]:
        """Say which longitude and latitude a place on the picture shows."""
        middle_x, middle_y = _project(self.longitude, self.latitude)
        east = middle_x + (x - self.width / 2) / self.scale
        down = middle_y + (y - self.height / 2) / self.scale
        latitude = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))
        return east * 360 - 180, latitude

    def _with(self, zoom: float, longitude: float, latitude: float) -> "Viewport":
        return Viewport(
            zoom=min(max(zoom, _MIN_ZOOM), _MAX_ZOOM),
            latitude=min(max(latitude, -_MAX_LATITUDE), _MAX_LATITUDE),
            longitude=min(max(longitude, -180.0), 180.0),
            width=self.width,
            height=self.height,
        )


def parse_view(text: str, *, width: int = 640, height: int = 520) -> Viewport | None:
    """Read `Viewport.text` back; `None` when it is not one."""
    parts = text.split("/")
    if len(parts) != 3:
        return None
    try:
        zoom, latitude, longitude = (float(part) for part in parts)
    except ValueError:
        return None
    if not all(math.isfinite(number) for number in (zoom, latitude, longitude)):
        return None
    middle = Viewport(zoom, 0.0, 0.0, width, height)
    return middle.zoomed(0.0, at=(longitude, latitude))


def bounds_of(positions: Iterable[tuple[float, float]]) -> Bounds | None:
    """Enclose longitudes and latitudes; `None` when there are none."""
    points = list(positions)
    if not points:
        return None
    longitudes = [point[0] for point in points]
    latitudes = [point[1] for point in points]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def fit(bounds: Bounds, *, width: int = 640, height: int = 520, closest: float = 17.0) -> Viewport:
    """Show bounds whole, with a margin, but never closer than a zoom."""
    left, top = _project(bounds[0], bounds[3])
    right, bottom = _project(bounds[2], bounds[1])
    room_x, room_y = width * 0.88, height * 0.88
    zoom = closest
    if right > left:
        zoom = min(zoom, math.log2(room_x / ((right - left) * _TILE)))
    if bottom > top:
        zoom = min(zoom, math.log2(room_y / ((bottom - top) * _TILE)))
    flat = Viewport(zoom, 0.0, 0.0, width, height)
    middle_y = (top + bottom) / 2
    latitude = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * middle_y))))
    return flat.zoomed(0.0, at=((bounds[0] + bounds[2]) / 2, latitude))


def _project(longitude: float, latitude: float) -> tuple[float, float]:
    bounded = min(max(latitude, -_MAX_LATITUDE), _MAX_LATITUDE)
    y = 0.5 - math.asinh(math.tan(math.radians(bounded))) / (2 * math.pi)
    return (longitude + 180) / 360, y
