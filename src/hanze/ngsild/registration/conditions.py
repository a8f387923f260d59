"""What else decides whether a registration matches: time, place, scope, filter (CIM 009, 5.10.2.4).

What a registration says nothing about, it does not exclude: a source without a `location` may have
entities anywhere.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from hanze.ngsild.context import CORE, Context
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.evaluate import evaluate
from hanze.ngsild.query.geo import distance_m, farthest_m, reference, relates
from hanze.ngsild.query.scopes import matches_scopes
from hanze.ngsild.query.tree import GeoQuery, GeoRelation, QueryNode, ScopeQuery
from hanze.ngsild.registration.model import Registration, TimeInterval
from hanze.ngsild.registration.parse import KNOWN, TYPE
from hanze.ngsild.temporal.model import LATEST, TemporalQuery, TimeProperty, Timerel

__all__ = ["in_place", "in_scope", "in_time", "passes"]

#: Secrets are no Context Source Properties: a filter would tell them.
_HIDDEN: Final = frozenset({"id", "type", "scope", "contextSourceInfo", "expiresAt"})


def in_time(registration: Registration, temporal: TemporalQuery) -> bool:
    """Tell whether the interval that a temporal query is about overlaps with it (5.2.9, 5.10.2.4).

    Ends belong to both.
    """
    interval = (
        registration.observation_interval
        if temporal.timeproperty is TimeProperty.OBSERVED_AT
        else registration.management_interval
    )
    if interval is None:
        return False
    start, end = _moments(interval)
    if temporal.timerel is Timerel.BEFORE:
        return start <= temporal.time_at
    if temporal.timerel is Timerel.AFTER:
        return end >= temporal.time_at
    last = LATEST if temporal.end_time_at is None else temporal.end_time_at
    return start <= last and end >= temporal.time_at


def _moments(interval: TimeInterval) -> tuple[int, int]:
    end = LATEST if interval.end_at is None else parse_datetime(interval.end_at)
    return parse_datetime(interval.start_at), end


def in_place(registration: Registration, geo: GeoQuery) -> bool:
    """Tell whether the registered area matches a geoquery, or may contain what does (5.10.2.4)."""
    wkb = dict(registration.locations).get(geo.attribute)
    if wkb is None:
        return True
    area = _area(wkb)
    return relates(geo, area) or _may_contain(geo, area)


@lru_cache(maxsize=1024)
def _area(wkb: bytes) -> BaseGeometry:
    area: BaseGeometry = shapely.from_wkb(wkb)
    return area


def _may_contain(geo: GeoQuery, area: BaseGeometry) -> bool:
    """Tell whether a part of the area can meet the geoquery; in doubt it can."""
    origin = reference(geo.wkb)
    if geo.relation is GeoRelation.NEAR:
        near = geo.max_distance_m is None or distance_m(area, origin) <= geo.max_distance_m
        return near and (
            geo.min_distance_m is None or farthest_m(area, origin) > geo.min_distance_m
        )
    if geo.relation in (GeoRelation.CONTAINS, GeoRelation.EQUALS):
        return bool(area.covers(origin))
    if geo.relation is GeoRelation.DISJOINT:
        return not origin.covers(area)
    return bool(origin.intersects(area))


def in_scope(registration: Registration, scope: ScopeQuery) -> bool:
    """Tell whether the registered scopes meet a scope query (4.19)."""
    return not registration.scopes or matches_scopes(scope, registration.scopes)


def passes(registration: Registration, csf: QueryNode) -> bool:
    """Tell whether the properties of a Context Source meet a filter (4.9): its members by name."""
    return evaluate(csf, _as_entity(registration), lambda _: None)


def _as_entity(registration: Registration) -> Entity:
    mode = Attribute(kind=AttributeKind.PROPERTY, value=registration.mode.value)
    attributes: dict[str, tuple[Attribute, ...]] = {CORE.expand_name("mode"): (mode,)}
    for name, value in registration.document.items():
        if name not in _HIDDEN:
            context = CORE if name in KNOWN else registration.context
            attributes[context.expand_name(name)] = (_property(value, context),)
    return Entity(
        id=registration.id,
        types=(CORE.expand_name(TYPE),),
        attributes=attributes,
        scope=registration.scopes,
        created_at=registration.created_at,
        modified_at=registration.modified_at,
        expires_at=registration.expires_at,
    )


def _property(value: JsonValue, context: Context) -> Attribute:
    """Take a member for a property, whether it is written as one or as its value alone."""
    if isinstance(value, Mapping) and value.get("type") == "Relationship" and "object" in value:
        return Attribute(kind=AttributeKind.RELATIONSHIP, value=value["object"])
    if isinstance(value, Mapping) and value.get("type") == "Property" and "value" in value:
        value = value["value"]
    return Attribute(kind=AttributeKind.PROPERTY, value=context.expand_value(value))
