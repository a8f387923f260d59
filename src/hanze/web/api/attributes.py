"""`/entities/{entityId}/attrs` and one attribute below it (CIM 009, 6.6, 6.7)."""

from collections.abc import Callable

from hanze.broker import provision
from hanze.broker.distribution.writing import attributes
from hanze.broker.ports import UnitOfWork
from hanze.errors import InvalidInput
from hanze.ngsild.patch import Patched
from hanze.ngsild.representation.parse import NullPolicy, parse_attribute, parse_fragment
from hanze.web.api.bodies import context_of, read_fragment
from hanze.web.api.entities import TARGET_PARAMETERS, carried_out, entity_id_of
from hanze.web.api.outcomes import is_distributed, update_response, writing_of
from hanze.web.api.parameters import url_parameters
from hanze.web.api.queries import selected_types
from hanze.web.http import Request, Response, json_response

__all__ = [
    "APPEND_PARAMETERS",
    "DELETE_PARAMETERS",
    "append",
    "delete_one",
    "replace_one",
    "update",
    "update_one",
]

APPEND_PARAMETERS = TARGET_PARAMETERS | {"options"}
DELETE_PARAMETERS = TARGET_PARAMETERS | {"datasetId", "deleteAll"}


async def append(request: Request) -> Response:
    """Append Attributes (6.6.3.1)."""
    entity_id = entity_id_of(request)
    parameters = url_parameters(request.query, APPEND_PARAMETERS)
    overwrite = not parameters.options(frozenset({"noOverwrite"}))
    body, context = await read_fragment(request)
    types = selected_types(parameters.get("type"), context)
    fragment = parse_fragment(body, context, NullPolicy.REFUSE)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await attributes.append_attributes(
            writing_of(request, context, now), entity_id, fragment, types=types, overwrite=overwrite
        )
        return update_response(outcome)
    return await _patched(
        request,
        lambda uow: provision.append_attributes(
            uow, caller, entity_id, fragment, types=types, overwrite=overwrite, now=now
        ),
    )


async def update(request: Request) -> Response:
    """Update Attributes (6.6.3.2)."""
    entity_id = entity_id_of(request)
    body, context = await read_fragment(request)
    parameters = url_parameters(request.query, TARGET_PARAMETERS)
    types = selected_types(parameters.get("type"), context)
    fragment = parse_fragment(body, context, NullPolicy.UPDATE)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await attributes.update_attributes(
            writing_of(request, context, now), entity_id, fragment, types=types
        )
        return update_response(outcome)
    return await _patched(
        request,
        lambda uow: provision.update_attributes(
            uow, caller, entity_id, fragment, types=types, now=now
        ),
    )


async def update_one(request: Request) -> Response:
    """Partial Attribute Update (6.7.3.1)."""
    entity_id = entity_id_of(request)
    body, context = await read_fragment(request)
    parameters = url_parameters(request.query, TARGET_PARAMETERS)
    types = selected_types(parameters.get("type"), context)
    name = _attribute_name(request, context.expand_name)
    instance = parse_attribute(body, context, name, NullPolicy.UPDATE, partial=True)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await attributes.update_attribute(
            writing_of(request, context, now), entity_id, name, instance, types=types
        )
        return update_response(outcome)
    return await carried_out(
        request,
        lambda uow: provision.update_attribute(
            uow, caller, entity_id, name, instance, types=types, now=now
        ),
    )


async def replace_one(request: Request) -> Response:
    """Replace Attribute (6.7.3.3)."""
    entity_id = entity_id_of(request)
    body, context = await read_fragment(request)
    parameters = url_parameters(request.query, TARGET_PARAMETERS)
    types = selected_types(parameters.get("type"), context)
    name = _attribute_name(request, context.expand_name)
    instance = parse_attribute(body, context, name, NullPolicy.REFUSE, partial=False)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await attributes.replace_attribute(
            writing_of(request, context, now), entity_id, name, instance, types=types
        )
        return update_response(outcome)
    return await carried_out(
        request,
        lambda uow: provision.replace_attribute(
            uow, caller, entity_id, name, instance, types=types, now=now
        ),
    )


async def delete_one(request: Request) -> Response:
    """Delete Attribute (6.7.3.2)."""
    entity_id = entity_id_of(request)
    context = await context_of(request)
    parameters = url_parameters(request.query, DELETE_PARAMETERS)
    types = selected_types(parameters.get("type"), context)
    name = _attribute_name(request, context.expand_name)
    dataset_id = parameters.dataset_id()
    delete_all = parameters.flag("deleteAll")
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await attributes.delete_attribute(
            writing_of(request, context, now),
            entity_id,
            name,
            dataset_id=dataset_id,
            delete_all=delete_all,
            types=types,
        )
        return update_response(outcome)
    return await carried_out(
        request,
        lambda uow: provision.delete_attribute(
            uow,
            caller,
            entity_id,
            name,
            dataset_id=dataset_id,
            delete_all=delete_all,
            types=types,
            now=now,
        ),
    )


def _attribute_name(request: Request, expand: Callable[[str], str]) -> str:
    text = request.segments[3]
    if not text:
        raise InvalidInput("The path must name an attribute", field="attrId", clause="5.6.4.4")
    return expand(text)


async def _patched(request: Request, unit: Callable[[UnitOfWork], Patched]) -> Response:
    """204, or the UpdateResult when something was left alone (5.2.18)."""
    patched = await request.node.store.transact(unit)
    if not patched.not_updated:
        return Response(204)
    result = {
        "updated": list(patched.updated),
        "notUpdated": [
            {"attributeName": name, "reason": reason} for name, reason in patched.not_updated
        ],
    }
    return json_response(result, 207)
