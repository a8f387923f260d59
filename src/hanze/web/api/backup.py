"""`POST /api/v1/backup`: the whole node as one file, of one moment, without its secrets."""

import asyncio
import tarfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from starlette.responses import Response, StreamingResponse

from hanze.errors import NotSupported
from hanze.node.backup import copy_node
from hanze.store.files import scratch
from hanze.web.api.frame import ApiRoute, Ask
from hanze.web.caller import require_operator

__all__ = ["ROUTES", "NothingToCopy"]

_PIECE: Final = 1 << 20
#: Of a tar file: two empty blocks.
_END: Final = bytes(2 * tarfile.BLOCKSIZE)


class NothingToCopy(NotSupported):
    """The node keeps everything in memory."""

    def __init__(self) -> None:
        super().__init__("The node has no data directory: there is nothing to copy")


@dataclass(frozen=True, slots=True)
class _Member:
    """A file with its header."""

    header: bytes
    path: Path
    size: int

    @property
    def padding(self) -> int:
        return -self.size % tarfile.BLOCKSIZE


async def backup(ask: Ask) -> Response:
    """Give a copy of the node as a tar file: a data directory, without tokens and keys."""
    require_operator(ask.caller)
    data = ask.node.settings.data
    if data is None:
        raise NothingToCopy
    # Beside the data: large copies fit there, and may share its blocks.
    folder = scratch(data)
    try:
        members = await asyncio.to_thread(_copied, data, Path(folder.name))
    except BaseException:
        folder.cleanup()
        raise
    size = sum(len(one.header) + one.size + one.padding for one in members)
    return StreamingResponse(
        _sent(members, folder),
        media_type="application/x-tar",
        headers={
            "content-disposition": 'attachment; filename="hanze-backup.tar"',
            "content-length": str(size + len(_END)),
        },
    )


def _copied(data: Path, folder: Path) -> list[_Member]:
    copy_node(data, folder, secrets=False)
    return [
        _member(path, str(path.relative_to(folder)))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def _member(path: Path, name: str) -> _Member:
    info, about = tarfile.TarInfo(name), path.stat()
    info.size, info.mtime, info.mode = about.st_size, int(about.st_mtime), 0o600
    return _Member(info.tobuf(tarfile.GNU_FORMAT), path, about.st_size)


async def _sent(
    members: Sequence[_Member], folder: TemporaryDirectory[str]
) -> AsyncIterator[bytes]:
    try:
        pieces = _pieces(members)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
    finally:
        folder.cleanup()


def _pieces(members: Sequence[_Member]) -> Iterator[bytes]:
    for one in members:
        yield one.header
        with one.path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
        yield bytes(one.padding)
    yield _END


ROUTES = (ApiRoute("POST", "/backup", backup, writes=True, media=("application/x-tar",)),)
