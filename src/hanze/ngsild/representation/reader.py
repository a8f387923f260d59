"""Attributes from normalized and concise JSON, also mixed (CIM 009, 4.5.2, 4.5.3, 4.7.3).

What the concise representation leaves out is inferred; the simplified one is read for merges.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.geometry import is_geometry, validate_geometry
from hanze.ngsild.model import (
    DEFAULT_INSTANCE,
    NULL,
    Attribute,
    AttributeKind,
    Attributes,
    Instances,
    JsonObject,
    JsonValue,
    is_deletion,
)
from hanze.ngsild.moment import normalise_datetime
from hanze.ngsild.representation.members import (
    ATTRIBUTE_MEMBERS,
    IGNORED,
    KIND_OF_MEMBER,
    KINDS,
    NOT_ATTRIBUTES,
    RULES,
    KindRules,
)
from hanze.ngsild.representation.values import (
    VALUE_READERS,
    NullPolicy,
    read_strings,
    read_text,
    read_uri,
)
from hanze.ngsild.terms import NGSI_LD, PROOF

__all__ = ["CORE_GEO_PROPERTIES", "AttributeReader", "as_geo", "holds_instances", "read_moment"]

#: Members of an entity that are no attributes; `@context` is read before (6.3.5).
_ENTITY_MEMBERS: Final = IGNORED | {"id", "@id", "type", "@type", "scope", "expiresAt", "@context"}

#: Attributes of entities that are GeoProperties by definition (4.7.1).
CORE_GEO_PROPERTIES: Final = frozenset(
    NGSI_LD + name for name in ("location", "observationSpace", "operationSpace")
)

#: Tells an attribute without kind apart: the reader asks for every member.
_UNKNOWN_KIND: Final = KindRules(
    AttributeKind.PROPERTY,
    "value",
    frozenset({"type", "observedAt", "datasetId", "unitCode"}),
    frozenset({"expiresAt", "valueType", "objectType", "lang"}),
    IGNORED,
)


def read_moment(json: JsonValue, nulls: NullPolicy, field: str) -> str:
    """Read a DateTime, or the NGSI-LD Null that removes one.

    Raises:
        InvalidInput: It is neither, or a Null stands where none may.
    """
    if json == NULL and nulls is not NullPolicy.REFUSE:
        return NULL
    return normalise_datetime(read_text(json, field, clause="4.6.3"), field=field)


def holds_instances(json: list[JsonValue]) -> bool:
    """Tell instances of an attribute from an array as value (4.5.5).

    One element that names a kind of attribute is enough; without, every element must have members
    of attributes, and one of them the member that implies a kind.
    """
    if any(type(part) is dict and _kind_named(part) is not None for part in json):
        return True
    return all(
        type(part) is dict and "type" not in part and not ATTRIBUTE_MEMBERS.isdisjoint(part)
        for part in json
    ) and any(type(part) is dict and not KIND_OF_MEMBER.keys().isdisjoint(part) for part in json)


def as_geo(instances: Instances, field: str) -> Instances:
    """Read instances of a core GeoProperty: also a geometry that came as text without its kind.

    Raises:
        InvalidInput: One is no GeoProperty, nor the removal of one (Table 5.2.4-1, 4.7.2).
    """
    return tuple(_as_geo(instance, field) for instance in instances)


def _as_geo(instance: Attribute, field: str) -> Attribute:
    value = instance.value
    unsaid = instance.kind is None and value is UNSET
    if instance.kind is AttributeKind.GEO_PROPERTY or unsaid or is_deletion(instance):
        return instance
    if instance.kind in (None, AttributeKind.PROPERTY) and isinstance(value, str):
        geometry = validate_geometry(value, field=field)
        return replace(instance, kind=AttributeKind.GEO_PROPERTY, value=geometry)
    raise InvalidInput(f"{field} must be a GeoProperty", field=field, clause="5.2.4")


def _kind_named(json: JsonObject) -> AttributeKind | None:
    name = json.get("type") or json.get("@type")
    return KINDS.get(name) if type(name) is str else None


@dataclass(frozen=True, slots=True)
class AttributeReader:
    """Reads attributes for one request.

    Attributes:
        partial: A fragment of one attribute: the value may be absent.
        now: `createdAt` and `modifiedAt` of what is read; `None` where that is decided later.
    """

    context: Context
    nulls: NullPolicy
    partial: bool = False
    now: str | None = None

    def attributes(self, members: JsonObject, *, simplified: bool = False) -> Attributes:
        """Read every member of an entity that is an attribute."""
        try:
            return self._attributes(members, simplified=simplified)
        except RecursionError:
            raise _nested_too_deeply() from None

    def _attributes(self, members: JsonObject, *, simplified: bool) -> Attributes:
        expand = self.context.expand_name
        read = self.simplified if simplified else self.instances
        attributes: dict[str, Instances] = {}
        for key, json in members.items():
            if key in _ENTITY_MEMBERS:
                continue
            name = expand(key)
            if key in NOT_ATTRIBUTES or name in NOT_ATTRIBUTES:
                raise InvalidInput(f"{key} cannot be an attribute", field=key, clause="4.5.1")
            if name in attributes:
                raise InvalidInput(
                    f"{key} names an attribute that is there already", field=key, clause="4.5.5.1"
                )
            instances = read(json, name, key)
            attributes[name] = as_geo(instances, key) if name in CORE_GEO_PROPERTIES else instances
        return attributes

    def instances(self, json: JsonValue, name: str, field: str) -> Instances:
        """Read one attribute: an object, an array of them, or a bare value."""
        if self.partial or name == PROOF:
            # What is inside a fragment of an attribute is whole; a proof has terms of its own.
            reader = AttributeReader(self.context.inside(name), self.nulls, now=self.now)
            return reader.read(json, name, field)
        return self.read(json, name, field)

    def read(self, json: JsonValue, name: str, field: str) -> Instances:
        """Read one attribute with the names of this very context."""
        if type(json) is dict:
            return (self.instance(json, name, field),)
        if type(json) is list and holds_instances(json):
            return self._several(json, name, field)
        return (self._bare(json, field),)

    def simplified(self, json: JsonValue, _name: str, field: str) -> Instances:
        """Read one attribute in the simplified representation (4.5.4)."""
        if type(json) is dict and json.keys() == {"dataset"} and type(json["dataset"]) is dict:
            return tuple(
                replace(
                    self._simplified_instance(part, f"{field}.{key}"),
                    dataset_id=self._dataset(key, f"{field}.dataset"),
                )
                for key, part in json["dataset"].items()
            )
        return (self._simplified_instance(json, field),)

    def _simplified_instance(self, json: JsonValue, field: str) -> Attribute:
        if type(json) is dict:
            if is_geometry(json):
                return self._valued(AttributeKind.GEO_PROPERTY, json, field)
            for member in _SIMPLIFIED_MEMBERS:
                if json.keys() == {member}:
                    return self._valued(KIND_OF_MEMBER[member], json[member], field)
        bare = self._bare(json, field)
        return replace(bare, kind=None)

    def _several(self, json: list[JsonValue], name: str, field: str) -> Instances:
        instances: list[Attribute] = []
        for part in json:
            if type(part) is not dict:
                raise InvalidInput(
                    f"{field} must have objects as instances", field=field, clause="4.5.5"
                )
            instances.append(self.instance(part, name, field))
        if len({instance.dataset_id for instance in instances}) < len(instances):
            raise InvalidInput(
                f"{field} must have one instance per datasetId", field=field, clause="4.5.5.1"
            )
        return tuple(instances)

    def _bare(self, json: JsonValue, field: str) -> Attribute:
        if json == NULL and self.nulls is not NullPolicy.REFUSE:
            return Attribute(kind=None, value=NULL)
        return self._valued(AttributeKind.PROPERTY, json, field)

    def _valued(self, kind: AttributeKind, json: JsonValue, field: str) -> Attribute:
        value = VALUE_READERS[kind](json, self.context, self.nulls, field)
        return Attribute(kind=kind, value=value, created_at=self.now, modified_at=self.now)

    def instance(self, json: JsonObject, name: str, field: str) -> Attribute:
        """Read one instance of an attribute, or a JSON object that is its value."""
        kind = _kind_named(json) or self._kind_implied(json, field)
        if kind is not None:
            return self._members(json, kind, name, field)
        if "@context" in json:
            raise InvalidInput(f"{field} must not embed an @context", field=field, clause="5.5.7")
        if is_geometry(json):
            return self._valued(AttributeKind.GEO_PROPERTY, json, field)
        if "type" in json:
            raise InvalidInput(
                f"{field} has a type that is no kind of attribute",
                field=f"{field}.type",
                value=json["type"],
                clause="4.5.2.3",
            )
        if ATTRIBUTE_MEMBERS.isdisjoint(json):
            return self._valued(AttributeKind.PROPERTY, json, field)
        if self.nulls is NullPolicy.MERGE:
            return self._members(json, None, name, field)
        raise InvalidInput(f"{field} must have a value", field=field, clause="4.5.2.2")

    def fragment(self, json: JsonObject, name: str) -> Attribute:
        """Read a fragment of one attribute, whose members are never a value of their own."""
        if is_geometry(json) and _kind_named(json) is None:
            return self._valued(AttributeKind.GEO_PROPERTY, json, "value")
        kind = _kind_named(json) or self._kind_implied(json, "The fragment")
        try:
            if kind is None and ("type" in json or not self.partial):
                return self.instance(json, name, "The fragment")
            return self._members(json, kind, name, "The fragment")
        except RecursionError:
            raise _nested_too_deeply() from None

    def _kind_implied(self, json: JsonObject, field: str) -> AttributeKind | None:
        if "type" in json or "@type" in json:
            return None
        implied = [kind for member, kind in KIND_OF_MEMBER.items() if member in json]
        if len(implied) > 1:
            raise InvalidInput(f"{field} must have one value", field=field, clause="4.5.2.3")
        if not implied:
            return None
        if "value" in json and is_geometry(json["value"]):
            return AttributeKind.GEO_PROPERTY
        return implied[0]

    def _members(
        self, json: JsonObject, kind: AttributeKind | None, name: str, field: str
    ) -> Attribute:
        rules = _UNKNOWN_KIND if kind is None else RULES[kind]
        value: JsonValue | UnsetType = UNSET
        if kind is not None:
            value = (
                VALUE_READERS[kind](json[rules.member], self.context, self.nulls, field)
                if rules.member in json
                else self._no_value(rules, field)
            )
        dataset_id = observed_at = unit_code = None
        if "observedAt" in json:
            observed_at = read_moment(json["observedAt"], self.nulls, f"{field}.observedAt")
        if "unitCode" in json and "unitCode" in rules.common:
            unit_code = self.nullable(json["unitCode"], f"{field}.unitCode")
        if "datasetId" in json:
            dataset_id = self._dataset(json["datasetId"], f"{field}.datasetId")
        attribute = Attribute(
            kind=kind,
            value=value,
            dataset_id=dataset_id,
            observed_at=observed_at,
            unit_code=unit_code,
            created_at=self.now,
            modified_at=self.now,
        )
        if json.keys() <= rules.common:
            return attribute
        return self._completed(attribute, json, rules, name, field)

    def _completed(
        self, attribute: Attribute, json: JsonObject, rules: KindRules, name: str, field: str
    ) -> Attribute:
        """Add the members that few attributes have, and the sub-attributes."""
        known = rules.other | _SEALED if name == PROOF else rules.other
        changes: dict[str, object] = {}
        attributes: dict[str, Instances] = {}
        for key, member in json.items():
            if key in rules.common or key in rules.ignored or key == "@type":
                continue
            path = f"{field}.{key}"
            if key in known:
                target, read = _SPECIAL[key]
                changes[target] = read(self, member, path)
            else:
                sub = self._sub_attribute_name(key, attributes, rules, path)
                attributes[sub] = self.instances(member, sub, path)
        return replace(attribute, attributes=attributes, **changes)

    def _sub_attribute_name(self, key: str, others: Attributes, rules: KindRules, path: str) -> str:
        name = self.context.expand_name(key) if key not in _KEYWORDS else key
        if key in NOT_ATTRIBUTES or name in NOT_ATTRIBUTES or key in _KEYWORDS:
            raise InvalidInput(
                f"{path} must not be in a {rules.kind.value}", field=path, clause="4.5.2.2"
            )
        if name in others:
            raise InvalidInput(
                f"{path} names an attribute that is there already", field=path, clause="4.5.5.1"
            )
        return name

    def _no_value(self, rules: KindRules, field: str) -> UnsetType:
        if self.partial or self.nulls is NullPolicy.MERGE:
            return UNSET
        raise InvalidInput(
            f"{field} must have the member {rules.member}",
            field=f"{field}.{rules.member}",
            clause="4.5.2.2",
        )

    def nullable(self, json: JsonValue, field: str) -> str:
        """Read a string that an NGSI-LD Null may replace."""
        text = read_text(json, field, clause="4.5.2.2")
        if text == NULL and self.nulls is NullPolicy.REFUSE:
            raise InvalidInput(f"{field} must not be an NGSI-LD Null", field=field, clause="5.5.4")
        return text

    def _dataset(self, json: JsonValue, field: str) -> str | None:
        if json == DEFAULT_INSTANCE:
            return None
        if json == NULL:
            raise InvalidInput(f"{field} must not be an NGSI-LD Null", field=field, clause="5.5.8")
        return read_uri(json, field, clause="4.5.5.1")

    def value_type(self, json: JsonValue, field: str) -> str:
        """Read `valueType` (4.5.2.2)."""
        text = self.nullable(json, field)
        return text if text == NULL else self.context.expand_vocab(text)

    def object_type(self, json: JsonValue, field: str) -> tuple[str, ...]:
        """Read `objectType` (4.5.23.1)."""
        names = read_strings(json, field, clause="4.5.3.2")
        if NULL in names:
            return (self.nullable(json, field),)
        return tuple(self.context.expand_vocab(name) for name in names)

    def expiry(self, json: JsonValue, field: str) -> str:
        """Read `expiresAt` (4.22)."""
        return read_moment(json, self.nulls, field)


def _nested_too_deeply() -> InvalidInput:
    return InvalidInput("Attributes are nested too deeply in each other", clause="5.5.4")


def _sealed_id(_reader: AttributeReader, json: JsonValue, field: str) -> str:
    return read_uri(json, field, clause="4.5.2.2")


def _sealed_type(reader: AttributeReader, json: JsonValue, field: str) -> str:
    return reader.context.expand_vocab(read_text(json, field, clause="4.5.2.2"))


#: Only inside `ngsildproof` (C.11).
_SEALED: Final = frozenset({"entityIdSealed", "entityTypeSealed"})

#: What a simplified value is wrapped in where its kind would be lost otherwise (4.5.4).
_SIMPLIFIED_MEMBERS: Final = ("languageMap", "json", "vocab")

_KEYWORDS: Final = frozenset({"@context", "@id", "@value", "@type"})

#: Members that few attributes have: the model's field, and how it is read.
_SPECIAL: Final[Mapping[str, tuple[str, Callable[[AttributeReader, JsonValue, str], object]]]] = {
    "valueType": ("value_type", AttributeReader.value_type),
    "objectType": ("object_type", AttributeReader.object_type),
    "lang": ("lang", AttributeReader.nullable),
    "expiresAt": ("expires_at", AttributeReader.expiry),
    "entityIdSealed": ("entity_id_sealed", _sealed_id),
    "entityTypeSealed": ("entity_type_sealed", _sealed_type),
}
