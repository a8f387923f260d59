"""Cities, regions and countries: whose records they are, and between whom is matched."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.records.record import (
    Code,
    Money,
    Quantity,
    Record,
    Refers,
    Share,
    Structure,
    Web,
)

__all__ = ["MATURITIES", "Budget", "Country", "Municipality", "Region", "Residents"]

#: How far a city is with smart-city work, from looking around to passing it on.
MATURITIES: Final = ("exploring", "starting", "doing", "scaling", "leading")

_Population = Annotated[int, Meta(ge=0)]


class Residents(Structure, frozen=True, kw_only=True):
    """Who lives there, as far as it is known.

    Attributes:
        under_18: Share of the residents.
        over_65: Share of the residents.
        median_income: Of a household, a year.
        higher_education: Share of the adults.
        languages: Most spoken first, BCP 47.
        year: The year that the figures are of.
        source: Where the figures are from.
    """

    under_18: Share | None = None
    over_65: Share | None = None
    median_income: Money | None = None
    higher_education: Share | None = None
    languages: tuple[str, ...] = ()
    year: int | None = None
    source: str | None = None


class Budget(Structure, frozen=True, kw_only=True):
    """What is set aside in a year."""

    year: int
    amount: Decimal
    currency: str
    purpose: str = ""
    source: str = ""


class _Area(Record, frozen=True, kw_only=True):
    """What places share; a population may be unknown.

    Attributes:
        population: How many people live there; absent where that is unknown.
        population_year: The year for which the population holds.
        area: Land, in square kilometres (unit "KMK").
        nuts_code: Of the European Union's regions.
        website: Address.
    """

    population: _Population | None = None
    population_year: int | None = None
    area: Quantity | None = None
    nuts_code: str | None = None
    website: Web | None = None


class Municipality(_Area, frozen=True, kw_only=True):
    """A municipality, city or self-governing district.

    Attributes:
        country: Where it is.
        region: Province, Sido or the like.
        cbs_code: Of Statistics Netherlands, e.g. "GM0344".
        kostat_code: Of Statistics Korea, e.g. "21".
        maturity: One of `MATURITIES`.
        leads_themes: Themes in which it goes first for the others.
        residents: Who lives there.
        infrastructure: What is there: "sensor network", "district heating".
        regulations: Local rules that matter to smart-city work.
        has_node: Whether it runs a node of its own.
    """

    country: Annotated[str, Refers.to("Country")] | None = None
    region: Annotated[str, Refers.to("Region")] | None = None
    cbs_code: str | None = None
    kostat_code: str | None = None
    maturity: Annotated[str, Code(MATURITIES)] | None = None
    leads_themes: tuple[Annotated[str, Refers.to("Theme")], ...] = ()
    residents: Residents | None = None
    infrastructure: tuple[str, ...] = ()
    regulations: tuple[str, ...] = ()
    has_node: bool | None = None


class Region(_Area, frozen=True, kw_only=True):
    """A province, Sido or other region.

    Attributes:
        country: Where it is.
        cbs_code: Of Statistics Netherlands, e.g. "PV26".
        kostat_code: Of Statistics Korea, e.g. "31".
        leads_themes: Themes in which it goes first for the others.
    """

    country: Annotated[str, Refers.to("Country")] | None = None
    cbs_code: str | None = None
    kostat_code: str | None = None
    leads_themes: tuple[Annotated[str, Refers.to("Theme")], ...] = ()


class Country(_Area, frozen=True, kw_only=True):
    """A country.

    Attributes:
        iso_code: ISO 3166-1 alpha-2.
        joined_on: When it joined the collective.
    """

    iso_code: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    joined_on: date | None = None
