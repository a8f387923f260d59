"""Aggregated evolutions as other nodes send them (CIM 009, 4.5.19)."""

from collections.abc import Mapping
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import DEFAULT_INSTANCE, AttributeKind, JsonObject, JsonValue
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.representation.members import KINDS
from hanze.ngsild.representation.parse import parse_fragment
from hanze.ngsild.representation.reader import read_moment
from hanze.ngsild.representation.values import NullPolicy, read_uri
from hanze.ngsild.temporal.model import AggregatedEntity, AggregatedSeries, Bucket, Method

__all__ = ["received_aggregate"]

_OWN: Final = frozenset({"id", "@id", "type", "@type", "expiresAt", "@context"})
_MOMENTS: Final = frozenset({"createdAt", "modifiedAt", "deletedAt"})
_METHODS: Final = {method.value: method for method in Method}


def received_aggregate(json: JsonValue, context: Context) -> AggregatedEntity:
    """Read an entity in the aggregated temporal representation.

    Raises:
        InvalidInput: It is none.
    """
    if not isinstance(json, Mapping):
        raise InvalidInput("The entity must be a JSON object", clause="4.5.19")
    own = {key: value for key, value in json.items() if key in _OWN}
    named = parse_fragment(own, context, NullPolicy.REFUSE)
    if named.id is None or not named.types:
        raise InvalidInput("The entity must have an id and a type", field="id", clause="4.5.19")
    attributes: dict[str, tuple[AggregatedSeries, ...]] = {}
    for key, value in json.items():
        if key in _OWN or key in _MOMENTS:
            continue
        name = context.expand_name(key)
        if name == SCOPE or value == []:
            continue
        parts = value if isinstance(value, list) else [value]
        attributes[name] = tuple(_series(part, key) for part in parts)
    return AggregatedEntity(
        named.id,
        named.types,
        attributes,
        *(_moment(json, field) for field in ("createdAt", "modifiedAt", "deletedAt")),
    )


def _series(part: JsonValue, field: str) -> AggregatedSeries:
    if not isinstance(part, Mapping):
        raise _refusal(field, "must be an object of aggregated values")
    named = part.get("type", part.get("@type"))
    kind = KINDS.get(named) if isinstance(named, str) else None
    dataset_id = None
    if part.get("datasetId", DEFAULT_INSTANCE) != DEFAULT_INSTANCE:
        dataset_id = read_uri(part["datasetId"], f"{field}.datasetId", clause="4.5.5.1")
    values = {
        _METHODS[member]: _buckets(json, f"{field}.{member}")
        for member, json in part.items()
        if member in _METHODS
    }
    if not values:
        raise _refusal(field, "must have aggregated values")
    return AggregatedSeries(kind or AttributeKind.PROPERTY, dataset_id, values)


def _buckets(json: JsonValue, field: str) -> tuple[Bucket, ...]:
    if not isinstance(json, list):
        raise _refusal(field, "must be an array of periods")
    found: list[Bucket] = []
    for item in json:
        if not isinstance(item, list) or len(item) != 3:
            raise _refusal(field, "must have values with the two ends of their period")
        value, start, end = item
        if not isinstance(start, str) or not isinstance(end, str):
            raise _refusal(field, "must have DateTimes as the ends of periods")
        found.append((value, parse_datetime(start, field=field), parse_datetime(end, field=field)))
    return tuple(found)


def _moment(json: JsonObject, field: str) -> str | None:
    if field not in json:
        return None
    return read_moment(json[field], NullPolicy.REFUSE, field)


def _refusal(field: str, what: str) -> InvalidInput:
    return InvalidInput(f"{field} {what}", field=field, clause="4.5.19")
