"""`hanze dataset`: which data belong together, whose they are, and who may read them."""

import asyncio
from pathlib import Path
from typing import Any, Final

import click

from hanze.cli.asking import ask_node, open_node_api, quoted, send
from hanze.cli.options import node_options, read_json, tenant_option
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError
from hanze.ngsild.vocabulary import HANZE

__all__ = ["dataset", "told_access"]

_ROOT: Final = "/api/v1/governance/datasets"
_TOLD: Final = {
    "PUBLIC": "open to everybody",
    "RESTRICTED": "closed; open to its owner, and to others under an agreement",
    "NON_PUBLIC": "closed to all but its owner",
}


def told_access(one: dict[str, Any]) -> str:
    """Say in words who may read a dataset."""
    return _TOLD.get(one.get("accessRights", ""), "served to nobody: accessRights is not set")


@click.group()
def dataset() -> None:
    """See and change which data are open, and why others are not."""


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


@dataset.command("list")
@_where
def list_datasets(*, as_json: bool, **where: Any) -> None:
    """List datasets with who may read them."""
    found = ask_node(where, "GET", _ROOT)["datasets"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one.get("accessRights", ""),
            ", ".join(map(HANZE.compact_name, one["types"])) or "all types",
            one.get("owner", ""),
            _reviewed(one),
        )
        for one in found
    ]
    print_table(("id", "access", "types", "owner", "review"), rows)


@dataset.command(short_help="Show a dataset as JSON.")
@click.argument("id")
@_where
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show a dataset as JSON."""
    del as_json  # it is JSON anyway
    print_json(ask_node(where, "GET", f"{_ROOT}/{quoted(id)}"))


@dataset.command("set", short_help="Make or change a dataset from a file of JSON.")
@click.argument("id")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@_where
def set_dataset(
    *,
    id: str,  # noqa: A002
    file: Path,
    as_json: bool,
    **where: Any,
) -> None:
    """Make or change the dataset ID as FILE says; - is standard input.

    The file says all of it: what it leaves out is not kept. `hanze dataset show` writes one.
    """
    document = read_json(file)
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file} must hold one JSON object")
    # What the node reckons; so what `show` wrote can be given back.
    document.pop("reviewOverdue", None)
    made = ask_node(where, "PUT", f"{_ROOT}/{quoted(id)}", document)
    if as_json:
        print_json(made)
    else:
        click.echo(f"{made['id']}: {told_access(made)}")


@dataset.command(short_help="Take a dataset away.")
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_where
def remove(*, id: str, yes: bool, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Take a dataset away: what no other one covers is closed from then on."""
    if not yes:
        click.confirm(f"What only {id} covers is closed then. Go on?", abort=True, err=True)

    async def ask() -> None:
        async with open_node_api(where) as client:
            await send(client, "DELETE", f"{_ROOT}/{quoted(id)}")

    asyncio.run(ask())
    if as_json:
        print_json({"id": id, "done": True})
    else:
        click.echo(f"{id} is taken away.")


def _reviewed(one: dict[str, Any]) -> str:
    decision = one.get("nonPublication")
    if decision is None or one.get("accessRights") == "PUBLIC":
        return ""
    return f"{decision['reviewAt']}{' (overdue)' if one.get('reviewOverdue') else ''}"
