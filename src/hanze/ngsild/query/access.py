"""What of all that there is somebody may read, for a purpose: the meaning of a decision (pure).

A part is a selection of values with one answer: allowed or not. A value may be read where some part
covers it, and every part that covers it allows it. So what no part covers is closed, and a part that
closes an attribute wins over one that opens the whole entity.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec

from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.query.members import ENTITY_MEMBERS
from hanze.ngsild.query.scope_terms import Share
from hanze.ngsild.query.shares import NOWHERE, is_shared, scopes_shared

__all__ = [
    "EVERYTHING",
    "ID",
    "NOTHING",
    "WHOLE",
    "Access",
    "Among",
    "Part",
    "Seen",
    "View",
    "fixed_view",
    "is_fixed",
    "parts_about",
    "redact",
    "said_of",
    "seen_of",
    "term_of",
]


#: Names the entity's own id, where an attribute is named.
ID: Final = "@id"

_END: Final = re.compile(r"[/#:]")


class Among(msgspec.Struct, frozen=True):
    """Entities that say one of some things: whom they are about, or where they come from.

    Attributes:
        attribute: IRI of a Property with a text, or a Relationship; "@id" for the entity's own id.
        values: Texts and ids.
    """

    attribute: str
    values: frozenset[str]

    def has_any(self, entity: Entity) -> bool:
        """Tell whether an entity says one of them, whatever else it says."""
        return not self.values.isdisjoint(said_of(entity, self.attribute))

    def has_all(self, entity: Entity) -> bool:
        """Tell whether an entity says something, and nothing but these."""
        said = said_of(entity, self.attribute)
        return bool(said) and self.values.issuperset(said)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A selection of values, and whether they may be read.

    Attributes:
        dataset: Id of the dataset that selects them; the log and every refusal name it.
        types: IRIs of entity types, any of which an entity has; empty for all.
        scopes: Scopes, with those below them; empty for all, and for entities without a scope.
        attributes: IRIs; empty for the entity as a whole: that it is there, and all that it says.
        when: Only entities that say any of this are covered; `None`: all.
        allowed: Whether the values may be read.
        only: Where they are allowed: only of entities that say nothing but this (data subjects who
            consented, or the resident who asks); `None`: of all.
        reason: Code of `governance.reasons.Reason` where some are not allowed.
        subject: IRI of the attribute that names the data subject, or "@id"; "" where the values are
            about nobody. Whoever reads such values leaves a record for each of them.
        public: Whether anybody may read them, for anything: then nobody leaves a record of that.
    """

    dataset: str
    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    when: Among | None = None
    allowed: bool = False
    only: Among | None = None
    reason: str = ""
    subject: str = ""
    public: bool = False

    def is_fixed(self) -> bool:
        """Tell whether it says the same of all entities of its types."""
        return not self.scopes and self.when is None and self.only is None

    def is_about(self, types: Collection[str]) -> bool:
        """Tell whether it may cover something of an entity of these types."""
        return not self.types or any(name in types for name in self.types)

    def covers(self, entity: Entity) -> bool:
        """Tell whether it covers something of an entity."""
        if not self.is_about(entity.types):
            return False
        if self.scopes and not is_shared((Share(scopes=self.scopes),), entity.types, entity.scope):
            return False
        return self.when is None or self.when.has_any(entity)

    def allows(self, entity: Entity) -> bool:
        """Tell whether it lets an entity that it covers be read."""
        return self.allowed and (self.only is None or self.only.has_all(entity))


class Access(msgspec.Struct, frozen=True, dict=True):
    """What a caller may read of a tenant, for the purpose that it asks for.

    Attributes:
        parts: Each says something about some values.
        rest: Whether what no part covers may be read.
        shares: Besides, only what one of these shares is there; `None`: all (the league, 4.3.6).
    """

    parts: tuple[Part, ...] = ()
    rest: bool = False
    shares: tuple[Share, ...] | None = None

    @cached_property
    def is_everything(self) -> bool:
        """Whether nothing needs to be looked at."""
        return self.rest and not self.parts and self.shares is None

    @cached_property
    def leaves_out(self) -> bool:
        """Whether some part closes something, to all or to some of what it covers."""
        return any(not part.allowed or part.only is not None for part in self.parts)

    def view(self, types: frozenset[str]) -> "View":
        """Say what follows for entities of exactly these types; it is kept, as this is."""
        known = self._views.get(types)
        if known is None:
            known = self._views[types] = _view(self, types)
        return known

    @cached_property
    def has_subjects(self) -> bool:
        """Whether some of it is about data subjects."""
        return any(part.subject for part in self.parts)

    @cached_property
    def mark(self) -> int:
        """The same for what lets the same be read."""
        return hash(self)

    @cached_property
    def _views(self) -> "dict[frozenset[str], View]":
        return {}


EVERYTHING = Access(rest=True)
NOTHING = Access()


class Seen(msgspec.Struct, frozen=True):
    """What somebody sees of an entity that is there for them.

    Attributes:
        only: IRIs of attributes of which no others are shown; `None`: all others are.
        hidden: IRIs of attributes that are not.
    """

    only: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        return self.only is None and not self.hidden

    def shows(self, name: str) -> bool:
        """Tell whether an attribute (IRI) is shown."""
        return name not in self.hidden and (self.only is None or name in self.only)


WHOLE = Seen()


class View(msgspec.Struct, frozen=True):
    """What a caller may read of entities of exactly some types.

    Attributes:
        access: The parts that may cover something of them.
        is_fixed: Whether the same is seen of all of them.
        seen: What; where that is fixed.
        is_open: Whether all of all of them may be read, by anybody and for anything: there is
            nothing to decide, and nothing to account for.
        has_subjects: Whether some of it is about data subjects.
        looks_at: IRIs of the attributes on which it depends what is seen of one of them.
    """

    access: Access
    is_fixed: bool
    seen: Seen | None
    is_open: bool
    has_subjects: bool
    looks_at: frozenset[str] = frozenset()

    def of(self, entity: Entity) -> Seen | None:
        """Say what is seen of one of them, as `seen_of` does."""
        return self.seen if self.is_fixed else seen_of(self.access, entity)

    def shows(self, name: str) -> bool | None:
        """Tell whether an attribute (IRI) of those that are there is shown; `None`: of some."""
        if name in ENTITY_MEMBERS:
            return True
        if self.is_fixed:
            return self.seen is not None and self.seen.shows(name)
        parts = self.access.parts
        naming = [part for part in parts if name in part.attributes]
        if any(part.is_fixed() and not part.allowed for part in naming):
            return False
        if any(not part.allowed or part.only is not None for part in naming):
            return None
        opening = (*naming, *(part for part in parts if not part.attributes))
        return self.access.rest or any(part.is_fixed() for part in opening) or None


def said_of(entity: Entity, attribute: str) -> frozenset[str]:
    """Return the texts and ids that an attribute of an entity says, in all its instances."""
    if attribute == ID:
        return frozenset((entity.id,))
    said: set[str] = set()
    for instance in entity.attributes.get(attribute, ()):
        values = instance.value if isinstance(instance.value, list | tuple) else (instance.value,)
        said.update(text for value in values if isinstance(text := _plain(value), str))
    return frozenset(said)


def redact(entity: Entity, seen: Seen) -> Entity:
    """Leave of an entity what is seen of it; the very same object where that is all."""
    if seen.is_whole:
        return entity
    kept = {name: own for name, own in entity.attributes.items() if seen.shows(name)}
    if len(kept) == len(entity.attributes):
        return entity
    return msgspec.structs.replace(entity, attributes=kept)


def _plain(value: JsonValue) -> JsonValue:
    """Give what a value says that names its JSON-LD type."""
    return value.get("@value") if isinstance(value, Mapping) else value


def term_of(iri: str) -> str:
    """Give what a type is called in most @contexts: the end of its IRI."""
    return _END.split(iri)[-1]


def parts_about(access: Access, types: Collection[str]) -> tuple[Part, ...]:
    """Return the parts that may cover something of entities of some types."""
    return tuple(part for part in access.parts if part.is_about(types))


def seen_of(access: Access, entity: Entity) -> Seen | None:
    """Say what is seen of an entity; `None`: nothing, as if it were not there.

    This defines what `Access` means: the index and the history may be quicker, and must agree.
    """
    if not is_shared(access.shares, entity.types, entity.scope):
        return None
    return _seen([part for part in access.parts if part.covers(entity)], access.rest, entity)


def is_fixed(access: Access, types: Collection[str]) -> bool:
    """Tell whether the same is seen of every entity of exactly these types."""
    shared = scopes_shared(access.shares, types)
    return shared in (None, NOWHERE) and all(p.is_fixed() for p in parts_about(access, types))


def fixed_view(access: Access, types: Collection[str]) -> Seen | None:
    """Say what is seen of every entity of exactly these types, where `is_fixed`; as `seen_of`."""
    if scopes_shared(access.shares, types) == NOWHERE:
        return None
    about = parts_about(access, types)
    return _seen(about, access.rest, None)


def _view(access: Access, types: frozenset[str]) -> View:
    about = parts_about(access, types)
    # What one part closes to all of them, no other opens to some.
    closed = any(p.is_fixed() and not p.attributes and not p.allowed for p in about)
    fixed = closed or is_fixed(access, types)
    seen = None if closed or not fixed else fixed_view(access, types)
    return View(
        Access(about, access.rest, access.shares),
        fixed,
        seen,
        is_open=seen is WHOLE and all(part.public and not part.subject for part in about),
        has_subjects=any(part.subject for part in about),
        looks_at=frozenset(
            among.attribute
            for part in about
            for among in (part.when, part.only)
            if among is not None and among.attribute != ID
        ),
    )


def _seen(covering: Sequence[Part], rest: bool, entity: Entity | None) -> Seen | None:
    whole = [part for part in covering if not part.attributes]
    if not all(_allows(part, entity) for part in whole):
        return None
    some = [part for part in covering if part.attributes]
    hidden = frozenset(
        name for part in some if not _allows(part, entity) for name in part.attributes
    )
    if whole or rest:
        return Seen(None, hidden) if hidden else WHOLE
    only = frozenset(name for part in some for name in part.attributes) - hidden
    return Seen(only, hidden) if only else None


def _allows(part: Part, entity: Entity | None) -> bool:
    return part.allowed if entity is None else part.allows(entity)
