"""`/csourceRegistrations`: which Context Sources there are (CIM 009, 6.8, 6.9).

Anyone may see who has what; what the node shows to a source to be let in, only those see who may
write.
"""

from urllib.parse import quote

from hanze.broker.registration_query import RegistrationQuery
from hanze.broker.registry import Match
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.projection import parse_projection
from hanze.ngsild.registration.model import RegistrationState
from hanze.ngsild.registration.render import render_registration
from hanze.ngsild.representation.versions import conformant_version
from hanze.ngsild.temporal.parse import parse_temporal_query
from hanze.ngsild.terms import API_PATH
from hanze.web.api.bodies import context_of, read_fragment, read_object
from hanze.web.api.consumption import page_links, paged
from hanze.web.api.parameters import Parameters, url_parameters
from hanze.web.api.queries import SELECTING, selection_of
from hanze.web.api.rendering import json_ld_response
from hanze.web.http import Request, Response
from hanze.web.negotiation import accepted_media, preferences

__all__ = [
    "QUERY_PARAMETERS",
    "RETRIEVE_PARAMETERS",
    "create",
    "delete",
    "query",
    "retrieve",
    "update",
]

RETRIEVE_PARAMETERS = frozenset({"options"})
QUERY_PARAMETERS = (
    (SELECTING - {"local"})
    | RETRIEVE_PARAMETERS
    | {"attrs", "pick", "omit", "lang", "datasetId", "geometryProperty"}
    | {"timerel", "timeAt", "endTimeAt", "timeproperty"}
    | {"limit", "offset", "count"}
)

#: Polygons of districts and thousands of ids fit.
_LONGEST = 4 << 20


async def create(request: Request) -> Response:
    """Register Context Source (6.8.3.1)."""
    url_parameters(request.query, frozenset())
    body, context = await read_object(request, limit=_LONGEST)
    node = request.node
    registration_id = await node.registrations.create(
        request.caller, body, context, now=node.clock()
    )
    location = f"{API_PATH}/csourceRegistrations/" + quote(registration_id, safe=":@!$&'()*+,;=")
    return Response(201, b"", [(b"location", location.encode())])


async def query(request: Request) -> Response:
    """Query Context Source Registrations (6.8.3.2)."""
    parameters = url_parameters(request.query, QUERY_PARAMETERS)
    context = await context_of(request)
    asked = _asked(parameters, context)
    node = request.node
    page = node.registrations.query(request.caller, asked, now=node.clock())
    sys_attrs = _sys_attrs(parameters)
    shown = [
        _shown(request, match, state, context, sys_attrs=sys_attrs) for match, state in page.matches
    ]
    response = await _answer(request, shown, context)
    if asked.entities.count:
        response.headers.append((b"ngsild-results-count", str(page.count).encode()))
    answered = asked.entities.limit + page.offset
    response.headers += page_links(
        request,
        asked.at(page.offset).entities,
        accepted_media(request.header(b"accept")),
        more=answered < page.count,
    )
    return response


async def retrieve(request: Request) -> Response:
    """Retrieve Context Source Registration (6.9.3.1)."""
    parameters = url_parameters(request.query, RETRIEVE_PARAMETERS)
    node = request.node
    found, state = node.registrations.retrieve(
        request.caller, request.segments[1], now=node.clock()
    )
    context = await context_of(request)
    match = Match(found, found.information)
    shown = _shown(request, match, state, context, sys_attrs=_sys_attrs(parameters))
    return await _answer(request, shown, context)


async def update(request: Request) -> Response:
    """Update Context Source Registration (6.9.3.2)."""
    url_parameters(request.query, frozenset())
    node, registration_id = request.node, request.segments[1]
    # What is not there is told before what is wrong with the fragment (5.9.3.4).
    node.registrations.retrieve(request.caller, registration_id, now=node.clock())
    fragment, context = await read_fragment(request, limit=_LONGEST)
    await node.registrations.update(
        request.caller, registration_id, fragment, context, now=node.clock()
    )
    return Response(204)


async def delete(request: Request) -> Response:
    """Delete Context Source Registration (6.9.3.3)."""
    url_parameters(request.query, frozenset())
    await request.node.registrations.delete(request.caller, request.segments[1])
    return Response(204)


def _asked(parameters: Parameters, context: Context) -> RegistrationQuery:
    get = parameters.get
    if "lang" in parameters:
        parse_languages(parameters["lang"])
    projection = parse_projection(get("pick"), get("omit"), context)
    picked = () if projection is None else projection.pick or ()
    return RegistrationQuery(
        paged(selection_of(parameters, context).query, parameters),
        picked=frozenset(term.name for term in picked),
        any_type=get("type") == "*",
        datasets=parameters.dataset_ids(),
        temporal=parse_temporal_query(
            timerel=get("timerel"),
            time_at=get("timeAt"),
            end_time_at=get("endTimeAt"),
            # It plays no part without a temporal query (table 6.8.3.2-1).
            timeproperty=get("timeproperty") if "timerel" in parameters else None,
        ),
        csf=parse_q(parameters["csf"], context, field="csf") if "csf" in parameters else None,
    )


def _sys_attrs(parameters: Parameters) -> bool:
    return "sysAttrs" in parameters.options(frozenset({"sysAttrs"}))


def _shown(
    request: Request,
    match: Match,
    state: RegistrationState,
    context: Context,
    *,
    sys_attrs: bool,
) -> JsonObject:
    return render_registration(
        match.registration,
        context,
        state,
        information=match.information,
        sys_attrs=sys_attrs,
        hides="writer" not in request.caller.roles,
    )


async def _answer(
    request: Request, value: JsonObject | list[JsonObject], context: Context
) -> Response:
    response = await json_ld_response(request, value, context)
    version = preferences(request.header(b"prefer")).version
    if version is not None:
        # Registrations are the same in all versions of the standard (4.3.6.8).
        major, minor = conformant_version(version)
        response.headers.append((b"preference-applied", f"ngsi-ld={major}.{minor}".encode()))
    return response
