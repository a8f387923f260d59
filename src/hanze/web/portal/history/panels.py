"""A page of history in parts: charts of numbers of one unit, spells of words, places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hanze.ngsild.model import AttributeKind
from hanze.web.portal.history.axes import Tick, time_ticks
from hanze.web.portal.history.chart import MOST_LINES, Chart, Line, draw
from hanze.web.portal.history.lines import Reading
from hanze.web.portal.history.selection import Selection, Span
from hanze.web.portal.history.spells import Spell, Spells
from hanze.web.portal.history.tables import PAGE_SIZE, Figures, Row, figures_of, rows_of
from hanze.web.portal.series import series_of
from hanze.web.portal.site import Visit
from hanze.web.portal.values import Instance, instance_of

__all__ = ["Held", "Page", "Panel", "Piece", "Words", "panels_of", "words_of"]

T = TypeVar("T")

#: More values than this look like noise when each has a colour.
_MOST_COLOURS = 8
#: One value all the time is told by the table.
_LEAST_PIECES = 2


@dataclass(frozen=True, slots=True)
class Page:
    """A link to a page of a table."""

    number: int
    href: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Numbers of one unit.

    Attributes:
        title: The attributes in words.
        unit: The unit's sign; "" without one.
        lines: With the same unit.
        chart: `None` where none of them has a value.
        figures: Of each line that has values.
        rows: A page of the table.
        total: How many rows there are in all.
        pages: Links to the pages around it.
    """

    title: str
    unit: str
    lines: Sequence[Line]
    chart: Chart | None
    figures: Sequence[Figures]
    rows: Sequence[Row]
    total: int
    pages: Sequence[Page]


@dataclass(frozen=True, slots=True)
class Held:
    """A value that held for a while.

    Attributes:
        start: Microseconds since 1970.
        end: `None` where it still holds.
        series: Which dataset of the attribute; "" where there is one.
        instance: The value.
        seen: How often it came.
    """

    start: int
    end: int | None
    series: str
    instance: Instance
    seen: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a strip of time, at parts of its width; `colour` counts from 1."""

    left: float
    width: float
    colour: int
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What an attribute said.

    Attributes:
        name: IRI.
        title: The attribute in words.
        rows: A page of what held, the newest first.
        total: How many there are in all.
        pages: Links to the pages around it.
        strip: The whole time as a strip; empty where there is too much to tell apart.
        legend: The values that the strip shows, by colour.
        times: Along the strip.
        written: Times say when it was written.
        cut: There is more, before that.
        places: Whether the values are places.
    """

    name: str
    title: str
    rows: Sequence[Held]
    total: int
    pages: Sequence[Page]
    strip: Sequence[Piece]
    legend: Sequence[tuple[int, str]]
    times: Sequence[Tick]
    written: bool
    cut: bool
    places: bool

    @property
    def targets(self) -> frozenset[str]:
        """What its relationships lead to."""
        return frozenset(target for row in self.rows for target in row.instance.links)


def panels_of(visit: Visit, selection: Selection, reading: Reading) -> list[Panel]:
    """Put lines of one unit into one chart each."""
    formats, span = visit.speaker.formats, reading.span
    times = time_ticks(span.start, span.end, selection.zone, formats.locale)
    found = []
    for lines in _by_unit(reading.lines):
        figures = [one for line in lines if (one := figures_of(line, formats)) is not None]
        chart = None
        if figures:
            chart = draw(
                lines,
                span.start,
                span.end,
                times=times,
                number=formats.number,
                bars=reading.adds_up,
            )
        rows = rows_of(lines, formats, spread=reading.method == "mean")
        titles = dict.fromkeys(visit.language.words("attribute", one.attribute) for one in lines)
        found.append(
            Panel(
                ", ".join(titles),
                "" if reading.method == "count" else lines[0].unit,
                lines,
                chart,
                figures,
                _shown(rows, selection.page),
                len(rows),
                _pages(visit, selection, len(rows)),
            )
        )
    return found


def words_of(visit: Visit, selection: Selection, span: Span, spells: Spells) -> Words:
    """Show how long each value held."""
    known = spells.known
    names = dict(
        zip(
            (one.dataset_id for one in known.latest),
            (name for name, _ in series_of(known.latest, visit.speaker)),
            strict=True,
        )
    )
    held = [
        Held(
            spell.start,
            spell.end,
            names.get(spell.instance.dataset_id, ""),
            instance_of(spell.instance, visit.speaker),
            spell.seen,
        )
        for spell in sorted(spells.several, key=lambda one: one.start, reverse=True)
    ]
    strip, legend = _strip(held, span) if len(known.latest) == 1 else ([], [])
    if len(strip) < _LEAST_PIECES:
        strip = []
    return Words(
        name=known.name,
        title=visit.language.words("attribute", known.name),
        rows=_shown(held, selection.page),
        total=len(held),
        pages=_pages(visit, selection, len(held)),
        strip=strip,
        legend=legend,
        times=time_ticks(span.start, span.end, selection.zone, visit.language.locale),
        written=known.written,
        cut=spells.cut,
        places=_is_place(spells.several),
    )


def _is_place(several: Sequence[Spell]) -> bool:
    return any(one.instance.kind is AttributeKind.GEO_PROPERTY for one in several)


def _by_unit(lines: Sequence[Line]) -> Iterator[list[Line]]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        # Counts without a unit are of different things: each attribute for itself.
        groups.setdefault(line.unit or f" {line.attribute}", []).append(line)
    for group in groups.values():
        for start in range(0, len(group), MOST_LINES):
            yield group[start : start + MOST_LINES]


def _strip(held: Sequence[Held], span: Span) -> tuple[list[Piece], list[tuple[int, str]]]:
    texts = dict.fromkeys(_said(one) for one in reversed(held))
    if not 0 < len(texts) <= _MOST_COLOURS or "" in texts:
        return [], []
    colours = {text: number for number, text in enumerate(texts, 1)}
    width = span.end - span.start
    pieces = []
    for one in reversed(held):
        left = max(one.start - span.start, 0) / width
        right = min((one.end or span.end) - span.start, width) / width
        if right > left:
            pieces.append(Piece(left, right - left, colours[_said(one)], _said(one)))
    return pieces, [(number, text) for text, number in colours.items()]


def _said(one: Held) -> str:
    return ", ".join(one.instance.links) or one.instance.text


def _shown(rows: Sequence[T], page: int) -> Sequence[T]:
    return rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]


def _pages(visit: Visit, selection: Selection, total: int) -> list[Page]:
    last = -(-total // PAGE_SIZE)
    here = selection.page
    numbers = sorted({1, last, *range(max(here - 2, 1), min(here + 2, last) + 1)})
    if last < 2:
        return []
    return [
        Page(number, replace(selection, page=number).path(visit.language.code))
        for number in numbers
        if number <= last
    ]
