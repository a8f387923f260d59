"""NGSI-LD entities and attributes as values (CIM 009, 4.5, 5.2.4 to 5.2.8, 5.2.31 to 5.2.38).

Everything is expanded: types, attribute names, vocab values and the member names inside the JSON
objects of a Property's value are IRIs. What a term is called in JSON is the business of
`hanze.ngsild.context` and `hanze.ngsild.representation`.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec
from msgspec import UNSET, UnsetType

__all__ = [
    "DEFAULT_INSTANCE",
    "NULL",
    "Attribute",
    "AttributeKind",
    "Attributes",
    "Entity",
    "Fragment",
    "Instances",
    "JsonObject",
    "JsonValue",
    "is_deletion",
]

_Scalar = str | int | float | bool | None
JsonValue = _Scalar | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = Mapping[str, JsonValue]

#: NGSI-LD Null (4.5.0): stands for JSON null in update and merge fragments.
NULL = "urn:ngsi-ld:null"

#: How requests name the instance without datasetId (4.5.5.1). In the model it is `None`.
DEFAULT_INSTANCE = "@none"


class AttributeKind(Enum):
    """The value is the `type` member of the normalized representation."""

    PROPERTY = "Property"
    RELATIONSHIP = "Relationship"
    GEO_PROPERTY = "GeoProperty"
    LANGUAGE_PROPERTY = "LanguageProperty"
    VOCAB_PROPERTY = "VocabProperty"
    JSON_PROPERTY = "JsonProperty"
    LIST_PROPERTY = "ListProperty"
    LIST_RELATIONSHIP = "ListRelationship"

    # Kinds are keys of many tables; Enum's own hash is a Python function and takes 0.5 us.
    __hash__ = object.__hash__


# gc=False: values hold no cycles, so the collector need not walk millions of them.
class Attribute(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One instance of an attribute.

    Attributes:
        kind: `None` only in fragments whose kind cannot be known (a bare NGSI-LD Null, or a partial
            attribute update that carries neither `type` nor a value).
        value: By kind. Property: any JSON, member names expanded. GeoProperty: a GeoJSON geometry.
            LanguageProperty: the languageMap. VocabProperty: an IRI or several. JsonProperty: any
            JSON, untouched. ListProperty: the valueList. Relationship: a URI or several.
            ListRelationship: URIs in order. `UNSET` only in fragments of a partial update.
        dataset_id: URI; `None` is the default instance.
        observed_at: DateTime text as in 4.6.3, decimal point, "Z".
        unit_code: UN/CEFACT Recommendation 20, e.g. "MTR".
        value_type: IRI of the value's data type (`valueType`).
        object_type: IRIs of the types that a (List)Relationship targets (`objectType`).
        lang: Language of a value that was taken from a languageMap (4.15).
        expires_at: DateTime text after which the instance is no longer served (4.22).
        entity_id_sealed: Only inside `ngsildproof` (C.11).
        entity_type_sealed: Only inside `ngsildproof` (C.11); an IRI.
        attributes: Sub-attributes by IRI.
        created_at: DateTime text, set by the node.
        modified_at: DateTime text, set by the node.
    """

    kind: AttributeKind | None
    value: JsonValue | UnsetType = UNSET
    dataset_id: str | None = None
    observed_at: str | None = None
    unit_code: str | None = None
    value_type: str | None = None
    object_type: tuple[str, ...] = ()
    lang: str | None = None
    expires_at: str | None = None
    entity_id_sealed: str | None = None
    entity_type_sealed: str | None = None
    attributes: Mapping[str, tuple["Attribute", ...]] = {}
    created_at: str | None = None
    modified_at: str | None = None


Instances = tuple[Attribute, ...]
Attributes = Mapping[str, Instances]


class Entity(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entity, whole (4.5.1).

    Attributes:
        id: URI.
        types: IRIs, at least one, in the order in which they came.
        attributes: By IRI; each with at least one instance, at most one per `dataset_id`.
        scope: Scopes (4.18) as they were sent.
        expires_at: DateTime text (4.22).
        created_at: DateTime text, set by the node.
        modified_at: DateTime text, set by the node.
    """

    id: str
    types: tuple[str, ...]
    attributes: Attributes
    scope: tuple[str, ...] = ()
    expires_at: str | None = None
    created_at: str | None = None
    modified_at: str | None = None


class Fragment(msgspec.Struct, frozen=True, kw_only=True):
    """What a request wants to change in an entity (5.4).

    Attributes:
        id: Absent where the path names the entity.
        types: Types to add; empty where the fragment has none.
        attributes: Instances may be NGSI-LD Nulls (`is_deletion`).
        scope: `None` leaves the scope alone; `(NULL,)` removes it.
        expires_at: `None` leaves it alone; `NULL` removes it.
    """

    attributes: Attributes
    id: str | None = None
    types: tuple[str, ...] = ()
    scope: tuple[str, ...] | None = None
    expires_at: str | None = None


def is_deletion(attribute: Attribute) -> bool:
    """Tell whether an instance in a fragment is an NGSI-LD Null (4.5.0).

    That is `urn:ngsi-ld:null` as value or object, `{"@none": "urn:ngsi-ld:null"}` as languageMap,
    and an array that holds the Null alone.
    """
    value = attribute.value
    if isinstance(value, str | int | float):
        return value == NULL
    if isinstance(value, Mapping):
        return attribute.kind is AttributeKind.LANGUAGE_PROPERTY and value == {"@none": NULL}
    return isinstance(value, list | tuple) and len(value) == 1 and value[0] == NULL
