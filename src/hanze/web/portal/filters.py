"""What a list or map is narrowed to: read from the address of a page, written back into it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import shapely

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    Direction,
    EntityQuery,
    GeoQuery,
    GeoRelation,
    Match,
    Moment,
    MomentKind,
    Operator,
    Or,
    Ordering,
    OrderTerm,
    QueryNode,
    ValuePath,
)
from hanze.ngsild.terms import NGSI_LD
from hanze.web.portal.mercator import Bounds

__all__ = [
    "FRESH",
    "LEAGUE",
    "PAGE_SIZE",
    "SORTS",
    "Filters",
    "Names",
    "changed_since",
    "entity_query",
]

PAGE_SIZE = 25
_MODIFIED = NGSI_LD + "modifiedAt"
_LOCATION = NGSI_LD + "location"
_LONGEST = 2_000
#: Beyond this a page number is a mistake or an attack; a billion entities fit.
_LAST_PAGE = 50_000_000

#: How recently an entity must have changed.
FRESH = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
SORTS = ("", "name", "newest")
#: Where is searched: in this city, or in the whole league.
LEAGUE = "league"


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a page, as they stand in its address.

    Attributes:
        type_name: Compact name or IRI of a type; empty for every type.
        text: Part of a name, or a whole id.
        q: An NGSI-LD query (CIM 009, 4.9).
        scope: An NGSI-LD scope query (4.19).
        district: Id of an entity of a district; only what lies in it.
        fresh: A key of `FRESH`, or empty.
        sort: One of `SORTS`.
        inside: Only what the map shows.
        view: `Viewport.text` of the map.
        page: From 1.
        where: `LEAGUE`, or empty for this city alone.
    """

    type_name: str = ""
    text: str = ""
    q: str = ""
    scope: str = ""
    district: str = ""
    fresh: str = ""
    sort: str = ""
    inside: bool = False
    view: str = ""
    page: int = 1
    where: str = ""

    @classmethod
    def parse(cls, type_name: str, parameters: Mapping[str, str]) -> "Filters":
        """Read the parameters of an address; what makes no sense counts as not given."""

        def text(name: str) -> str:
            return parameters.get(name, "").strip()[:_LONGEST]

        page = text("page")
        where = LEAGUE if text("where") == LEAGUE else ""
        return cls(
            type_name=type_name,
            text=text("text"),
            q=text("q"),
            scope=text("scope"),
            district=text("district"),
            fresh=text("fresh") if text("fresh") in FRESH else "",
            # There is no order over several nodes (CIM 009, 5.7.2.4).
            sort=text("sort") if text("sort") in SORTS and not where else "",
            inside=text("inside") == "1",
            view=text("view")[:60],
            page=min(max(int(page), 1), _LAST_PAGE) if page.isdecimal() and len(page) < 10 else 1,
            where=where,
        )

    @property
    def any(self) -> bool:
        """Tell whether something narrows the list beyond its type."""
        return bool(self.text or self.q or self.scope or self.district or self.fresh or self.inside)

    def parameters(self) -> dict[str, str]:
        """Give the parameters that differ from their defaults, without the type."""
        found = {
            name: str(getattr(self, name))
            for name in ("where", "text", "q", "scope", "district", "fresh", "sort", "view")
            if getattr(self, name)
        }
        if self.inside:
            found["inside"] = "1"
        if self.page > 1:
            found["page"] = str(self.page)
        return found

    def path(self, language: str) -> str:
        """Write the address of the page with these filters."""
        kind = "/" + quote(self.type_name, safe="") if self.type_name else ""
        query = urlencode(self.parameters())
        return f"/{language}/data{kind}" + (f"?{query}" if query else "")

    def download(self, language: str, ending: str) -> str:
        """Write the address of the same selection as a file."""
        return self._selection(f"/{language}/download/entities.{ending}")

    def places(self, language: str) -> str:
        """Write the address of the same selection for the interactive map."""
        return self._selection(f"/{language}/map/places")

    def _selection(self, path: str) -> str:
        chosen = replace(self, page=1, view=self.view if self.inside else "").parameters()
        if self.type_name:
            chosen = {"type": self.type_name, **chosen}
        query = urlencode(chosen)
        return path + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Names:
    """What filters need to know of the data: its @context, and which attributes hold names."""

    context: Context
    titles: tuple[str, ...]


def entity_query(
    filters: Filters,
    names: Names,
    *,
    district: shapely.Geometry | None,
    shown: Bounds | None,
    now: datetime,
) -> EntityQuery:
    """Say what the filters mean, as the broker understands it.

    Args:
        filters: As in the address.
        names: Of the data.
        district: Shape of the chosen district.
        shown: What the map shows, where the list follows it.
        now: For freshness.

    Raises:
        InvalidInput: `q` or `scope` cannot be read.
    """
    terms: list[QueryNode] = []
    ids: tuple[str, ...] = ()
    if filters.text.startswith("urn:"):
        ids = (filters.text,)
    elif filters.text:
        terms.append(_named(filters.text, names.titles))
    if filters.q:
        terms.append(parse_q(filters.q, names.context))
    if filters.fresh:
        terms.append(changed_since(now - FRESH[filters.fresh]))
    return EntityQuery(
        ids=ids,
        types=_types(filters.type_name, names.context),
        q=And(tuple(terms)) if len(terms) > 1 else (terms[0] if terms else None),
        scope=parse_scopes(filters.scope) if filters.scope else None,
        geo=_within(district, shown),
        ordering=_ordering(filters.sort, names.titles),
        limit=PAGE_SIZE,
        offset=(filters.page - 1) * PAGE_SIZE,
        count=True,
    )


def changed_since(moment: datetime) -> QueryNode:
    """Ask for entities that changed at a moment or later."""
    microseconds = int(moment.timestamp() * 1_000_000)
    return Comparison(
        ValuePath((_MODIFIED,)),
        Operator.GREATER_EQUAL,
        Moment(MomentKind.DATE_TIME, microseconds),
    )


def _types(name: str, context: Context) -> tuple[frozenset[str], ...] | None:
    return (frozenset((context.expand_name(name),)),) if name else None


def _named(text: str, titles: tuple[str, ...]) -> QueryNode:
    """Search names for a text, in capitals or not."""
    pattern = "".join(_either_case(character) for character in text)
    # Of a name in several languages, any may match (CIM 009, 4.9).
    matches = tuple(Match(ValuePath((title,)), pattern) for title in titles)
    if not matches:
        raise InvalidInput("No entity here has a name to search for", field="text")
    return Or(matches)


def _either_case(character: str) -> str:
    """Write a character of a POSIX expression that matches itself and its other case."""
    lower, upper = character.lower(), character.upper()
    if lower != upper and len(lower) == len(upper) == 1:
        return f"[{lower}{upper}]"
    return character if character.isalnum() or character == " " else "\\" + character


def _within(district: shapely.Geometry | None, shown: Bounds | None) -> GeoQuery | None:
    areas = [] if district is None else [district]
    if shown is not None:
        areas.append(shapely.box(*shown))
    if not areas:
        return None
    area = shapely.intersection_all(areas)
    return GeoQuery(GeoRelation.INTERSECTS, shapely.to_wkb(area), _LOCATION)


def _ordering(sort: str, titles: tuple[str, ...]) -> Ordering | None:
    if sort == "newest":
        return Ordering((OrderTerm(ValuePath((_MODIFIED,)), Direction.DESCENDING),))
    if sort == "name" and titles:
        return Ordering(tuple(OrderTerm(ValuePath((title,))) for title in titles))
    return None
