"""What a source that streams speaks about: messages in, readings out.

A connector that can stream says so in the `[stream]` table of its manifest, and its pure `decode.py`
holds `decode`; the rest is optional, and found by its name:

    decode.py   def decode(message: Message) -> Iterable[Reading | Rejected]
                def uplinks(message: Message) -> Sequence[Uplink]      # what a script decodes first
    source.py   def requests(options: Options, now: str) -> Sequence[Request]   # what a turn fetches
                def following(message: Message) -> Sequence[Request]   # the pages after an answer
                def pause_s(message: Message) -> float | None          # e.g. a ttl in the answer

Whatever else happens (connections, the spool, counters, storing) is the runner's business.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from hanze.ngsild.model import AttributeKind, JsonObject, JsonValue

__all__ = [
    "Decode",
    "Following",
    "Message",
    "Options",
    "PauseS",
    "Reading",
    "Rejected",
    "Request",
    "Requests",
    "Scalar",
    "Scripted",
    "Uplink",
    "Uplinks",
    "Value",
]

Scalar = str | int | float | bool

#: Of a source, by name; defaults of the manifest are filled in. Secrets are not among those of a
#: message: they are in what `requests` gets, as texts.
Options = Mapping[str, Scalar]


class Scripted(msgspec.Struct, frozen=True):
    """What the source's script (a payload decoder in JavaScript) made of an uplink.

    Attributes:
        data: Its answer, as LoRaWAN's codec API has it; `None` where there are errors.
        errors: In the script's words, or why it could not be run.
        warnings: In the script's words.
    """

    data: JsonObject | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Message(msgspec.Struct, frozen=True):
    """What a source sent, as it came.

    Attributes:
        source: Name of the source; part of the ids that a decoder makes.
        received_at: DateTime text, UTC: when the node had it.
        body: As it came; unpacked where the transfer packed it.
        content_type: As the sender said it; "" where it did not.
        topic: Topic of MQTT; of an answer that was asked for, `Request.topic`; of what was pushed,
            the path below the source's own.
        options: The source's, without secrets.
        scripted: For each of `uplinks(message)`, in order, where the source has a script.
    """

    source: str
    received_at: str
    body: bytes
    content_type: str = ""
    topic: str = ""
    options: Options = {}
    scripted: tuple[Scripted, ...] = ()


class Value(msgspec.Struct, frozen=True):
    """One instance of an attribute, with terms of the node's default @context.

    Attributes:
        value: By kind as in `ngsild.model.Attribute`; names of members are terms, too.
        unit_code: UN/CEFACT Recommendation 20, e.g. "CEL".
        observed_at: DateTime text; `None` takes the reading's.
        dataset_id: URI; `None` is the default instance.
    """

    value: JsonValue
    unit_code: str | None = None
    observed_at: str | None = None
    dataset_id: str | None = None
    kind: AttributeKind = AttributeKind.PROPERTY


class Reading(msgspec.Struct, frozen=True):
    """What one device measured at one moment, or what is known of the device, or both.

    Several readings of one message may be about one entity, in any order.

    Attributes:
        entity_id: URI, "urn:ngsi-ld:<Type>:<source>:<the source's own key>".
        entity_type: Term of the node's default @context, or IRI.
        observed_at: DateTime text, UTC: when it was measured, never when it came, unless the
            source does not say; `None` where there are no values.
        values: Measured, by term; several instances must differ in `dataset_id`.
        thing: What seldom changes (location, name, capacity): written once and when it differs,
            without a time of observation. Source, owner and licence are not here: they come from
            the manifest.
        device: The source's own key of the device (e.g. its DevEUI), for the tray in which unknown
            ones wait; "" where a source has none that can be unknown.
        parts: What of the message could not be used while the rest could, in plain words.
    """

    entity_id: str
    entity_type: str
    observed_at: str | None = None
    values: Mapping[str, Value | tuple[Value, ...]] = {}
    thing: Mapping[str, Value | tuple[Value, ...]] = {}
    device: str = ""
    parts: tuple[str, ...] = ()


class Rejected(msgspec.Struct, frozen=True):
    """A message, or a part of it, of which nothing could be made.

    Attributes:
        reason: In plain words, for who looks after the source: subject, verb, what was expected.
        part: Of the message, as text; "" for all of it. It is cut where it is long.
    """

    reason: str
    part: str = ""


class Uplink(msgspec.Struct, frozen=True):
    """A frame for a script: the arguments of LoRaWAN's `decodeUplink`.

    Attributes:
        data: The payload.
        f_port: From 1 to 223.
        received_at: DateTime text; becomes `recvTime`.
        variables: Of the device, where the network server sends them (ChirpStack).
    """

    data: bytes
    f_port: int
    received_at: str | None = None
    variables: Mapping[str, str] = {}


class Request(msgspec.Struct, frozen=True):
    """What is fetched from a source.

    Attributes:
        url: http or https.
        headers: E.g. a key; besides what is always sent.
        topic: What `Message.topic` says of the answer; "" takes the URL's path.
        media_types: Value of `Accept`.
    """

    url: str
    headers: Mapping[str, str] = {}
    topic: str = ""
    media_types: str = "*/*"


class Decode(Protocol):
    """Make readings of a message; pure.

    Whatever cannot be understood becomes a `Rejected`. A decoder may raise `InvalidInput` too: that
    rejects the whole message with the error's text.
    """

    def __call__(self, message: Message, /) -> Iterable[Reading | Rejected]: ...


class Uplinks(Protocol):
    """Name the frames of a message that the source's script is to decode; pure."""

    def __call__(self, message: Message, /) -> Sequence[Uplink]: ...


class Requests(Protocol):
    """Name what a turn fetches; without it that is the option `url`. Pure."""

    def __call__(self, options: Options, now: str, /) -> Sequence[Request]: ...


class Following(Protocol):
    """Name the pages that follow an answer; without it there are none. Pure."""

    def __call__(self, message: Message, /) -> Sequence[Request]: ...


class PauseS(Protocol):
    """Tell after how many seconds an answer may have changed; `None` leaves that to the source."""

    def __call__(self, message: Message, /) -> float | None: ...
