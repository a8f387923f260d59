"""Subscriptions in the registers: each as it was written, with the @contexts that it needs.

Those to entities (5.8) and those to registrations of Context Sources (5.11) have ids of their own.
@contexts stand apart, under a hash of what they say: many subscriptions share one, and a large one
is kept once. What became of a subscription's notifications stands apart too, since it changes often.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from hanze.broker.ports import Registers, RegistersView
from hanze.errors import StoreFailure
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.subscription.model import Subscription, SubscriptionState
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


class _StoredContext(msgspec.Struct, frozen=True):
    reference: _Trusted
    documents: tuple[Mapping[str, _Trusted], ...]
    core: str


class _Stored(msgspec.Struct, frozen=True):
    """A subscription in its register.

    Attributes:
        document: As it was written.
        context: Under which hash its @context stands; "" is the newest Core @context.
        notified_context: So for the @context of its notifications.
        via: Aliases of the Context Sources that it came through.
    """

    document: Mapping[str, _Trusted]
    context: str
    notified_context: str
    created_at: str
    modified_at: str
    via: tuple[str, ...] = ()


_encode = msgspec.json.Encoder().encode
_decode_stored = msgspec.json.Decoder(_Stored).decode
_decode_context = msgspec.json.Decoder(_StoredContext).decode
_decode_state = msgspec.json.Decoder(SubscriptionState).decode


class _Contexts:
    """Builds the @contexts of subscriptions, each once."""

    def __init__(self, registers: RegistersView) -> None:
        self._registers = registers
        self._built: dict[str, Context] = {"": CORE}

    def get(self, key: str) -> Context:
        known = self._built.get(key)
        if known is None:
            raw = self._registers.get(_CONTEXT_KIND, key)
            if raw is None:
                raise StoreFailure(f"The @context {key} of a subscription is not in the registers")
            stored = _decode_context(raw)
            known = build_context(stored.reference, stored.documents, core=stored.core)
            self._built[key] = known
        return known


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
        context=_put_context(registers, subscription.context),
        notified_context=_put_context(registers, subscription.notified_context),
        created_at=subscription.created_at,
        modified_at=subscription.modified_at,
        via=subscription.via,
    )
    registers.put(_kind(about_sources), _key(subscription.tenant, subscription.id), _encode(stored))


def _put_context(registers: Registers, context: Context) -> str:
    if context == CORE and context.reference == CORE.reference:
        return ""
    value = _encode(_StoredContext(context.reference, context.documents, context.core))
    key = hashlib.sha256(value).hexdigest()[:32]
    if registers.get(_CONTEXT_KIND, key) is None:
        registers.put(_CONTEXT_KIND, key, value)
    return key


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
    return _read(raw, tenant, _Contexts(registers), about_sources=about_sources)


def stored_subscriptions(
    registers: RegistersView, *, about_sources: bool = False
) -> Iterator[Subscription]:
    """Read every subscription, in the order of their creation."""
    contexts = _Contexts(registers)
    found = [
        _read(raw, key.partition("\x00")[0], contexts, about_sources=about_sources)
        for key, raw in registers.items(_kind(about_sources))
    ]
    return iter(sorted(found, key=lambda one: (parse_datetime(one.created_at), one.id)))


def _read(raw: bytes, tenant: str, contexts: _Contexts, *, about_sources: bool) -> Subscription:
    stored = _decode_stored(raw)
    return parse_subscription(
        Written(
            tenant=tenant,
            document=stored.document,
            about_sources=about_sources,
            via=stored.via,
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
    unused = [key for key, _ in registers.items(_CONTEXT_KIND) if key not in used]
    for key in unused:
        registers.delete(_CONTEXT_KIND, key)
    return len(unused)


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
