"""Entities of a tenant as lines, out of a node and into another, over its API."""

import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from hanze.cli.asking import AskRefused, NodeUnreachable, ask_json, open_api, send
from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue
from hanze.transport.answers import detail_of, reason_of

__all__ = ["MEMBERS", "export_entities", "take_in_entities", "write_entities"]

MEMBERS: Final = "/api/v1/members"
#: Lines and bytes of an export that one request carries.
_LINES: Final = 500
_BYTES: Final = 4 << 20


async def export_entities(
    url: str | None, data: Path, token_file: Path | None, tenant: str, file: Path
) -> int:
    """Stream an export to a file, which is there only once it is whole."""
    part = file.with_name(file.name + ".part")
    try:
        async with open_api(url, data, token_file=token_file, writes=True) as client:
            count, expected = await write_entities(client, f"{MEMBERS}/{tenant}/export", part)
        if count != expected:
            raise InvalidInput(f"{count} of {expected} entities came; `hanze member seal` first")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


async def write_entities(client: httpx.AsyncClient, path: str, part: Path) -> tuple[int, int]:
    """Write lines as they come; return how many entities came, and how many were told."""
    count = expected = 0
    advance: Callable[[int], None] = lambda _: None  # noqa: E731  # until the first line is there
    with ExitStack() as stack, part.open("wb") as out:
        async for line in _lines(client, path):
            if not expected and b'"entities"' in line:
                expected = int(orjson.loads(line)["entities"])
                advance = stack.enter_context(_bar("Exporting", expected))
            count += line.startswith(b'{"entity"')
            out.write(line + b"\n")
            advance(count)
    return count, expected


async def _lines(client: httpx.AsyncClient, path: str) -> AsyncIterator[bytes]:
    try:
        async with client.stream("GET", path) as answer:
            if not answer.is_success:
                await answer.aread()
                raise AskRefused(detail_of(answer))
            kept = b""
            async for chunk in answer.aiter_bytes():
                *whole, kept = (kept + chunk).split(b"\n")
                for line in whole:
                    yield line
    except httpx.HTTPError as error:
        raise NodeUnreachable(str(client.base_url), reason_of(error)) from error


async def take_in_entities(
    url: str | None, data: Path, token_file: Path | None, file: Path, tenant: str | None
) -> dict[str, Any]:
    """Send an export in parts, each with the contexts that it may need."""
    from hanze.collaboration.moving import read_header  # noqa: PLC0415  # not for --help

    totals = {"created": 0, "updated": 0, "unchanged": 0}
    async with open_api(url, data, token_file=token_file, writes=True) as client:
        with file.open("rb") as lines:
            header = read_header(lines.readline())
            name = tenant or header.tenant
            body: JsonValue = {
                "tenant": name,
                "city": header.city,
                "since": header.since.isoformat(),
            }
            await ask_json(client, "POST", MEMBERS, body=body)
            with _bar("Moving in", header.entities) as advance:
                for part in _parts(lines):
                    await _content(client, name, part, totals)
                    advance(sum(totals.values()))
    if sum(totals.values()) != header.entities:
        raise InvalidInput(
            f"{file.name} breaks off: {sum(totals.values())} of {header.entities} entities are in it"
        )
    return {"tenant": name, "city": header.city, **totals}


def _parts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Cut an export into parts that are small enough for one request."""
    contexts: list[bytes] = []
    part: list[bytes] = []
    size = 0
    for line in lines:
        if line.startswith(b'{"context"'):
            contexts.append(line)
            continue
        if part and (len(part) >= _LINES or size + len(line) > _BYTES):
            yield b"".join((*contexts, *part))
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield b"".join((*contexts, *part))


async def _content(
    client: httpx.AsyncClient, tenant: str, part: bytes, totals: dict[str, int]
) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    path = f"{MEMBERS}/{tenant}/content"
    answer = orjson.loads((await send(client, "POST", path, headers=headers, content=part)).content)
    for name in totals:
        totals[name] += answer[name]


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; elsewhere nothing, so that logs and pipes stay clean."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that a pipe need not wait for
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=max(total, 1))
        yield lambda done: progress.update(task, completed=done)
