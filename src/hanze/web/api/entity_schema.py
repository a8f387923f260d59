"""Entities, queries and what else is sent about them, as JSON schemas for the API's description."""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.model import JsonValue

__all__ = ["ENTITY_SCHEMAS", "URI"]

URI: Final[JsonValue] = {"type": "string", "format": "uri", "examples": ["urn:ngsi-ld:Bin:1"]}
_NAMES: Final[JsonValue] = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}
ENTITY_SCHEMAS: Final[Mapping[str, JsonValue]] = {
    "Entity": {
        "type": "object",
        "required": ["id", "type"],
        "properties": {"id": URI, "type": _NAMES, "scope": _NAMES},
        "additionalProperties": True,
    },
    "EntityTemporal": {
        "type": "object",
        "required": ["id", "type"],
        "properties": {"id": URI, "type": _NAMES},
        "additionalProperties": {"type": ["object", "array", "string"]},
    },
    "EntityFragment": {
        "type": "object",
        "properties": {"id": URI, "type": _NAMES, "scope": _NAMES},
        "additionalProperties": True,
    },
    "AttributeFragment": {"type": "object", "additionalProperties": True},
    "EntityMapFragment": {
        "type": "object",
        "properties": {"expiresAt": {"type": "string", "format": "date-time"}},
    },
    "Entities": {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/components/schemas/Entity"},
    },
    "EntityIds": {"type": "array", "minItems": 1, "items": URI},
    "Query": {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"const": "Query"},
            "entities": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["type"],
                    "properties": {
                        "id": _NAMES,
                        "idPattern": {"type": "string"},
                        "type": {"type": "string"},
                    },
                },
            },
            "q": {"type": "string"},
            "geoQ": {"type": "object"},
            "scopeQ": {"type": "string"},
            "attrs": {"type": "array", "items": {"type": "string"}},
            "pick": {"type": "array", "items": {"type": "string"}},
            "omit": {"type": "array", "items": {"type": "string"}},
        },
        "additionalProperties": True,
    },
    "LocalContext": {
        "type": "object",
        "required": ["@context"],
        "properties": {"@context": {"type": ["object", "array", "string", "null"]}},
    },
    "BatchOperationResult": {
        "type": "object",
        "required": ["success", "errors"],
        "properties": {
            "success": {"type": "array", "items": {"type": "string"}},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "entityId": {"type": "string"},
                        "error": {"$ref": "#/components/schemas/Problem"},
                    },
                },
            },
        },
    },
    "UpdateResult": {
        "type": "object",
        "required": ["updated", "notUpdated"],
        "properties": {
            "updated": {"type": "array", "items": {"type": "string"}},
            "notUpdated": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["attributeName", "reason"],
                    "properties": {
                        "attributeName": {"type": "string"},
                        "reason": {"type": "string"},
                    },
                },
            },
        },
    },
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "field": {"type": "string"},
            "value": {"type": "string"},
            "clause": {"type": "string"},
        },
    },
}
