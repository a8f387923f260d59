"""What cities need: demands, demands bundled, and questions for research."""

from datetime import date
from typing import Annotated, Final

from hanze.collaboration.records.record import (
    Code,
    Label,
    Money,
    Place,
    Quantity,
    Record,
    Refers,
    Share,
    Structure,
    Trl,
    Web,
)

__all__ = [
    "BUNDLE_STATUSES",
    "DEMAND_STATUSES",
    "MEMBERSHIP_DECISIONS",
    "OPENNESS",
    "PROCUREMENT_CATEGORIES",
    "PROCUREMENT_METHODS",
    "QUESTION_STATUSES",
    "TENDER_STATUSES",
    "Competition",
    "Demand",
    "DemandBundle",
    "Membership",
    "ResearchQuestion",
    "Tender",
]

DEMAND_STATUSES: Final = (
    "draft",
    "open",
    "bundled",
    "tendering",
    "awarded",
    "fulfilled",
    "withdrawn",
)
BUNDLE_STATUSES: Final = ("proposed", "forming", "tendering", "awarded", "closed", "dissolved")
MEMBERSHIP_DECISIONS: Final = ("invited", "joined", "declined", "left")
QUESTION_STATUSES: Final = ("open", "matched", "answered", "withdrawn")
OPENNESS: Final = ("open", "closed", "either")
#: Code list `method` of the Open Contracting Data Standard.
PROCUREMENT_METHODS: Final = ("open", "selective", "limited", "direct")
#: Code list `procurementCategory` of the Open Contracting Data Standard.
PROCUREMENT_CATEGORIES: Final = ("goods", "works", "services")
#: Code list `tenderStatus` of the Open Contracting Data Standard.
TENDER_STATUSES: Final = (
    "planning",
    "planned",
    "active",
    "cancelled",
    "unsuccessful",
    "complete",
    "withdrawn",
)

_Theme = Annotated[str, Refers.to("Theme")]


class Competition(Structure, frozen=True, kw_only=True):
    """A challenge competition: who solves it best."""

    opens: date
    closes: date
    prize: Money | None = None
    rules: Label = {}
    url: Web | None = None


class Tender(Structure, frozen=True, kw_only=True):
    """A tender in the words of the Open Contracting Data Standard.

    Attributes:
        ocid: Identifier of the contracting process.
        status: One of `TENDER_STATUSES`.
        procurement_method: One of `PROCUREMENT_METHODS`.
        main_procurement_category: One of `PROCUREMENT_CATEGORIES`.
        value: Estimated.
        starts: First day of the tender period.
        ends: Last day of the tender period.
        url: Where it is published.
    """

    ocid: str | None = None
    status: Annotated[str, Code(TENDER_STATUSES)] = "planning"
    procurement_method: Annotated[str, Code(PROCUREMENT_METHODS)] | None = None
    main_procurement_category: Annotated[str, Code(PROCUREMENT_CATEGORIES)] | None = None
    value: Money | None = None
    starts: date | None = None
    ends: date | None = None
    url: Web | None = None


class Demand(Record, frozen=True, kw_only=True):
    """A challenge: a problem for which a city seeks a solution.

    Attributes:
        problem: What is wrong, for whom, by language.
        status: One of `DEMAND_STATUSES`.
        volume: How much of it is needed.
        budget: What may be spent.
        deadline: Until when answers are welcome.
        wanted_from: First day on which it is needed.
        wanted_until: Last day of the period.
        launching_customer: Whether the city will be the first to buy.
        launching_offer: What the first one gets, by language.
        standards: Asked for.
        openness: One of `OPENNESS`.
        trl_minimum: The least maturity that will do.
        languages: In which suppliers must be able to work, BCP 47.
        countries: Where suppliers may come from; empty means anywhere.
        residents_groups: Whom it is about: "older residents".
        requirements: What a solution cannot do without.
        personal_data: Whether a solution may use personal data.
        district: The part of the city.
        share_of_lead: What part of the work the city would lead.
        tender: Where it has become one.
        competition: Where it is put out as one.
        bundle: In which it takes part.
        buyers: Who buys, where that is not only the source city: several buy jointly.
        website: Address.
    """

    problem: Label
    status: Annotated[str, Code(DEMAND_STATUSES)] = "open"
    volume: Quantity | None = None
    budget: Money | None = None
    deadline: date | None = None
    wanted_from: date | None = None
    wanted_until: date | None = None
    launching_customer: bool | None = None
    launching_offer: Label = {}
    standards: tuple[Annotated[str, Refers.to("Standard")], ...] = ()
    openness: Annotated[str, Code(OPENNESS)] | None = None
    trl_minimum: Trl | None = None
    languages: tuple[str, ...] = ()
    countries: tuple[Annotated[str, Refers.to("Country")], ...] = ()
    residents_groups: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    personal_data: bool | None = None
    district: Annotated[str, Refers.to("District")] | None = None
    share_of_lead: Share | None = None
    tender: Tender | None = None
    competition: Competition | None = None
    bundle: Annotated[str, Refers.to("DemandBundle")] | None = None
    buyers: tuple[
        Annotated[str, Refers.to("Organization", "Municipality", "Region", "Country")], ...
    ] = ()
    website: Web | None = None


class Membership(Structure, frozen=True, kw_only=True):
    """A city's own decision about a bundle.

    Attributes:
        city: Id of the municipality.
        decision: One of `MEMBERSHIP_DECISIONS`.
        on: The day of the decision.
        volume: What it brings in.
        note: Why, or on which condition.
    """

    city: str
    decision: Annotated[str, Code(MEMBERSHIP_DECISIONS)]
    on: date
    volume: Quantity | None = None
    note: str = ""


class DemandBundle(Record, frozen=True, kw_only=True):
    """Demands of two or more cities that are put out together.

    Attributes:
        demands: That it bundles.
        members: Cities that joined.
        memberships: Every city's latest decision.
        lead: The city that leads; decided by the members.
        volume: Of the members together.
        budget: Of the members together.
        wanted_from: First day of the common period.
        wanted_until: Last day of the common period.
        standards: All ask for.
        status: One of `BUNDLE_STATUSES`.
        tender: In OCDS terms.
        reasons: Why these fit together, by language.
    """

    demands: tuple[Annotated[str, Refers.to("Demand")], ...]
    members: tuple[Place, ...] = ()
    memberships: tuple[Membership, ...] = ()
    lead: Place | None = None
    volume: Quantity | None = None
    budget: Money | None = None
    wanted_from: date | None = None
    wanted_until: date | None = None
    standards: tuple[Annotated[str, Refers.to("Standard")], ...] = ()
    status: Annotated[str, Code(BUNDLE_STATUSES)] = "proposed"
    tender: Tender | None = None
    reasons: Label = {}


class ResearchQuestion(Record, frozen=True, kw_only=True):
    """A question that a city puts to research.

    Attributes:
        question: By language.
        status: One of `QUESTION_STATUSES`.
        disciplines: That could answer it.
        researchers: Who took it up.
        projects: That it arose from.
        deadline: When an answer is needed.
        budget: For the research.
        answer: What came of it, by language.
    """

    question: Label
    status: Annotated[str, Code(QUESTION_STATUSES)] = "open"
    disciplines: tuple[str, ...] = ()
    researchers: tuple[Annotated[str, Refers.to("Organization")], ...] = ()
    projects: tuple[Annotated[str, Refers.to("Project")], ...] = ()
    deadline: date | None = None
    budget: Money | None = None
    answer: Label = {}
