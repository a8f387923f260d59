"""Contracting processes as demands, and their parties as organisations (pure)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from hanze.collaboration.records.needs import (
    PROCUREMENT_METHODS,
    TENDER_STATUSES,
    Demand,
    Tender,
)
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.record import Money, Quantity
from hanze.connectors import Provenance
from hanze.connectors.countries import country_id
from hanze.connectors.decoded import Decoded, LeftOut, day_of, entity_of
from hanze.connectors.known import Known, key_of
from hanze.connectors.ocds.package import Package, Party, Release
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["decode"]

T = TypeVar("T")

#: A process may be told in several releases; what it has come to, by the tags of its latest ones.
_AWARDED: Final = frozenset({"award", "contract"})
_FULFILLED: Final = frozenset({"implementation", "contractTermination"})
_BUYING: Final = ("buyer", "procuringEntity")
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Za-z0-9]+)*")
#: Contact points may be persons.
_NOT_KEPT: Final = frozenset({"contactPoint", "parties"})


def decode(package: Package, known: Known, provenance: Provenance) -> Decoded:
    """Make a demand of each process (`ocid`), of its latest release with each fact.

    Args:
        known: Places and organisations that are there: a buyer that is one of them is that one.
    """
    told: dict[str, Any] = {
        "provenance": "imported",
        "source": package.publisher.uri or provenance.source,
        "data_provider": package.publisher.name,
        "license": package.license,
    }
    processes: dict[str, list[tuple[Release, Mapping[str, Any]]]] = {}
    for release, raw in sorted(package.releases, key=lambda one: one[0].date):
        processes.setdefault(release.ocid, []).append((release, raw))
    left_out = [LeftOut(reason, record=number) for number, reason in package.wrong]
    organisations: dict[str, Entity] = {}
    demands: list[Entity] = []
    joint = 0
    for ocid, releases in processes.items():
        latest_first = [release for release, _ in reversed(releases)]
        parties = _parties(latest_first, known, told, organisations)
        buyers = _buyers(latest_first, parties)
        joint += len(buyers) > 1
        source_date = day_of(latest_first[0].date) or package.published_on
        demand = _demand(ocid, latest_first, buyers, told | {"source_date": source_date})
        demands.append(entity_of(demand, {"releases": [_kept(raw) for _, raw in releases]}))
    details: dict[str, JsonValue] = {
        "releases": len(package.releases) + len(package.wrong),
        "records": {"Demand": len(demands), "Organization": len(organisations)},
        "severalBuyers": joint,
    }
    return Decoded([*organisations.values(), *demands], left_out, details)


def _demand(
    ocid: str, releases: Sequence[Release], buyers: Sequence[str], told: Mapping[str, Any]
) -> Demand:
    tenders = [one.tender for one in releases if one.tender is not None]
    plans = [one.planning for one in releases if one.planning is not None]
    budgets = [one.budget for one in plans if one.budget is not None]
    given = next((one.language for one in releases if one.language), "en")
    language = given if _LANGUAGE.fullmatch(given) else "en"
    title = _first(tenders, lambda one: one.title) or _first(budgets, lambda one: one.project)
    description = _first(tenders, lambda one: one.description)
    problem = _first(plans, lambda one: one.rationale) or description or title or ocid
    period = _first(tenders, lambda one: one.contract_period)
    deadline = _first(tenders, lambda one: one.tender_period)
    tender = _tender(ocid, releases)
    return Demand(
        id=f"urn:ngsi-ld:Demand:ocds:{ocid}",
        title={language: title or ocid},
        description={language: description} if description else {},
        source_city=buyers[0] if buyers else None,
        problem={language: problem},
        status=_status(releases, tender.status if tenders else None),
        volume=_volume(releases),
        budget=_first(budgets, lambda one: one.amount.money if one.amount else None)
        or tender.value,
        deadline=day_of(deadline.end_date) if deadline else None,
        wanted_from=day_of(period.start_date) if period else None,
        wanted_until=day_of(period.end_date) if period else None,
        tender=tender,
        buyers=tuple(buyers),
        **told,
    )


def _tender(ocid: str, releases: Sequence[Release]) -> Tender:
    tenders = [one.tender for one in releases if one.tender is not None]
    status = _first(tenders, lambda one: one.status)
    method = _first(tenders, lambda one: one.procurement_method)
    period = _first(tenders, lambda one: one.tender_period)
    value: Money | None = _first(tenders, lambda one: one.value.money if one.value else None)
    return Tender(
        ocid=ocid,
        status=status if status in TENDER_STATUSES else ("active" if tenders else "planning"),
        procurement_method=method if method in PROCUREMENT_METHODS else None,
        main_procurement_category=_first(tenders, lambda one: one.main_procurement_category),
        value=value,
        starts=day_of(period.start_date) if period else None,
        ends=day_of(period.end_date) if period else None,
    )


def _status(releases: Sequence[Release], tender: str | None) -> str:
    """Tell how far a demand is, by what its releases are about."""
    tags = {tag for one in releases for tag in one.tag}
    if any(one.contracts or one.awards for one in releases):
        tags |= {"award"}
    if tags & _FULFILLED or any(_ended(one) for one in releases):
        return "fulfilled"
    if tags & _AWARDED:
        return "awarded"
    if tender in ("cancelled", "unsuccessful", "withdrawn"):
        return "withdrawn"
    return "tendering" if tender is not None else "open"


def _ended(release: Release) -> bool:
    return bool(release.contracts) and all(
        one.get("status") == "terminated" for one in release.contracts
    )


def _volume(releases: Sequence[Release]) -> Quantity | None:
    """Add items up, where all count in the same unit."""
    for release in releases:
        items = release.tender.items if release.tender is not None else ()
        units = {(one.unit.id or one.unit.name) if one.unit else None for one in items}
        amounts = [one.quantity for one in items if one.quantity is not None]
        if items and len(units) == 1 and len(amounts) == len(items):
            (unit,) = units
            return Quantity(sum(amounts), str(unit) if unit else "C62")
    return None


def _parties(
    releases: Iterable[Release],
    known: Known,
    told: Mapping[str, Any],
    organisations: dict[str, Entity],
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Make organisations; return by the package's own id the record's id and the roles."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for party in (one for release in releases for one in release.parties):
        own = str(party.id or party.name or "")
        if not own or own in found:
            continue
        record_id = _known_party(party, known)
        if record_id is None:
            record = _organisation(party, own, told)
            record_id = record.id
            organisations.setdefault(record_id, entity_of(record))
        found[own] = record_id, party.roles
    return found


def _known_party(party: Party, known: Known) -> str | None:
    """Find the record that a party is: by its number in a register, or a city by its name."""
    name = party.name or ""
    number = _registration(party)
    coded = known.coded(number, ("Organization",)) if number else None
    if coded is not None and not coded.startswith("urn:ngsi-ld:Organization:ocds:"):
        return coded
    for text in (name, re.sub(r"^([Gg]emeente|[Mm]unicipality of|[Cc]ity of) ", "", name)):
        city = known.named(Municipality, text)
        if city is not None and set(party.roles) & set(_BUYING):
            return city.id
    return None


def _registration(party: Party) -> str | None:
    identifier = party.identifier
    if identifier is None or not identifier.scheme or identifier.id is None:
        return None
    return f"{identifier.scheme}-{identifier.id}"


def _organisation(party: Party, own: str, told: Mapping[str, Any]) -> Organization:
    number = _registration(party)
    name = party.name or (party.identifier.legal_name if party.identifier else None) or own
    uri = party.identifier.uri if party.identifier else None
    country = party.address.country if party.address else None
    iso = country if country and re.fullmatch(r"[A-Z]{2}", country) else None
    roles = set(party.roles)
    if roles & {"buyer", "procuringEntity", "funder", "payer"}:
        kind = "agency"
    else:
        kind = "company" if roles & {"supplier", "tenderer", "payee"} else "other"
    return Organization(
        id=f"urn:ngsi-ld:Organization:ocds:{key_of(number or own)}",
        title={"en": name},
        kind=kind,
        country=country_id(iso) if iso else None,
        registration=number,
        website=uri if uri and uri.startswith(("http://", "https://")) else None,
        **told,
    )


def _buyers(
    releases: Sequence[Release], parties: Mapping[str, tuple[str, tuple[str, ...]]]
) -> list[str]:
    """List who buys, the one that the release calls the buyer first."""
    first = next((one.buyer for one in releases if one.buyer is not None), None)
    named = parties.get(str(first.id or first.name)) if first is not None else None
    ids = [named[0]] if named is not None else []
    for role in _BUYING:
        found = [record_id for record_id, roles in parties.values() if role in roles]
        if role == "buyer" or not ids:
            ids += found
    return [*dict.fromkeys(ids)]


def _kept(value: Any) -> JsonValue:  # any JSON of others
    if isinstance(value, Mapping):
        return {str(k): _kept(one) for k, one in value.items() if k not in _NOT_KEPT}
    if isinstance(value, list):
        return [_kept(one) for one in value]
    plain: JsonValue = value
    return plain


def _first(parts: Iterable[Any], member: Callable[[Any], T | None]) -> T | None:
    """Return a member of the first part that has it: the latest release comes first."""
    return next((found for one in parts if (found := member(one)) is not None), None)
