"""The log, looked after day by day: verified, and rid of what is older than it has to be kept."""

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from hanze.node.node import Node
from hanze.worker.doing import keep_doing

__all__ = ["keep_log", "verify_and_expire"]

_log = logging.getLogger(__name__)

_DAY_S: Final = 86_400.0
#: A node that starts has other work first; verifying takes about 4 s for a million records.
_FIRST_S: Final = 60.0


async def keep_log(node: Node) -> None:
    """Do so once a day, until it is cancelled."""
    await asyncio.sleep(_FIRST_S)
    await keep_doing(
        "Looking after the log", partial(verify_and_expire, node), every_s=_DAY_S, at_once=True
    )


async def verify_and_expire(node: Node) -> None:
    """Verify the log, then remove what is too old; of a broken log nothing is removed."""
    now = node.clock()
    state = (await node.auditing.verify_for_itself(now=now)).state
    if not state.whole:
        _log.critical("The log is broken: %s", state.detail)
        return
    # In the lines of the process, which often go to another machine: a head that was noted apart.
    _log.info("The log is whole; its head is %d:%s", state.last, state.head)
    days = node.settings.governance.log_days
    if days:
        oldest = datetime.fromisoformat(now) - timedelta(days=days)
        removed = await node.store.log.expire(oldest.strftime("%Y-%m-%dT%H:%M:%SZ"), now=now)
        if removed:
            _log.info("Removed %d records of the log of before %s", removed, oldest.date())
