"""The queries that a Snapshot is made of (CIM 009, 5.2.21, 5.2.23, 5.2.33, 5.2.41)."""

from functools import partial
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.model import DEFAULT_INSTANCE, JsonValue
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.members import ID, SCOPE, TYPE
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.parse_types import parse_types
from hanze.ngsild.query.patterns import check_pattern
from hanze.ngsild.query.projection import Projection, parse_projection
from hanze.ngsild.query.tree import EntityQuery, EntitySelector, GeoQuery, QueryNode, TypeSelection
from hanze.ngsild.snapshot.model import SnapshotQuery
from hanze.ngsild.subscription.members import Members
from hanze.ngsild.temporal.model import TemporalQuery
from hanze.ngsild.temporal.parse import parse_temporal_query
from hanze.ngsild.uri import is_uri

__all__ = ["parse_query"]

_CLAUSE: Final = "5.2.23"
_SELECTOR: Final = "5.2.33"
_TEMPORAL: Final = "5.2.21"

#: Members of a Query. Those of the last line concern how it would be answered, and make no
#: difference here.
_KNOWN: Final = frozenset(
    {
        *("type", "@type", "entities", "q", "geoQ", "scopeQ", "temporalQ", "attrs", "omit", "pick"),
        *("csf", "containedBy", "datasetId", "expandValues", "jsonKeys", "join", "joinLevel"),
        *("splitEntities", "entityMap", "entityMapLifetime", "lang", "ordering"),
    }
)
_IN_SELECTOR: Final = frozenset({"id", "@id", "idPattern", "type", "@type"})
_IN_TEMPORAL: Final = frozenset(
    {"type", "@type", "timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"}
)
_JOINS: Final = {"flat": True, "inline": True, "@none": False}
_MOST_SELECTORS: Final = 100
_MOST_IDS: Final = 10_000
_MOST_NAMES: Final = 1000
_DEEPEST_JOIN: Final = 20
_MOST_INSTANCES: Final = 10**9


def parse_query(json: JsonValue, path: str, context: Context, *, temporal: bool) -> SnapshotQuery:
    """Read one of the queries of a Snapshot.

    Args:
        json: A Query.
        path: Where it stands in the Snapshot.
        context: Of its names.
        temporal: Whether it is a temporal query, that has to have a range in time.

    Raises:
        InvalidInput: A member breaks its table, or two exclude each other.
    """
    members = Members(json, path, _CLAUSE)
    _check_names(members, json, temporal=temporal)
    selectors = _selectors(members, context)
    attributes = members.names("attrs", context, most=_MOST_NAMES) or ()
    projection = _projection(members, context)
    join_level = _join_level(members)
    if temporal and (join_level or (projection is not None and projection.depth())):
        members.fail("join", "has no part in queries of temporal evolution")
    types = [selector.types for selector in selectors]
    scope = members.text("scopeQ")
    return SnapshotQuery(
        query=EntityQuery(
            types=_all_types(types),
            selectors=selectors,
            attributes=attributes,
            q=_q(members, "q", context),
            geo=_geo(members, context),
            scope=None if scope is None else members.read("scopeQ", partial(parse_scopes, scope)),
        ),
        local=None in types,
        names=_names(frozenset(attributes), projection),
        projection=projection,
        datasets=_datasets(members),
        csf=_q(members, "csf", context),
        split=members.flag("splitEntities"),
        join_level=join_level,
        contained_by=frozenset(members.texts("containedBy", most=_MOST_IDS) or ()),
        temporal=_range(members) if temporal else None,
        last_n=_last_n(members) if temporal else None,
    )


def _check_names(members: Members, json: JsonValue, *, temporal: bool) -> None:
    """See that the members are those of a Query of this kind."""
    given = json.keys() if isinstance(json, dict) else frozenset[str]()
    if not isinstance(json, dict) or json.get("type", json.get("@type")) != "Query":
        members.fail("type", 'must be "Query"')
    if "aggrParams" in given:
        members.fail("aggrParams", "cannot be there: a Snapshot holds instances, not aggregates")
    if temporal and "temporalQ" not in given:
        members.fail("temporalQ", "is missing")
    if not temporal and "temporalQ" in given:
        members.fail("temporalQ", "belongs to snapshotTemporalQueries")
    unknown = given - _KNOWN
    if unknown:
        members.fail(min(unknown)[:50], "is no member of a Query")
    members.flag("entityMap")
    members.text("entityMapLifetime")
    languages = members.text("lang")
    if languages is not None:
        members.read("lang", partial(parse_languages, languages))


def _selectors(members: Members, context: Context) -> tuple[EntitySelector, ...]:
    if not members.has("entities"):
        return ()
    items = members.member("entities")
    if not isinstance(items, list | tuple) or not 0 < len(items) <= _MOST_SELECTORS:
        members.fail("entities", f"must be an array of 1 to {_MOST_SELECTORS} selectors")
    return tuple(
        _selector(item, f"{members.path('entities')}[{number}]", context)
        for number, item in enumerate(items)
    )


def _selector(json: JsonValue, path: str, context: Context) -> EntitySelector:
    selector = Members(json, path, _SELECTOR)
    unknown = (json.keys() if isinstance(json, dict) else frozenset[str]()) - _IN_SELECTOR
    if unknown:
        selector.fail(min(unknown)[:50], "is no member of a selector")
    types = selector.text("type") or selector.text("@type")
    if types is None:
        selector.fail("type", "is missing")
    name = "id" if selector.has("id") else "@id"
    ids = _ids(selector, name) if selector.has(name) else ()
    pattern = selector.text("idPattern")
    if pattern is not None:
        check_pattern(pattern, field=selector.path("idPattern"), clause=_SELECTOR)
    return EntitySelector(
        ids=ids,
        # The id takes precedence (5.2.33).
        id_pattern=None if ids else pattern,
        types=selector.read("type", partial(parse_types, types, context)),
    )


def _ids(selector: Members, name: str) -> tuple[str, ...]:
    given = selector.member(name)
    ids = (given,) if isinstance(given, str) else given
    if not isinstance(ids, list | tuple) or not 0 < len(ids) <= _MOST_IDS:
        selector.fail(name, f"must be a URI, or an array of 1 to {_MOST_IDS} of them")
    if not all(isinstance(one, str) and is_uri(one) for one in ids):
        selector.fail(name, "must hold URIs")
    return tuple(str(one) for one in ids)


def _all_types(types: list[TypeSelection | None]) -> TypeSelection | None:
    """Give the types of all selectors: they make a query narrow enough, and quick to answer."""
    if not types or None in types:
        return None
    return tuple(dict.fromkeys(group for one in types if one is not None for group in one))


def _projection(members: Members, context: Context) -> Projection | None:
    pick, omit = (members.texts(name, most=_MOST_NAMES) for name in ("pick", "omit"))
    return members.read(
        "pick" if pick else "omit",
        lambda: parse_projection(
            None if pick is None else ",".join(pick),
            None if omit is None else ",".join(omit),
            context,
        ),
    )


def _names(attributes: frozenset[str], projection: Projection | None) -> frozenset[str] | None:
    if attributes:
        return attributes
    if projection is None or projection.pick is None:
        return None
    return frozenset(term.name for term in projection.pick) - {ID, TYPE, SCOPE}


def _join_level(members: Members) -> int:
    joins = members.choice("join", _JOINS) or False
    level = members.positive("joinLevel")
    if level is None:
        return int(joins)
    if not isinstance(level, int) or level > _DEEPEST_JOIN:
        members.fail("joinLevel", f"must be a whole number from 1 to {_DEEPEST_JOIN}")
    return level if joins else 0


def _q(members: Members, name: str, context: Context) -> QueryNode | None:
    expand_values = members.listed_names("expandValues", context)
    json_keys = members.listed_names("jsonKeys", context)
    text = members.text(name)
    if text is None:
        return None
    return parse_q(
        text, context, expand_values=expand_values, json_keys=json_keys, field=members.path(name)
    )


def _geo(members: Members, context: Context) -> GeoQuery | None:
    if not members.has("geoQ"):
        return None
    own = members.inner("geoQ", "5.2.13")
    for name in ("georel", "geometry", "coordinates"):
        own.member(name)
    coordinates = own.member("coordinates")
    if not isinstance(coordinates, str | list | tuple):
        own.fail("coordinates", "must be an array, or its text")
    return own.read(
        "georel",
        lambda: parse_geo(
            georel=own.text("georel"),
            geometry=own.text("geometry"),
            coordinates=coordinates,
            geoproperty=own.text("geoproperty"),
            context=context,
        ),
    )


def _datasets(members: Members) -> frozenset[str | None] | None:
    ids = members.texts("datasetId", most=_MOST_NAMES)
    if ids is None:
        return None
    if not all(one == DEFAULT_INSTANCE or is_uri(one) for one in ids):
        members.fail("datasetId", "must hold URIs, or @none")
    return frozenset(None if one == DEFAULT_INSTANCE else one for one in ids)


def _range(members: Members) -> TemporalQuery | None:
    own = members.inner("temporalQ", _TEMPORAL)
    json = members.member("temporalQ")
    unknown = (json.keys() if isinstance(json, dict) else frozenset[str]()) - _IN_TEMPORAL
    if unknown:
        own.fail(min(unknown)[:50], "is no member of a temporal query here")
    own.member("timerel")
    return own.read(
        "timerel",
        lambda: parse_temporal_query(
            timerel=own.text("timerel"),
            time_at=own.text("timeAt"),
            end_time_at=own.text("endTimeAt"),
            timeproperty=own.text("timeproperty"),
        ),
    )


def _last_n(members: Members) -> int | None:
    own = members.inner("temporalQ", _TEMPORAL)
    number = own.positive("lastN")
    if number is None:
        return None
    if not isinstance(number, int) or number > _MOST_INSTANCES:
        own.fail("lastN", "must be a whole number greater than 0")
    return number
