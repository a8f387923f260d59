"""What a registration looks like, for the description of the API (CIM 009, 5.2.8 to 5.2.11)."""

from collections.abc import Mapping

from hanze.ngsild.model import JsonValue
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.registration.operations import GROUPS, Operation

__all__ = ["REGISTRATION_SCHEMAS"]

_TEXT: dict[str, JsonValue] = {"type": "string", "minLength": 1}
_URI: dict[str, JsonValue] = {"type": "string", "format": "uri"}
_TEXTS: JsonValue = {"type": "array", "minItems": 1, "items": _TEXT}
_NAMES: JsonValue = {"oneOf": [_TEXT, _TEXTS]}
_POSITIVE: JsonValue = {"type": "number", "exclusiveMinimum": 0}
_MOMENT: JsonValue = {"type": "string", "format": "date-time"}
_GEOMETRY: JsonValue = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {"type": _TEXT, "coordinates": {"type": "array"}},
}
_INTERVAL: JsonValue = {
    "type": "object",
    "required": ["startAt"],
    "properties": {"startAt": _MOMENT, "endAt": _MOMENT},
}
_INFORMATION: JsonValue = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "minProperties": 1,
        "properties": {
            "entities": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["type"],
                    "properties": {"id": _URI, "idPattern": _TEXT, "type": _NAMES},
                },
            },
            "propertyNames": _TEXTS,
            "relationshipNames": _TEXTS,
        },
    },
}
_MEMBERS: Mapping[str, JsonValue] = {
    "id": _URI,
    "type": {"const": "ContextSourceRegistration"},
    "endpoint": {**_URI, "examples": ["https://example.org"]},
    "information": _INFORMATION,
    "mode": {"enum": [mode.value for mode in Mode]},
    "operations": {
        "type": "array",
        "minItems": 1,
        "items": {"enum": [*GROUPS, *(one.value for one in Operation)]},
    },
    "tenant": _TEXT,
    "contextSourceAlias": _TEXT,
    "contextSourceInfo": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["key", "value"],
            "properties": {"key": _TEXT, "value": {"type": "string"}},
        },
    },
    "datasetId": _TEXTS,
    "registrationName": _TEXT,
    "description": _TEXT,
    "expiresAt": _MOMENT,
    "location": _GEOMETRY,
    "observationSpace": _GEOMETRY,
    "operationSpace": _GEOMETRY,
    "scope": _NAMES,
    "management": {
        "type": "object",
        "properties": {
            "cacheDuration": _TEXT,
            "cooldown": _POSITIVE,
            "localOnly": {"type": "boolean"},
            "timeout": _POSITIVE,
        },
    },
    "managementInterval": _INTERVAL,
    "observationInterval": _INTERVAL,
    "refreshRate": _TEXT,
}

REGISTRATION_SCHEMAS: Mapping[str, JsonValue] = {
    "CSourceRegistration": {
        "type": "object",
        "required": ["type", "endpoint", "information"],
        "properties": _MEMBERS,
        "additionalProperties": True,
    },
    # Null takes a member away (5.5.8).
    "CSourceRegistrationFragment": {
        "type": "object",
        "minProperties": 1,
        "properties": {
            name: {"anyOf": [schema, {"type": "null"}, {"const": "urn:ngsi-ld:null"}]}
            for name, schema in _MEMBERS.items()
        },
        "additionalProperties": True,
    },
}
