"""`/subscriptions` and `/csourceSubscriptions`: who wants to be told of what (CIM 009, 6.10 to 6.13).

Both are written and answered alike; the first segment of the path says which are meant.

Subscriptions name their receivers, and what these are to be shown to let a message in. So not even
their reading is open to everyone.
"""

from collections.abc import Mapping
from urllib.parse import quote

from hanze.broker.distribution.via import alias_in, passed_by
from hanze.broker.distribution.warnings import LoopDetected
from hanze.broker.subscription import SubscriptionNotFound, Subscriptions
from hanze.errors import Denied
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject
from hanze.ngsild.representation.versions import conformant_version
from hanze.ngsild.subscription.model import Subscription, SubscriptionState
from hanze.ngsild.subscription.render import render_subscription
from hanze.ngsild.terms import API_PATH
from hanze.web.api.bodies import context_of, read_fragment, read_object
from hanze.web.api.parameters import Parameters, url_parameters
from hanze.web.api.rendering import json_ld_response
from hanze.web.caller import require_subscriber, require_writer
from hanze.web.http import Request, Response
from hanze.web.negotiation import accepted_media, preferences

__all__ = [
    "QUERY_PARAMETERS",
    "RETRIEVE_PARAMETERS",
    "NotAMembersAddress",
    "create",
    "delete",
    "query",
    "retrieve",
    "update",
]

RETRIEVE_PARAMETERS = frozenset({"options"})
QUERY_PARAMETERS = RETRIEVE_PARAMETERS | {"limit", "offset", "count"}

_DEFAULT_LIMIT = 20
_MAX_LIMIT = 1000
#: The polygon of a district and thousands of ids fit.
_LONGEST = 1 << 20


class NotAMembersAddress(Denied):
    """A member of the league subscribes for somebody else."""

    def __init__(self) -> None:
        super().__init__(
            "A member of the league is notified at its own address; "
            "notification.endpoint.uri is another one"
        )


async def create(request: Request) -> Response:
    """Create Subscription (6.10.3.1)."""
    url_parameters(request.query, frozenset())
    body, context = await read_object(request, limit=_LONGEST)
    owner = _owner(request)
    if owner:
        _check_address(request, body)
    subscription_id = await _service(request).create(
        request.caller, body, context, via=_via(request), owner=owner, now=request.node.clock()
    )
    location = f"{API_PATH}/{request.segments[0]}/" + quote(subscription_id, safe=":@!$&'()*+,;=")
    return Response(201, b"", [(b"location", location.encode())])


async def query(request: Request) -> Response:
    """Query Subscriptions (6.10.3.2)."""
    require_writer(request.caller)
    parameters = url_parameters(request.query, QUERY_PARAMETERS)
    limit, offset, count = parameters.page(default=_DEFAULT_LIMIT, maximum=_MAX_LIMIT)
    context = await context_of(request)
    page = _service(request).query(request.caller, limit=limit, offset=offset)
    sys_attrs = _sys_attrs(parameters)
    shown = [_shown(request, one, context, sys_attrs=sys_attrs) for one in page.subscriptions]
    response = await _answer(request, shown, context)
    if count:
        response.headers.append((b"ngsild-results-count", str(page.count).encode()))
    if limit and page.offset + limit < page.count:
        response.headers.append(_page_link(request, limit, page.offset + limit, "next"))
    if limit and page.offset:
        response.headers.append(_page_link(request, limit, max(0, page.offset - limit), "prev"))
    return response


async def retrieve(request: Request) -> Response:
    """Retrieve Subscription (6.11.3.1)."""
    parameters = url_parameters(request.query, RETRIEVE_PARAMETERS)
    found = _own(request)
    context = await context_of(request)
    shown = _shown(request, found, context, sys_attrs=_sys_attrs(parameters))
    return await _answer(request, shown, context)


async def update(request: Request) -> Response:
    """Update Subscription (6.11.3.2)."""
    url_parameters(request.query, frozenset())
    # What is not there is told before what is wrong with the fragment (5.8.2.4).
    _own(request)
    fragment, context = await read_fragment(request, limit=_LONGEST)
    if _owner(request) and "notification" in fragment:
        _check_address(request, fragment)
    await _service(request).update(
        request.caller, request.segments[1], fragment, context, now=request.node.clock()
    )
    return Response(204)


async def delete(request: Request) -> Response:
    """Delete Subscription (6.11.3.3)."""
    url_parameters(request.query, frozenset())
    _own(request)
    await _service(request).delete(request.caller, request.segments[1])
    return Response(204)


def _service(request: Request) -> Subscriptions:
    about_sources = request.segments[0] == "csourceSubscriptions"
    return request.node.source_subscriptions if about_sources else request.node.subscriptions


def _owner(request: Request) -> str:
    """Name a member of the league that subscribes; "" for who may write."""
    caller = request.caller
    return "" if "writer" in caller.roles else caller.actor


def _own(request: Request) -> tuple[Subscription, SubscriptionState]:
    """Find the subscription that the path names, if it is the caller's to see and to change."""
    require_subscriber(request.caller)
    found = _service(request).retrieve(request.caller, request.segments[1])
    owner = _owner(request)
    if owner and found[0].owner != owner:
        # Whether it is there is told to nobody else.
        raise SubscriptionNotFound(request.segments[1])
    return found


def _check_address(request: Request, body: JsonObject) -> None:
    """See that a member has nobody notified but itself.

    Raises:
        NotAMembersAddress: The endpoint is none of a confirmed member.
    """
    notification = body.get("notification")
    endpoint = notification.get("endpoint") if isinstance(notification, Mapping) else None
    uri = endpoint.get("uri") if isinstance(endpoint, Mapping) else None
    addresses = request.node.league.addresses
    if not isinstance(uri, str) or not addresses.is_of(request.caller.actor, uri):
        raise NotAMembersAddress


def _via(request: Request) -> tuple[str, ...]:
    """Read which nodes a subscription has passed (6.3.18).

    Raises:
        LoopDetected: This node is among them: it would be told of what it tells itself.
    """
    field = request.header(b"via")
    passed = () if field is None else passed_by(field.decode("latin-1"))
    if alias_in(request.node.alias, request.caller.tenant) in passed:
        raise LoopDetected("The subscription comes from this node, by way of others")
    return passed


def _sys_attrs(parameters: Parameters) -> bool:
    return "sysAttrs" in parameters.options(frozenset({"sysAttrs"}))


def _shown(
    request: Request,
    found: tuple[Subscription, SubscriptionState],
    context: Context,
    *,
    sys_attrs: bool,
) -> JsonObject:
    subscription, state = found
    return render_subscription(
        subscription, context, state, sys_attrs=sys_attrs, now=request.node.clock()
    )


async def _answer(
    request: Request, value: JsonObject | list[JsonObject], context: Context
) -> Response:
    response = await json_ld_response(request, value, context)
    version = preferences(request.header(b"prefer")).version
    if version is not None:
        # Subscriptions are the same in all versions of the standard (4.3.6.8).
        major, minor = conformant_version(version)
        response.headers.append((b"preference-applied", f"ngsi-ld={major}.{minor}".encode()))
    return response


def _page_link(request: Request, limit: int, offset: int, rel: str) -> tuple[bytes, bytes]:
    rest = [
        part
        for part in request.query.decode("latin-1").split("&")
        if part and part.partition("=")[0] not in {"limit", "offset"}
    ]
    rest += [f"limit={limit}", f"offset={offset}"]
    media = accepted_media(request.header(b"accept")).value
    target = f"{API_PATH}/{request.segments[0]}?{'&'.join(rest)}"
    return b"link", f'<{target}>; rel="{rel}"; type="{media}"'.encode("latin-1")
