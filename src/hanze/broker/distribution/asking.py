"""How entities are asked for at a Context Source: queries and retrievals (CIM 009, 4.3.6.7)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

import orjson

from hanze.broker.distribution.narrowing import Portion
from hanze.broker.distribution.requests import Call, segment
from hanze.ngsild.context import Context
from hanze.ngsild.model import DEFAULT_INSTANCE, JsonValue
from hanze.ngsild.query.tree import And, EntityQuery, Exists, Or, QueryNode, ValuePath
from hanze.ngsild.query.unparse import unparse
from hanze.ngsild.query.unparse_conditions import unparse_geo, unparse_scopes, unparse_types
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.operations import Operation

__all__ = ["Question", "in_chunks", "query_call", "retrieve_call"]

#: Characters of parameters beyond which a query goes into a body: many servers take no longer URLs
#: than 8 KB.
_LONGEST_URL: Final = 6000
#: What else a URL with ids may hold.
_ROOM: Final = 2000
_GEO: Final = ("georel", "geometry", "coordinates", "geoproperty")
#: Whose value in a Query body is an array (5.2.23).
_LISTS: Final = frozenset({"attrs", "pick", "datasetId"})
_SELECTING: Final = ("id", "idPattern", "type")
_NOTHING: Final = EntityQuery()


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be known of the entities of a portion.

    Attributes:
        filters: Of this the attributes, `q`, `geo` and `scope` count; the rest is the portion's.
        names: IRIs of the attributes that are wanted; `None` for all.
    """

    filters: EntityQuery = _NOTHING
    names: frozenset[str] | None = None


def in_chunks(portion: Portion) -> Iterator[Portion]:
    """Split a portion with many ids, so that each part fits into a URL."""
    if not portion.ids:
        yield portion
        return
    chunk: list[str] = []
    length = 0
    for one in portion.ids:
        if chunk and length + len(one) > _LONGEST_URL - _ROOM:
            yield replace(portion, ids=tuple(chunk))
            chunk, length = [], 0
        chunk.append(one)
        length += len(one) + 1
    yield replace(portion, ids=tuple(chunk))


def query_call(
    registration: Registration,
    portion: Portion,
    question: Question,
    context: Context,
    *,
    limit: int,
    offset: int = 0,
    by_body: bool = False,
) -> Call:
    """Ask for a page of the entities of a portion (5.7.2).

    It is a GET, but where the source takes none, or what is asked is too long for a URL; a query
    that came in a body goes on in one where the source takes that (4.20).

    Args:
        context: Of the request: how long names are.
        by_body: Whether the query came in a body.
    """

    def selecting(own: Context) -> dict[str, str]:
        return _parameters(registration, portion, question, own)

    paging = [("options", "sysAttrs"), ("limit", str(limit))]
    if offset:
        paging.append(("offset", str(offset)))
    takes_body = Operation.QUERY_BATCH in registration.operations and portion.types is not None
    if takes_body and (by_body or _needs_body(registration, selecting(context))):
        return Call(
            method="POST",
            path="entityOperations/query",
            query=lambda _: paging,
            body=lambda own: _body(selecting(own)),
        )
    return Call(method="GET", path="entities", query=lambda own: [*selecting(own).items(), *paging])


def retrieve_call(
    registration: Registration, entity_id: str, portion: Portion, names: frozenset[str] | None
) -> Call:
    """Ask for what a source has of one entity (5.7.1).

    Args:
        names: IRIs of the attributes that are wanted; `None` for all.
    """

    def parameters(context: Context) -> list[tuple[str, str]]:
        narrowed = _parameters(
            registration, replace(portion, ids=()), Question(names=names), context
        )
        return [*narrowed.items(), ("options", "sysAttrs")]

    return Call(method="GET", path=f"entities/{segment(entity_id)}", query=parameters)


def _needs_body(registration: Registration, parameters: Mapping[str, str]) -> bool:
    if Operation.QUERY_ENTITY not in registration.operations:
        return True
    return sum(len(quote(text, safe=":/,")) for text in parameters.values()) > _LONGEST_URL


def _parameters(
    registration: Registration, portion: Portion, question: Question, context: Context
) -> dict[str, str]:
    filters = question.filters
    attrs, pick, present = _projected(portion.names, question)
    found: dict[str, str] = {}
    if portion.ids:
        found["id"] = ",".join(portion.ids)
    elif portion.id_pattern is not None:
        found["idPattern"] = portion.id_pattern
    if portion.types is not None:
        found["type"] = unparse_types(portion.types, context)
    if attrs:
        found["attrs"] = ",".join(map(context.compact_name, attrs))
    if pick is not None:
        found["pick"] = ",".join(["id", "type", "scope", *map(context.compact_name, pick)])
    q = _all_of([_any_exists(present), filters.q] if present else [filters.q])
    if q is not None:
        found["q"] = unparse(q, context)
    if filters.geo is not None:
        found |= unparse_geo(filters.geo, context)
    if filters.scope is not None:
        found["scopeQ"] = unparse_scopes(filters.scope)
    datasets = registration.dataset_ids
    if datasets is not None:
        found["datasetId"] = ",".join(sorted(one or DEFAULT_INSTANCE for one in datasets))
    return found


def _projected(
    registered: frozenset[str], question: Question
) -> tuple[Sequence[str], Sequence[str] | None, Sequence[str]]:
    """Choose how a source is told which attributes are wanted, and which there have to be.

    `attrs` says both, and every version of the standard knows it; but it cannot ask for an
    attribute without making do with it. Then it is `pick`, and `q` where one has to be there.

    Returns:
        What stands in `attrs`; what in `pick`, if there is any; what `q` has to ask for.
    """
    required = [
        name for name in question.filters.attributes if not registered or name in registered
    ]
    present = required or sorted(registered)
    wanted = question.names
    if registered:
        wanted = registered if wanted is None else wanted & registered
    if wanted is None:
        return (), None, present
    if not present:
        return (), sorted(wanted), ()
    if wanted == frozenset(present):
        return present, None, ()
    if wanted < frozenset(present):
        return present, sorted(wanted), ()
    return (), sorted(wanted), present


def _any_exists(names: Sequence[str]) -> QueryNode:
    terms = tuple(Exists(ValuePath((name,))) for name in names)
    return terms[0] if len(terms) == 1 else Or(terms)


def _all_of(nodes: Iterable[QueryNode | None]) -> QueryNode | None:
    terms = tuple(node for node in nodes if node is not None)
    return And(terms) if len(terms) > 1 else terms[0] if terms else None


def _body(parameters: Mapping[str, str]) -> JsonValue:
    """Write parameters as a Query (5.2.23)."""
    selector: dict[str, JsonValue] = {
        name: parameters[name].split(",") if name == "id" else parameters[name]
        for name in _SELECTING
        if name in parameters
    }
    body: dict[str, JsonValue] = {"type": "Query", "entities": [selector]}
    geo: dict[str, JsonValue] = {name: parameters[name] for name in _GEO if name in parameters}
    if geo:
        body["geoQ"] = {**geo, "coordinates": orjson.loads(parameters["coordinates"])}
    for name, text in parameters.items():
        if name not in _SELECTING and name not in _GEO:
            body[name] = text.split(",") if name in _LISTS else text
    return body
