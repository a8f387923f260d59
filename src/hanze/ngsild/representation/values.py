"""What may stand in the members of entities and attributes (CIM 009, 4.5.0, 4.5.2 to 4.5.24, 5.5.4).

One reader per kind of attribute turns the JSON of a value into the model's value. NGSI-LD Nulls
pass only where the operation deletes by them.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.geometry import validate_geometry
from hanze.ngsild.model import NULL, AttributeKind, JsonValue
from hanze.ngsild.uri import is_uri

__all__ = [
    "VALUE_READERS",
    "NullPolicy",
    "is_language_tag",
    "read_scopes",
    "read_strings",
    "read_text",
    "read_uri",
]


class NullPolicy(Enum):
    """Where a request may hold NGSI-LD Nulls (5.5.4)."""

    #: Nowhere: create, append, replace.
    REFUSE = "refuse"
    #: As a member of the entity or attribute, or as its value: update (5.5.8).
    UPDATE = "update"
    #: Also inside the JSON objects of values: merge (5.5.12).
    MERGE = "merge"


ValueReader = Callable[[JsonValue, Context, NullPolicy, str], JsonValue]

_PLAIN = frozenset({str, int, float, bool})
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*|@none", re.ASCII)

#: Nesting of raw JSON that is accepted, as it is for other values.
_MAX_DEPTH: Final = 100


def _refusal(what: str, field: str, value: JsonValue, clause: str) -> InvalidInput:
    return InvalidInput(f"{field} {what}", field=field, value=value, clause=clause)


def _null_refusal(field: str) -> InvalidInput:
    return _refusal("must not be an NGSI-LD Null in this operation", field, NULL, "5.5.4")


def read_uri(json: JsonValue, field: str, *, clause: str = "4.6.3") -> str:
    """Check that JSON is a URI.

    Raises:
        InvalidInput: It is something else.
    """
    if type(json) is str and is_uri(json):
        return json
    raise _refusal("must be a URI", field, json, clause)


def is_language_tag(text: str) -> bool:
    """Tell whether a text can be the key of a languageMap: an RFC 5646 tag, or "@none" (4.6.5)."""
    return _LANGUAGE_TAG.fullmatch(text) is not None


def read_text(json: JsonValue, field: str, *, clause: str) -> str:
    """Check that JSON is a string with something in it.

    Raises:
        InvalidInput: It is something else.
    """
    if type(json) is str and json:
        return json
    raise _refusal("must be a non-empty string", field, json, clause)


def read_strings(json: JsonValue, field: str, *, clause: str) -> tuple[str, ...]:
    """Read a string, or an array of at least one, without repetitions.

    Raises:
        InvalidInput: It is something else.
    """
    if type(json) is list and json:
        return tuple(dict.fromkeys(read_text(part, field, clause=clause) for part in json))
    return (read_text(json, field, clause=clause),)


def read_scopes(json: JsonValue, nulls: NullPolicy) -> tuple[str, ...]:
    """Read the scope of an entity (4.18).

    Raises:
        InvalidInput: A scope breaks the grammar, or a Null stands where none may.
    """
    scopes = read_strings(json, "scope", clause="4.18")
    if NULL in scopes:
        if nulls is NullPolicy.REFUSE or len(scopes) > 1:
            raise _null_refusal("scope")
        return scopes
    for scope in scopes:
        if not _is_scope(scope):
            raise _refusal("must have levels of letters, digits and _", "scope", scope, "4.18")
    return scopes


@lru_cache(maxsize=4096)
def _is_scope(text: str) -> bool:
    return all(
        level[:1].isalpha() and level.replace("_", "0").isalnum()
        for level in text.removeprefix("/").split("/")
    )


def _property(json: JsonValue, context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if type(json) in _PLAIN:
        if json == NULL and nulls is NullPolicy.REFUSE:
            raise _null_refusal(field)
        return json
    if type(json) is list and json == [NULL] and nulls is not NullPolicy.REFUSE:
        return json
    # Expanding comes first: it refuses what is nested too deeply.
    expanded = context.expand_value(json)
    _check_json(json, nulls, field)
    return expanded


def _check_json(json: JsonValue, nulls: NullPolicy, field: str) -> None:
    """Refuse what JSON-LD cannot hold, at any depth: null, and an @context of its own."""
    if type(json) is dict:
        if "@value" in json:
            _check_typed_value(json, field)
            return
        if "@context" in json:
            raise _refusal("must not embed an @context", field, None, "5.5.7")
        parts, may_be_null = list(json.values()), nulls is NullPolicy.MERGE
    elif type(json) is list:
        parts, may_be_null = json, False
    else:
        raise _refusal("must not be null", field, "null", "4.5.0")
    for part in parts:
        if type(part) not in _PLAIN:
            _check_json(part, nulls, field)
        elif part == NULL and not may_be_null:
            raise _null_refusal(field)


def _check_typed_value(json: Mapping[str, JsonValue], field: str) -> None:
    """Refuse a typed value that is no literal; a JSON literal may be anything (4.5.0)."""
    if json.get("@type") == "@json":
        _check_depth(json["@value"], field, _MAX_DEPTH)
    elif type(json["@value"]) not in _PLAIN:
        raise _refusal("must have a string, number or boolean as @value", field, None, "4.6.3")


def _check_depth(json: JsonValue, field: str, depth: int) -> None:
    if type(json) is not dict and type(json) is not list:
        return
    if not depth:
        raise _refusal(f"must not be nested deeper than {_MAX_DEPTH} levels", field, None, "5.5.4")
    for part in json.values() if type(json) is dict else json:
        _check_depth(part, field, depth - 1)


def _deletes(json: JsonValue, nulls: NullPolicy, field: str) -> bool:
    """Tell whether a value is an NGSI-LD Null, alone or in an array (4.5.0), and may be one."""
    if json == NULL or (type(json) is list and NULL in json):
        if nulls is NullPolicy.REFUSE or (type(json) is list and len(json) > 1):
            raise _null_refusal(field)
        return True
    return False


def _geometry(json: JsonValue, _context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if type(json) is not dict and _deletes(json, nulls, field):
        return json
    return validate_geometry(json, field=field)


def _language_map(json: JsonValue, _context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if _deletes(json, nulls, field):
        return json
    if type(json) is not dict or (not json and nulls is not NullPolicy.MERGE):
        raise _refusal("must be an object of languages and their texts", field, json, "4.6.5")
    for tag, text in json.items():
        if not is_language_tag(tag):
            raise _refusal("must have RFC 5646 language tags", field, tag, "4.6.5")
        if text == NULL:
            deletes_all = nulls is NullPolicy.UPDATE and len(json) == 1 and tag == "@none"
            if not deletes_all and nulls is not NullPolicy.MERGE:
                raise _null_refusal(field)
        elif type(text) is not str and not (
            type(text) is list and all(type(part) is str for part in text)
        ):
            raise _refusal("must have strings or arrays of strings", field, text, "4.6.5")
    return json


def _vocab(json: JsonValue, context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if _deletes(json, nulls, field):
        return json
    terms = read_strings(json, field, clause="4.5.20.2")
    expanded = [context.expand_vocab(term) for term in terms]
    return expanded[0] if type(json) is str else expanded


def _json(json: JsonValue, _context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if json is None:
        raise _refusal("must not be null", field, "null", "4.5.0")
    if json == NULL and nulls is NullPolicy.REFUSE:
        raise _null_refusal(field)
    _check_depth(json, field, _MAX_DEPTH)
    return json


def _value_list(json: JsonValue, context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if _deletes(json, nulls, field):
        return json
    if type(json) is not list:
        raise _refusal("must be an array", field, json, "4.5.21.2")
    # Expanding comes first: it refuses what is nested too deeply.
    expanded = context.expand_value(json)
    _check_json(json, nulls, field)
    return expanded


def _object(json: JsonValue, _context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if type(json) is str and json != NULL:
        return read_uri(json, field, clause="4.5.3.2")
    if _deletes(json, nulls, field):
        return json
    if type(json) is list and json:
        return [read_uri(target, field, clause="4.5.3.2") for target in json]
    raise _refusal("must be a URI or an array of URIs", field, json, "4.5.3.2")


def _object_list(json: JsonValue, _context: Context, nulls: NullPolicy, field: str) -> JsonValue:
    if _deletes(json, nulls, field):
        return json
    if type(json) is not list:
        raise _refusal("must be an array of URIs", field, json, "4.5.22.2")
    return [_list_target(target, field) for target in json]


def _list_target(json: JsonValue, field: str) -> str:
    target = json["object"] if type(json) is dict and json.keys() == {"object"} else json
    if target == NULL:
        raise _null_refusal(field)
    return read_uri(target, field, clause="4.5.22.2")


#: By kind: how the JSON of the value member is checked and expanded.
VALUE_READERS: Final[Mapping[AttributeKind, ValueReader]] = {
    AttributeKind.PROPERTY: _property,
    AttributeKind.GEO_PROPERTY: _geometry,
    AttributeKind.LANGUAGE_PROPERTY: _language_map,
    AttributeKind.VOCAB_PROPERTY: _vocab,
    AttributeKind.JSON_PROPERTY: _json,
    AttributeKind.LIST_PROPERTY: _value_list,
    AttributeKind.RELATIONSHIP: _object,
    AttributeKind.LIST_RELATIONSHIP: _object_list,
}
