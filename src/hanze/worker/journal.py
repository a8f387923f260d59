"""Brings what commands did beside the node into its log."""

from hanze.node.node import Node
from hanze.worker.doing import keep_doing

__all__ = ["keep_journal"]

_EVERY_S = 5.0


async def keep_journal(node: Node) -> None:
    """Look again and again whether commands left something to be told."""

    async def step() -> None:
        await node.entrance.journal.hand_over(node.store)

    await keep_doing("Logging what commands did", step, every_s=_EVERY_S, at_once=True)
