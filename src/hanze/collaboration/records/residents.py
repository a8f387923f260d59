"""What residents bring in, and what people say about a record."""

from datetime import date
from typing import Annotated, Final

from hanze.collaboration.records.record import Code, Label, Place, Record, Refers, Structure

__all__ = [
    "AGE_GROUPS",
    "CHANNELS",
    "COMMENT_KINDS",
    "CONTRIBUTION_KINDS",
    "CONTRIBUTION_STATUSES",
    "CONTRIBUTOR_KINDS",
    "Comment",
    "Contribution",
    "Measured",
]

CONTRIBUTION_KINDS: Final = ("idea", "measurement", "sensor", "application")
CONTRIBUTION_STATUSES: Final = (
    "received",
    "considered",
    "adopted",
    "merged",
    "declined",
    "realised",
    "withdrawn",
)
#: Commuters, students and visitors make the city as well.
CONTRIBUTOR_KINDS: Final = ("resident", "commuter", "student", "visitor", "entrepreneur", "group")
CHANNELS: Final = ("web", "counter", "telephone", "paper", "event")
AGE_GROUPS: Final = ("child", "young", "adult", "older", "unknown")
COMMENT_KINDS: Final = ("buddy", "lesson", "question", "answer", "update")


class Measured(Structure, frozen=True, kw_only=True):
    """What a resident measured."""

    what: str
    value: float
    unit: str
    on: date | None = None


class Contribution(Record, frozen=True, kw_only=True):
    """A resident's idea or measurement, with what became of it; `title` and `description` hold it.

    Attributes:
        kind: One of `CONTRIBUTION_KINDS`.
        status: One of `CONTRIBUTION_STATUSES`.
        contributor_kind: One of `CONTRIBUTOR_KINDS`.
        age_group: One of `AGE_GROUPS`; a child's needs `parental_consent_on`.
        parental_consent_on: When a parent or guardian agreed.
        channel: How it came in, one of `CHANNELS`.
        entered_by: The clerk who entered it on someone's behalf.
        received_on: Day.
        district: About which part of the city.
        measured: What was measured.
        sensor: The entity of the sensor that they added.
        outcome: What became of it, by language.
        outcome_on: Day.
        became: The record that it became or went into.
        supporters: How many others support it.
    """

    kind: Annotated[str, Code(CONTRIBUTION_KINDS)] = "idea"
    status: Annotated[str, Code(CONTRIBUTION_STATUSES)] = "received"
    contributor_kind: Annotated[str, Code(CONTRIBUTOR_KINDS)] = "resident"
    age_group: Annotated[str, Code(AGE_GROUPS)] = "unknown"
    parental_consent_on: date | None = None
    channel: Annotated[str, Code(CHANNELS)] = "web"
    entered_by: str | None = None
    received_on: date | None = None
    district: Annotated[str, Refers.to("District")] | None = None
    measured: tuple[Measured, ...] = ()
    sensor: str | None = None
    outcome: Label = {}
    outcome_on: date | None = None
    became: Annotated[str, Refers.to("Project", "Demand", "Contribution", "Replication")] | None = (
        None
    )
    supporters: int | None = None


class Comment(Record, frozen=True, kw_only=True):
    """What a city or person says about a record: a buddy about a live tender, for one.

    Attributes:
        about: The record.
        text: By language.
        kind: One of `COMMENT_KINDS`.
        city: On whose behalf.
        by: Name or role.
        said_on: Day.
    """

    about: Annotated[
        str,
        Refers.to(
            *("Demand", "DemandBundle", "Project", "Solution", "Replication", "Contribution"),
            *("Theme", "District"),
        ),
    ]
    text: Label
    kind: Annotated[str, Code(COMMENT_KINDS)] = "buddy"
    city: Place | None = None
    by: str | None = None
    said_on: date | None = None
