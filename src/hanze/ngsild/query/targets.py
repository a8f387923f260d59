"""What an attribute path addresses in an entity (CIM 009, 4.9): its target values.

There is one target value for each instance of the attribute (4.5.5), and for each entity that a
linked path arrives at. A query term is met when any of them meets it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import UNSET, UnsetType

from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.compare import TargetValue, Texts
from hanze.ngsild.query.members import (
    CREATED_AT,
    DATASET_ID,
    EXPIRES_AT,
    ID,
    LANG,
    MODIFIED_AT,
    OBJECT_TYPE,
    OBSERVED_AT,
    SCOPE,
    TYPE,
    UNIT_CODE,
    VALUE_TYPE,
)
from hanze.ngsild.query.tree import LinkedPath, Moment, MomentKind, Uri, ValuePath

__all__ = ["Follow", "instances_of", "is_member", "targets"]

#: Looks up a linked entity by its URI; `None` when it is not there.
Follow = Callable[[str], Entity | None]

#: Stands for any language of a languageMap (4.9).
_ANY_LANGUAGE: Final = "*"


def targets(path: ValuePath | LinkedPath, entity: Entity, follow: Follow) -> Iterator[TargetValue]:
    """Yield the target values of a path, in the order of the instances."""
    if isinstance(path, LinkedPath):
        for linked in _linked(path, entity, follow):
            yield from targets(path.target, linked, follow)
        return
    names = path.names
    if len(names) == 1:
        member = _ENTITY_MEMBERS.get(names[0])
        if member is not None:
            yield from member(entity)
            return
        for instance in entity.attributes.get(names[0], ()):
            yield from _value_targets(instance, path)
        return
    yield from _nested_targets(path, entity)


def instances_of(names: Sequence[str], entity: Entity) -> Iterator[Attribute]:
    """Yield the instances that a path of attribute names, without members, addresses."""
    instances: Instances = entity.attributes.get(names[0], ())
    for name in names[1:]:
        instances = tuple(
            child for parent in instances for child in parent.attributes.get(name, ())
        )
    yield from instances


def is_member(name: str) -> bool:
    """Tell whether a name addresses a member that is no attribute, e.g. observedAt."""
    return name in _ENTITY_MEMBERS or name in _ATTRIBUTE_MEMBERS


def _nested_targets(path: ValuePath, entity: Entity) -> Iterator[TargetValue]:
    member = _ATTRIBUTE_MEMBERS.get(path.names[-1])
    if member is None:
        for instance in instances_of(path.names, entity):
            yield from _value_targets(instance, path)
        return
    for instance in instances_of(path.names[:-1], entity):
        yield from member(instance)


def _linked(path: LinkedPath, entity: Entity, follow: Follow) -> Iterator[Entity]:
    wanted = frozenset(path.types)
    for instance in entity.attributes.get(path.relationship, ()):
        if instance.kind not in _RELATIONSHIPS:
            continue
        for uri in _texts(instance.value):
            linked = follow(uri)
            if linked is not None and (not wanted or not wanted.isdisjoint(linked.types)):
                yield linked


def _value_targets(instance: Attribute, path: ValuePath) -> Iterator[TargetValue]:
    kind, value = instance.kind, instance.value
    if kind is AttributeKind.LANGUAGE_PROPERTY:
        yield from _language_targets(value, path.terms)
    elif kind in _URI_KINDS:
        if not path.terms:
            yield _uris(value)
    elif path.terms:
        raw = kind is AttributeKind.JSON_PROPERTY
        yield from _inside(value, path.terms if raw else path.trailing, path.terms)
    elif value is not UNSET:
        yield _plain(value)


def _inside(
    value: JsonValue | UnsetType, names: Sequence[str], terms: Sequence[str]
) -> Iterator[TargetValue]:
    """Follow member names into a JSON value (4.9: a MemberExpression in dot notation).

    The second names are those as written: GeoJSON and JSON literals keep their own member names.
    """
    for name, term in zip(names, terms, strict=True):
        if not isinstance(value, Mapping):
            return
        if name in value:
            value = value[name]
        elif term in value and name != term:
            value = value[term]
        else:
            return
    if value is not UNSET:
        yield _plain(value)


def _plain(value: JsonValue) -> JsonValue:
    """What a JSON-LD value object holds (4.6.3: typed values, JSON literals), or the value itself."""
    return value.get("@value", value) if isinstance(value, Mapping) else value


def _language_targets(value: object, terms: Sequence[str]) -> Iterator[TargetValue]:
    if not isinstance(value, Mapping) or len(terms) > 1:
        return
    if not terms or terms[0] == _ANY_LANGUAGE:
        yield Texts(text for texts in value.values() for text in _texts(texts))
        return
    wanted = terms[0].lower()
    for language, texts in value.items():
        if language.lower() == wanted:
            yield Texts(_texts(texts))


def _texts(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(text for text in value if isinstance(text, str))
    return ()


def _uris(value: object) -> TargetValue:
    if isinstance(value, str):
        return Uri(value)
    return tuple(Uri(text) for text in _texts(value))


def _moment(text: str | None) -> Iterator[TargetValue]:
    if text is not None:
        yield Moment(MomentKind.DATE_TIME, parse_datetime(text))


def _text(text: str | None) -> Iterator[TargetValue]:
    if text is not None:
        yield text


def _uri(text: str | None) -> Iterator[TargetValue]:
    if text is not None:
        yield Uri(text)


def _several_uris(texts: Sequence[str]) -> Iterator[TargetValue]:
    if texts:
        yield tuple(Uri(text) for text in texts)


def _scope_targets(entity: Entity) -> Iterator[TargetValue]:
    if entity.scope:
        yield list(entity.scope) if len(entity.scope) > 1 else entity.scope[0]


_RELATIONSHIPS: Final = frozenset((AttributeKind.RELATIONSHIP, AttributeKind.LIST_RELATIONSHIP))
_URI_KINDS: Final = _RELATIONSHIPS | {AttributeKind.VOCAB_PROPERTY}

_ENTITY_MEMBERS: Final[Mapping[str, Callable[[Entity], Iterator[TargetValue]]]] = {
    ID: lambda entity: _uri(entity.id),
    TYPE: lambda entity: _several_uris(entity.types),
    SCOPE: _scope_targets,
    CREATED_AT: lambda entity: _moment(entity.created_at),
    MODIFIED_AT: lambda entity: _moment(entity.modified_at),
    EXPIRES_AT: lambda entity: _moment(entity.expires_at),
}

_ATTRIBUTE_MEMBERS: Final[Mapping[str, Callable[[Attribute], Iterator[TargetValue]]]] = {
    OBSERVED_AT: lambda instance: _moment(instance.observed_at),
    CREATED_AT: lambda instance: _moment(instance.created_at),
    MODIFIED_AT: lambda instance: _moment(instance.modified_at),
    EXPIRES_AT: lambda instance: _moment(instance.expires_at),
    UNIT_CODE: lambda instance: _text(instance.unit_code),
    DATASET_ID: lambda instance: _uri(instance.dataset_id),
    LANG: lambda instance: _text(instance.lang),
    VALUE_TYPE: lambda instance: _uri(instance.value_type),
    OBJECT_TYPE: lambda instance: _several_uris(instance.object_type),
}
