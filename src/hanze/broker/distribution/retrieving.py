"""Retrieve an entity over Context Sources (CIM 009, 5.7.1)."""

from collections.abc import Mapping, Sequence

import msgspec

from hanze.broker.consumption import EntityNotFound, TenantNotFound, retrieve_entity
from hanze.broker.distribution.asking import retrieve_call
from hanze.broker.distribution.merging import Version, merge
from hanze.broker.distribution.narrowing import portions, without_proxied
from hanze.broker.distribution.requests import with_map
from hanze.broker.distribution.sources import Ask, Heard, Sources, warnings_of
from hanze.broker.distribution.warnings import error_of
from hanze.broker.entity_map import LOCAL, EntityMap
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, StoredEntity
from hanze.broker.registry import Match
from hanze.errors import HanzeError
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import EntitySelector, TypeSelection
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.registration.operations import Operation

__all__ = ["Retrieved", "Retrieving", "retrieve_over_sources"]


class Retrieving(msgspec.Struct, frozen=True, kw_only=True):
    """What of an entity is wanted.

    Attributes:
        types: The entity must be of these; `None` for any.
        names: IRIs of the only attributes that are needed; `None` for all.
        listed: IRIs of the attributes that the request names (`attrs`), any of which will do.
        datasets: The only instances that are shown; `None` for all.
        named: Attributes (IRIs) that the request names, with the parameter that does.
    """

    entity_id: str
    types: TypeSelection | None = None
    names: frozenset[str] | None = None
    listed: frozenset[str] = frozenset()
    datasets: frozenset[str | None] | None = None
    named: Mapping[str, str] = {}


class Retrieved(msgspec.Struct, frozen=True):
    """An entity made of what all have of it.

    Attributes:
        entity: As it is stored where nobody else has any of it.
        warnings: Values of `NGSILD-Warning`.
        holders: Who has some of it, as entity maps say it.
    """

    entity: StoredEntity | Entity
    warnings: Sequence[str] = ()
    holders: tuple[str, ...] = (LOCAL,)


async def retrieve_over_sources(
    store: Store,
    sources: Sources,
    origin: Origin,
    wanted: Retrieving,
    used: EntityMap | None = None,
) -> Retrieved:
    """Retrieve an entity from the node itself and from the sources that may have some of it.

    Args:
        store: What the node has itself.
        sources: The way to the others.
        origin: The request.
        wanted: What of the entity.
        used: An entity map that has it: then only those are asked that it names (5.7.1.4).

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        EntityNotFound: Nobody has the entity, of these types.
        AccessDenied: Nobody gives it, and the node itself may not (`retrieve_entity`).
        PurposeRequired: Nor without a purpose.
        BadGateway: Only one exclusive or redirect source may have it, and refuses (6.3.17).
        GatewayTimeout: It does not answer.
        LoopDetected: It leads back here.
    """
    matches = _matches(sources, origin, wanted, used)
    if not matches:
        return Retrieved(
            retrieve_entity(
                store,
                origin.caller,
                wanted.entity_id,
                types=wanted.types,
                names=wanted.named,
                now=origin.now,
            )
        )
    asks = [ask for match in matches for ask in _asks(match, wanted, used)]
    heard = await sources.ask_all(origin, asks)
    stored, own, refused = _local(store, origin, wanted, matches)
    remote = [
        Version(entity, one.match.registration.mode is Mode.AUXILIARY)
        for one in heard
        for entity in one.entities
    ]
    warnings = warnings_of(heard, sources.distributor.alias)
    if stored is not None and not remote and own is not None and own.untouched:
        return Retrieved(stored, warnings)
    entity = merge([*([Version(own.entity)] if own else []), *remote], origin.now)
    if entity is None:
        raise _missing(refused or EntityNotFound(wanted.entity_id), matches, heard, warnings)
    having = [one.match.registration.id for one in heard if one.entities]
    holders = [LOCAL, *having] if own is not None else having
    return Retrieved(entity, warnings, tuple(dict.fromkeys(holders)))


def _matches(
    sources: Sources, origin: Origin, wanted: Retrieving, used: EntityMap | None
) -> list[Match]:
    """Say who may have some of the entity."""
    matches = sources.distributor.registry.matching(
        origin,
        Wanted(
            ids=(wanted.entity_id,),
            types=wanted.types,
            names=wanted.listed,
            datasets=wanted.datasets,
        ),
        operation=Operation.RETRIEVE_ENTITY,
    )
    if used is None:
        return matches
    known = used.entries.get(wanted.entity_id, ())
    return [match for match in matches if match.registration.id in known]


def _asks(match: Match, wanted: Retrieving, used: EntityMap | None) -> list[Ask]:
    selector = EntitySelector((wanted.entity_id,), None, wanted.types)
    linked = None if used is None else used.linked.get(match.registration.id)
    calls = [
        (portion, retrieve_call(match.registration, wanted.entity_id, portion, wanted.names))
        for portion in portions(match.information, (selector,))
    ]
    return [Ask(match, portion, with_map(call, linked)) for portion, call in calls]


class _Own(msgspec.Struct, frozen=True):
    """The node's own part; `untouched` where no source has any of it instead."""

    entity: Entity
    untouched: bool


def _local(
    store: Store, origin: Origin, wanted: Retrieving, matches: Sequence[Match]
) -> tuple[StoredEntity | None, _Own | None, HanzeError | None]:
    """Look at what the node has itself; what it may not give is said where nobody gives anything."""
    try:
        stored = retrieve_entity(
            store,
            origin.caller,
            wanted.entity_id,
            types=wanted.types,
            names=wanted.named,
            now=origin.now,
        )
    except (AccessDenied, PurposeRequired) as refused:
        return None, None, refused
    except (EntityNotFound, TenantNotFound):
        # A tenant may have registrations alone.
        return None, None, None
    whole = store.load(stored)
    left = without_proxied(whole, matches)
    return stored, None if left is None else _Own(left, left is whole), None


def _missing(
    error: HanzeError, matches: Sequence[Match], heard: Sequence[Heard], warnings: Sequence[str]
) -> HanzeError:
    """Say why there is no entity.

    The only source that has it may have failed, where it is registered so (6.3.17).
    """
    if len(matches) == 1 and matches[0].registration.mode.is_proxied:
        failures = [one.failure for one in heard if one.failed and one.failure is not None]
        error = error_of(failures[0]) if failures else error
    error.warnings = warnings
    return error
