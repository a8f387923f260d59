"""Tells subscribers of registrations of Context Sources that come, change and go (CIM 009, 5.11.7)."""

import asyncio
import logging
import random
from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import uuid4

from msgspec.structs import asdict

from hanze.broker.notification import render_source_notification
from hanze.broker.ports import UnitOfWork
from hanze.broker.registry import Change
from hanze.broker.source_watch import SourceSubscriptionIndex, SourceWatch, Unsaid
from hanze.broker.subscription_records import put_state, state_of
from hanze.errors import HanzeError
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.subscription.model import (
    Subscription,
    SubscriptionState,
    SubscriptionStatus,
    status_of,
)
from hanze.store.store import Store
from hanze.transport.notifier.http import HttpNotifier
from hanze.transport.notifier.mqtt import MqttNotifier
from hanze.transport.notifier.outcome import Outcome, Verdict
from hanze.worker.delivery.schedule import (
    next_period,
    not_before,
    retry_wait_s,
    throttled_until,
    timeout_s,
)
from hanze.worker.delivery.tally import Tally, after_attempt

__all__ = ["SourceNotices"]

_log = logging.getLogger(__name__)

_US: Final = 1_000_000
#: Everything is looked at again so often, whatever was heard.
_LOOK_S: Final = 60.0
#: Subscribers that are told at a time.
_AT_ONCE: Final = 16
_TAKEN: Final = frozenset({Verdict.SENT, Verdict.TAKEN})

_Key = tuple[str, str]


class SourceNotices:
    """Tells subscribers, each at its own pace.

    Args:
        store: Keeps what was told.
        index: Knows the subscriptions.
        watch: Says what is to be told.
        http: Posts.
        mqtt: Publishes.
        most_s: How long an answer may take.
        clock: Answers now as DateTime text.
        may_tell: Whether who subscribed may still be told.
    """

    def __init__(
        self,
        store: Store,
        index: SourceSubscriptionIndex,
        watch: SourceWatch,
        http: HttpNotifier,
        mqtt: MqttNotifier,
        *,
        most_s: float,
        clock: Callable[[], str],
        may_tell: Callable[[Subscription], bool],
    ) -> None:
        self._store = store
        self._index = index
        self._watch = watch
        self._http = http
        self._mqtt = mqtt
        self._most_s = most_s
        self._clock = clock
        self._may_tell = may_tell
        self._changed = asyncio.Event()
        #: When each is looked at, on the clock of the loop; failures in a row.
        self._due: dict[_Key, float] = {}
        self._failures: dict[_Key, int] = {}
        self._running: dict[_Key, asyncio.Task[None]] = {}

    def subscription_changed(self, tenant: str, subscription_id: str) -> None:
        """Hear that a subscription is new, other than before, or gone."""
        self._failures.pop((tenant, subscription_id), None)
        self._due[tenant, subscription_id] = 0.0
        self._changed.set()

    def registration_changed(self, change: Change) -> None:
        """Hear that a registration is new, other than before, or gone."""
        one = change.after or change.before
        if one is None:
            return
        for subscription in self._index.of_tenant(one.registered_in):
            key = (subscription.tenant, subscription.id)
            # Who does not answer is not asked more often for it.
            if subscription.time_interval_s is None and key not in self._failures:
                self._due[key] = 0.0
        self._changed.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        for key in self._watch.subscribers():
            self._due[key] = 0.0
        try:
            while True:
                self._look()
                wait_s = self._begin()
                try:
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                self._changed.clear()
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _look(self) -> None:
        for subscription in self._index.all():
            key = (subscription.tenant, subscription.id)
            if key not in self._due and key not in self._running:
                self._due[key] = asyncio.get_running_loop().time() + _LOOK_S

    def _begin(self) -> float:
        """Start what is due; return in how many seconds something more is."""
        moment = asyncio.get_running_loop().time()
        wait_s = _LOOK_S
        for key, when in list(self._due.items()):
            if key in self._running:
                continue
            if when > moment:
                wait_s = min(wait_s, when - moment)
            elif len(self._running) < _AT_ONCE:
                del self._due[key]
                task = asyncio.create_task(self._see_to(key))
                self._running[key] = task
                task.add_done_callback(partial(self._ended, key))
        return wait_s

    def _ended(self, key: _Key, _task: asyncio.Task[None]) -> None:
        del self._running[key]
        self._changed.set()

    async def _see_to(self, key: _Key) -> None:
        try:
            wait_s = await self._tell(key)
        except HanzeError as error:
            _log.warning("Subscription %s is not told of registrations: %s", key[1], error)
            wait_s = self._failed(key, None)
        except Exception:  # noqa: BLE001  # one subscriber must not end the others
            _log.exception("Subscription %s is not told of registrations", key[1])
            wait_s = self._failed(key, None)
        if wait_s is not None:
            when = asyncio.get_running_loop().time() + wait_s
            # What changed meanwhile is looked at before.
            self._due.setdefault(key, when)

    async def _tell(self, key: _Key) -> float | None:
        """Tell a subscriber what is to be told; return when to look again, where that is known."""
        subscription = self._index.get(*key)
        if subscription is None:
            await self._store.transact(lambda uow: self._watch.drop(uow.registers, *key))
            self._watch.dropped(*key)
            return None
        if status_of(subscription, self._clock()) is not SubscriptionStatus.ACTIVE:
            return None
        if not self._may_tell(subscription):
            return _LOOK_S
        state = state_of(self._store.registers, *key, about_sources=True)
        early_us = _not_yet_us(subscription, state, parse_datetime(self._clock()))
        if early_us > 0:
            return early_us / _US
        if subscription.time_interval_s is not None:
            return await self._tell_all(subscription)
        return await self._tell_unsaid(subscription)

    async def _tell_unsaid(self, subscription: Subscription) -> float | None:
        key = (subscription.tenant, subscription.id)
        for unsaid in self._watch.unsaid(subscription):
            outcome = await self._send(subscription, unsaid)
            if outcome.verdict not in _TAKEN:
                return self._failed(key, subscription.notification.endpoint.cooldown_ms)
            if subscription.throttling_s is not None:
                return subscription.throttling_s
        self._failures.pop(key, None)
        return None

    async def _tell_all(self, subscription: Subscription) -> float | None:
        """Send what is due at intervals; what fails is not sent again, the next one says more."""
        unsaid = self._watch.matching(subscription)
        if unsaid is not None:
            await self._send(subscription, unsaid)
        return subscription.time_interval_s

    async def _send(self, subscription: Subscription, unsaid: Unsaid) -> Outcome:
        now = self._clock()
        message = render_source_notification(
            subscription,
            list(unsaid.data.values()),
            unsaid.reason.value,
            now=now,
            notification_id=f"urn:ngsi-ld:Notification:{uuid4().hex}",
        )
        endpoint = subscription.notification.endpoint
        within_s = timeout_s(endpoint.timeout_ms, self._most_s)
        if endpoint.uri.partition(":")[0].lower() in ("mqtt", "mqtts"):
            outcome = await self._mqtt.send(
                endpoint.uri, message, timeout_s=within_s, notifier_info=endpoint.notifier_info
            )
        else:
            outcome = await self._http.send(endpoint.uri, message, timeout_s=within_s)
        await self._count(subscription, unsaid, outcome, now)
        return outcome

    async def _count(
        self, subscription: Subscription, unsaid: Unsaid, outcome: Outcome, now: str
    ) -> None:
        """Write how it went, and what was told with it."""
        told = outcome.verdict in _TAKEN and subscription.time_interval_s is None
        key = (subscription.tenant, subscription.id)

        def unit(uow: UnitOfWork) -> None:
            before = state_of(uow.registers, *key, about_sources=True)
            state = after_attempt(Tally(**asdict(before)), outcome.verdict, now=now)
            put_state(uow.registers, *key, state, about_sources=True)
            if told:
                self._watch.write(uow.registers, subscription, unsaid)

        await self._store.transact(unit)
        if told:
            self._watch.said(subscription, unsaid)

    def _failed(self, key: _Key, cooldown_ms: float | None) -> float:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        wait_s = retry_wait_s(failures, random.random())  # noqa: S311  # no secret
        return not_before(0, wait_s, cooldown_ms) / _US


def _not_yet_us(subscription: Subscription, state: SubscriptionState, now: int) -> int:
    """Say how long a subscriber is to be left alone, in microseconds."""
    if state.last_notification is None:
        return 0
    last = parse_datetime(state.last_notification)
    if subscription.time_interval_s is not None:
        if parse_datetime(subscription.modified_at) > last:
            # Who changed it is told at once (5.11.3.4).
            return 0
        return next_period(last, subscription.time_interval_s, last) - now
    return throttled_until(last, subscription.throttling_s) - now
