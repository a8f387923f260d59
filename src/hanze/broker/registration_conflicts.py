"""What a proxied registration contradicts: others, and what the node holds (CIM 009, 5.9.2.4).

Registrations of histories and of the present are apart: one source may have one of each (5.9.1).
"""

from collections.abc import Iterator

from hanze.broker.origin import Origin
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.registry import Match, Registry
from hanze.errors import Conflicting
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.query.tree import EntityQuery, EntitySelector
from hanze.ngsild.registration.matching import Wanted, overlaps
from hanze.ngsild.registration.model import EntityInfo, Mode, Registration, RegistrationInfo

__all__ = [
    "EntityHeldLocally",
    "RegistrationOverlaps",
    "check_entities",
    "check_entity",
    "check_overlap",
]


class RegistrationOverlaps(Conflicting):
    """Another proxied registration has the same attributes of the same entity (4.3.6.3)."""

    def __init__(self, other: Registration) -> None:
        super().__init__(
            f"Registration {other.id[:200]} is {other.mode.value} and about the same attributes of "
            "the same entity"
        )
        self.field = "information"
        self.value = other.id[:100]
        self.clause = "5.9.2.4"


class EntityHeldLocally(Conflicting):
    """The node holds what only the source is to hold (4.3.6.3).

    Args:
        entity_id: "" where the registration does not name it: who writes may not read all.
    """

    def __init__(self, entity_id: str, mode: Mode) -> None:
        name = f"Entity {entity_id[:200]}" if entity_id else "An entity"
        super().__init__(
            f"{name} exists here with what would be at the source alone: the registration is "
            f"{mode.value}"
        )
        self.field = "information"
        self.value = entity_id[:100] or mode.value
        self.clause = "5.9.2.4"


def check_overlap(registry: Registry, registration: Registration, now: str) -> None:
    """Refuse a proxied registration that meets an exclusive one, or an exclusive that meets any.

    Raises:
        RegistrationOverlaps: Another one has the same attributes of the same entity.
    """
    if not registration.mode.is_proxied:
        return
    modes = {Mode.EXCLUSIVE}
    if registration.mode is Mode.EXCLUSIVE:
        modes.add(Mode.REDIRECT)
    caller = Caller(actor="registry", tenant=registration.registered_in)
    origin = Origin(caller=caller, context=CORE, now=now)
    for info in registration.information:
        for wanted in _wanted(info):
            for match in registry.matching(
                origin, wanted, modes=frozenset(modes), history=registration.is_temporal
            ):
                _check_match(registration, info, match)


def _check_match(registration: Registration, info: RegistrationInfo, match: Match) -> None:
    other = match.registration
    if other.id != registration.id and any(overlaps(info, one) for one in match.information):
        raise RegistrationOverlaps(other)


def _wanted(info: RegistrationInfo) -> Iterator[Wanted]:
    """Say where overlapping registrations can be: the same id is the same whatever its types."""
    if not info.entities:
        yield Wanted(names=info.names)
    for one in info.entities:
        if one.id is not None:
            yield Wanted(ids=(one.id,), names=info.names)
        else:
            types = tuple(frozenset((iri,)) for iri in one.types)
            yield Wanted(id_pattern=one.id_pattern, types=types, names=info.names)


def check_entity(uow: UnitOfWork, registration: Registration, now: str) -> None:
    """Refuse an exclusive registration of attributes that the entity has here (5.9.2.4).

    Raises:
        EntityHeldLocally: It has one of them.
    """
    if registration.mode is not Mode.EXCLUSIVE:
        return
    for info in registration.information:
        for one in info.entities:
            stored = None if one.id is None else uow.entity(registration.registered_in, one.id)
            entity = None if stored is None else unexpired(stored, now)
            if entity is not None and not info.names.isdisjoint(entity.attributes):
                raise EntityHeldLocally(entity.id, registration.mode)


async def check_entities(store: Store, registration: Registration, now: str) -> None:
    """Refuse a redirect registration that an entity here matches (5.9.2.4).

    Raises:
        EntityHeldLocally: There is such an entity.
    """
    tenant = registration.registered_in
    if registration.mode is not Mode.REDIRECT or not store.tenant_exists(tenant):
        return
    for info in registration.information:
        found = await store.search(tenant, _query(info), now)
        for stored in found.entities:
            held = store.load(stored).id
            named = any(one.id == held for one in info.entities)
            raise EntityHeldLocally(held if named else "", registration.mode)


def _query(info: RegistrationInfo) -> EntityQuery:
    names = tuple(sorted(info.names))
    if not info.entities:
        return EntityQuery(attributes=names, limit=1)
    ids = [one.id for one in info.entities if one.id is not None]
    return EntityQuery(
        # Selectors decide; ids and types lead the index to what they can select.
        ids=tuple(ids) if len(ids) == len(info.entities) else (),
        types=tuple(dict.fromkeys(frozenset(one.types) for one in info.entities)),
        selectors=tuple(map(_selector, info.entities)),
        attributes=names,
        limit=1,
    )


def _selector(info: EntityInfo) -> EntitySelector:
    return EntitySelector(
        ids=() if info.id is None else (info.id,),
        id_pattern=info.id_pattern,
        types=(frozenset(info.types),),
    )
