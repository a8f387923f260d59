"""What a page of history shows, as files: CSV, SVG, and the points of its charts for the script."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator

import orjson
from starlette.responses import Response, StreamingResponse

from hanze.collaboration.exports import harmless
from hanze.errors import NotFound
from hanze.ngsild.model import Attribute
from hanze.ngsild.temporal.model import Instance
from hanze.ngsild.temporal.moments import moment_of
from hanze.web.portal.history.calendar import local
from hanze.web.portal.history.chart import Line
from hanze.web.portal.history.lines import Reading, chosen_datasets
from hanze.web.portal.history.looking import Looked, look
from hanze.web.portal.history.panels import Panel, panels_of
from hanze.web.portal.history.past import Known, Shape
from hanze.web.portal.history.selection import Span
from hanze.web.portal.site import Visit
from hanze.web.portal.values import instance_of

__all__ = ["HistoryFormatNotFound", "send"]

_SLICE = 5_000
_EACH = ("id", "attribute", "datasetId", "time", "value", "unitCode", "unit", "timeZone")
_TOGETHER = (
    *("id", "attribute", "datasetId", "from", "to", "method", "value", "lowest", "highest"),
    *("unitCode", "unit", "timeZone"),
)


class HistoryFormatNotFound(NotFound):
    """There is no download of history with this ending."""

    def __init__(self, ending: str) -> None:
        super().__init__(f"The format {ending[:20]} does not exist; csv, svg and points do")


async def send(visit: Visit) -> Response:
    """Answer the file that the address names, with the selection of the page.

    Raises:
        HistoryFormatNotFound: There is no such format.
        EntityNotFound: There neither is nor was such an entity.
    """
    ending = visit.request.path_params["ending"]
    if ending not in ("csv", "svg", "points"):
        raise HistoryFormatNotFound(ending)
    looked = await look(visit, visit.request.query_params.get("id", ""))
    reading = await looked.reading()
    if ending == "points":
        return Response(_points(looked, reading), media_type="application/json")
    name = "".join(
        letter if letter.isascii() and letter.isalnum() else "-"
        for letter in looked.selection.entity_id.rsplit(":", 1)[-1]
    )
    headers = {"content-disposition": f'attachment; filename="{name[:60]}-history.{ending}"'}
    if ending == "svg":
        return Response(_picture(looked, reading), media_type="image/svg+xml", headers=headers)
    chunks = _csv(looked, reading)
    return StreamingResponse(chunks, media_type="text/csv; charset=utf-8", headers=headers)


def _points(looked: Looked, reading: Reading) -> bytes:
    """Write the points of each chart, in the order of the page; times in seconds."""
    panels = panels_of(looked.visit, looked.selection, reading)
    charts = [
        {
            "unit": panel.unit,
            "bars": reading.adds_up,
            "low": panel.chart.scale.low,
            "high": panel.chart.scale.high,
            "lines": [_line(line) for line in panel.lines],
        }
        for panel in panels
        if panel.chart is not None
    ]
    start, end = (moment / 1e6 for moment in reading.span)
    say = looked.visit.language.texts.gettext
    words = {"time": say("Time"), "low": say("Lowest"), "high": say("Highest")}
    zone = str(looked.selection.zone)
    return orjson.dumps(
        {"start": start, "end": end, "zone": zone, "words": words, "charts": charts}
    )


def _line(line: Line) -> dict[str, object]:
    spread = any(point.low is not None for point in line.points)
    found: dict[str, object] = {
        "label": line.label,
        "times": [point.at / 1e6 for point in line.points],
        "values": [point.value for point in line.points],
    }
    if spread:
        found |= {
            "low": [point.low for point in line.points],
            "high": [point.high for point in line.points],
        }
    return found


def _picture(looked: Looked, reading: Reading) -> str:
    visit = looked.visit
    panels: list[Panel] = [
        panel for panel in panels_of(visit, looked.selection, reading) if panel.chart is not None
    ]
    template = visit.site.environments[visit.language.code].get_template("history.svg")
    return template.render(
        visit=visit,
        formats=visit.speaker.formats,
        title=looked.title,
        origin=" · ".join(text for _, texts in looked.origin for text in texts),
        panels=panels,
        reading=reading,
        at=lambda moment_us: local(moment_us, looked.selection.zone),
        span=looked.span,
    )


async def _csv(looked: Looked, reading: Reading) -> AsyncIterator[str]:
    """Yield the lines of the file; of values each, however many there are."""
    # The mark tells spreadsheets that the file is UTF-8.
    yield "\ufeff"
    if reading.period:
        yield _written([_TOGETHER])
        for line in reading.lines:
            yield _written(_periods(looked, reading, line))
        return
    yield _written([_EACH])
    for known in looked.chosen:
        if known.shape is not Shape.PLACES:
            async for page in _pages(looked, known):
                yield _written(_row(looked, known, one) for one in page)


async def _pages(looked: Looked, known: Known) -> AsyncIterator[list[Instance]]:
    """Read all values of a time, so many at once."""
    datasets = [one.dataset_id for one in chosen_datasets(known, looked.selection)]
    span, most, cut = looked.span, _SLICE, True
    while cut:
        found, cut = await looked.past.first(known, datasets, span, most=most)
        page = list(found)
        if cut and page:
            last = moment_of(page[-1], known.time) or span.end
            # Others of the same moment may have been cut off: the next page begins with it.
            whole = [one for one in page if moment_of(one, known.time) != last]
            most = _SLICE if whole else 2 * most
            page, span = whole, Span(last if whole else span.start, span.end)
        yield page


def _row(looked: Looked, known: Known, instance: Instance) -> list[str]:
    attribute = instance.attribute
    moment = moment_of(instance, known.time)
    return [
        *_named(looked, known.name, attribute.dataset_id),
        _moment(looked, moment) if moment is not None else "",
        _value(looked, attribute) if instance.deleted_at is None else "",
        attribute.unit_code or "",
        instance_of(attribute, looked.visit.speaker).unit,
        str(looked.selection.zone),
    ]


def _periods(looked: Looked, reading: Reading, line: Line) -> Iterator[list[str]]:
    code = next(
        (
            one.unit_code or ""
            for known in looked.chosen
            if known.name == line.attribute
            for one in known.latest
            if one.dataset_id == line.dataset_id
        ),
        "",
    )
    for point in line.points:
        if point.value is not None:
            yield [
                *_named(looked, line.attribute, line.dataset_id),
                _moment(looked, point.start),
                _moment(looked, point.end),
                reading.method,
                f"{point.value:.12g}",
                "" if point.low is None else f"{point.low:.12g}",
                "" if point.high is None else f"{point.high:.12g}",
                code,
                line.unit,
                str(looked.selection.zone),
            ]


def _named(looked: Looked, name: str, dataset_id: str | None) -> tuple[str, str, str]:
    compact = looked.visit.context.compact_name(name)
    return looked.selection.entity_id, compact, dataset_id or ""


def _moment(looked: Looked, moment_us: int) -> str:
    return local(moment_us, looked.selection.zone).isoformat()


def _value(looked: Looked, attribute: Attribute) -> str:
    """Write a value for machines: a number with a point, JSON for what is no scalar."""
    value, context = attribute.value, looked.visit.context
    if isinstance(value, str):
        return harmless(value)
    return "" if value is None else orjson.dumps(context.compact_value(value)).decode()  # type: ignore[arg-type]


def _written(rows: Iterable[Iterable[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
