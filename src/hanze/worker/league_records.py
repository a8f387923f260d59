"""Follow the public records of every confirmed node of the league, each in a task of its own."""

import asyncio
import logging
from typing import Final

from hanze.collaboration.following import Following
from hanze.collaboration.replicas.model import Source
from hanze.node.node import Node

__all__ = ["follow_league"]

_log = logging.getLogger(__name__)

#: How soon who is confirmed is followed, and who is not any more is let go.
_LOOK_S: Final = 1.0


async def follow_league(node: Node) -> None:
    """Follow those who are confirmed until it is cancelled; let go of what others left."""
    following = Following(node.store, node.replicas, node.asking, node.clock)
    tasks: dict[Source, asyncio.Task[None]] = {}
    try:
        while True:
            await _look(node, following, tasks)
            await asyncio.sleep(_LOOK_S)
    finally:
        await _end(list(tasks.values()))


async def _look(node: Node, following: Following, tasks: dict[Source, asyncio.Task[None]]) -> None:
    wanted = set(node.replicas.sources)
    ended = [source for source in tasks if source not in wanted or tasks[source].done()]
    for source in ended:
        task = tasks.pop(source)
        await _end([task])
    for source in wanted - tasks.keys():
        tasks[source] = asyncio.create_task(following.follow(source))
    for peer in await node.replicas.drop_unconfirmed(node.store):
        _log.info("Let go of the records of %s, who is no longer confirmed", peer)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            _log.error("Following a node ended", exc_info=result)
