"""Pauses subscriptions whose askers may not read any more what these name.

What they are told is decided about at each delivery; this sees to it that a subscription says so,
that copies of it at other nodes end with it, and that nobody waits for what will not come.
"""

import asyncio
import logging
from typing import Final

from hanze.broker.asking import require_all
from hanze.governance.reasons import AccessDenied, PurposeRequired, Reason
from hanze.ngsild.subscription.model import Subscription, SubscriptionStatus, status_of
from hanze.node.node import Node

__all__ = ["Covering"]

_log = logging.getLogger(__name__)

#: How soon a change of the rules is seen, and how often the time that passes is looked at.
_TICK_S: Final = 0.5
_LOOK_S: Final = 30.0
#: Subscriptions that are looked at before others get their turn.
_SLICE: Final = 50

_PASSING: Final = frozenset({Reason.NOT_CONFIRMED, Reason.NOT_YET_VALID})
CREDENTIAL_ENDED: Final = "credential_ended"


class Covering:
    """Looks at all subscriptions whenever the rules change, and now and then.

    Args:
        node: Has the subscriptions and the rules.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._version = -1
        self._looked = float("-inf")

    async def step(self) -> int:
        """Look, where it is time to; return how many subscriptions were paused."""
        await asyncio.sleep(_TICK_S)
        moment = asyncio.get_running_loop().time()
        version = self._node.governance.rules.version
        if version == self._version and moment < self._looked + _LOOK_S:
            return 0
        self._version, self._looked = version, moment
        return await self.look()

    async def look(self) -> int:
        """Look at all subscriptions; return how many were paused."""
        paused = 0
        node = self._node
        for tenant in node.store.tenants():
            for number, one in enumerate(node.subscription_index.of_tenant(tenant)):
                if number % _SLICE == _SLICE - 1:
                    await asyncio.sleep(0)
                reason = self._refused(one)
                if reason is not None:
                    await node.subscriptions.stop(one, reason, now=node.clock())
                    _log.info("Subscription %s is paused: %s", one.id, reason)
                    paused += 1
        return paused

    def _refused(self, subscription: Subscription) -> str | None:
        """Say why a subscription cannot go on; `None` where it can, or does not now."""
        node, now = self._node, self._node.clock()
        if status_of(subscription, now) is not SubscriptionStatus.ACTIVE:
            return None
        caller = node.askers.caller(subscription)
        asker = subscription.asker
        if asker is not None and asker.actor != caller.actor:
            return CREDENTIAL_ENDED
        try:
            require_all(node.store, caller, subscription, "deliver", now=now)
        except (AccessDenied, PurposeRequired) as refused:
            # What may pass is not told meanwhile, and goes on by itself; so does what others tell.
            goes_on = refused.reason in _PASSING or node.subscriptions.reaches(subscription)
            return None if goes_on else refused.reason.value
        return None
