"""What a record of the collective is made of: the values of its fields, and what all records share.

A record type is a frozen struct, and its annotations are the one definition of it: the JSON Schema,
what a write is checked against, the forms and the documents all come from them
(`records.fields`, `records.schema`, `records.entities`).

    Label                 text by language                    LanguageProperty
    str, Web, Code(...)   text, an address, one of a list     Property
    int, float, bool      with bounds as msgspec.Meta         Property
    date                  a day                               Property, as ISO 8601 text
    Money, Quantity       an amount with its unit             Property with unitCode
    Refers(...)           the id of another record            Relationship
    Geometry              GeoJSON                             GeoProperty
    a struct of its own   what has no identity                JsonProperty

`tuple[X, ...]` is several of them; `X | None`, or a default, means that the field may be absent.
A fact that is unknown is absent, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import Meta

__all__ = [
    "LANGUAGES",
    "LARGEST",
    "PROVENANCES",
    "Code",
    "Geometry",
    "Label",
    "Marks",
    "Money",
    "Place",
    "Quantity",
    "Record",
    "Refers",
    "Share",
    "Structure",
    "Trl",
    "Web",
    "text_of",
]

#: Languages of the collective; a text may be in others as well.
LANGUAGES: Final = ("nl", "en", "ko")

#: Of a number: whole ones beyond it are not exact in JSON (RFC 8259, 6).
LARGEST: Final = 2**53 - 1

#: Where a record comes from: told on every page that shows it.
PROVENANCES: Final = ("strategy", "simulated", "imported", "entered")

#: Text by BCP 47 language tag.
Label = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Code:
    """Marks text that is one of a list."""

    values: tuple[str, ...]

    @classmethod
    def of(cls, *values: str) -> "Code":
        return cls(values)


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks the id of an entity of one of these types (compact names)."""

    types: tuple[str, ...]

    @classmethod
    def to(cls, *types: str) -> "Refers":
        return cls(types)


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks text of a special form: "url", "time" or "geometry"."""

    form: str


#: An address that a page may link to: never "javascript:", and in one piece, as feeds ask for.
Web = Annotated[
    str,
    Marks("url"),
    Meta(pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\s\x00-\x1f\x7f][^\s\x00-\x1f\x7f]*(?!\s)$"),
]
Geometry = Annotated[Mapping[str, object], Marks("geometry")]
#: Technology readiness level (ISO 16290).
Trl = Annotated[int, Meta(ge=1, le=9)]
#: A part of a whole, 0 to 1.
Share = Annotated[float, Meta(ge=0, le=1)]
#: Who a record comes from.
Place = Annotated[str, Refers.to("Municipality", "Region", "Country")]


class Structure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The base of what has no identity of its own; in JSON its members are in camelCase."""


class Money(msgspec.Struct, frozen=True):
    """An amount of money.

    Attributes:
        amount: Exact; never a float.
        currency: ISO 4217, e.g. "EUR".
    """

    amount: Decimal
    currency: str


class Quantity(msgspec.Struct, frozen=True):
    """A number of something.

    Attributes:
        value: How much.
        unit: UN/CEFACT Recommendation 20 where it has one ("C62" is pieces), else words.
    """

    value: float
    unit: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every record carries.

    Attributes:
        id: URI, `urn:ngsi-ld:<Type>:<city or source>:<the source's own key>`.
        title: Name by language.
        description: More of it, by language.
        source_city: Whose record it is.
        themes: Areas of application that it is about.
        concepts: Ids of the vocabulary's concepts that a person attached to it.
        source_date: The day for which it holds, where the source says so.
        provenance: Where it comes from, one of `PROVENANCES`.
        source: Document or address it was taken from.
        data_provider: Who provides it.
        license: Address of the licence.
        simulated: Whether it is made up.
        see_also: Addresses of more about it.
        contacts: Whom to ask.
        location: Where it is.
        merged_from: Ids of records that were the same and went into this one.
    """

    id: str
    title: Label
    description: Label = {}
    source_city: Annotated[
        str | None, Refers.to("Municipality", "Region", "Country", "Organization")
    ] = None
    themes: tuple[Annotated[str, Refers.to("Theme")], ...] = ()
    concepts: tuple[str, ...] = ()
    source_date: date | None = None
    provenance: Annotated[str, Code(PROVENANCES)] | None = None
    source: str | None = None
    data_provider: str | None = None
    license: str | None = None
    simulated: bool | None = None
    see_also: tuple[Web, ...] = ()
    contacts: tuple[Annotated[str, Refers.to("Contact")], ...] = ()
    location: Geometry | None = None
    merged_from: tuple[str, ...] = ()


def text_of(label: Label, language: str) -> str:
    """Choose a text: in the language, else English, else any; "" when there is none."""
    return label.get(language) or label.get("en") or next(iter(label.values()), "")
