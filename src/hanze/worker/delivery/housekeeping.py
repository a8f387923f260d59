"""Keeps the outbox within its bounds, and wakes what waited for a person."""

import asyncio
import logging

from hanze.broker.notification import SubscriptionIndex
from hanze.errors import HanzeError
from hanze.store.store import Store
from hanze.transport.notifier.mqtt import MqttNotifier
from hanze.worker.delivery.delivery import Delivery
from hanze.worker.delivery.sender import Limits

__all__ = ["Housekeeping"]

_log = logging.getLogger(__name__)

#: A subscription that is active again is noticed within this.
_EVERY_S = 1.0
#: Rarer things are done once in so many turns.
_RARELY = 60


class Housekeeping:
    """What must be seen to, now and then.

    Args:
        store: With the outbox.
        index: Knows the subscriptions that there are.
        delivery: Is woken, and gives up what is too much.
        mqtt: Lets go of connections that nobody uses.
        limits: Of the settings.
    """

    def __init__(
        self,
        store: Store,
        index: SubscriptionIndex,
        delivery: Delivery,
        mqtt: MqttNotifier,
        limits: Limits,
    ) -> None:
        self._store = store
        self._index = index
        self._delivery = delivery
        self._mqtt = mqtt
        self._limits = limits
        #: Rows that waited when they were last counted, and how many had been announced by then.
        self._counted: tuple[int, int] | None = None

    async def run(self) -> None:
        """Go on until cancelled."""
        turn = 0
        while True:
            try:
                self._delivery.look_around()
                await self.bound()
                if turn % _RARELY == 0:
                    await self.tidy()
            except HanzeError as error:
                _log.warning("The outbox cannot be tidied: %s", error)
            except Exception:  # noqa: BLE001  # the loop must go on
                _log.exception("The outbox cannot be tidied")
            turn += 1
            await asyncio.sleep(_EVERY_S)

    async def bound(self) -> None:
        """Make dead letters of what is too much, the oldest first, of who does not answer."""
        announced = self._store.outbox.announced
        if self._counted is not None:
            waited, before = self._counted
            if waited + announced - before <= self._limits.max_waiting:
                return
        counts = self._store.outbox.waiting()
        excess = sum(counts.values()) - self._limits.max_waiting
        reason = f"more than {self._limits.max_waiting} notifications wait"
        while excess > 0:
            key = max(counts, key=lambda one: (self._delivery.is_failing(one), counts[one]))
            taken = await self._delivery.give_up(key, excess, reason)
            if not taken:
                break
            _log.warning("%d notifications of %s are dead letters: too many wait", taken, key[1])
            excess -= taken
            counts[key] -= taken
            if not counts[key]:
                del counts[key]
        self._counted = (sum(counts.values()), announced)

    async def tidy(self) -> None:
        """Remove what is left of subscriptions that are gone, and dead letters beyond the bound."""
        for key in self._store.dead_letters.subscriptions():
            while self._index.get(*key) is None and await self._delivery.drop(key):
                pass
        removed = await self._store.dead_letters.trim(self._limits.max_dead_letters)
        if removed:
            _log.error("%d dead letters were removed: there were too many", removed)
        await self._mqtt.close_idle()
