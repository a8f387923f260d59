"""The nodes of the demo's cities: each a process of its own, which trusts the others at once.

Outside of a demo, people confirm each other's nodes; here they are all of one hand.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from hanze.connectors import strategy
from hanze.connectors.strategy import DemoCity, Part
from hanze.errors import HanzeError
from hanze.league.model import Status
from hanze.node.node import Node

__all__ = ["CITY_FLAGS", "demo_cities", "enter_league", "keep_cities", "keep_city", "rest_of_world"]

_log = logging.getLogger(__name__)

#: What keeps a city's node small: it holds some dozens of records, and what the others told.
CITY_FLAGS: Final[dict[str, str | int | float]] = {
    "log.level": "error",
    "store.cache_mb": 16,
    "history.memory_mb": 64,
    "worker.read_ahead": False,
    "league.gossip_s": 5.0,
}
_LOOK_S: Final = 1.0
#: Each look reads the files of the world.
_SIGN_S: Final = 5.0
#: The first node answers people meanwhile.
_AT_ONCE: Final = 2
_START: Final = "from hanze.cli.main import main; main()"
_PREFIX: Final = b"Listening on "


def demo_cities() -> tuple[DemoCity, ...]:
    """List the cities that have a node of their own."""
    return strategy.cities_with_nodes(strategy.read_world(date(2026, 1, 1)))


def rest_of_world() -> Part:
    """Name what the first node keeps: all but what those cities keep themselves."""
    return Part(frozenset(city.id for city in demo_cities()), rest=True)


async def enter_league(node: Node, city: DemoCity) -> None:
    """Give a node its name and key, once."""
    if node.league.me() is None:
        await node.league.found(name=city.name, city=city.name, place=city.place)


async def keep_cities(node: Node, data: Path, port: int) -> None:
    """Start the cities' nodes, a few at a time, and end them when this is cancelled.

    Args:
        node: The first node, which invites them.
        data: Each city has a directory in it.
        port: Of the first node; theirs follow it, 0 picks free ones.
    """
    running: list[asyncio.subprocess.Process] = []
    lanes = asyncio.Semaphore(_AT_ONCE)

    async def start(number: int, city: DemoCity) -> None:
        async with lanes:
            process = await _started(city, data, port + number if port else 0)
            running.append(process)
            await _let_in(node, city, process)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_confirm_all(node))
            for number, city in enumerate(demo_cities(), 1):
                group.create_task(start(number, city))
    finally:
        await _end(running)


async def keep_city(node: Node, *, city: str) -> None:
    """Do what a city's node does in a demo: join with its invitation, confirm, and sign for its city.

    It ends with the process that started it, however that ended.
    """
    tasks = [
        asyncio.create_task(_confirm_all(node)),
        asyncio.create_task(_sign_all(node, Part(frozenset({city}), rest=False))),
    ]
    try:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            try:
                await node.gossip.join(line.decode().strip())
            except HanzeError as error:
                _log.info("Joining: %s", error)
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for task in tasks:
            task.cancel()


async def _started(city: DemoCity, data: Path, port: int) -> asyncio.subprocess.Process:
    folder = data / "cities" / city.id.rpartition(":")[2]
    options = ("--data", str(folder), "--port", str(port), "--city", city.id)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _START,
        "demo",
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def _let_in(node: Node, city: DemoCity, process: asyncio.subprocess.Process) -> None:
    """Wait until a node listens, and invite it unless it was before."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise RuntimeError("The process was started with pipes")
    line = await stdout.readline()
    if not line.startswith(_PREFIX):
        _log.warning("The node of %s did not start; the others go on", city.name)
        return
    known = {peer.name for peer in node.league.peers() if peer.status is Status.CONFIRMED}
    if city.name not in known:
        token, _ = await node.league.invite()
        stdin.write(token.encode() + b"\n")
        await stdin.drain()


async def _confirm_all(node: Node) -> None:
    """Trust whoever comes or is introduced."""
    while True:
        for peer in node.league.peers():
            if peer.status in (Status.INVITED, Status.INTRODUCED):
                try:
                    await node.league.confirm(peer.id)
                    node.gossip.hurry()
                except HanzeError as error:
                    _log.info("Confirming %s: %s", peer.name, error)
        await asyncio.sleep(_LOOK_S)


async def _sign_all(node: Node, part: Part) -> None:
    """Sign what other cities' nodes offer: their accords arrive after this node started."""
    while True:
        try:
            if await strategy.sign_accords(node, part):
                return
        except HanzeError as error:  # the node of a city goes on without
            _log.warning("Signing: %s", error)
            return
        await asyncio.sleep(_SIGN_S)


async def _end(running: Sequence[asyncio.subprocess.Process]) -> None:
    for process in running:
        if process.returncode is None:
            process.terminate()
    await asyncio.gather(*(process.wait() for process in running))
