"""What a page of history offers to choose from: attributes, datasets, times, how values are shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hanze.ngsild.temporal.model import TemporalEntity
from hanze.web.portal.formats import Formats
from hanze.web.portal.history.calendar import local, microseconds
from hanze.web.portal.history.past import Known, Shape, latest_of
from hanze.web.portal.history.selection import RANGES, Selection, Span
from hanze.web.portal.series import series_of
from hanze.web.portal.site import Visit
from hanze.web.portal.translation import local_name
from hanze.web.portal.values import ABOUT

__all__ = ["Choice", "Choices", "choices", "chosen_attributes", "with_range"]

#: What a page shows that names no attribute.
_FIRST: Final = 3
_ZONES: Final = ("UTC", "Europe/Amsterdam", "Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several; `value` is what the address says, or where a link leads."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form offers.

    Attributes:
        attributes: What is measured.
        others: What says more about the entity itself.
        datasets: Of the attributes shown; empty where there is only one.
        ranges: Links to the last hour, day, and so on.
        earlier: Address of the time before this one.
        later: Address of the time after it; empty where that has not come yet.
        wider: Address of twice the time.
        zones: Time zones.
        start: Of the time shown, as the form writes it.
        end: Likewise.
    """

    attributes: Sequence[Choice]
    others: Sequence[Choice]
    datasets: Sequence[Choice]
    ranges: Sequence[Choice]
    earlier: str
    later: str
    wider: str
    zones: Sequence[Choice]
    start: str
    end: str


def chosen_attributes(visit: Visit, selection: Selection, known: Sequence[Known]) -> list[Known]:
    """Take the attributes that the address names, else those that matter most."""
    named = {visit.context.expand_name(name) for name in selection.attributes}
    chosen = [one for one in known if one.name in named]
    if named:
        return chosen
    told = [one for one in known if not _is_about(one)]
    numbers = [one for one in told if one.shape is Shape.NUMBERS and one.gone_since is None]
    return (numbers or told or list(known))[:_FIRST]


def with_range(
    selection: Selection, overview: TemporalEntity, chosen: Sequence[Known], now: datetime
) -> Selection:
    """Choose how far back to look, where the address does not: until something was measured."""
    if selection.range or selection.start is not None:
        return selection
    moments = [
        moment
        for one in chosen
        if (moment := latest_of(overview.attributes.get(one.name, ()), one.time)) is not None
    ]
    age = now - local(max(moments), UTC) if moments else RANGES["day"]
    fitting = (name for name, length in RANGES.items() if name != "hour" and age < length)
    return replace(selection, range=next(fitting, "year"))


def choices(
    visit: Visit,
    selection: Selection,
    span: Span,
    known: Sequence[Known],
    chosen: Sequence[Known],
) -> Choices:
    """List what can be chosen, and what is."""
    code = visit.language.code
    width = span.end - span.start
    now = microseconds(visit.speaker.formats.now)
    moved = selection.within(span.start - width, span.start)
    return Choices(
        attributes=_attributes(visit, chosen, [one for one in known if not _is_about(one)]),
        others=_attributes(visit, chosen, [one for one in known if _is_about(one)]),
        datasets=_datasets(visit, selection, chosen),
        ranges=[
            Choice(
                replace(selection, range=name, start=None, end=None, page=1).path(code),
                name,
                name == selection.range,
            )
            for name in RANGES
        ],
        earlier=moved.path(code),
        later=selection.within(span.end, span.end + width).path(code) if span.end < now else "",
        wider=selection.within(span.start - width // 2, span.end + width // 2).path(code),
        zones=_zones(visit, selection),
        start=_field(span.start, selection),
        end=_field(span.end, selection),
    )


def _is_about(known: Known) -> bool:
    return local_name(known.name) in ABOUT


def _attributes(visit: Visit, chosen: Sequence[Known], some: Sequence[Known]) -> list[Choice]:
    words = visit.language.words
    return [
        Choice(visit.context.compact_name(one.name), words("attribute", one.name), one in chosen)
        for one in sorted(some, key=lambda one: one.shape is not Shape.NUMBERS)
    ]


def _datasets(visit: Visit, selection: Selection, chosen: Sequence[Known]) -> list[Choice]:
    found: dict[str, Choice] = {}
    for known in chosen:
        for name, instance in series_of(known.latest, visit.speaker):
            value = instance.dataset_id or "@none"
            label = name or visit.language.texts.gettext("main series")
            found.setdefault(value, Choice(value, label, value in selection.datasets))
    return list(found.values()) if len(found) > 1 else []


def _zones(visit: Visit, selection: Selection) -> list[Choice]:
    names = dict.fromkeys((str(visit.site.zone), *_ZONES, str(selection.zone)))
    locale, now = visit.language.locale, visit.speaker.formats.now
    return [
        Choice(name, Formats(locale, ZoneInfo(name), now).zone_name, name == str(selection.zone))
        for name in names
    ]


def _field(moment_us: int, selection: Selection) -> str:
    moment = local(moment_us, selection.zone)
    return moment.replace(tzinfo=None).isoformat(timespec="minutes")
