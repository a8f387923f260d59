"""What the spool keeps, as values."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hanze.connectors.streaming import Message

__all__ = ["Counters", "Held", "Letter", "Settled", "Spooled", "Waiting"]


@dataclass(frozen=True, slots=True)
class Spooled:
    """A message in the spool; `again` where it is replayed."""

    id: int
    message: Message
    again: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Something that could not be used: a dead letter.

    Attributes:
        reason: In plain words.
        part: Of the message; "" where nothing of it may be kept.
        received: Microseconds since 1970.
    """

    message_id: int
    reason: str
    part: str = ""
    received: int = 0
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A message that waits because nobody knows its device."""

    message_id: int
    device: str
    entity_id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device in the tray; the times are microseconds since 1970."""

    device: str
    entity_id: str
    first: int
    last: int
    messages: int


@dataclass(frozen=True, slots=True)
class Counters:
    """What became of a source's messages.

    Attributes:
        received: Messages that are in the spool, or were.
        decoded: Readings that decoders made of them.
        stored: Values (instances of attributes) that were written.
        late: Those of them that went to their own time in the past.
        duplicate: Values that were there already.
        rejected: Messages and parts of which nothing could be made.
        waiting: Messages that are still to be dealt with.
        held: Messages that wait for a device to be let in.
        letters: Dead letters that are kept.
        last_message: Microseconds since 1970, as `last_error_at`.
        last_observed: DateTime text: the newest moment of which there is a value.
        last_error: In plain words; "" where all is well.
    """

    received: int = 0
    decoded: int = 0
    stored: int = 0
    late: int = 0
    duplicate: int = 0
    rejected: int = 0
    waiting: int = 0
    held: int = 0
    letters: int = 0
    last_message: int | None = None
    last_observed: str | None = None
    last_error: str = ""
    last_error_at: int | None = None


@dataclass(slots=True)
class Settled:
    """What became of a batch of messages.

    Attributes:
        done: Their ids.
        erased: Those of which nothing may be kept.
    """

    source: str
    done: Sequence[int]
    at: int
    decoded: int = 0
    stored: int = 0
    late: int = 0
    duplicate: int = 0
    last_observed: str | None = None
    error: str = ""
    letters: list[Letter] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)
