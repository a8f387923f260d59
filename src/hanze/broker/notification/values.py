"""What a notification is made into (CIM 009, 5.3.1, 5.8.6)."""

import msgspec

__all__ = ["Rendered"]


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
