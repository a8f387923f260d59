"""A fragment of a subscription meets the subscription (CIM 009, 5.5.8, 5.8.2.4)."""

from collections.abc import Mapping
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import NULL, JsonObject, JsonValue
from hanze.ngsild.subscription.model import Subscription, SubscriptionStatus, status_of
from hanze.ngsild.subscription.parse import cleaned, refuse_past
from hanze.ngsild.subscription.render import worded

__all__ = ["updated_document"]

#: Members whose texts are terms, or hold some.
_WORDED: Final = frozenset(
    {
        *("entities", "watchedAttributes", "q", "csf", "geoQ", "expandValues", "jsonKeys"),
        "notification",
    }
)
_MANDATORY: Final = frozenset({"id", "type", "notification"})
_CLAUSE: Final = "5.8.2.4"


def updated_document(
    subscription: Subscription, fragment: JsonObject, context: Context, now: str
) -> tuple[JsonObject, Context]:
    """Say what a subscription is to be written as.

    Each member that is given replaces the one that is there; null, or an NGSI-LD Null, removes it.

    Args:
        subscription: As it is.
        fragment: As it came.
        context: The fragment's @context.
        now: DateTime text.

    Returns:
        The document, and the @context whose terms it has: that of the fragment, where the fragment
        has terms at all. Without `jsonldContext` where the fragment removes that.

    Raises:
        InvalidInput: The fragment would change the id or the type, remove what must be there, or
            let the subscription expire in the past.
    """
    changes = cleaned(fragment)
    _check_identity(subscription, changes)
    removed = {name for name, value in changes.items() if value is None or value == NULL}
    for name in sorted(removed & _MANDATORY):
        raise InvalidInput(f"{name} cannot be removed", field=name, clause=_CLAUSE)
    given = {name: value for name, value in changes.items() if name not in removed}
    refuse_past(given, now)
    if given.keys() & _WORDED:
        document = worded(subscription, context)
    else:
        document, context = dict(subscription.document), subscription.context
    for name in removed:
        document.pop(name, None)
    document.update(given)
    if _is_revived(subscription, given, now):
        document.pop("isActive", None)
    return document, context


def _check_identity(subscription: Subscription, changes: Mapping[str, JsonValue]) -> None:
    for name, present in (("id", subscription.id), ("type", "Subscription")):
        if name in changes and changes[name] != present:
            raise InvalidInput(
                f"{name} cannot be changed", field=name, value=changes[name], clause=_CLAUSE
            )


def _is_revived(subscription: Subscription, given: JsonObject, now: str) -> bool:
    """Tell whether a new expiry alone makes an expired subscription active, though it was paused."""
    return (
        "expiresAt" in given
        and "isActive" not in given
        and status_of(subscription, now) is SubscriptionStatus.EXPIRED
    )
