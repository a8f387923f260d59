"""`hanze member`: cities that take part as tenants, and moving them to a node of their own."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import httpx
import orjson

from hanze.cli.asking import AskRefused, NodeUnreachable, ask_json, open_api, send
from hanze.cli.options import data_option, json_option, token_file_option, url_option
from hanze.cli.output import print_json, print_table
from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue
from hanze.transport.answers import detail_of, reason_of

__all__ = ["member"]

#: Lines and bytes of an export that one request carries.
_LINES = 500
_BYTES = 4 << 20

_MEMBERS = "/api/v1/members"


@click.group()
def member() -> None:
    """Let cities take part as tenants, and move them to a node of their own."""


@member.command()
@click.argument("tenant")
@click.option("--city", required=True, help="Id of its record, or its code: GM0344, 21.")
@click.option(
    "--since", type=click.DateTime(formats=["%Y-%m-%d"]), help="The day on which it came."
)
@token_file_option
@url_option
@data_option
@json_option
def add(
    *,
    tenant: str,
    city: str,
    since: datetime | None,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Let a city take part as TENANT."""
    body: dict[str, JsonValue] = {"tenant": tenant, "city": city}
    if since is not None:
        body["since"] = since.date().isoformat()
    told = _ask(url, data, token_file, "POST", _MEMBERS, body=body)
    _tell(told, as_json, f"{told['city']['id']} takes part as tenant {told['tenant']}.")


@member.command("list")
@url_option
@data_option
@json_option
def list_members(*, url: str | None, data: Path, as_json: bool) -> None:
    """List the cities that take part as tenants, and where those are that moved out."""

    async def ask() -> Any:
        async with open_api(url, data) as client:
            return await ask_json(client, "GET", _MEMBERS)

    told = asyncio.run(ask())
    if as_json:
        print_json(told)
        return
    rows = [
        (
            one["tenant"],
            one["city"]["id"],
            one["since"],
            str(one["entities"]),
            one.get("sealedOn", ""),
            one.get("movedTo", ""),
        )
        for one in told["members"]
    ]
    print_table(("tenant", "city", "since", "entities", "sealed", "moved to"), rows)


@member.command()
@click.argument("tenant")
@click.option("--yes", is_flag=True, help="Do not ask.")
@token_file_option
@url_option
@data_option
@json_option
def remove(
    *,
    tenant: str,
    yes: bool,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Let TENANT take part no longer; what it holds stays, outside of every overview."""
    if not yes:
        click.confirm(f"{tenant} takes part no longer. Go on?", abort=True, err=True)

    async def ask() -> None:
        async with open_api(url, data, token_file=token_file, writes=True) as client:
            await send(client, "DELETE", f"{_MEMBERS}/{tenant}")

    asyncio.run(ask())
    _tell({"tenant": tenant, "removed": True}, as_json, f"{tenant} takes part no longer.")


@member.command()
@click.argument("tenant")
@click.option("--moved-to", help="Address of the city's own node.")
@click.option("--open", "unseal", is_flag=True, help="Let it take changes again.")
@token_file_option
@url_option
@data_option
@json_option
def seal(
    *,
    tenant: str,
    moved_to: str | None,
    unseal: bool,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Let TENANT take no changes, while it moves out and after; say where it went."""
    body: dict[str, JsonValue] = {"sealed": not unseal, "movedTo": moved_to}
    told = _ask(url, data, token_file, "PUT", f"{_MEMBERS}/{tenant}/seal", body=body)
    what = "takes changes again" if unseal else "takes no changes"
    where = f"; it is now at {moved_to}" if moved_to else ""
    _tell(told, as_json, f"{tenant} {what}{where}.")


@member.command()
@click.argument("tenant")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@token_file_option
@url_option
@data_option
@json_option
def export(
    *,
    tenant: str,
    file: Path,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Write everything that TENANT holds to FILE, for `hanze member move-in` on another node.

    `hanze member seal TENANT` first makes sure that nothing changes meanwhile.
    """
    count = asyncio.run(_export(url, data, token_file, tenant, file))
    told = {"tenant": tenant, "entities": count, "file": str(file), "bytes": file.stat().st_size}
    _tell(told, as_json, f"Wrote {count} entities of {tenant} to {file}.")


@member.command("move-in")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", help="Another name for the tenant than the one that it had.")
@token_file_option
@url_option
@data_option
@json_option
def move_in(
    *,
    file: Path,
    tenant: str | None,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Take in what `hanze member export` wrote to FILE; again changes nothing.

    Everything keeps its @context and the times at which it was made and changed.
    """
    told = asyncio.run(_move_in(url, data, token_file, file, tenant))
    _tell(
        told,
        as_json,
        "{tenant}: {created} created, {updated} updated, {unchanged} unchanged.".format(**told),
    )


def _tell(told: Any, as_json: bool, text: str) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo(text)


def _ask(
    url: str | None, data: Path, token_file: Path | None, method: str, path: str, *, body: JsonValue
) -> Any:
    async def ask() -> Any:
        async with open_api(url, data, token_file=token_file, writes=True) as client:
            return await ask_json(client, method, path, body=body)

    return asyncio.run(ask())


async def _export(
    url: str | None, data: Path, token_file: Path | None, tenant: str, file: Path
) -> int:
    """Stream an export to a file, which is there only once it is whole."""
    part = file.with_name(file.name + ".part")
    try:
        async with open_api(url, data, token_file=token_file, writes=True) as client:
            count, expected = await _write(client, f"{_MEMBERS}/{tenant}/export", part)
        if count != expected:
            raise InvalidInput(f"{count} of {expected} entities came; `hanze member seal` first")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


async def _write(client: httpx.AsyncClient, path: str, part: Path) -> tuple[int, int]:
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


async def _move_in(
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
            await ask_json(client, "POST", _MEMBERS, body=body)
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
    path = f"{_MEMBERS}/{tenant}/content"
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
