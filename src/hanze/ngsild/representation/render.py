"""Entities in every representation (CIM 009, 4.5.1 to 4.5.4, 4.5.16, 4.5.17, 4.5.23.2).

All renderers take the same arguments: the entity, the context to compact with, the view, what is
picked of the entity, and the linked entities to show inline.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hanze.errors import TooMuch
from hanze.ngsild.context import Context
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.representation.concise import concise_attribute
from hanze.ngsild.representation.normalized import (
    add_system_members,
    normalized_attribute,
    one_or_list,
)
from hanze.ngsild.representation.project import linked_projection, project
from hanze.ngsild.representation.simplified import simplified_attribute
from hanze.ngsild.representation.view import PLAIN, View, shown

__all__ = [
    "PLAIN",
    "InlineTooLarge",
    "Linked",
    "View",
    "concise",
    "feature",
    "normalized",
    "simplified",
]

#: Entities that one answer may hold inline: a dense graph repeats them on every path.
_MAX_INLINE: Final = 10_000

_LINKS: Final = frozenset({AttributeKind.RELATIONSHIP, AttributeKind.LIST_RELATIONSHIP})

_JsonObject = dict[str, JsonValue]


class InlineTooLarge(TooMuch):
    """Showing linked entities inline makes the answer too large."""

    def __init__(self) -> None:
        super().__init__(f"The answer would hold more than {_MAX_INLINE} linked entities inline")


@dataclass(slots=True)
class _Budget:
    left: int = _MAX_INLINE

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise InlineTooLarge


@dataclass(frozen=True, slots=True)
class Linked:
    """The entities that may be shown inline, where a relationship targets them (4.5.23.2).

    Attributes:
        entities: By id.
        depth: How many relationships away from the first entity they are shown (`joinLevel`).
        passed: Ids on the way from the first entity: no entity is shown inside itself.
    """

    entities: Mapping[str, Entity]
    depth: int
    passed: frozenset[str] = frozenset()
    _budget: _Budget = field(default_factory=_Budget, repr=False, compare=False)

    def beyond(self, entity_id: str) -> "Linked | None":
        """Give what may be shown inside the entities that this entity targets."""
        if self.depth < 1:
            return None
        return replace(self, depth=self.depth - 1, passed=self.passed | {entity_id})

    def target(self, uri: JsonValue) -> Entity | None:
        """Look up an entity to be shown inline."""
        if not isinstance(uri, str) or uri in self.passed:
            return None
        entity = self.entities.get(uri)
        if entity is not None:
            self._budget.spend()
        return entity


#: Renders one attribute: instances, name, context, whether with system attributes, and what is
#: shown inline of its targets.
_AttributeRenderer = Callable[
    [Instances, str, Context, bool, Mapping[str, JsonValue]],
    JsonValue,
]


def normalized(
    entity: Entity,
    context: Context,
    view: View = PLAIN,
    *,
    projection: Projection | None = None,
    linked: Linked | None = None,
) -> _JsonObject:
    """Render an entity with everything that is known of it (4.5.1)."""
    return _Rendering(context, view, _normalized).entity(entity, projection, linked)


def concise(
    entity: Entity,
    context: Context,
    view: View = PLAIN,
    *,
    projection: Projection | None = None,
    linked: Linked | None = None,
) -> _JsonObject:
    """Render an entity without what a reader can infer (4.5.2.3)."""
    return _Rendering(context, view, _concise).entity(entity, projection, linked)


def simplified(
    entity: Entity,
    context: Context,
    view: View = PLAIN,
    *,
    projection: Projection | None = None,
    linked: Linked | None = None,
) -> _JsonObject:
    """Render the values of an entity (4.5.4)."""
    return _Rendering(context, view, _simplified).entity(entity, projection, linked)


def feature(
    entity: Entity,
    context: Context,
    view: View = PLAIN,
    *,
    geometry_property: str,
    simplified: bool,
    concise: bool = False,
    projection: Projection | None = None,
    linked: Linked | None = None,
    whole: Entity | None = None,
) -> _JsonObject:
    """Render an entity as a GeoJSON feature (4.5.16.2, 4.5.17.1).

    Args:
        geometry_property: IRI of the GeoProperty that becomes the geometry, also when it is not
            among the picked attributes. Its default instance counts, or the one that the view's
            `dataset_ids` name.
        simplified: The properties are values alone.
        concise: The properties are in the concise representation.
        whole: Has the geometry, where the entity has been reduced to some attributes.
    """
    form = _simplified if simplified else _concise if concise else _normalized
    properties = _Rendering(context, view, form).entity(entity, projection, linked)
    properties.pop("id", None)
    return {
        "id": entity.id,
        "type": "Feature",
        "geometry": _geometry((whole or entity).attributes.get(geometry_property, ()), view),
        "properties": properties,
    }


def _geometry(instances: Instances, view: View) -> JsonValue:
    wanted = view.dataset_ids if view.dataset_ids is not None else {None}
    for instance in instances:
        if instance.kind is AttributeKind.GEO_PROPERTY and instance.dataset_id in wanted:
            return instance.value if isinstance(instance.value, Mapping) else None
    return None


@dataclass(frozen=True, slots=True)
class _Rendering:
    """Renders entities one way."""

    context: Context
    view: View
    form: _AttributeRenderer

    def entity(
        self, entity: Entity, projection: Projection | None, linked: Linked | None
    ) -> _JsonObject:
        compact = self.context.compact_name
        picked = project(entity, projection)
        json: _JsonObject = {}
        if picked.has_id:
            json["id"] = entity.id
        if picked.has_type:
            json["type"] = one_or_list([compact(iri) for iri in entity.types])
        if picked.entity.scope:
            json["scope"] = one_or_list(list(entity.scope))
        for name, instances in picked.entity.attributes.items():
            visible = shown(instances, self.view)
            if visible:
                inline: Mapping[str, JsonValue] = {}
                if linked is not None:
                    nested = linked_projection(projection, name)
                    inline = self._inline(visible, nested, linked.beyond(entity.id))
                sys_attrs = self.view.sys_attrs
                json[compact(name)] = self.form(visible, name, self.context, sys_attrs, inline)
        if self.view.sys_attrs:
            add_system_members(json, entity)
        return json

    def _inline(
        self, instances: Instances, projection: Projection | None, linked: Linked | None
    ) -> Mapping[str, JsonValue]:
        if linked is None:
            return {}
        return {
            target.id: self.entity(target, projection, linked)
            for target in _targets(instances, linked)
        }


def _uris(attribute: Attribute) -> Sequence[JsonValue]:
    if attribute.kind not in _LINKS:
        return ()
    value = attribute.value
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, list | tuple) else ()


def _targets(instances: Instances, linked: Linked) -> Iterator[Entity]:
    for uri in dict.fromkeys(uri for instance in instances for uri in _uris(instance)):
        target = linked.target(uri)
        if target is not None:
            yield target


def _normalized(
    instances: Instances,
    name: str,
    context: Context,
    sys_attrs: bool,
    inline: Mapping[str, JsonValue],
) -> JsonValue:
    json = normalized_attribute(instances, name, context, sys_attrs=sys_attrs)
    return _with_entities(json, instances, inline) if inline else json


def _concise(
    instances: Instances,
    name: str,
    context: Context,
    sys_attrs: bool,
    inline: Mapping[str, JsonValue],
) -> JsonValue:
    json = concise_attribute(instances, name, context, sys_attrs=sys_attrs)
    return _with_entities(json, instances, inline) if inline else json


def _simplified(
    instances: Instances,
    name: str,
    context: Context,
    _sys_attrs: bool,
    inline: Mapping[str, JsonValue],
) -> JsonValue:
    return simplified_attribute(instances, name, context, linked=inline)


def _with_entities(
    json: JsonValue, instances: Instances, inline: Mapping[str, JsonValue]
) -> JsonValue:
    """Add `entity` or `entityList` to each instance whose targets are shown inline."""
    parts = json if isinstance(json, list) else [json]
    expanded = [
        _with_entity(part, instance, inline) if isinstance(part, Mapping) else part
        for part, instance in zip(parts, instances, strict=True)
    ]
    return expanded if isinstance(json, list) else expanded[0]


def _with_entity(
    json: Mapping[str, JsonValue], instance: Attribute, inline: Mapping[str, JsonValue]
) -> JsonValue:
    found = [inline[str(uri)] for uri in _uris(instance) if uri in inline]
    if not found:
        return json
    if instance.kind is AttributeKind.LIST_RELATIONSHIP:
        return {**json, "entityList": found}
    return {**json, "entity": found[0] if isinstance(instance.value, str) else found}
