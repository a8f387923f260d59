"""`/entityOperations` but for the query (CIM 009, 6.14 to 6.17, 6.31)."""

from collections.abc import Sequence
from functools import partial

from hanze.broker import batch
from hanze.broker.batch import BatchResult
from hanze.broker.distribution.writing import batches
from hanze.broker.distribution.writing.batches import BatchOutcome
from hanze.errors import HanzeError, InvalidInput
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.model import Entity, Fragment, JsonValue
from hanze.ngsild.representation.parse import NullPolicy, parse_entity, parse_fragment
from hanze.ngsild.uri import is_uri
from hanze.web.api.bodies import Rejected, parse_each, read_array, read_values
from hanze.web.api.entities import MERGE_BATCH_PARAMETERS, merge_parameters
from hanze.web.api.outcomes import Failure, batch_response, is_distributed, writing_of
from hanze.web.api.parameters import LOCAL, InvalidRequest, url_parameters
from hanze.web.http import Request, Response, json_response

__all__ = ["WITH_OPTIONS", "create", "delete", "merge", "update", "upsert"]

#: Parameters of an upsert and of an update (6.15.3.1, 6.16.3.1).
WITH_OPTIONS = LOCAL | {"options"}


async def create(request: Request) -> Response:
    """Batch Entity Creation (6.14.3.1)."""
    parameters = url_parameters(request.query, LOCAL)
    items = await read_array(request)
    now = request.node.clock()
    entities, rejected = await parse_each(items, partial(_entity, now=now))
    if is_distributed(request, parameters):
        writing = writing_of(request, _context_of(items), now)
        return _told(await batches.create_entities(writing, entities), rejected)
    result = await batch.create_entities(request.node.store, request.caller, entities, now=now)
    return _done(result, rejected)


async def upsert(request: Request) -> Response:
    """Batch Entity Creation or Update (6.15.3.1)."""
    parameters = url_parameters(request.query, WITH_OPTIONS)
    modes = parameters.options(frozenset({"replace", "update"}))
    if len(modes) > 1:
        raise InvalidRequest(
            "options must be replace or update", field="options", clause="6.15.3.1"
        )
    items = await read_array(request)
    store, caller, now = request.node.store, request.caller, request.node.clock()
    writing = None
    if is_distributed(request, parameters):
        writing = writing_of(request, _context_of(items), now)
    if "update" in modes:
        fragments, rejected = await parse_each(items, _with_context)
        if writing is not None:
            return _told(await batches.upsert_fragments(writing, fragments), rejected)
        result = await batch.upsert_fragments(store, caller, fragments, now=now)
    else:
        entities, rejected = await parse_each(items, partial(_entity, now=now))
        if writing is not None:
            return _told(await batches.upsert_entities(writing, entities), rejected)
        result = await batch.upsert_entities(store, caller, entities, now=now)
    return _done(result, rejected)


async def update(request: Request) -> Response:
    """Batch Entity Update (6.16.3.1)."""
    parameters = url_parameters(request.query, WITH_OPTIONS)
    keywords = parameters.options(frozenset({"noOverwrite", "replace", "update"}))
    overwrite = "noOverwrite" not in keywords
    items = await read_array(request)
    fragments, rejected = await parse_each(items, partial(_fragment, nulls=NullPolicy.REFUSE))
    now = request.node.clock()
    if is_distributed(request, parameters):
        writing = writing_of(request, _context_of(items), now)
        outcome = await batches.update_entities(writing, fragments, overwrite=overwrite)
        return _told(outcome, rejected)
    result = await batch.update_entities(
        request.node.store, request.caller, fragments, overwrite=overwrite, now=now
    )
    return _done(result, rejected)


async def merge(request: Request) -> Response:
    """Batch Entity Merge (6.31.3.1)."""
    parameters = url_parameters(request.query, MERGE_BATCH_PARAMETERS)
    simplified, lang, observed_at = merge_parameters(parameters)
    items = await read_array(request)
    fragments, rejected = await parse_each(
        items, partial(_fragment, nulls=NullPolicy.MERGE, simplified=simplified)
    )
    now = request.node.clock()
    if is_distributed(request, parameters):
        outcome = await batches.merge_entities(
            writing_of(request, _context_of(items), now),
            fragments,
            observed_at=observed_at,
            lang=lang,
            simplified=simplified,
        )
        return _told(outcome, rejected)
    result = await batch.merge_entities(
        request.node.store,
        request.caller,
        fragments,
        observed_at=observed_at,
        lang=lang,
        simplified=simplified,
        now=now,
    )
    return _done(result, rejected)


async def delete(request: Request) -> Response:
    """Batch Entity Delete (6.17.3.1)."""
    parameters = url_parameters(request.query, LOCAL)
    ids: list[str] = []
    rejected: list[Rejected] = []
    for value in await read_values(request):
        if isinstance(value, str) and is_uri(value):
            ids.append(value)
        else:
            error = InvalidInput("An entity id must be a URI", field="id", value=value)
            rejected.append((value if isinstance(value, str) else None, error))
    now = request.node.clock()
    if is_distributed(request, parameters):
        writing = writing_of(request, CORE, now)
        return _told(await batches.delete_entities(writing, ids), rejected)
    result = await batch.delete_entities(request.node.store, request.caller, ids, now=now)
    return _done(result, rejected)


def _entity(json: JsonValue, context: Context, *, now: str) -> tuple[Entity, Context]:
    return parse_entity(json, context, now=now), context


def _with_context(json: JsonValue, context: Context) -> tuple[Fragment, Context]:
    return parse_fragment(json, context, NullPolicy.UPDATE), context


def _fragment(
    json: JsonValue, context: Context, *, nulls: NullPolicy, simplified: bool = False
) -> Fragment:
    return parse_fragment(json, context, nulls, simplified=simplified)


def _context_of(items: Sequence[tuple[JsonValue, Context | HanzeError]]) -> Context:
    """Give the @context in whose terms sources are asked: that of the first item that has one."""
    return next((context for _, context in items if isinstance(context, Context)), CORE)


def _told(outcome: BatchOutcome, rejected: Sequence[Rejected]) -> Response:
    return _answer(outcome.created, outcome.updated, rejected, outcome.failures)


def _done(result: BatchResult, rejected: Sequence[Rejected]) -> Response:
    return _answer(result.created, result.updated, [*rejected, *result.errors])


def _answer(
    created: Sequence[str],
    updated: Sequence[str],
    rejected: Sequence[Rejected],
    failures: Sequence[Failure] = (),
) -> Response:
    """201 with the created ids, 204 when nothing is new, 207 when something failed (5.2.16)."""
    errors = [*((entity_id, error, None) for entity_id, error in rejected), *failures]
    if errors:
        return batch_response([*created, *updated], errors)
    return json_response(created, 201) if created else Response(204)
