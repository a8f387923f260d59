"""The entities of a notification as JSON (CIM 009, 5.8.6, 4.5.16, 4.5.23)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from hanze.broker.happened import Happened
from hanze.broker.linked import linked_entities
from hanze.broker.notification.changed import Changed, Mark, changed
from hanze.broker.ports import Store
from hanze.identity.caller import Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.query.members import LOCATION
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.representation.members import RULES
from hanze.ngsild.representation.normalized import compact_value
from hanze.ngsild.representation.project import project
from hanze.ngsild.representation.render import Linked, concise, feature, normalized, simplified
from hanze.ngsild.representation.versions import conform, conformant_version
from hanze.ngsild.representation.view import View, shown
from hanze.ngsild.subscription.model import Accept, Format, Join, Subscription

__all__ = ["EntityRendering"]

_JsonObject = dict[str, JsonValue]

_RENDERERS: Final = {
    Format.NORMALIZED: normalized,
    Format.CONCISE: concise,
    Format.SIMPLIFIED: simplified,
}


@dataclass(frozen=True, slots=True)
class EntityRendering:
    """Writes entities the way a subscription wants them.

    Attributes:
        store: Has the linked entities that `join` asks for.
        caller: On whose behalf; linked entities are shown as they may see them.
        subscription: Whose ways and @context are used.
        now: DateTime text; what has expired by then is not shown.
    """

    store: Store
    caller: Caller
    subscription: Subscription
    now: str

    @property
    def _view(self) -> View:
        return View(
            sys_attrs=self.subscription.notification.sys_attrs,
            languages=self.subscription.languages,
            dataset_ids=self.subscription.datasets,
        )

    def data(self, changes: Sequence[Happened]) -> list[_JsonObject]:
        """Write the entities of some changes, and those that `join` brings along.

        Raises:
            GraphTooLarge: `join` leads to more entities than one notification may hold.
        """
        living = (self._living(happened) for happened in changes)
        found = [changed(one, self.subscription) for one in living if one is not None]
        shows = [one for one in found if one is not None]
        kept = [self._with_attributes(one.entity) for one in shows]
        linked = self._linked(kept)
        inline: Linked | None = None
        params = self.subscription.notification
        if params.join is Join.INLINE:
            known = {entity.id: entity for entity in (*(one for one, _ in linked), *kept)}
            inline = Linked(known, params.join_level)
        rendered = [
            self._marked(self._json(entity, params.projection, inline, whole=one.entity), one)
            for one, entity in zip(shows, kept, strict=True)
        ]
        if params.join is Join.FLAT:
            rendered += [self._json(entity, projection, None) for entity, projection in linked]
        return rendered

    def _living(self, happened: Happened) -> Happened | None:
        """Leave out what has expired meanwhile; an entity that has is swept, and told of then."""
        after = happened.after
        if after is None:
            return happened
        living = unexpired(after, self.now)
        return None if living is None else replace(happened, after=living)

    def _with_attributes(self, entity: Entity) -> Entity:
        names = self.subscription.notification.attributes
        if names is None:
            return entity
        kept = {name: own for name, own in entity.attributes.items() if name in names}
        return replace(entity, attributes=kept)

    def _linked(self, entities: Sequence[Entity]) -> list[tuple[Entity, Projection | None]]:
        params = self.subscription.notification
        if params.join is None:
            return []
        gathered = linked_entities(
            self.store,
            self.caller,
            entities,
            level=params.join_level,
            # Inline, an entity may be shown in several places, each with more or less of it.
            projection=params.projection if params.join is Join.FLAT else None,
            now=self.now,
        )
        version = self.subscription.version
        if version is None:
            return list(gathered.values())
        conformant = conformant_version(version)
        return [(conform(entity, conformant), shown_) for entity, shown_ in gathered.values()]

    def _json(
        self,
        entity: Entity,
        projection: Projection | None,
        linked: Linked | None,
        *,
        whole: Entity | None = None,
    ) -> _JsonObject:
        params = self.subscription.notification
        context = self.subscription.notified_context
        if params.endpoint.accept is Accept.GEO_JSON:
            return feature(
                entity,
                context,
                self._view,
                geometry_property=LOCATION,
                simplified=params.format is Format.SIMPLIFIED,
                concise=params.format is Format.CONCISE,
                projection=projection,
                linked=linked,
                whole=whole,
            )
        render = _RENDERERS[params.format]
        return render(entity, context, self._view, projection=projection, linked=linked)

    def _marked(self, json: _JsonObject, shows: Changed) -> _JsonObject:
        """Add what was, and when something went."""
        properties = json
        if self.subscription.notification.endpoint.accept is Accept.GEO_JSON:
            properties = dict(_object(json["properties"]))
            json["properties"] = properties
        if shows.deleted_at is not None:
            properties["deletedAt"] = shows.deleted_at
        if shows.marks and self.subscription.notification.format is not Format.SIMPLIFIED:
            kept = project(shows.entity, self.subscription.notification.projection).entity
            for name in dict.fromkeys(name for name, _ in shows.marks):
                term = self.subscription.notified_context.compact_name(name)
                if name in kept.attributes and term in properties:
                    properties[term] = self._marked_attribute(
                        properties[term], name, kept.attributes[name], shows
                    )
        return json

    def _marked_attribute(
        self, json: JsonValue, name: str, instances: Instances, shows: Changed
    ) -> JsonValue:
        visible = shown(instances, self._view)
        several = len(visible) > 1
        parts = json if several and isinstance(json, list) else [json]
        marked = [
            self._marked_instance(part, instance, shows.marks.get((name, instance.dataset_id)))
            for part, instance in zip(parts, visible, strict=True)
        ]
        if several:
            return marked
        alone = visible[0]
        mark = shows.marks.get((name, alone.dataset_id))
        # What is gone is an object only where it has more to say than that (5.8.6).
        plain = marked[0] is json and alone.dataset_id is None
        return NULL if plain and mark is not None and mark.deleted_at is not None else marked[0]

    def _marked_instance(
        self, json: JsonValue, instance: Attribute, mark: Mark | None
    ) -> JsonValue:
        if mark is None:
            return json
        members: _JsonObject = {}
        if mark.previous is not None:
            members.update(_previous(mark.previous, self._view, self._compacted))
        if mark.deleted_at is not None and self.subscription.notification.sys_attrs:
            members["deletedAt"] = mark.deleted_at
        if not members:
            return json
        kind = instance.kind or AttributeKind.PROPERTY
        if isinstance(json, Mapping) and (
            self.subscription.notification.format is Format.NORMALIZED or RULES[kind].member in json
        ):
            return {**json, **members}
        # A concise value that stood alone.
        return {RULES[kind].member: json, **members}

    def _compacted(self, instance: Attribute) -> JsonValue:
        params = self.subscription.notification
        if params.format is Format.CONCISE and instance.kind is AttributeKind.LIST_RELATIONSHIP:
            return instance.value if isinstance(instance.value, list) else None
        return compact_value(instance, self.subscription.notified_context)


def _previous(
    instance: Attribute, view: View, compacted: Callable[[Attribute], JsonValue]
) -> _JsonObject:
    was = shown((instance,), View(languages=view.languages))[0]
    member = RULES[was.kind or AttributeKind.PROPERTY].member
    return {f"previous{member[0].upper()}{member[1:]}": compacted(was)}


def _object(json: JsonValue) -> Mapping[str, JsonValue]:
    return json if isinstance(json, Mapping) else {}
