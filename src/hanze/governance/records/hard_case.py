"""Hard cases of the behaviour guidelines: public before they are decided."""

from enum import Enum

import msgspec

__all__ = ["Argument", "CaseKind", "HardCase", "Weighing"]


class CaseKind(Enum):
    """What makes a case hard."""

    #: People are led to behave otherwise: by light, by sound.
    NUDGING = "nudging"
    #: People are watched who cannot well look after themselves.
    VULNERABLE = "vulnerable"
    #: Sensors where children are.
    CHILDREN = "children"
    OTHER = "other"


class Weighing(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How a case was decided.

    Attributes:
        allowed: Whether it may be done.
        text: What was decided, under which conditions, and how the arguments were weighed.
        administrator: Name and office of who weighed them.
        council: The decision of the council: its number or date.
        url: Where that is published.
        by: The actor that wrote it down.
        at: DateTime text.
    """

    allowed: bool
    text: str
    administrator: str
    council: str
    url: str | None = None
    by: str
    at: str


class HardCase(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A question about what a city may do to people, put to everybody before it is decided.

    Attributes:
        id: `urn:ngsi-ld:HardCase:<city>:<key>`.
        kind: What makes it hard.
        title: By language ("nl", "en", "ko").
        question: What is to be decided, and why it is hard; by language.
        project: Id of the project that asks.
        open_until: Date text: until that day, and that day included, arguments are taken; it is
            decided after it.
        published_at: DateTime text.
        by: The actor that published it.
        weighing: Once it is decided.
    """

    id: str
    kind: CaseKind
    title: dict[str, str]
    question: dict[str, str]
    project: str | None = None
    open_until: str
    published_at: str
    by: str
    weighing: Weighing | None = None


class Argument(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What somebody says for or against.

    Attributes:
        id: `urn:ngsi-ld:Argument:<city>:<key>`.
        case: Id of the hard case.
        text: As it was said.
        stance: "for", "against" or "" for neither.
        name: As whoever says it wants to be called; "" for none.
        at: DateTime text.
        hidden: Why it is not shown any more; "" where it is.
        hidden_by: The actor that decided so.
    """

    id: str
    case: str
    text: str
    stance: str = ""
    name: str = ""
    at: str
    hidden: str = ""
    hidden_by: str = ""
