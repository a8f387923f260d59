"""`POST /api/v1/export`: all of the node as one open file, for who runs it, without its keys."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from starlette.responses import Response, StreamingResponse

from hanze.governance.duties import account_of
from hanze.governance.ports import Unit
from hanze.node.exporting import export_node
from hanze.store.files import scratch
from hanze.web.api.backup import NothingToCopy
from hanze.web.api.frame import ApiRoute, Ask
from hanze.web.caller import require_operator

__all__ = ["ROUTES"]

_PIECE: Final = 1 << 20
_FILE: Final = "hanze-export.zip"
#: Each needs room for a copy of the data.
_MOST: Final = 1


async def export(ask: Ask) -> Response:
    """Give all that the node holds as one file in open formats, without its keys; this is logged."""
    require_operator(ask.caller)
    data = ask.node.settings.data
    if data is None:
        raise NothingToCopy
    account = account_of(ask.caller, "node.exported", [ask.node.alias], now=ask.now)

    def unit(uow: Unit) -> None:
        uow.log.append(account)

    await ask.node.store.transact(unit)
    folder = scratch(data, prefix="sent-export-", most=_MOST)
    try:
        path = Path(folder.name) / _FILE
        made = partial(export_node, data, path, keys=False, made_at=ask.now, progress=_nothing)
        await asyncio.to_thread(made)
    except BaseException:
        folder.cleanup()
        raise
    return StreamingResponse(
        _sent(path, folder),
        media_type="application/zip",
        headers={
            "content-disposition": f'attachment; filename="{_FILE}"',
            "content-length": str(await asyncio.to_thread(_size, path)),
        },
    )


def _size(path: Path) -> int:
    return path.stat().st_size


def _nothing(_done: int, _total: int | None) -> None:
    """Nobody watches."""


async def _sent(path: Path, folder: TemporaryDirectory[str]) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    finally:
        folder.cleanup()


ROUTES = (ApiRoute("POST", "/export", export, writes=True, media=("application/zip",)),)
