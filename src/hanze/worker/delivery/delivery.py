"""Delivering what waits in the outbox: at least once, in order per subscription and entity.

Each subscription has a lane, each endpoint a receiver. A lane hands out messages that may be sent
now, the receiver says when it is its turn; the answer is settled in the outbox together with many
others. Nothing but a durable settlement takes a row out of the outbox, so a crash may have a
message sent twice and never loses one.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from hanze.broker.notification import SubscriptionIndex
from hanze.errors import HanzeError
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.subscription.model import Subscription, status_of
from hanze.store.outbox.values import Announced, DueRow, Key, Settlement
from hanze.store.store import Store
from hanze.transport.notifier.outcome import Outcome, Verdict
from hanze.worker.delivery.endings import Endings
from hanze.worker.delivery.lane import MOST_AT_ONCE, PAGE, Lane
from hanze.worker.delivery.receiver import Receiver
from hanze.worker.delivery.schedule import (
    Fate,
    fate_of,
    is_cooling,
    not_before,
    throttled_until,
)
from hanze.worker.delivery.sender import Limits, Sender, notification_id
from hanze.worker.delivery.settler import Settler
from hanze.worker.delivery.tally import Tallies

__all__ = ["Delivery"]

_log = logging.getLogger(__name__)

_US = 1_000_000

#: A lane that waits looks again after so long: its subscription may have changed.
_LOOK_S = 15.0

#: Messages at a time to endpoints that have not answered yet, or fail; of all together.
_DOUBTFUL = 256

#: Rows of a subscription that is gone which one transaction removes.
_DROP = 500


class Delivery:
    """Sends what is due; made by `open_delivery`.

    Args:
        store: With the outbox.
        index: Knows subscriptions.
        sender: Makes messages of rows, and sends them.
        limits: Of the settings.
        clock: Now as DateTime text.
    """

    def __init__(
        self,
        store: Store,
        index: SubscriptionIndex,
        sender: Sender,
        limits: Limits,
        clock: Callable[[], str],
    ) -> None:
        self._store = store
        self._outbox = store.outbox
        self._index = index
        self._sender = sender
        self._limits = limits
        self._clock = clock
        self._lanes: dict[Key, Lane] = {}
        self._receivers: dict[str, Receiver] = {}
        self.tallies = Tallies(store.registers)
        self._doubtful = asyncio.Semaphore(_DOUBTFUL)
        self._flights: set[asyncio.Task[None]] = set()
        self._settler = Settler(store.outbox, store.transact, self.now_us, self._settled)
        self._endings = Endings(self._settler, self.tallies, limits.max_tries, self.now_us)

    def now_us(self) -> int:
        """Return now in microseconds since 1970."""
        return parse_datetime(self._clock())

    async def run(self) -> None:
        """Deliver until cancelled."""
        self._outbox.listener = self
        for key in self._outbox.waiting():
            self._wake(self._lanes.setdefault(key, Lane(key, more=True)))
        try:
            await self._settler.run()
        finally:
            self._outbox.listener = None
            running = [*self._flights, *(lane.task for lane in self._lanes.values() if lane.task)]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self._settler.flush()

    def announced(self, made: Sequence[Announced]) -> None:
        """Take in what was committed (`OutboxListener`)."""
        for one in made:
            for name in one.subscriptions:
                key = (one.tenant, name)
                lane = self._lanes.get(key)
                if lane is None:
                    lane = self._lanes[key] = Lane(key, more=False)
                if lane.arrive(one.row) and self._is_passed_over(key, one.row):
                    self._endings.done(lane.key, (lane.forget(one.row),))
                elif lane.task is None:
                    self._wake(lane)

    def returned(self, key: Key) -> None:
        """Read a subscription's rows again: dead ones wait again (`OutboxListener`)."""
        lane = self._lanes.setdefault(key, Lane(key, more=True))
        subscription = self._index.get(*key)
        if subscription is not None:
            self.receiver(subscription).pardon()
        lane.reread()
        self._wake(lane)

    def look_around(self) -> None:
        """Wake what has nothing to wait for any more, forget what is idle."""
        now = self._clock()
        for key, lane in list(self._lanes.items()):
            if lane.is_idle:
                del self._lanes[key]
            elif lane.task is None and self._fate(self._index.get(*key), now) is not Fate.HOLD:
                self._wake(lane)
        for uri, receiver in list(self._receivers.items()):
            if receiver.is_idle():
                del self._receivers[uri]
        self.tallies.keep({*self._lanes, *self._settler.states})

    async def give_up(self, key: Key, number: int, reason: str) -> int:
        """Make dead letters of the oldest rows of a subscription; tells of how many.

        Args:
            number: Of rows, at most.
            reason: In plain words.
        """
        await self._settler.flush()
        rows = self._outbox.take(key, after=0, limit=min(number, PAGE))
        lane = self._lanes.get(key)
        if lane is not None:
            under_way = lane.under_way
            rows = [row for row in rows if row.happened_id not in under_way]
            lane.abandon(rows)
        self._endings.bury(key, rows, reason)
        await self._settler.flush()
        return len(rows)

    async def drop(self, key: Key) -> int:
        """Remove some of what a subscription that is gone has left; tells how much."""
        return await self._store.transact(lambda _unit: self._outbox.drop(key, limit=_DROP))

    def is_failing(self, key: Key) -> bool:
        """Tell whether a subscription's endpoint fails, or the subscription is gone."""
        subscription = self._index.get(*key)
        if subscription is None:
            return True
        receiver = self._receivers.get(subscription.notification.endpoint.uri)
        return receiver is not None and receiver.failures > 0

    def count(self, subscription: Subscription, outcome: Outcome, *, now: str) -> None:
        """Count an attempt, to be written with the next settlement."""
        failed = tuple(self.receiver(subscription).failed)
        self._endings.count(subscription, outcome, now=now, failed=failed)

    def receiver(self, subscription: Subscription) -> Receiver:
        """Return the endpoint of a subscription; others may share it."""
        uri = subscription.notification.endpoint.uri
        known = self._receivers.get(uri)
        if known is None:
            limits = self._limits
            known = self._receivers[uri] = Receiver(
                limits.concurrency, limits.max_tries, self._doubtful, self.now_us
            )
            known.failed.extend(self.tallies.failed(subscription))
        return known

    def _wake(self, lane: Lane) -> None:
        lane.changed.set()
        if lane.task is None:
            lane.task = asyncio.create_task(self._serve(lane))

    async def _serve(self, lane: Lane) -> None:
        """Send from a lane until nothing of it can be sent."""
        try:
            while await self._step(lane):
                pass
        except HanzeError as error:
            _log.warning("Notifications of %s wait: %s", lane.key[1], error)
        except Exception:  # noqa: BLE001  # one lane must not end the others
            _log.exception("Notifications of %s wait", lane.key[1])
        finally:
            lane.task = None

    async def _step(self, lane: Lane) -> bool:
        lane.changed.clear()
        subscription = self._index.get(*lane.key)
        fate = self._fate(subscription, self._clock())
        if fate is not Fate.SEND or subscription is None:
            return await self._put_away(lane, fate)
        self._fill(lane, subscription)
        receiver = self.receiver(subscription)
        doomed = lane.doomed(receiver.doomed_until)
        if doomed:
            tries = len(receiver.failed)
            self._endings.bury(lane.key, doomed, f"{receiver.reason}; given up", tries=tries)
            return True
        if not len(lane):
            return await self._wait(lane, None)
        pause = self._pause_us(lane, subscription, receiver)
        if pause > 0:
            return await self._wait(lane, pause)
        return await self._send_next(lane, subscription, receiver)

    async def _send_next(self, lane: Lane, subscription: Subscription, receiver: Receiver) -> bool:
        # The usual case is spared the scope of a timeout.
        probe = await receiver.enter() if receiver.is_free() else await self._turn(receiver)
        if probe is None:
            return True
        if self._is_outdated(lane, subscription, receiver):
            receiver.leave(probe=probe)
            return True
        now = self.now_us()
        throttled = subscription.throttling_s is not None
        message = lane.next_of_all(now) if throttled else lane.next(now)
        if not message:
            receiver.leave(probe=probe)
            return await self._wait(lane, lane.wait_us(now))
        lane.flights += 1
        lane.last_sent = now
        flight = asyncio.create_task(self._fly(lane, subscription, receiver, message, probe=probe))
        self._flights.add(flight)
        flight.add_done_callback(self._flights.discard)
        return True

    def _is_outdated(self, lane: Lane, subscription: Subscription, receiver: Receiver) -> bool:
        """Tell whether something became different while a lane waited for its turn (5.8.6)."""
        present = self._index.get(*lane.key)
        if present is not subscription or self._fate(present, self._clock()) is not Fate.SEND:
            return True
        return self._pause_us(lane, subscription, receiver) > 0

    async def _turn(self, receiver: Receiver) -> bool | None:
        """Wait for a turn; `None` when that takes so long that the lane should look again."""
        try:
            async with asyncio.timeout(_LOOK_S):
                return await receiver.enter()
        except TimeoutError:
            return None

    async def _fly(
        self,
        lane: Lane,
        subscription: Subscription,
        receiver: Receiver,
        message: tuple[DueRow, ...],
        *,
        probe: bool,
    ) -> None:
        """Send a message, and see to what becomes of it."""
        try:
            outcome = await self._attempt(lane, subscription, receiver, message)
        except asyncio.CancelledError:
            lane.return_(message)
            raise
        except Exception:  # noqa: BLE001  # it waits like one that is not answered
            _log.exception("A notification of %s is not sent", subscription.id)
            outcome = Outcome(Verdict.AWAY, "the node failed to send it; its log says why")
            receiver.judge(outcome, None)
        finally:
            lane.flights -= 1
            receiver.leave(probe=probe)
        self._endings.land(lane, message, outcome, resumes=receiver.resumes)
        if len(lane) or lane.more:
            self._wake(lane)

    async def _attempt(
        self,
        lane: Lane,
        subscription: Subscription,
        receiver: Receiver,
        message: tuple[DueRow, ...],
    ) -> Outcome:
        found = (self._outbox.happened(row.happened_id) for row in message)
        changes = [change for change in found if change is not None]
        if not changes:
            return Outcome(Verdict.TAKEN)
        now = self._clock()
        before, lane.last_sent = lane.last_sent, parse_datetime(now)
        name = notification_id(subscription, message)
        outcome = await self._sender.send(subscription, changes, name, now=now)
        if outcome.verdict is Verdict.NOTHING:
            lane.last_sent = before
            return outcome
        receiver.judge(outcome, subscription.notification.endpoint.cooldown_ms)
        self.count(subscription, outcome, now=now)
        return outcome

    def _fill(self, lane: Lane, subscription: Subscription) -> None:
        """Read rows of the outbox until there are enough."""
        lane.room = PAGE if subscription.throttling_s is None else MOST_AT_ONCE
        while lane.wants_rows:
            lane.read(self._outbox.take(lane.key, after=lane.read_to, limit=PAGE), PAGE)
            if subscription.throttling_s is not None:
                self._endings.done(lane.key, lane.collapse())
        if subscription.throttling_s is not None:
            self._endings.done(lane.key, lane.collapse())

    def _pause_us(self, lane: Lane, subscription: Subscription, receiver: Receiver) -> int:
        """Return how long the subscription itself has the node wait."""
        until = 0
        if subscription.throttling_s is not None:
            last = lane.last_sent
            if last is None:
                text = self.tallies.of(subscription).last_notification
                last = None if text is None else parse_datetime(text)
            until = throttled_until(last, subscription.throttling_s)
        cooldown_ms = subscription.notification.endpoint.cooldown_ms
        if cooldown_ms is not None and receiver.last_failure is not None:
            until = max(until, not_before(receiver.last_failure, 0, cooldown_ms))
        return until - self.now_us()

    async def _wait(self, lane: Lane, us: int | None) -> bool:
        """Wait for a change of a lane; tells whether there is something to go on with."""
        if not len(lane):
            # What is under way wakes the lane when it comes back.
            return lane.changed.is_set()
        try:
            async with asyncio.timeout(_LOOK_S if us is None else min(us / _US, _LOOK_S)):
                await lane.changed.wait()
        except TimeoutError:
            pass
        return True

    async def _put_away(self, lane: Lane, fate: Fate) -> bool:
        """See to what is due to a subscription that is not active; tells whether more is left."""
        if fate is Fate.HOLD:
            return False
        rows = lane.clear()
        if fate is Fate.DIE:
            rows += tuple(self._outbox.take(lane.key, after=lane.read_to, limit=PAGE))
            self._endings.bury(lane.key, rows, "the subscription has expired")
            lane.read_to = max((row.happened_id for row in rows), default=lane.read_to)
            lane.more = bool(rows)
            return lane.more
        lane.more = await self.drop(lane.key) == _DROP
        lane.settled([row.happened_id for row in rows])
        self.tallies.forget(lane.key)
        return lane.more

    def _is_passed_over(self, key: Key, row: DueRow) -> bool:
        """Tell whether a change came while the endpoint cooled down, and is not notified."""
        subscription = self._index.get(*key)
        if subscription is None or subscription.notification.endpoint.cooldown_ms is None:
            return False
        endpoint = subscription.notification.endpoint
        receiver = self._receivers.get(endpoint.uri)
        if receiver is None:
            return False
        return is_cooling(row.happened_id, receiver.last_failure, endpoint.cooldown_ms)

    def _settled(self, settlement: Settlement) -> None:
        for key, happened_id in settlement.done:
            self._forget(key, happened_id)
        for one in settlement.dead:
            self._forget(one.key, one.happened_id)

    def _forget(self, key: Key, happened_id: int) -> None:
        lane = self._lanes.get(key)
        if lane is not None:
            lane.settled((happened_id,))

    def _fate(self, subscription: Subscription | None, now: str) -> Fate:
        return fate_of(None if subscription is None else status_of(subscription, now))
