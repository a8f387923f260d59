"""Where records are: one marker for each city, with the number of its records."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import shapely

from hanze.collaboration.records.record import Record
from hanze.errors import InvalidInput
from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import JsonValue
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.mapping import choose_view, places_picture
from hanze.web.portal.mercator import Viewport
from hanze.web.portal.places import Place
from hanze.web.portal.reading import Surroundings
from hanze.web.portal.svgmap import Dot, Picture

__all__ = ["Spot", "picture_of", "spot_of", "spots_of"]

#: Of the base map only countries are shown: cities are dots here, whatever one of them has drawn.
_COUNTRIES = Surroundings(mark=(), layers={}, bounds=None, titles=())


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map.

    Attributes:
        id: Of the record that is there.
        label: What the marker says.
        href: Where it leads.
        count: How many it stands for.
        colour: A theme of the style sheet.
    """

    id: str
    label: str
    href: str
    longitude: float
    latitude: float
    count: int = 1
    colour: str = "mixed"


def spots_of(
    desk: Desk, counts: Iterable[tuple[str, int]], href: Callable[[str], str]
) -> list[Spot]:
    """Put numbers of records at the cities that they are of; cities without a place are left out.

    Args:
        desk: The visit.
        counts: Id of a city, region or country, and its number.
        href: Gives the address of what its marker leads to.
    """
    found = []
    for city, count in counts:
        held = desk.collective.find(city)
        point = _point(held.record) if held is not None and count else None
        if point is not None:
            label = f"{desk.name(city)}: {desk.number(count)}"
            found.append(Spot(city, label, href(city), *point, count))
    return found


def spot_of(desk: Desk, record: Record, city: str | None) -> Spot | None:
    """Put a record where it is, else at its city; `None` where neither is known."""
    point = _point(record)
    home = desk.collective.find(city) if city is not None and point is None else None
    if home is not None:
        point = _point(home.record)
    if point is None:
        return None
    return Spot(record.id, desk.title(record).text, "", *point, colour=desk.colour(record))


def picture_of(
    desk: Desk,
    spots: Iterable[Spot],
    view: str,
    link: Callable[[Viewport | None], str],
    *,
    width: int = 640,
    height: int = 520,
    controls: bool = True,
) -> Picture:
    """Draw spots on the countries.

    Args:
        desk: The visit.
        spots: Of the map.
        view: `Viewport.text` as the address has it; "" shows all spots.
        link: Gives the address of the page with another window; `None` shows everything.
        width: In units of the picture.
        height: In units of the picture.
        controls: Whether it can be moved.
    """
    known = {spot.id: spot for spot in spots}
    places = [
        Place(spot.id, "", spot.longitude, spot.latitude, None, ()) for spot in known.values()
    ]
    window = choose_view(view, places, _COUNTRIES, width=width, height=height)
    if not view:
        # Countries are all that is drawn: closer than this nothing tells where a dot is.
        window = window.zoomed(min(6.5 - window.zoom, 0.0))
    dots = [
        Dot(spot.id, spot.longitude, spot.latitude, spot.colour, spot.count)
        for spot in known.values()
    ]
    picture = places_picture(
        desk.visit,
        places,
        window,
        _COUNTRIES,
        link=link,
        entity_link=lambda spot_id: (known[spot_id].href, known[spot_id].label),
        total=len(places),
        dots=dots,
    )
    return picture if controls else _still(picture)


def _still(picture: Picture) -> Picture:
    return Picture(
        width=picture.width,
        height=picture.height,
        base=picture.base,
        shapes=picture.shapes,
        dots=(),
        labels=picture.labels,
        markers=picture.markers,
        bar=picture.bar,
    )


def _point(record: Record) -> tuple[float, float] | None:
    """Find a point that is surely on a record's place."""
    geometry: Mapping[str, JsonValue] | None = record.location  # type: ignore[assignment]  # GeoJSON is JSON
    if not geometry:
        return None
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(coordinates, list | tuple):
        return float(str(coordinates[0])), float(str(coordinates[1]))
    try:
        point = shapely.point_on_surface(to_shape(geometry))
    except InvalidInput:
        return None
    return shapely.get_x(point), shapely.get_y(point)
