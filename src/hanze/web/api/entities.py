"""Provision through `/entities` (CIM 009, 6.4.3.1, 6.4.3.3, 6.5.3.2 to 6.5.3.4)."""

from collections.abc import Callable
from urllib.parse import quote

from hanze.broker import provision
from hanze.broker.distribution.writing import entities
from hanze.broker.distribution.writing.purging import Purge, purge_entities
from hanze.broker.ports import UnitOfWork
from hanze.errors import InvalidInput
from hanze.ngsild.moment import normalise_datetime
from hanze.ngsild.representation.parse import NullPolicy, parse_entity, parse_fragment
from hanze.ngsild.representation.values import is_language_tag
from hanze.ngsild.terms import API_PATH
from hanze.ngsild.uri import is_uri
from hanze.web.api.bodies import context_of, read_fragment, read_object
from hanze.web.api.outcomes import entity_response, is_distributed, purge_response, writing_of
from hanze.web.api.parameters import LOCAL, InvalidRequest, Parameters, url_parameters
from hanze.web.api.queries import SELECTING, selected_types, selection_of
from hanze.web.api.showing import FORMATS, Format
from hanze.web.http import Request, Response

__all__ = [
    "MERGE_BATCH_PARAMETERS",
    "MERGE_PARAMETERS",
    "PURGE_PARAMETERS",
    "TARGET_PARAMETERS",
    "carried_out",
    "create",
    "delete",
    "entity_id_of",
    "merge",
    "merge_parameters",
    "purge",
    "replace",
]

PURGE_PARAMETERS = SELECTING | {"keep", "drop", "geometryProperty"}
TARGET_PARAMETERS = LOCAL | {"type"}
#: What a merge is told beside its bodies (6.5.3.4, 6.31.3.1).
MERGE_BATCH_PARAMETERS = LOCAL | {"format", "options", "lang", "observedAt"}
MERGE_PARAMETERS = TARGET_PARAMETERS | MERGE_BATCH_PARAMETERS


async def create(request: Request) -> Response:
    """Create Entity (6.4.3.1)."""
    parameters = url_parameters(request.query, LOCAL)
    body, context = await read_object(request)
    caller, now = request.caller, request.node.clock()
    entity = parse_entity(body, context, now=now)
    location = f"{API_PATH}/entities/" + quote(entity.id, safe=":@!$&'()*+,;=")
    created = Response(201, b"", [(b"location", location.encode())])
    if is_distributed(request, parameters):
        outcome = await entities.create_entity(writing_of(request, context, now), entity)
        return entity_response(outcome, entity.id, created)

    def unit(uow: UnitOfWork) -> None:
        provision.create_entity(uow, caller, entity, context=context, now=now)

    await request.node.store.transact(unit)
    return created


async def purge(request: Request) -> Response:
    """Purge Entities (6.4.3.3)."""
    context = await context_of(request)
    parameters = url_parameters(request.query, PURGE_PARAMETERS)
    selection = selection_of(parameters, context)
    keep, drop = (
        frozenset(map(context.expand_name, parameters.listed(name))) if name in parameters else None
        for name in ("keep", "drop")
    )
    if keep is not None and drop is not None:
        raise InvalidRequest("keep and drop exclude each other", field="drop", clause="5.6.21.3")
    now = request.node.clock()
    if is_distributed(request, parameters) and not selection.local:
        purged, outcome = await purge_entities(
            writing_of(request, context, now), Purge(selection.query, keep, drop, selection.csf)
        )
        return purge_response(purged, selection.query.ids, outcome)
    await provision.purge_entities(
        request.node.store,
        request.caller,
        selection.query,
        local=selection.local,
        keep=keep,
        drop=drop,
        now=now,
    )
    return Response(204)


async def replace(request: Request) -> Response:
    """Replace Entity (6.5.3.3)."""
    entity_id = entity_id_of(request)
    body, context = await read_object(request)
    parameters = url_parameters(request.query, TARGET_PARAMETERS)
    types = selected_types(parameters.get("type"), context)
    body.setdefault("id", body.pop("@id", entity_id))
    entity = parse_entity(body, context)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        writing = writing_of(request, context, now)
        outcome = await entities.replace_entity(writing, entity_id, entity, types=types)
        return entity_response(outcome, entity_id, Response(204))
    return await carried_out(
        request,
        lambda uow: provision.replace_entity(
            uow, caller, entity_id, entity, context=context, types=types, now=now
        ),
    )


async def merge(request: Request) -> Response:
    """Merge Entity (6.5.3.4)."""
    entity_id = entity_id_of(request)
    parameters = url_parameters(request.query, MERGE_PARAMETERS)
    simplified, lang, observed_at = merge_parameters(parameters)
    body, context = await read_fragment(request)
    types = selected_types(parameters.get("type"), context)
    fragment = parse_fragment(body, context, NullPolicy.MERGE, simplified=simplified)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        outcome = await entities.merge_entity(
            writing_of(request, context, now),
            entity_id,
            fragment,
            types=types,
            observed_at=observed_at,
            lang=lang,
            simplified=simplified,
        )
        return entity_response(outcome, entity_id, Response(204))
    return await carried_out(
        request,
        lambda uow: provision.merge_entity(
            uow,
            caller,
            entity_id,
            fragment,
            types=types,
            observed_at=observed_at,
            lang=lang,
            simplified=simplified,
            now=now,
        ),
    )


async def delete(request: Request) -> Response:
    """Delete Entity (6.5.3.2)."""
    entity_id = entity_id_of(request)
    context = await context_of(request)
    parameters = url_parameters(request.query, TARGET_PARAMETERS)
    types = selected_types(parameters.get("type"), context)
    caller, now = request.caller, request.node.clock()
    if is_distributed(request, parameters):
        writing = writing_of(request, context, now)
        outcome = await entities.delete_entity(writing, entity_id, types=types)
        return entity_response(outcome, entity_id, Response(204))
    return await carried_out(
        request,
        lambda uow: provision.delete_entity(uow, caller, entity_id, types=types, now=now),
    )


async def carried_out(request: Request, unit: Callable[[UnitOfWork], object]) -> Response:
    """Run a unit of work whose answer is that it was done: 204."""
    await request.node.store.transact(unit)
    return Response(204)


def entity_id_of(request: Request) -> str:
    """Read the entity's id from the path.

    Raises:
        InvalidInput: It is no URI.
    """
    entity_id = request.segments[1]
    if not is_uri(entity_id):
        raise InvalidInput(
            "The entity id in the path must be a URI", field="id", value=entity_id, clause="5.6.6.4"
        )
    return entity_id


def merge_parameters(parameters: Parameters) -> tuple[bool, str | None, str | None]:
    """Read what a merge is told beside its body: simplified, lang, observedAt (6.5.3.4)."""
    keywords = parameters.options(frozenset({"simplified", "keyValues"}))
    form = parameters.get("format")
    if form is not None and form not in FORMATS:
        raise InvalidRequest(
            "format must be simplified or keyValues", field="format", value=form, clause="6.5.3.4"
        )
    simplified = bool(keywords) if form is None else FORMATS[form] is Format.SIMPLIFIED
    observed_at = parameters.get("observedAt")
    if observed_at is not None:
        observed_at = normalise_datetime(observed_at, field="observedAt")
    lang = parameters.get("lang")
    if lang is not None and not is_language_tag(lang):
        raise InvalidInput(
            "lang must be an RFC 5646 language tag", field="lang", value=lang, clause="6.5.3.4"
        )
    return simplified, lang, observed_at
