"""Temporal evolutions from JSON (CIM 009, 4.5.6 to 4.5.9, 5.2.20).

An attribute is an array of its instances, or a single one: normalized, concise, or with values and
times alone (4.5.9). Attributes of one entity may differ in this.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.geometry import is_geometry
from hanze.ngsild.model import (
    DEFAULT_INSTANCE,
    NULL,
    Attribute,
    AttributeKind,
    JsonObject,
    JsonValue,
    is_deletion,
)
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.representation.members import (
    ATTRIBUTE_MEMBERS,
    IGNORED,
    KINDS,
    NOT_ATTRIBUTES,
    RULES,
)
from hanze.ngsild.representation.parse import parse_fragment
from hanze.ngsild.representation.reader import (
    CORE_GEO_PROPERTIES,
    AttributeReader,
    as_geo,
    read_moment,
)
from hanze.ngsild.representation.temporal_members import SERIES_MEMBERS, WRAPPED
from hanze.ngsild.representation.values import VALUE_READERS, NullPolicy, read_scopes, read_uri
from hanze.ngsild.temporal.model import Instance, TemporalEntity

__all__ = ["parse_temporal_entity", "parse_temporal_fragment", "parse_temporal_instance"]

#: Members of an entity that are read as those of any other, and are no attributes.
_OWN: Final = IGNORED | {"id", "@id", "type", "@type", "expiresAt", "@context"}
#: All that an instance of the scope may have (4.5.6).
_SCOPE_MEMBERS: Final = IGNORED | {"type", "@type", "value", "observedAt"}
_SCOPE_SERIES: Final = frozenset({"type", "@type", "values"})


def parse_temporal_entity(json: JsonValue, context: Context, *, now: str) -> TemporalEntity:
    """Read a Temporal Evolution, as 5.6.11 takes it.

    Args:
        json: What was sent, without its @context.
        context: Expands its names.
        now: DateTime text; when a scope that came without a time was set.

    Raises:
        InvalidInput: It is no EntityTemporal.
    """
    entity_id, entity = _parsed(json, context, now)
    if entity_id is None:
        raise InvalidInput("The entity must have an id", field="id", clause="5.2.20")
    if not entity.types:
        raise InvalidInput("The entity must have a type", field="type", clause="5.2.20")
    return entity


def parse_temporal_fragment(
    json: JsonValue, context: Context, entity_id: str, *, now: str
) -> TemporalEntity:
    """Read instances to be added to the evolution that the path names, as 5.6.12 takes them.

    Raises:
        InvalidInput: It is no fragment of an EntityTemporal, or has another id.
    """
    found_id, entity = _parsed(json, context, now)
    if found_id not in {None, entity_id}:
        raise InvalidInput(
            f"The id in the body must be {entity_id}", field="id", value=found_id, clause="5.4"
        )
    return replace(entity, id=entity_id)


def parse_temporal_instance(
    json: JsonValue, context: Context, entity_id: str, name: str, *, now: str
) -> Instance:
    """Read the one instance that replaces another, as 5.6.14 takes it.

    Args:
        entity_id: From the path.
        name: IRI of the attribute, from the path.

    Raises:
        InvalidInput: It is not one instance of this attribute and nothing else.
    """
    entity = parse_temporal_fragment(json, context, entity_id, now=now)
    instances = entity.attributes.get(name, ())
    if len(instances) != 1 or len(entity.attributes) != 1:
        raise InvalidInput(
            f"The fragment must have exactly one instance, of the attribute {name}",
            field="attrId",
            value=name,
            clause="5.6.14.3",
        )
    return instances[0]


def _parsed(json: JsonValue, context: Context, now: str) -> tuple[str | None, TemporalEntity]:
    if not isinstance(json, Mapping):
        raise InvalidInput("The entity must be a JSON object", value=json, clause="5.5.4")
    own = parse_fragment(
        {key: value for key, value in json.items() if key in _OWN}, context, NullPolicy.REFUSE
    )
    reader = _TemporalReader(context, now)
    try:
        attributes = reader.attributes(json)
    except RecursionError:
        raise InvalidInput(
            "Attributes are nested too deeply in each other", clause="5.5.4"
        ) from None
    return own.id, TemporalEntity(own.id or "", own.types, attributes)


class _TemporalReader:
    """Reads the attributes of one body."""

    def __init__(self, context: Context, now: str) -> None:
        self._context = context
        self._now = now
        self._plain = AttributeReader(context, NullPolicy.REFUSE)

    def attributes(self, members: JsonObject) -> dict[str, tuple[Instance, ...]]:
        found: dict[str, tuple[Instance, ...]] = {}
        for key, json in members.items():
            if key in _OWN:
                continue
            name = self._context.expand_name(key)
            if name in found:
                raise _refusal(key, "names an attribute that is there already", "4.5.5.1")
            if name == SCOPE:
                found[name] = self._scopes(json)
                continue
            if key in NOT_ATTRIBUTES or name in NOT_ATTRIBUTES:
                raise _refusal(key, "cannot be an attribute", "4.5.1")
            found[name] = self._instances(json, name, key)
        return found

    def _instances(self, json: JsonValue, name: str, field: str) -> tuple[Instance, ...]:
        parts = _parts(json, field)
        return tuple(one for part in parts for one in self._instances_of_part(part, name, field))

    def _instances_of_part(self, part: JsonValue, name: str, field: str) -> Sequence[Instance]:
        if not isinstance(part, Mapping):
            raise _refusal(field, "must be an array of instances, or a single one", "4.5.7")
        kind = _series_kind(part)
        if kind is not None:
            return self._series(part, kind, name, field)
        if ATTRIBUTE_MEMBERS.isdisjoint(part) and not is_geometry(part):
            raise _refusal(field, "must have a value", "4.5.7")
        if "deletedAt" in part and _deletes(part):
            return (self._deletion(part, name, field),)
        return (Instance(self._geo(self._plain.instance(part, name, field), name, field)),)

    def _geo(self, attribute: Attribute, name: str, field: str) -> Attribute:
        return as_geo((attribute,), field)[0] if name in CORE_GEO_PROPERTIES else attribute

    def _deletion(self, part: JsonObject, name: str, field: str) -> Instance:
        """Read an instance that says that the attribute was deleted (4.5.7, 5.5.4)."""
        deleted_at = read_moment(part["deletedAt"], NullPolicy.REFUSE, f"{field}.deletedAt")
        rest = {key: value for key, value in part.items() if key != "observedAt"}
        attribute = AttributeReader(self._context, NullPolicy.UPDATE).instance(rest, name, field)
        if not is_deletion(attribute):
            raise _refusal(field, "must not hold an NGSI-LD Null", "5.5.4")
        observed_at = None
        if "observedAt" in part:
            observed_at = read_moment(part["observedAt"], NullPolicy.REFUSE, f"{field}.observedAt")
        bare = Attribute(
            kind=attribute.kind,
            value=NULL,
            dataset_id=attribute.dataset_id,
            observed_at=observed_at,
        )
        return Instance(bare, deleted_at=deleted_at)

    def _series(
        self, part: JsonObject, kind: AttributeKind, name: str, field: str
    ) -> list[Instance]:
        """Read values with their times (4.5.9)."""
        member = SERIES_MEMBERS[kind]
        dataset_id = None
        if part.get("datasetId", DEFAULT_INSTANCE) != DEFAULT_INSTANCE:
            dataset_id = read_uri(part["datasetId"], f"{field}.datasetId", clause="4.5.5.1")
        unknown = part.keys() - {"type", "@type", "datasetId", member}
        if unknown:
            raise _refusal(f"{field}.{min(unknown)}", "must not be beside values", "4.5.9")
        found = []
        for json, time in _pairs(part[member], f"{field}.{member}"):
            value = VALUE_READERS[kind](
                _unwrapped(json, kind), self._context, NullPolicy.REFUSE, field
            )
            observed_at = read_moment(time, NullPolicy.REFUSE, f"{field}.{member}")
            attribute = Attribute(
                kind=kind, value=value, dataset_id=dataset_id, observed_at=observed_at
            )
            found.append(Instance(self._geo(attribute, name, field)))
        return found

    def _scopes(self, json: JsonValue) -> tuple[Instance, ...]:
        """Read the scope as a Property (4.5.6), or plain, as the present has it: set now."""
        if isinstance(json, str) or (
            isinstance(json, list) and json and all(isinstance(one, str) for one in json)
        ):
            return (self._scope(json, self._now),)
        return tuple(one for part in _parts(json, "scope") for one in self._scopes_of_part(part))

    def _scopes_of_part(self, part: JsonValue) -> Sequence[Instance]:
        if not isinstance(part, Mapping):
            raise _refusal("scope", "must be an array of instances, or a single one", "4.5.6")
        if _series_kind(part) is AttributeKind.PROPERTY and part.keys() <= _SCOPE_SERIES:
            return [self._scope_of_pair(pair) for pair in _pairs(part["values"], "scope.values")]
        named = part.get("type", part.get("@type", "Property"))
        kind = KINDS.get(named) if isinstance(named, str) else None
        if part.keys() - _SCOPE_MEMBERS or kind is not AttributeKind.PROPERTY:
            raise _refusal("scope", "must be a Property with value and times alone", "4.5.6")
        if part.get("value") == NULL and "deletedAt" in part:
            return [self._deletion({"type": "Property", **part}, SCOPE, "scope")]
        observed_at = None
        if "observedAt" in part:
            observed_at = read_moment(part["observedAt"], NullPolicy.REFUSE, "scope.observedAt")
        return [self._scope(part.get("value"), observed_at)]

    def _scope_of_pair(self, pair: tuple[JsonValue, JsonValue]) -> Instance:
        return self._scope(pair[0], read_moment(pair[1], NullPolicy.REFUSE, "scope.values"))

    def _scope(self, json: JsonValue, observed_at: str | None) -> Instance:
        scopes = read_scopes(json, NullPolicy.REFUSE)
        value: JsonValue = scopes[0] if len(scopes) == 1 else list(scopes)
        return Instance(
            Attribute(kind=AttributeKind.PROPERTY, value=value, observed_at=observed_at)
        )


def _parts(json: JsonValue, field: str) -> list[JsonValue]:
    """Give the elements of an array, or what stands there alone."""
    if not isinstance(json, list):
        return [json]
    if not json:
        raise _refusal(field, "must have at least one instance", "4.5.7")
    return json


def _series_kind(part: JsonObject) -> AttributeKind | None:
    """Tell the kind of a series of values; `None` for an instance."""
    named = part.get("type", part.get("@type"))
    kind = KINDS.get(named) if isinstance(named, str) else None
    if kind is None or SERIES_MEMBERS[kind] not in part or RULES[kind].member in part:
        return None
    return kind


def _pairs(json: JsonValue, field: str) -> list[tuple[JsonValue, JsonValue]]:
    """Read the pairs of value and time of the simplified temporal representation (4.5.9)."""
    if not isinstance(json, list) or not json:
        raise _refusal(field, "must be an array of pairs", "4.5.9")
    found = []
    for pair in json:
        if not isinstance(pair, list) or len(pair) != 2:
            raise _refusal(field, "must have pairs of value and time", "4.5.9")
        found.append((pair[0], pair[1]))
    return found


def _unwrapped(json: JsonValue, kind: AttributeKind) -> JsonValue:
    """Take a value out of the object in which 4.5.9 lets some kinds stand."""
    member = RULES[kind].member
    if kind in WRAPPED and isinstance(json, Mapping) and json.keys() == {member}:
        return json[member]
    return json


def _deletes(part: JsonObject) -> bool:
    """Tell whether any member that may hold a value holds the NGSI-LD Null."""
    return any(
        value in (NULL, {"@none": NULL}, [NULL])
        for key, value in part.items()
        if key in _VALUE_MEMBERS
    )


_VALUE_MEMBERS: Final = frozenset(rules.member for rules in RULES.values())


def _refusal(field: str, what: str, clause: str) -> InvalidInput:
    return InvalidInput(f"{field} {what}", field=field, clause=clause)
