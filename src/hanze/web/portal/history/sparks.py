"""Sparklines: the last day of each number of an entity, small enough to stand in a table."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from hanze.errors import HanzeError
from hanze.ngsild.model import Entity
from hanze.ngsild.temporal.model import Aggregation, Method, TimeProperty
from hanze.web.portal.history.calendar import LENGTHS, boundaries, microseconds
from hanze.web.portal.history.chart import Drawn, Line, Point, draw
from hanze.web.portal.history.past import Known, Past, Shape, known_of
from hanze.web.portal.history.selection import Span
from hanze.web.portal.site import Visit

__all__ = ["sparks_of"]

_BACK_US: Final = timedelta(days=1) // timedelta(microseconds=1)
_PERIOD: Final = "hour"
#: Beyond this an entity's page would wait for its pictures.
_MOST: Final = 16
_LEAST_POINTS: Final = 3


async def sparks_of(visit: Visit, entity: Entity) -> Mapping[str, Drawn]:
    """Draw the means per hour of the last day, by the IRI of the attribute; one read for all."""
    known = [known_of(name, instances) for name, instances in entity.attributes.items()]
    wanted = [one for one in known if _is_drawn(one)][:_MOST]
    if not wanted:
        return {}
    now = microseconds(visit.speaker.formats.now)
    bounds = boundaries(now - _BACK_US, now, _PERIOD, visit.speaker.formats.zone)
    span = Span(bounds[0], bounds[-1])
    past = Past(visit.site.node.store, visit.caller, entity.id, now=visit.now)
    taken = Aggregation((Method.AVG,), microseconds=LENGTHS[_PERIOD])
    try:
        found = await past.aggregates(wanted, [None], span, taken)
    except HanzeError:
        # A picture less: the values themselves are on the page.
        return {}
    drawn = {}
    for name, series in found.items():
        points = tuple(
            Point((start + end) // 2, float(value), start=start, end=end)
            for one in series
            for value, start, end in one.values.get(Method.AVG, ())
            if isinstance(value, int | float)
        )
        if len(points) >= _LEAST_POINTS:
            line = Line(name, None, "", "", points)
            chart = draw([line], *span, times=(), number=str)
            drawn[name] = Drawn(chart.drawn[0].line, "", "", "")
    return drawn


def _is_drawn(known: Known) -> bool:
    one_series = len(known.latest) == 1 and known.latest[0].dataset_id is None
    return known.shape is Shape.NUMBERS and known.time is TimeProperty.OBSERVED_AT and one_series
