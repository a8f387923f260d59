"""The address of the standard API that answers what a page of history shows (CIM 009, 6.19.3.1)."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlencode

from hanze.ngsild.moment import format_datetime
from hanze.ngsild.temporal.durations import Duration, format_duration
from hanze.ngsild.terms import API_PATH
from hanze.web.portal.history.calendar import LENGTHS, boundaries
from hanze.web.portal.history.lines import Reading
from hanze.web.portal.history.looking import Looked

__all__ = ["temporal_address"]

_METHODS: Final = {
    "mean": "avg,min,max",
    "min": "min",
    "max": "max",
    "sum": "sum",
    "count": "totalCount",
}


def temporal_address(looked: Looked, reading: Reading, *, name: Callable[[str], str]) -> str:
    """Write the address, without the node's own; `name` writes an attribute's IRI."""
    start, end = looked.span
    parameters = [("pick", ",".join(["id", "type", *(name(one.name) for one in looked.chosen)]))]
    if looked.selection.datasets:
        parameters.append(("datasetId", ",".join(looked.selection.datasets)))
    if reading.period:
        # Periods count from the start, which the page puts at midnight and the like.
        start = boundaries(start, end, reading.period, looked.selection.zone)[0]
    parameters += [
        ("timerel", "between"),
        ("timeAt", format_datetime(start)),
        ("endTimeAt", format_datetime(end)),
    ]
    times = {one.time for one in looked.chosen}
    if len(times) == 1:
        (time,) = times
        parameters.append(("timeproperty", time.value))
    if reading.period:
        parameters += [
            ("format", "aggregatedValues"),
            ("aggrMethods", _METHODS[reading.method]),
            ("aggrPeriodDuration", _duration(reading.period)),
        ]
    entity = quote(looked.selection.entity_id, safe=":")
    query = urlencode(parameters, safe=":/,@")
    return f"{API_PATH}/temporal/entities/{entity}?{query}"


def _duration(period: str) -> str:
    months = 1 if period == "month" else 0
    return format_duration(Duration(months, 0 if months else LENGTHS[period]))
