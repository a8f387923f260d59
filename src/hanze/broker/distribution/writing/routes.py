"""How a source is asked to write several entities (CIM 009, 5.6.7 to 5.6.10 and 5.6.20).

In one request where it takes batches; else entity by entity, with the operations that the clause of
the batch names in their place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from hanze.broker.distribution.requests import Call, segment
from hanze.broker.distribution.writing.answers import CONFLICT
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity, Fragment, JsonValue
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.representation.fragments import entity_body

__all__ = ["BatchKind", "Route", "Sent", "route_of"]

_Options = tuple[tuple[str, str], ...]

#: What a source gets of one entity: an id alone where it is to be deleted.
Sent = Entity | Fragment | str

_NO_OVERWRITE: Final[_Options] = (("options", "noOverwrite"),)
_UPDATE: Final[_Options] = (("options", "update"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKind:
    """What is done with the entities of a batch.

    Attributes:
        batch: What sources must support to get it in one request; the next clauses say what else.
        update: Entities that exist are updated, not replaced (5.6.8).
        overwrite: Attributes that are there are replaced (5.6.9).
        simplified: Bodies are values alone (6.31.3.1).
        options: What a merge is told besides.
    """

    batch: Operation
    update: bool = False
    overwrite: bool = True
    simplified: bool = False
    options: _Options = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a source.

    Attributes:
        many: Asks for several entities in one request; `None` where the source takes no batches.
        one: Asks for one entity.
        instead: Asks for one that is there already, where it could not be created.
        replaces_present: Whether one that is there already is to be changed (5.6.8.4).
    """

    many: Callable[[Sequence[Sent]], Call] | None = None
    one: Callable[[Sent], Call] | None = None
    instead: Callable[[Sent], Call] | None = None
    replaces_present: bool = False


def route_of(kind: BatchKind, operations: frozenset[Operation]) -> Route | None:
    """Choose how a source is asked; `None` where it takes none of the requests that would do."""
    if kind.batch in operations:
        return Route(many=lambda items: _batch_call(kind, items))
    match kind.batch:
        case Operation.UPSERT_BATCH:
            return _upsert_route(kind, operations)
        case Operation.UPDATE_BATCH:
            one = Operation.UPDATE_ENTITY if kind.overwrite else Operation.APPEND_ATTRS
        case _:
            one = _SINGLE[kind.batch]
    return Route(one=lambda sent: _single_call(one, kind, sent)) if one in operations else None


_SINGLE: Final = {
    Operation.CREATE_BATCH: Operation.CREATE_ENTITY,
    Operation.MERGE_BATCH: Operation.MERGE_ENTITY,
    Operation.DELETE_BATCH: Operation.DELETE_ENTITY,
}

_PATHS: Final = {
    Operation.CREATE_BATCH: "create",
    Operation.UPSERT_BATCH: "upsert",
    Operation.UPDATE_BATCH: "update",
    Operation.MERGE_BATCH: "merge",
    Operation.DELETE_BATCH: "delete",
}


def _upsert_route(kind: BatchKind, operations: frozenset[Operation]) -> Route | None:
    """Create first, then what is done with entities that are there (5.6.8.4)."""
    present = Operation.UPDATE_ENTITY if kind.update else Operation.REPLACE_ENTITY

    def instead(sent: Sent) -> Call:
        return _single_call(present, kind, sent)

    known = instead if present in operations else None
    if Operation.CREATE_ENTITY in operations:
        return Route(
            one=lambda sent: _single_call(Operation.CREATE_ENTITY, kind, sent),
            instead=known,
            replaces_present=True,
        )
    return None if known is None else Route(one=known)


def _batch_call(kind: BatchKind, items: Sequence[Sent]) -> Call:
    options: _Options = kind.options
    if kind.batch is Operation.UPSERT_BATCH and kind.update:
        options = _UPDATE
    if kind.batch is Operation.UPDATE_BATCH and not kind.overwrite:
        options = _NO_OVERWRITE

    def body(context: Context) -> JsonValue:
        return [
            one if isinstance(one, str) else entity_body(one, context, simplified=kind.simplified)
            for one in items
        ]

    return Call(
        method="POST",
        path=f"entityOperations/{_PATHS[kind.batch]}",
        query=lambda _context: options,
        body=body,
        uses_context=kind.batch is not Operation.DELETE_BATCH,
    )


def _single_call(operation: Operation, kind: BatchKind, sent: Sent) -> Call:
    entity_id = sent if isinstance(sent, str) else sent.id or ""
    path = f"entities/{segment(entity_id)}"
    if isinstance(sent, str):
        return Call(method="DELETE", path=path, uses_context=False)
    content: Entity | Fragment = sent
    if isinstance(sent, Fragment) and operation is not Operation.CREATE_ENTITY:
        content = replace(sent, id=None)  # The path names it.
    options: _Options = ()
    match operation:
        case Operation.CREATE_ENTITY:
            method, path = "POST", "entities"
        case Operation.REPLACE_ENTITY:
            method = "PUT"
        case Operation.MERGE_ENTITY:
            method, options = "PATCH", kind.options
        case _:
            method, path = "PATCH", f"{path}/attrs"
            if operation is Operation.APPEND_ATTRS:
                method, options = "POST", _NO_OVERWRITE
    return Call(
        method=method,
        path=path,
        query=lambda _context: options,
        body=lambda context: entity_body(content, context, simplified=kind.simplified),
        statuses=CONFLICT,
    )
