"""Fragments, the status that they lead to, and how a subscription is shown (CIM 009, 5.8.2)."""

from typing import Any

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.subscription.model import (
    DeliveryStatus,
    Subscription,
    SubscriptionState,
    SubscriptionStatus,
    status_of,
)
from hanze.ngsild.subscription.render import render_subscription
from hanze.ngsild.subscription.update import updated_document
from tests.subscribing import MADE, read

NOW = "2026-06-01T13:00:00Z"
PAST, SOON, LATER = "2026-06-01T12:30:00Z", "2026-06-01T13:30:00Z", "2030-01-01T00:00:00Z"
VEHICLES: dict[str, Any] = {"entities": [{"type": "Vehicle"}]}
NULL = "urn:ngsi-ld:null"


def updated(
    subscription: Subscription, fragment: dict[str, Any], context: Context = CORE
) -> Subscription:
    document, worded_in = updated_document(subscription, fragment, context, NOW)
    return read(document, context=worded_in)


#: Was, fragment, and what becomes of it: the bullets of 5.8.2.4.
STATUSES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"isActive": False}, {"isActive": True}, "active"),
    ({"expiresAt": PAST}, {"isActive": True}, "expired"),
    ({"expiresAt": PAST}, {"isActive": True, "expiresAt": LATER}, "active"),
    ({"isActive": False}, {"isActive": True, "expiresAt": LATER}, "active"),
    ({}, {"isActive": False}, "paused"),
    ({"expiresAt": SOON}, {"isActive": False}, "paused"),
    ({"expiresAt": PAST}, {"isActive": False}, "expired"),
    ({"expiresAt": PAST}, {"expiresAt": LATER}, "active"),
    ({"expiresAt": PAST, "isActive": False}, {"expiresAt": LATER}, "active"),
    ({"isActive": False}, {"expiresAt": LATER}, "paused"),
    ({}, {"expiresAt": LATER, "isActive": False}, "paused"),
    ({"expiresAt": PAST}, {"expiresAt": None}, "active"),
    ({"isActive": False}, {"isActive": NULL}, "active"),
]


@pytest.mark.clause("5.8.2")
@pytest.mark.parametrize(("was", "fragment", "status"), STATUSES)
def test_the_status_should_be_as_the_clause_says_when_a_fragment_comes(
    was: dict[str, Any], fragment: dict[str, Any], status: str
) -> None:
    subscription = read({**VEHICLES, **was})
    assert status_of(updated(subscription, fragment), NOW) is SubscriptionStatus(status)


@pytest.mark.clause("5.5.8")
def test_members_should_be_replaced_whole_when_the_fragment_has_them() -> None:
    subscription = read(
        {**VEHICLES, "q": "speed>50", "throttling": 5},
        notification={"attributes": ["speed"], "format": "concise"},
    )
    endpoint = {"uri": "https://example.org/other"}
    fragment = {"notification": {"endpoint": endpoint}, "q": None, "throttling": NULL}
    document, _ = updated_document(subscription, fragment, CORE, NOW)
    assert document["notification"] == {"endpoint": endpoint}
    assert "q" not in document
    assert "throttling" not in document
    assert document["entities"] == VEHICLES["entities"]


@pytest.mark.clause("5.5.7")
def test_names_should_keep_their_meaning_when_the_fragment_has_another_context() -> None:
    other = build_context("https://example.org/c", ({"speed": "urn:x:pace"},))
    subscription = read({**VEHICLES, "watchedAttributes": ["speed"]})
    watched = updated(subscription, {"q": "speed>5"}, other)
    assert watched.watched == subscription.watched
    assert watched.q is not None
    assert watched.q.path.names == ("urn:x:pace",)  # type: ignore[union-attr]  # one comparison
    document, context = updated_document(subscription, {"isActive": False}, other, NOW)
    assert context is subscription.context
    assert document["watchedAttributes"] == ["speed"]


@pytest.mark.clause("5.8.2")
@pytest.mark.parametrize(
    "fragment",
    [
        {"id": "urn:s:2"},
        {"type": "Other"},
        {"notification": None},
        {"type": NULL},
        {"expiresAt": PAST},
        {"expiresAt": PAST, "isActive": False},
        {"notification": {"format": "keyValues"}},
        {"notification": {"format": "keyValues", "endpoint": None}},
        {"timeInterval": 5},
        {"entities": None, "watchedAttributes": None},
    ],
)
def test_a_fragment_should_be_refused_when_it_makes_no_subscription(
    fragment: dict[str, Any],
) -> None:
    with pytest.raises(InvalidInput):
        updated(read({**VEHICLES, "watchedAttributes": ["speed"]}), fragment)


@pytest.mark.clause("5.8.2")
def test_an_expired_subscription_should_take_a_fragment_when_that_leaves_the_expiry() -> None:
    subscription = updated(read({**VEHICLES, "expiresAt": PAST}), {"description": "kept"})
    assert subscription.expires_at == PAST


@pytest.mark.clause("5.2.14.2")
@pytest.mark.clause("6.3.11")
def test_what_the_node_knows_should_be_shown_when_a_subscription_is_rendered() -> None:
    subscription = read({**VEHICLES, "notificationTrigger": ["entityDeleted"]})
    fresh = render_subscription(subscription, CORE, SubscriptionState(), now=NOW)
    assert fresh["status"] == "active"
    assert fresh["notificationTrigger"] == ["entityDeleted"]
    assert fresh["notification"] == subscription.document["notification"]
    assert "createdAt" not in fresh
    state = SubscriptionState(
        status=DeliveryStatus.FAILED,
        times_sent=3,
        times_failed=1,
        last_notification=NOW,
        last_success=MADE,
        last_failure=NOW,
    )
    shown = render_subscription(subscription, CORE, state, sys_attrs=True, now=NOW)
    assert shown["notification"] == {
        "endpoint": {"uri": "https://example.org/notify"},
        "status": "failed",
        "timesSent": 3,
        "timesFailed": 1,
        "lastNotification": NOW,
        "lastSuccess": MADE,
        "lastFailure": NOW,
    }
    assert (shown["createdAt"], shown["modifiedAt"]) == (MADE, MADE)
    plain = render_subscription(read(VEHICLES), CORE, SubscriptionState(), now=NOW)
    assert "notificationTrigger" not in plain
