"""Notifications every so often, whatever changes (CIM 009, 5.8.6 timeInterval).

They show what is there at that moment, so nothing waits in the outbox for them: one that fails is
not sent again, the next one says what is then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

from msgspec.structs import replace

from hanze.broker.consumption import query_entities
from hanze.broker.notification import Happened, SubscriptionIndex
from hanze.errors import HanzeError
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.subscription.model import Subscription, SubscriptionStatus, status_of
from hanze.store.outbox.values import DueRow, Key
from hanze.store.store import Store
from hanze.transport.notifier.outcome import Verdict
from hanze.worker.delivery.delivery import Delivery
from hanze.worker.delivery.schedule import next_period, not_before
from hanze.worker.delivery.sender import Sender, notification_id

__all__ = ["Timed"]

_log = logging.getLogger(__name__)

#: How exactly a notification comes on time, and how often subscriptions are looked for.
_TICK_S = 0.1
_LOOK_S = 1.0

#: Entities in one notification; more come in several.
_TOGETHER = 1_000


class Timed:
    """Sends the notifications of subscriptions that have an interval.

    Args:
        store: Whose entities are shown.
        index: Knows the subscriptions.
        sender: Makes and sends messages.
        delivery: Knows how endpoints fare, and counts.
    """

    def __init__(
        self, store: Store, index: SubscriptionIndex, sender: Sender, delivery: Delivery
    ) -> None:
        self._store = store
        self._index = index
        self._sender = sender
        self._delivery = delivery
        #: When each is due, for the version of the subscription that was read.
        self._due: dict[Key, tuple[str, int]] = {}
        self._running: dict[Key, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send until cancelled."""
        subscriptions: list[Subscription] = []
        looks, soonest = 0.0, 0
        loop = asyncio.get_running_loop()
        try:
            while True:
                now = self._delivery.now_us()
                if loop.time() >= looks:
                    subscriptions, soonest = self._look(), 0
                    looks = loop.time() + _LOOK_S
                if now >= soonest:
                    for subscription in subscriptions:
                        self._start_when_due(subscription, now)
                    soonest = min((due for _, due in self._due.values()), default=0)
                await asyncio.sleep(_TICK_S if subscriptions else _LOOK_S)
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _look(self) -> list[Subscription]:
        subscriptions = self._index.timed()
        keys = {(one.tenant, one.id) for one in subscriptions}
        self._due = {key: due for key, due in self._due.items() if key in keys}
        return subscriptions

    def _start_when_due(self, subscription: Subscription, now: int) -> None:
        key = (subscription.tenant, subscription.id)
        interval_s = subscription.time_interval_s
        if interval_s is None or key in self._running:
            return
        known = self._due.get(key)
        if known is None or known[0] != subscription.modified_at:
            last = self._delivery.tallies.of(subscription).last_notification
            began = parse_datetime(last or subscription.created_at)
            due = next_period(began, interval_s, now)
            self._due[key] = (subscription.modified_at, due)
            return
        if now < known[1]:
            return
        if self._index.get(*key) is not subscription:
            # Changed or deleted since the last look: the next one knows (5.8.5.4).
            return
        self._due[key] = (subscription.modified_at, next_period(known[1], interval_s, now))
        task = asyncio.create_task(self._notify(subscription, known[1]))
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))

    async def _notify(self, subscription: Subscription, due: int) -> None:
        try:
            async for changes in self._shown(subscription):
                await self._send(subscription, changes, due)
        except (AccessDenied, PurposeRequired):
            # `covering` pauses it, and says why.
            return
        except HanzeError as error:
            _log.warning("Nothing is sent to %s this time: %s", subscription.id, error)
        except Exception:  # noqa: BLE001  # one subscription must not end the others
            _log.exception("Nothing is sent to %s this time", subscription.id)

    async def _send(self, subscription: Subscription, changes: list[Happened], due: int) -> None:
        receiver = self._delivery.receiver(subscription)
        cooldown_ms = subscription.notification.endpoint.cooldown_ms
        now_us = self._delivery.now_us()
        cools = receiver.last_failure is not None and now_us < not_before(
            receiver.last_failure, 0, cooldown_ms
        )
        now = format_datetime(now_us)
        if cools or receiver.resumes > now_us:
            return
        if status_of(subscription, now) is not SubscriptionStatus.ACTIVE:
            return
        probe = await receiver.enter()
        try:
            row = DueRow(due, due, changes[0].entity_id)
            name = notification_id(subscription, [row])
            outcome = await self._sender.send(subscription, changes, name, now=now)
            if outcome.verdict is Verdict.NOTHING:
                return
            receiver.judge(outcome, cooldown_ms)
            self._delivery.count(subscription, outcome, now=now)
        finally:
            receiver.leave(probe=probe)

    async def _shown(self, subscription: Subscription) -> AsyncIterator[list[Happened]]:
        """Yield the entities that match now, as many as one notification holds at a time."""
        now = format_datetime(self._delivery.now_us())
        caller = self._sender.caller_of(subscription)
        if status_of(subscription, now) is not SubscriptionStatus.ACTIVE:
            return
        asked = subscription
        if self._index.splits(subscription):
            # What is asked of whole entities is asked of them when the message is made.
            asked = replace(subscription, q=None, geo=None, scope=None)
        more, offset = self._store.tenant_exists(subscription.tenant), 0
        while more:
            query = EntityQuery(
                selectors=subscription.entities,
                q=asked.q,
                geo=asked.geo,
                scope=asked.scope,
                limit=_TOGETHER,
                offset=offset,
            )
            found = await query_entities(
                self._store, caller, query, local=True, join_level=_JOIN, now=now
            )
            loaded = (unexpired(self._store.load(stored), now) for stored in found.entities)
            changes = [Happened(one.id, None, one, now) for one in loaded if one is not None]
            if changes:
                yield changes
            more, offset = found.more, offset + _TOGETHER


#: How deep `q` may follow relationships.
_JOIN = 10
