"""What a page of history shows: read from its address, written back into it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, available_timezones

from starlette.datastructures import QueryParams

from hanze.web.portal.history.calendar import PERIODS, local, microseconds, periods_in

__all__ = ["MANY", "METHODS", "RANGES", "RAW", "Selection", "Span", "fitting"]

#: How far back a page looks, by the name of it in its address.
RANGES: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
RAW: Final = "raw"
#: How values of a period are taken together.
METHODS: Final = ("mean", "min", "max", "sum", "count")
#: So many values of a line are drawn each; where there are more, what periods come to.
MANY: Final = 1_500
#: So many periods a line has at most.
_MOST: Final = 3_000
_DAY_US: Final = 86_400_000_000
#: Up to which time a period fits.
_LONGEST: Final = {
    "minute": _DAY_US // 8,
    "quarter": 5 * _DAY_US // 2,
    "hour": 45 * _DAY_US,
    "day": 3 * 366 * _DAY_US,
    "week": 15 * 366 * _DAY_US,
}
_LONGEST_NAME: Final = 500
_MOST_NAMES: Final = 24
_LAST_PAGE: Final = 1_000_000
_EARLIEST, _LATEST = 1900, 2200


class Span(NamedTuple):
    """From a moment until before another, in microseconds since 1970."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of the history of an entity.

    Attributes:
        entity_id: Whose history.
        attributes: Compact names or IRIs; none for those that the page chooses.
        datasets: `DEFAULT_INSTANCE` for the one without; none for those that the page chooses.
        range: A key of `RANGES`, or empty: what the page chooses.
        start: Of a time of the reader's own; both are there or none.
        end: After it.
        zone: In which times are shown and days begin.
        zone_name: Of it, where it is not the portal's own; else empty.
        method: `RAW`, one of `METHODS`, or empty: what fits.
        period: One of `PERIODS`, or empty: what fits.
        page: Of the table, from 1.
    """

    entity_id: str
    zone: tzinfo
    zone_name: str = ""
    attributes: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    range: str = ""
    start: datetime | None = None
    end: datetime | None = None
    method: str = ""
    period: str = ""
    page: int = 1

    @classmethod
    def parse(cls, entity_id: str, given: QueryParams, zone: tzinfo) -> "Selection":
        """Read an address; what makes no sense counts as not given."""
        name = given.get("tz", "")
        if name in _zones() and name != str(zone):
            zone = ZoneInfo(name)
        else:
            name = ""
        start, end = _moment(given.get("from"), zone), _moment(given.get("to"), zone)
        chosen = _one_of(RANGES, given.get("range"))
        own = not chosen and _in_order(start, end)
        page = given.get("page", "")
        return cls(
            entity_id=entity_id,
            zone=zone,
            zone_name=name,
            attributes=_names(given.getlist("attribute")),
            datasets=_names(given.getlist("dataset")),
            range=chosen,
            start=start if own else None,
            end=end if own else None,
            method=_one_of((RAW, *METHODS), given.get("show")),
            period=_one_of(PERIODS, given.get("by")),
            page=min(max(int(page), 1), _LAST_PAGE) if page.isdecimal() and len(page) < 9 else 1,
        )

    def span(self, now: datetime) -> Span:
        """Say which time is meant; one of `range` or `start` must be there."""
        if self.start is not None and self.end is not None:
            return Span(microseconds(self.start), microseconds(self.end))
        end = microseconds(now)
        return Span(end - RANGES[self.range] // timedelta(microseconds=1), end)

    def within(self, start_us: int, end_us: int) -> "Selection":
        """Look at another time."""
        start, end = local(start_us, self.zone), local(end_us, self.zone)
        return replace(self, start=start, end=end, range="", page=1)

    def parameters(self) -> list[tuple[str, str]]:
        """Give the parameters that differ from their defaults."""
        found = [("attribute", name) for name in self.attributes]
        found += [("dataset", name) for name in self.datasets]
        if self.range:
            found.append(("range", self.range))
        if self.start is not None and self.end is not None:
            found += [("from", _local_text(self.start)), ("to", _local_text(self.end))]
        named = (("tz", self.zone_name), ("show", self.method), ("by", self.period))
        found += [(name, value) for name, value in named if value]
        if self.page > 1:
            found.append(("page", str(self.page)))
        return found

    def path(self, language: str) -> str:
        """Write the address of the page."""
        return self._below(f"/{language}/history/{quote(self.entity_id, safe='')}", ())

    def file(self, language: str, ending: str) -> str:
        """Write the address of the same selection as a file."""
        path = f"/{language}/download/history.{ending}"
        return replace(self, page=1)._below(path, (("id", self.entity_id),))

    def _below(self, path: str, first: Iterable[tuple[str, str]]) -> str:
        query = urlencode([*first, *self.parameters()], safe=":/@")
        return path + (f"?{query}" if query else "")


def fitting(span: Span, asked: str) -> str:
    """Choose the period that values are taken together over: some hundreds of them.

    Args:
        span: Of the chart.
        asked: What the reader chose, if anything: a longer one is taken where it would be too many.
    """
    width = span.end - span.start
    fits = next((period for period, longest in _LONGEST.items() if width <= longest), PERIODS[-1])
    if not asked:
        return fits
    candidates = PERIODS[PERIODS.index(asked) :]
    counts = ((period, periods_in(span.start, span.end, period)) for period in candidates)
    return next((period for period, count in counts if count <= _MOST), PERIODS[-1])


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _one_of(known: Iterable[str], given: str | None) -> str:
    return given if given is not None and given in known else ""


def _names(given: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys(name for one in given if 0 < len(name := one.strip()) <= _LONGEST_NAME)
    return tuple(found)[:_MOST_NAMES]


def _moment(text: str | None, zone: tzinfo) -> datetime | None:
    """Read a moment; one without an offset is what the clock shows in the zone."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    if not _EARLIEST <= moment.year <= _LATEST:
        return None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _in_order(start: datetime | None, end: datetime | None) -> bool:
    # Moments of one zone compare by what its clock shows, which is the same twice a year.
    return start is not None and end is not None and microseconds(start) < microseconds(end)


def _local_text(moment: datetime) -> str:
    """Write what the clock shows, unless that hour comes twice."""
    if moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset():
        return moment.isoformat()
    plain = moment.replace(tzinfo=None, microsecond=0)
    return plain.isoformat(timespec="seconds" if plain.second else "minutes")
