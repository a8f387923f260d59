"""A tender as others read it: a release package of the Open Contracting Data Standard 1.1 (pure)."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from hanze.collaboration.collective import Collective, RecordNotFound
from hanze.collaboration.records.needs import Demand, DemandBundle, Tender
from hanze.collaboration.records.record import Money, text_of
from hanze.errors import NotFound
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = ["NoTender", "release_package"]

#: By status of a tender: code list `releaseTag`.
_TAGS: Final[Mapping[str, str]] = {
    "planning": "planning",
    "planned": "planning",
    "cancelled": "tenderCancellation",
    "withdrawn": "tenderCancellation",
}


class NoTender(NotFound):
    """A demand or bundle is not put out to tender."""

    def __init__(self, record_id: str) -> None:
        super().__init__(f"{record_id} has no tender")
        self.record_id = record_id


def release_package(
    collective: Collective, need_id: str, *, address: str, publisher: str, language: str = "en"
) -> JsonObject:
    """Write the tender of a demand or bundle as a release package.

    A contracting process without an `ocid` of its own goes by the id of its record.

    Args:
        address: Of the package.
        publisher: Name of who publishes it.
        language: Of its texts, where they are there in it.

    Raises:
        RecordNotFound: It is no demand and no bundle.
        NoTender: It has no tender.
    """
    held = collective.find(need_id)
    if held is None or not isinstance(held.record, Demand | DemandBundle):
        raise RecordNotFound(need_id, "Demand or DemandBundle")
    record = held.record
    if record.tender is None:
        raise NoTender(need_id)
    buyers = record.members if isinstance(record, DemandBundle) else record.buyers
    lead = record.lead if isinstance(record, DemandBundle) else None
    first = lead or next(iter(buyers), held.city)
    parties = tuple(dict.fromkeys(one for one in (first, *buyers) if one is not None))
    release = {
        "ocid": record.tender.ocid or record.id,
        "id": f"{record.id}@{held.modified_at}",
        "date": held.modified_at,
        "tag": [_TAGS.get(record.tender.status, "tender")],
        "initiationType": "tender",
        "language": language,
        "parties": [_party(collective, one, first, language) for one in parties],
        "buyer": _named(collective, first, language) if first is not None else None,
        "planning": {"budget": {"amount": _value(record.budget)}} if record.budget else None,
        "tender": _tender(collective, record, record.tender, first, language),
    }
    return {
        "uri": address,
        "version": "1.1",
        "publishedDate": held.modified_at,
        "publisher": {"name": publisher},
        "releases": [_told(release)],
    }


def _tender(
    collective: Collective,
    record: Demand | DemandBundle,
    tender: Tender,
    lead: str | None,
    language: str,
) -> JsonObject:
    about = record.problem if isinstance(record, Demand) else record.description or record.reasons
    title = text_of(record.title, language)
    item: JsonObject | None = None
    if record.volume is not None:
        unit = {"name": record.volume.unit}
        item = {"id": "1", "description": title, "quantity": record.volume.value, "unit": unit}
    notice = {"id": "notice", "documentType": "tenderNotice", "url": tender.url}
    return _told(
        {
            "id": tender.ocid or record.id,
            "title": title,
            "description": text_of(about, language),
            "status": tender.status,
            "procuringEntity": _named(collective, lead, language) if lead is not None else None,
            "items": [item] if item is not None else None,
            "value": _value(tender.value),
            "procurementMethod": tender.procurement_method,
            "mainProcurementCategory": tender.main_procurement_category,
            "tenderPeriod": _told(
                {
                    "startDate": _moment(tender.starts, "00:00:00"),
                    "endDate": _moment(tender.ends, "23:59:59"),
                }
            ),
            "documents": [notice] if tender.url is not None else None,
        }
    )


def _party(collective: Collective, party: str, lead: str | None, language: str) -> JsonObject:
    roles: list[JsonValue] = ["buyer"]
    if party == lead:
        roles.append("procuringEntity")
    return {**_named(collective, party, language), "roles": roles}


def _named(collective: Collective, party: str, language: str) -> JsonObject:
    held = collective.find(party)
    return {"id": party, "name": text_of(held.record.title, language) if held else party}


def _value(money: Money | None) -> JsonObject | None:
    return {"amount": float(money.amount), "currency": money.currency} if money else None


def _moment(day: date | None, time: str) -> str | None:
    """The standard asks for times: a period starts with its first day and ends with its last."""
    return f"{day.isoformat()}T{time}Z" if day is not None else None


def _told(members: Mapping[str, JsonValue]) -> JsonObject:
    """Leave out what says nothing."""
    return {name: value for name, value in members.items() if value not in (None, "", {}, [])}
