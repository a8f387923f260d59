"""What a node does by itself: remove what has expired (CIM 009, 4.22)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from hanze.errors import HanzeError
from hanze.node.node import Node

__all__ = ["keep_doing", "run_worker"]

_log = logging.getLogger(__name__)


async def run_worker(node: Node) -> None:
    """Run every loop until it is cancelled."""

    async def sweep() -> None:
        removed = await node.store.sweep(node.clock())
        if removed:
            _log.info("Removed %d expired entities and attributes", removed)

    await keep_doing("Removing what has expired", sweep, every_s=node.settings.worker.sweep_s)


async def keep_doing(what: str, step: Callable[[], Awaitable[object]], *, every_s: float) -> None:
    """Take a step again and again; a step that fails is logged, and the next one comes."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await step()
        except HanzeError as error:
            _log.warning("%s failed: %s", what, error)
        except Exception:  # noqa: BLE001  # the outermost loop: one bad step must not end the others
            _log.exception("%s failed", what)
