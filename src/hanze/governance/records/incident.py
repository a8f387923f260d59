"""Security incidents and data breaches, drills of them, and what other nodes told of theirs."""

from enum import Enum

import msgspec

__all__ = [
    "Closing",
    "HeardIncident",
    "Incident",
    "Note",
    "Notice",
    "Risk",
    "SharedWith",
    "Telling",
]


class Risk(Enum):
    """What a breach may do to the people whom the data is about (GDPR art. 33 and 34)."""

    #: Nobody looked yet: the clock runs as if there were one.
    UNKNOWN = "unknown"
    #: Unlikely to harm anybody: the supervisory authority need not be notified.
    UNLIKELY = "unlikely"
    #: The supervisory authority is notified.
    SOME = "some"
    #: The people themselves are told, too.
    HIGH = "high"


class Note(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that was found or done; GDPR 33.5 wants it documented."""

    at: str
    by: str
    text: str


class Notice(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The supervisory authority was notified (GDPR 33).

    Attributes:
        at: DateTime text.
        by: The actor that wrote it down.
        reference: Under which the authority knows it.
        why_late: Where it was later than 72 hours (33.1).
    """

    at: str
    by: str
    reference: str
    why_late: str = ""


class Telling(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The people whom the data is about were told (GDPR 34).

    Attributes:
        text: By language: what happened, what it may do, what was done, whom to ask; everybody may
            read it on the node's page about security.
        how: Letters, mail, a publication.
    """

    at: str
    by: str
    text: dict[str, str]
    how: str


class SharedWith(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A member of the league was told.

    Attributes:
        member: Its id.
        name: As it calls itself.
    """

    member: str
    name: str
    at: str


class Closing(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """It is over.

    Attributes:
        lessons: What is done so that it does not happen again.
    """

    at: str
    by: str
    lessons: str


class Incident(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Something went wrong with security; where personal data is concerned it is a data breach.

    Attributes:
        id: `urn:ngsi-ld:SecurityIncident:<city>:<key>`.
        title: What happened, in a line.
        description: The same at length; nobody's data.
        personal: Whether it is a data breach: the clock of 72 hours runs.
        drill: Whether it was only practised.
        known_at: DateTime text: when it became known here, which starts the clock.
        reported_by: The actor.
        reported_at: DateTime text.
        people: About how many people the data is about.
        risk: What it may do to them.
        notes: In their order.
        notice: Once the supervisory authority was notified.
        told: Once the people were told.
        shared: With which members of the league.
        closing: Once it is over.
    """

    id: str
    title: str
    description: str
    personal: bool = False
    drill: bool = False
    known_at: str
    reported_by: str
    reported_at: str
    people: int | None = None
    risk: Risk = Risk.UNKNOWN
    notes: tuple[Note, ...] = ()
    notice: Notice | None = None
    told: Telling | None = None
    shared: tuple[SharedWith, ...] = ()
    closing: Closing | None = None


class HeardIncident(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a member of the league told of an incident there.

    Attributes:
        id: `<member>#<id there>`.
        member: Its id.
        name: As it calls itself.
        title: What happened.
        text: What others should know, and do.
        drill: Whether it was only practised.
        at: DateTime text: when it was heard.
    """

    id: str
    member: str
    name: str
    title: str
    text: str
    drill: bool = False
    at: str
