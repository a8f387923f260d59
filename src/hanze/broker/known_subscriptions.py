"""Subscriptions as they are looked up in memory, and pages of them."""

from typing import Protocol

import msgspec

from hanze.ngsild.subscription.model import Subscription, SubscriptionState

__all__ = ["KnownSubscriptions", "SubscriptionPage"]


class SubscriptionPage(msgspec.Struct, frozen=True):
    """A page of the subscriptions of a tenant.

    Attributes:
        subscriptions: In the order of their creation, with what became of their notifications.
        count: How many there are in all.
        offset: Of the first one; less than was asked for where that lies past the end (6.3.10).
    """

    subscriptions: list[tuple[Subscription, SubscriptionState]]
    count: int
    offset: int


class KnownSubscriptions(Protocol):
    """Those that are committed, in memory."""

    def put(self, subscription: Subscription) -> None: ...
    def remove(self, tenant: str, subscription_id: str) -> None: ...
    def get(self, tenant: str, subscription_id: str) -> Subscription | None: ...
    def of_tenant(self, tenant: str) -> list[Subscription]: ...
    def __len__(self) -> int: ...
