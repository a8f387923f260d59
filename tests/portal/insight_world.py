"""A street that is watched: some weeks of sound and people, for the tests of the pages of insight."""

from datetime import UTC, datetime, timedelta

from hanze.ngsild.model import JsonValue

__all__ = [
    "CONTEXT",
    "CROWD",
    "NOISE",
    "WATCH",
    "histories",
    "moment_text",
    "proposal",
    "told",
]

NOISE = "urn:ngsi-ld:NoiseLevelObserved:street:1"
CROWD = "urn:ngsi-ld:CrowdFlowObserved:street:1"
CONTEXT = {
    "Link": '<https://w3id.org/hanze/v1.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; '
    'type="application/ld+json"'
}
WATCH: dict[str, JsonValue] = {
    "name": "street",
    "title": "The street",
    "scenarios": True,
    "members": [
        {"entity": NOISE, "attribute": "LAeq", "role": "sound"},
        {"entity": CROWD, "attribute": "peopleCount", "role": "people"},
    ],
}
_HALF_HOUR = timedelta(minutes=30)


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def histories(
    now: datetime, *, days: int = 24, loud_hours: int = 5, crowd: float = 300.0
) -> list[dict[str, JsonValue]]:
    """Make entities with a history until now, of which the last hours are unlike the others.

    Then there is a `crowd`. People are few in the hours before noon: 3 of them, which no page may tell.
    """
    last = now.replace(minute=0, second=0, microsecond=0)
    moments = [last - _HALF_HOUR * number for number in range(days * 48, -1, -1)]
    loud = last - timedelta(hours=loud_hours)
    return [
        _entity(
            NOISE, "NoiseLevelObserved", "LAeq", "2N", [(at, _sound(at, loud)) for at in moments]
        ),
        _entity(
            CROWD,
            "CrowdFlowObserved",
            "peopleCount",
            "C62",
            [(at, crowd if at > loud else _people(at)) for at in moments],
        ),
    ]


def told(now: datetime) -> dict[str, JsonValue]:
    """Make an alert of the watch as the node makes it."""
    texts: JsonValue = {"en": "Higher than usual: The street", "nl": "Hoger", "ko": "높음"}
    return {
        "id": "urn:ngsi-ld:Alert:insight:street:0123456789ab",
        "type": "Alert",
        "name": {"type": "LanguageProperty", "languageMap": texts},
        "description": {"type": "LanguageProperty", "languageMap": texts},
        "subCategory": _property("higher-than-usual"),
        "severity": _property("medium"),
        "alertSource": {"type": "Relationship", "object": NOISE},
        "validFrom": _moment(now - timedelta(hours=5)),
        "validTo": _moment(now),
    }


def proposal(now: datetime, number: int, status: str = "proposed") -> dict[str, JsonValue]:
    """Make a proposal of the watch as the node makes it."""
    return {
        "id": f"urn:ngsi-ld:LightScenarioProposal:insight:street:{number:012d}",
        "type": "LightScenarioProposal",
        "description": {"type": "LanguageProperty", "languageMap": {"en": "Calm light"}},
        "reasons": {"type": "LanguageProperty", "languageMap": {"en": "It is loud"}},
        "scenario": _property("calm"),
        "proposalStatus": _property(status),
        "dateIssued": _moment(now),
    }


def _sound(at: datetime, loud: datetime) -> float:
    usual = 40.0 + at.hour / 2 + (at.day * 7 + at.hour) % 5
    return usual + 60.0 if at > loud else usual


def _people(at: datetime) -> float:
    return 3.0 if 8 <= at.hour < 11 else 40.0 + at.hour + (at.day * 5 + at.hour) % 7


def _entity(
    entity_id: str, kind: str, term: str, unit: str, values: list[tuple[datetime, float]]
) -> dict[str, JsonValue]:
    instances: list[JsonValue] = [
        {"type": "Property", "value": value, "unitCode": unit, "observedAt": moment_text(at)}
        for at, value in values
    ]
    place: JsonValue = {"type": "Point", "coordinates": [5.48, 51.44]}
    return {
        "id": entity_id,
        "type": kind,
        term: instances,
        "location": [{"type": "GeoProperty", "value": place}],
    }


def _property(value: JsonValue) -> JsonValue:
    return {"type": "Property", "value": value}


def _moment(moment: datetime) -> JsonValue:
    return _property({"@type": "DateTime", "@value": moment_text(moment)})
