"""What there is: solutions, standards, practices that work, platforms, and money."""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.records.needs import OPENNESS
from hanze.collaboration.records.organisations import ORGANISATION_KINDS
from hanze.collaboration.records.record import (
    Code,
    Label,
    Money,
    Place,
    Record,
    Refers,
    Share,
    Structure,
    Trl,
    Web,
)

__all__ = [
    "PRICE_MODELS",
    "SOLUTION_STATUSES",
    "BestPractice",
    "Platform",
    "PlatformPart",
    "Solution",
    "Standard",
    "Subsidy",
]

PRICE_MODELS: Final = ("free", "once", "subscription", "per-use", "result", "quote")
SOLUTION_STATUSES: Final = ("available", "in-development", "withdrawn")

_Organization = Annotated[str, Refers.to("Organization", "Municipality", "Region")]
_Standard = Annotated[str, Refers.to("Standard")]
_Country = Annotated[str, Refers.to("Country")]
_Project = Annotated[str, Refers.to("Project")]


class Solution(Record, frozen=True, kw_only=True):
    """Something that solves a problem, from a company, a university or a city.

    Attributes:
        what_it_does: By language.
        status: One of `SOLUTION_STATUSES`.
        providers: Who offers it.
        trl: Technology readiness level.
        standards: It works with.
        openness: "open" or "closed".
        open_source: Whether its source is open.
        building_blocks: Parts that can be exchanged one by one.
        price_model: One of `PRICE_MODELS`.
        price: From.
        proven_in: Projects that used it.
        languages: In which it and its makers work, BCP 47.
        countries: Where it is offered; empty means anywhere.
        residents_groups: Whom it serves.
        meets: Requirements that it meets, in the words of demands.
        needs_infrastructure: What must be there: "district heating".
        personal_data: Whether it uses personal data.
        website: Address.
    """

    what_it_does: Label
    status: Annotated[str, Code(SOLUTION_STATUSES)] = "available"
    providers: tuple[_Organization, ...] = ()
    trl: Trl | None = None
    standards: tuple[_Standard, ...] = ()
    openness: Annotated[str, Code(OPENNESS[:2])] | None = None
    open_source: bool | None = None
    building_blocks: tuple[str, ...] = ()
    price_model: Annotated[str, Code(PRICE_MODELS)] | None = None
    price: Money | None = None
    proven_in: tuple[_Project, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[_Country, ...] = ()
    residents_groups: tuple[str, ...] = ()
    meets: tuple[str, ...] = ()
    needs_infrastructure: tuple[str, ...] = ()
    personal_data: bool | None = None
    website: Web | None = None


class Standard(Record, frozen=True, kw_only=True):
    """A standard that demands ask for and solutions keep to.

    Attributes:
        identifier: As its publisher writes it: "ETSI GS CIM 009".
        standards_body: Publisher.
        open_standard: Whether everyone may use it.
        mandatory_in: Countries whose governments must use it ("comply or explain").
        website: Address.
    """

    identifier: str
    standards_body: str | None = None
    open_standard: bool | None = None
    mandatory_in: tuple[_Country, ...] = ()
    website: Web | None = None


class BestPractice(Record, frozen=True, kw_only=True):
    """A way of working that proved itself.

    Attributes:
        practice: What to do, by language.
        conditions: When it works, by language.
        proven_in: Projects that show it.
        pitfalls: What to avoid, by language.
    """

    practice: Label
    conditions: Label = {}
    proven_in: tuple[_Project, ...] = ()
    pitfalls: Label = {}


class PlatformPart(Structure, frozen=True, kw_only=True):
    """A part of a platform that others might use again."""

    name: str
    reusable: bool = False
    open_source: bool = False
    url: Web | None = None
    standards: tuple[str, ...] = ()


class Platform(Record, frozen=True, kw_only=True):
    """Which city runs which urban platform.

    Attributes:
        operators: Who runs it.
        product: What it is built on.
        parts: It is made of.
        standards: It speaks.
        test_environment: Where others may try it.
        in_use_since: Day.
        website: Address.
    """

    operators: tuple[_Organization, ...]
    product: str | None = None
    parts: tuple[PlatformPart, ...] = ()
    standards: tuple[_Standard, ...] = ()
    test_environment: Web | None = None
    in_use_since: date | None = None
    website: Web | None = None


class Subsidy(Record, frozen=True, kw_only=True):
    """A call for projects, with its conditions.

    Attributes:
        funder: Who pays.
        opens: First day.
        closes: Last day.
        budget: In all.
        most_per_project: At most.
        co_financing: The share that applicants pay themselves.
        trl_minimum: Of the project at the start.
        trl_maximum: Of the project at the start.
        cities_minimum: How many cities must take part.
        countries_minimum: How many countries must take part.
        partners_minimum: How many partners in all.
        partner_kinds: Kinds of organisations that must be among them.
        countries: Of which a partner must be; empty means anywhere.
        regions: Of which a partner must be; empty means anywhere.
        new_standard: Whether it must lead to a standard.
        website: Address.
    """

    funder: Annotated[str, Refers.to("Organization", "Country", "Region")] | None = None
    opens: date | None = None
    closes: date | None = None
    budget: Money | None = None
    most_per_project: Money | None = None
    co_financing: Share | None = None
    trl_minimum: Trl | None = None
    trl_maximum: Trl | None = None
    cities_minimum: Annotated[int, Meta(ge=0)] | None = None
    countries_minimum: Annotated[int, Meta(ge=0)] | None = None
    partners_minimum: Annotated[int, Meta(ge=0)] | None = None
    partner_kinds: tuple[Annotated[str, Code(ORGANISATION_KINDS)], ...] = ()
    countries: tuple[_Country, ...] = ()
    regions: tuple[Place, ...] = ()
    new_standard: bool | None = None
    website: Web | None = None
