"""The page of an entity's history: charts, what held how long, where it was, tables."""

from datetime import datetime

from starlette.responses import Response

from hanze.web.portal.formats import parse_moment
from hanze.web.portal.history.calendar import PERIODS, local
from hanze.web.portal.history.choosing import choices
from hanze.web.portal.history.lines import Reading, chosen_datasets
from hanze.web.portal.history.looking import Looked, look
from hanze.web.portal.history.panels import panels_of, words_of
from hanze.web.portal.history.past import Shape
from hanze.web.portal.history.selection import METHODS, RAW
from hanze.web.portal.history.spells import read_spells
from hanze.web.portal.history.standard import temporal_address
from hanze.web.portal.history.track import track_of
from hanze.web.portal.site import Visit
from hanze.web.portal.themes import theme_of
from hanze.web.portal.values import SIMULATED, latest_moment, title_of

__all__ = ["show"]


async def show(visit: Visit) -> Response:
    looked = await look(visit, visit.request.path_params["id"])
    visit, selection, span = looked.visit, looked.selection, looked.span
    reading = await looked.reading()
    words, tracks = [], {}
    types = looked.overview.types if looked.present is None else looked.present.types
    for known in looked.of_shape(Shape.WORDS, Shape.PLACES):
        datasets = [one.dataset_id for one in chosen_datasets(known, selection)]
        spells = await read_spells(looked.past, known, datasets, span)
        words.append(words_of(visit, selection, span, spells))
        if known.shape is Shape.PLACES:
            tracks[known.name] = track_of(
                visit,
                spells,
                looked.surroundings,
                theme=theme_of(types[0]),
                title=looked.title,
            )
    entity = looked.present
    moment = None if entity is None else latest_moment(entity)
    code = visit.language.code
    return visit.page(
        "history.html",
        looked=looked,
        selection=selection,
        span=span,
        at=lambda moment_us: local(moment_us, selection.zone),
        reading=reading,
        panels=panels_of(visit, selection, reading),
        words=words,
        tracks=tracks,
        choices=choices(visit, selection, span, looked.known, looked.chosen),
        methods=(RAW, *METHODS),
        periods=PERIODS,
        title=looked.title,
        kinds=[(visit.language.words("type", iri), visit.type_path(iri)) for iri in types],
        theme_name=theme_of(types[0]),
        entity_href=visit.entity_path(selection.entity_id) if entity is not None else "",
        gone=parse_moment(looked.overview.deleted_at) if entity is None else None,
        gone_attributes=_gone(looked),
        links={target: _link(looked, target) for one in words for target in one.targets},
        moment=moment,
        freshness=visit.speaker.formats.freshness(moment),
        last=await _last(looked)
        if _is_empty(reading) and not any(w.total for w in words)
        else None,
        origin=looked.origin,
        downloads=_downloads(looked, reading, code),
        points=selection.file(code, "points"),
        api=visit.base_url + temporal_address(looked, reading, name=visit.context.compact_name),
        simulated=_is_simulated(looked),
        term=visit.context.compact_name,
    )


def _is_simulated(looked: Looked) -> bool:
    """Tell whether the entity says, or said, that it is made up."""
    known = (one for one in looked.known if one.name == SIMULATED)
    return any(instance.value is True for one in known for instance in one.latest)


def _is_empty(reading: Reading) -> bool:
    return not any(line.points for line in reading.lines)


def _link(looked: Looked, target: str) -> tuple[str, str]:
    """Say what a relationship led to, and where that is; "" where it is not here."""
    entity = looked.entity(target)
    if entity is None:
        return target, ""
    return title_of(entity, looked.visit.language), looked.visit.entity_path(target)


def _gone(looked: Looked) -> list[tuple[str, datetime | None]]:
    if looked.present is None:
        return []
    words = looked.visit.language.words
    return [
        (words("attribute", one.name), parse_moment(one.gone_since))
        for one in looked.chosen
        if one.gone_since is not None
    ]


async def _last(looked: Looked) -> tuple[datetime, str] | None:
    """Say when the last value before was, and where it is shown."""
    moments = [await looked.past.latest(known, looked.span.end) for known in looked.chosen]
    there = [moment for moment in moments if moment is not None]
    if not there:
        return None
    width = looked.span.end - looked.span.start
    before = looked.selection.within(max(there) - width, max(there) + 1_000_000)
    return local(max(there), looked.selection.zone), before.path(looked.visit.language.code)


def _downloads(looked: Looked, reading: Reading, code: str) -> list[tuple[str, str]]:
    files = [("CSV", looked.selection.file(code, "csv"))]
    if not _is_empty(reading):
        files.append(("SVG", looked.selection.file(code, "svg")))
    # Without a Link header terms mean nothing to the API: IRIs do.
    return [*files, ("NGSI-LD", temporal_address(looked, reading, name=str))]
