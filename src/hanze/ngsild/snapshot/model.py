"""Snapshots as values (CIM 009, 4.3.7, 5.2.41, 5.2.42).

All names are IRIs. How a Snapshot was written is kept beside what it means.
"""

from collections.abc import Sequence
from enum import Enum

import msgspec

from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.query.tree import EntityQuery, QueryNode
from hanze.ngsild.subscription.model import Asker
from hanze.ngsild.temporal.model import TemporalQuery

__all__ = ["QueryResult", "ResultStatus", "Snapshot", "SnapshotQuery", "Status", "status_of"]


class Status(Enum):
    """How far a Snapshot is (table 5.2.41-2)."""

    PREPARING = "preparing"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILURE = "failure"
    EMPTY = "empty"

    @property
    def is_usable(self) -> bool:
        """Whether operations can be executed on it."""
        return self in (Status.SUCCESS, Status.PARTIAL, Status.EMPTY)


class ResultStatus(Enum):
    """How the execution of a query ended (5.2.42)."""

    SUCCESS = "success"
    FAILURE = "failure"
    EMPTY = "empty"


class QueryResult(msgspec.Struct, frozen=True):
    """How the execution of a query ended, and what there is to say of it (5.2.42).

    Attributes:
        problem: ProblemDetails (RFC 7807): why it failed, or what is missing although it did not.
    """

    status: ResultStatus
    problem: JsonObject | None = None


class SnapshotQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for a Snapshot: a Query (5.2.23) without what concerns its answer alone.

    Attributes:
        query: Expanded, without its page.
        local: It asks for every type, which only this node is asked for (5.2.33).
        names: IRIs of the only attributes that are wanted; `None` for all.
        projection: Which members are kept.
        datasets: Only these instances, `None` among them for the default ones; `None` for all.
        csf: Only sources whose registrations meet it are asked.
        split: Whether entities may be split over sources; `None` where that is not said.
        join_level: How many relationships away linked entities are wanted too.
        contained_by: Ids that are not among these.
        temporal: The range in time; there in temporal queries, and only there.
        last_n: At most so many instances per attribute, the latest.
    """

    query: EntityQuery
    local: bool = False
    names: frozenset[str] | None = None
    projection: Projection | None = None
    datasets: frozenset[str | None] | None = None
    csf: QueryNode | None = None
    split: bool | None = None
    join_level: int = 0
    contained_by: frozenset[str] = frozenset()
    temporal: TemporalQuery | None = None
    last_n: int | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A Snapshot, and how far it is.

    Attributes:
        id: URI.
        tenant: On which it is created (5.5.15).
        slot: Number of the place where its entities are.
        cloned_from: Id of the Snapshot that it is a clone of.
        queries: What it is made of; so for the next.
        temporal_queries: ...
        priority: 1 to 10; the lowest goes first where there is no room.
        endpoint: Who is told of changes of its status.
        receiver_info: Headers for that.
        document: How it was written, without what the node generates.
        context: The @context of the document.
        status: ...
        results: One per query, in their order, once they were executed; so for the next.
        temporal_results: ...
        tries: How often its preparation was begun.
        created_at: DateTime text; so for the next three.
        modified_at: ...
        expires_at: ...
        last_used_at: ...
        asker: Who asked for it: what was found is what they might read.
    """

    id: str
    tenant: str
    slot: int
    cloned_from: str | None = None
    queries: tuple[SnapshotQuery, ...] = ()
    temporal_queries: tuple[SnapshotQuery, ...] = ()
    priority: int
    endpoint: str | None = None
    receiver_info: tuple[tuple[str, str], ...] = ()
    document: JsonObject
    context: Context
    status: Status = Status.PREPARING
    results: tuple[QueryResult, ...] = ()
    temporal_results: tuple[QueryResult, ...] = ()
    tries: int = 0
    created_at: str
    modified_at: str
    expires_at: str
    last_used_at: str
    asker: Asker | None = None


def status_of(results: Sequence[QueryResult]) -> Status:
    """Say what the results of all queries make of a Snapshot (5.16.1.4)."""
    found = {result.status for result in results}
    if found == {ResultStatus.SUCCESS}:
        return Status.SUCCESS
    if ResultStatus.SUCCESS in found:
        return Status.PARTIAL
    return Status.EMPTY if ResultStatus.EMPTY in found else Status.FAILURE
