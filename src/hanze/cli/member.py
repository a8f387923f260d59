"""`hanze member`: cities that take part as tenants, and moving them to a node of their own."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hanze.cli import member_bundle
from hanze.cli.asking import ask_json, open_api, send
from hanze.cli.member_entities import (
    MEMBERS,
    export_entities,
    take_in_entities,
    write_entities,
)
from hanze.cli.options import data_option, json_option, token_file_option, url_option
from hanze.cli.output import print_json, print_table
from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue

__all__ = ["member"]


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
    told = _ask(url, data, token_file, "POST", MEMBERS, body=body)
    _tell(told, as_json, f"{told['city']['id']} takes part as tenant {told['tenant']}.")


@member.command("list")
@url_option
@data_option
@json_option
def list_members(*, url: str | None, data: Path, as_json: bool) -> None:
    """List the cities that take part as tenants, and where those are that moved out."""

    async def ask() -> Any:
        async with open_api(url, data) as client:
            return await ask_json(client, "GET", MEMBERS)

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
            await send(client, "DELETE", f"{MEMBERS}/{tenant}")

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
    told = _ask(url, data, token_file, "PUT", f"{MEMBERS}/{tenant}/seal", body=body)
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
    count = asyncio.run(export_entities(url, data, token_file, tenant, file))
    told = {"tenant": tenant, "entities": count, "file": str(file), "bytes": file.stat().st_size}
    _tell(told, as_json, f"Wrote {count} entities of {tenant} to {file}.")


@member.command("move-out")
@click.argument("tenant")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@token_file_option
@url_option
@data_option
@json_option
def move_out(
    *,
    tenant: str,
    file: Path,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Close TENANT for changes and write all that it has to FILE: entities, history, subscriptions.

    `hanze member move-in FILE` on the city's own node takes it in and verifies it; after that
    `hanze member seal TENANT --moved-to URL` says here where the city went. Until then nothing is
    lost: again writes the file again, and `hanze member seal TENANT --open` takes it all back.
    """
    told = asyncio.run(_move_out(url, data, token_file, tenant, file))
    text = (
        f"Wrote {told['entities']} entities, {told['values']} values of history and "
        f"{told['subscriptions']} subscriptions of {tenant} to {file}."
    )
    _tell({"tenant": tenant, "file": str(file), **told}, as_json, text)


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
    """Take in what `hanze member move-out` or `export` wrote to FILE; again changes nothing.

    Everything keeps its @context and the times at which it was made and changed.
    """
    told = asyncio.run(_take_in(url, data, token_file, file, tenant))
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


async def _move_out(
    url: str | None, data: Path, token_file: Path | None, tenant: str, file: Path
) -> dict[str, int]:
    """Seal the tenant first: what is written then is all that it will ever have had."""
    async with open_api(url, data, token_file=token_file, writes=True) as client:
        seal_at = f"{MEMBERS}/{tenant}/seal"
        await ask_json(client, "PUT", seal_at, body={"sealed": True, "movedTo": None})
        with member_bundle.parts_beside(file) as folder:
            entities, expected = await write_entities(
                client, f"{MEMBERS}/{tenant}/export", folder / member_bundle.ENTITIES
            )
            if entities != expected:
                raise InvalidInput(f"{entities} of {expected} entities came; try again")
            values = await member_bundle.save_history(client, tenant, folder)
            told = await member_bundle.save_subscriptions(client, tenant, folder)
            member_bundle.pack(folder, file, tenant, (entities, values, told))
    return {"entities": entities, "values": values, "subscriptions": told}


async def _take_in(
    url: str | None, data: Path, token_file: Path | None, file: Path, tenant: str | None
) -> dict[str, Any]:
    """Take in a bundle whole, or entities alone."""
    if not member_bundle.is_bundle(file):
        return await take_in_entities(url, data, token_file, file, tenant)
    with member_bundle.parts_beside(file) as folder:
        manifest = member_bundle.unpack(file, folder)
        entities = folder / member_bundle.ENTITIES
        told = await take_in_entities(url, data, token_file, entities, tenant)
        async with open_api(url, data, token_file=token_file, writes=True) as client:
            values = await member_bundle.put_history(client, told["tenant"], folder)
            kept = await member_bundle.put_subscriptions(client, told["tenant"], folder)
    if values != manifest.values:
        raise InvalidInput(f"{values} of {manifest.values} values of the history are here")
    return {**told, "values": values, "subscriptions": kept}
