"""The records of the collective as JSON: one overview with filters and counts, and each record."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta

from hanze.collaboration.closed_records import chosen
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.filters import Filters
from hanze.collaboration.overview import FacetValue, Row, overview
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.fields import camel
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.search import Matched
from hanze.ngsild.model import JsonValue
from hanze.ngsild.representation.render import concise
from hanze.ngsild.vocabulary import HANZE
from hanze.web.api.collective.closed import ClosedTold, closed_told
from hanze.web.api.collective.league_records import (
    Freshness,
    HomeNode,
    freshness_of,
    home_of_record,
)
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES", "Choice", "Language", "Named", "Several", "filters_of", "named"]

Language = Literal["nl", "en", "ko"]
#: One value, or several by giving the parameter again.
Several = str | tuple[str, ...]

_MOST: Final = 1_000
Limit = Annotated[int, Meta(ge=0, le=_MOST)]
Offset = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Choice(Taken, frozen=True):
    """Which records: of one parameter any value, of several parameters all; "unknown" is a value.

    Attributes:
        q: Text, in any of the languages; a city, organisation, id or code is found as well.
        type: Names of record types.
        theme: Ids of themes or concepts; what is below them is included.
        city: Ids of those whose records they are.
        region: Ids.
        country: Ids.
        stage: Of projects.
        status: Of what has a status.
        provenance: Where records come from.
        since: The first day.
        language: Of labels and of the order of titles.
        sort: By relevance where a text is looked for, else by date.
    """

    q: str = ""
    type: Several = ()
    theme: Several = ()
    city: Several = ()
    region: Several = ()
    country: Several = ()
    stage: Several = ()
    status: Several = ()
    provenance: Several = ()
    since: date | None = None
    language: Language = "en"
    sort: Literal["relevance", "date", "title", "city"] | None = None


class Page(Choice, frozen=True):
    """A page of them."""

    limit: Limit = 20
    offset: Offset = 0


class TypeOfRecord(Answer, frozen=True):
    """A type of record, and how many the node holds."""

    name: str
    count: int


class TypesOfRecords(Answer, frozen=True):
    """All types."""

    types: list[TypeOfRecord]


class Named(Answer, frozen=True):
    """A record by its id, with type and title where the node holds it."""

    id: str
    type: str | None = None
    title: Mapping[str, str] = {}


class Reason(Answer, frozen=True):
    """Why a record is found: what was asked, and what that is in the record's language."""

    kind: str
    asked: str
    label: str
    found: str = ""
    concept: str | None = None


class RecordOfPage(Answer, frozen=True):
    """A record in short, with whose it is and of which day."""

    id: str
    type: str
    title: Mapping[str, str]
    date: str
    provenance: str
    tenant: str
    source_city: Named | None = None
    description: Mapping[str, str] = {}
    themes: Sequence[str] = ()
    stage: str | None = None
    status: str | None = None
    simulated: bool | None = None
    source: str | None = None
    license: str | None = None
    home: HomeNode | None = None
    matches: list[Reason] = []


class ValueOfFacet(Answer, frozen=True):
    """A value, and how many records the other filters leave that have it."""

    value: str
    label: str
    count: int
    chosen: bool = False


class PageOfRecords(Answer, frozen=True):
    """A page; `pending` counts records that a text cannot find yet, while they are being read.

    Records of other nodes carry their `home`; `freshness` tells of each such node when it was last
    heard.

    Attributes:
        closed: Beside them, on the first page: what the caller's groups alone see. They are in no
            count, and a text is looked for in them word by word.
    """

    total: int
    limit: int
    offset: int
    records: list[RecordOfPage]
    facets: dict[str, list[ValueOfFacet]]
    pending: int = 0
    freshness: list[Freshness] = []
    closed: list[ClosedTold] = []


class NamedBy(Answer, frozen=True):
    """A record that names this one, and in which attribute."""

    id: str
    type: str
    title: Mapping[str, str]
    attribute: str


class WholeRecord(Answer, frozen=True):
    """The entity in its concise representation, and where it is from.

    Attributes:
        group: Id of the group that alone sees it; `None`: everybody does.
    """

    entity: Mapping[str, object]
    date: str
    tenant: str
    created_at: str
    modified_at: str
    source_city: Named | None = None
    home: HomeNode | None = None
    referring: list[NamedBy] = []
    group: str | None = None


def filters_of(ask: Ask) -> Filters:
    """Read the filters of a request; its parameters have been checked by their struct."""
    return Filters.from_parameters(ask.request.query_params.multi_items())


def named(record_id: str, collective: Collective) -> Named:
    """Say in short which record an id is of."""
    held = collective.find(record_id)
    if held is None:
        return Named(id=record_id)
    return Named(id=record_id, type=type(held.record).__name__, title=held.record.title)


def named_if(record_id: str | None, collective: Collective) -> Named | None:
    """Say in short which record an id is of; `None` where there is no id."""
    return named(record_id, collective) if record_id is not None else None


async def list_types(ask: Ask) -> TypesOfRecords:
    """List the types of records with their numbers."""
    collective = await ask.node.collective.refresh(ask.now)
    return TypesOfRecords(
        types=[
            TypeOfRecord(name=name, count=len(collective.of(kind)))
            for name, kind in RECORD_TYPES.items()
        ]
    )


async def list_records(ask: Ask) -> PageOfRecords:
    """Show a page of the records that filters leave, with counts by type, theme, place and stage."""
    page = ask.parameters(Page)
    filters = filters_of(ask)
    collective = await ask.node.collective.refresh(ask.now)
    search = await ask.node.search.refresh(collective)
    await search.prepare(filters.text, page.language)
    found = overview(
        collective,
        search,
        filters,
        language=page.language,
        sort=page.sort,
        offset=page.offset,
        limit=page.limit,
    )
    parts = freshness_of(collective, ask.now)
    return PageOfRecords(
        total=found.total,
        limit=page.limit,
        offset=page.offset,
        records=[_of_page(row, collective, parts) for row in found.rows],
        facets={name: [_value(one) for one in values] for name, values in found.facets.items()},
        pending=found.pending,
        freshness=parts,
        closed=[] if page.offset else await _closed(ask, filters),
    )


async def retrieve_record(ask: Ask) -> WholeRecord:
    """Show a record whole, with whose it is and which records name it."""
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.find(ask.path("id"))
    group = None
    if held is None:
        closed = await ask.node.closed.records.find(ask.caller, ask.path("id"), now=ask.now)
        held, group = closed.held, closed.group.id
    entity: dict[str, JsonValue] = concise(write_record(held.record), HANZE)
    return WholeRecord(
        entity=entity,
        date=held.date,
        tenant=held.kept_in,
        created_at=held.created_at,
        modified_at=held.modified_at,
        source_city=_city(held, collective),
        home=home_of_record(held.home, freshness_of(collective, ask.now)),
        referring=_referring(held, collective),
        group=group,
    )


async def _closed(ask: Ask, filters: Filters) -> list[ClosedTold]:
    found = await ask.node.closed.records.read(ask.caller, now=ask.now)
    return [closed_told(one) for one in chosen(found, filters)]


def _of_page(row: Row, collective: Collective, parts: Sequence[Freshness]) -> RecordOfPage:
    record = row.held.record
    return RecordOfPage(
        id=record.id,
        type=type(record).__name__,
        title=record.title,
        description=record.description,
        source_city=_city(row.held, collective),
        date=row.date,
        provenance=row.provenance,
        tenant=row.tenant,
        themes=record.themes,
        stage=getattr(record, "stage", None),
        status=getattr(record, "status", None),
        simulated=record.simulated,
        source=record.source,
        license=record.license,
        home=home_of_record(row.held.home, parts),
        matches=[_reason(one) for one in row.matches],
    )


def _reason(matched: Matched) -> Reason:
    return Reason(
        kind=matched.kind,
        asked=matched.asked,
        label=matched.label,
        found=matched.found,
        concept=matched.term if matched.kind == "concept" else None,
    )


def _value(one: FacetValue) -> ValueOfFacet:
    return ValueOfFacet(value=one.value, label=one.label, count=one.count, chosen=one.chosen)


def _city(held: Held[Record], collective: Collective) -> Named | None:
    return named_if(held.city, collective)


def _referring(held: Held[Record], collective: Collective) -> list[NamedBy]:
    found = []
    for reference in collective.referring(held.record.id)[:_MOST]:
        source = collective.find(reference.source)
        if source is not None:
            found.append(
                NamedBy(
                    id=reference.source,
                    type=type(source.record).__name__,
                    title=source.record.title,
                    attribute=camel(reference.field),
                )
            )
    return found


ROUTES = (
    ApiRoute("GET", "/types", list_types, TypesOfRecords),
    ApiRoute("GET", "/records", list_records, PageOfRecords, Page),
    ApiRoute("GET", "/records/{id:path}", retrieve_record, WholeRecord),
)
