"""The sections of a node's settings, with what each setting means and may be."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = [
    "Collective",
    "Contexts",
    "Distribution",
    "Governance",
    "History",
    "League",
    "Log",
    "Notifications",
    "Portal",
    "Retention",
    "Scalar",
    "Server",
    "Snapshots",
    "Source",
    "Sources",
    "Store",
    "Worker",
]

Scalar = str | int | float | bool


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: Annotated[str, Meta(description="Address to listen on.", min_length=1)] = "127.0.0.1"
    port: Annotated[
        int, Meta(description="Port to listen on; 0 picks a free one.", ge=0, le=65535)
    ] = 1026
    dev: Annotated[
        bool,
        Meta(description="Everyone may read and write; the node listens on loopback only."),
    ] = False
    base_url: Annotated[
        str,
        Meta(
            description="URL under which others reach the node, where a proxy stands before it; "
            "empty: the address that it listens on.",
            pattern=r"^(https?://[^/?#]+)?$",
        ),
    ] = ""
    tls_certificate: Annotated[
        str,
        Meta(
            description="File with the certificate chain (PEM): the node then speaks HTTPS, TLS "
            "1.2 or newer. A relative path starts at the data directory."
        ),
    ] = ""
    tls_key: Annotated[
        str, Meta(description="File with the certificate's private key (PEM), likewise.")
    ] = ""
    max_body_mb: Annotated[int, Meta(description="Largest request body, in MB.", ge=1, le=1024)] = (
        32
    )
    max_header_kb: Annotated[
        int, Meta(description="Largest request line with headers, in KB.", ge=4, le=1024)
    ] = 64
    header_timeout_s: Annotated[
        float, Meta(description="Seconds in which a request's headers must have arrived.", gt=0)
    ] = 20.0
    keep_alive_s: Annotated[
        int, Meta(description="Seconds that an idle connection is kept.", ge=1)
    ] = 75
    shutdown_s: Annotated[
        int, Meta(description="Seconds that running requests get when the node stops.", ge=1)
    ] = 10


class Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cache_mb: Annotated[
        int, Meta(description="Memory for entities as they are stored, in MB.", ge=0)
    ] = 256
    max_tenants: Annotated[
        int,
        Meta(
            description="Tenants that may arise, the default one among them: a client that "
            "invents names must not fill the memory.",
            ge=1,
        ),
    ] = 256


class Contexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    allow_private: Annotated[
        bool, Meta(description="Fetch @contexts from private and loopback addresses too.")
    ] = False
    max_kb: Annotated[int, Meta(description="Largest @context that is fetched, in KB.", ge=1)] = (
        1024
    )
    timeout_s: Annotated[
        float, Meta(description="Seconds after which fetching a @context is given up.", gt=0)
    ] = 5.0


class Portal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(description="Name of the node on its pages.", min_length=1)] = (
        "Hanze"
    )
    timezone: Annotated[
        str, Meta(description="IANA time zone in which pages show times.", min_length=1)
    ] = "Europe/Amsterdam"
    live_listeners: Annotated[
        int,
        Meta(description="Pages that may follow live values at a time; 0: none.", ge=0, le=60_000),
    ] = 1_000
    live_listeners_per_address: Annotated[
        int, Meta(description="The same from one address.", ge=0, le=60_000)
    ] = 20


class Collective(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    contributions: Annotated[
        bool, Meta(description="Residents may contribute over the web without an account.")
    ] = True
    contributions_closed_in: Annotated[
        str,
        Meta(
            description="Tenants that take no such contributions, separated by spaces; '-' is the "
            "default tenant."
        ),
    ] = ""
    contributions_per_hour: Annotated[
        int,
        Meta(description="Contributions that one address may make in an hour.", ge=0, le=100_000),
    ] = 10
    contributions_per_hour_together: Annotated[
        int,
        Meta(description="The same of all addresses together.", ge=0, le=1_000_000),
    ] = 500
    resident_keys: Annotated[
        int,
        Meta(
            description="Keys that residents may have given themselves at a time, to add sensors "
            "of their own; 0 gives none.",
            ge=0,
            le=10_000,
        ),
    ] = 1_000
    resident_key_days: Annotated[
        int, Meta(description="Days after which such a key expires.", ge=1, le=3_650)
    ] = 365
    resident_keys_per_day: Annotated[
        int, Meta(description="Such keys that one address may get in a day.", ge=0, le=10_000)
    ] = 3
    resident_readings_per_hour: Annotated[
        int,
        Meta(
            description="Sensors and readings that one such key may send in an hour.",
            ge=0,
            le=1_000_000,
        ),
    ] = 3_600
    address_header: Annotated[
        str,
        Meta(
            description="Header in which a proxy before the node says whom it serves, e.g. "
            "X-Forwarded-For, for the limits above; its last address counts. Empty: the address "
            "that the connection comes from.",
            pattern="^[A-Za-z0-9-]*$",
        ),
    ] = ""
    documents_mb: Annotated[
        int,
        Meta(
            description="Files of records (agreements, minutes, receipts) that the node keeps, in "
            "MB of all together; 0 keeps none.",
            ge=0,
            le=1_000_000,
        ),
    ] = 2_000


class Worker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sweep_s: Annotated[
        float, Meta(description="Seconds between removals of what has expired.", gt=0)
    ] = 10.0
    collective_s: Annotated[
        float,
        Meta(description="Seconds between readings of what changed in the collective.", gt=0),
    ] = 30.0
    read_ahead: Annotated[
        bool,
        Meta(
            description="The collective's texts are read before anybody searches; without it the "
            "first search waits, and a node that nobody asks stays small."
        ),
    ] = True
    insight_s: Annotated[
        float, Meta(description="Seconds between looks at what is watched.", gt=0)
    ] = 60.0


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    flush_s: Annotated[
        float,
        Meta(description="Seconds between transfers from the journal to the archive.", gt=0),
    ] = 1.0
    memory_mb: Annotated[
        int, Meta(description="Memory that the archive may use, in MB.", ge=64)
    ] = 512
    max_instances: Annotated[
        int,
        Meta(
            description="Instances of attributes in one answer; what has more is answered in parts.",
            ge=1,
        ),
    ] = 50_000
    retention_s: Annotated[
        float,
        Meta(description="Seconds between looks at what is too old to be kept.", gt=0),
    ] = 3600.0
    import_mb: Annotated[
        int,
        Meta(
            description="Largest file of past values that is taken over the network, in MB.", ge=1
        ),
    ] = 1024


class Notifications(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    allow_private: Annotated[
        bool, Meta(description="Send notifications to private and loopback addresses too.")
    ] = False
    timeout_s: Annotated[
        float,
        Meta(
            description="Seconds after which a notification without an answer has failed; a "
            "subscription may name fewer.",
            gt=0,
            le=600,
        ),
    ] = 10.0
    concurrency: Annotated[
        int, Meta(description="Notifications that are sent to one endpoint at a time.", ge=1)
    ] = 16
    max_tries: Annotated[
        int,
        Meta(
            description="Attempts after which a notification becomes a dead letter; the waits "
            "between them grow from a second to a quarter of an hour, so that 100 take a day.",
            ge=1,
            le=1_000,
        ),
    ] = 100
    max_subscriptions: Annotated[
        int,
        Meta(
            description="Subscriptions that there may be, in all tenants together; each takes "
            "some kilobytes of memory.",
            ge=1,
        ),
    ] = 100_000
    max_waiting: Annotated[
        int,
        Meta(
            description="Notifications that may wait; beyond it the oldest ones to a receiver that "
            "does not answer become dead letters.",
            ge=100,
        ),
    ] = 1_000_000
    max_dead_letters: Annotated[
        int,
        Meta(
            description="Dead letters that are kept; beyond it the oldest ones are removed, and "
            "the log says so.",
            ge=100,
        ),
    ] = 1_000_000


class Distribution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    allow_private: Annotated[
        bool, Meta(description="Ask Context Sources at private and loopback addresses too.")
    ] = False
    timeout_s: Annotated[
        float,
        Meta(
            description="Seconds after which a source without an answer has failed; a registration "
            "may name others.",
            gt=0,
            le=120,
        ),
    ] = 5.0
    cooldown_s: Annotated[
        float,
        Meta(
            description="Seconds for which a source that failed is not asked, up to eight times as "
            "long when it fails again; a registration may name others.",
            ge=0,
            le=3600,
        ),
    ] = 2.0
    max_answer_mb: Annotated[
        int, Meta(description="Largest answer of a source, in MB.", ge=1, le=1024)
    ] = 16
    max_hops: Annotated[
        int, Meta(description="Nodes that a request may have passed to be passed on.", ge=0, le=100)
    ] = 10
    max_sources: Annotated[
        int, Meta(description="Sources that one operation asks at most.", ge=1, le=10_000)
    ] = 256
    max_registrations: Annotated[
        int,
        Meta(
            description="Registrations of Context Sources in all tenants together.",
            ge=1,
            le=1_000_000,
        ),
    ] = 100_000
    split_entities: Annotated[
        bool,
        Meta(
            description="Parts of one entity may be at several sources: filters are then applied "
            "here, to whole entities. A query may say otherwise."
        ),
    ] = False
    max_map_entities: Annotated[
        int, Meta(description="Entities that one entity map may hold.", ge=1, le=10_000_000)
    ] = 100_000


class Snapshots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    max_snapshots: Annotated[
        int, Meta(description="Snapshots in all tenants together.", ge=0, le=1_000)
    ] = 20
    max_entities: Annotated[
        int, Meta(description="Entities that one snapshot may hold.", ge=1, le=10_000_000)
    ] = 100_000
    max_mb: Annotated[
        int, Meta(description="Size of the entities of one snapshot, in MB.", ge=1, le=100_000)
    ] = 256
    max_instances: Annotated[
        int,
        Meta(
            description="Instances of attributes that the histories of one snapshot may hold.",
            ge=1,
            le=100_000_000,
        ),
    ] = 200_000
    lifetime_hours: Annotated[
        float, Meta(description="Hours that a snapshot lives where nobody says how long.", gt=0)
    ] = 24.0
    max_lifetime_hours: Annotated[
        float,
        Meta(
            description="Hours that a snapshot lives at most, whatever is asked.", gt=0, le=87_600
        ),
    ] = 168.0


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the history of entities of one type is kept (`[[retention]]` in the file).

    Attributes:
        type: IRI, or a term of the node's default @context; "*" for types without a rule.
        keep_days: Days after which instances are removed; 0 keeps them for ever.
        means_after_days: Days after which only means, minima, maxima and counts of periods are
            kept of numbers; 0 keeps every value.
        means_period: Length of such a period, e.g. "PT1H" (4.5.19.1).
    """

    type: Annotated[str, Meta(min_length=1)]
    keep_days: Annotated[int, Meta(ge=0)] = 0
    means_after_days: Annotated[int, Meta(ge=0)] = 0
    means_period: str = "PT1H"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stream of data that the node follows (`[[source]]` in the file).

    Attributes:
        name: Unique; in ids, paths and logs.
        connector: Which connector reads it (`hanze source connectors`).
        enabled: Whether the node follows it.
        options: What this connector asks for, e.g. `url`, `topic`, `every_s`: in the file they may
            stand beside the name. Secrets are files in the folder `secrets` of the data directory,
            and are named here.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    connector: Annotated[str, Meta(min_length=1)]
    enabled: bool = True
    options: Mapping[str, Scalar] = {}


class Sources(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    spool_mb: Annotated[
        int,
        Meta(
            description="Size of the spool, which keeps messages of sources as they came, in MB. "
            "When those that wait fill it, senders are told to send again later.",
            ge=1,
        ),
    ] = 1024
    keep_days: Annotated[
        float,
        Meta(
            description="Days for which messages that were dealt with, those that could not be "
            "used and those of unknown devices stay in the spool, to be replayed.",
            gt=0,
        ),
    ] = 7.0
    max_message_mb: Annotated[
        int, Meta(description="Largest message or answer of a source, in MB.", ge=1, le=1024)
    ] = 32
    messages_per_minute: Annotated[
        int,
        Meta(
            description="Messages that others may push to one source in a minute; beyond it they "
            "are told when to send again.",
            ge=1,
        ),
    ] = 6_000
    allow_private: Annotated[
        bool,
        Meta(description="Follow sources and brokers at private and loopback addresses too."),
    ] = False
    timeout_s: Annotated[
        float, Meta(description="Seconds after which an answer of a source is given up.", gt=0)
    ] = 30.0


class Governance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organisation: Annotated[
        str,
        Meta(
            description="Id (URN or URL) of the organisation that runs the node: it owns the data "
            "that nobody else does."
        ),
    ] = ""
    confirm_s: Annotated[
        float,
        Meta(
            description="Seconds for which the word of another node counts that an agreement is "
            "still in force; without it what the agreement opens is refused.",
            gt=0,
            le=86_400,
        ),
    ] = 30.0
    log_days: Annotated[
        int,
        Meta(
            description="Days for which records of the log are kept: of decisions, of what was done "
            "with data about people, and of what people did; 0 keeps them for ever.",
            ge=0,
            le=36_500,
        ),
    ] = 1_096


class League(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gossip_s: Annotated[
        float,
        Meta(description="Seconds between talks with other members of the league.", gt=0),
    ] = 30.0
    timeout_s: Annotated[
        float, Meta(description="Seconds after which talking to a member is given up.", gt=0)
    ] = 10.0
    invitation_hours: Annotated[
        float, Meta(description="Hours that an invitation serves.", gt=0, le=8_760)
    ] = 48.0
    max_members: Annotated[
        int,
        Meta(
            description="Members that are known at most, besides those that are confirmed.",
            ge=0,
            le=100_000,
        ),
    ] = 1_000
    clock_skew_s: Annotated[
        int,
        Meta(description="Seconds by which clocks of two members may differ.", ge=0, le=600),
    ] = 60
    overlap_hours: Annotated[
        float,
        Meta(description="Hours that a member's key is let in after another followed.", ge=0),
    ] = 1.0
    forget_days: Annotated[
        int, Meta(description="Days after which what nobody says again is forgotten.", ge=4)
    ] = 90


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    level: Annotated[
        str,
        Meta(
            description="Least severe level that is logged: debug, info, warning or error.",
            pattern="^(debug|info|warning|error)$",
        ),
    ] = "info"
