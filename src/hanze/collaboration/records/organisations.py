"""Companies, universities, ministries, and the people to ask."""

from datetime import date
from typing import Annotated, Final

from hanze.collaboration.records.places import Budget
from hanze.collaboration.records.record import Code, Label, Record, Refers, Web

__all__ = ["ORGANISATION_KINDS", "Contact", "Organization"]

ORGANISATION_KINDS: Final = (
    "company",
    "university",
    "agency",
    "ministry",
    "network",
    "residents",
    "bank",
    "other",
)


class Organization(Record, frozen=True, kw_only=True):
    """An organisation that is no place: company, university, agency, ministry.

    Attributes:
        kind: One of `ORGANISATION_KINDS`.
        country: Where it is at home.
        municipality: Where it has its seat.
        registration: Number in a register, with its scheme: "NL-KVK-12345678".
        employees: About how many.
        offers: What it can do, by language.
        seeks: What it looks for: partners, test places.
        markets: Countries in which it works or wants to.
        disciplines: Of a university: what its researchers know.
        budgets: Of a ministry: what it sets aside for smart cities.
        website: Address.
    """

    kind: Annotated[str, Code(ORGANISATION_KINDS)]
    country: Annotated[str, Refers.to("Country")] | None = None
    municipality: Annotated[str, Refers.to("Municipality")] | None = None
    registration: str | None = None
    employees: int | None = None
    offers: Label = {}
    seeks: Label = {}
    markets: tuple[Annotated[str, Refers.to("Country")], ...] = ()
    disciplines: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
    website: Web | None = None


class Contact(Record, frozen=True, kw_only=True):
    """Whom to ask: a desk, or a person who agreed to be named.

    Attributes:
        organization: For whom they work: an organisation or a place.
        role: By language.
        email: Address; of a person only with `consent_on`.
        telephone: Number; of a person only with `consent_on`.
        languages: They speak, BCP 47.
        person: Whether it is a person; a desk is not.
        consent_on: When the person agreed to be shown.
    """

    organization: (
        Annotated[str, Refers.to("Organization", "Municipality", "Region", "Country")] | None
    ) = None
    role: Label = {}
    email: str | None = None
    telephone: str | None = None
    languages: tuple[str, ...] = ()
    person: bool = False
    consent_on: date | None = None
