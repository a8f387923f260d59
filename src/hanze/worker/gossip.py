"""Talks with other members of the league, now and then and when something is urgent."""

import logging

from hanze.errors import HanzeError
from hanze.node.node import Node

__all__ = ["keep_talking"]

_log = logging.getLogger(__name__)


async def keep_talking(node: Node) -> None:
    """Talk until it is cancelled; a talk that fails is logged, and the next one comes."""
    while True:
        try:
            await node.gossip.step()
        except HanzeError as error:
            _log.warning("Talking with the league failed: %s", error)
        except Exception:  # noqa: BLE001  # the outermost loop: one bad talk must not end the others
            _log.exception("Talking with the league failed")
        await node.gossip.pause(node.settings.league.gossip_s)
