"""Which members of an entity are shown: pick and omit (CIM 009, 4.21, 6.4.3.2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from hanze.ngsild.model import Entity
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.projection import Projection, ProjectionTerm

__all__ = ["Projected", "linked_projection", "project"]

_ID = "@id"
_TYPE = "@type"


@dataclass(frozen=True, slots=True)
class Projected:
    """What is left of an entity.

    Attributes:
        entity: With the attributes and the scope that are shown.
        has_id: Whether `id` is shown.
        has_type: Whether `type` is shown.
    """

    entity: Entity
    has_id: bool = True
    has_type: bool = True


def project(entity: Entity, projection: Projection | None) -> Projected:
    """Reduce an entity to the members that are picked and not omitted."""
    if projection is None:
        return Projected(entity)
    picked = None if projection.pick is None else {term.name for term in projection.pick}
    # A term that goes on into linked entities leaves the relationship itself.
    omitted = {term.name for term in projection.omit if not term.linked}

    def is_shown(name: str) -> bool:
        return (picked is None or name in picked) and name not in omitted

    attributes = {
        name: instances for name, instances in entity.attributes.items() if is_shown(name)
    }
    scope = entity.scope if is_shown(SCOPE) else ()
    return Projected(
        replace(entity, attributes=attributes, scope=scope), is_shown(_ID), is_shown(_TYPE)
    )


def linked_projection(projection: Projection | None, relationship: str) -> Projection | None:
    """Give what a projection says of the entities that a relationship targets.

    It applies to all entities of an answer (5.7.1.5), but where a term says more of the targets.

    Args:
        relationship: IRI of the (List)Relationship.
    """
    if projection is None:
        return None
    pick = tuple(_linked(projection.pick or (), relationship))
    omit = tuple(_linked(projection.omit, relationship))
    return Projection(pick or projection.pick, omit or projection.omit)


def _linked(terms: Iterable[ProjectionTerm], name: str) -> Iterable[ProjectionTerm]:
    return (linked for term in terms if term.name == name for linked in term.linked)
