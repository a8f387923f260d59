"""What the node keeps an eye on: an attribute, or several attributes of one place."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from hanze.broker.ports import Registers, RegistersView
from hanze.errors import Conflicting, InvalidInput, NotFound, TooMuch

__all__ = [
    "MOST_WATCHES",
    "Member",
    "Role",
    "TooManyWatches",
    "Watch",
    "WatchExists",
    "WatchNotFound",
    "add_watch",
    "remove_watch",
    "watch_named",
    "watches",
]

_KIND: Final = "insight-watch"

#: Each costs a reading of its history a minute.
MOST_WATCHES: Final = 1_000

_LATE_MINUTES: Final = 60

#: What an attribute says of a place. Weather and light explain; they are not what goes on there.
Role = Literal["people", "sound", "parking", "traffic", "air", "weather", "other"]


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attribute that is watched.

    Attributes:
        entity: Id of the entity.
        attribute: IRI of the attribute.
        role: What it says of the place.
    """

    entity: Annotated[str, Meta(min_length=1, max_length=2_048)]
    attribute: Annotated[str, Meta(min_length=1, max_length=2_048)]
    role: Role = "other"


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What is watched, and from when on somebody is told.

    Attributes:
        name: Unique in the node.
        title: For people; where it is empty the name does.
        members: One attribute, or those of one place, which are then judged together too.
        place: Id of the entity that stands for the place; where it is empty the first member's.
        tenant: Whose entities.
        period_minutes: Values are means of periods of this length.
        weeks: How many weeks the usual one is learned from.
        usual: So many usual deviations around what is expected are shown as the usual range.
        deviations: Beyond so many, a value counts as a deviation.
        persist_minutes: That long it must last before an alert is made.
        release_minutes: That long it must be usual again before the alert ends.
        scenarios: Whether light scenarios are proposed for the place.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    members: Annotated[tuple[Member, ...], Meta(min_length=1, max_length=20)]
    title: Annotated[str, Meta(max_length=200)] = ""
    place: Annotated[str, Meta(max_length=2_048)] = ""
    tenant: Annotated[str, Meta(max_length=100)] = ""
    period_minutes: Literal[5, 10, 15, 20, 30, 60] = 30
    weeks: Annotated[int, Meta(ge=3, le=52)] = 6
    usual: Annotated[float, Meta(gt=0, le=20)] = 3.0
    deviations: Annotated[float, Meta(gt=0, le=100)] = 6.0
    persist_minutes: Annotated[int, Meta(ge=5, le=2_880)] = 180
    release_minutes: Annotated[int, Meta(ge=5, le=2_880)] = 180
    scenarios: bool = False

    @property
    def place_id(self) -> str:
        return self.place or self.members[0].entity

    @property
    def period_us(self) -> int:
        return self.period_minutes * 60_000_000

    @property
    def persist(self) -> int:
        """How many periods a deviation must last."""
        return -(-self.persist_minutes // self.period_minutes)

    @property
    def release(self) -> int:
        """How many periods must be usual again."""
        return -(-self.release_minutes // self.period_minutes)

    @property
    def late(self) -> int:
        """How many of the latest periods may not be measured yet: sources take up to an hour."""
        return max(2, -(-_LATE_MINUTES // self.period_minutes))


class WatchNotFound(NotFound):
    """The node watches nothing under this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no watch {name[:100]}; `hanze insight watches` lists them")


class WatchExists(Conflicting):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a watch {name} already; remove it first, or choose another name"
        )


class TooManyWatches(TooMuch):
    """The node watches as much as it may."""

    def __init__(self) -> None:
        super().__init__(f"The node has {MOST_WATCHES} watches already, the most it may have")


def add_watch(registers: Registers, watch: Watch) -> None:
    """Keep an eye on more.

    Raises:
        WatchExists: The name is taken.
        TooManyWatches: There are as many as there may be.
        InvalidInput: The same attribute is named twice.
    """
    if registers.get(_KIND, watch.name) is not None:
        raise WatchExists(watch.name)
    if sum(1 for _ in registers.items(_KIND)) >= MOST_WATCHES:
        raise TooManyWatches
    if len({(one.entity, one.attribute) for one in watch.members}) < len(watch.members):
        raise InvalidInput("A watch names an attribute once", field="members")
    registers.put(_KIND, watch.name, msgspec.json.encode(watch))


def remove_watch(registers: Registers, name: str) -> None:
    """Keep an eye on less.

    Raises:
        WatchNotFound: There is no such watch.
    """
    if not registers.delete(_KIND, name):
        raise WatchNotFound(name)


def watch_named(registers: RegistersView, name: str) -> Watch:
    """Look a watch up.

    Raises:
        WatchNotFound: There is no such watch.
    """
    found = registers.get(_KIND, name)
    if found is None:
        raise WatchNotFound(name)
    return msgspec.json.decode(found, type=Watch)


def watches(registers: RegistersView) -> Iterator[Watch]:
    """List all, by name."""
    for _, found in sorted(registers.items(_KIND)):
        yield msgspec.json.decode(found, type=Watch)
