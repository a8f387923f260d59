"""The frame of `/api/v1`: typed parameters and bodies in, JSON or a problem (RFC 9457) out.

A module of this package has a table `ROUTES`. What a route takes and answers are msgspec structs,
so that reading, checking and the OpenAPI document come from one definition.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import UnionType
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from hanze.collaboration.members import member_of
from hanze.connectors.spool import SpoolFull
from hanze.errors import HanzeError, InvalidInput, MalformedBody, NotFound
from hanze.identity.allowance import TooOften
from hanze.identity.caller import Caller
from hanze.identity.purpose import PURPOSE_HEADER
from hanze.node.node import Node
from hanze.node.source_state import SourcePaused
from hanze.web.api.wording import wrong_input
from hanze.web.caller import caller_of, require_writer
from hanze.web.http import BodyTooLarge, MethodNotAllowed
from hanze.web.negotiation import UnsupportedMedia, tenant_name
from hanze.web.problems import problem_details, problem_of
from hanze.web.signed import member_of_scope
from hanze.web.tracing import traced

__all__ = [
    "PREFIX",
    "Answer",
    "ApiRoute",
    "Ask",
    "Handler",
    "Id",
    "PathNotFound",
    "Taken",
    "json_of",
    "routes_of",
]

PREFIX: Final = "/api/v1"

#: Of a record or entity, as a request names it.
Id = Annotated[str, Meta(min_length=1, max_length=2_000)]

P = TypeVar("P", bound=msgspec.Struct)
logger = logging.getLogger(__name__)

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_READABLE_ELSEWHERE: Final = {"access-control-allow-origin": "*"}


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The base of what is answered: members in camelCase, what says nothing left out."""


class Taken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The base of parameters and bodies: members in camelCase, unknown ones refused."""


class PathNotFound(NotFound):
    """Nothing below `/api/v1` has this path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path[:200]} is no address of this node; `/openapi.json` lists them")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request below `/api/v1`.

    Attributes:
        node: The node that is asked.
        request: As Starlette gives it; `request.path_params` holds what the path names.
        caller: Who asks.
        now: When, as DateTime text.
    """

    node: Node
    request: Request
    caller: Caller
    now: str

    @property
    def today(self) -> date:
        """The day of the request where the node is, as its pages have it."""
        zone = ZoneInfo(self.node.settings.portal.timezone)
        return datetime.fromisoformat(self.now).astimezone(zone).date()

    @property
    def base_url(self) -> str:
        """Where the node is reached: as configured, else as the request has it."""
        return self.node.settings.server.base_url or str(self.request.base_url).rstrip("/")

    def path(self, name: str) -> str:
        """Return what the path names."""
        return str(self.request.path_params[name])

    def parameters(self, kind: type[P]) -> P:
        """Read the URL parameters; one given twice is a list.

        Raises:
            InvalidInput: One is unknown or wrong.
        """
        names = {field.encode_name for field in msgspec.structs.fields(kind)}
        found: dict[str, str | list[str]] = {}
        for name, value in self.request.query_params.multi_items():
            if name not in names:
                raise InvalidInput(
                    f"Parameter {name[:60]} does not exist; there are: {', '.join(sorted(names))}",
                    field=name[:60],
                )
            known = found.get(name)
            if known is None:
                found[name] = value
            else:
                found[name] = [*(known if isinstance(known, list) else [known]), value]
        return _convert(found, kind, strict=False)

    async def body(self, kind: type[P], *, most_kb: int | None = None) -> P:
        """Read the JSON body.

        Args:
            most_kb: How long it may be, where that is less than the node takes of those who may
                write.

        Raises:
            UnsupportedMedia: It is not said to be JSON: pages of other sites can send anything else.
            BodyTooLarge: It is longer than the node takes.
            MalformedBody: It is no JSON.
            InvalidInput: A member is unknown or wrong.
        """
        media = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json" and not media.endswith("+json"):
            raise UnsupportedMedia(
                f"The body must be application/json, not {media[:60] or 'untold'}"
            )
        limit = self.node.settings.server.max_body_mb * 1024 * 1024
        if most_kb is not None:
            limit = min(limit, most_kb * 1024)
        raw = await self.content(limit)
        try:
            json = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedBody(f"The body is not valid JSON: {error}") from error
        return _convert(json, kind, strict=True)

    async def content(self, limit: int) -> bytes:
        """Read the body as it is, of at most so many bytes.

        Raises:
            BodyTooLarge: It is longer.
            MalformedBody: It ends too early.
        """
        raw = bytearray()
        try:
            async for chunk in self.request.stream():
                raw += chunk
                if len(raw) > limit:
                    raise BodyTooLarge(f"The body has more than {limit} bytes, which is the most")
        except ClientDisconnect as error:
            raise MalformedBody("The body ends too early") from error
        return bytes(raw)


#: Answers a struct (as JSON), or a response of its own making (a file, a 201).
Handler = Callable[[Ask], Awaitable[object]]


class _Whole(Convertor[int]):
    """A whole number in a path, `{number:whole}`: Starlette's own fails over thousands of digits."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("whole", _Whole())


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One operation.

    Attributes:
        method: HTTP method.
        path: Below `root`, as Starlette writes it: "/records/{id:path}".
        handler: Its docstring says what it does.
        answers: What it answers with 200; `None` where it makes its own response.
        parameters: Its URL parameters.
        body: Its body.
        takes: Media types of its body, where that is a file.
        writes: Whether only those may who may write; computing with POST is reading.
        limited: Whether it is refused to those who ask too often.
        own_secret: Whether the handler itself sees who asks: nobody is, for it.
        status: Of success.
        media: Of success, where it is not JSON.
        root: Where paths begin; another one only where a standard says so.
    """

    method: str
    path: str
    handler: Handler
    answers: type[msgspec.Struct] | UnionType | None = None
    parameters: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    takes: tuple[str, ...] = ()
    writes: bool = False
    limited: bool = False
    own_secret: bool = False
    status: int = 200
    media: tuple[str, ...] = ("application/json",)
    root: str = PREFIX


def routes_of(node: Node, tables: Sequence[Sequence[ApiRoute]]) -> list[BaseRoute]:
    """Make Starlette's routes of tables, and one for every path that is left."""
    routes: list[BaseRoute] = [
        Route(one.root + one.path, _endpoint(node, one), methods=[one.method])
        for table in tables
        for one in table
    ]

    roots = {one.root + "/" for table in tables for one in table}
    return [*routes, _Other(routes, tuple(roots))]


class _Other(BaseRoute):
    """Answers what no route does, whatever the method.

    Not a `Route`: that asks a function only for the methods that it lists, and its patterns do not
    match a path with a line feed in it.
    """

    def __init__(self, routes: Sequence[BaseRoute], roots: tuple[str, ...]) -> None:
        self._routes = routes
        self._roots = roots

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        below = scope["type"] == "http" and scope["path"].startswith(self._roots)
        return (Match.FULL if below else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        matching = (one for one in self._routes if one.matches(scope)[0] is not Match.NONE)
        methods = {name for one in matching for name in getattr(one, "methods", None) or ()}
        error = MethodNotAllowed(scope["method"], tuple(sorted(methods)))
        response = _problem(error if methods else PathNotFound(scope["path"]))
        await response(scope, receive, send)


def json_of(value: object, status: int = 200) -> Response:
    """Render a struct as JSON."""
    return Response(_encode(value), status_code=status, media_type="application/json")


def _endpoint(node: Node, route: ApiRoute) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            response = await _answer(node, route, request)
        except HanzeError as error:
            response = _problem(error)
        except Exception:  # the outermost loop: a client gets a problem, the log the trace
            logger.exception("A request failed")
            response = _problem(HanzeError("The operation could not be completed"))
        if route.method == "GET":
            response.headers.update(_READABLE_ELSEWHERE)
        return response

    return answer


async def _answer(node: Node, route: ApiRoute, request: Request) -> Response:
    authorization = None if route.own_secret else request.headers.get("authorization")
    tenant = request.headers.get("ngsild-tenant")
    purpose = request.headers.get(PURPOSE_HEADER)
    caller = caller_of(
        node,
        authorization.encode("latin-1") if authorization is not None else None,
        tenant_name(tenant.encode("latin-1") if tenant is not None else None),
        member_of_scope(request.scope),
        purpose=None if purpose is None else purpose.encode("latin-1"),
        scope=request.scope,
    )
    traceparent = request.headers.get("traceparent")
    caller = traced(caller, None if traceparent is None else traceparent.encode("latin-1"))
    if route.writes:
        require_writer(caller)
        if caller.tenant:
            # What is written elsewhere would belong to nobody's overview.
            member_of(node.store.registers, caller.tenant)
    found = await route.handler(Ask(node, request, caller, node.clock()))
    return found if isinstance(found, Response) else json_of(found, route.status)


def _problem(error: HanzeError) -> Response:
    problem = problem_of(error)
    if problem.status >= 500:
        logger.error("%s: %s", type(error).__name__, error)
    response = Response(
        msgspec.json.encode(problem_details(error)),
        status_code=problem.status,
        media_type="application/problem+json",
    )
    if problem.status == 401:
        response.headers["www-authenticate"] = "Bearer"
    if isinstance(error, TooOften | SpoolFull | SourcePaused):
        response.headers["retry-after"] = str(error.retry_after_s)
    if isinstance(error, MethodNotAllowed):
        response.headers["allow"] = ", ".join(error.allowed)
    return response


def _convert(value: Any, kind: type[P], *, strict: bool) -> P:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise wrong_input(error, value, kind) from error
