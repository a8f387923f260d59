"""What residents ask for, as the GDPR lets them (art. 15 to 21), and who decides for a child."""

from enum import Enum

import msgspec

__all__ = [
    "Extension",
    "Guardianship",
    "RequestAnswer",
    "RequestOutcome",
    "RightKind",
    "RightsRequest",
]


class RightKind(Enum):
    """Which right is used."""

    #: GDPR art. 15.
    ACCESS = "access"
    #: GDPR art. 16.
    RECTIFICATION = "rectification"
    #: GDPR art. 17.
    ERASURE = "erasure"
    #: GDPR art. 20.
    PORTABILITY = "portability"
    #: GDPR art. 21; also what anybody has against a sensor in public space.
    OBJECTION = "objection"


class RequestOutcome(Enum):
    """What became of a request."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    #: Taken back by whoever asked.
    WITHDRAWN = "withdrawn"


class Extension(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The clock was given two more months, and why (GDPR 12.3)."""

    by: str
    at: str
    reason: str


class RequestAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The end of a request.

    Attributes:
        outcome: What was decided.
        by: The actor.
        at: DateTime text.
        text: What whoever asked reads; the reasons, where something is refused (GDPR 12.4).
        entities: How many entities were erased or emptied.
        evolutions: How many histories were.
    """

    outcome: RequestOutcome
    by: str
    at: str
    text: str = ""
    entities: int = 0
    evolutions: int = 0


class RightsRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Somebody uses a right.

    Attributes:
        id: `urn:ngsi-ld:RightsRequest:<city>:<key>`. The key cannot be guessed: whoever has it may
            read the request and its answer, so that an objection needs no account and no address.
        kind: The right.
        tenant: Where the data is.
        subject: What the data calls the data subject; "" for who objects without an account.
        asked_by: The actor: the data subject, the parent of a child, or "anonymous".
        text: What is asked, in people's own words.
        dataset: Id of the dataset that it is about; `None`: all.
        entity: Id of the entity that it is about: a sensor, above all.
        language: Of the text.
        received_at: DateTime text: the clock starts.
        extension: Where the clock was given more time.
        answer: Where it was answered.
    """

    id: str
    kind: RightKind
    tenant: str = ""
    subject: str = ""
    asked_by: str
    text: str = ""
    dataset: str | None = None
    entity: str | None = None
    language: str = ""
    received_at: str
    extension: Extension | None = None
    answer: RequestAnswer | None = None


class Guardianship(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A parent decides for a child, until the child may itself (GDPR art. 8).

    Attributes:
        id: `urn:ngsi-ld:Guardianship:<city>:<key>`.
        parent: What the data calls the parent, or whoever else has parental responsibility.
        child: What the data calls the child.
        until: Date text: the day on which the child decides itself (16 years in the Netherlands,
            14 in Korea): from then on this says nothing any more.
        confirmed_by: The actor who saw the proof.
        confirmed_at: DateTime text.
        ended_at: DateTime text, where it ended early.
    """

    id: str
    parent: str
    child: str
    until: str
    confirmed_by: str
    confirmed_at: str
    ended_at: str | None = None
