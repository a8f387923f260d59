"""`hanze snapshot`: what queries found at one time, to be worked with apart from the rest."""

import asyncio
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import click
import httpx

from hanze.cli.asking import ask_json, link_to, open_node_api, quoted, send
from hanze.cli.options import node_options, read_json, tenant_option
from hanze.cli.output import print_json, print_table
from hanze.ngsild.model import JsonValue
from hanze.ngsild.snapshot.model import Status
from hanze.ngsild.terms import API_PATH

__all__ = ["snapshot"]

_ROOT: Final = f"{API_PATH}/snapshots"
_LOOK_S: Final = 0.5


@click.group()
def snapshot() -> None:
    """Freeze what queries find, and list, show and remove what was frozen."""


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


@snapshot.command("list")
@_where
def list_snapshots(*, as_json: bool, **where: Any) -> None:
    """List snapshots with their status."""

    async def ask() -> Any:
        async with open_node_api(where) as client:
            return await ask_json(client, "GET", "/api/v1/snapshots")

    found = asyncio.run(ask()).get("snapshots", [])
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one["status"],
            str(one["priority"]),
            one["createdAt"],
            one["expiresAt"],
            one["lastUsedAt"],
        )
        for one in found
    ]
    print_table(("id", "status", "priority", "created", "expires", "last used"), rows)


@snapshot.command(short_help="Show a snapshot as JSON.")
@click.argument("id")
@_where
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the standard's word
    """Show a snapshot as JSON, with what became of each of its queries."""
    del as_json  # it is JSON anyway

    async def ask() -> Any:
        async with open_node_api(where) as client:
            return await _shown(client, id)

    print_json(asyncio.run(ask()))


@snapshot.command(short_help="Freeze what queries find.")
@click.option("--type", "types", multiple=True, help="A type of entity that is wanted; repeatable.")
@click.option("--q", help="What the entities have to meet.")
@click.option("--attribute", "attributes", multiple=True, help="Only this attribute; repeatable.")
@click.option("--since", help="Their histories too, from this DateTime on.")
@click.option("--id", "snapshot_id", help="URI to call it by; else the node makes one.")
@click.option("--lifetime", help="How long it is wanted, for example PT6H.")
@click.option(
    "--priority", type=click.IntRange(1, 10), help="The lowest goes first; 5 if not given."
)
@click.option("--context", help="URL of the @context of the names that are given.")
@click.option("--wait", is_flag=True, help="Wait until it is ready.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Take the whole snapshot from a file of JSON, - for standard input, instead.",
)
@_where
def create(
    *,
    path: Path | None,
    context: str | None,
    wait: bool,
    as_json: bool,
    url: str | None,
    data: Path,
    token_file: Path | None,
    tenant: str | None,
    **said: Any,
) -> None:
    """Freeze what queries find, here and at other nodes; the node does that in the background.

    Without --url, it is done as soon as the node is started.
    """
    if wait and url is None:
        raise click.UsageError("--wait needs the --url of a running node.")
    document = _said(said) if path is None else read_json(path)
    where = {"url": url, "data": data, "token_file": token_file, "tenant": tenant}
    headers = {} if context is None else {"Link": link_to(context)}
    if isinstance(document, dict) and "@context" in document:
        headers = {"Content-Type": "application/ld+json"}

    async def ask() -> tuple[str, str]:
        async with open_node_api(where) as client:
            answer = await send(client, "POST", _ROOT, body=document, headers=headers)
            name = unquote(str(answer.headers["location"]).removeprefix(f"{_ROOT}/"))
            status = (await _shown(client, name))["snapshotStatus"]
            while wait and status == Status.PREPARING.value:
                await asyncio.sleep(_LOOK_S)
                status = (await _shown(client, name))["snapshotStatus"]
            return name, str(status)

    name, status = asyncio.run(ask())
    if as_json:
        print_json({"id": name, "status": status})
    else:
        click.echo(f"{name}: {status}.")


@snapshot.command(short_help="Delete a snapshot.")
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_where
def remove(*, id: str, yes: bool, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Delete a snapshot with everything in it."""
    if not yes:
        click.confirm(f"{id} goes, with what was changed in it. Go on?", abort=True, err=True)

    async def ask() -> None:
        async with open_node_api(where) as client:
            await send(client, "DELETE", f"{_ROOT}/{quoted(id)}")

    asyncio.run(ask())
    if as_json:
        print_json({"id": id, "done": True})
    else:
        click.echo(f"{id} is deleted.")


def _said(said: dict[str, Any]) -> JsonValue:
    """Write a snapshot from options."""
    if not said["types"] and not said["q"] and not said["attributes"]:
        raise click.UsageError("Say what is wanted: --type, --q or --attribute, or --file.")
    query: dict[str, Any] = {
        "type": "Query",
        "entities": [{"type": name} for name in said["types"]],
        "q": said["q"],
        "attrs": list(said["attributes"]),
    }
    query = {name: value for name, value in query.items() if value}
    document: dict[str, Any] = {
        "type": "Snapshot",
        "id": said["snapshot_id"],
        "snapshotQueries": [query],
        "snapshotLifetime": said["lifetime"],
        "snapshotPriority": said["priority"],
    }
    if said["since"]:
        since = {"timerel": "after", "timeAt": said["since"]}
        document["snapshotTemporalQueries"] = [{**query, "temporalQ": since}]
    return {name: value for name, value in document.items() if value}


async def _shown(client: httpx.AsyncClient, name: str) -> Any:
    return await ask_json(client, "GET", f"{_ROOT}/{quoted(name)}")
