"""Sees to it that copies of subscriptions are at Context Sources as they should be."""

import asyncio
import logging
from contextlib import suppress

from hanze.broker.subscription import SubscriptionNotFound
from hanze.errors import HanzeError
from hanze.identity.caller import Caller
from hanze.node.node import Node

__all__ = ["forward_subscriptions"]

_log = logging.getLogger(__name__)

_AGAIN_S = 1.0
#: Who is trusted no longer is told nothing from that moment; its subscriptions go within this.
_TRUST_S = 5.0


async def forward_subscriptions(node: Node) -> None:
    """Forward subscriptions until cancelled; what is under way then is taken up at the start."""
    copies = node.forwarding.copies
    loop, looks = asyncio.get_running_loop(), 0.0
    try:
        while True:
            try:
                if loop.time() >= looks:
                    looks = loop.time() + _TRUST_S
                    await _let_go(node)
                wait_s = await copies.step()
            except HanzeError as error:
                _log.warning("Subscriptions cannot be forwarded: %s", error)
                wait_s = _AGAIN_S
            except Exception:  # noqa: BLE001  # the outermost loop
                _log.exception("Subscriptions cannot be forwarded")
                wait_s = _AGAIN_S
            try:
                async with asyncio.timeout(_TRUST_S if wait_s is None else min(wait_s, _TRUST_S)):
                    await copies.changed.wait()
            except TimeoutError:
                pass
    finally:
        await copies.close()


async def _let_go(node: Node) -> None:
    """Delete what members of the league subscribed to that are trusted no longer."""
    caller = Caller(actor="league", roles=frozenset({"reader", "writer"}))
    for tenant in node.store.tenants():
        for one in node.subscription_index.of_tenant(tenant):
            uri = one.notification.endpoint.uri
            if not one.owner or node.league.addresses.is_of(one.owner, uri):
                continue
            _log.info("Subscription %s goes: %s is trusted no longer", one.id, one.owner)
            with suppress(SubscriptionNotFound):
                await node.subscriptions.delete(caller.in_tenant(tenant), one.id)
