"""Delivering the notifications of a node: the parts put together."""

import asyncio
from functools import partial

from hanze.broker.source_watch import SourceWatch
from hanze.ngsild.subscription.model import Subscription
from hanze.node.node import Node
from hanze.transport.notifier.http import HttpNotifier
from hanze.transport.notifier.mqtt import MqttNotifier
from hanze.worker.delivery.delivery import Delivery
from hanze.worker.delivery.housekeeping import Housekeeping
from hanze.worker.delivery.sender import Limits, Sender
from hanze.worker.delivery.source_notices import SourceNotices
from hanze.worker.delivery.timed import Timed

__all__ = ["deliver"]


async def deliver(node: Node) -> None:
    """Deliver notifications until cancelled; what was sent by then is settled."""
    settings = node.settings.notifications
    limits = Limits(
        timeout_s=settings.timeout_s,
        concurrency=settings.concurrency,
        max_tries=settings.max_tries,
        max_waiting=settings.max_waiting,
        max_dead_letters=settings.max_dead_letters,
    )
    allow_private = settings.allow_private or node.dev
    mqtt = MqttNotifier(allow_private=allow_private)
    http = HttpNotifier(allow_private=allow_private)
    assembly = node.forwarding.assembly
    league = node.league
    sender = Sender(
        node.store,
        http,
        mqtt,
        assembly,
        # Looked up anew: it is another object after each decision.
        is_trusted=lambda owner, uri: league.addresses.is_of(owner, uri),  # noqa: PLW0108
        askers=node.askers,
        snapshot_at=node.snapshots.at,
        alias=node.alias,
        most_s=limits.timeout_s,
    )
    index = node.subscription_index
    delivery = Delivery(node.store, index, sender, limits, node.clock)
    timed = Timed(node.store, index, sender, delivery)
    housekeeping = Housekeeping(node.store, index, delivery, mqtt, limits)
    notices = _notices(node, http, mqtt, limits)
    node.source_subscriptions.listeners.append(notices.subscription_changed)
    node.registry.listeners.append(notices.registration_changed)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(delivery.run())
            group.create_task(timed.run())
            group.create_task(housekeeping.run())
            group.create_task(notices.run())
    finally:
        node.source_subscriptions.listeners.remove(notices.subscription_changed)
        node.registry.listeners.remove(notices.registration_changed)
        await sender.close()


def _notices(node: Node, http: HttpNotifier, mqtt: MqttNotifier, limits: Limits) -> SourceNotices:
    return SourceNotices(
        node.store,
        node.source_subscription_index,
        SourceWatch(node.store.registers, node.registry, node.clock),
        http,
        mqtt,
        most_s=limits.timeout_s,
        clock=node.clock,
        may_tell=partial(_may_tell, node),
    )


def _may_tell(node: Node, subscription: Subscription) -> bool:
    """Tell whether who subscribed to registrations may still be told of them."""
    owner, uri = subscription.owner, subscription.notification.endpoint.uri
    if owner and not node.league.addresses.is_of(owner, uri):
        return False
    asker = subscription.asker
    return asker is None or node.askers.caller(subscription).actor == asker.actor
