"""What a subscription looks like, for the description of the API (CIM 009, 5.2.12 to 5.2.15)."""

from collections.abc import Mapping

from hanze.ngsild.model import JsonValue
from hanze.ngsild.subscription.model import Accept, Trigger
from hanze.ngsild.temporal.model import TimeProperty, Timerel

__all__ = ["SUBSCRIPTION_SCHEMAS"]

_TEXT: dict[str, JsonValue] = {"type": "string", "minLength": 1}
_URI: dict[str, JsonValue] = {"type": "string", "format": "uri"}
_TEXTS: JsonValue = {"type": "array", "minItems": 1, "items": _TEXT}
_FLAG: JsonValue = {"type": "boolean"}
_POSITIVE: JsonValue = {"type": "number", "exclusiveMinimum": 0}
_PAIRS: JsonValue = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key", "value"],
        "properties": {"key": _TEXT, "value": {"type": "string"}},
    },
}
_ENDPOINT_MEMBERS: Mapping[str, JsonValue] = {
    "uri": {**_URI, "examples": ["https://example.org/notify", "mqtt://example.org/topic"]},
    "accept": {"enum": [accept.value for accept in Accept]},
    "cooldown": _POSITIVE,
    "timeout": _POSITIVE,
    "notifierInfo": _PAIRS,
    "receiverInfo": _PAIRS,
}
_ENDPOINT: dict[str, JsonValue] = {
    "type": "object",
    "required": ["uri"],
    "properties": _ENDPOINT_MEMBERS,
}
_NOTIFICATION_MEMBERS: Mapping[str, JsonValue] = {
    "endpoint": _ENDPOINT,
    "attributes": _TEXTS,
    "pick": _TEXTS,
    "omit": _TEXTS,
    "format": {"enum": ["normalized", "concise", "simplified", "keyValues"]},
    "join": {"enum": ["flat", "inline", "@none"]},
    "joinLevel": {"type": "integer", "minimum": 1, "maximum": 10},
    "showChanges": _FLAG,
    "sysAttrs": _FLAG,
}
_NOTIFICATION: dict[str, JsonValue] = {
    "type": "object",
    "required": ["endpoint"],
    "properties": _NOTIFICATION_MEMBERS,
}
_MEMBERS: Mapping[str, JsonValue] = {
    "id": _URI,
    "type": {"const": "Subscription"},
    "entities": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "id": {"oneOf": [_URI, {"type": "array", "minItems": 1, "items": _URI}]},
                "idPattern": _TEXT,
                "type": _TEXT,
            },
        },
    },
    "watchedAttributes": _TEXTS,
    "notificationTrigger": {
        "type": "array",
        "minItems": 1,
        "items": {"enum": sorted([*(trigger.value for trigger in Trigger), "entityUpdated"])},
    },
    "notification": _NOTIFICATION,
    "q": _TEXT,
    "geoQ": {
        "type": "object",
        "required": ["georel", "geometry", "coordinates"],
        "properties": {
            "georel": _TEXT,
            "geometry": _TEXT,
            "coordinates": {"type": ["array", "string"]},
            "geoproperty": _TEXT,
        },
    },
    "scopeQ": _TEXT,
    "csf": _TEXT,
    "datasetId": _TEXTS,
    "description": _TEXT,
    "subscriptionName": _TEXT,
    "expandValues": _TEXT,
    "jsonKeys": _TEXT,
    "expiresAt": {"type": "string", "format": "date-time"},
    "isActive": _FLAG,
    "jsonldContext": _URI,
    "lang": _TEXT,
    "localOnly": _FLAG,
    "splitEntities": _FLAG,
    "ngsildConformance": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+$"},
    "throttling": _POSITIVE,
    "timeInterval": _POSITIVE,
}

#: Subscriptions to registrations may ask for a time, and are never told in GeoJSON (6.3.9).
_SOURCE_MEMBERS: Mapping[str, JsonValue] = {
    **_MEMBERS,
    "notification": {
        **_NOTIFICATION,
        "properties": {
            **_NOTIFICATION_MEMBERS,
            "endpoint": {
                **_ENDPOINT,
                "properties": {
                    **_ENDPOINT_MEMBERS,
                    "accept": {"enum": [Accept.JSON.value, Accept.LD_JSON.value]},
                },
            },
        },
    },
    "temporalQ": {
        "type": "object",
        "required": ["timerel", "timeAt"],
        "properties": {
            "timerel": {"enum": [relation.value for relation in Timerel]},
            "timeAt": {"type": "string", "format": "date-time"},
            "endTimeAt": {"type": "string", "format": "date-time"},
            "timeproperty": {"enum": [one.value for one in TimeProperty]},
        },
    },
}


def _schemas(members: Mapping[str, JsonValue]) -> tuple[JsonValue, JsonValue]:
    """Describe a subscription, and a fragment of one: null takes a member away (5.5.8)."""
    whole: JsonValue = {
        "type": "object",
        "required": ["type", "notification"],
        "properties": members,
        "additionalProperties": True,
    }
    fragment: JsonValue = {
        "type": "object",
        "minProperties": 1,
        "properties": {
            name: {"anyOf": [schema, {"type": "null"}, {"const": "urn:ngsi-ld:null"}]}
            for name, schema in members.items()
        },
        "additionalProperties": True,
    }
    return whole, fragment


_ABOUT_ENTITIES = _schemas(_MEMBERS)
_ABOUT_SOURCES = _schemas(_SOURCE_MEMBERS)

SUBSCRIPTION_SCHEMAS: Mapping[str, JsonValue] = {
    "Subscription": _ABOUT_ENTITIES[0],
    "SubscriptionFragment": _ABOUT_ENTITIES[1],
    "SourceSubscription": _ABOUT_SOURCES[0],
    "SourceSubscriptionFragment": _ABOUT_SOURCES[1],
}
