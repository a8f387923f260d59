"""One overview over all records: filters in the address, list and map, downloads, and a feed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import msgspec
import orjson
from starlette.responses import Response

from hanze.collaboration.closed_records import chosen
from hanze.collaboration.filters import UNKNOWN, Filters
from hanze.collaboration.overview import SORTS as ALL_SORTS
from hanze.collaboration.overview import FacetValue, Overview, overview
from hanze.collaboration.records.record import PROVENANCES
from hanze.errors import InvalidInput
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.mapping import Spot, picture_of, spots_of
from hanze.web.portal.collective.paging import PAGE_SIZE, page_asked, pages_to
from hanze.web.portal.mercator import Viewport
from hanze.web.portal.svgmap import Picture

__all__ = ["DOWNLOADS", "feed", "map_data", "selection_of", "show"]

#: Name → ending of `/api/v1/records.…`.
DOWNLOADS = (
    ("CSV", "csv"),
    ("JSON", "json"),
    ("JSON-LD", "jsonld"),
    ("GeoJSON", "geojson"),
)
_FEED = 50
#: Of a facet: what is rarer is found by its name.
_MOST_VALUES = 60


@dataclass(frozen=True)
class Selection:
    """What the address asks for.

    Attributes:
        filters: Which records.
        sort: One of `overview.SORTS`, or "" for the usual order.
        view: Window of the map.
        page: From 1.
        problem: Why a filter cannot be used.
    """

    filters: Filters
    sort: str = ""
    view: str = ""
    page: int = 1
    problem: InvalidInput | None = None

    def query(self, **changes: str) -> str:
        """Write the parameters of an address, with some of them otherwise."""
        given = {"sort": self.sort, "view": self.view}
        given["page"] = str(self.page) if self.page > 1 else ""
        given |= changes
        pairs = self.filters.to_parameters()
        return urlencode(pairs + [(name, value) for name, value in given.items() if value])


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter that is set, and the address without it."""

    label: str
    value: str
    href: str


def selection_of(desk: Desk) -> Selection:
    """Read the address; a filter that makes no sense is told as `problem`."""
    parameters = desk.visit.request.query_params
    sort = desk.asked("sort")
    selection = Selection(
        Filters(),
        sort if sort in ALL_SORTS else "",
        desk.asked("view")[:60],
        page_asked(desk.asked("page")),
    )
    try:
        return replace(selection, filters=Filters.from_parameters(parameters.multi_items()))
    except InvalidInput as error:
        return replace(selection, problem=error)


async def show(desk: Desk) -> Response:
    selection = selection_of(desk)
    found = _find(desk, selection)
    closed = await desk.visit.site.node.closed.records.read(desk.visit.caller, now=desk.visit.now)
    return desk.page(
        "overview.html",
        menu="overview",
        status=200 if selection.problem is None else 400,
        selection=selection,
        total=found.total,
        pending=found.pending,
        cards=[desk.card(row.held, row.matches) for row in found.rows],
        closed=[desk.card(one.held) for one in chosen(closed, selection.filters)],
        facets=_facets(desk, found),
        provenances=_provenances(desk, selection),
        chosen=_chosen(desk, selection, found),
        sorts=[sort for sort in ALL_SORTS if sort != "relevance" or selection.filters.text],
        pages=pages_to(found.total, selection.page, lambda page: _here(desk, selection, page=page)),
        picture=_picture(desk, selection, found),
        map_data=desk.at("/map") + _after(selection.query(view="", page="", sort="")),
        feed=desk.at("/feed") + _after(selection.query(view="", page="", sort="")),
        downloads=_downloads(desk, selection),
        api=f"{desk.visit.base_url}/api/v1/records{_after(_api_query(desk, selection))}",
    )


async def map_data(desk: Desk) -> Response:
    """Answer what the interactive map draws: the cities of a selection."""
    selection = selection_of(desk)
    if selection.problem is not None:
        raise selection.problem
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": (spot.longitude, spot.latitude)},
            "properties": {"title": spot.label, "href": spot.href, "theme": spot.colour},
        }
        for spot in _spots(desk, selection, _find(desk, selection, limit=0))
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json")


async def feed(desk: Desk) -> Response:
    """Answer the newest records of a selection as an Atom feed (RFC 4287)."""
    selection = selection_of(desk)
    if selection.problem is not None:
        raise selection.problem
    newest = replace(selection, sort="date", page=1)
    found = _find(desk, newest, limit=_FEED)
    page = desk.page(
        "feed.xml",
        selection=selection,
        base=desk.visit.base_url,
        cards=[desk.card(row.held) for row in found.rows],
        updated=max((row.held.modified_at for row in found.rows), default=desk.visit.now),
        self_path=desk.at("/feed") + _after(selection.query(view="", page="", sort="")),
        page_path=desk.at("/overview") + _after(selection.query(view="", page="", sort="")),
    )
    return Response(
        page.body,
        media_type="application/atom+xml",
        headers={"content-language": desk.lang},
    )


def _find(desk: Desk, selection: Selection, limit: int = PAGE_SIZE) -> Overview:
    return overview(
        desk.collective,
        desk.search,
        selection.filters,
        language=desk.lang,
        sort=selection.sort or None,
        offset=(selection.page - 1) * PAGE_SIZE,
        limit=limit,
    )


def _here(desk: Desk, selection: Selection, **changes: str) -> str:
    return desk.at("/overview") + _after(selection.query(**changes))


def _after(query: str) -> str:
    return f"?{query}" if query else ""


def _facets(desk: Desk, found: Overview) -> list[tuple[str, str, list[tuple[str, str, int, bool]]]]:
    """Name the facets and their values: what has one value only narrows nothing."""
    texts = desk.visit.language.texts
    headings = {
        "type": texts.gettext("Kind of record"),
        "theme": desk.field("themes"),
        "stage": desk.field("stage"),
        "country": desk.field("country"),
        "region": desk.field("region"),
        "city": desk.field("city"),
    }
    return [
        (
            name,
            heading,
            [
                (one.value, label_of(desk, name, one), one.count, one.chosen)
                for number, one in enumerate(values)
                if number < _MOST_VALUES or one.chosen
            ],
        )
        for name, heading in headings.items()
        if (values := found.facets[name])
    ]


def label_of(desk: Desk, facet: str, one: FacetValue) -> str:
    """Name a value of a facet."""
    if one.value == UNKNOWN:
        return desk.visit.language.texts.gettext("not known")
    if facet == "type":
        return desk.kinds(one.value)
    if facet == "stage":
        return desk.code("stage", one.value)
    return one.label[:1].upper() + one.label[1:]


def _provenances(desk: Desk, selection: Selection) -> list[tuple[str, str, bool]]:
    chosen = selection.filters.provenances
    return [
        (code, desk.code("provenance", code), code in chosen) for code in (*PROVENANCES, UNKNOWN)
    ]


def _chosen(desk: Desk, selection: Selection, found: Overview) -> list[Chosen]:
    """List the filters that are set, each with the address of the list without it."""
    filters = selection.filters
    labels = {
        (name, one.value): label_of(desk, name, one)
        for name, values in found.facets.items()
        for one in values
    }
    heading = {"type": desk.visit.language.texts.gettext("Kind of record")}
    several = []
    for name, value in filters.to_parameters():
        without = Filters.from_parameters(
            pair for pair in filters.to_parameters() if pair != (name, value)
        )
        label = labels.get((name, value))
        if label is None:
            label = desk.code(name, value) if name in ("provenance", "status") else value
        if name == "since":
            label = desk.day(value)
        elif value.startswith("urn:"):
            label = desk.name(value)
        title = heading.get(name) or desk.field("themes" if name == "theme" else name)
        if name == "q":
            title = desk.visit.language.texts.gettext("Search text")
        href = _here(desk, replace(selection, filters=without), page="")
        several.append(Chosen(title, label, href))
    return several


def _spots(desk: Desk, selection: Selection, found: Overview) -> list[Spot]:
    chosen = set(selection.filters.cities)
    counts = [
        (one.value, one.count) for one in found.facets["city"] if not chosen or one.value in chosen
    ]

    def href(city: str) -> str:
        filters = msgspec.structs.replace(selection.filters, cities=(city,))
        return _here(desk, replace(selection, filters=filters), view="", page="")

    return spots_of(desk, counts, href)


def _picture(desk: Desk, selection: Selection, found: Overview) -> Picture:
    def link(target: Viewport | None) -> str:
        text = target.text() if target is not None else ""
        return _here(desk, selection, view=text) + "#map"

    return picture_of(desk, _spots(desk, selection, found), selection.view, link)


def _downloads(desk: Desk, selection: Selection) -> Sequence[tuple[str, str]]:
    query = _after(_api_query(desk, selection))
    return [(name, f"/api/v1/records.{ending}{query}") for name, ending in DOWNLOADS]


def _api_query(desk: Desk, selection: Selection) -> str:
    pairs = [*selection.filters.to_parameters(), ("language", desk.lang)]
    return urlencode([*pairs, *([("sort", selection.sort)] if selection.sort else [])])
