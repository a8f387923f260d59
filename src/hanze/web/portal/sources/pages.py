"""The operator's pages: what streams in, how it goes, what waits for a person, what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from starlette.responses import Response

from hanze.connectors.decoders import Decoded, load_connector, streaming_connectors
from hanze.connectors.manifest import Described, Manifest
from hanze.connectors.merging import entity_json
from hanze.connectors.source_record import options_of, provenance_of
from hanze.connectors.spooled import Letter, Waiting
from hanze.errors import Denied, HanzeError
from hanze.ngsild.moment import format_datetime
from hanze.node.source_state import Following, Overview
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Visit

__all__ = [
    "OperatorOnly",
    "Trial",
    "adding_page",
    "list_page",
    "require_operator",
    "show_adding",
    "show_list",
    "show_source",
    "source_page",
    "trial_of",
]

_LETTERS = 20
_RAW = 4_000


class OperatorOnly(Denied):
    """Pages of sources are for who runs the node."""

    def __init__(self) -> None:
        super().__init__("Only an operator of this node may see and change its sources")


@dataclass(frozen=True, slots=True)
class Row:
    """A source in the list."""

    overview: Overview
    path: str
    newest: datetime | None
    last_message: datetime | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a pasted message becomes.

    Attributes:
        entities: As indented JSON.
    """

    raw: str
    decoded: Decoded
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """An option in the form."""

    name: str
    described: Described
    value: str


def require_operator(visit: Visit) -> None:
    """Refuse who does not run the node.

    Raises:
        OperatorOnly: The caller lacks the role.
    """
    if "operator" not in visit.caller.roles:
        raise OperatorOnly


async def show_list(visit: Visit) -> Response:
    """List the sources; who may not see them is told how to sign in."""
    if "operator" not in visit.caller.roles:
        return _page(visit, "sources/closed.html", status=403)
    return await list_page(visit)


async def list_page(visit: Visit) -> Response:
    found = await visit.site.node.sources.overview()
    return _page(visit, "sources/list.html", rows=[_row(visit, one) for one in found])


async def show_source(visit: Visit) -> Response:
    require_operator(visit)
    return await source_page(visit)


async def source_page(
    visit: Visit,
    *,
    given: Given | None = None,
    trial: Trial | None = None,
    refused: HanzeError | None = None,
    status: int = 200,
) -> Response:
    """Show one source, with what a form brought about.

    Raises:
        SourceNotFound: There is none of this name.
    """
    sources = visit.site.node.sources
    overview = await sources.shown(str(visit.request.path_params["name"]))
    name = overview.record.name
    return _page(
        visit,
        "sources/source.html",
        status=status,
        row=_row(visit, overview),
        title=load_title(overview.record.connector),
        devices=[_device(one) for one in await sources.spool.devices(name)],
        letters=[_letter(one) for one in await sources.spool.letters(name, limit=_LETTERS)],
        options=sorted(overview.record.options.items()),
        push_path=f"{visit.base_url}/api/v1/sources/{name}/messages",
        given=given or Given({}),
        trial=trial,
        refused=refused,
        did=visit.request.query_params.get("did", ""),
    )


async def show_adding(visit: Visit) -> Response:
    require_operator(visit)
    return adding_page(visit)


def adding_page(
    visit: Visit,
    *,
    given: Given | None = None,
    made: Mapping[str, str] | None = None,
    refused: HanzeError | None = None,
    status: int = 200,
) -> Response:
    """Ask which connector, then what it needs; show secrets that were made, once."""
    given = given or Given({})
    chosen = given.text("connector") or visit.request.query_params.get("connector", "")
    known = streaming_connectors()
    manifest = next((one for one in known if one.name == chosen), None)
    asked_how = given.text("how") or visit.request.query_params.get("how", "")
    ways = manifest.stream.how if manifest is not None and manifest.stream is not None else ()
    how = asked_how if asked_how in ways else next(iter(ways), "")
    response = _page(
        visit,
        "sources/add.html",
        status=status,
        connectors=known,
        manifest=manifest,
        ways=ways,
        how=how,
        asked=_asked(manifest, how, given),
        given=given,
        made=made or {},
        refused=refused,
        push_path=f"{visit.base_url}/api/v1/sources/{given.text('name')}/messages",
    )
    if made:
        response.headers["cache-control"] = "no-store"
    return response


def load_title(connector: str) -> str:
    """Name a connector for people; one that is gone by the name that it had."""
    return next((one.title for one in streaming_connectors() if one.name == connector), connector)


def trial_of(following: Following, body: bytes, decoded: Decoded) -> Trial:
    """Write what a message becomes."""
    provenance = provenance_of(following.connector, following.options)
    return Trial(
        raw=body[:_RAW].decode("utf-8", "replace"),
        decoded=decoded,
        entities=tuple(
            orjson.dumps(entity_json(one, provenance), option=orjson.OPT_INDENT_2).decode()
            for one in decoded.readings
        ),
    )


def _asked(manifest: Manifest | None, how: str, given: Given) -> Sequence[Asked]:
    """List the options that the form asks for, what is needed first."""
    if manifest is None or manifest.stream is None:
        return ()
    way = next(one for one in manifest.stream.how if one == how)
    listed = options_of(load_connector(manifest.name), way)
    found = [
        Asked(
            name,
            one,
            given.text(f"option.{name}") or ("" if one.secret else _default(one)),
        )
        for name, one in listed.items()
        if name != "how" and not (how == "push" and name == "secret")
    ]
    return sorted(found, key=lambda one: not one.described.required)


def _default(described: Described) -> str:
    return "" if isinstance(described.default, bool) else str(described.default)


def _row(visit: Visit, overview: Overview) -> Row:
    counters = overview.counters
    return Row(
        overview=overview,
        path=f"/{visit.language.code}/sources/{overview.record.name}",
        newest=parse_moment(counters.last_observed),
        last_message=_moment(counters.last_message),
    )


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else parse_moment(format_datetime(microseconds))


def _device(waiting: Waiting) -> tuple[Waiting, datetime | None]:
    return waiting, _moment(waiting.first)


def _letter(letter: Letter) -> tuple[Letter, datetime | None]:
    return letter, _moment(letter.received)


def _page(visit: Visit, template: str, *, status: int = 200, **values: object) -> Response:
    return visit.page(template, status=status, simulated=False, **values)
