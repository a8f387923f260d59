"""Which registrations a request concerns: matching of information (CIM 009, 5.12).

One reading is wider than the letter: where a request names no ids and no pattern, an EntityInfo
with an id matches by its types alone. Else a query for a type would pass by sources that registered
entities of that type one by one.
"""

from collections.abc import Iterator

import msgspec

from hanze.ngsild.model import Entity
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.tree import EntitySelector, TypeSelection
from hanze.ngsild.query.types import matches_types
from hanze.ngsild.registration.model import EntityInfo, Registration, RegistrationInfo

__all__ = ["Wanted", "matched_information", "overlaps", "wanted_of"]


class Wanted(msgspec.Struct, frozen=True):
    """What a request is about, as far as 5.12 looks at it.

    Attributes:
        ids: Any of these; empty for no restriction.
        id_pattern: Where there are no ids: POSIX extended regular expression.
        types: `None` for any type.
        selectors: Where there are any, one of them must match too, besides all the rest.
        names: IRIs of attributes, any of which must be registered; empty for all.
        datasets: Instances that are wanted, `None` among them for the default instance; `None`
            where the request does not say.
        held: All types of the one entity that is meant, where they are known: what is registered
            for entities of several types matches when the entity has them all.
    """

    ids: tuple[str, ...] = ()
    id_pattern: str | None = None
    types: TypeSelection | None = None
    selectors: tuple[EntitySelector, ...] = ()
    names: frozenset[str] = frozenset()
    datasets: frozenset[str | None] | None = None
    held: frozenset[str] = frozenset()


def wanted_of(entity: Entity) -> Wanted:
    """Say what a write of an entity is about: its id, its types, its attributes."""
    return Wanted(
        ids=(entity.id,),
        types=tuple(frozenset((iri,)) for iri in entity.types),
        names=frozenset(entity.attributes),
        held=frozenset(entity.types),
    )


def matched_information(registration: Registration, wanted: Wanted) -> tuple[RegistrationInfo, ...]:
    """Leave of the information of a registration what a request concerns (5.12).

    Returns:
        The elements that match, each with only those of its EntityInfos that match; nothing where
        the registration does not match.
    """
    datasets = registration.dataset_ids
    if (
        wanted.datasets is not None
        and datasets is not None
        and wanted.datasets.isdisjoint(datasets)
    ):
        return ()
    return tuple(_matched(registration.information, wanted))


def _matched(
    information: tuple[RegistrationInfo, ...], wanted: Wanted
) -> Iterator[RegistrationInfo]:
    for info in information:
        if wanted.names and not _has_any(info, wanted.names):
            continue
        if not info.entities:
            yield info
            continue
        entities = tuple(one for one in info.entities if _matches(one, wanted))
        if len(entities) == len(info.entities):
            yield info
        elif entities:
            yield msgspec.structs.replace(info, entities=entities)


def overlaps(one: RegistrationInfo, other: RegistrationInfo) -> bool:
    """Tell whether there can be an entity with an attribute that both are about (4.3.6.3).

    The same id is the same entity, whatever its types are said to be.
    """
    if not _share(one.names, other.names):
        return False
    if not one.entities or not other.entities:
        return True
    return any(_coincide(mine, theirs) for mine in one.entities for theirs in other.entities)


def _has_any(info: RegistrationInfo, names: frozenset[str]) -> bool:
    """Tell whether any of some attributes is registered; without names all are."""
    own, related = info.property_names, info.relationship_names
    if not own and not related:
        return True
    return not names.isdisjoint(own) or not names.isdisjoint(related)


def _share(one: frozenset[str], other: frozenset[str]) -> bool:
    """Compare names of attributes; none stand for all."""
    return not one or not other or not one.isdisjoint(other)


def _matches(info: EntityInfo, wanted: Wanted) -> bool:
    if wanted.held and not wanted.held.issuperset(info.types):
        return False
    return _is_selected(info, wanted) and (
        not wanted.selectors or any(_is_selected(info, one) for one in wanted.selectors)
    )


def _is_selected(info: EntityInfo, wanted: Wanted | EntitySelector) -> bool:
    if wanted.types is not None and not matches_types(wanted.types, info.types):
        return False
    if wanted.ids:
        return _has_one_of(info, wanted.ids)
    # Whether some id matches two patterns is not found out (5.12).
    return wanted.id_pattern is None or info.id is None or found_in(wanted.id_pattern, info.id)


def _has_one_of(info: EntityInfo, ids: tuple[str, ...]) -> bool:
    if info.id is not None:
        return info.id in ids
    pattern = info.id_pattern
    return pattern is None or any(found_in(pattern, one) for one in ids)


def _coincide(one: EntityInfo, other: EntityInfo) -> bool:
    if one.id is not None and other.id is not None:
        return one.id == other.id
    if set(one.types).isdisjoint(other.types):
        return False
    known, pattern = (one.id, other.id_pattern) if one.id else (other.id, one.id_pattern)
    return known is None or pattern is None or found_in(pattern, known)
