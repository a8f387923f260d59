"""What the operations on sources take and answer, and how sources are written as that."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from hanze.connectors.decoders import load_connector
from hanze.connectors.manifest import Manifest
from hanze.connectors.source_record import Example, options_of
from hanze.connectors.streaming import Scalar
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.node.source_state import Overview
from hanze.web.api.frame import Answer, Taken

__all__ = [
    "AddedSource",
    "Approval",
    "ConnectorShown",
    "ConnectorsShown",
    "CountersShown",
    "DeviceShown",
    "DevicesShown",
    "LetterShown",
    "LettersShown",
    "Messages",
    "NewSource",
    "OptionShown",
    "Page",
    "ReadingShown",
    "RejectedShown",
    "Replay",
    "Resumption",
    "SourceShown",
    "SourcesShown",
    "Tried",
    "TriedConnector",
    "TriedShown",
    "Vectors",
    "connector_shown",
    "source_shown",
]

_Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]


class OptionShown(Answer, frozen=True):
    """An option of a connector; a secret one names a file that the node alone can read."""

    name: str
    description: str
    default: Scalar = ""
    required: bool = False
    secret: bool = False


class ConnectorShown(Answer, frozen=True):
    """A connector that streams."""

    name: str
    title: str
    owner: str
    source: str
    license: str
    purpose: str
    personal_data: bool
    format: str
    types: tuple[str, ...]
    how: tuple[str, ...]
    options: Mapping[str, tuple[OptionShown, ...]]


class ConnectorsShown(Answer, frozen=True):
    """All connectors that stream."""

    connectors: tuple[ConnectorShown, ...]


class CountersShown(Answer, frozen=True, omit_defaults=False):
    """What became of a source's messages: messages, readings and values, not the same."""

    received: int
    decoded: int
    stored: int
    late: int
    duplicate: int
    rejected: int
    waiting: int
    held: int
    dead_letters: int


class SourceShown(Answer, frozen=True):
    """A source.

    Attributes:
        state: running, paused, stopped (by the node: see problem) or disabled (in hanze.toml).
        connection: How it stands with whom the messages come from.
        problem: What keeps it from running.
        last_error: What went wrong last; gone when it goes well again.
        fresh_s: Seconds since the newest moment of observation.
    """

    name: str
    connector: str
    state: str
    how: str
    options: Mapping[str, Scalar]
    counters: CountersShown
    listed: bool
    decoder: bool
    examples: int
    connection: str = ""
    problem: str = ""
    last_error: str = ""
    last_error_at: str | None = None
    last_message_at: str | None = None
    last_observed_at: str | None = None
    fresh_s: float | None = None
    unknown_devices: int = 0
    added_at: str | None = None


class SourcesShown(Answer, frozen=True):
    """All sources."""

    sources: tuple[SourceShown, ...]


class NewSource(Taken, frozen=True):
    """A source to add.

    Attributes:
        secrets: By option; each becomes a file that the node alone can read.
        decoder: Payload decoder in JavaScript (LoRaWAN codec API).
        examples: Test vectors of the decoder; it is refused when one fails.
    """

    name: _Name
    connector: Annotated[str, Meta(min_length=1, max_length=100)]
    options: Mapping[str, Scalar] = {}
    secrets: Annotated[Mapping[str, str], Meta(max_length=10)] = {}
    decoder: Annotated[str, Meta(max_length=524_288)] = ""
    examples: Annotated[tuple[Example, ...], Meta(max_length=200)] = ()


class AddedSource(Answer, frozen=True):
    """A source that was added, and secrets that the node made: shown once."""

    source: SourceShown
    secrets: Mapping[str, str] = {}


class Tried(Taken, frozen=True):
    """A message to try out; nothing is stored.

    Attributes:
        body: As text.
        base64: Instead of `body`, where it is no text.
        received_at: DateTime; now, when it is not said.
    """

    body: str | None = None
    base64: str | None = None
    topic: Annotated[str, Meta(max_length=1000)] = ""
    content_type: Annotated[str, Meta(max_length=200)] = ""
    received_at: Annotated[str, Meta(max_length=40)] | None = None


class TriedConnector(Tried, frozen=True, kw_only=True):
    """The same, with a source that is not there yet."""

    connector: Annotated[str, Meta(min_length=1, max_length=100)]
    options: Mapping[str, Scalar] = {}
    decoder: Annotated[str, Meta(max_length=524_288)] = ""


class RejectedShown(Answer, frozen=True):
    """What could not be used, and why."""

    reason: str
    part: str = ""


class ReadingShown(Answer, frozen=True):
    """A reading as the decoder made it."""

    entity_id: str
    entity_type: str
    device: str
    observed_at: str | None
    attributes: tuple[str, ...]


class TriedShown(Answer, frozen=True, omit_defaults=False):
    """What a message becomes: as it came, decoded, and as entities."""

    raw: str
    bytes: int
    readings: tuple[ReadingShown, ...]
    entities: tuple[object, ...]
    rejected: tuple[RejectedShown, ...]
    personal: tuple[str, ...]


class Vectors(Answer, frozen=True, omit_defaults=False):
    """How the decoder does on its test vectors."""

    examples: int
    failures: tuple[str, ...]


class Replay(Taken, frozen=True):
    """Which messages are dealt with once more.

    Attributes:
        start: DateTime from which they were received; the first that is kept, when not said.
        end: Until which, excluded.
        dead_letters: Only those of which something could not be used.
    """

    start: str | None = None
    end: str | None = None
    dead_letters: bool = False


class Resumption(Taken, frozen=True):
    """How a source goes on.

    Attributes:
        personal_is_known: Somebody looked at the fields that seemed personal: they may pass.
    """

    personal_is_known: bool = False


class Messages(Answer, frozen=True, omit_defaults=False):
    """How many messages it was about."""

    messages: int


class Approval(Taken, frozen=True):
    """A device that is let in, or refused."""

    device: Annotated[str, Meta(min_length=1, max_length=1000)]
    refuse: bool = False


class DeviceShown(Answer, frozen=True):
    """A device that waits for a person."""

    device: str
    entity_id: str
    first_at: str
    last_at: str
    messages: int


class DevicesShown(Answer, frozen=True):
    """The devices of a source that wait."""

    devices: tuple[DeviceShown, ...]


class LetterShown(Answer, frozen=True):
    """A dead letter: what could not be used, and why."""

    message: int
    received_at: str
    reason: str
    part: str = ""
    topic: str = ""


class LettersShown(Answer, frozen=True):
    """Dead letters, the newest first."""

    dead_letters: tuple[LetterShown, ...]


class Page(Taken, frozen=True):
    """Which dead letters."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 50
    before: Annotated[int, Meta(ge=0)] | None = None


def connector_shown(manifest: Manifest) -> ConnectorShown:
    connector = load_connector(manifest.name)
    return ConnectorShown(
        name=manifest.name,
        title=manifest.title,
        owner=manifest.owner,
        source=manifest.source,
        license=manifest.license,
        purpose=manifest.purpose,
        personal_data=manifest.personal_data,
        format=manifest.format,
        types=manifest.types,
        how=connector.stream.how,
        options={
            how: tuple(
                OptionShown(
                    name=name,
                    description=one.description,
                    default=one.default,
                    required=one.required,
                    secret=one.secret,
                )
                for name, one in options_of(connector, how).items()
            )
            for how in connector.stream.how
        },
    )


def source_shown(overview: Overview, now: str) -> SourceShown:
    record, counters = overview.record, overview.counters
    observed = counters.last_observed
    fresh = None if observed is None else (parse_datetime(now) - parse_datetime(observed)) / 1e6
    return SourceShown(
        name=record.name,
        connector=record.connector,
        state=overview.word,
        how=overview.how,
        options=record.options,
        counters=CountersShown(
            received=counters.received,
            decoded=counters.decoded,
            stored=counters.stored,
            late=counters.late,
            duplicate=counters.duplicate,
            rejected=counters.rejected,
            waiting=counters.waiting,
            held=counters.held,
            dead_letters=counters.letters,
        ),
        listed=not record.added_at,
        decoder=bool(record.script or record.options.get("decoder")),
        examples=len(record.examples),
        connection=overview.connection,
        problem=overview.problem,
        last_error=counters.last_error,
        last_error_at=_moment(counters.last_error_at),
        last_message_at=_moment(counters.last_message),
        last_observed_at=observed,
        fresh_s=fresh,
        unknown_devices=overview.waiting_devices,
        added_at=record.added_at or None,
    )


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else format_datetime(microseconds)
