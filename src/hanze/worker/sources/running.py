"""All sources at once: each in tasks of its own, so that one that fails disturbs no other."""

import asyncio
import logging
from dataclasses import dataclass

from hanze.connectors.source_record import SourceRecord
from hanze.errors import HanzeError
from hanze.ngsild.moment import parse_datetime
from hanze.node.node import Node
from hanze.worker.sources.following import follow
from hanze.worker.sources.processing import process

__all__ = ["run_sources"]

_log = logging.getLogger(__name__)

#: Seconds after which a source is started again whose task ended by a mistake of ours.
_AGAIN_S = 30.0


@dataclass(slots=True)
class _Running:
    record: SourceRecord
    task: asyncio.Task[None]


async def run_sources(node: Node) -> None:
    """Follow every source that is to be followed, until it is cancelled."""
    running: dict[str, _Running] = {}
    try:
        while True:
            node.sources.changed.clear()
            await _adjust(node, running)
            await node.sources.changed.wait()
    finally:
        for one in running.values():
            one.task.cancel()
        await asyncio.gather(*(one.task for one in running.values()), return_exceptions=True)


async def _adjust(node: Node, running: dict[str, _Running]) -> None:
    """Start what is to run and does not, stop what runs and is not to."""
    wanted = {one.name: one for one in node.sources.records() if node.sources.is_running(one)}
    for name in list(running):
        if wanted.get(name) != running[name].record:
            task = running.pop(name).task
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            node.sources.connections[name] = "does not run"
    for name, record in wanted.items():
        if name not in running:
            task = asyncio.create_task(_run(node, record), name=f"source {name}")
            running[name] = _Running(record, task)


async def _run(node: Node, record: SourceRecord) -> None:
    """Follow one source and deal with its messages; what is wrong with it is told."""
    while True:
        try:
            following = node.sources.following(record)
            async with asyncio.TaskGroup() as group:
                group.create_task(follow(node, following))
                group.create_task(process(node, following))
        except* HanzeError as group_error:
            error = group_error.exceptions[0]
            _log.warning("Source %s does not run: %s", record.name, error)
            await _tell(node, record.name, str(error))
        except* Exception as group_error:  # noqa: BLE001  # the outermost loop: others must go on
            _log.exception("Source %s failed", record.name)
            kind = type(group_error.exceptions[0]).__name__
            await _tell(node, record.name, f"The node made a mistake ({kind}); its log says more")
        await asyncio.sleep(_AGAIN_S)


async def _tell(node: Node, name: str, error: str) -> None:
    node.sources.connections[name] = f"tries again in {_AGAIN_S:.0f} s"
    await node.sources.spool.note_error(name, error, parse_datetime(node.clock()))
