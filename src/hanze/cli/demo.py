"""`hanze demo`: a fictional city and the collective of the strategy's cities, each with its node."""

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hanze.settings import load_settings

if TYPE_CHECKING:
    from hanze.node.node import Node

__all__ = ["demo"]

_ALDERMONDE = "urn:ngsi-ld:Municipality:hanze:aldermonde"


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
    help="Port to listen on; the cities' nodes take the ports behind it. 0 picks free ones.",
)
@click.option("--alone", is_flag=True, help="Run one node that holds all cities.")
@click.option("--city", hidden=True, help="Run the node of this city only.")
def demo(data: Path, port: int, alone: bool, city: str | None) -> None:
    """Run a fictional city that changes live, and a league of cities with a node each.

    Dutch and Korean cities show the projects of the NL Smart City Strategy. Each record says
    whether it is from the strategy or simulated; all that is measured is simulated. Everyone on
    this machine may write to it.
    """
    from hanze.cli import demo_league  # noqa: PLC0415  # after the flags were read, not for --help
    from hanze.cli.running import run_node  # noqa: PLC0415

    flags: dict[str, str | int | float | None] = {
        "server.host": "127.0.0.1",
        "server.port": port,
        "server.dev": True,
        "governance.organisation": city or _ALDERMONDE,
    }
    if city is not None:
        settings = load_settings(data, flags=flags | demo_league.CITY_FLAGS, environ=os.environ)
        run_node(
            settings,
            ready=lambda url: click.echo(f"Listening on {url}"),
            prepare=partial(_prepare_city, city=city),
            live=partial(demo_league.keep_city, city=city),
        )
        return
    if not alone:
        flags["league.gossip_s"] = 5.0
    settings = load_settings(data, flags=flags, environ=os.environ)
    run_node(
        settings,
        ready=partial(_welcome, alone=alone),
        prepare=partial(_prepare, alone=alone),
        live=partial(_live, data=data, port=port, alone=alone),
    )


async def _prepare(node: "Node", *, alone: bool) -> None:
    """Put the fictional city into the node, then the collective, which names its districts.

    Last, who may read what of it: all of it, but the sensors in people's homes.
    """
    from hanze.cli import demo_league  # noqa: PLC0415  # as above
    from hanze.connectors import simulation, strategy  # noqa: PLC0415

    await simulation.seed(node)
    if alone:
        await strategy.seed(node)
        await simulation.govern(node)
        return
    await strategy.seed(node, demo_league.rest_of_world())
    await simulation.govern(node)
    own = strategy.DemoCity(_ALDERMONDE, "Aldermonde", None)
    await demo_league.enter_league(node, own)


async def _prepare_city(node: "Node", *, city: str) -> None:
    from hanze.cli import demo_league  # noqa: PLC0415  # as above
    from hanze.connectors import simulation, strategy  # noqa: PLC0415

    await strategy.seed(node, strategy.Part(frozenset({city}), rest=False))
    await simulation.classify_open(node, ("District",))
    own = next(one for one in demo_league.demo_cities() if one.id == city)
    await demo_league.enter_league(node, own)


async def _live(node: "Node", *, data: Path, port: int, alone: bool) -> None:
    from hanze.cli import demo_league  # noqa: PLC0415  # as above
    from hanze.connectors import simulation  # noqa: PLC0415

    async with asyncio.TaskGroup() as group:
        group.create_task(simulation.run(node))
        if not alone:
            group.create_task(demo_league.keep_cities(node, data, port))


def _welcome(url: str, *, alone: bool) -> None:
    from hanze.cli import demo_league  # noqa: PLC0415  # as above

    click.echo(f"Listening on {url}")
    click.echo(f"\n  The city, on a map and in a table:   {url}/")
    click.echo(f"  What cities do, need and learned:    {url}/en/collective")
    click.echo(f"  The same through the standard API:   {url}/ngsi-ld/v1/types")
    if not alone:
        names = ", ".join(city.name for city in demo_league.demo_cities())
        click.echo("\nEach of these cities starts a node of its own, on one of the ports behind:")
        click.echo(f"{names}. Their records arrive one after the other.")
    click.echo(
        "\nWhat is measured is simulated; each record of the collective says whether it is from"
    )
    click.echo("the strategy or simulated. Ctrl+C stops it.")
