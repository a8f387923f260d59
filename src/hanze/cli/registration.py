"""`hanze registration`: which other brokers are asked, for what, and how that goes."""

import asyncio
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlencode

import click
import httpx
import orjson

from hanze.cli.asking import link_to, open_node_api, quoted, send
from hanze.cli.options import node_options, read_json, tenant_option
from hanze.cli.output import print_json, print_table
from hanze.ngsild.model import JsonValue
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.terms import API_PATH, HANZE_CONTEXT_URL

__all__ = ["registration"]

_ROOT: Final = f"{API_PATH}/csourceRegistrations"
_PAGE: Final = 1_000
#: Sources of the present, then those of histories, by either of their intervals (5.9.1).
_EVERY: Final[tuple[dict[str, str], ...]] = (
    {},
    {"timerel": "after", "timeAt": "0001-01-01T00:00:00Z"},
    {"timerel": "after", "timeAt": "0001-01-01T00:00:00Z", "timeproperty": "modifiedAt"},
)


@click.group()
def registration() -> None:
    """See which other brokers are asked, add and remove them."""


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


@registration.command("list")
@_where
def list_registrations(*, as_json: bool, **where: Any) -> None:
    """List registrations with how asking their sources went."""

    async def ask() -> list[Any]:
        found: dict[str, Any] = {}
        async with open_node_api(where) as client:
            for temporal in _EVERY:
                for one in await _all(client, temporal):
                    found.setdefault(one["id"], one)
        return list(found.values())

    found = asyncio.run(ask())
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one.get("registrationName", ""),
            one.get("mode", Mode.INCLUSIVE.value),
            one["endpoint"],
            _about(one["information"]),
            str(one.get("timesSent", 0)),
            str(one.get("timesFailed", 0)),
            one.get("status", ""),
        )
        for one in found
    ]
    print_table(("id", "name", "mode", "endpoint", "about", "sent", "failed", "last"), rows)


async def _all(client: httpx.AsyncClient, temporal: dict[str, str]) -> list[Any]:
    found: list[Any] = []
    while True:
        asked = {"type": "*", **temporal, "limit": str(_PAGE), "offset": str(len(found))}
        page = await _told(client, f"{_ROOT}?{urlencode(asked)}")
        # An offset past the end is answered with the last one again (6.3.10).
        found += page if not found or page[:1] != found[-1:] else []
        if len(page) < _PAGE:
            return found


async def _told(client: httpx.AsyncClient, path: str) -> Any:
    """Ask for something in the names that `hanze query` takes."""
    answer = await send(client, "GET", path, headers={"Link": link_to(HANZE_CONTEXT_URL)})
    return orjson.loads(answer.content)


@registration.command(short_help="Show a registration as JSON.")
@click.argument("id")
@_where
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the standard's word
    """Show a registration as JSON, with how asking its source went."""
    del as_json  # it is JSON anyway

    async def ask() -> Any:
        async with open_node_api(where) as client:
            path = f"{_ROOT}/{quoted(id)}?options=sysAttrs"
            return await _told(client, path)

    print_json(asyncio.run(ask()))


@registration.command(short_help="Register a broker.")
@click.argument("endpoint", required=False)
@click.option("--type", "types", multiple=True, help="A type of entity that it has; repeatable.")
@click.option("--property", "properties", multiple=True, help="Only this property; repeatable.")
@click.option(
    "--relationship", "relationships", multiple=True, help="Only this relationship; repeatable."
)
@click.option("--entity", "entity_id", help="Only the entity with this id.")
@click.option("--id-pattern", help="Only entities whose ids match this regular expression.")
@click.option(
    "--mode", type=click.Choice([mode.value for mode in Mode]), help="How data go together."
)
@click.option("--operation", "operations", multiple=True, help="What it may be asked; repeatable.")
@click.option("--source-tenant", help="The tenant to name there.")
@click.option("--name", help="What to call the registration.")
@click.option(
    "--context",
    help="URL of the @context of the names that are given; that of Hanze, unless a file has them.",
)
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Take the whole registration from a file of JSON, - for standard input, instead.",
)
@_where
def add(
    *,
    endpoint: str | None,
    path: Path | None,
    context: str | None,
    as_json: bool,
    url: str | None,
    data: Path,
    token_file: Path | None,
    tenant: str | None,
    **said: Any,
) -> None:
    """Register the broker at ENDPOINT, or what a file says.

    A file brings what the options cannot say, such as headers that the broker wants to see: on a
    command line, others on the machine would see them.
    """
    if (endpoint is None) == (path is None):
        raise click.UsageError("Give either ENDPOINT or --file.")
    document = _said(endpoint, said) if path is None else read_json(path)
    where = {"url": url, "data": data, "token_file": token_file, "tenant": tenant}
    # The names that `hanze query` and imports take too; a file says itself what its names mean.
    named_by = context or (HANZE_CONTEXT_URL if path is None else None)
    headers = {"Link": link_to(named_by)} if named_by is not None else {}
    if isinstance(document, dict) and "@context" in document:
        headers = {"Content-Type": "application/ld+json"}

    async def ask() -> str:
        async with open_node_api(where) as client:
            answer = await send(client, "POST", _ROOT, body=document, headers=headers)
            return unquote(str(answer.headers["location"]).removeprefix(f"{_ROOT}/"))

    registration_id = asyncio.run(ask())
    if as_json:
        print_json({"id": registration_id})
    else:
        click.echo(f"{registration_id} is registered.")


def _said(endpoint: str | None, said: dict[str, Any]) -> JsonValue:
    """Write a registration from options."""
    if not said["types"] and (said["entity_id"] or said["id_pattern"]):
        raise click.UsageError("--entity and --id-pattern need a --type.")
    selection = {"id": said["entity_id"], "idPattern": said["id_pattern"]}
    chosen = {name: value for name, value in selection.items() if value is not None}
    information = {
        "entities": [{"type": name, **chosen} for name in said["types"]],
        "propertyNames": list(said["properties"]),
        "relationshipNames": list(said["relationships"]),
    }
    named = {name: value for name, value in information.items() if value}
    if not named:
        raise click.UsageError("Say what it has: --type, --property or --relationship.")
    document = {
        "type": "ContextSourceRegistration",
        "endpoint": endpoint,
        "information": [named],
        "mode": said["mode"],
        "operations": list(said["operations"]),
        "tenant": said["source_tenant"],
        "registrationName": said["name"],
    }
    return {name: value for name, value in document.items() if value}


@registration.command(short_help="Delete a registration.")
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_where
def remove(*, id: str, yes: bool, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Delete a registration: its source is asked nothing more."""
    if not yes:
        click.confirm(f"{id} goes, and its source is asked no more. Go on?", abort=True, err=True)

    async def ask() -> None:
        async with open_node_api(where) as client:
            await send(client, "DELETE", f"{_ROOT}/{quoted(id)}")

    asyncio.run(ask())
    if as_json:
        print_json({"id": id, "done": True})
    else:
        click.echo(f"{id} is deleted.")


def _about(information: list[dict[str, Any]]) -> str:
    """Name what a source has: the types, or else the attributes."""
    names: dict[str, None] = {}
    for info in information:
        for one in info.get("entities", ()):
            types = one["type"] if isinstance(one["type"], list) else [one["type"]]
            names.update(dict.fromkeys(types))
        if "entities" not in info:
            names.update(dict.fromkeys(info.get("propertyNames", ())))
            names.update(dict.fromkeys(info.get("relationshipNames", ())))
    return ", ".join(names)
