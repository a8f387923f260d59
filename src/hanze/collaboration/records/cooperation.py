"""Cooperation of cities and regions across borders: its steps, what they agree on, who does what.

Each side keeps records of its own, on its own node; they name those of the other side. What both
must say, as the signatures of an accord, is therefore a record of each.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.records.record import (
    Code,
    Label,
    Place,
    Record,
    Refers,
    Structure,
    Web,
)

__all__ = [
    "ACCORD_KINDS",
    "ACCORD_STATUSES",
    "COOPERATION_STATUSES",
    "MENTORSHIP_STATUSES",
    "MENTOR_ROLES",
    "STEPS",
    "Accord",
    "AccordSignature",
    "Cooperation",
    "CooperationStep",
    "CountryLead",
    "Document",
    "GroupMember",
    "GroupTask",
    "MentorProfile",
    "Mentorship",
    "Minutes",
    "WorkingGroup",
]

#: The five steps of the strategy, in order.
STEPS: Final = ("contacts", "challenges", "solutions", "agenda", "meetings")
COOPERATION_STATUSES: Final = ("proposed", "active", "dormant", "ended")
ACCORD_KINDS: Final = ("memorandum", "letter-of-intent", "contract")
#: Whether it is in force follows from its signatures and its days, and is no status.
ACCORD_STATUSES: Final = ("draft", "offered", "ended")
MENTOR_ROLES: Final = ("mentor", "student")
MENTORSHIP_STATUSES: Final = ("proposed", "active", "completed", "stopped")

_Party = Annotated[str, Refers.to("Municipality", "Region", "Country", "Organization")]
_Theme = Annotated[str, Refers.to("Theme")]
_Contact = Annotated[str, Refers.to("Contact")]
#: SHA-256 in lower-case hexadecimal digits.
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\s)$")]


class Document(Structure, frozen=True, kw_only=True):
    """A file that belongs to a record; its hash tells whether it is still the same.

    Attributes:
        title: By language.
        sha256: Of its bytes.
        media_type: "application/pdf".
        size: In bytes.
        url: Where it is, when another than this node keeps it.
    """

    title: Label
    sha256: Digest
    media_type: str = "application/pdf"
    size: Annotated[int, Meta(ge=0)] | None = None
    url: Web | None = None


class Cooperation(Record, frozen=True, kw_only=True):
    """One side's record of working together with a city, region or organisation abroad.

    Attributes:
        party: Whose record it is.
        partner: With whom.
        counterpart: The partner's own record of the same.
        status: One of `COOPERATION_STATUSES`.
        since: First contact.
        until: Last day, where it ended.
        goal: By language.
        interests: Themes that the partner is interested in, as this side knows.
        interest_notes: More of it, by language.
    """

    party: Place
    partner: _Party
    counterpart: Annotated[str, Refers.to("Cooperation")] | None = None
    status: Annotated[str, Code(COOPERATION_STATUSES)] = "proposed"
    since: date | None = None
    until: date | None = None
    goal: Label = {}
    interests: tuple[_Theme, ...] = ()
    interest_notes: Label = {}


class CooperationStep(Record, frozen=True, kw_only=True):
    """One side's record of a step of a cooperation; regular meetings are one step each.

    Attributes:
        cooperation: This side's own.
        step: One of `STEPS`.
        due: When it should be done.
        done_on: When this side did it.
        counterpart: The other side's record of the same step.
        contact: Of the first step: whom this side names.
        challenges: Of the second and of meetings: demands that this side lists.
        records: What it rests on or led to: matches, solutions, projects, follow-ups.
        progress: What was done or agreed, by language.
        documents: Agenda, project plan or minutes.
    """

    cooperation: Annotated[str, Refers.to("Cooperation")]
    step: Annotated[str, Code(STEPS)]
    due: date | None = None
    done_on: date | None = None
    counterpart: Annotated[str, Refers.to("CooperationStep")] | None = None
    contact: _Contact | None = None
    challenges: tuple[Annotated[str, Refers.to("Demand")], ...] = ()
    records: tuple[
        Annotated[
            str,
            Refers.to("Match", "Solution", "Project", "BestPractice", "Replication", "FollowUp"),
        ],
        ...,
    ] = ()
    progress: Label = {}
    documents: tuple[Document, ...] = ()


class Accord(Record, frozen=True, kw_only=True):
    """What cities, regions or organisations agree on with each other; `themes` are its topics.

    It is no agreement about data: those are policies (ODRL) and decide who reads what.

    Attributes:
        kind: One of `ACCORD_KINDS`.
        parties: Two or more; each signs on its own node (`AccordSignature`).
        terms: What they agree on, by language.
        valid_from: First day; the day of the last signature where it is absent.
        valid_until: Last day.
        status: One of `ACCORD_STATUSES`.
        concluded: When the parties signed it on paper, as far as it is known: "2024-10"; then it is in
            force without signatures on nodes.
        ended_on: Where it ended before its last day.
        documents: The text itself, translations, annexes.
        previous: The accord that this one replaces.
        cooperation: That it is part of.
    """

    kind: Annotated[str, Code(ACCORD_KINDS)]
    parties: tuple[_Party, ...]
    terms: Label = {}
    valid_from: date | None = None
    valid_until: date | None = None
    status: Annotated[str, Code(ACCORD_STATUSES)] = "draft"
    concluded: Annotated[str, Meta(pattern="^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")] | None = None
    ended_on: date | None = None
    documents: tuple[Document, ...] = ()
    previous: Annotated[str, Refers.to("Accord")] | None = None
    cooperation: Annotated[str, Refers.to("Cooperation")] | None = None


class AccordSignature(Record, frozen=True, kw_only=True):
    """One party's signature of an accord, a record of that party's own node.

    Attributes:
        accord: What it signs.
        party: For whom.
        digest: Of the accord as it was signed: parties, terms, days and documents.
        signed_on: The day.
        signatory: In which office, by language: "Commissioner of the King".
        withdrawn_on: Since when the party does not stand by it any more.
    """

    accord: Annotated[str, Refers.to("Accord")]
    party: _Party
    digest: Digest
    signed_on: date
    signatory: Label = {}
    withdrawn_on: date | None = None


class GroupMember(Structure, frozen=True, kw_only=True):
    """A member of a working group.

    Attributes:
        party: Id of whom they work for.
        role: By language.
        contact: Id of the contact; a person is named by their own word only.
    """

    party: _Party
    role: Label = {}
    contact: _Contact | None = None


class GroupTask(Structure, frozen=True, kw_only=True):
    """A task of a working group.

    Attributes:
        key: Names it within the group, for as long as it is there.
        title: By language.
        owner: Id of the party that does it.
        due: Last day.
        done_on: When it was done.
    """

    key: str
    title: Label
    owner: _Party | None = None
    due: date | None = None
    done_on: date | None = None


class Minutes(Structure, frozen=True, kw_only=True):
    """What a meeting of a working group said.

    Attributes:
        on: The day.
        text: By language.
        document: SHA-256 of the file, where there is one.
    """

    on: date
    text: Label = {}
    document: Digest | None = None


class WorkingGroup(Record, frozen=True, kw_only=True):
    """Who carries an accord out.

    Attributes:
        accord: That it follows from.
        members: Who takes part.
        tasks: Who does what until when.
        minutes: Of its meetings, in order.
        next_meeting: The day.
        ended_on: Where its work is done.
    """

    accord: Annotated[str, Refers.to("Accord")] | None = None
    members: tuple[GroupMember, ...] = ()
    tasks: tuple[GroupTask, ...] = ()
    minutes: tuple[Minutes, ...] = ()
    next_meeting: date | None = None
    ended_on: date | None = None


class CountryLead(Record, frozen=True, kw_only=True):
    """One lead on each side for a theme between two countries; orders follow by fair competition.

    Attributes:
        theme: That it is about.
        country: This side.
        lead: Who leads on this side.
        partner_country: The other side.
        partner_lead: Who leads there.
        since: First day.
        until: Last day.
        orders: How orders are given out afterwards, by language.
    """

    theme: _Theme
    country: Annotated[str, Refers.to("Country")]
    lead: _Party
    partner_country: Annotated[str, Refers.to("Country")]
    partner_lead: _Party | None = None
    since: date | None = None
    until: date | None = None
    orders: Label = {}


class MentorProfile(Record, frozen=True, kw_only=True):
    """Who would be a mentor or looks for one; `themes` say in what.

    Attributes:
        role: One of `MENTOR_ROLES`.
        contact: The person, by their own word only.
        organization: Where they work or study.
        country: Where they are.
        languages: They speak, BCP 47.
        capacity: How many they have time for.
        wishes: What they offer or look for, by language.
        until: Last day on which they are available.
    """

    role: Annotated[str, Code(MENTOR_ROLES)]
    contact: _Contact | None = None
    organization: _Party | None = None
    country: Annotated[str, Refers.to("Country")] | None = None
    languages: tuple[str, ...] = ()
    capacity: Annotated[int, Meta(ge=1, le=20)] = 1
    wishes: Label = {}
    until: date | None = None


class Mentorship(Record, frozen=True, kw_only=True):
    """A mentor and a student.

    Attributes:
        mentor: Their profile.
        student: Their profile.
        status: One of `MENTORSHIP_STATUSES`.
        since: First day.
        until: Last day.
        reasons: Why they fit, by language.
        outcome: What came of it, by language.
    """

    mentor: Annotated[str, Refers.to("MentorProfile")]
    student: Annotated[str, Refers.to("MentorProfile")]
    status: Annotated[str, Code(MENTORSHIP_STATUSES)] = "proposed"
    since: date | None = None
    until: date | None = None
    reasons: Label = {}
    outcome: Label = {}
