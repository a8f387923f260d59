"""Missions: who travels where and why, with what money, and what became of it.

Times of a programme are those of the clock at the place, with the name of its zone: what clocks
will show in another year is for the zone's government to say, and an offset would fix it today.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.records.cooperation import Digest, Document
from hanze.collaboration.records.record import (
    Code,
    Label,
    Marks,
    Money,
    Place,
    Record,
    Refers,
    Structure,
    Web,
)

__all__ = [
    "COST_PARTS",
    "EVENT_KINDS",
    "FOLLOW_UP_KINDS",
    "FOLLOW_UP_STATUSES",
    "MISSION_DIRECTIONS",
    "MISSION_STATUSES",
    "PERMISSION_STATUSES",
    "PROGRAMME_KINDS",
    "REPORT_SECTIONS",
    "REPORT_STATUSES",
    "VOUCHER_STATUSES",
    "BudgetLine",
    "Cost",
    "DayRate",
    "Delegate",
    "Event",
    "FollowUp",
    "LocalTime",
    "Mission",
    "MissionReport",
    "ProgrammeItem",
    "ReportSection",
    "TravelPermission",
    "Update",
    "Voucher",
    "VoucherScheme",
]

MISSION_DIRECTIONS: Final = ("outgoing", "incoming")
MISSION_STATUSES: Final = ("planned", "confirmed", "completed", "cancelled")
EVENT_KINDS: Final = ("fair", "conference", "workshop", "matchmaking-day", "ceremony", "other")
PROGRAMME_KINDS: Final = (
    *("visit", "meeting", "event", "meal", "presentation", "signing", "travel", "free"),
)
#: Whose costs are told apart: those of elected officials, of staff, and others.
COST_PARTS: Final = ("officials", "staff", "other")
PERMISSION_STATUSES: Final = ("requested", "approved", "closed")
FOLLOW_UP_KINDS: Final = ("result", "follow-up")
#: Late is what is open after its day.
FOLLOW_UP_STATUSES: Final = ("open", "done", "dropped")
REPORT_STATUSES: Final = ("draft", "published")
REPORT_SECTIONS: Final = (
    *("goal", "participants", "programme", "visits", "results", "follow-ups", "costs"),
    "conclusion",
)
VOUCHER_STATUSES: Final = ("requested", "given", "used", "returned", "refused")

_Party = Annotated[str, Refers.to("Municipality", "Region", "Country", "Organization")]
_Country = Annotated[str, Refers.to("Country")]
_Contact = Annotated[str, Refers.to("Contact")]
#: Who is visited or met, and where.
_Host = Annotated[
    str, Refers.to("Municipality", "Region", "Country", "Organization", "LivingLab", "Project")
]
#: What the clock shows at a place: "2025-03-06T10:00".
LocalTime = Annotated[
    str,
    Marks("time"),
    Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?!\s)$"),
]


class Delegate(Structure, frozen=True, kw_only=True):
    """Who takes part: one person or several alike; named only through a contact.

    Attributes:
        role: In which office, by language.
        organization: Id of whom they are from.
        contact: Id of the contact; a person is named by their own word only.
        part: Whose costs theirs are, one of `COST_PARTS`.
        people: How many.
        leads: Whether they lead the delegation.
        languages: They speak, BCP 47.
    """

    role: Label
    organization: _Party | None = None
    contact: _Contact | None = None
    part: Annotated[str, Code(COST_PARTS)] = "other"
    people: Annotated[int, Meta(ge=1)] = 1
    leads: bool = False
    languages: tuple[str, ...] = ()


class ProgrammeItem(Structure, frozen=True, kw_only=True):
    """A part of a programme.

    Attributes:
        key: Names it within the mission, for as long as it is there.
        kind: One of `PROGRAMME_KINDS`.
        title: By language.
        starts: `LocalTime` at the place; the day alone ("2025-03-06") where no more is known, `None`
            where not even that is: it then stands after what has a day.
        ends: `LocalTime`.
        timezone: IANA name; that of the mission where it is absent.
        place: By language.
        hosts: Ids of whom is visited or met.
        note: Before it: what it is for, by language.
        outcome: After it: what came of it, by language.
        proposed: Whether it is a proposal that nobody confirmed yet.
    """

    key: str
    kind: Annotated[str, Code(PROGRAMME_KINDS)]
    title: Label
    starts: str | None = None
    ends: LocalTime | None = None
    timezone: str | None = None
    place: Label = {}
    hosts: tuple[_Host, ...] = ()
    note: Label = {}
    outcome: Label = {}
    proposed: bool = False


class Mission(Record, frozen=True, kw_only=True):
    """A delegation that goes abroad, or comes from there.

    Attributes:
        direction: One of `MISSION_DIRECTIONS`, as `organiser` sees it.
        organiser: Who sends or receives it.
        country: Where it goes to, or comes from.
        places: That it visits, or comes from.
        goal: By language.
        status: One of `MISSION_STATUSES`.
        starts: First day, at the place.
        ends: Last day.
        days_known: Else only the months are known of which `starts` is the first day and `ends` the last.
        timezone: IANA name of the zone of the place that is visited.
        home_timezone: IANA name of the zone that the delegation is from.
        delegates: Who takes part.
        programme: In order of time.
        events: Fairs and the like that it goes to.
        accord: Under which it travels.
        cooperation: That it is part of.
        counterpart: The other side's record of the same mission.
        open_to_others: Whether other cities may join.
        register_before: Last day for them.
        places_left: How many more can join.
    """

    direction: Annotated[str, Code(MISSION_DIRECTIONS)]
    organiser: _Party
    country: _Country
    places: tuple[Place, ...] = ()
    goal: Label = {}
    status: Annotated[str, Code(MISSION_STATUSES)] = "planned"
    starts: date
    ends: date
    days_known: bool = True
    timezone: str
    home_timezone: str
    delegates: tuple[Delegate, ...] = ()
    programme: tuple[ProgrammeItem, ...] = ()
    events: tuple[Annotated[str, Refers.to("Event")], ...] = ()
    accord: Annotated[str, Refers.to("Accord")] | None = None
    cooperation: Annotated[str, Refers.to("Cooperation")] | None = None
    counterpart: Annotated[str, Refers.to("Mission")] | None = None
    open_to_others: bool = False
    register_before: date | None = None
    places_left: Annotated[int, Meta(ge=0)] | None = None


class Event(Record, frozen=True, kw_only=True):
    """A fair, conference or other occasion that missions may go to.

    Attributes:
        kind: One of `EVENT_KINDS`.
        starts: First day, at the place.
        ends: Last day.
        timezone: IANA name.
        country: Where it is.
        municipality: Where it is.
        venue: By language.
        organiser: Who holds it.
        website: Address.
    """

    kind: Annotated[str, Code(EVENT_KINDS)]
    starts: date
    ends: date
    timezone: str | None = None
    country: _Country | None = None
    municipality: Annotated[str, Refers.to("Municipality")] | None = None
    venue: Label = {}
    organiser: _Party | None = None
    website: Web | None = None


class Update(Structure, frozen=True, kw_only=True):
    """What was told of something on a day."""

    on: date
    text: Label


class FollowUp(Record, frozen=True, kw_only=True):
    """A result of a mission, or what is to follow from it: tracked until it is known what became of it.

    Attributes:
        kind: One of `FOLLOW_UP_KINDS`.
        mission: Where it arose.
        accord: That it is about.
        group: The working group that sees to it.
        on: The day on which it was reached or agreed.
        due: Last day.
        owner: Who sees to it.
        status: One of `FOLLOW_UP_STATUSES`.
        done_on: When it was done or dropped.
        became: Records that came of it.
        updates: What was told of it since, in order.
    """

    kind: Annotated[str, Code(FOLLOW_UP_KINDS)]
    mission: Annotated[str, Refers.to("Mission")] | None = None
    accord: Annotated[str, Refers.to("Accord")] | None = None
    group: Annotated[str, Refers.to("WorkingGroup")] | None = None
    on: date
    due: date | None = None
    owner: _Party | None = None
    status: Annotated[str, Code(FOLLOW_UP_STATUSES)] = "open"
    done_on: date | None = None
    became: tuple[
        Annotated[
            str,
            Refers.to(
                *("Project", "Accord", "Mission", "Event", "Replication", "DemandBundle"),
                *("WorkingGroup", "PilotRecord", "BestPractice", "Match", "ResearchQuestion"),
            ),
        ],
        ...,
    ] = ()
    updates: tuple[Update, ...] = ()


class BudgetLine(Structure, frozen=True, kw_only=True):
    """What may be spent on a part.

    Attributes:
        part: One of `COST_PARTS`.
        amount: In the currency of the permission.
        people: For how many.
        number: File number of the part, where it has its own.
    """

    part: Annotated[str, Code(COST_PARTS)]
    amount: Decimal
    people: Annotated[int, Meta(ge=0)] | None = None
    number: str | None = None


class DayRate(Structure, frozen=True, kw_only=True):
    """The rate of a currency on a day, as somebody looked it up.

    Attributes:
        currency: ISO 4217; one unit of it ...
        rate: ... is worth so much in the currency of the permission; more than 0.
        on: The day.
        source: Who published it.
    """

    currency: str
    rate: Decimal
    on: date
    source: str = ""


class Cost(Structure, frozen=True, kw_only=True):
    """What was spent.

    Attributes:
        part: One of `COST_PARTS`.
        amount: As it was paid.
        currency: ISO 4217; another than that of the permission needs a rate of that day.
        on: The day.
        description: By language.
        receipt: Number of the receipt.
        receipt_document: SHA-256 of its file.
    """

    part: Annotated[str, Code(COST_PARTS)]
    amount: Decimal
    currency: str
    on: date | None = None
    description: Label = {}
    receipt: str | None = None
    receipt_document: Digest | None = None


class TravelPermission(Record, frozen=True, kw_only=True):
    """Leave to travel, with its budget and what it cost in the end.

    Attributes:
        mission: For which.
        number: File numbers: "C2350630/6066843".
        status: One of `PERMISSION_STATUSES`.
        approved_on: The day.
        approved_by: Which office, by language.
        currency: ISO 4217, of the budget.
        budget: By part.
        costs: Actual ones.
        rates: Of other currencies.
    """

    mission: Annotated[str, Refers.to("Mission")]
    number: str
    status: Annotated[str, Code(PERMISSION_STATUSES)] = "requested"
    approved_on: date | None = None
    approved_by: Label = {}
    currency: str = "EUR"
    budget: tuple[BudgetLine, ...] = ()
    costs: tuple[Cost, ...] = ()
    rates: tuple[DayRate, ...] = ()


class ReportSection(Structure, frozen=True, kw_only=True):
    """What a person wrote for a section of a report.

    Attributes:
        key: One of `REPORT_SECTIONS`.
        text: By language; paragraphs are parted by empty lines. It stands before what the records say.
    """

    key: Annotated[str, Code(REPORT_SECTIONS)]
    text: Label


class MissionReport(Record, frozen=True, kw_only=True):
    """The report of a mission: what people wrote; all else comes from the records.

    Attributes:
        mission: That it reports.
        status: One of `REPORT_STATUSES`.
        published_on: The day.
        author: Who reports.
        sections: Where a person wrote something.
        documents: That belong to it.
    """

    mission: Annotated[str, Refers.to("Mission")]
    status: Annotated[str, Code(REPORT_STATUSES)] = "draft"
    published_on: date | None = None
    author: _Party | None = None
    sections: tuple[ReportSection, ...] = ()
    documents: tuple[Document, ...] = ()


class Voucher(Structure, frozen=True, kw_only=True):
    """A voucher that somebody asked for or got.

    Attributes:
        number: Names it within the scheme.
        to: Id of who gets it.
        mission: Id of the mission that it is for.
        amount: In the currency of the scheme.
        status: One of `VOUCHER_STATUSES`.
        on: When it got this status.
    """

    number: str
    to: _Party
    mission: Annotated[str, Refers.to("Mission")] | None = None
    amount: Decimal
    status: Annotated[str, Code(VOUCHER_STATUSES)]
    on: date


class VoucherScheme(Record, frozen=True, kw_only=True):
    """Vouchers with which cities and companies join missions.

    Attributes:
        giver: Who may give them.
        conditions: By language.
        budget: All that may be given.
        most: Of one voucher.
        opens: First day on which one may ask.
        closes: Last day.
        countries: For missions to which; empty means anywhere.
        vouchers: Asked for and given.
    """

    giver: _Party
    conditions: Label = {}
    budget: Money
    most: Money | None = None
    opens: date | None = None
    closes: date | None = None
    countries: tuple[_Country, ...] = ()
    vouchers: tuple[Voucher, ...] = ()
