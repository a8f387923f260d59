"""The JSON Schema of each record type, made from its definition.

It describes the entity in its concise representation (CIM 009, 4.5.2.3), as the API answers it and
takes it. Attributes that a type does not know are allowed: NGSI-LD lets everyone add more.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, cast

import msgspec

from hanze.collaboration.records.fields import Field, Shape, fields_of, members_of, structure_of
from hanze.collaboration.records.record import Record, Structure
from hanze.ngsild.model import JsonObject, JsonValue

__all__ = ["SCHEMA_NS", "schema_of"]

SCHEMA_NS: Final = "https://w3id.org/hanze/schema/"

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_LONGEST: Final = 20_000
_LANGUAGE: Final = r"^(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*|@none)$"
_NOT_EMPTY: Final = r"\S"
#: As `ngsild.uri` has it: an IRI is one, too, which the format "uri" is not.
_URI: Final[JsonObject] = {
    "type": "string",
    "pattern": r'^[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>"{}|\\^`\x00-\x1f\x7f]+$',
}
_NUMBER: Final[JsonObject] = {"type": "number"}
_DATE: Final[JsonObject] = {
    "type": "string",
    "format": "date",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
}
_GEOMETRIES: Final = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
)
_ATTRIBUTE_LINE = re.compile(r"^    (\w+): (.*)$")


@cache
def schema_of(kind: type[Record]) -> JsonObject:
    """Write the JSON Schema (draft 2020-12) of a record type."""
    about = _descriptions(kind)
    definitions: dict[str, JsonValue] = {}
    properties: dict[str, JsonValue] = {
        "id": {**_URI, "description": about.get("id", "")},
        "type": _one_or_several({"const": kind.__name__}, contains=True),
        "@context": {"type": ["string", "array", "object"]},
    }
    for field in fields_of(kind):
        schema = _attribute(field, definitions)
        if field.name in about:
            schema = {"description": about[field.name], **schema}
        properties[field.term] = schema
    schema = {
        "$schema": _DIALECT,
        "$id": f"{SCHEMA_NS}{kind.__name__}.json",
        "title": kind.__name__,
        "description": (inspect.getdoc(kind) or "").partition("\n")[0],
        "type": "object",
        "required": ["id", "type", *(one.term for one in fields_of(kind) if one.required)],
        "properties": properties,
    }
    return {**schema, "$defs": definitions} if definitions else schema


def _attribute(field: Field, definitions: dict[str, JsonValue]) -> JsonObject:
    """The schema of an attribute; what has members of its own may say more about itself."""
    if field.shape is Shape.LABEL:
        return _members(languageMap=_label())
    if field.shape is Shape.REFERENCE:
        one: JsonObject = {**_URI, "$comment": f"Of {' or '.join(field.targets)}"}
        return _members(object=_one_or_several(one) if field.many else one)
    if field.shape in (Shape.MONEY, Shape.QUANTITY):
        return _amount(field)
    if field.shape is Shape.GEOMETRY:
        return _geometry()
    if field.shape is Shape.STRUCTURE:
        return _members(json=_structure(field, definitions))
    value = _value(field)
    several = _one_or_several(value) if field.many else value
    return {"anyOf": [several, _members(value=several)]}


def _amount(field: Field) -> JsonObject:
    if field.shape is Shape.MONEY:
        return _members(value=_NUMBER, unitCode={"type": "string", "pattern": "^[A-Z]{3}$"})
    quantity = _members(value=_NUMBER)
    quantity["properties"] = {**_mapping(quantity["properties"]), "unitCode": {"type": "string"}}
    # A bare number is of pieces.
    return {"anyOf": [_NUMBER, quantity]}


def _members(**members: JsonValue) -> dict[str, JsonValue]:
    return {"type": "object", "required": list(members), "properties": members}


def _one_or_several(one: JsonObject, *, contains: bool = False) -> JsonObject:
    several: JsonObject = {"type": "array", "contains" if contains else "items": one}
    return {"anyOf": [one, several]}


def _value(field: Field) -> JsonObject:
    match field.shape:
        case Shape.CODE:
            return {"enum": list(field.codes)}
        case Shape.INTEGER | Shape.NUMBER:
            bounds = {"minimum": field.least, "maximum": field.most}
            number = {name: bound for name, bound in bounds.items() if bound is not None}
            return {"type": field.shape.value, **number}
        case Shape.FLAG:
            return {"type": "boolean"}
        case Shape.DATE:
            return {"anyOf": [_DATE, _members(**{"@value": _DATE})]}
        case _:
            return _text(field)


def _text(field: Field) -> JsonObject:
    return {
        "type": "string",
        "pattern": field.pattern or _NOT_EMPTY,
        "maxLength": field.longest or _LONGEST,
    }


def _label() -> JsonObject:
    text: JsonObject = {"type": "string", "pattern": _NOT_EMPTY, "maxLength": _LONGEST}
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": _LANGUAGE},
        "additionalProperties": _one_or_several(text),
    }


def _geometry() -> JsonObject:
    geometry: JsonObject = {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"enum": list(_GEOMETRIES)}, "coordinates": {"type": "array"}},
    }
    return {"anyOf": [geometry, _members(value=geometry)]}


def _structure(field: Field, definitions: dict[str, JsonValue]) -> JsonObject:
    (schema,), found = msgspec.json.schema_components(
        [field.structure], ref_template="#/$defs/{name}"
    )
    definitions.update({name: _exact(definition) for name, definition in found.items()})
    for kind in _structures(field):
        definitions[kind.__name__] = _marked(kind, _mapping(definitions[kind.__name__]))
    whole = _mapping(_exact(schema))
    if whole.get("type") == "array":
        # One of several may stand alone.
        return {"anyOf": [whole, _mapping(whole["items"])]}
    return whole


def _structures(field: Field) -> Iterator[type[Structure]]:
    """Go through the structures of a field, and those within them."""
    found = structure_of(field)
    if found is not None:
        yield found[0]
        for member in members_of(found[0]):
            yield from _structures(member)


def _marked(kind: type[Structure], schema: dict[str, JsonValue]) -> JsonObject:
    """Say which members are codes or ids of records: `msgspec` does not know the marks for it."""
    properties = _mapping(schema["properties"])
    for member in members_of(kind):
        present = _mapping(properties[member.term])
        said: dict[str, JsonValue] = {}
        if member.codes:
            # Of what may be absent msgspec says that it may be null.
            said["enum"] = [*member.codes, *([None] if "anyOf" in present else [])]
        elif member.targets:
            said["$comment"] = f"Of {' or '.join(member.targets)}"
        properties[member.term] = {**present, **said}
    return {**schema, "properties": properties}


def _exact(schema: object) -> JsonValue:
    """Let exact numbers be numbers in JSON, as they are written."""
    if isinstance(schema, Mapping):
        if schema.get("format") == "decimal":
            return {"type": ["number", "string"], "pattern": r"^-?[0-9]+(?:\.[0-9]+)?$"}
        return {name: _exact(member) for name, member in schema.items()}
    if isinstance(schema, list | tuple):
        return [_exact(one) for one in schema]
    return cast("JsonValue", schema)


def _mapping(value: JsonValue) -> dict[str, JsonValue]:
    return dict(cast("Mapping[str, JsonValue]", value))


def _descriptions(kind: type[Record]) -> dict[str, str]:
    """What the docstrings of a type and of those above it say of each field."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if not issubclass(one, msgspec.Struct):
            continue
        _, _, listed = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")
        name = ""
        for line in listed.splitlines():
            start = _ATTRIBUTE_LINE.match(line)
            if start:
                name = start[1]
                found[name] = start[2].strip()
            elif name and line.startswith("        "):
                found[name] += " " + line.strip()
            elif line.strip():
                name = ""
    return found
