"""Notifications as bytes (CIM 009, 5.3.1, 5.8.6, 6.3.8, 7.2)."""

from collections.abc import Mapping, Sequence

from hanze.broker.happened import Happened
from hanze.broker.notification.entities import EntityRendering
from hanze.broker.notification.values import Rendered
from hanze.broker.ports import Store
from hanze.identity.caller import Caller
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.representation.stored import encode
from hanze.ngsild.subscription.model import Accept, Subscription
from hanze.ngsild.terms import JSON_LD_REL

__all__ = ["render_notification", "render_source_notification"]


def render_notification(
    store: Store,
    caller: Caller,
    subscription: Subscription,
    changes: Sequence[Happened],
    *,
    now: str,
    notification_id: str,
    via: str = "",
) -> Rendered:
    """Write a notification.

    Args:
        store: Has the linked entities that `join` asks for.
        caller: On whose behalf; linked entities are shown as they may see them.
        subscription: Who is told; its @context and its ways are used.
        changes: What is told of, in the order in which it happened, as the caller may see it.
        now: DateTime text; becomes `notifiedAt`. What has expired by then is not shown.
        notification_id: URI.
        via: Nodes that the notification has passed, for the field `Via`; none, where it is empty.

    Raises:
        GraphTooLarge: `join` leads to more entities than one notification may hold.
    """
    data = EntityRendering(store, caller, subscription, now).data(changes)
    media = subscription.notification.endpoint.accept
    body: dict[str, JsonValue] = {
        "id": notification_id,
        "type": "Notification",
        "subscriptionId": subscription.id,
        "notifiedAt": now,
        "data": data,
    }
    reference = subscription.jsonld_context
    in_body = media is not Accept.JSON
    if media is Accept.LD_JSON:
        body = {"@context": reference, **body}
        body["data"] = [{"@context": reference, **entity} for entity in data]
    elif media is Accept.GEO_JSON:
        in_body = _preferred_body(subscription) != "json"
        collection: dict[str, JsonValue] = {"type": "FeatureCollection", "features": data}
        body["data"] = {"@context": reference, **collection} if in_body else collection
    headers = _headers(subscription, has_link=not in_body, via=via)
    return Rendered(encode(body), media.value, tuple(headers.items()))


def render_source_notification(
    subscription: Subscription,
    data: Sequence[JsonObject],
    reason: str,
    *,
    now: str,
    notification_id: str,
) -> Rendered:
    """Write a notification of registrations of Context Sources (5.3.2, 5.11.7, 6.3.9).

    Args:
        subscription: Who is told; its @context and its ways are used.
        data: Registrations, in the terms of that @context.
        reason: `newlyMatching`, `updated` or `noLongerMatching`.
        now: DateTime text; becomes `notifiedAt`.
        notification_id: URI.
    """
    media = subscription.notification.endpoint.accept
    in_body = media is not Accept.JSON
    own: dict[str, JsonValue] = {"@context": subscription.jsonld_context} if in_body else {}
    body: dict[str, JsonValue] = {
        **own,
        "id": notification_id,
        "type": "ContextSourceNotification",
        "subscriptionId": subscription.id,
        "notifiedAt": now,
        "triggerReason": reason,
        "data": [{**own, **registration} for registration in data],
    }
    headers = _headers(subscription, has_link=not in_body, via="")
    return Rendered(encode(body), media.value, tuple(headers.items()))


def _preferred_body(subscription: Subscription) -> str:
    """Read what the receiver prefers to find in GeoJSON (5.3.1, 6.3.8)."""
    for key, value in subscription.notification.endpoint.receiver_info:
        if key.lower() == "prefer":
            name, _, wanted = value.replace(" ", "").partition("=")
            if name.lower() == "body":
                return wanted.strip('"').lower()
    return "ld+json"


def _headers(subscription: Subscription, *, has_link: bool, via: str) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    if via:
        headers["Via"] = via
    if has_link:
        url = subscription.jsonld_context
        headers["Link"] = f'<{url}>; rel="{JSON_LD_REL}"; type="application/ld+json"'
    if subscription.tenant:
        headers["NGSILD-Tenant"] = subscription.tenant
    # By name, as HTTP compares them: what the subscriber says replaces what would be said anyway.
    names = {name.lower(): name for name in headers}
    for key, value in subscription.notification.endpoint.receiver_info:
        if key.lower() == "content-type":
            continue
        headers.pop(names.pop(key.lower(), ""), None)
        headers[key] = value
    return headers
