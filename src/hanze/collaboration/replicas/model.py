"""What nodes of the league tell each other of their public records, and how fresh that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Contribution
from hanze.errors import Unavailable

__all__ = [
    "MOST_AT_ONCE",
    "MOST_BYTES",
    "MOST_RECORDS",
    "MOST_TOGETHER",
    "Asking",
    "Changes",
    "Listing",
    "Part",
    "RecordsRead",
    "Replica",
    "Source",
    "SourceUnreachable",
    "Wanted",
    "is_public",
]

#: Records that one request reads.
MOST_AT_ONCE: Final = 200
#: Records of one peer that are kept; a country's registers are some ten thousand.
MOST_RECORDS: Final = 50_000
#: Of one record as JSON: its longest texts fit several times.
MOST_BYTES: Final = 256 * 1024
#: Of all records of a peer as JSON.
MOST_TOGETHER: Final = 256 << 20

_OPEN_CONTRIBUTIONS: Final = ("considered", "adopted", "merged", "realised")


class SourceUnreachable(Unavailable):
    """A node of the league gave no answer about its records that can be used."""

    def __init__(self, peer: str, detail: str) -> None:
        super().__init__(f"{peer} does not tell its records: {detail}")
        self.peer = peer


@dataclass(frozen=True, slots=True)
class Source:
    """A confirmed peer, whose public records are replicated.

    Attributes:
        peer: Its id in the league; never that of another node.
        name: As it calls itself.
        city: Name, code or id of the city that it is the node of, as both operators agreed; ""
            for none.
        url: Where it is reached.
    """

    peer: str
    name: str
    city: str
    url: str


class Asking(Protocol):
    """Asks a peer over the network."""

    async def ask(
        self, source: Source, method: str, path: str, body: bytes | None, *, timeout_s: float
    ) -> bytes:
        """Send one request and return the body of its answer, of bounded size.

        Args:
            path: Below the peer's address, with its query.

        Raises:
            SourceUnreachable: There is no answer, or one with an error.
        """
        ...


class Listing(msgspec.Struct, frozen=True, rename="camel"):
    """All public records of a node.

    Attributes:
        cursor: What `Changes` are asked after.
        records: Id → digest; another digest is another record.
        city: Id of the city that it is the node of.
        tenants: Ids of the cities that take part as tenants of the node.
    """

    cursor: str
    records: Mapping[str, str]
    city: str | None = None
    tenants: Sequence[str] = ()


class Changes(msgspec.Struct, frozen=True, rename="camel"):
    """What changed after a cursor.

    Attributes:
        cursor: What the next ones are asked after.
        restart: The cursor is too old, or of another life of the node: the listing tells.
        changed: Id → digest.
        gone: Ids of records that are there no more, or public no more.
    """

    cursor: str
    restart: bool = False
    changed: Mapping[str, str] = {}
    gone: Sequence[str] = ()


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which records are to be read, at most `MOST_AT_ONCE`."""

    ids: tuple[str, ...]


class Replica(msgspec.Struct, frozen=True, rename="camel"):
    """One record, as it is told and as it is kept.

    Attributes:
        entity: Normalized, with names of the Hanze @context and without system attributes.
        created_at: DateTime text.
        modified_at: DateTime text.
        digest: As the listing has it.
    """

    entity: Mapping[str, object]
    created_at: str
    modified_at: str
    digest: str


class RecordsRead(msgspec.Struct, frozen=True):
    """Those of the wanted records that are there."""

    records: Sequence[Replica]


@dataclass(frozen=True, slots=True)
class Part:
    """How fresh the part of one node is.

    Attributes:
        source: The node.
        records: How many of its records are shown here.
        cities: Ids of the cities whose node it is: its own, and those that are its tenants.
        heard_at: When it last told what it has, DateTime text; `None` where it never did.
        stale_since: Since when nothing is heard; `None` while its part is fresh.
    """

    source: Source
    records: int
    heard_at: str | None
    stale_since: str | None
    cities: tuple[str, ...] = field(default=())


def is_public(record: Record) -> bool:
    """Whether other nodes may keep a record.

    What residents bring in is told once the city has considered it, and a child's never; a person
    only who agreed to be shown. All else is for everyone.
    """
    if isinstance(record, Contribution):
        return record.age_group != "child" and record.status in _OPEN_CONTRIBUTIONS
    if isinstance(record, Contact):
        return not record.person or record.consent_on is not None
    return True
