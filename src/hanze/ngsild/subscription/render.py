"""Subscriptions as JSON, in the words of any @context (CIM 009, 5.2.12, 5.2.14.2, 5.5.7)."""

from collections.abc import Iterable, Mapping
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.query.members import ID, SCOPE, TYPE
from hanze.ngsild.query.projection import ProjectionTerm
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.query.unparse import unparse
from hanze.ngsild.subscription.model import (
    Subscription,
    SubscriptionState,
    status_of,
)

__all__ = ["render_subscription", "worded"]

_MEMBERS: Final[Mapping[str, str]] = {ID: "id", TYPE: "type", SCOPE: "scope"}


def render_subscription(
    subscription: Subscription,
    context: Context,
    state: SubscriptionState,
    *,
    sys_attrs: bool = False,
    now: str,
) -> JsonObject:
    """Write a subscription with what the node knows of it, without `@context`.

    Args:
        subscription: What is written.
        context: Its terms are used.
        state: What became of its notifications.
        sys_attrs: Whether `createdAt` and `modifiedAt` are shown (6.3.11).
        now: DateTime text; says whether it has expired.
    """
    json = worded(subscription, context)
    json["status"] = status_of(subscription, now).value
    if subscription.stopped:
        json["stopped"] = subscription.stopped
    notification = json["notification"]
    if isinstance(notification, Mapping):
        json["notification"] = {**notification, **_state(state)}
    if sys_attrs:
        json["createdAt"] = subscription.created_at
        json["modifiedAt"] = subscription.modified_at
    return json


def _state(state: SubscriptionState) -> dict[str, JsonValue]:
    """Write the members of 5.2.14.2; counters are there from 1 on."""
    members: dict[str, JsonValue] = {
        "status": None if state.status is None else state.status.value,
        "timesSent": state.times_sent or None,
        "timesFailed": state.times_failed or None,
        "lastNotification": state.last_notification,
        "lastSuccess": state.last_success,
        "lastFailure": state.last_failure,
    }
    return {name: value for name, value in members.items() if value is not None}


def worded(subscription: Subscription, context: Context) -> dict[str, JsonValue]:
    """Write a subscription with the terms of an @context; read with it, it means the same.

    In the terms in which it came, it is as it came.
    """
    document = dict(subscription.document)
    if context == subscription.context:
        return document
    own = subscription.context
    for name, node in (("q", subscription.q), ("csf", subscription.csf)):
        if node is not None:
            document[name] = unparse(node, context)
    if "entities" in document:
        document["entities"] = _entities(subscription, context)
    if "watchedAttributes" in document:
        document["watchedAttributes"] = [context.compact_name(n) for n in subscription.watched]
    for name in ("expandValues", "jsonKeys"):
        text = document.get(name)
        if isinstance(text, str):
            terms = (own.expand_name(term.strip()) for term in text.split(","))
            document[name] = ",".join(map(context.compact_name, terms))
    geo = document.get("geoQ")
    if subscription.geo is not None and isinstance(geo, Mapping) and "geoproperty" in geo:
        document["geoQ"] = {**geo, "geoproperty": context.compact_name(subscription.geo.attribute)}
    document["notification"] = _notification(subscription, context)
    return document


def _entities(subscription: Subscription, context: Context) -> JsonValue:
    given = subscription.document["entities"]
    if not isinstance(given, list | tuple):
        return given
    return [
        {**item, "type": _types(selector.types, context)} if isinstance(item, Mapping) else item
        for item, selector in zip(given, subscription.entities, strict=True)
    ]


def _types(selection: TypeSelection | None, context: Context) -> str:
    if selection is None:
        return "*"
    groups = [sorted(context.compact_name(iri) for iri in group) for group in selection]
    return "|".join(names[0] if len(names) == 1 else f"({';'.join(names)})" for names in groups)


def _notification(subscription: Subscription, context: Context) -> JsonValue:
    given = subscription.document["notification"]
    if not isinstance(given, Mapping):
        return given
    json = dict(given)
    params = subscription.notification
    if params.attributes is not None:
        json["attributes"] = [context.compact_name(name) for name in params.attributes]
    if params.projection is not None:
        if params.projection.pick is not None:
            json["pick"] = [_projected(term, context) for term in params.projection.pick]
        if params.projection.omit:
            json["omit"] = [_projected(term, context) for term in params.projection.omit]
    return json


def _projected(term: ProjectionTerm, context: Context) -> str:
    name = _MEMBERS.get(term.name) or context.compact_name(term.name)
    return f"{name}{{{_listed(term.linked, context)}}}" if term.linked else name


def _listed(terms: Iterable[ProjectionTerm], context: Context) -> str:
    return ",".join(_projected(term, context) for term in terms)
