"""What a notification is made of, and what it is made into (CIM 009, 5.3.1, 5.8.6)."""

import msgspec

from hanze.ngsild.model import Entity

__all__ = ["Happened", "Rendered"]


class Happened(msgspec.Struct, frozen=True, gc=False):
    """One change of an entity that is notified.

    Attributes:
        entity_id: URI.
        before: The entity as it was, or as much of it as `showChanges` and deletions need; `None`
            when it is new, and when a periodic notification just shows it.
        after: The entity as it became; `None` when it was deleted.
        at: DateTime text of the change.
    """

    entity_id: str
    before: Entity | None
    after: Entity | None
    at: str


class Rendered(msgspec.Struct, frozen=True):
    """A notification as it is sent.

    Attributes:
        body: JSON: what HTTP posts, and what an MQTT message has as `body`.
        content_type: Its media type.
        headers: Names and values besides Content-Type: Link, NGSILD-Tenant, and what the
            subscription's `receiverInfo` says, in this order; for MQTT they are `metadata`.
    """

    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...]
