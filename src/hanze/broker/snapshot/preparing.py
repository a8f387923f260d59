"""Prepares Snapshots in the background: whole, or not at all (CIM 009, 5.16.1.4, 5.16.2.4)."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from hanze.broker.hidden import place_of
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, UnitOfWork, Window
from hanze.broker.snapshot.collecting import Budget, Collector
from hanze.broker.snapshot.contents import Packed, empty, put_entities, put_evolutions
from hanze.broker.snapshot.ports import SnapshotTooLarge
from hanze.broker.snapshot.records import slot_in_use
from hanze.errors import (
    Denied,
    HanzeError,
    InvalidInput,
    NotFound,
    NotSupported,
    TooMuch,
    Unavailable,
)
from hanze.ngsild.model import JsonObject
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.snapshot.model import QueryResult, ResultStatus, Snapshot, SnapshotQuery

__all__ = ["Preparation", "SnapshotGone", "problem_of_error"]

_log = logging.getLogger(__name__)

_ERRORS: Final = "https://uri.etsi.org/ngsi-ld/errors/"
_FAMILIES: Final[Mapping[type[HanzeError], tuple[str, str]]] = {
    InvalidInput: (f"{_ERRORS}BadRequestData", "Bad request data"),
    NotFound: (f"{_ERRORS}ResourceNotFound", "Resource not found"),
    NotSupported: (f"{_ERRORS}OperationNotSupported", "Operation not supported"),
    TooMuch: (f"{_ERRORS}TooManyResults", "Too many results"),
    Denied: ("about:blank", "Not allowed"),
    Unavailable: ("about:blank", "A source fails or does not answer"),
}
_INTERNAL: Final = (f"{_ERRORS}InternalError", "Internal error")
#: Evolutions that are copied at once.
_BLOCK: Final = 100


class SnapshotGone(NotFound):
    """The Snapshot was deleted while it was being prepared."""

    def __init__(self, snapshot_id: str) -> None:
        super().__init__(f"Snapshot {snapshot_id} was deleted while it was being prepared")


class Preparation:
    """Prepares one Snapshot at a time.

    Args:
        store: Where its place is.
        collector: Executes its queries.
    """

    def __init__(self, store: Store, collector: Collector) -> None:
        self._store = store
        self._collector = collector

    async def execute(
        self, snapshot: Snapshot, origin: Origin
    ) -> tuple[tuple[QueryResult, ...], tuple[QueryResult, ...]]:
        """Execute all queries, and keep what they find.

        Returns:
            A result per query, and one per temporal query.

        Raises:
            SnapshotGone: It was deleted meanwhile.
            StoreFailure: Its entities cannot be written.
        """
        await empty(self._store, place_of(snapshot.slot))
        budget = Budget(self._collector.limits)
        results = [
            await self._entities(snapshot, origin, query, budget) for query in snapshot.queries
        ]
        temporal = [
            await self._evolutions(snapshot, origin, query, budget)
            for query in snapshot.temporal_queries
        ]
        return tuple(results), tuple(temporal)

    async def copy(self, snapshot: Snapshot, source: Snapshot, now: str) -> None:
        """Copy all that another Snapshot has (5.16.2.4).

        Raises:
            SnapshotGone: It was deleted meanwhile.
            SnapshotTooLarge: There is more than there may be by now.
            StoreFailure: The copy cannot be written.
        """
        store, limits = self._store, self._collector.limits
        place, origin = place_of(snapshot.slot), place_of(source.slot)
        check = partial(_check, snapshot=snapshot)
        await empty(store, place)
        found = await store.search(origin, EntityQuery(limit=limits.max_entities + 1), now)
        if found.more or len(found.entities) > limits.max_entities:
            raise SnapshotTooLarge(limits.max_entities, "entities")
        packed = [
            Packed(one.body, one.system, store.context(one.context_id)) for one in found.entities
        ]
        await put_entities(store, place, packed, check=check, now=now)
        after = 0
        while block := store.history.evolutions(origin, after=after, limit=_BLOCK):
            evolutions, _ = await store.history.read(origin, block, Window())
            await put_evolutions(store, place, evolutions, check=check, now=now)
            after = block[-1].number

    async def forget(self, snapshot: Snapshot) -> None:
        """Take away what was begun."""
        await empty(self._store, place_of(snapshot.slot))

    async def _entities(
        self, snapshot: Snapshot, origin: Origin, query: SnapshotQuery, budget: Budget
    ) -> QueryResult:
        try:
            packed, warnings = await self._collector.entities(origin, query, budget)
        except HanzeError as error:
            return _failed(error, snapshot)
        await put_entities(
            self._store,
            place_of(snapshot.slot),
            packed,
            check=partial(_check, snapshot=snapshot),
            now=origin.now,
        )
        return _done(warnings, found=bool(packed))

    async def _evolutions(
        self, snapshot: Snapshot, origin: Origin, query: SnapshotQuery, budget: Budget
    ) -> QueryResult:
        several = len(snapshot.temporal_queries) > 1
        try:
            evolutions, warnings = await self._collector.evolutions(
                origin, query, budget, several=several
            )
        except HanzeError as error:
            return _failed(error, snapshot)
        await put_evolutions(
            self._store,
            place_of(snapshot.slot),
            evolutions,
            check=partial(_check, snapshot=snapshot),
            now=origin.now,
        )
        return _done(warnings, found=bool(evolutions))


def _check(uow: UnitOfWork, snapshot: Snapshot) -> None:
    """See that a Snapshot is still there: a place that others may get must not be written to."""
    if slot_in_use(uow.registers, snapshot.tenant, snapshot.id) != snapshot.slot:
        raise SnapshotGone(snapshot.id)


def _done(warnings: Sequence[str], *, found: bool) -> QueryResult:
    """Say what a query that was executed came to; what sources withheld is told with it."""
    problem: JsonObject | None = None
    if warnings:
        problem = {
            "type": "about:blank",
            "title": "Not all sources answered",
            "detail": "; ".join(warnings),
        }
    return QueryResult(ResultStatus.SUCCESS if found else ResultStatus.EMPTY, problem)


def _failed(error: HanzeError, snapshot: Snapshot) -> QueryResult:
    _log.info("A query of snapshot %s failed: %s", snapshot.id, error)
    return QueryResult(ResultStatus.FAILURE, problem_of_error(error))


def problem_of_error(error: HanzeError) -> JsonObject:
    """Write why a query failed (RFC 7807, 5.5.3)."""
    kind, title = next(
        (_FAMILIES[one] for one in type(error).__mro__ if one in _FAMILIES), _INTERNAL
    )
    return {"type": kind, "title": title, "detail": str(error)}
