"""Grants of the 360Giving Data Standard: the part of them that becomes records (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from hanze.connectors import WrongInput
from hanze.connectors.decoded import LeftOut, Row

__all__ = ["COLUMNS", "Event", "Grant", "Location", "Party", "Programme", "of_json", "of_table"]

#: Titles of the columns that a grant cannot be without.
COLUMNS: Final = ("Identifier", "Title", "Description", "Currency", "Amount Awarded", "Award Date")

_PARTS: Final[Mapping[str, str]] = {
    "Recipient Org": "recipientOrganization",
    "Recipient Ind": "recipientIndividual",
    "Funding Org": "fundingOrganization",
    "Grant Programme": "grantProgramme",
    "Planned Dates": "plannedDates",
    "Actual Dates": "actualDates",
    "Beneficiary Location": "beneficiaryLocation",
}
#: Titles that are not the member's name in words.
_MEMBERS: Final[Mapping[str, str]] = {
    "Identifier": "id",
    "URL": "url",
    "Web Address": "url",
    "City": "addressLocality",
    "Country": "addressCountry",
    "Duration (months)": "duration",
    "Last Modified": "dateModified",
}


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """A part of a grant: unknown members are passed over."""


class Party(_Part, frozen=True):
    id: str
    name: str
    url: str | None = None
    address_locality: str | None = None
    address_country: str | None = None
    organisation_type: str | None = None


class Programme(_Part, frozen=True):
    code: str | None = None
    title: str | None = None
    url: str | None = None
    description: str | None = None


class Event(_Part, frozen=True):
    start_date: str | None = None
    end_date: str | None = None


class Location(_Part, frozen=True):
    name: str | None = None
    country_code: str | None = None
    geo_code: str | None = None


class Grant(_Part, frozen=True):
    """One grant to an organisation."""

    id: str
    title: str
    description: str
    currency: str
    amount_awarded: Decimal
    award_date: str
    funding_organization: tuple[Party, ...]
    recipient_organization: tuple[Party, ...] = ()
    recipient_individual: Mapping[str, Any] | None = None
    grant_programme: tuple[Programme, ...] = ()
    planned_dates: tuple[Event, ...] = ()
    actual_dates: tuple[Event, ...] = ()
    beneficiary_location: tuple[Location, ...] = ()
    url: str | None = None
    date_modified: str | None = None


class _Package(_Part, frozen=True):
    grants: tuple[Mapping[str, Any], ...]
    license: str | None = None
    publisher: Mapping[str, Any] | None = None


Read = tuple[list[tuple[Grant, Mapping[str, Any]]], list[LeftOut], str | None]


def of_json(content: bytes) -> Read:
    """Read a package: grants with what was published, what was left out, and the licence.

    Raises:
        WrongInput: It is no package.
    """
    try:
        package = msgspec.json.decode(content, type=_Package)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongInput(f"The file is no package of 360Giving: {error}") from error
    numbered = [(None, number, raw) for number, raw in enumerate(package.grants, 1)]
    return *_grants(numbered), package.license


def of_table(rows: Sequence[Row]) -> Read:
    """Read a table whose columns carry the titles of the standard ("Recipient Org:Name")."""
    numbered = [(row.line, number, _nested(row.cells)) for number, row in enumerate(rows, 1)]
    return *_grants(numbered), None


def _grants(
    numbered: Sequence[tuple[int | None, int, Mapping[str, Any]]],
) -> tuple[list[tuple[Grant, Mapping[str, Any]]], list[LeftOut]]:
    found: list[tuple[Grant, Mapping[str, Any]]] = []
    left_out: list[LeftOut] = []
    for line, number, raw in numbered:
        try:
            grant = msgspec.convert(raw, Grant, strict=False)
        except msgspec.ValidationError as error:
            reason = f"The grant is not as 360Giving says: {error}"
        else:
            fault = next(_faults(grant), None)
            if fault is None:
                found.append((grant, raw))
                continue
            reason = f"Grant {grant.id}: {fault}"
        left_out.append(LeftOut(reason, line=line, record=number))
    return found, left_out


def _faults(grant: Grant) -> Iterator[str]:
    if grant.recipient_individual is not None:
        yield "it went to an individual, whose data is not kept"
    if not grant.recipient_organization:
        yield "it names no recipient organisation"
    if not grant.funding_organization:
        yield "it names no funding organisation"
    if len(grant.currency) != 3 or not grant.currency.isupper() or not grant.currency.isascii():
        yield f'its currency must be like GBP, not "{grant.currency[:10]}"'
    if not grant.title.strip():
        yield "it has no title"


def _nested(cells: Mapping[str, str]) -> dict[str, Any]:
    """Make of "Recipient Org:0:Name" and the like the members of a grant."""
    grant: dict[str, Any] = {}
    for title, text in cells.items():
        if not text:
            continue
        head, *rest = title.split(":")
        if not rest:
            grant[_member(head)] = text
            continue
        part = _PARTS.get(head.strip(), _member(head))
        number = int(rest[0]) if rest[0].isdecimal() and int(rest[0]) < len(cells) else 0
        if part == "recipientIndividual":
            grant[part] = {}
            continue
        several = grant.setdefault(part, [])
        if not isinstance(several, list):
            continue
        while len(several) <= number:
            several.append({})
        several[number][_member(rest[-1])] = text
    return grant


def _member(title: str) -> str:
    title = title.strip()
    known = _MEMBERS.get(title)
    if known is not None:
        return known
    first, *others = title.split() or [""]
    return first[:1].lower() + first[1:] + "".join(word.capitalize() for word in others)
