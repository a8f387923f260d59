"""Subscriptions as values (CIM 009, 5.2.12 to 5.2.15, 5.2.22, 5.2.33).

They are about entities, or about registrations of Context Sources (5.11). All names are IRIs. How a subscription was written is kept beside what it means, so that whoever
asks for it in the same words gets it back in the same words.
"""

from enum import Enum

import msgspec

from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.language import Languages
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.query.tree import EntitySelector, GeoQuery, QueryNode, ScopeQuery
from hanze.ngsild.temporal.model import TemporalQuery

__all__ = [
    "Accept",
    "Asker",
    "DeliveryStatus",
    "Endpoint",
    "Format",
    "Join",
    "NotificationParams",
    "Subscription",
    "SubscriptionState",
    "SubscriptionStatus",
    "Trigger",
    "status_of",
]


class Trigger(Enum):
    """Kinds of change that trigger a notification (5.2.12 notificationTrigger).

    `entityUpdated` is not here: it stands for the three kinds of change of an attribute.
    """

    ENTITY_CREATED = "entityCreated"
    ENTITY_DELETED = "entityDeleted"
    ATTRIBUTE_CREATED = "attributeCreated"
    ATTRIBUTE_UPDATED = "attributeUpdated"
    ATTRIBUTE_DELETED = "attributeDeleted"

    # Every change looks some up; Enum's own hash is a Python function and takes 0.5 us.
    __hash__ = object.__hash__


class Format(Enum):
    """The representation of the entities in a notification (5.2.14.1)."""

    NORMALIZED = "normalized"
    CONCISE = "concise"
    SIMPLIFIED = "simplified"


class Join(Enum):
    """How linked entities are delivered along (4.5.23)."""

    FLAT = "flat"
    INLINE = "inline"


class Accept(Enum):
    """The media type of a notification (5.2.15)."""

    JSON = "application/json"
    LD_JSON = "application/ld+json"
    GEO_JSON = "application/geo+json"


class SubscriptionStatus(Enum):
    ACTIVE = "active"
    PAUSED = "paused"
    EXPIRED = "expired"


class DeliveryStatus(Enum):
    """How the last attempt to notify ended (5.2.14.2)."""

    OK = "ok"
    FAILED = "failed"


#: Keys with their values, in the order in which they came; a key may come more than once.
_Pairs = tuple[tuple[str, str], ...]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where notifications go (5.2.15).

    Attributes:
        uri: With the scheme http, https, mqtt or mqtts.
        cooldown_ms: How long nothing is sent after a failure.
        timeout_ms: After so long without an answer a notification has failed.
        receiver_info: HTTP headers, or metadata of an MQTT message.
        notifier_info: How to reach the receiver: "MQTT-Version", "MQTT-QoS" (7.2).
    """

    uri: str
    accept: Accept = Accept.JSON
    cooldown_ms: float | None = None
    timeout_ms: float | None = None
    receiver_info: _Pairs = ()
    notifier_info: _Pairs = ()


class NotificationParams(msgspec.Struct, frozen=True, kw_only=True):
    """What a notification holds, and where it goes (5.2.14.1).

    Attributes:
        attributes: IRIs of the only attributes that are shown; `None` for all.
        projection: What `pick` and `omit` leave.
        join: `None` shows no linked entities.
        join_level: How far relationships are followed; 0 without `join`.
    """

    endpoint: Endpoint
    attributes: tuple[str, ...] | None = None
    projection: Projection | None = None
    format: Format = Format.NORMALIZED
    join: Join | None = None
    join_level: int = 0
    show_changes: bool = False
    sys_attrs: bool = False


class Asker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who subscribed, and for what: decided about anew whenever something is told.

    Attributes:
        actor: Stable name of the person, client or member.
        organisation: On whose behalf; "" where nobody is known.
        roles: In the order of the alphabet.
        purpose: IRI of the purpose of processing.
        activity: Id of the processing activity.
        subject: What data calls this person, where it is about them.
        credential: Id of the token, client or account.
    """

    actor: str
    organisation: str = ""
    roles: tuple[str, ...] = ()
    purpose: str = ""
    activity: str = ""
    subject: str = ""
    credential: str = ""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes of which entities are notified, and how (5.2.12).

    Attributes:
        id: URI.
        tenant: Whose entities are meant; "" is the default tenant.
        entities: Any of these; empty for any entity.
        watched: IRIs of the attributes whose changes count; empty for any.
        triggers: The kinds of change that count.
        q: What the entity has to meet; so for `geo` and `scope`.
        csf: What the registrations of Context Sources have to meet.
        temporal: Of subscriptions to registrations: which intervals these must have.
        datasets: Only these instances are shown, `None` among them for the default instance;
            `None` for all.
        languages: In which language a LanguageProperty is shown.
        expires_at: DateTime text.
        is_active: Whether it is not paused.
        throttling_s: How long it takes at least from one notification to the next.
        time_interval_s: A notification is sent every so often, whatever changes.
        local_only: It is about what this node holds itself.
        split_entities: Whether parts of one entity may be at several Context Sources; `None` where
            nothing was said.
        version: NGSI-LD version that notifications are amended to (4.3.6.8), e.g. "1.5".
        jsonld_context: URL of the @context of notifications.
        notified_context: What that URL stood for when the subscription was written.
        context: The @context of `document`.
        document: The subscription as it was written, with `jsonldContext`; without what the node
            generates.
        via: Aliases of the Context Sources that it came through, in their order (6.3.18).
        owner: Who alone may see and change it besides those who may write; "" for nobody else.
        asker: Who wrote it last: what is told is what they may read. `None` where nobody knows
            any more: what anybody may read.
        stopped: Why the node paused it: a reason that access is refused for; "" where it did not.
        created_at: DateTime text.
        modified_at: DateTime text.
    """

    id: str
    tenant: str
    notification: NotificationParams
    entities: tuple[EntitySelector, ...] = ()
    watched: tuple[str, ...] = ()
    triggers: frozenset[Trigger] = frozenset({Trigger.ATTRIBUTE_CREATED, Trigger.ATTRIBUTE_UPDATED})
    q: QueryNode | None = None
    geo: GeoQuery | None = None
    scope: ScopeQuery | None = None
    csf: QueryNode | None = None
    temporal: TemporalQuery | None = None
    datasets: frozenset[str | None] | None = None
    languages: Languages | None = None
    expires_at: str | None = None
    is_active: bool = True
    throttling_s: float | None = None
    time_interval_s: float | None = None
    local_only: bool = False
    split_entities: bool | None = None
    version: str | None = None
    jsonld_context: str
    notified_context: Context
    context: Context
    document: JsonObject
    via: tuple[str, ...] = ()
    owner: str = ""
    asker: Asker | None = None
    stopped: str = ""
    created_at: str
    modified_at: str

    @property
    def is_local(self) -> bool:
        """Whether no Context Source is asked: so it says, or it is about any type (5.2.33)."""
        return self.local_only or any(one.types is None for one in self.entities)


class SubscriptionState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a subscription's notifications (5.2.14.2); kept apart from it.

    Attributes:
        status: How the last attempt ended; `None` before the first.
        times_sent: How many notifications were sent, failed ones among them.
        times_failed: How many of them failed.
        last_notification: DateTime text of the last attempt.
        last_success: DateTime text of the last one that was answered with 200.
        last_failure: DateTime text of the last one that was not.
    """

    status: DeliveryStatus | None = None
    times_sent: int = 0
    times_failed: int = 0
    last_notification: str | None = None
    last_success: str | None = None
    last_failure: str | None = None


def status_of(subscription: Subscription, now: str) -> SubscriptionStatus:
    """Tell whether a subscription is under operation (5.8.1.4, 5.8.2.4).

    Args:
        subscription: Expired wins over paused.
        now: DateTime text; what expires at this very moment has expired.
    """
    expires_at = subscription.expires_at
    if expires_at is not None and parse_datetime(expires_at) <= parse_datetime(now):
        return SubscriptionStatus.EXPIRED
    return SubscriptionStatus.ACTIVE if subscription.is_active else SubscriptionStatus.PAUSED
