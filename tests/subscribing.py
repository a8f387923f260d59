"""Subscriptions for tests."""

from collections.abc import Mapping

from hanze.ngsild.context import CORE, Context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.subscription.model import Subscription
from hanze.ngsild.subscription.parse import Written, cleaned, parse_subscription

__all__ = ["MADE", "a_subscription", "read"]

MADE = "2026-06-01T12:00:00Z"


def a_subscription(subscription_id: str = "urn:s:1", tenant: str = "") -> Subscription:
    """A subscription to every change of everything, to be changed with `replace`."""
    return read({"id": subscription_id, "localOnly": True}, tenant=tenant)


def read(
    body: Mapping[str, JsonValue],
    *,
    notification: Mapping[str, JsonValue] | None = None,
    context: Context = CORE,
    tenant: str = "",
) -> Subscription:
    """Read a subscription; what is not given is the least that there must be."""
    document = {
        "id": "urn:s:1",
        "type": "Subscription",
        "jsonldContext": "https://example.org/context.jsonld",
        "notification": {"endpoint": {"uri": "https://example.org/notify"}, **(notification or {})},
        **body,
    }
    return parse_subscription(
        Written(
            tenant=tenant,
            document=cleaned(document),
            context=context,
            notified_context=context,
            created_at=MADE,
            modified_at=MADE,
        )
    )
