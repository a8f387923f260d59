"""Context Source Registrations as values (CIM 009, 5.2.8 to 5.2.11 and 5.2.34).

All names are IRIs. How a registration was written is kept beside what it means.
"""

from enum import Enum

import msgspec

from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject
from hanze.ngsild.registration.operations import Operation

__all__ = [
    "EntityInfo",
    "Management",
    "Mode",
    "Registration",
    "RegistrationInfo",
    "RegistrationState",
    "TimeInterval",
]


class Mode(Enum):
    """How the data of a source goes together with the node's own (4.3.6.2, 4.3.6.3)."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"
    REDIRECT = "redirect"
    AUXILIARY = "auxiliary"

    @property
    def is_proxied(self) -> bool:
        """Whether the node itself may hold nothing of what is registered (4.3.6.3)."""
        return self in (Mode.EXCLUSIVE, Mode.REDIRECT)


class EntityInfo(msgspec.Struct, frozen=True):
    """Which entities a source may know (5.2.8).

    Attributes:
        types: IRIs, at least one.
        id: URI of the only entity.
        id_pattern: POSIX extended regular expression; `None` where there is an id.
    """

    types: tuple[str, ...]
    id: str | None = None
    id_pattern: str | None = None


class RegistrationInfo(msgspec.Struct, frozen=True):
    """Entities, and attributes of them (5.2.10).

    Attributes:
        entities: Any of these; empty for any entity.
        property_names: IRIs.
        relationship_names: IRIs.
    """

    entities: tuple[EntityInfo, ...] = ()
    property_names: tuple[str, ...] = ()
    relationship_names: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """IRIs of the only attributes that it is about; empty for all."""
        return frozenset((*self.property_names, *self.relationship_names))


class TimeInterval(msgspec.Struct, frozen=True):
    """DateTime texts; without an end it goes on (5.2.11)."""

    start_at: str
    end_at: str | None = None


class Management(msgspec.Struct, frozen=True):
    """How a source is to be asked (5.2.34).

    Attributes:
        cache_duration_s: An answer serves so long; 0 asks each time.
        cooldown_ms: After a failure nothing is asked for so long; `None` for the node's own.
        timeout_ms: After so long without an answer a request has failed; `None` for the node's own.
        local_only: The source answers from what it holds itself.
    """

    cache_duration_s: float = 0.0
    cooldown_ms: float | None = None
    timeout_ms: float | None = None
    local_only: bool = False


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A Context Source, and what it may be asked (5.2.9).

    Attributes:
        id: URI.
        registered_in: The tenant of this node that it is registered in; "" is the default tenant.
        endpoint: Where the source's NGSI-LD interface is: what stands before `/ngsi-ld/v1`, without
            a slash at its end.
        information: At least one.
        tenant: The tenant to name at the source; "" for its default tenant.
        alias: How the source names itself in `Via` (contextSourceAlias).
        source_info: What to tell the source (4.3.6.5), keys with values in their order.
        dataset_ids: The only instances that it has, `None` among them for the default instance;
            `None` for all.
        scopes: Scopes of its entities, e.g. "/Madrid/Gardens"; empty where nothing was said.
        locations: Geometry as WKB by IRI of `location`, `observationSpace`, `operationSpace`.
        observation_interval: There where the source answers temporal queries; so for the next.
        expires_at: DateTime text.
        context: The @context of `document`.
        document: The registration as it was written, without what the node generates.
        created_at: DateTime text.
        modified_at: DateTime text.
    """

    id: str
    registered_in: str
    endpoint: str
    information: tuple[RegistrationInfo, ...]
    mode: Mode = Mode.INCLUSIVE
    operations: frozenset[Operation]
    tenant: str = ""
    alias: str | None = None
    source_info: tuple[tuple[str, str], ...] = ()
    dataset_ids: frozenset[str | None] | None = None
    scopes: tuple[str, ...] = ()
    locations: tuple[tuple[str, bytes], ...] = ()
    management: Management = Management()
    observation_interval: TimeInterval | None = None
    management_interval: TimeInterval | None = None
    expires_at: str | None = None
    context: Context
    document: JsonObject
    created_at: str
    modified_at: str

    @property
    def is_temporal(self) -> bool:
        """Whether it is about histories, and so not about the present (5.9.1)."""
        return self.observation_interval is not None or self.management_interval is not None


class RegistrationState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How asking a source went (table 5.2.9-2); kept apart from the registration.

    Attributes:
        times_sent: How often it was asked, failures among them.
        times_failed: How often that failed.
        last_success: DateTime text.
        last_failure: DateTime text.
        failed: Whether the last attempt failed; `None` before the first.
    """

    times_sent: int = 0
    times_failed: int = 0
    last_success: str | None = None
    last_failure: str | None = None
    failed: bool | None = None
