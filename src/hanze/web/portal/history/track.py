"""Where something was: its places on a map, in the order of time."""

from collections.abc import Mapping, Sequence

import shapely

from hanze.ngsild.geometry import to_shape
from hanze.web.portal.history.spells import Spells
from hanze.web.portal.mapping import track_picture
from hanze.web.portal.reading import Surroundings
from hanze.web.portal.site import Visit
from hanze.web.portal.svgmap import Picture

__all__ = ["track_of"]


def track_of(
    visit: Visit, spells: Spells, surroundings: Surroundings, *, theme: str, title: str
) -> Picture | None:
    """Draw the places that an attribute held; `None` where it held none."""
    shapes: Sequence[shapely.Geometry] = [
        to_shape(spell.instance.value)
        for spell in sorted(spells.several, key=lambda one: one.start)
        if isinstance(spell.instance.value, Mapping)
    ]
    points = [shapely.point_on_surface(shape) for shape in shapes]
    if not points:
        return None
    path = [(float(shapely.get_x(point)), float(shapely.get_y(point))) for point in points]
    return track_picture(visit, path, surroundings, theme=theme, title=title)
