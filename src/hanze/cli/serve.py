"""`hanze serve`: a node until it is stopped."""

import os
from pathlib import Path

import click

from hanze.cli.options import data_option
from hanze.settings import load_settings

__all__ = ["serve"]


@click.command()
@data_option
@click.option(
    "--host", help="Address to listen on; else the setting server.host, which is 127.0.0.1."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on, 0 for a free one; else the setting server.port, which is 1026.",
)
@click.option(
    "--dev",
    is_flag=True,
    default=None,
    help="For trying and testing: everyone may write, and only this machine can connect.",
)
def serve(data: Path, host: str | None, port: int | None, dev: bool | None) -> None:
    """Run a node until it is stopped.

    Reading is open to everyone; writing needs a token (`hanze token new`). Prints one line,
    "Listening on URL", when it answers requests; logs go to standard error.
    """
    from hanze.cli.running import run_node  # noqa: PLC0415  # after the flags were read, not for --help

    flags = {"server.host": host, "server.port": port, "server.dev": dev}
    settings = load_settings(data, flags=flags, environ=os.environ)
    run_node(settings, ready=lambda url: click.echo(f"Listening on {url}"))
