"""A report as JSON-LD: schema.org for what it tells, PROV for what it rests on.

Its @context stands within it, so nobody has to fetch one. The mission is a schema:Event, parts of its
programme are its subEvents, results and follow-ups are schema:Actions with their status, amounts are
schema:MonetaryAmounts. What no vocabulary has is under the collective's own namespace.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.funding.settlement import Settlement, settle
from hanze.collaboration.missions.outcomes import Tracked, tracked
from hanze.collaboration.missions.programme import Timed, timed
from hanze.collaboration.records.missions import (
    Delegate,
    Mission,
    MissionReport,
    TravelPermission,
)
from hanze.collaboration.records.record import LANGUAGES, Label
from hanze.collaboration.reporting.model import report_of, reports_of
from hanze.collaboration.reporting.texts import SECTION_TITLES
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.vocabulary import HANZE_NS

__all__ = ["CONTEXT", "linked_report"]

CONTEXT: Final[Mapping[str, JsonValue]] = {
    "@version": 1.1,
    "schema": "https://schema.org/",
    "prov": "http://www.w3.org/ns/prov#",
    "dcterms": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "hanze": HANZE_NS,
    "id": "@id",
    "type": "@type",
    "name": {"@id": "schema:name", "@container": "@language"},
    "description": {"@id": "schema:description", "@container": "@language"},
    "text": {"@id": "schema:text", "@container": "@language"},
    "role": {"@id": "schema:roleName", "@container": "@language"},
    "result": {"@id": "schema:result", "@type": "@id"},
    "about": {"@id": "schema:about", "@type": "@id"},
    "agent": {"@id": "schema:agent", "@type": "@id"},
    "author": {"@id": "schema:author", "@type": "@id"},
    "organizer": {"@id": "schema:organizer", "@type": "@id"},
    "memberOf": {"@id": "schema:memberOf", "@type": "@id"},
    "participant": {"@id": "schema:participant"},
    "location": {"@id": "schema:location", "@type": "@id"},
    "place": {"@id": "schema:location", "@container": "@language"},
    "hasPart": "schema:hasPart",
    "subEvent": "schema:subEvent",
    "potentialAction": "schema:potentialAction",
    "actionStatus": {"@id": "schema:actionStatus", "@type": "@id"},
    "creativeWorkStatus": "schema:creativeWorkStatus",
    "identifier": "schema:identifier",
    "numberOfPeople": {"@id": "hanze:numberOfPeople", "@type": "xsd:integer"},
    "datePublished": {"@id": "schema:datePublished", "@type": "schema:Date"},
    "startDate": {"@id": "schema:startDate", "@type": "schema:Date"},
    "endDate": {"@id": "schema:endDate", "@type": "schema:Date"},
    "startTime": {"@id": "schema:startDate", "@type": "schema:DateTime"},
    "endTime": {"@id": "schema:endDate", "@type": "schema:DateTime"},
    "agreedOn": {"@id": "schema:startTime", "@type": "schema:Date"},
    "doneOn": {"@id": "schema:endTime", "@type": "schema:Date"},
    "due": {"@id": "hanze:due", "@type": "schema:Date"},
    "isLate": {"@id": "hanze:isLate", "@type": "xsd:boolean"},
    "budget": "hanze:budget",
    "spent": "hanze:spent",
    "over": "hanze:over",
    "isLowerBound": {"@id": "hanze:isLowerBound", "@type": "xsd:boolean"},
    "costs": "hanze:costs",
    "part": "hanze:part",
    "currency": "schema:currency",
    "value": {"@id": "schema:value", "@type": "xsd:decimal"},
    "derivedFrom": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "generatedOn": {"@id": "dcterms:created", "@type": "xsd:date"},
}

_STATUSES: Final = {
    "open": "schema:ActiveActionStatus",
    "late": "schema:ActiveActionStatus",
    "done": "schema:CompletedActionStatus",
    "dropped": "schema:FailedActionStatus",
}


def linked_report(collective: Collective, mission_id: str, today: date) -> JsonObject:
    """Write the report of a mission as JSON-LD, in all its languages.

    Args:
        collective: Up to date.
        mission_id: Of whichever node.
        today: Decides what is late.

    Raises:
        RecordNotFound: There is no such mission.
    """
    mission = collective.get(mission_id, Mission).record
    report = report_of(collective, mission_id, LANGUAGES[0], today)
    written = next((held.record for held in reports_of(collective, mission_id)), None)
    permissions = collective.naming(mission_id, TravelPermission, "mission")
    body: dict[str, JsonValue] = {
        "@context": dict(CONTEXT),
        "id": written.id if written is not None else f"{mission_id}#report",
        "type": ["schema:Report", "prov:Entity"],
        "name": dict(written.title if written is not None else mission.title),
        "creativeWorkStatus": report.status,
        "generatedOn": today.isoformat(),
        "derivedFrom": list(report.records),
        "about": _mission(collective, mission, today),
        "hasPart": list(_sections(written)),
        "costs": [_costs(held) for held in permissions],
    }
    if written is not None and written.author is not None:
        body["author"] = written.author
    if report.published_on is not None:
        body["datePublished"] = report.published_on.isoformat()
    return _without_empty(body)


def _mission(collective: Collective, mission: Mission, today: date) -> JsonObject:
    follow_ups = tracked(collective, today, mission=mission.id)
    return _without_empty(
        {
            "id": mission.id,
            "type": "schema:Event",
            "name": dict(mission.title),
            "description": dict(mission.goal),
            "startDate": mission.starts.isoformat() if mission.days_known else None,
            "endDate": mission.ends.isoformat() if mission.days_known else None,
            "organizer": mission.organiser,
            "location": [mission.country, *mission.places],
            "participant": [_delegate(one) for one in mission.delegates],
            "subEvent": [_item(one) for one in timed(mission)],
            "potentialAction": [_action(one) for one in follow_ups],
        }
    )


def _delegate(one: Delegate) -> JsonObject:
    return _without_empty(
        {
            "type": "schema:Role",
            "role": dict(one.role),
            "memberOf": one.organization,
            "numberOfPeople": one.people,
        }
    )


def _item(one: Timed) -> JsonObject:
    item = one.item
    known: dict[str, JsonValue] = {
        "type": "schema:Event",
        "name": dict(item.title),
        "description": _both(item.note, item.outcome),
        "place": dict(item.place),
        "organizer": list(item.hosts),
    }
    if one.starts is not None:
        known["startTime"] = one.starts.isoformat()
        known["endTime"] = one.ends.isoformat() if one.ends is not None else None
    elif one.day is not None:
        known["startDate"] = one.day.isoformat()
    return _without_empty(known)


def _both(note: Label, outcome: Label) -> JsonObject:
    found: dict[str, JsonValue] = {}
    for language in dict.fromkeys((*note, *outcome)):
        texts = [label[language] for label in (note, outcome) if label.get(language)]
        found[language] = "\n\n".join(texts)
    return found


def _action(one: Tracked) -> JsonObject:
    record = one.held.record
    told = record.updates[-1].text if record.updates else record.description
    return _without_empty(
        {
            "id": record.id,
            "type": "schema:Action",
            "name": dict(record.title),
            "description": dict(told),
            "identifier": record.kind,
            "agent": record.owner,
            "agreedOn": record.on.isoformat(),
            "due": record.due.isoformat() if record.due is not None else None,
            "doneOn": record.done_on.isoformat() if record.done_on is not None else None,
            "actionStatus": _STATUSES[one.state],
            "isLate": one.state == "late",
            "result": list(record.became),
        }
    )


def _sections(written: MissionReport | None) -> Iterator[JsonObject]:
    for section in written.sections if written is not None else ():
        yield {
            "type": "schema:CreativeWork",
            "identifier": section.key,
            "name": dict(SECTION_TITLES[section.key]),
            "text": dict(section.text),
        }


def _costs(held: Held[TravelPermission]) -> JsonObject:
    found = settle(held.record)
    parts: list[JsonValue] = [
        {
            "part": part.part,
            "budget": _amount(part.budget, found),
            "spent": _amount(part.spent, found),
            "over": _amount(part.over, found),
        }
        for part in found.parts
    ]
    return {
        "id": held.record.id,
        "identifier": found.number,
        "budget": _amount(found.budget, found),
        "spent": _amount(found.spent, found),
        "over": _amount(found.over, found),
        "isLowerBound": bool(found.unconverted),
        "hasPart": parts,
    }


def _amount(amount: Decimal, settlement: Settlement) -> JsonObject:
    # As text: a JSON number is read as a float by many.
    return {
        "type": "schema:MonetaryAmount",
        "value": f"{amount:f}",
        "currency": settlement.currency,
    }


def _without_empty(members: Mapping[str, JsonValue]) -> JsonObject:
    return {name: value for name, value in members.items() if value not in (None, [], {})}
