"""`hanze demo`: a node with a fictional city in it."""

import os
from pathlib import Path

import click

from hanze.settings import load_settings

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
    """Run a node with a fictional city in it that changes live.

    Everything in it is simulated, and says so. Everyone on this machine may write to it.
    """
    from hanze.cli.running import run_node  # noqa: PLC0415  # after the flags were read, not for --help
    from hanze.connectors import simulation  # noqa: PLC0415

    flags: dict[str, str | int | None] = {
        "server.host": "127.0.0.1",
        "server.port": port,
        "server.dev": True,
    }
    settings = load_settings(data, flags=flags, environ=os.environ)
    run_node(settings, ready=_welcome, prepare=simulation.seed, live=simulation.run)


def _welcome(url: str) -> None:
    click.echo(f"Listening on {url}")
    click.echo(f"\n  The city, on a map and in a table:   {url}/")
    click.echo(f"  The same through the standard API:   {url}/ngsi-ld/v1/types")
    click.echo("\nEverything in it is simulated. Ctrl+C stops it.")
