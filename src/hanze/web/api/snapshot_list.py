"""`/api/v1/snapshots`: which there are; the standard has no operation for that (CIM 009, 6.36)."""

from hanze.ngsild.snapshot.model import Snapshot
from hanze.web.api.frame import Answer, ApiRoute, Ask

__all__ = ["ROUTES"]


class ListedSnapshot(Answer, frozen=True):
    """A Snapshot in the list; moments as DateTime text.

    Attributes:
        id: URI, for the header NGSILD-Snapshot.
        status: preparing, success, partial, empty or failure.
        priority: 1 to 10; the lowest goes first where there is no room.
        queries: How many it is made of.
        temporal_queries: The same.
        cloned_from: The snapshot that it is a clone of.
        created_at: When it was asked for.
        expires_at: When it goes.
        last_used_at: When somebody worked with it.
    """

    id: str
    status: str
    priority: int
    created_at: str
    expires_at: str
    last_used_at: str
    queries: int = 0
    temporal_queries: int = 0
    cloned_from: str | None = None


class SnapshotList(Answer, frozen=True):
    """The Snapshots on the tenant that is asked.

    Attributes:
        snapshots: In the order of their creation.
    """

    snapshots: tuple[ListedSnapshot, ...] = ()


async def list_snapshots(ask: Ask) -> SnapshotList:
    """List the snapshots on a tenant."""
    found = ask.node.snapshots.listed(ask.caller, now=ask.now)
    return SnapshotList(snapshots=tuple(map(_listed, found)))


def _listed(snapshot: Snapshot) -> ListedSnapshot:
    return ListedSnapshot(
        id=snapshot.id,
        status=snapshot.status.value,
        priority=snapshot.priority,
        created_at=snapshot.created_at,
        expires_at=snapshot.expires_at,
        last_used_at=snapshot.last_used_at,
        queries=len(snapshot.queries),
        temporal_queries=len(snapshot.temporal_queries),
        cloned_from=snapshot.cloned_from,
    )


ROUTES = (ApiRoute("GET", "/snapshots", list_snapshots, SnapshotList),)
