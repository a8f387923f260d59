"""`hanze demo`: a node with a fictional city in it, and the collective of the strategy's cities."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hanze.settings import load_settings

if TYPE_CHECKING:
    from hanze.node.node import Node

__all__ = ["demo"]


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Data directory; it is made, and may be deleted afterwards.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=1026,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
def demo(data: Path, port: int) -> None:
    """Run a node with a fictional city in it that changes live, and a collective of cities.

    Dutch and Korean cities show the projects of the NL Smart City Strategy. Each record says
    whether it is from the strategy or simulated; all that is measured is simulated. Everyone on
    this machine may write to it.
    """
    from hanze.cli.running import run_node  # noqa: PLC0415  # after the flags were read, not for --help
    from hanze.connectors import simulation  # noqa: PLC0415

    flags: dict[str, str | int | None] = {
        "server.host": "127.0.0.1",
        "server.port": port,
        "server.dev": True,
    }
    settings = load_settings(data, flags=flags, environ=os.environ)
    run_node(settings, ready=_welcome, prepare=_prepare, live=simulation.run)


async def _prepare(node: "Node") -> None:
    """Put the fictional city into the node, then the collective, which names its districts."""
    from hanze.connectors import simulation, strategy  # noqa: PLC0415  # as above

    await simulation.seed(node)
    await strategy.seed(node)


def _welcome(url: str) -> None:
    click.echo(f"Listening on {url}")
    click.echo(f"\n  The city, on a map and in a table:   {url}/")
    click.echo(f"  What cities do, need and learned:    {url}/en/collective")
    click.echo(f"  The same through the standard API:   {url}/ngsi-ld/v1/types")
    click.echo(
        "\nWhat is measured is simulated; each record of the collective says whether it is from"
    )
    click.echo("the strategy or simulated. Ctrl+C stops it.")
