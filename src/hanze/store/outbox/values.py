"""What the outbox holds, and what its worker reports back, as values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec

from hanze.broker.notification import Happened

__all__ = [
    "Announced",
    "DeadLetter",
    "DueRow",
    "Dying",
    "Key",
    "OutboxListener",
    "Settlement",
]

#: Whose subscription: the tenant, and the subscription's id.
Key = tuple[str, str]


class DueRow(NamedTuple):
    """Something that one subscription is still to be told; rows sort in the order of commits.

    Attributes:
        happened_id: When it was committed, in microseconds since 1970, made unique and growing.
        unit_id: The same of the first change of its unit of work: they are told together.
        entity: Id of the entity that changed.
        tries: How often the receiver refused just this.
    """

    happened_id: int
    unit_id: int
    entity: str
    tries: int = 0


class Announced(msgspec.Struct, frozen=True):
    """A change that was committed, and who is to be told of it.

    Attributes:
        size: Bytes that the change takes in the outbox.
    """

    tenant: str
    subscriptions: tuple[str, ...]
    row: DueRow
    happened: Happened
    size: int


class Dying(NamedTuple):
    """A row that becomes a dead letter, and why in plain words; no secret is in them."""

    key: Key
    happened_id: int
    tries: int
    reason: str


class DeadLetter(msgspec.Struct, frozen=True):
    """Something that a subscription could not be told.

    Attributes:
        number: Names it; grows.
        entity: Id of the entity that changed.
        tries: How often it was sent.
        happened_id: When the change was, in microseconds since 1970.
        died: When it was given up, likewise.
        reason: Why, in plain words.
    """

    number: int
    tenant: str
    subscription: str
    entity: str
    happened_id: int
    tries: int
    died: int
    reason: str


@dataclass(slots=True)
class Settlement:
    """What became of rows, to be written in one transaction.

    Attributes:
        done: Rows that go: sent, passed over, or of a subscription that is gone.
        tried: Rows that the receiver refused, with the number of tries.
        dead: Rows that become dead letters.
        states: Registered states of subscriptions (`SubscriptionState` as JSON).
    """

    done: list[tuple[Key, int]] = field(default_factory=list)
    tried: list[tuple[Key, int, int]] = field(default_factory=list)
    dead: list[Dying] = field(default_factory=list)
    states: dict[Key, bytes] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.done or self.tried or self.dead or self.states)


class OutboxListener(Protocol):
    """Takes notice of what the outbox has for it."""

    def announced(self, made: Sequence[Announced]) -> None:
        """Changes are durable; called on the event loop's thread, and must be quick."""
        ...

    def returned(self, key: Key) -> None:
        """Rows of a subscription that were dead wait again."""
        ...
