"""What is asked of a Context Source, and how the request looks (CIM 009, 4.3.6.4 to 4.3.6.8, 6.3.19)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

import orjson

from hanze.broker.distribution.ports import ANYBODY, ON_BEHALF, PURPOSE, TRACEPARENT
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.representation.versions import conformant_version
from hanze.ngsild.representation.versions_json import conform_json
from hanze.ngsild.terms import API_PATH, JSON_LD_REL

__all__ = [
    "JSON",
    "LD_JSON",
    "MAP_HEADER",
    "NAME",
    "Asking",
    "Call",
    "SourceInfo",
    "asking_of",
    "body_of",
    "embeds",
    "headers_of",
    "no_query",
    "segment",
    "source_info_of",
    "url_of",
    "with_map",
    "without_map",
]

#: Stands in a path for a name, which no encoded segment can: it is written as the source reads it.
NAME: Final = "{name}"

#: Names an entity map (table 6.4.3.2-2).
MAP_HEADER: Final = "ngsild-entitymap"

JSON: Final = "application/json"
LD_JSON: Final = "application/ld+json"

#: Stands for what the request says that led to this one (4.3.6.5).
_FROM_REQUEST: Final = "urn:ngsi-ld:request"

#: Headers of HTTP itself, and those that other members of the registration decide (6.3.19).
_IGNORED: Final = frozenset(
    {
        *("connection", "content-length", "expect", "host", "keep-alive", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade", "accept-encoding", "content-encoding"),
        *("ngsild-tenant", "via", "proxy-authorization", ON_BEHALF, PURPOSE, TRACEPARENT),
    }
)
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")
_VERSION: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")
#: Slashes in "entities/{id}/attrs/{attrId}".
_TO_ATTRIBUTE: Final = 3
_LINK_TARGET: Final = re.compile(r"\s*<([^>]*)>")


def segment(text: str) -> str:
    """Write a text as one segment of a path.

    Colons of URIs stay as they are (RFC 3986, 3.3): not every server decodes before it compares.
    """
    return quote(text, safe=":@!$&'()*+,;=")


def no_query(_context: Context) -> Sequence[tuple[str, str]]:
    """Ask without parameters."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation at a Context Source.

    Its names are written by functions of an @context: a registration may want another one than
    that of the request (4.3.6.6).

    Attributes:
        method: GET, POST, PATCH, PUT or DELETE.
        path: Below `/ngsi-ld/v1`, without a slash at its start, percent-encoded:
            "entities/urn:1".
        query: Gives the parameters, not encoded; `local=true` is added where it is wanted.
        body: Gives the body, without an @context.
        headers: More headers, e.g. `NGSILD-EntityMap`.
        statuses: That are answers, besides 2xx and 404: all others are failures.
        uses_context: Whether names are in it, or in its answer: without them no @context is sent.
        name: IRI of the type or attribute that stands in the path for `NAME`, where that is there.
    """

    method: str
    path: str
    query: Callable[[Context], Sequence[tuple[str, str]]] = no_query
    body: Callable[[Context], JsonValue] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    statuses: frozenset[int] = frozenset()
    uses_context: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom, and for what, a source is asked.

    Attributes:
        for_anybody: Who asks is not of this node: what is shared with the node alone is not for
            them, and what the node's organisation agreed is not either.
        purpose: IRI: for which the node's organisation asks; "" where it says none.
        traceparent: Where the request belongs; "" where nothing is logged of it.
    """

    for_anybody: bool = False
    purpose: str = ""
    traceparent: str = ""


def asking_of(caller: Caller, own: str) -> Asking:
    """Say for whom a caller's request asks at other nodes.

    A node vouches for its own organisation alone: whoever asks for another one, or for themselves,
    gets there what anybody gets.

    Args:
        own: Id of the organisation that runs this node; "" where it is not said.
    """
    trace = "" if caller.trace is None else caller.trace.header
    is_own = caller.organisation == own if caller.organisation else caller.is_own
    if not is_own:
        return Asking(for_anybody=True, traceparent=trace)
    return Asking(purpose=caller.purpose or "", traceparent=trace)


def with_map(call: Call, location: str | None) -> Call:
    """Have a source use the entity map that it made (5.5.14).

    Args:
        call: What is asked.
        location: The map, as the source calls it; `None` where there is none.
    """
    if location is None:
        return call
    return replace(call, headers=(*call.headers, (MAP_HEADER, location)))


def without_map(call: Call) -> Call | None:
    """Give the same call without an entity map; `None` where it has none.

    A source may find that what is asked is not what its map was made for.
    """
    headers = tuple(pair for pair in call.headers if pair[0] != MAP_HEADER)
    return None if headers == call.headers else replace(call, headers=headers)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What contextSourceInfo says, with what the request says put in.

    Attributes:
        headers: To be sent as they are; names in lower case.
        context: URL of the @context that the source wants.
        accept: Media type of its answers.
        content_type: Media type of bodies that it takes.
        version: Of the standard that it follows, e.g. "1.5".
    """

    headers: tuple[tuple[str, str], ...] = ()
    context: str | None = None
    accept: str | None = None
    content_type: str | None = None
    version: str | None = None


def source_info_of(registration: Registration, request: Mapping[str, str]) -> SourceInfo:
    """Read contextSourceInfo (4.3.6.5, 4.3.6.6, 6.3.19).

    Args:
        registration: What breaks HTTP in it, or is not its to say, is passed over.
        request: Headers of the request that is distributed, names in lower case.
    """
    headers: dict[str, str] = {}
    special: dict[str, str] = {}
    for key, given in registration.source_info:
        name = key.lower()
        value = request.get(_HEADER_OF.get(name, name), "") if given == _FROM_REQUEST else given
        if not value or name in _IGNORED:
            continue
        if name in _SPECIAL:
            special[_SPECIAL[name]] = value
        elif name == "link" and JSON_LD_REL in value:
            target = _LINK_TARGET.match(value)
            if target is not None and given != _FROM_REQUEST:
                special.setdefault("context", target.group(1))
        elif _NAME.fullmatch(name) and _VALUE.fullmatch(value):
            headers[name] = value
    version = special.get("version", "")
    return SourceInfo(
        headers=tuple(headers.items()),
        context=special.get("context"),
        accept=_media(special.get("accept")),
        content_type=_media(special.get("content_type")),
        version=version if _VERSION.fullmatch(version) else None,
    )


#: Keys of their own meaning (4.3.6.6), as they are and as the headers that they stand for.
_SPECIAL: Final = {
    "accept": "accept",
    "contenttype": "content_type",
    "content-type": "content_type",
    "jsonldcontext": "context",
    "ngsildconformance": "version",
}
_HEADER_OF: Final = {"contenttype": "content-type"}


def _media(text: str | None) -> str | None:
    name = (text or "").split(";")[0].strip().lower()
    return name if name in (JSON, LD_JSON) else None


def url_of(registration: Registration, call: Call, context: Context) -> str:
    """Write the whole URL of a request."""
    pairs = list(call.query(context))
    if registration.management.local_only and ("local", "true") not in pairs:
        pairs.append(("local", "true"))
    # Plain in a query (RFC 3986, 3.4), and most of what is in one: URIs and lists of them.
    query = urlencode(pairs, quote_via=quote, safe=":/,")
    path = call.path.replace(NAME, segment(context.compact_name(call.name)))
    return f"{registration.endpoint}{API_PATH}/{path}{'?' if query else ''}{query}"


def headers_of(
    registration: Registration,
    info: SourceInfo,
    call: Call,
    *,
    via: str,
    link: str | None,
    content_type: str | None,
    asking: Asking,
) -> tuple[tuple[str, str], ...]:
    """Write the headers of a request; what the node itself says wins (6.3.19).

    Args:
        registration: Names the tenant.
        info: What else the source is told.
        call: What is asked.
        via: The field's value.
        link: URL of the @context, where it goes into a header.
        content_type: Of the body, if there is one.
        asking: For whom it is.
    """
    headers = {"accept": info.accept or JSON, **dict(info.headers), **dict(call.headers)}
    headers["via"] = via
    if registration.tenant:
        headers["ngsild-tenant"] = registration.tenant
    if link is not None:
        headers["link"] = f'<{link}>; rel="{JSON_LD_REL}"; type="{LD_JSON}"'
    if content_type is not None:
        headers["content-type"] = content_type
    if asking.for_anybody:
        headers[ON_BEHALF] = ANYBODY
    if asking.purpose:
        headers[PURPOSE] = asking.purpose
    if asking.traceparent:
        headers[TRACEPARENT] = asking.traceparent
    return tuple(headers.items())


def body_of(call: Call, context: Context, info: SourceInfo, *, embedded: bool) -> bytes | None:
    """Write the body of a call, if it has one.

    Args:
        call: What is asked.
        context: Of its names.
        info: Says which version of the standard the source follows.
        embedded: Whether the @context goes into it (6.3.5).

    Raises:
        InvalidInput: A number in it is too large for JSON as others read it.
    """
    if call.body is None:
        return None
    json = call.body(context)
    if info.version is not None and _is_data(call.path):
        is_attribute = call.path.startswith("entities/") and call.path.count("/") == _TO_ATTRIBUTE
        json = conform_json(json, conformant_version(info.version), attribute=is_attribute)
    if embedded:
        json = _with_context(json, context.reference)
    try:
        return orjson.dumps(json)
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"The body cannot be passed on: {error}") from error


def _is_data(path: str) -> bool:
    """Tell whether a body is entities or parts of them, and no query or subscription."""
    if path.startswith("entityOperations/"):
        return not path.endswith(("/query", "/delete"))
    return path.startswith(("entities", "temporal/entities"))


def _with_context(json: JsonValue, reference: JsonValue) -> JsonValue:
    if isinstance(json, Mapping):
        return {**json, "@context": reference}
    if isinstance(json, list | tuple):
        return [_with_context(item, reference) for item in json]
    return json


def embeds(info: SourceInfo, context: Context) -> bool:
    """Tell whether a body carries its @context.

    As the source wants it; if it does not say so, an @context with a URL of its own goes into a
    header, and one that came inside a body goes inside again: nobody need fetch it from here.
    """
    if info.context is not None:
        return False
    if info.content_type is not None:
        return info.content_type == LD_JSON
    return context.link is None and context != CORE
