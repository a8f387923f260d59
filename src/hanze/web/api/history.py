"""`/api/v1/history`: what is kept of the past, and taking it elsewhere or bringing it in."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from hanze.broker.gate import require
from hanze.broker.seen_history import SeenHistory
from hanze.errors import MalformedBody
from hanze.governance.decision import Asked as Named
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.vocabulary import HANZE
from hanze.node.selecting import iris_of, selection_of
from hanze.store.files import scratch
from hanze.store.history.bulk import import_file
from hanze.store.history.export import Exported, export_parquet
from hanze.store.history.keeping import Keeping, period_text
from hanze.store.history.told import TypeStats
from hanze.web.api.collective.records import Several
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.http import BodyTooLarge
from hanze.web.negotiation import UnsupportedMedia

__all__ = ["ROUTES"]

_PARQUET: Final = "application/vnd.apache.parquet"
_ENDINGS: Final = {_PARQUET: ".parquet", "text/csv": ".csv"}
_PIECE: Final = 1 << 20
#: An export that is done within this time is answered with its exact length.
_SHORT_S: Final = 1.0
_LOOK_S: Final = 0.1
#: At a time, of those without a name: each is on the disk until whoever asked has read it.
_MOST_EXPORTS: Final = 4


class Rule(Answer, frozen=True):
    """How long is kept; what is not there is kept for ever.

    Attributes:
        keep_days: After which instances are removed.
        means_after_days: After which only means of numbers are kept.
        means_period: Over which they are, as in aggregations.
    """

    keep_days: int | None = None
    means_after_days: int | None = None
    means_period: str | None = None


class KeptType(Answer, frozen=True):
    """What is kept of entities that have exactly these types.

    Attributes:
        types: Terms of Hanze's vocabulary, or IRIs.
        entities: That have a history, deleted ones too.
        series: Attributes and datasets of theirs.
        values: Instances, means among them.
        first: The earliest moment.
        last: The latest one.
        bytes: The share of all values in the size of the archive.
        means: Instances that stand for several.
        condensed: So many these stand for.
        removed: Instances that were too old.
        rule: That is in force.
    """

    types: tuple[str, ...]
    entities: int
    series: int
    values: int
    bytes: int
    means: int
    condensed: int
    removed: int
    rule: Rule
    first: str | None = None
    last: str | None = None


class Kept(Answer, frozen=True):
    """The history of the tenant that is asked, within that of the node.

    Attributes:
        bytes: Of the archive on disk, of all tenants.
        values: The same.
        waiting: Instances that are not yet in the archive, of all tenants.
    """

    bytes: int
    values: int
    waiting: int
    types: tuple[KeptType, ...]


class Selected(Taken, frozen=True):
    """Which part of the history; everything without these.

    Attributes:
        type: Terms or IRIs; any of these.
        id: Of entities.
        attribute: Terms or IRIs.
        from_: The first moment, or day in UTC: observed, else recorded.
        to: The same, excluded.
    """

    type: Several = ()
    id: Several = ()
    attribute: Several = ()
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None


class TakenIn(Answer, frozen=True):
    """What became of the rows of a file.

    Attributes:
        read: Rows.
        added: Values that were not there.
        unchanged: Values that were there already, just so.
        entities: That had no history before.
    """

    read: int
    added: int
    unchanged: int
    entities: int


async def show(ask: Ask) -> Kept:
    """Tell what is kept of the past, per type: how much, from when, by which rule, and what went."""
    found = await ask.node.history_counts.of(ask.caller.tenant)
    access = ask.node.store.gate.access(ask.caller, ask.now)
    views = [(one, access.view(frozenset(one.types))) for one in found.types]
    told = [
        one for one, view in views if view.is_fixed and view.seen is not None and view.seen.is_whole
    ]
    # How much there is of what is closed is closed as well.
    whole = SeenHistory(ask.node.store, ask.caller, ask.now).shows_all(None)
    return Kept(
        bytes=found.size if whole else sum(one.size for one in told),
        values=found.values if whole else sum(one.values for one in told),
        waiting=found.waiting if whole else 0,
        types=tuple(_told(one, ask.node.keeping.of(one.types)) for one in told),
    )


async def export(ask: Ask) -> Response:
    """Download a part of the history as a Parquet file, which any tool reads."""
    chosen = ask.parameters(Selected)
    selection = selection_of(
        ask.caller.tenant,
        types=_several(chosen.type),
        ids=_several(chosen.id),
        attributes=_several(chosen.attribute),
        start=chosen.from_,
        end=chosen.to,
    )
    _refuse_closed(ask, chosen)
    past = SeenHistory(ask.node.store, ask.caller, ask.now)
    shown = await past.shown(selection.types, ids=selection.ids, name="export")
    selection = replace(selection, shown=shown)
    # Whoever may write is not bound: nobody without a name can keep them from their data.
    most = None if "writer" in ask.caller.roles else _MOST_EXPORTS
    folder = scratch(ask.node.store.history.archive.path.parent, prefix="export-", most=most)
    running = _Running(folder)
    running.task = asyncio.create_task(
        export_parquet(ask.node.store.history, selection, running.path, running.advance)
    )
    headers = {"content-disposition": 'attachment; filename="history.parquet"'}
    try:
        await asyncio.wait([running.task], timeout=_SHORT_S)
        if running.task.done():
            headers["content-length"] = str(running.task.result().size)
        elif expected := await asyncio.to_thread(running.expected):
            headers["hanze-expected-bytes"] = str(expected)
    except BaseException:
        await running.end()
        raise
    return StreamingResponse(running.pieces(), media_type=_PARQUET, headers=headers)


def _refuse_closed(ask: Ask, chosen: Selected) -> None:
    """Refuse what names something that its caller may not read.

    Raises:
        AccessDenied: So it is whatever a name stands for.
        PurposeRequired: It is closed, and the caller says no purpose.
    """
    types = [iris_of(term) for term in _several(chosen.type)]
    ids = _several(chosen.id)
    asked = [[Named(action="export", types=(frozenset((iri,)),)) for iri in one] for one in types]
    for term in _several(chosen.attribute):
        about = tuple(frozenset((iri,)) for one in types for iri in one) or None
        asked.append(
            [
                Named(action="export", types=about, ids=ids, names={iri: "attribute"})
                for iri in iris_of(term)
            ]
        )
    if ids:
        asked.append([Named(action="export", ids=ids)])
    for meanings in asked:
        _require_any(ask, meanings)


def _require_any(ask: Ask, meanings: Sequence[Named]) -> None:
    refused: AccessDenied | PurposeRequired | None = None
    for named in meanings:
        try:
            require(ask.node.store, ask.caller, named, now=ask.now)
        except (AccessDenied, PurposeRequired) as error:
            refused = refused or error
        else:
            return
    if refused is not None:
        raise refused


async def take_in(ask: Ask) -> TakenIn:
    """Bring values of the past in from a Parquet or CSV file; the present stays as it is."""
    media = ask.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _ENDINGS:
        raise UnsupportedMedia(f"The body must be {' or '.join(_ENDINGS)}, not {media[:60]!r}")
    with scratch(ask.node.store.history.archive.path.parent) as folder:
        path = Path(folder) / f"body{_ENDINGS[media]}"
        await _save(ask, path)
        store = ask.node.store
        done = await import_file(
            store.history, store.transact, path, tenant=ask.caller.tenant, now=ask.now
        )
    return TakenIn(
        read=done.read, added=done.added, unchanged=done.unchanged, entities=done.entities
    )


class _Running:
    """An export that is being written, and read while it grows."""

    task: "asyncio.Task[Exported]"

    def __init__(self, folder: TemporaryDirectory[str]) -> None:
        self._folder = folder
        self.path = Path(folder.name) / "history.parquet"
        self._part = 0.0

    def advance(self, done: int, total: int | None) -> None:
        self._part = done / total if total else 0.0

    def expected(self) -> int | None:
        """Reckon the size of the whole from that of the part that is there."""
        if not self._part or not self.path.exists():
            return None
        return int(self.path.stat().st_size / self._part)

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            self.path.touch()
            with self.path.open("rb") as file:
                while True:
                    finished = self.task.done()
                    if piece := await asyncio.to_thread(file.read, _PIECE):
                        yield piece
                    elif finished:
                        # What is not whole must not look as if it were: the answer breaks off.
                        self.task.result()
                        return
                    else:
                        await asyncio.sleep(_LOOK_S)
        finally:
            await self.end()

    async def end(self) -> None:
        """Stop what is being written, and remove it."""
        self.task.cancel()
        await asyncio.wait([self.task])
        self._folder.cleanup()


async def _save(ask: Ask, path: Path) -> None:
    """Write the body to a file.

    Raises:
        BodyTooLarge: It is longer than the node takes.
        MalformedBody: It ends too early.
    """
    limit = ask.node.settings.history.import_mb << 20
    size = 0
    try:
        with path.open("wb") as file:
            async for chunk in ask.request.stream():
                size += len(chunk)
                if size > limit:
                    raise BodyTooLarge(
                        f"The file has more than {limit} bytes, which is the most; `hanze history "
                        "import` on the machine of the node takes any size"
                    )
                await asyncio.to_thread(file.write, chunk)
    except ClientDisconnect as error:
        raise MalformedBody("The body ends too early") from error


def _told(one: TypeStats, rule: Keeping) -> KeptType:
    return KeptType(
        types=tuple(HANZE.compact_name(iri) for iri in one.types),
        entities=one.evolutions,
        series=one.series,
        values=one.values,
        first=None if one.first is None else format_datetime(one.first),
        last=None if one.last is None else format_datetime(one.last),
        bytes=one.size,
        means=one.means,
        condensed=one.condensed,
        removed=one.removed,
        rule=Rule(
            keep_days=rule.keep_days,
            means_after_days=rule.means_after_days,
            means_period=None if rule.means_after_days is None else period_text(rule.period),
        ),
    )


def _several(value: Several) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


ROUTES = (
    ApiRoute("GET", "/history", show, Kept),
    ApiRoute(
        "GET",
        "/history/export.parquet",
        export,
        parameters=Selected,
        limited=True,
        media=(_PARQUET,),
    ),
    ApiRoute(
        "POST", "/history/import", take_in, TakenIn, takes=(_PARQUET, "text/csv"), writes=True
    ),
)
