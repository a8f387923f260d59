"""Provision of temporal evolutions (CIM 009, 6.18.3.1, 6.19.3.2, 6.20 to 6.22)."""

import asyncio
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from msgspec.structs import replace

from hanze.broker import temporal
from hanze.broker.distribution.writing import histories
from hanze.broker.ports import UnitOfWork
from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.representation.members import NOT_ATTRIBUTES
from hanze.ngsild.representation.temporal_parse import (
    parse_temporal_entity,
    parse_temporal_fragment,
    parse_temporal_instance,
)
from hanze.ngsild.temporal.model import TemporalEntity
from hanze.ngsild.terms import API_PATH
from hanze.ngsild.uri import is_uri
from hanze.web.api.bodies import context_of, read_fragment, read_object
from hanze.web.api.entities import carried_out
from hanze.web.api.outcomes import (
    entity_response,
    is_distributed,
    update_response,
    writing_of,
)
from hanze.web.api.parameters import LOCAL, url_parameters
from hanze.web.http import Request, Response

__all__ = [
    "DELETE_ATTRIBUTE_PARAMETERS",
    "add",
    "create",
    "delete",
    "delete_attribute",
    "delete_instance",
    "evolution_id_of",
    "modify_instance",
]

#: Bytes of a body that is parsed in some 20 ms.
_LARGE = 128 * 1024

DELETE_ATTRIBUTE_PARAMETERS = LOCAL | {"datasetId", "deleteAll"}


async def create(request: Request) -> Response:
    """Create or Update Temporal Evolution of an Entity (6.18.3.1)."""
    parameters = url_parameters(request.query, LOCAL)
    body, context = await read_object(request)
    caller, now = request.caller, request.node.clock()
    parse = partial(parse_temporal_entity, body, context, now=now)
    entity = await _parsed(request, parse)
    if is_distributed(request, parameters):
        outcome = await histories.upsert_evolution(writing_of(request, context, now), entity)
        whole = _created(entity.id) if outcome.created else Response(204)
        return entity_response(outcome, entity.id, whole)
    created = False
    for part in temporal.in_slices(entity):

        def unit(uow: UnitOfWork, part: TemporalEntity = part) -> bool:
            return temporal.upsert_evolution(uow, caller, part, now=now)

        created |= await request.node.store.transact(unit)
    return _created(entity.id) if created else Response(204)


async def delete(request: Request) -> Response:
    """Delete Temporal Evolution of an Entity (6.19.3.2)."""
    entity_id = evolution_id_of(request)
    parameters = url_parameters(request.query, LOCAL)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await histories.delete_evolution(writing_of(request, CORE, now), entity_id)
        return entity_response(outcome, entity_id, Response(204))
    return await carried_out(
        request, lambda uow: temporal.delete_evolution(uow, caller, entity_id, now=now)
    )


async def add(request: Request) -> Response:
    """Add Attributes to Temporal Evolution of an Entity (6.20.3.1)."""
    entity_id = evolution_id_of(request)
    distributed = is_distributed(request, url_parameters(request.query, LOCAL))
    if not distributed:
        # What is not there is told before what is wrong with the fragment (5.6.12.4).
        temporal.existing_evolution(request.node.store, request.caller, entity_id)
    body, context = await read_fragment(request)
    caller, now = request.caller, request.node.clock()
    parse = partial(parse_temporal_fragment, body, context, entity_id, now=now)
    entity = await _parsed(request, parse)
    if distributed:
        outcome = await histories.add_to_evolution(writing_of(request, context, now), entity)
        return update_response(outcome)
    for part in temporal.in_slices(entity):

        def unit(uow: UnitOfWork, part: TemporalEntity = part) -> None:
            temporal.add_to_evolution(uow, caller, part, now=now)

        await request.node.store.transact(unit)
    return Response(204)


async def delete_attribute(request: Request) -> Response:
    """Delete Attribute from Temporal Evolution of an Entity (6.21.3.1)."""
    entity_id = evolution_id_of(request)
    context = await context_of(request)
    parameters = url_parameters(request.query, DELETE_ATTRIBUTE_PARAMETERS)
    name = _attribute_name(request, context)
    dataset_id = parameters.dataset_id()
    delete_all = parameters.flag("deleteAll")
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await histories.delete_evolution_attribute(
            writing_of(request, context, now),
            entity_id,
            name,
            dataset_id=dataset_id,
            delete_all=delete_all,
        )
        return update_response(outcome)
    return await carried_out(
        request,
        lambda uow: temporal.delete_evolution_attribute(
            uow, caller, entity_id, name, dataset_id=dataset_id, delete_all=delete_all, now=now
        ),
    )


async def modify_instance(request: Request) -> Response:
    """Modify Attribute Instance in Temporal Evolution of an Entity (6.22.3.1)."""
    entity_id = evolution_id_of(request)
    instance_id = _instance_id(request)
    parameters = url_parameters(request.query, LOCAL)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        body, context = await read_fragment(request)
        name = _attribute_name(request, context)
        read = parse_temporal_instance(body, context, entity_id, name, now=now)
        new = replace(read, instance_id=instance_id)
        outcome = await histories.modify_instance(
            writing_of(request, context, now), entity_id, name, new
        )
        return update_response(outcome)
    evolution = temporal.existing_evolution(request.node.store, caller, entity_id)
    body, context = await read_fragment(request)
    name = _attribute_name(request, context)
    try:
        read = parse_temporal_instance(body, context, entity_id, name, now=now)
    except InvalidInput:
        # What is not there is told before what is wrong with the fragment (5.6.14.4).
        await temporal.check_attribute(request.node.store, caller, evolution, name)
        raise
    new = replace(read, instance_id=instance_id)
    return await carried_out(
        request, lambda uow: temporal.modify_instance(uow, caller, entity_id, name, new, now=now)
    )


async def delete_instance(request: Request) -> Response:
    """Delete Attribute Instance from Temporal Evolution of an Entity (6.22.3.2)."""
    entity_id = evolution_id_of(request)
    instance_id = _instance_id(request)
    context = await context_of(request)
    parameters = url_parameters(request.query, LOCAL)
    name = _attribute_name(request, context)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await histories.delete_instance(
            writing_of(request, context, now), entity_id, name, instance_id
        )
        return update_response(outcome)
    return await carried_out(
        request,
        lambda uow: temporal.delete_instance(uow, caller, entity_id, name, instance_id, now=now),
    )


def _created(entity_id: str) -> Response:
    location = f"{API_PATH}/temporal/entities/" + quote(entity_id, safe=":@!$&'()*+,;=")
    return Response(201, b"", [(b"location", location.encode())])


async def _parsed(request: Request, parse: Callable[[], TemporalEntity]) -> TemporalEntity:
    """Parse a body; a large one on another thread, so that others get their turn."""
    length = request.header(b"content-length") or b"0"
    return await asyncio.to_thread(parse) if int(length) > _LARGE else parse()


def evolution_id_of(request: Request) -> str:
    """Read the entity's id from the path.

    Raises:
        InvalidInput: It is no URI.
    """
    return _uri(request.segments[2], "id", "The entity id")


def _instance_id(request: Request) -> str:
    return _uri(request.segments[5], "instanceId", "The instance id")


def _uri(text: str, field: str, what: str) -> str:
    if not is_uri(text):
        raise InvalidInput(
            f"{what} in the path must be a URI", field=field, value=text, clause="5.6.14.4"
        )
    return text


def _attribute_name(request: Request, context: Context) -> str:
    text = request.segments[4]
    name = context.expand_name(text) if text else ""
    if not name or (name != SCOPE and (text in NOT_ATTRIBUTES or name in NOT_ATTRIBUTES)):
        raise InvalidInput(
            "The path must name an attribute", field="attrId", value=text, clause="5.6.13.4"
        )
    return name
