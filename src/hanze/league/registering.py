"""What a confirmed member shares becomes a registration of it (CIM 009, 5.2.9)."""

from collections.abc import Mapping
from typing import Final

from hanze.league.model import Peer, Status
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = ["REGISTRATION_PREFIX", "registration_of", "wanted_registrations"]

REGISTRATION_PREFIX: Final = "urn:ngsi-ld:ContextSourceRegistration:league:"

#: Types in one registration: more would say as little as all.
_MOST_TYPES: Final = 5_000


def wanted_registrations(peers: tuple[Peer, ...]) -> Mapping[str, JsonObject]:
    """Write the registrations of those who are confirmed and share something, by their ids."""
    found = {REGISTRATION_PREFIX + one.id: registration_of(one) for one in peers}
    return {name: document for name, document in found.items() if document is not None}


def registration_of(peer: Peer) -> JsonObject | None:
    """Write the registration of a member; `None` where there is nothing to ask it."""
    types = sorted({name for share in peer.shares for name in share.types})[:_MOST_TYPES]
    if peer.status is not Status.CONFIRMED or not types:
        return None
    document: dict[str, JsonValue] = {
        "id": REGISTRATION_PREFIX + peer.id,
        "type": "ContextSourceRegistration",
        "registrationName": f"{peer.name} ({peer.city})",
        "mode": "inclusive",
        "operations": ["federationOps"],
        "endpoint": peer.url,
        "contextSourceAlias": peer.alias,
        "information": [{"entities": [{"type": name} for name in types]}],
        # Trust is between two: a member answers for itself. Passing on to the others, who are
        # asked anyway, would multiply requests and copies of subscriptions with every member.
        "management": {"localOnly": True},
    }
    # Where one thing is shared whatever its scope, scopes narrow nothing.
    if all(share.scopes for share in peer.shares):
        document["scope"] = [*sorted({name for share in peer.shares for name in share.scopes})]
    return document
