"""What a Snapshot looks like, for the description of the API (CIM 009, 5.2.41)."""

from collections.abc import Mapping

from hanze.ngsild.model import JsonValue

__all__ = ["SNAPSHOT_SCHEMAS"]

_TEXT: dict[str, JsonValue] = {"type": "string", "minLength": 1}
_QUERIES: JsonValue = {
    "type": "array",
    "minItems": 1,
    "maxItems": 100,
    "items": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"const": "Query"}},
    },
}
_STATUS: Mapping[str, JsonValue] = {
    "snapshotLifetime": {**_TEXT, "examples": ["PT6H"]},
    "snapshotPriority": {"type": "integer", "minimum": 1, "maximum": 10},
    "endpoint": {"type": "string", "format": "uri", "examples": ["https://example.org/told"]},
    "receiverInfo": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["key", "value"],
            "properties": {"key": _TEXT, "value": {"type": "string"}},
        },
    },
}
_IDENTITY: Mapping[str, JsonValue] = {
    "id": {"type": "string", "format": "uri"},
    "type": {"const": "Snapshot"},
}

SNAPSHOT_SCHEMAS: Mapping[str, JsonValue] = {
    "Snapshot": {
        "type": "object",
        "required": ["type"],
        "anyOf": [{"required": ["snapshotQueries"]}, {"required": ["snapshotTemporalQueries"]}],
        "properties": {
            **_IDENTITY,
            **_STATUS,
            "snapshotQueries": _QUERIES,
            "snapshotTemporalQueries": _QUERIES,
        },
    },
    "SnapshotClone": {
        "type": "object",
        "required": ["type"],
        "properties": {**_IDENTITY, **_STATUS},
    },
    # Null takes a member away (5.5.8).
    "SnapshotFragment": {
        "type": "object",
        "minProperties": 1,
        "properties": {
            **_IDENTITY,
            **{
                name: {"anyOf": [schema, {"type": "null"}, {"const": "urn:ngsi-ld:null"}]}
                for name, schema in _STATUS.items()
            },
        },
    },
}
