"""Subscriptions in the registers: each as it was written, with the @contexts that it needs.

Those to entities (5.8) and those to registrations of Context Sources (5.11) have ids of their own.
@contexts stand apart, under a hash of what they say: many subscriptions share one, and a large one
is kept once. What became of a subscription's notifications stands apart too, since it changes often.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from hanze.broker.kept_contexts import KeptContexts, drop_contexts, keep_context
from hanze.broker.ports import Registers, RegistersView
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.subscription.model import Asker, Subscription, SubscriptionState
from hanze.ngsild.subscription.parse import Written, parse_subscription

__all__ = [
    "delete_subscription",
    "drop_unused_contexts",
    "find_subscription",
    "put_state",
    "put_subscription",
    "state_of",
    "stored_subscriptions",
]

_KINDS = ("subscription", "source-subscription")
_CONTEXT_KIND = "subscription-context"


#: JSON that this module wrote: msgspec cannot check a type that names itself.
_Trusted = Any


class _Stored(msgspec.Struct, frozen=True):
    """A subscription in its register.

    Attributes:
        document: As it was written.
        context: Under which hash its @context stands; "" is the newest Core @context.
        notified_context: So for the @context of its notifications.
        via: Aliases of the Context Sources that it came through.
        owner: Who alone may see and change it besides those who may write.
        asker: Who wrote it last; `None` where it was written before that was kept.
        stopped: Why the node paused it.
    """

    document: Mapping[str, _Trusted]
    context: str
    notified_context: str
    created_at: str
    modified_at: str
    via: tuple[str, ...] = ()
    owner: str = ""
    asker: Asker | None = None
    stopped: str = ""


_encode = msgspec.json.Encoder().encode
_decode_stored = msgspec.json.Decoder(_Stored).decode
_decode_state = msgspec.json.Decoder(SubscriptionState).decode


def _key(tenant: str, subscription_id: str) -> str:
    return f"{tenant}\x00{subscription_id}"


def _kind(about_sources: bool) -> str:
    return _KINDS[about_sources]


def put_subscription(
    registers: Registers, subscription: Subscription, *, about_sources: bool = False
) -> None:
    """Write a subscription, and the @contexts that are not there yet."""
    stored = _Stored(
        document=subscription.document,
        context=keep_context(registers, _CONTEXT_KIND, subscription.context),
        notified_context=keep_context(registers, _CONTEXT_KIND, subscription.notified_context),
        created_at=subscription.created_at,
        modified_at=subscription.modified_at,
        via=subscription.via,
        owner=subscription.owner,
        asker=subscription.asker,
        stopped=subscription.stopped,
    )
    registers.put(_kind(about_sources), _key(subscription.tenant, subscription.id), _encode(stored))


def delete_subscription(
    registers: Registers, tenant: str, subscription_id: str, *, about_sources: bool = False
) -> bool:
    """Delete a subscription with its state; tell whether it was there."""
    kind, key = _kind(about_sources), _key(tenant, subscription_id)
    registers.delete(f"{kind}-state", key)
    return registers.delete(kind, key)


def find_subscription(
    registers: RegistersView, tenant: str, subscription_id: str, *, about_sources: bool = False
) -> Subscription | None:
    """Read a subscription; `None` when there is none with the id."""
    raw = registers.get(_kind(about_sources), _key(tenant, subscription_id))
    if raw is None:
        return None
    return _read(raw, tenant, KeptContexts(registers, _CONTEXT_KIND), about_sources=about_sources)


def stored_subscriptions(
    registers: RegistersView, *, about_sources: bool = False
) -> Iterator[Subscription]:
    """Read every subscription, in the order of their creation."""
    contexts = KeptContexts(registers, _CONTEXT_KIND)
    found = [
        _read(raw, key.partition("\x00")[0], contexts, about_sources=about_sources)
        for key, raw in registers.items(_kind(about_sources))
    ]
    return iter(sorted(found, key=lambda one: (parse_datetime(one.created_at), one.id)))


def _read(raw: bytes, tenant: str, contexts: KeptContexts, *, about_sources: bool) -> Subscription:
    stored = _decode_stored(raw)
    return parse_subscription(
        Written(
            tenant=tenant,
            document=stored.document,
            about_sources=about_sources,
            via=stored.via,
            owner=stored.owner,
            asker=stored.asker,
            stopped=stored.stopped,
            context=contexts.get(stored.context),
            notified_context=contexts.get(stored.notified_context),
            created_at=stored.created_at,
            modified_at=stored.modified_at,
        )
    )


def drop_unused_contexts(registers: Registers) -> int:
    """Delete the @contexts that no subscription needs any more; tell how many."""
    used = set()
    for kind in _KINDS:
        for _, raw in registers.items(kind):
            stored = _decode_stored(raw)
            used |= {stored.context, stored.notified_context}
    return drop_contexts(registers, _CONTEXT_KIND, used)


def state_of(
    registers: RegistersView, tenant: str, subscription_id: str, *, about_sources: bool = False
) -> SubscriptionState:
    """Read what became of a subscription's notifications; nothing, before the first."""
    raw = registers.get(f"{_kind(about_sources)}-state", _key(tenant, subscription_id))
    return SubscriptionState() if raw is None else _decode_state(raw)


def put_state(
    registers: Registers,
    tenant: str,
    subscription_id: str,
    state: SubscriptionState,
    *,
    about_sources: bool = False,
) -> None:
    """Write what became of a subscription's notifications; of one that is gone, nothing."""
    kind, key = _kind(about_sources), _key(tenant, subscription_id)
    if registers.get(kind, key) is not None:
        registers.put(f"{kind}-state", key, _encode(state))
