"""`/snapshots`, and operations on one by the header NGSILD-Snapshot (CIM 009, 6.3.22, 6.36 to 6.38).

Anyone may see what Snapshots are made of; what the node shows to a receiver to be let in, only those
see who may write.
"""

from typing import Final
from urllib.parse import quote

from hanze.errors import InvalidInput, NotSupported
from hanze.ngsild.snapshot.model import Snapshot
from hanze.ngsild.snapshot.render import render_snapshot
from hanze.ngsild.terms import API_PATH
from hanze.web.api.bodies import context_of, read_fragment, read_object
from hanze.web.api.origin import origin_of
from hanze.web.api.parameters import url_parameters
from hanze.web.api.rendering import json_ld_response
from hanze.web.caller import require_writer
from hanze.web.http import Request, Response

__all__ = [
    "HEADER",
    "PURGE_PARAMETERS",
    "clone",
    "create",
    "delete",
    "enter_snapshot",
    "is_permitted",
    "purge",
    "retrieve",
    "update",
]

#: Names the Snapshot that an operation is applied to (6.3.22).
HEADER: Final = b"ngsild-snapshot"
PURGE_PARAMETERS: Final = frozenset({"q"})

_NONE: Final[frozenset[str]] = frozenset()
#: Thousands of ids and the polygons of districts fit.
_LONGEST: Final = 4 << 20
#: Resources whose operations can be limited to this node (6.3.18): on a Snapshot they always are.
_LIMITABLE: Final = frozenset({"entities", "types", "attributes", "entityOperations", "temporal"})
#: What works on a Snapshot besides (table 4.3.5-1).
_OTHERS: Final = frozenset({"subscriptions", "entityMaps"})


async def create(request: Request) -> Response:
    """Create Snapshot (6.36.3.1)."""
    url_parameters(request.query, _NONE)
    body, context = await read_object(request, limit=_LONGEST)
    node = request.node
    snapshot_id = await node.snapshots.create(
        request.caller, body, context, origin=origin_of(request, context, node.clock())
    )
    return _created(snapshot_id)


async def clone(request: Request) -> Response:
    """Clone Snapshot (6.38.3.1)."""
    url_parameters(request.query, _NONE)
    body, context = await read_object(request, limit=_LONGEST)
    node = request.node
    snapshot_id = await node.snapshots.clone(
        request.caller,
        request.segments[1],
        body,
        context,
        origin=origin_of(request, context, node.clock()),
    )
    return _created(snapshot_id)


async def retrieve(request: Request) -> Response:
    """Retrieve Snapshot Status (6.37.3.1)."""
    url_parameters(request.query, _NONE)
    node = request.node
    found = node.snapshots.retrieve(request.caller, request.segments[1], now=node.clock())
    return await _answer(request, found)


async def update(request: Request) -> Response:
    """Update Snapshot Status (6.37.3.2)."""
    url_parameters(request.query, _NONE)
    node, snapshot_id = request.node, request.segments[1]
    # What is not there is told before what is wrong with the fragment (5.16.4.4).
    node.snapshots.retrieve(request.caller, snapshot_id, now=node.clock())
    fragment, _ = await read_fragment(request, limit=_LONGEST)
    updated = await node.snapshots.update(request.caller, snapshot_id, fragment, now=node.clock())
    return await _answer(request, updated)


async def delete(request: Request) -> Response:
    """Delete Snapshot (6.37.3.3)."""
    url_parameters(request.query, _NONE)
    node = request.node
    await node.snapshots.delete(request.caller, request.segments[1], now=node.clock())
    return Response(204)


async def purge(request: Request) -> Response:
    """Purge Snapshots (6.36.3.2)."""
    parameters = url_parameters(request.query, PURGE_PARAMETERS)
    node = request.node
    await node.snapshots.purge(request.caller, parameters.get("q"), now=node.clock())
    return Response(204)


def is_permitted(resource: str) -> bool:
    """Tell whether operations on a resource can be applied to a Snapshot (table 4.3.5-1).

    Args:
        resource: First segment of the path.
    """
    return resource in _LIMITABLE or resource in _OTHERS


def enter_snapshot(request: Request, header: bytes) -> None:
    """Have a request apply to a Snapshot, and to nothing else (5.5.15).

    Args:
        header: The Snapshot's id.

    Raises:
        NotSupported: The operation is none that Snapshots permit (table 4.3.5-1).
        InvalidInput: The id is no URI.
        SnapshotNotFound: There is no such Snapshot on the tenant.
        SnapshotNotReady: Nothing can be done with it.
    """
    first = request.segments[0]
    if not is_permitted(first):
        raise NotSupported(f"{API_PATH}/{first[:50]} has no part in snapshots")
    if first == "subscriptions":
        # Members of the league subscribe to what is shared with them; Snapshots are not.
        require_writer(request.caller)
    try:
        snapshot_id = header.decode("ascii").strip()
    except UnicodeDecodeError:
        raise InvalidInput(
            "NGSILD-Snapshot must be a URI", field="NGSILD-Snapshot", clause="6.3.22"
        ) from None
    node = request.node
    request.caller = node.snapshots.enter(request.caller, snapshot_id, now=node.clock())
    if first in _LIMITABLE or (first == "entityMaps" and len(request.segments) == 1):
        # What a client says of it is ignored (6.3.18).
        said = [part for part in request.query.split(b"&") if part and not _is_local(part)]
        request.query = b"&".join([*said, b"local=true"])


def _is_local(parameter: bytes) -> bool:
    return parameter.partition(b"=")[0] == b"local"


def _created(snapshot_id: str) -> Response:
    location = f"{API_PATH}/snapshots/" + quote(snapshot_id, safe=":@!$&'()*+,;=")
    return Response(201, b"", [(b"location", location.encode())])


async def _answer(request: Request, snapshot: Snapshot) -> Response:
    context = await context_of(request)
    shown = render_snapshot(snapshot, context, hides="writer" not in request.caller.roles)
    return await json_ld_response(request, shown, context)
