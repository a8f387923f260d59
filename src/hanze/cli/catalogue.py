"""`hanze catalogue`: what the node offers, as others harvest it; and what others offer."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from hanze.cli.asking import ask_node, open_node_api, send
from hanze.cli.exits import FAILED
from hanze.cli.options import node_options, tenant_option
from hanze.cli.output import print_json, print_table

__all__ = ["catalogue"]

_ROOT: Final = "/api/v1/catalogue"
_HARVESTED: Final = f"{_ROOT}/harvested"
_LARGEST: Final = "1000"


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


@click.group()
def catalogue() -> None:
    """Show the catalogue of open data (DCAT-AP-NL), check it, read those of others."""


@catalogue.command()
@click.option(
    "--format",
    "ending",
    type=click.Choice(["jsonld", "ttl"]),
    default="jsonld",
    show_default=True,
    help="JSON-LD or Turtle.",
)
@click.option("--page", type=click.IntRange(min=1), default=1, help="Of a large catalogue.")
@_where
def show(*, ending: str, page: int, as_json: bool, **where: Any) -> None:
    """Write the catalogue to standard output."""
    del as_json  # JSON-LD is JSON anyway

    async def ask() -> bytes:
        async with open_node_api(where) as client:
            asked = {"page": str(page), "limit": _LARGEST}
            return (await send(client, "GET", f"{_ROOT}.{ending}", parameters=asked)).content

    click.echo(asyncio.run(ask()).decode())


@catalogue.command()
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check this catalogue (JSON-LD or Turtle) instead of the node's.",
)
@_where
def validate(*, file: Path | None, as_json: bool, **where: Any) -> None:
    """Check that nothing is missing which DCAT-AP 3 and DCAT-AP-NL 3 make mandatory."""
    found = ask_node(where, "GET", f"{_ROOT}/check") if file is None else _checked(file)
    if as_json:
        print_json(found)
    elif found["valid"]:
        click.echo(f"The catalogue is complete: {found['datasets']} datasets.")
    else:
        rows = [(one["id"], one["of"], one["property"]) for one in found["missing"]]
        print_table(("what", "class", "lacks"), rows)
    if not found["valid"]:
        raise SystemExit(FAILED)


@catalogue.command()
@click.argument("address", required=False, default="")
@click.option("--end", is_flag=True, help="Read the catalogue at ADDRESS no longer.")
@_where
def harvest(*, address: str, end: bool, as_json: bool, **where: Any) -> None:
    """Read the catalogue at ADDRESS, now and every hour; without one all again that are known.

    Those of the members of the league are read anyway.
    """
    if end:
        asyncio.run(_end(where, address))
        found: dict[str, Any] = {"catalogues": []}
    else:
        found = ask_node(where, "POST", _HARVESTED, {"url": address} if address else {})
    _print(found, as_json=as_json)


@catalogue.command()
@_where
def harvested(*, as_json: bool, **where: Any) -> None:
    """List the catalogues of others that are read, and how fresh they are."""
    _print(ask_node(where, "GET", _HARVESTED), as_json=as_json)


def _print(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found["catalogues"])
        return
    rows = [
        (
            one["name"],
            str(len(one.get("datasets", ()))),
            one.get("readAt", "never"),
            one.get("problem", ""),
            one["id"],
        )
        for one in found["catalogues"]
    ]
    print_table(("name", "datasets", "read", "problem", "address"), rows)


def _checked(file: Path) -> dict[str, Any]:
    from hanze.catalogue.graphs import missing_members, read_graph  # noqa: PLC0415  # heavy
    from hanze.catalogue.harvested import listed_in  # noqa: PLC0415

    graph = read_graph(file.read_bytes())
    missing = [{"id": one, "of": of, "property": name} for one, of, name in missing_members(graph)]
    return {"valid": not missing, "datasets": len(listed_in(graph)[1]), "missing": missing}


async def _end(where: dict[str, Any], url: str) -> None:
    async with open_node_api(where) as client:
        await send(client, "DELETE", _HARVESTED, parameters={"url": url})
