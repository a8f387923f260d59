"""Merging a fragment into an entity, at every depth (CIM 009, 5.5.12, 5.6.17; RFC 7396)."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import (
    NULL,
    Attribute,
    AttributeKind,
    Attributes,
    Entity,
    Fragment,
    Instances,
    JsonValue,
    is_deletion,
)
from hanze.ngsild.patch.draft import Draft, Patched
from hanze.ngsild.patch.instance import complete, overlaid, without_nulls
from hanze.ngsild.representation.values import read_uri

__all__ = ["merge_entity"]

#: Kinds whose values are JSON objects into which a merge goes; other values are replaced.
_DEEP = frozenset(
    {AttributeKind.PROPERTY, AttributeKind.JSON_PROPERTY, AttributeKind.LANGUAGE_PROPERTY}
)


def merge_entity(
    entity: Entity,
    fragment: Fragment,
    now: str,
    *,
    observed_at: str | None = None,
    lang: str | None = None,
    simplified: bool = False,
) -> Patched:
    """Merge a fragment into an entity (5.6.17.4).

    Args:
        observed_at: DateTime text for merged attributes that had an `observedAt` and get no other.
        lang: Language of strings that meet a LanguageProperty.
        simplified: Kinds are those of the entity; the fragment may not change them.
        now: DateTime text.

    Raises:
        InvalidInput: A simplified fragment does not fit the kind of an attribute, or a new
            attribute has no value.
    """
    draft = Draft(entity, now)
    merge = _Merge(observed_at, lang, simplified)
    for name, instances in fragment.attributes.items():
        for instance in instances:
            merged = merge.instance(draft.find(name, instance.dataset_id), instance)
            if merged is None:
                draft.remove(name, instance.dataset_id)
            else:
                draft.put(name, merged)
    draft.add_types(fragment.types)
    if fragment.scope is not None:
        draft.set_scope(fragment.scope)
    if fragment.expires_at is not None:
        draft.set_expiry(fragment.expires_at)
    return draft.finish()


@dataclass(frozen=True, slots=True)
class _Merge:
    """The parameters of one merge (6.5.3.4)."""

    observed_at: str | None
    lang: str | None
    simplified: bool

    def instance(self, target: Attribute | None, fragment: Attribute) -> Attribute | None:
        """Merge one instance; `None` when that deletes it."""
        if is_deletion(fragment):
            return None
        if target is None:
            return complete(fragment, deep=True)
        fitting = self._fitting(target, fragment)
        if self.observed_at and target.observed_at and fitting.observed_at is None:
            fitting = replace(fitting, observed_at=self.observed_at)
        if fitting.kind not in (None, target.kind):
            return complete(fitting, deep=True)
        value = _merged_value(target, fitting)
        if target.kind is AttributeKind.LANGUAGE_PROPERTY and value == {}:
            return None
        return overlaid(target, fitting, value, self._attributes(target, fitting))

    def _attributes(self, target: Attribute, fragment: Attribute) -> Attributes:
        if not fragment.attributes:
            return target.attributes
        attributes: dict[str, Instances] = dict(target.attributes)
        for name, instances in fragment.attributes.items():
            present = {one.dataset_id: one for one in attributes.pop(name, ())}
            for instance in instances:
                merged = self.instance(present.get(instance.dataset_id), instance)
                if merged is None:
                    present.pop(instance.dataset_id, None)
                else:
                    present[instance.dataset_id] = merged
            if present:
                attributes[name] = tuple(present.values())
        return attributes

    def _fitting(self, target: Attribute, fragment: Attribute) -> Attribute:
        """Read the fragment as the target's kind, where it did not say its own."""
        value = fragment.value
        if fragment.kind is target.kind or value is UNSET:
            return fragment
        if (
            target.kind is AttributeKind.LANGUAGE_PROPERTY
            and fragment.kind in (None, AttributeKind.PROPERTY)
            and self.lang is not None
            and _is_text(value)
        ):
            return replace(fragment, kind=target.kind, value={self.lang: value})
        if not self.simplified:
            return fragment
        if fragment.kind is None and target.kind is not None:
            return replace(fragment, kind=target.kind, value=_simplified(target.kind, value))
        if target.kind is AttributeKind.PROPERTY and fragment.kind is AttributeKind.GEO_PROPERTY:
            # Terms of GeoJSON are the same in every context.
            return replace(fragment, kind=target.kind, value=CORE.expand_value(value))
        raise _misfit(target.kind)


def _merged_value(target: Attribute, fragment: Attribute) -> JsonValue:
    present = target.value if target.value is not UNSET else None
    if fragment.value is UNSET:
        return present
    if target.kind in _DEEP:
        return _merged_json(present, fragment.value)
    return fragment.value


def _merged_json(target: JsonValue, patch: JsonValue) -> JsonValue:
    if not isinstance(patch, Mapping):
        return patch
    if not isinstance(target, Mapping):
        return without_nulls(patch)
    merged = dict(target)
    for name, part in patch.items():
        if part == NULL:
            merged.pop(name, None)
        else:
            merged[name] = _merged_json(merged.get(name), part)
    return merged


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(part, str) for part in value)
    )


def _simplified(kind: AttributeKind, value: JsonValue) -> JsonValue:
    """Read a bare simplified value as one of a kind (4.5.4)."""
    if kind is AttributeKind.PROPERTY:
        return value
    if kind is AttributeKind.LIST_PROPERTY and isinstance(value, list):
        return value
    if kind is AttributeKind.RELATIONSHIP and isinstance(value, str):
        return read_uri(value, "object", clause="4.5.3.2")
    if kind in (AttributeKind.RELATIONSHIP, AttributeKind.LIST_RELATIONSHIP) and isinstance(
        value, list
    ):
        return [read_uri(part, "object", clause="4.5.3.2") for part in value]
    raise _misfit(kind)


def _misfit(kind: AttributeKind | None) -> InvalidInput:
    name = kind.value if kind else "attribute"
    return InvalidInput(
        f"A simplified value does not fit a {name}, and its type cannot be changed",
        field="type",
        clause="6.5.3.4",
    )
