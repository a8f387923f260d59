"""What a node does by itself: remove what has expired (CIM 009, 4.22), notify, read what changed."""

import asyncio
import logging
from functools import partial

from hanze.ngsild.moment import parse_datetime
from hanze.node.node import Node
from hanze.store.history.retention import retain
from hanze.worker.covering import Covering
from hanze.worker.delivery.deliver import deliver
from hanze.worker.doing import keep_doing
from hanze.worker.forwarding import forward_subscriptions
from hanze.worker.gossip import keep_talking
from hanze.worker.journal import keep_journal
from hanze.worker.league_records import follow_league
from hanze.worker.log_keeping import keep_log
from hanze.worker.securing import keep_secure
from hanze.worker.snapshots import keep_snapshots
from hanze.worker.sources.running import run_sources

__all__ = ["run_worker"]

_log = logging.getLogger(__name__)

#: Between slices of work that nobody waits for.
_BREATH_S = 0.05


#: Past days are put in order; there is something to do once a day, and for what comes late.
_COMPACT_S = 3_600.0
#: What others offer changes slowly.
_HARVEST_S = 3_600.0


async def run_worker(node: Node) -> None:
    """Run every loop until it is cancelled."""

    async def sweep() -> None:
        removed = await node.store.sweep(node.clock())
        if removed:
            _log.info("Removed %d expired entities and attributes", removed)

    async def read() -> None:
        """Have the collective's records read, so that the first page need not wait for it."""
        collective = await node.collective.refresh(node.clock())
        if len(collective):
            await node.search.refresh(collective, wait_s=None)
            await node.matchmaker.prepare(node.clock())

    async def look() -> None:
        changed = await node.insight.step(node.clock())
        if changed:
            _log.info("Made or ended %d alerts", changed)

    async def tidy() -> None:
        removed = await node.registrations.sweep(node.clock())
        if removed:
            _log.info("Removed %d expired registrations", removed)
        await node.registrations.flush()

    worker = node.settings.worker
    covering = Covering(node)

    async with asyncio.TaskGroup() as group:
        group.create_task(
            keep_doing("Following sources", partial(run_sources, node), every_s=30.0, at_once=True)
        )
        group.create_task(deliver(node))
        group.create_task(forward_subscriptions(node))
        group.create_task(keep_doing("Covering subscriptions", covering.step, every_s=0.0))
        group.create_task(follow_league(node))
        group.create_task(keep_talking(node))
        group.create_task(
            keep_doing("Keeping agreements alike", node.agreements_between.step, every_s=0.0)
        )
        group.create_task(_keep_harvesting(node))
        group.create_task(keep_secure(node))
        group.create_task(keep_snapshots(node))
        group.create_task(keep_log(node))
        group.create_task(keep_journal(node))
        group.create_task(keep_doing("Removing what has expired", sweep, every_s=worker.sweep_s))
        group.create_task(keep_doing("Tidying registrations", tidy, every_s=worker.sweep_s))
        group.create_task(_keep_history(node))
        group.create_task(keep_doing("Looking at what is watched", look, every_s=worker.insight_s))
        if worker.read_ahead:
            group.create_task(
                keep_doing(
                    "Reading the collective", read, every_s=worker.collective_s, at_once=True
                )
            )


async def _keep_harvesting(node: Node) -> None:
    """Read the catalogues of other nodes, and of whoever else publishes one."""

    async def harvest() -> None:
        await node.catalogue.harvests.step(node.clock())

    await keep_doing("Reading catalogues of others", harvest, every_s=_HARVEST_S, at_once=True)


async def _keep_history(node: Node) -> None:
    """Bring the history to its archive, put past days of it in order, let go of what is too old."""
    store = node.store

    async def compact() -> None:
        moved = await store.history.compact(parse_datetime(node.clock()))
        if moved:
            _log.info("Brought %d parts of past days of the history to their place", moved)

    async def keep() -> None:
        done = await retain(store.history, node.keeping, parse_datetime(node.clock()))
        if done.removed or done.condensed:
            _log.info(
                "Removed %d instances of the history, and made %d means of %d others",
                done.removed,
                done.means,
                done.condensed,
            )

    async def erase() -> None:
        more = True
        while more:
            more = await node.retaining.step(node.clock())
            await asyncio.sleep(_BREATH_S)

    async def flush() -> None:
        await store.history.prepare()
        await store.history.flush()

    history = node.settings.history
    async with asyncio.TaskGroup() as group:
        group.create_task(
            keep_doing("Archiving the history", flush, every_s=history.flush_s, at_once=True)
        )
        group.create_task(keep_doing("Ordering the history", compact, every_s=_COMPACT_S))
        group.create_task(
            keep_doing("Keeping history", keep, every_s=history.retention_s, at_once=True)
        )
        group.create_task(
            keep_doing("Erasing what is over", erase, every_s=history.retention_s, at_once=True)
        )
