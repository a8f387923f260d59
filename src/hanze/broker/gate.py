"""What a caller may read, for every operation that reads: asked before, and never gone around.

Entities that come out of here, or out of `consumption` (which asks here), are in their stored form
*as the caller may see them*: what is hidden from the caller is not in their bodies any more, so that
whoever renders, merges or counts them needs no thought of it. What an operation reads in another
way (`Store.stored`, `Store.search`, a unit of work, an evolution, a change) goes through `shown`,
`seen` or `seen_evolution` before anybody is told of it.

A query is narrowed by `restricted`: hidden values take no part in what matches, how it is sorted and
how much it is. Where all of a type is open, nothing of this costs more than two look-ups.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hanze.broker.narrowing import datasets_left_out, narrowed
from hanze.broker.ports import Evolution, Found, Store, StoredEntity
from hanze.governance.decision import Asked
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import (
    WHOLE,
    Access,
    Part,
    Seen,
    View,
    redact,
    seen_of,
    term_of,
)
from hanze.ngsild.query.tree import EntityQuery, TypeSelection
from hanze.ngsild.representation import stored as stored_form

__all__ = [
    "account_for",
    "is_open",
    "left_out",
    "may_be_named",
    "name_for",
    "note_read",
    "note_stored",
    "readable",
    "redact",
    "redacted",
    "refuse_missing",
    "require",
    "restricted",
    "seen",
    "seen_evolution",
    "seen_gone",
    "shown",
    "shown_page",
    "tells_missing",
]


def restricted(
    store: Store,
    caller: Caller,
    query: EntityQuery,
    *,
    names: Mapping[str, str] | None = None,
    action: str = "read",
    now: str,
) -> EntityQuery:
    """Narrow a query to what the caller may read; refuse it where it names anything else.

    The same query, for the same access, becomes the very same narrowed one, so that what the store
    remembers of it serves again.

    Args:
        names: Attributes (IRIs) that the request names beside the query, with the member or
            parameter that does ("pick", "geometryProperty", "csf"). It has to be the same object
            whenever the query is.
        action: What is done with what is found: "read", "subscribe", "export", ...

    Raises:
        AccessDenied: It names, filters by or sorts by what the caller may not read.
        PurposeRequired: It is about closed data, and says no purpose.
    """
    access = store.gate.access(caller, now)
    if access.is_everything:
        return query
    known = narrowed(query, access, names, action)
    for asked in known.asked:
        store.gate.check(caller, asked, now)
    return known.query


def require(store: Store, caller: Caller, asked: Asked, *, now: str) -> None:
    """Refuse a request that names what its caller may not use, whether it is there or not.

    Raises:
        AccessDenied: With the reason.
        PurposeRequired: It is about closed data, and says no purpose.
    """
    if not store.gate.access(caller, now).is_everything:
        store.gate.check(caller, asked, now)


def readable(store: Store, caller: Caller, entity_id: str, *, now: str) -> StoredEntity | None:
    """Look up an entity as the caller may see it; `None` too where it may not."""
    stored = store.stored(caller.tenant, entity_id)
    return None if stored is None else redacted(store, caller, stored, now=now)


def is_open(store: Store, caller: Caller, stored: StoredEntity, *, now: str) -> bool:
    """Tell whether anybody may read all of an entity: nothing to leave out, nor to account for."""
    access = store.gate.access(caller, now)
    return access.is_everything or access.view(store.types_of(stored)).is_open


def redacted(
    store: Store, caller: Caller, stored: StoredEntity, *, now: str
) -> StoredEntity | None:
    """Give a stored entity as the caller may see it; `None` where it may not see it."""
    access = store.gate.access(caller, now)
    if access.is_everything:
        return stored
    view = access.view(store.types_of(stored))
    return stored if view.is_open else _redacted(store, view, stored)


def account_for(
    store: Store,
    caller: Caller,
    entity_id: str,
    stored: StoredEntity,
    *,
    names: Mapping[str, str] | None = None,
    action: str = "read",
    now: str,
) -> None:
    """Let an entity go out that was found to be readable, and leave the records of that.

    Args:
        stored: As `readable` gave it.
        names: Attributes (IRIs) that the request names, with the parameter that does.
        action: What is done with it.

    Raises:
        AccessDenied: An attribute that is named may not be read.
        PurposeRequired: As `restricted`.
    """
    access = store.gate.access(caller, now)
    if access.is_everything:
        return
    view = access.view(store.types_of(stored))
    if view.is_open:
        return
    types = tuple(
        frozenset((one,)) for one in sorted(store.types_of(stored)) if may_be_named(access, one)
    )
    told = _type_told(entity_id)
    # Who may read it may, whatever its id says of its type.
    ids = (entity_id,) if any(term_of(one) == told for group in types for one in group) else ()
    store.gate.check(caller, Asked(action=action, types=types, ids=ids, names=names or {}), now)
    note_stored(store, caller, (stored,), name=action, now=now)


def shown_page(
    store: Store, caller: Caller, found: Found, *, action: str = "read", now: str
) -> Found:
    """Give what a narrowed query found as the caller may see it, and leave the records of that."""
    access = store.gate.access(caller, now)
    if access.is_everything or not found.entities:
        return found
    # Most pages are of one set of types: looked up once, not for each entity.
    typesets = found.typesets
    if typesets is None:
        typesets = frozenset(one.typeset_id for one in found.entities)
    for key in typesets:
        if not access.view(store.types(key)).is_open:
            break
    else:
        return found
    entities = found.entities
    views = {key: access.view(store.types(key)) for key in typesets}
    if not all(view.is_fixed and view.seen is WHOLE for view in views.values()):
        some = (_redacted(store, views[one.typeset_id], one) for one in entities)
        entities = [one for one in some if one is not None]
    if access.has_subjects:
        note_stored(store, caller, entities, name=action, now=now)
    return Found(entities, found.count, found.more)


def refuse_missing(
    store: Store,
    caller: Caller,
    entity_id: str,
    *,
    types: TypeSelection | None = None,
    action: str = "read",
    now: str,
) -> None:
    """Refuse to say whether an entity is there that the caller cannot read.

    Who may read all entities of the type that the id tells (`urn:ngsi-ld:<Type>:...`) is told that
    there is none.

    Args:
        types: Those that the request names.

    Raises:
        AccessDenied: Alike whether it is there or not.
        PurposeRequired: It would be closed data, and the caller says no purpose.
    """
    gate = store.gate
    if gate.access(caller, now).is_everything:
        return
    if types is not None or not gate.tells_missing(caller, entity_id, now):
        gate.check(caller, Asked(action=action, types=types, ids=(entity_id,)), now)
    refusal = gate.absence(caller, entity_id, now, action=action)
    if refusal is not None:
        raise refusal


def name_for(store: Store, caller: Caller, entity_id: str, *, now: str) -> str:
    """Give the id of an entity to who may know that it is there, or is not; "" to others."""
    is_told = tells_missing(store, caller, entity_id, now=now)
    known = is_told or readable(store, caller, entity_id, now=now) is not None
    return entity_id if known else ""


def tells_missing(store: Store, caller: Caller, entity_id: str, *, now: str) -> bool:
    """Tell whether a caller may know that there is no entity with an id."""
    return store.gate.tells_missing(caller, entity_id, now)


def seen(store: Store, caller: Caller, entity: Entity, *, now: str) -> Seen | None:
    """Say what a caller may see of an entity as it is; `None`: nothing, as if it were not there."""
    access = store.gate.access(caller, now)
    return access.view(frozenset(entity.types)).of(entity)


def shown(store: Store, caller: Caller, entity: Entity, *, now: str) -> Entity | None:
    """Give an entity as the caller may see it; `None` where it may not see it."""
    some = seen(store, caller, entity, now=now)
    return None if some is None else redact(entity, some)


def seen_evolution(store: Store, caller: Caller, evolution: Evolution, *, now: str) -> Seen | None:
    """Say what a caller may see of an evolution: what counts is the entity as it is now.

    Of what is no more it is not known under which scope it was, nor whom it was about: what is
    closed to some of its types is closed, then, and what is open to some of them is not open.
    """
    view = store.gate.access(caller, now).view(frozenset(evolution.types))
    if view.is_fixed:
        return view.seen
    stored = store.stored(caller.tenant, evolution.id)
    if stored is not None:
        return seen_of(view.access, store.load(stored))
    return seen_gone(view.access, evolution)


def seen_gone(access: Access, evolution: Evolution) -> Seen | None:
    """Say what is seen of the evolution of what is no more, as `seen_evolution` does."""
    gone = Entity(id=evolution.id, types=evolution.types, attributes={})
    return seen_of(_of_what_is_gone(access, gone), gone)


def left_out(
    store: Store, caller: Caller, query: EntityQuery | TypeSelection | None, *, now: str
) -> int:
    """Count the datasets of which something may be missing in an answer (`Hanze-Left-Out`)."""
    access = store.gate.access(caller, now)
    if not access.leaves_out:
        return 0
    if isinstance(query, EntityQuery):
        return narrowed(query, access, None, "read").left_out
    return datasets_left_out(access, query)


def note_read(
    store: Store, caller: Caller, entities: Iterable[Entity], *, name: str = "read", now: str
) -> None:
    """Account for data subjects whose data goes out; it is durable before anything is answered.

    Args:
        entities: As the caller sees them.
        name: Of the operation: "read", "notify", "export".
    """
    store.gate.note(caller, entities, name=name, now=now)


def note_stored(
    store: Store,
    caller: Caller,
    found: Sequence[StoredEntity],
    *,
    name: str = "read",
    now: str,
) -> None:
    """Account for stored entities as `note_read` does, where they are about data subjects."""
    access = store.gate.access(caller, now)
    if access.has_subjects:
        some = [one for one in found if access.view(store.types_of(one)).has_subjects]
        if some:
            note_read(store, caller, map(store.load, some), name=name, now=now)


def _redacted(store: Store, view: View, stored: StoredEntity) -> StoredEntity | None:
    if view.is_fixed and (view.seen is None or view.seen.is_whole):
        return None if view.seen is None else stored
    entity = store.load(stored)
    some = view.of(entity)
    if some is None:
        return None
    left = redact(entity, some)
    if left is entity:
        return stored
    _, body, system = stored_form.dump(left, store.context(stored.context_id))
    return msgspec.structs.replace(stored, body=body, system=system, is_whole=False)


def may_be_named(access: Access, name: str) -> bool:
    """Tell whether some entities of a type (IRI) may be read, so that a request may name it."""
    view = access.view(frozenset((name,)))
    return not view.is_fixed or view.seen is not None


def _type_told(entity_id: str) -> str | None:
    """Give the type that an id tells, as it does in most of them."""
    scheme, _, rest = entity_id.partition(":")
    space, _, rest = rest.partition(":")
    return rest.partition(":")[0] if (scheme, space) == ("urn", "ngsi-ld") else None


def _of_what_is_gone(access: Access, gone: Entity) -> Access:
    parts = (_closed_to_all(part, gone) for part in access.parts)
    return Access(tuple(part for part in parts if part is not None), access.rest, access.shares)


def _closed_to_all(part: Part, gone: Entity) -> Part | None:
    """Say of a part what it means for an entity of which the id and the types alone are known."""
    if part.is_fixed():
        return part
    if part.allowed and (part.only is None or part.only.has_all(gone)):
        return part if not part.scopes and part.when is None else None
    return msgspec.structs.replace(part, scopes=(), when=None, only=None, allowed=False)
