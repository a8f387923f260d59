"""Linked entity retrieval: follow relationships into the entities they target (CIM 009, 4.5.23)."""

from collections.abc import Iterable, Iterator, Sequence

from hanze.broker.ports import Store
from hanze.errors import TooMuch
from hanze.identity.caller import Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import AttributeKind, Entity

__all__ = ["GraphTooLarge", "linked_entities", "targets"]

#: Entities that one request may gather by following relationships.
_MAX_LINKED = 10_000

_LINKS = frozenset({AttributeKind.RELATIONSHIP, AttributeKind.LIST_RELATIONSHIP})


class GraphTooLarge(TooMuch):
    """Following the relationships leads to more entities than one answer may hold."""

    def __init__(self) -> None:
        super().__init__(f"The entity graph has more than {_MAX_LINKED} linked entities")


def linked_entities(
    store: Store,
    caller: Caller,
    entities: Sequence[Entity],
    *,
    level: int,
    contained_by: frozenset[str] = frozenset(),
    now: str,
) -> dict[str, Entity]:
    """Gather what the entities' relationships target, up to some depth.

    Args:
        entities: Where to begin.
        level: How many relationships away a gathered entity may be.
        contained_by: Ids that were met before and are not gathered (6.4.3.2).
        now: DateTime text; what has expired is not gathered.

    Returns:
        By id, nearest first; without the entities to begin with.

    Raises:
        GraphTooLarge: There are more than fit in one answer.
    """
    seen = {entity.id for entity in entities} | contained_by
    gathered: dict[str, Entity] = {}
    frontier: Iterable[Entity] = entities
    for _ in range(level):
        fresh: list[Entity] = []
        for target in targets(frontier):
            if target in seen:
                continue
            seen.add(target)
            entity = _load(store, caller, target, now)
            if entity is not None:
                gathered[target] = entity
                fresh.append(entity)
            if len(gathered) > _MAX_LINKED:
                raise GraphTooLarge
        frontier = fresh
    return gathered


def targets(entities: Iterable[Entity]) -> Iterator[str]:
    """Yield the URIs that the entities' relationships name, in order."""
    for entity in entities:
        for instances in entity.attributes.values():
            for instance in instances:
                if instance.kind not in _LINKS:
                    continue
                value = instance.value
                if isinstance(value, str):
                    yield value
                elif isinstance(value, list | tuple):
                    yield from (uri for uri in value if isinstance(uri, str))


def _load(store: Store, caller: Caller, entity_id: str, now: str) -> Entity | None:
    stored = store.stored(caller.tenant, entity_id)
    return unexpired(store.load(stored), now) if stored is not None else None
