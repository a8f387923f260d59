"""The map as a picture that the server draws: it needs no script and prints well."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from hanze.web.portal.clusters import Cluster, Point, cluster
from hanze.web.portal.mercator import Viewport

__all__ = ["Control", "Dot", "Layer", "Marker", "Picture", "controls", "draw_dots", "markers"]

#: Units between markers: at 320 px the picture is drawn at 0.45, which leaves 24 px for a finger.
_APART = 56
_MARGIN = 12.0
_BARS_M = [step * 10**power for power in range(7) for step in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes that are drawn alike: a CSS class and an SVG path."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Dot:
    """An entity's place on earth; of several that have one place, `weight` is their number."""

    id: str
    longitude: float
    latitude: float
    theme: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Marker:
    """A link on the map: to an entity, or closer to several."""

    x: float
    y: float
    radius: float
    count: int
    href: str
    label: str
    theme: str


@dataclass(frozen=True, slots=True)
class Control:
    """A link that moves the map."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the map's template draws, from below to above.

    Attributes:
        width: Of the view box.
        height: Of the view box.
        base: The base map.
        shapes: Lines and areas of the entities that are shown.
        dots: Their places, by theme.
        labels: Names of districts: x, y, text.
        markers: Links.
        bar: Length of the scale bar in units, and in metres.
        controls: Links that move the map.
        shown: How many entities are drawn.
        hidden: How many entities matched that are not drawn.
    """

    width: int
    height: int
    base: tuple[Layer, ...]
    shapes: tuple[Layer, ...]
    dots: tuple[Layer, ...]
    labels: tuple[tuple[float, float, str], ...]
    markers: tuple[Marker, ...]
    bar: tuple[float, int]
    controls: tuple[Control, ...] = ()
    shown: int = 0
    hidden: int = 0


def path_of(shapes: Sequence[shapely.Geometry], view: Viewport) -> str:
    """Draw lines and areas as one path: cut to the view, and no finer than the picture shows."""
    if not shapes:
        return ""
    window = shapely.box(*view.bounds(_MARGIN))
    every = np.array(shapes)
    seen = shapely.intersection(every[shapely.intersects(every, window)], window)
    placed = shapely.simplify(shapely.transform(seen, _placer(view)), 0.4)
    return "".join(piece for part in placed for piece in _outline(part))


def draw_dots(dots: Iterable[Dot], view: Viewport) -> tuple[Layer, ...]:
    """Draw every place as a point of its theme's layer."""
    paths: dict[str, list[str]] = {}
    place = view.placer()
    for dot in dots:
        x, y = place(dot.longitude, dot.latitude)
        if _inside(x, y, view):
            paths.setdefault(dot.theme, []).append(f"M{x:.1f} {y:.1f}h0")
    return tuple(Layer(theme, "".join(paths[theme])) for theme in sorted(paths))


def markers(
    dots: Sequence[Dot],
    view: Viewport,
    *,
    entity_link: Callable[[str], tuple[str, str]],
    closer_link: Callable[[Viewport, int], tuple[str, str]],
) -> tuple[Marker, ...]:
    """Make the links of a map, so far apart that each can be hit.

    Args:
        dots: Places of entities.
        view: The window.
        entity_link: Gives address and label of the page of an entity.
        closer_link: Gives address and label of a closer view on so many entities.
    """
    place = view.placer()
    points = [
        Point(x, y, dot.id, dot.theme, dot.weight)
        for dot in dots
        for x, y in (place(dot.longitude, dot.latitude),)
        if _inside(x, y, view)
    ]
    found = []
    weights = {dot.id: dot.weight for dot in dots}
    for group in cluster(points, _APART):
        theme = _theme(group)
        if group.weight == weights[group.key]:
            href, label = entity_link(group.key)
        else:
            steps = 2.0 if view.zoom < 17 else 1.0
            closer = view.zoomed(steps, at=view.position(group.x, group.y))
            href, label = closer_link(closer, group.weight)
        x = min(max(group.x, _APART / 2), view.width - _APART / 2)
        y = min(max(group.y, _APART / 2), view.height - _APART / 2)
        found.append(Marker(x, y, _radius(group.weight), group.weight, href, label, theme))
    return tuple(found)


def controls(view: Viewport, link: Callable[[Viewport | None], str]) -> tuple[Control, ...]:
    """Make the links that move the map; `None` stands for showing everything again."""
    moves = (
        ("in", view.zoomed(1)),
        ("out", view.zoomed(-1)),
        ("west", view.moved(-0.5, 0)),
        ("north", view.moved(0, -0.5)),
        ("south", view.moved(0, 0.5)),
        ("east", view.moved(0.5, 0)),
        ("all", None),
    )
    return tuple(Control(name, link(target)) for name, target in moves)


def scale_bar(view: Viewport) -> tuple[float, int]:
    """Choose a round length that fits: units on the picture, and metres."""
    per_unit = view.metres_per_unit()
    fitting = [length for length in _BARS_M if length / per_unit <= view.width / 4]
    metres = max(fitting) if fitting else 1
    return metres / per_unit, metres


def _placer(view: Viewport) -> Callable[[np.ndarray], np.ndarray]:
    middle_x, middle_y = view.place(0.0, 0.0)

    def place(coordinates: np.ndarray) -> np.ndarray:
        latitude = np.radians(np.clip(coordinates[:, 1], -85.05, 85.05))
        x = middle_x + coordinates[:, 0] / 360 * view.scale
        y = middle_y - np.arcsinh(np.tan(latitude)) / (2 * np.pi) * view.scale
        return np.column_stack((x, y))

    return place


def _outline(shape: shapely.Geometry) -> Iterable[str]:
    if shapely.is_empty(shape) or isinstance(shape, shapely.Point):
        return
    if isinstance(shape, shapely.Polygon):
        yield _line(shapely.get_coordinates(shape.exterior)) + "Z"
        for ring in shape.interiors:
            yield _line(shapely.get_coordinates(ring)) + "Z"
    elif isinstance(shape, shapely.LineString):
        yield _line(shapely.get_coordinates(shape))
    else:
        for part in shapely.get_parts(shape):
            yield from _outline(part)


def _line(coordinates: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in coordinates.tolist())


def _inside(x: float, y: float, view: Viewport) -> bool:
    return 0 <= x <= view.width and 0 <= y <= view.height


def _radius(count: int) -> float:
    """Grow with the figures that must fit."""
    return 9.0 if count == 1 else min(13.0 + 3.5 * len(str(count)), 27.0)


def _theme(group: Cluster) -> str:
    return next(iter(group.themes)) if len(group.themes) == 1 else "mixed"
