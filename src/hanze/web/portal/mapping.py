"""Puts a page's map together: the base map, the places that matched, the links."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import shapely

from hanze.broker.ports import StoredEntity
from hanze.web.portal.filters import Filters
from hanze.web.portal.mercator import Bounds, Viewport, fit, parse_view
from hanze.web.portal.places import Place, place_of
from hanze.web.portal.reading import Surroundings, bounds_of_places
from hanze.web.portal.site import Visit
from hanze.web.portal.svgmap import (
    Dot,
    Layer,
    Marker,
    Picture,
    controls,
    draw_dots,
    markers,
    path_of,
    scale_bar,
)
from hanze.web.portal.themes import LAYERS, theme_of
from hanze.web.portal.topology import countries_in

__all__ = ["choose_view", "entity_picture", "list_picture", "places_picture", "track_picture"]

#: Countries are too coarse to show behind a city.
_COUNTRIES_UNTIL_ZOOM = 9.0
_KEPT_VIEWS = 64
_COUNTRY_ZOOM = 6.6
_NAMES_FROM_ZOOM, _NAMES_UNTIL = 10.5, 60
_EUROPE: Bounds = (-10.0, 36.0, 30.0, 62.0)


def choose_view(
    asked: str,
    places: Sequence[Place],
    surroundings: Surroundings,
    *,
    width: int = 640,
    height: int = 520,
) -> Viewport:
    """Show what the address asks for, else all places, else the city, else Europe."""
    view = parse_view(asked, width=width, height=height) if asked else None
    if view is not None:
        return view
    bounds = bounds_of_places(places)
    if bounds is not None:
        return fit(bounds, width=width, height=height, closest=15.5)
    return fit(surroundings.bounds or _EUROPE, width=width, height=height)


def list_picture(
    visit: Visit,
    filters: Filters,
    places: Sequence[Place],
    view: Viewport,
    surroundings: Surroundings,
    *,
    total: int,
) -> Picture:
    """Draw many entities, in clusters where they are close to each other."""

    def link(target: Viewport | None) -> str:
        text = target.text() if target is not None else ""
        return replace(filters, view=text, page=1).path(visit.language.code) + "#map"

    named = {place.id: place for place in places}

    def entity_link(entity_id: str) -> tuple[str, str]:
        return visit.entity_path(entity_id), named[entity_id].title(visit.language.code)

    return places_picture(
        visit, places, view, surroundings, link=link, entity_link=entity_link, total=total
    )


def places_picture(
    visit: Visit,
    places: Sequence[Place],
    view: Viewport,
    surroundings: Surroundings,
    *,
    link: Callable[[Viewport | None], str],
    entity_link: Callable[[str], tuple[str, str]],
    total: int,
    dots: Sequence[Dot] | None = None,
) -> Picture:
    """Draw places, in clusters where they are close to each other.

    Args:
        visit: Whose language labels are in.
        places: That match.
        view: The window.
        surroundings: The base map.
        link: Gives the address of the page with another window; `None` shows everything.
        entity_link: Gives the address of a place's own page and its label, by its id.
        total: How many match, those that are not among the places included.
        dots: Drawn instead of what the places give by themselves.
    """
    if dots is None:
        dots = [_dot(place) for place in places]

    def closer_link(closer: Viewport, count: int) -> tuple[str, str]:
        label = visit.language.texts.ngettext(
            "%(num)s entity: look closer", "%(num)s entities: look closer", count
        )
        return link(closer), label % {"num": visit.speaker.formats.number(count)}

    links = markers(dots, view, entity_link=entity_link, closer_link=closer_link)
    return Picture(
        width=view.width,
        height=view.height,
        base=_base(visit, surroundings, view),
        shapes=_shapes(places, view),
        dots=draw_dots(dots, view),
        labels=_labels(visit, surroundings, view, links),
        markers=links,
        bar=scale_bar(view),
        controls=controls(view, link),
        shown=len(places),
        hidden=max(total - len(places), 0),
    )


def entity_picture(
    visit: Visit, stored: StoredEntity, surroundings: Surroundings
) -> Picture | None:
    """Draw one entity where it stands; `None` when it has no place."""
    place = place_of(stored)
    if place is None:
        return None
    view = choose_view("", [place], surroundings, width=440, height=320)
    if place.shape is None:
        # Where nothing is drawn of the city, only the countries tell where this is.
        far = max(view.zoom - _COUNTRY_ZOOM, 0.8) if surroundings.bounds is None else 0.8
        view = view.zoomed(-far)
    dot = _dot(place)
    x, y = view.place(dot.longitude, dot.latitude)
    marker = Marker(x, y, 10.0, 1, "", place.title(visit.language.code), dot.theme)
    return Picture(
        width=view.width,
        height=view.height,
        base=_base(visit, surroundings, view),
        shapes=_shapes([place], view),
        dots=(),
        labels=_labels(visit, surroundings, view, (marker,)),
        markers=(marker,),
        bar=scale_bar(view),
    )


def track_picture(
    visit: Visit,
    path: Sequence[tuple[float, float]],
    surroundings: Surroundings,
    *,
    theme: str,
    title: str,
) -> Picture:
    """Draw where something was, and a marker where it was last.

    Args:
        visit: Whose language labels are in.
        path: Longitudes and latitudes in the order of time, at least one.
        surroundings: The base map.
        theme: Colours the marker.
        title: Of the marker.
    """
    longitudes, latitudes = zip(*path, strict=True)
    bounds = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    view = fit(bounds, width=640, height=360, closest=15.5)
    dots = [Dot(str(number), *place, theme) for number, place in enumerate(path)]
    x, y = view.place(*path[-1])
    marker = Marker(x, y, 10.0, 1, "", title, theme)
    line = path_of([shapely.LineString(path)], view) if len(set(path)) > 1 else ""
    return Picture(
        width=view.width,
        height=view.height,
        base=_base(visit, surroundings, view),
        shapes=(Layer("line", line),) if line else (),
        dots=draw_dots(dots, view),
        labels=_labels(visit, surroundings, view, (marker,)),
        markers=(marker,),
        bar=scale_bar(view),
    )


def _dot(place: Place) -> Dot:
    return Dot(place.id, place.longitude, place.latitude, theme_of(place.kind))


def _base(visit: Visit, surroundings: Surroundings, view: Viewport) -> tuple[Layer, ...]:
    """Draw the base map, or take it as it was drawn before: most readers look at the same."""
    key = f"{view.text()}/{view.width}/{view.height}"
    known = surroundings.drawn.get(key)
    if known is None:
        while len(surroundings.drawn) >= _KEPT_VIEWS:
            surroundings.drawn.pop(next(iter(surroundings.drawn)))
        known = surroundings.drawn[key] = _draw_base(visit, surroundings, view)
    return known


def _draw_base(visit: Visit, surroundings: Surroundings, view: Viewport) -> tuple[Layer, ...]:
    layers = []
    if view.zoom < _COUNTRIES_UNTIL_ZOOM or not surroundings.bounds:
        shapes = countries_in(visit.site.countries, view.bounds(20))
        layers.append(Layer("land", path_of(shapes, view)))
    for name in LAYERS:
        places = surroundings.layers.get(name, ())
        covered = [place.shape for place in places if place.shape is not None]
        layers.append(Layer(name, path_of(covered, view)))
    return tuple(layer for layer in layers if layer.path)


def _shapes(places: Iterable[Place], view: Viewport) -> tuple[Layer, ...]:
    """Draw the lines and areas among the entities themselves."""
    shapes = [place.shape for place in places if place.shape is not None]
    lines = [shape for shape in shapes if shapely.get_dimensions(shape) == 1]
    areas = [shape for shape in shapes if shapely.get_dimensions(shape) == 2]
    drawn = (Layer("area", path_of(areas, view)), Layer("line", path_of(lines, view)))
    return tuple(layer for layer in drawn if layer.path)


def _labels(
    visit: Visit, surroundings: Surroundings, view: Viewport, taken: Sequence[Marker]
) -> tuple[tuple[float, float, str], ...]:
    """Name districts where there is room: not on markers, nor on each other."""
    if view.zoom < _NAMES_FROM_ZOOM:
        return ()
    boxes = [(marker.x, marker.y, marker.radius) for marker in taken]
    found: list[tuple[float, float, str]] = []
    for place in sorted(surroundings.districts, key=lambda item: -shapely.area(item.shape)):
        x, y = view.place(place.longitude, place.latitude)
        text = place.title(visit.language.code)
        half = sum(6.0 if ord(letter) > 0x2E80 else 3.4 for letter in text)
        fits = half < x < view.width - half and 14 < y < view.height - 34
        if fits and all(abs(x - a) > half + r or abs(y - b) > 8 + min(r, 22) for a, b, r in boxes):
            found.append((round(x, 1), round(y, 1), text))
            boxes.append((x, y, half))
    return tuple(found[:_NAMES_UNTIL])
