"""`/entityOperations` but for the query (CIM 009, 6.14 to 6.17, 6.31)."""

from collections.abc import Sequence
from functools import partial

from hanze.broker import batch
from hanze.broker.batch import BatchResult
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity, Fragment, JsonValue
from hanze.ngsild.representation.parse import NullPolicy, parse_entity, parse_fragment
from hanze.ngsild.uri import is_uri
from hanze.web.api.bodies import Rejected, parse_each, read_array, read_values
from hanze.web.api.entities import MERGE_BATCH_PARAMETERS, merge_parameters
from hanze.web.api.parameters import LOCAL, InvalidRequest, url_parameters
from hanze.web.http import Request, Response, json_response
from hanze.web.problems import problem_details

__all__ = ["WITH_OPTIONS", "create", "delete", "merge", "update", "upsert"]

#: Parameters of an upsert and of an update (6.15.3.1, 6.16.3.1).
WITH_OPTIONS = LOCAL | {"options"}


async def create(request: Request) -> Response:
    """Batch Entity Creation (6.14.3.1)."""
    url_parameters(request.query, LOCAL)
    items = await read_array(request)
    now = request.node.clock()
    entities, rejected = await parse_each(items, partial(_entity, now=now))
    result = await batch.create_entities(request.node.store, request.caller, entities, now=now)
    return _answer(result, rejected)


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
    if "update" in modes:
        fragments, rejected = await parse_each(items, _with_context)
        result = await batch.upsert_fragments(store, caller, fragments, now=now)
    else:
        entities, rejected = await parse_each(items, partial(_entity, now=now))
        result = await batch.upsert_entities(store, caller, entities, now=now)
    return _answer(result, rejected)


async def update(request: Request) -> Response:
    """Batch Entity Update (6.16.3.1)."""
    parameters = url_parameters(request.query, WITH_OPTIONS)
    keywords = parameters.options(frozenset({"noOverwrite", "replace", "update"}))
    fragments, rejected = await parse_each(
        await read_array(request), partial(_fragment, nulls=NullPolicy.REFUSE)
    )
    result = await batch.update_entities(
        request.node.store,
        request.caller,
        fragments,
        overwrite="noOverwrite" not in keywords,
        now=request.node.clock(),
    )
    return _answer(result, rejected)


async def merge(request: Request) -> Response:
    """Batch Entity Merge (6.31.3.1)."""
    simplified, lang, observed_at = merge_parameters(
        url_parameters(request.query, MERGE_BATCH_PARAMETERS)
    )
    fragments, rejected = await parse_each(
        await read_array(request),
        partial(_fragment, nulls=NullPolicy.MERGE, simplified=simplified),
    )
    result = await batch.merge_entities(
        request.node.store,
        request.caller,
        fragments,
        observed_at=observed_at,
        lang=lang,
        simplified=simplified,
        now=request.node.clock(),
    )
    return _answer(result, rejected)


async def delete(request: Request) -> Response:
    """Batch Entity Delete (6.17.3.1)."""
    url_parameters(request.query, LOCAL)
    ids: list[str] = []
    rejected: list[Rejected] = []
    for value in await read_values(request):
        if isinstance(value, str) and is_uri(value):
            ids.append(value)
        else:
            error = InvalidInput("An entity id must be a URI", field="id", value=value)
            rejected.append((value if isinstance(value, str) else None, error))
    result = await batch.delete_entities(
        request.node.store, request.caller, ids, now=request.node.clock()
    )
    return _answer(result, rejected)


def _entity(json: JsonValue, context: Context, *, now: str) -> tuple[Entity, Context]:
    return parse_entity(json, context, now=now), context


def _with_context(json: JsonValue, context: Context) -> tuple[Fragment, Context]:
    return parse_fragment(json, context, NullPolicy.UPDATE), context


def _fragment(
    json: JsonValue, context: Context, *, nulls: NullPolicy, simplified: bool = False
) -> Fragment:
    return parse_fragment(json, context, nulls, simplified=simplified)


def _answer(result: BatchResult, rejected: Sequence[Rejected]) -> Response:
    """201 with the created ids, 204 when nothing is new, 207 when something failed (5.2.16)."""
    errors = [*rejected, *result.errors]
    if not errors:
        return json_response(result.created, 201) if result.created else Response(204)
    body = {
        "success": result.success,
        "errors": [
            {**({"entityId": entity_id} if entity_id else {}), "error": problem_details(error)}
            for entity_id, error in errors
        ],
    }
    return json_response(body, 207)
