"""Packages of the Open Contracting Data Standard 1.1: the part of them that becomes records."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from hanze.collaboration.records.record import Money
from hanze.connectors import WrongInput
from hanze.connectors.decoded import day_of

__all__ = [
    "Budget",
    "Identifier",
    "Item",
    "Package",
    "Party",
    "Period",
    "Planning",
    "Publisher",
    "Reference",
    "Release",
    "Tender",
    "Value",
    "read_package",
]


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """A part of a package: unknown members are passed over, as the standard asks."""


class Value(_Part, frozen=True):
    amount: Decimal | None = None
    currency: str | None = None

    @property
    def money(self) -> Money | None:
        """The amount, where its currency is known too."""
        if self.amount is None or not self.currency:
            return None
        return Money(self.amount, self.currency)


class Period(_Part, frozen=True):
    start_date: str | None = None
    end_date: str | None = None


class Identifier(_Part, frozen=True):
    scheme: str | None = None
    id: str | int | None = None
    legal_name: str | None = None
    uri: str | None = None


class Address(_Part, frozen=True):
    country: str | None = None
    country_name: str | None = None
    locality: str | None = None


class Party(_Part, frozen=True):
    id: str | int | None = None
    name: str | None = None
    identifier: Identifier | None = None
    address: Address | None = None
    roles: tuple[str, ...] = ()


class Reference(_Part, frozen=True):
    id: str | int | None = None
    name: str | None = None


class Unit(_Part, frozen=True):
    scheme: str | None = None
    id: str | int | None = None
    name: str | None = None


class Item(_Part, frozen=True):
    quantity: float | None = None
    unit: Unit | None = None


class Tender(_Part, frozen=True):
    title: str | None = None
    description: str | None = None
    status: str | None = None
    procurement_method: str | None = None
    main_procurement_category: str | None = None
    value: Value | None = None
    tender_period: Period | None = None
    contract_period: Period | None = None
    items: tuple[Item, ...] = ()
    procuring_entity: Reference | None = None


class Budget(_Part, frozen=True):
    description: str | None = None
    amount: Value | None = None
    project: str | None = None


class Planning(_Part, frozen=True):
    rationale: str | None = None
    budget: Budget | None = None


class Release(_Part, frozen=True):
    """A release, or the compiled release of a record."""

    ocid: str
    id: str | int | None = None
    date: str = ""
    tag: tuple[str, ...] = ()
    language: str | None = None
    parties: tuple[Party, ...] = ()
    buyer: Reference | None = None
    planning: Planning | None = None
    tender: Tender | None = None
    awards: tuple[Mapping[str, Any], ...] = ()
    contracts: tuple[Mapping[str, Any], ...] = ()


class Publisher(_Part, frozen=True):
    name: str | None = None
    uri: str | None = None


class _Record(_Part, frozen=True):
    ocid: str
    releases: tuple[msgspec.Raw, ...] = ()
    compiled_release: msgspec.Raw = msgspec.Raw()


class _Whole(_Part, frozen=True):
    uri: str | None = None
    published_date: str | None = None
    license: str | None = None
    publisher: Publisher | None = None
    releases: tuple[msgspec.Raw, ...] = ()
    records: tuple[_Record, ...] = ()


class Package(msgspec.Struct, frozen=True):
    """A package as a list of releases, each also as it was published.

    Attributes:
        wrong: Number of the release, and why it is none.
    """

    publisher: Publisher
    license: str | None
    published_on: date | None
    releases: tuple[tuple[Release, Mapping[str, Any]], ...]
    wrong: tuple[tuple[int, str], ...]


def read_package(content: bytes) -> Package:
    """Read a release package or a record package.

    Raises:
        WrongInput: It is neither.
    """
    try:
        whole = msgspec.json.decode(content, type=_Whole)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongInput(f"The file is no package of OCDS: {error}") from error
    raw = [*whole.releases]
    for record in whole.records:
        compiled = record.compiled_release
        # A record's releases may be links: then only the compiled one can be read here.
        raw += [compiled] if bytes(compiled) not in (b"", b"null") else [*record.releases]
    if not raw:
        raise WrongInput("The file has neither releases nor records")
    releases: list[tuple[Release, Mapping[str, Any]]] = []
    wrong: list[tuple[int, str]] = []
    for number, text in enumerate(raw, 1):
        try:
            release = msgspec.json.decode(text, type=Release)
        except msgspec.ValidationError as error:
            wrong.append((number, f"The release is not as OCDS says: {error}"))
        else:
            releases.append((release, msgspec.json.decode(text)))
    return Package(
        publisher=whole.publisher or Publisher(),
        license=whole.license,
        published_on=day_of(whole.published_date),
        releases=tuple(releases),
        wrong=tuple(wrong),
    )
