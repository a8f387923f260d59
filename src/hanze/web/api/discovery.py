"""`/types` and `/attributes` (CIM 009, 6.25 to 6.28)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from hanze.broker import discovery
from hanze.broker.discovery import (
    AttributeInfo,
    AttributeNotKnown,
    EntityTypeInfo,
    EntityTypeNotFound,
)
from hanze.broker.distribution.discovering import (
    discover_attribute,
    discover_attributes,
    discover_type,
    discover_types,
)
from hanze.broker.distribution.ports import SourceFailed
from hanze.broker.distribution.warnings import warning_of
from hanze.broker.origin import Origin
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.web.api.bodies import context_of
from hanze.web.api.left_out import tell_left_out
from hanze.web.api.origin import origin_of
from hanze.web.api.parameters import LOCAL, Parameters, url_parameters
from hanze.web.api.rendering import json_ld_response, warn
from hanze.web.http import Request, Response

__all__ = [
    "LIST_PARAMETERS",
    "list_attributes",
    "list_types",
    "retrieve_attribute",
    "retrieve_type",
]

LIST_PARAMETERS = LOCAL | {"details"}


async def list_types(request: Request) -> Response:
    """Retrieve Available Entity Types, or their details (6.25.3.1)."""
    asked = await _listed(request)
    types: Sequence[EntityTypeInfo] = discovery.list_entity_types(
        request.node.store, request.caller, now=asked.now
    )
    failures: Sequence[SourceFailed] = ()
    if asked.origin is not None:
        types, failures = await discover_types(
            request.node.distributor, asked.origin, types, details=asked.details
        )
    context = asked.context
    if asked.details:
        return await _answer(request, [_type(info, context) for info in types], context, failures)
    body: JsonValue = {
        "id": _list_id("EntityTypeList"),
        "type": "EntityTypeList",
        "typeList": [context.compact_name(info.name) for info in types],
    }
    return await _answer(request, body, context, failures)


async def retrieve_type(request: Request) -> Response:
    """Retrieve Available Entity Type Information (6.26.3.1)."""
    asked, name = await _named(request)
    context, store = asked.context, request.node.store
    failures: Sequence[SourceFailed] = ()
    if asked.origin is None:
        found: EntityTypeInfo | None = discovery.entity_type_info(
            store, request.caller, name, now=asked.now
        )
    else:
        known = discovery.list_entity_types(store, request.caller, now=asked.now)
        own = next((one for one in known if one.name == name), None)
        found, failures = await discover_type(request.node.distributor, asked.origin, own, name)
    if found is None:
        raise EntityTypeNotFound(name)
    body: dict[str, JsonValue] = {
        "id": found.name,
        "type": "EntityTypeInfo",
        "typeName": context.compact_name(found.name),
        "entityCount": found.count,
        "attributeDetails": [
            {**_attribute(attribute, context), "attributeTypes": _kinds(attribute)}
            for attribute in found.attributes
        ],
    }
    return await _answer(request, body, context, failures)


async def list_attributes(request: Request) -> Response:
    """Retrieve Available Attributes, or their details (6.27.3.1)."""
    asked = await _listed(request)
    attributes: Sequence[AttributeInfo] = discovery.list_attributes(
        request.node.store, request.caller, now=asked.now
    )
    failures: Sequence[SourceFailed] = ()
    if asked.origin is not None:
        attributes, failures = await discover_attributes(
            request.node.distributor, asked.origin, attributes, details=asked.details
        )
    context = asked.context
    if asked.details:
        rows: list[JsonValue] = [
            {**_attribute(info, context), "typeNames": _types(info, context)} for info in attributes
        ]
        return await _answer(request, rows, context, failures)
    body: JsonValue = {
        "id": _list_id("AttributeList"),
        "type": "AttributeList",
        "attributeList": [context.compact_name(info.name) for info in attributes],
    }
    return await _answer(request, body, context, failures)


async def retrieve_attribute(request: Request) -> Response:
    """Retrieve Available Attribute Information (6.28.3.1)."""
    asked, name = await _named(request)
    context, store = asked.context, request.node.store
    failures: Sequence[SourceFailed] = ()
    if asked.origin is None:
        found: AttributeInfo | None = discovery.attribute_info(
            store, request.caller, name, now=asked.now
        )
    else:
        known = discovery.list_attributes(store, request.caller, now=asked.now)
        own = next((one for one in known if one.name == name), None)
        found, failures = await discover_attribute(
            request.node.distributor, asked.origin, own, name
        )
    if found is None:
        raise AttributeNotKnown(name)
    body: dict[str, JsonValue] = {
        **_attribute(found, context),
        "attributeCount": found.count,
        "attributeTypes": _kinds(found),
        "typeNames": _types(found, context),
    }
    return await _answer(request, body, context, failures)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every one of these requests says.

    Attributes:
        origin: `None` where no source is to be asked.
        now: DateTime text.
    """

    context: Context
    details: bool
    origin: Origin | None
    now: str


async def _listed(request: Request) -> _Asked:
    return await _asked(request, url_parameters(request.query, LIST_PARAMETERS))


async def _named(request: Request) -> tuple[_Asked, str]:
    parameters = url_parameters(request.query, LOCAL)
    name = request.segments[1]
    if not name:
        raise InvalidInput("The path must name a type or an attribute", clause="6.26")
    asked = await _asked(request, parameters)
    return asked, asked.context.expand_name(name)


async def _asked(request: Request, parameters: Parameters) -> _Asked:
    context = await context_of(request)
    node = request.node
    origin, now = None, node.clock()
    if not parameters.flag("local") and not node.registry.is_empty(request.caller.tenant):
        origin = origin_of(request, context, now)
    return _Asked(context, parameters.flag("details"), origin, now)


async def _answer(
    request: Request, body: JsonValue, context: Context, failures: Sequence[SourceFailed]
) -> Response:
    response = await json_ld_response(request, body, context)
    tell_left_out(request, response, None, now=request.node.clock())
    alias = request.node.distributor.alias
    warn(response, [warning_of(failure, alias) for failure in failures])
    return response


def _list_id(kind: str) -> str:
    return f"urn:ngsi-ld:{kind}:{uuid4()}"


def _type(info: EntityTypeInfo, context: Context) -> JsonValue:
    return {
        "id": info.name,
        "type": "EntityType",
        "typeName": context.compact_name(info.name),
        "attributeNames": [context.compact_name(a.name) for a in info.attributes],
    }


def _attribute(info: AttributeInfo, context: Context) -> dict[str, JsonValue]:
    return {
        "id": info.name,
        "type": "Attribute",
        "attributeName": context.compact_name(info.name),
    }


def _kinds(info: AttributeInfo) -> JsonValue:
    return sorted(kind.value for kind in info.kinds)


def _types(info: AttributeInfo, context: Context) -> JsonValue:
    return sorted(context.compact_name(name) for name in info.types)
