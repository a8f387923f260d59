"""The description of the API in OpenAPI 3.1, made from the routes and the parameters they take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hanze import __version__
from hanze.broker.context_records import ContextKind
from hanze.ngsild.model import JsonValue
from hanze.ngsild.temporal.model import TimeProperty, Timerel
from hanze.web.api import (
    attributes,
    batch,
    consumption,
    contexts,
    discovery,
    entities,
    entity_maps,
    info,
    registrations,
    snapshots,
    source_subscriptions,
    subscriptions,
    temporal,
    temporal_consumption,
)
from hanze.web.api.entity_schema import ENTITY_SCHEMAS, URI
from hanze.web.api.parameters import LOCAL
from hanze.web.api.queries import BODY_PARAMETERS
from hanze.web.api.registration_schema import REGISTRATION_SCHEMAS
from hanze.web.api.router import Handler, api_routes
from hanze.web.api.showing import FORMATS, MAX_JOIN_LEVEL, Join
from hanze.web.api.snapshot_schema import SNAPSHOT_SCHEMAS
from hanze.web.api.subscription_schema import SUBSCRIPTION_SCHEMAS
from hanze.web.api.temporal_showing import TEMPORAL_FORMATS
from hanze.web.api.v1_description import paths_and_schemas
from hanze.web.oauth import TOKEN_PATH

__all__ = ["openapi_document"]


@dataclass(frozen=True, slots=True)
class _Operation:
    """What the code of an operation does not say by its route.

    Attributes:
        parameters: Names of its URL parameters.
        body: Name of the schema of its body.
        answers: Status codes of success.
        reads: Whether anyone may.
    """

    parameters: frozenset[str] = frozenset()
    body: str | None = None
    answers: tuple[int, ...] = (204,)
    reads: bool = False


#: How writes are answered of which a source may have a part (6.3.17).
_WRITTEN = (204, 207)
#: How evolutions are answered: 206 where not all of their instances are there (6.3.10).
_PARTS = (200, 201, 203, 206)

_OPERATIONS: Mapping[Handler, _Operation] = {
    entities.create: _Operation(LOCAL, "Entity", (201, 207)),
    entities.purge: _Operation(entities.PURGE_PARAMETERS, None, _WRITTEN),
    entities.replace: _Operation(entities.TARGET_PARAMETERS, "EntityFragment", _WRITTEN),
    entities.merge: _Operation(entities.MERGE_PARAMETERS, "EntityFragment", _WRITTEN),
    entities.delete: _Operation(entities.TARGET_PARAMETERS, None, _WRITTEN),
    attributes.append: _Operation(attributes.APPEND_PARAMETERS, "EntityFragment", _WRITTEN),
    attributes.update: _Operation(entities.TARGET_PARAMETERS, "EntityFragment", _WRITTEN),
    attributes.update_one: _Operation(entities.TARGET_PARAMETERS, "AttributeFragment", _WRITTEN),
    attributes.replace_one: _Operation(entities.TARGET_PARAMETERS, "AttributeFragment", _WRITTEN),
    attributes.delete_one: _Operation(attributes.DELETE_PARAMETERS, None, _WRITTEN),
    consumption.query: _Operation(consumption.QUERY_PARAMETERS, None, (200, 201, 203), reads=True),
    consumption.retrieve: _Operation(consumption.RETRIEVE_PARAMETERS, None, (200, 203), reads=True),
    consumption.query_by_body: _Operation(BODY_PARAMETERS, "Query", (200, 201, 203), reads=True),
    batch.create: _Operation(LOCAL, "Entities", (201, 207)),
    batch.upsert: _Operation(batch.WITH_OPTIONS, "Entities", (201, 204, 207)),
    batch.update: _Operation(batch.WITH_OPTIONS, "Entities", _WRITTEN),
    batch.merge: _Operation(entities.MERGE_BATCH_PARAMETERS, "Entities", _WRITTEN),
    batch.delete: _Operation(LOCAL, "EntityIds", _WRITTEN),
    discovery.list_types: _Operation(discovery.LIST_PARAMETERS, None, (200,), reads=True),
    discovery.retrieve_type: _Operation(LOCAL, None, (200,), reads=True),
    discovery.list_attributes: _Operation(discovery.LIST_PARAMETERS, None, (200,), reads=True),
    discovery.retrieve_attribute: _Operation(LOCAL, None, (200,), reads=True),
    contexts.list_contexts: _Operation(contexts.LIST_PARAMETERS, None, (200,), reads=True),
    contexts.add: _Operation(frozenset(), "LocalContext", (201,)),
    contexts.serve: _Operation(contexts.SERVE_PARAMETERS, None, (200,), reads=True),
    contexts.delete: _Operation(contexts.DELETE_PARAMETERS),
    subscriptions.create: _Operation(frozenset(), "Subscription", (201,)),
    subscriptions.query: _Operation(subscriptions.QUERY_PARAMETERS, None, (200,)),
    subscriptions.retrieve: _Operation(subscriptions.RETRIEVE_PARAMETERS, None, (200,)),
    subscriptions.update: _Operation(frozenset(), "SubscriptionFragment"),
    subscriptions.delete: _Operation(),
    source_subscriptions.create: _Operation(frozenset(), "SourceSubscription", (201,)),
    source_subscriptions.query: _Operation(subscriptions.QUERY_PARAMETERS, None, (200,)),
    source_subscriptions.retrieve: _Operation(subscriptions.RETRIEVE_PARAMETERS, None, (200,)),
    source_subscriptions.update: _Operation(frozenset(), "SourceSubscriptionFragment"),
    source_subscriptions.delete: _Operation(),
    registrations.create: _Operation(frozenset(), "CSourceRegistration", (201,)),
    registrations.query: _Operation(registrations.QUERY_PARAMETERS, None, (200,), reads=True),
    registrations.retrieve: _Operation(registrations.RETRIEVE_PARAMETERS, None, (200,), reads=True),
    registrations.update: _Operation(frozenset(), "CSourceRegistrationFragment"),
    registrations.delete: _Operation(),
    info.source_identity: _Operation(LOCAL, None, (200,), reads=True),
    entity_maps.create: _Operation(consumption.QUERY_PARAMETERS, None, (201,), reads=True),
    entity_maps.create_by_body: _Operation(BODY_PARAMETERS, "Query", (201,), reads=True),
    entity_maps.create_temporal: _Operation(
        temporal_consumption.QUERY_PARAMETERS, None, (201,), reads=True
    ),
    entity_maps.create_temporal_by_body: _Operation(
        temporal_consumption.BODY_PARAMETERS, "Query", (201,), reads=True
    ),
    entity_maps.retrieve: _Operation(frozenset(), None, (200,), reads=True),
    entity_maps.update: _Operation(frozenset(), "EntityMapFragment"),
    entity_maps.delete: _Operation(),
    snapshots.create: _Operation(frozenset(), "Snapshot", (201,)),
    snapshots.clone: _Operation(frozenset(), "SnapshotClone", (201,)),
    snapshots.retrieve: _Operation(frozenset(), None, (200,), reads=True),
    snapshots.update: _Operation(frozenset(), "SnapshotFragment", (200,)),
    snapshots.delete: _Operation(),
    snapshots.purge: _Operation(snapshots.PURGE_PARAMETERS),
    temporal.create: _Operation(LOCAL, "EntityTemporal", (201, 204, 207)),
    temporal.delete: _Operation(LOCAL, None, _WRITTEN),
    temporal.add: _Operation(LOCAL, "EntityFragment", _WRITTEN),
    temporal.delete_attribute: _Operation(temporal.DELETE_ATTRIBUTE_PARAMETERS, None, _WRITTEN),
    temporal.modify_instance: _Operation(LOCAL, "EntityFragment", _WRITTEN),
    temporal.delete_instance: _Operation(LOCAL, None, _WRITTEN),
    temporal_consumption.query: _Operation(
        temporal_consumption.QUERY_PARAMETERS, None, _PARTS, reads=True
    ),
    temporal_consumption.retrieve: _Operation(
        temporal_consumption.RETRIEVE_PARAMETERS, None, _PARTS, reads=True
    ),
    temporal_consumption.query_by_body: _Operation(
        temporal_consumption.BODY_PARAMETERS, "Query", _PARTS, reads=True
    ),
}

_BOOLEANS = frozenset(
    {"local", "details", "count", "deleteAll", "reload", "entityMap", "splitEntities"}
)
_NUMBERS: Mapping[str, dict[str, JsonValue]] = {
    "limit": {"minimum": 0, "maximum": consumption.MAX_LIMIT},
    "offset": {"minimum": 0},
    "joinLevel": {"minimum": 0, "maximum": MAX_JOIN_LEVEL},
    "lastN": {"minimum": 1},
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "format": tuple(FORMATS),
    "join": (*(join.value for join in Join), "@none"),
    "kind": tuple(kind.value for kind in ContextKind),
    "timerel": tuple(relation.value for relation in Timerel),
    "timeproperty": tuple(one.value for one in TimeProperty),
}
_MOMENTS = frozenset({"timeAt", "endTimeAt"})

_MEANINGS: Mapping[int, str] = {
    200: "The answer.",
    201: "Created.",
    203: "The answer, amended to an earlier version of the standard (4.3.6.8).",
    204: "Done.",
    206: "A part of the instances; Content-Range names the range in time that it covers.",
    207: "Done in part: what failed, and why.",
    400: "The request is wrong; the problem names field, value and clause.",
    401: "Writing needs a bearer token.",
    403: "Too many results, too complex, or not allowed.",
    404: "There is no such thing.",
    405: "The resource has no such method.",
    406: "None of the representations is acceptable.",
    408: "The body does not arrive in time.",
    409: "It contradicts the present state.",
    411: "The body has no length.",
    413: "The body is too large.",
    415: "The body's media type is not known here.",
    422: "The operation or option is not offered.",
    429: "Too often; Retry-After says in how many seconds.",
    502: "The only node that has it refuses, or answers with what cannot be used.",
    504: "A remote @context cannot be had, or the only node that has it does not answer.",
    508: "The only node that has it leads back here.",
}
#: Bodies of the operations on several entities.
_BATCHES = frozenset({"Entities", "EntityIds"})
#: Answers without a body (6.3.4, 6.3.6).
_EMPTY = frozenset({204, 411, 415})


def openapi_document() -> dict[str, JsonValue]:
    """Write the document."""
    paths: dict[str, JsonValue] = {}
    for path, methods in api_routes().items():
        paths[path] = {
            method.lower(): _operation(path, handler, _OPERATIONS[handler])
            for method, handler in methods.items()
        }
    collective, schemas = paths_and_schemas(_MEANINGS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hanze",
            "version": __version__,
            "description": "NGSI-LD API of a Hanze node (ETSI GS CIM 009 V1.9.1), and its own: the "
            "records of the collective.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "paths": {**paths, **collective},
        "components": {
            "schemas": {
                **ENTITY_SCHEMAS,
                **SUBSCRIPTION_SCHEMAS,
                **REGISTRATION_SCHEMAS,
                **SNAPSHOT_SCHEMAS,
                **schemas,
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                # Where API clients fetch such tokens (RFC 6749, 4.4).
                "client": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": TOKEN_PATH, "scopes": {}}},
                },
            },
        },
    }


def _operation(path: str, handler: Handler, operation: _Operation) -> JsonValue:
    summary = (handler.__doc__ or "").strip().splitlines()[0]
    responses: dict[str, JsonValue] = {
        str(status): _response(status, operation)
        for status in sorted({*operation.answers, *_failures(operation)})
    }
    described: dict[str, JsonValue] = {
        "operationId": f"{handler.__module__.rsplit('.', 1)[-1]}_{handler.__name__}",
        "summary": summary,
        "parameters": [
            *_path_parameters(path),
            *_url_parameters(operation.parameters),
            *_HEADERS,
            *([_SNAPSHOT] if snapshots.is_permitted(path.split("/")[3]) else []),
        ],
        "responses": responses,
    }
    if not operation.reads:
        described["security"] = [{}, {"token": []}]
    if operation.body is not None:
        schema = {"$ref": f"#/components/schemas/{operation.body}"}
        described["requestBody"] = {
            "required": True,
            "content": {
                media: {"schema": schema} for media in ("application/json", "application/ld+json")
            },
        }
    return described


_HEADERS: tuple[JsonValue, ...] = (
    {"name": "Link", "in": "header", "schema": {"type": "string"}},
    {
        "name": "NGSILD-Tenant",
        "in": "header",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"},
    },
)
#: The operation is applied to this Snapshot alone (6.3.22).
_SNAPSHOT: JsonValue = {"name": "NGSILD-Snapshot", "in": "header", "schema": URI}


def _failures(operation: _Operation) -> Iterable[int]:
    yield from (400, 401, 403, 404, 406, 409, 422, 502, 504, 508)
    if operation.body is not None:
        yield from (408, 411, 413, 415)


#: Variables of paths that are URIs.
_URIS = frozenset(
    {"{entityId}", "{subscriptionId}", "{registrationId}", "{entityMapId}", "{snapshotId}"}
)


def _path_parameters(path: str) -> Iterable[JsonValue]:
    for segment in path.split("/"):
        if segment.startswith("{"):
            schema: JsonValue = {"type": "string", "minLength": 1}
            if segment in _URIS:
                schema = URI
            yield {"name": segment[1:-1], "in": "path", "required": True, "schema": schema}


def _url_parameters(names: frozenset[str]) -> Iterable[JsonValue]:
    for name in sorted(names):
        schema = _schema_of(name)
        if name == "format" and "timerel" in names:
            schema = {"type": "string", "enum": list(TEMPORAL_FORMATS)}
        yield {"name": name, "in": "query", "schema": schema}


def _schema_of(name: str) -> JsonValue:
    if name in _BOOLEANS:
        return {"type": "boolean"}
    if name in _NUMBERS:
        return {"type": "integer", **_NUMBERS[name]}
    if name in _MOMENTS:
        return {"type": "string", "format": "date-time"}
    if name in _CHOICES:
        return {"type": "string", "enum": list(_CHOICES[name])}
    return {"type": "string"}


def _response(status: int, operation: _Operation) -> JsonValue:
    response: dict[str, JsonValue] = {"description": _MEANINGS[status]}
    if status >= 400 and status not in _EMPTY:
        response["content"] = _json({"$ref": "#/components/schemas/Problem"})
    elif status in {200, 203, 206}:
        response["content"] = {
            media: {"schema": {"type": ["object", "array"]}}
            for media in ("application/json", "application/ld+json", "application/geo+json")
        }
        if operation.reads and "local" in operation.parameters:
            # Sources may be asked; what of them is missing, or old, is said (6.3.17).
            response["headers"] = {"NGSILD-Warning": {"schema": {"type": "string"}}}
    elif operation.body in _BATCHES and status in {201, 207}:
        response["content"] = _json(
            {"$ref": "#/components/schemas/BatchOperationResult"}
            if status == 207
            else {"type": "array", "minItems": 1, "items": URI}
        )
    elif status == 207:
        response["content"] = _json({"$ref": "#/components/schemas/UpdateResult"})
    elif status == 201:
        location: JsonValue = {"required": True, "schema": {"type": "string"}}
        response["headers"] = {"Location": location}
    return response


def _json(schema: JsonValue) -> JsonValue:
    return {"application/json": {"schema": schema}}
