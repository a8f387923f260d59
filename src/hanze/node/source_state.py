"""A source as the node knows it: what was decided, what following it needs, what people see."""

from dataclasses import dataclass

import msgspec
from msgspec import structs

from hanze.connectors.decoders import Connector
from hanze.connectors.source_record import SourceRecord, message_options
from hanze.connectors.spooled import Counters
from hanze.connectors.streaming import Message, Options
from hanze.errors import Conflicting, Denied, NotFound, Unavailable

__all__ = [
    "DeviceNotWaiting",
    "Following",
    "Overview",
    "SourceExists",
    "SourceIsListed",
    "SourceNotFound",
    "SourcePaused",
    "SourceSecretWrong",
    "State",
]


class SourceNotFound(NotFound):
    """The node follows no source of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Source {name[:63]} does not exist; `hanze source list` shows all")


class SourceExists(Conflicting):
    """A source of this name is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Source {name} already exists")


class SourceIsListed(Conflicting):
    """What stands in `hanze.toml` is changed there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Source {name} stands in hanze.toml; take it out there")


class SourceSecretWrong(Denied):
    """Who sends to a source does not show its secret."""

    def __init__(self) -> None:
        super().__init__(
            "Sending to a source needs its secret, in the header Hanze-Source-Secret or as the "
            "password of Basic authentication, or a token that may write"
        )


class SourcePaused(Unavailable):
    """A source takes no messages for now.

    Attributes:
        retry_after_s: Seconds after which it may be tried again.
    """

    retry_after_s = 300

    def __init__(self, name: str) -> None:
        super().__init__(f"Source {name} is paused or stopped; send again when it was resumed")


class DeviceNotWaiting(NotFound):
    """No device of this key waits to be let in."""

    def __init__(self, source: str, device: str) -> None:
        super().__init__(f"No device {device[:100]} of source {source} waits to be let in")


class State(msgspec.Struct, frozen=True):
    """What a person or the node decided about a source.

    Attributes:
        paused: A person stopped it.
        stopped: Why the node stopped it, in plain words; "" where it did not.
        personal_is_known: A person looked at what seemed personal, and lets it pass.
    """

    paused: bool = False
    stopped: str = ""
    personal_is_known: bool = False


@dataclass(frozen=True, slots=True)
class Following:
    """A source with all that is needed to follow it.

    Attributes:
        options: Checked, with defaults; secrets by the names of their files.
        script: Payload decoder; "" where there is none.
    """

    record: SourceRecord
    connector: Connector
    options: Options
    script: str

    @property
    def how(self) -> str:
        return str(self.options["how"])

    @property
    def tenant(self) -> str:
        return str(self.options.get("tenant", ""))

    def message(self, message: Message) -> Message:
        """Give a message the options that its decoder is to see."""
        return structs.replace(message, options=message_options(self.connector, self.options))


@dataclass(frozen=True, slots=True)
class Overview:
    """A source as people see it.

    Attributes:
        problem: What keeps it from running, in plain words; "" where nothing does.
        connection: How it stands with whom the messages come from, in plain words.
        waiting_devices: How many wait to be let in.
        held: Whether its project keeps it from running.
    """

    record: SourceRecord
    state: State
    counters: Counters
    how: str
    problem: str = ""
    connection: str = ""
    waiting_devices: int = 0
    held: bool = False

    @property
    def word(self) -> str:
        """Whether it runs, in one word: running, paused, stopped (by the node) or disabled."""
        if not self.record.enabled:
            return "disabled"
        if self.state.stopped or self.held:
            return "stopped"
        return "paused" if self.state.paused else "running"
