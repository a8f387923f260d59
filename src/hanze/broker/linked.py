"""Linked entity retrieval: follow relationships into the entities they target (CIM 009, 4.5.23)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hanze.broker.gate import note_stored, readable
from hanze.broker.ports import Store
from hanze.errors import TooMuch
from hanze.identity.caller import Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import AttributeKind, Entity
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.representation.project import linked_projection, project

__all__ = ["MAX_LINKED", "GraphTooLarge", "Shown", "Target", "linked_entities", "targets_of"]

#: An entity, and what of it is shown.
Shown = tuple[Entity, Projection | None]

#: Entities that one request may gather by following relationships.
MAX_LINKED = 10_000

_LINKS = frozenset({AttributeKind.RELATIONSHIP, AttributeKind.LIST_RELATIONSHIP})


@dataclass(frozen=True, slots=True)
class Target:
    """What a relationship leads to.

    Attributes:
        uri: Id of the entity.
        types: IRIs of what it may be (`objectType`); empty where that is not said.
        projection: What of it is shown.
    """

    uri: str
    types: tuple[str, ...]
    projection: Projection | None


class GraphTooLarge(TooMuch):
    """Following the relationships leads to more entities than one answer may hold."""

    def __init__(self) -> None:
        super().__init__(f"The entity graph has more than {MAX_LINKED} linked entities")


def linked_entities(
    store: Store,
    caller: Caller,
    entities: Sequence[Entity],
    *,
    level: int,
    projection: Projection | None = None,
    contained_by: frozenset[str] = frozenset(),
    now: str,
) -> dict[str, Shown]:
    """Gather what the entities' relationships target, up to some depth.

    Args:
        entities: Where to begin.
        level: How many relationships away a gathered entity may be.
        projection: What of the entities is shown; only relationships among it are followed.
        contained_by: Ids that were met before and are not gathered (6.4.3.2).
        now: DateTime text; what has expired is not gathered.

    Returns:
        By id, nearest first, with what the projection says of each; without the entities to begin
        with.

    Raises:
        GraphTooLarge: There are more than fit in one answer.
    """
    seen = {entity.id for entity in entities} | contained_by
    gathered: dict[str, Shown] = {}
    frontier: list[Shown] = [(entity, projection) for entity in entities]
    for _ in range(level):
        fresh: list[Shown] = []
        for target in targets_of(frontier):
            if target.uri in seen:
                continue
            seen.add(target.uri)
            entity = _load(store, caller, target.uri, now)
            if entity is not None:
                gathered[target.uri] = (entity, target.projection)
                fresh.append(gathered[target.uri])
            if len(gathered) > MAX_LINKED:
                raise GraphTooLarge
        frontier = fresh
    return gathered


def targets_of(frontier: Sequence[Shown]) -> Iterator[Target]:
    """Yield what shown relationships lead to, in their order."""
    for entity, projection in frontier:
        for name, instances in project(entity, projection).entity.attributes.items():
            for instance in instances:
                if instance.kind not in _LINKS:
                    continue
                value = instance.value
                uris = (value,) if isinstance(value, str) else value
                if isinstance(uris, list | tuple):
                    below = linked_projection(projection, name)
                    types = instance.object_type
                    yield from (Target(uri, types, below) for uri in uris if isinstance(uri, str))


def _load(store: Store, caller: Caller, entity_id: str, now: str) -> Entity | None:
    stored = readable(store, caller, entity_id, now=now)
    if stored is None:
        return None
    note_stored(store, caller, (stored,), now=now)
    return unexpired(store.load(stored), now)
