"""`/types` and `/attributes` (CIM 009, 6.25 to 6.28)."""

from uuid import uuid4

from hanze.broker import discovery
from hanze.broker.discovery import AttributeInfo, EntityTypeInfo
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.web.api.bodies import context_of
from hanze.web.api.parameters import LOCAL, url_parameters
from hanze.web.api.rendering import json_ld_response
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
    context, details = await _list_request(request)
    types = discovery.list_entity_types(request.node.store, request.caller)
    if details:
        return await json_ld_response(request, [_type(info, context) for info in types], context)
    names: list[JsonValue] = [context.compact_name(info.name) for info in types]
    return await json_ld_response(
        request,
        {"id": _list_id("EntityTypeList"), "type": "EntityTypeList", "typeList": names},
        context,
    )


async def retrieve_type(request: Request) -> Response:
    """Retrieve Available Entity Type Information (6.26.3.1)."""
    context, name = await _one_request(request)
    info = discovery.entity_type_info(request.node.store, request.caller, name)
    body: dict[str, JsonValue] = {
        "id": info.name,
        "type": "EntityTypeInfo",
        "typeName": context.compact_name(info.name),
        "entityCount": info.count,
        "attributeDetails": [
            {**_attribute(attribute, context), "attributeTypes": _kinds(attribute)}
            for attribute in info.attributes
        ],
    }
    return await json_ld_response(request, body, context)


async def list_attributes(request: Request) -> Response:
    """Retrieve Available Attributes, or their details (6.27.3.1)."""
    context, details = await _list_request(request)
    attributes = discovery.list_attributes(request.node.store, request.caller)
    if details:
        rows: list[JsonValue] = [
            {**_attribute(info, context), "typeNames": _types(info, context)} for info in attributes
        ]
        return await json_ld_response(request, rows, context)
    names: list[JsonValue] = [context.compact_name(info.name) for info in attributes]
    return await json_ld_response(
        request,
        {"id": _list_id("AttributeList"), "type": "AttributeList", "attributeList": names},
        context,
    )


async def retrieve_attribute(request: Request) -> Response:
    """Retrieve Available Attribute Information (6.28.3.1)."""
    context, name = await _one_request(request)
    info = discovery.attribute_info(request.node.store, request.caller, name)
    body: dict[str, JsonValue] = {
        **_attribute(info, context),
        "attributeCount": info.count,
        "attributeTypes": _kinds(info),
        "typeNames": _types(info, context),
    }
    return await json_ld_response(request, body, context)


async def _list_request(request: Request) -> tuple[Context, bool]:
    parameters = url_parameters(request.query, LIST_PARAMETERS)
    return await context_of(request), parameters.flag("details")


async def _one_request(request: Request) -> tuple[Context, str]:
    url_parameters(request.query, LOCAL)
    name = request.segments[1]
    if not name:
        raise InvalidInput("The path must name a type or an attribute", clause="6.26")
    context = await context_of(request)
    return context, context.expand_name(name)


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
