"""An entity while it is being changed, and what came of it."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from hanze.errors import NotFound
from hanze.ngsild.model import NULL, Attribute, Entity
from hanze.ngsild.patch.stamp import settled, stamped

__all__ = ["AttributeNotFound", "Change", "Draft", "Patched"]


class AttributeNotFound(NotFound):
    """The entity has no such attribute, or no instance of it with this datasetId."""

    def __init__(self, entity_id: str, name: str, dataset_id: str | None = None) -> None:
        which = f" with datasetId {dataset_id}" if dataset_id else ""
        super().__init__(f"Entity {entity_id} does not have the attribute {name}{which}")
        self.entity_id = entity_id
        self.name = name
        self.dataset_id = dataset_id


class Change(msgspec.Struct, frozen=True, gc=False):
    """What happened to one instance of an attribute.

    Attributes:
        name: IRI of the attribute.
        old: `None` when the instance is new.
        new: `None` when the instance is gone.
    """

    name: str
    old: Attribute | None
    new: Attribute | None


class Patched(msgspec.Struct, frozen=True, gc=False):
    """What became of an entity.

    Attributes:
        entity: The very same object when nothing changed.
        updated: IRIs of the attributes for which the request was carried out.
        not_updated: IRIs of the others, with the reason.
        changes: What was written or removed, the same as before or not; empty when only types,
            scope or expiry changed, or nothing.
    """

    entity: Entity
    updated: tuple[str, ...] = ()
    not_updated: tuple[tuple[str, str], ...] = ()
    changes: tuple[Change, ...] = ()


class Draft:
    """Collects the changes of one operation on one entity."""

    def __init__(self, entity: Entity, now: str) -> None:
        self._entity = entity
        self._now = now
        self._attributes = dict(entity.attributes)
        self._types = entity.types
        self._scope = entity.scope
        self._expires_at = entity.expires_at
        self._updated: dict[str, None] = {}
        self._refused: dict[str, str] = {}
        self._changes: list[Change] = []

    def find(self, name: str, dataset_id: str | None) -> Attribute | None:
        """Look an instance up."""
        for instance in self._attributes.get(name, ()):
            if instance.dataset_id == dataset_id:
                return instance
        return None

    def put(self, name: str, new: Attribute) -> None:
        """Add an instance, or replace the one with its datasetId; no other is touched."""
        self._updated[name] = None
        old = self.find(name, new.dataset_id)
        result = stamped(new, self._now) if old is None else settled(old, new, self._now)
        self._changes.append(Change(name, old, result))
        present = self._attributes.get(name, ())
        self._attributes[name] = (
            (*present, result)
            if old is None
            else tuple([result if instance is old else instance for instance in present])
        )

    def remove(self, name: str, dataset_id: str | None) -> None:
        """Remove an instance, where there is one."""
        self._updated[name] = None
        old = self.find(name, dataset_id)
        if old is None:
            return
        self._changes.append(Change(name, old, None))
        rest = tuple(instance for instance in self._attributes[name] if instance is not old)
        if rest:
            self._attributes[name] = rest
        else:
            del self._attributes[name]

    def remove_all(self, name: str) -> None:
        """Remove every instance of an attribute."""
        for instance in self._attributes.get(name, ()):
            self.remove(name, instance.dataset_id)

    def refuse(self, name: str, reason: str) -> None:
        """Note that an attribute of the request is left as it is."""
        self._refused[name] = reason

    def add_types(self, types: Iterable[str]) -> None:
        """Add types; none is ever taken away (4.16)."""
        self._types = tuple(dict.fromkeys((*self._types, *types)))

    def set_types(self, types: tuple[str, ...]) -> None:
        """Replace all types, as only replacing the entity does."""
        self._types = types

    def set_scope(self, scope: tuple[str, ...]) -> None:
        """Replace the scope; an NGSI-LD Null removes it."""
        self._scope = () if scope == (NULL,) else scope

    def set_expiry(self, expires_at: str | None) -> None:
        """Replace the expiry; an NGSI-LD Null removes it."""
        self._expires_at = None if expires_at == NULL else expires_at

    def finish(self) -> Patched:
        """Close the draft: the entity is modified now if anything in it differs."""
        present = self._entity
        same = (
            not self._changes
            and self._types == present.types
            and self._scope == present.scope
            and self._expires_at == present.expires_at
        )
        entity = (
            present
            if same
            else replace(
                present,
                types=self._types,
                attributes=self._attributes,
                scope=self._scope,
                expires_at=self._expires_at,
                modified_at=self._now,
            )
        )
        return Patched(
            entity=entity,
            updated=tuple(name for name in self._updated if name not in self._refused),
            not_updated=tuple(self._refused.items()),
            changes=tuple(self._changes),
        )
