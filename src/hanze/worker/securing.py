"""Writes down that an emergency ended by itself."""

import logging
from typing import Final

from hanze.node.node import Node
from hanze.worker.doing import keep_doing

__all__ = ["keep_secure"]

_log = logging.getLogger(__name__)

#: An emergency ends to the second; that it did is written down soon after.
_EVERY_S: Final = 5.0


async def keep_secure(node: Node) -> None:
    """Do so until it is cancelled."""

    async def lapse() -> None:
        if await node.security.emergencies.lapse(now=node.clock()):
            _log.warning("The emergency has ended by itself")

    await keep_doing("Ending emergencies", lapse, every_s=_EVERY_S, at_once=True)
