"""Where a command writes entities: a running node, or a data directory that it opens itself."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click
import httpx

from hanze.cli.options import data_option, read_token, token_file_option, url_option
from hanze.connectors.sink import DrySink, HttpSink, LocalSink, Sink
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Destination", "destination_options", "open_sink"]

_TIMEOUT_S = 60.0

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Destination:
    """Where entities go.

    Attributes:
        url: Address of a running node; without one `data` is opened.
        token_file: File with the token that writing needs.
    """

    url: str | None
    data: Path
    token_file: Path | None
    tenant: str
    dry_run: bool


def destination_options(function: F) -> F:
    """The options that name a `Destination`."""
    options = (
        url_option,
        data_option,
        token_file_option,
        click.option("--tenant", default="", help="Tenant to write to."),
        click.option("--dry-run", is_flag=True, help="Read everything and store nothing."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@asynccontextmanager
async def open_sink(writer: str, destination: Destination) -> AsyncIterator[Sink]:
    """Open where entities go.

    Args:
        writer: What writes, as the log of a data directory calls it, e.g. "ndw".
    """
    if destination.dry_run:
        yield DrySink()
    elif destination.url is not None:
        async with _http_sink(destination, destination.url) as sink:
            yield sink
    else:
        from hanze.node.node import close_node, open_node  # noqa: PLC0415  # not when one runs
        from hanze.settings import load_settings  # noqa: PLC0415

        caller = Caller(
            actor=f"connector:{writer}", roles=frozenset({"writer"}), tenant=destination.tenant
        )
        node = await open_node(load_settings(destination.data, flags={}, environ=os.environ))
        try:
            yield LocalSink(node.store, caller, HANZE, node.clock)
        finally:
            await close_node(node)


@asynccontextmanager
async def _http_sink(destination: Destination, url: str) -> AsyncIterator[Sink]:
    token = None
    if destination.token_file is not None:
        token = read_token(destination.token_file)
    async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
        yield HttpSink(client, url, HANZE, token=token, tenant=destination.tenant)
