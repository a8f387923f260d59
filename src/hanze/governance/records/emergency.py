"""Emergencies, and what comes first in one."""

from enum import Enum

import msgspec

__all__ = ["Criticality", "CriticalityKind", "Emergency", "Level", "criticality_id"]


class Level(Enum):
    """How much hangs on something being answered, above all in an emergency."""

    #: People are in danger, or the city stands still, without it.
    VITAL = "vital"
    NORMAL = "normal"
    #: It can wait for hours.
    LOW = "low"


class CriticalityKind(Enum):
    """What has a level; the first of these that says something about a request counts."""

    #: A client, token or account: `client:<name>`, `token:<name>`, `account:<id>`.
    CREDENTIAL = "credential"
    #: Everything that an organisation asks.
    ORGANISATION = "organisation"
    #: A source, with all its devices, by its name.
    SOURCE = "source"
    #: What the node does for everybody: a group of addresses (`governance.securing.services`).
    SERVICE = "service"


class Criticality(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The level of one credential, organisation, source or service.

    Attributes:
        id: `<kind>:<key>`.
        kind: What it is the level of.
        key: Which one.
        level: Its level.
        by: The actor that decided it.
        at: DateTime text.
    """

    id: str
    kind: CriticalityKind
    key: str
    level: Level
    by: str
    at: str


class Emergency(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A time in which what is of the lowest level is not answered.

    Attributes:
        id: `urn:ngsi-ld:Emergency:<city>:<key>`.
        why: What happened; everybody may read it.
        declared_by: The actor.
        declared_at: DateTime text.
        until: DateTime text: it ends then by itself.
        ended_at: DateTime text, once it ended.
        ended_by: The actor; "node" where it ended by itself.
    """

    id: str
    why: str
    declared_by: str
    declared_at: str
    until: str
    ended_at: str | None = None
    ended_by: str = ""


def criticality_id(kind: CriticalityKind, key: str) -> str:
    """Name the record of a level."""
    return f"{kind.value}:{key}"
