"""Context information consumption: retrieve and query entities (CIM 009, 5.7.1 and 5.7.2)."""

from collections.abc import Mapping

from hanze.broker.gate import (
    account_for,
    is_open,
    redacted,
    refuse_missing,
    restricted,
    shown_page,
)
from hanze.broker.ports import Found, Store, StoredEntity
from hanze.errors import InvalidInput, NotFound, TooMuch
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.identity.caller import Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.query.evaluate import linked_depth, matches_types, names_system_only
from hanze.ngsild.query.members import SYSTEM_NAMES
from hanze.ngsild.query.tree import EntityQuery, TypeSelection

__all__ = [
    "EntityNotFound",
    "TenantNotFound",
    "TooManyResults",
    "check_breadth",
    "find_stored",
    "query_entities",
    "require_narrow",
    "retrieve_entity",
]


class EntityNotFound(NotFound):
    """No entity with this id, of these types, is in the tenant (5.5.2 ResourceNotFound)."""

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"Entity {entity_id} does not exist")
        self.entity_id = entity_id


class TenantNotFound(NotFound):
    """The addressed tenant does not exist (5.5.2 NonexistentTenant)."""

    def __init__(self, tenant: str) -> None:
        super().__init__(f"Tenant {tenant} does not exist")
        self.tenant = tenant


class TooManyResults(TooMuch):
    """More results are asked for at once than the node gives (5.5.6)."""

    def __init__(self, limit: int, maximum: int) -> None:
        super().__init__(f"A page of {limit} entities is asked for, the most is {maximum}")


def retrieve_entity(
    store: Store,
    caller: Caller,
    entity_id: str,
    *,
    types: TypeSelection | None = None,
    names: Mapping[str, str] | None = None,
    action: str = "read",
    now: str,
) -> StoredEntity:
    """Return one entity in its stored form, as the caller may see it (5.7.1).

    What in it has expired is still there when `expires` says so: who renders leaves it out.

    Args:
        types: It must be of these.
        names: Attributes (IRIs) that the request names, with the parameter that does.
        action: What is done with it.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        EntityNotFound: No such entity, or none of these types, or it has expired.
        AccessDenied: The caller may not read it, or what of it is named; where it may not read all
            entities of such ids, it is not told whether there is one.
        PurposeRequired: It is closed, and the caller says no purpose.
    """
    stored = store.stored(caller.tenant, entity_id)
    if stored is not None:
        if types is None and stored.expires is None and is_open(store, caller, stored, now=now):
            # Most of what is asked for: there is nothing more to find out.
            return stored
        stored = redacted(store, caller, stored, now=now)
    if stored is None or not _is_meant(store, stored, types, now):
        if not store.tenant_exists(caller.tenant):
            raise TenantNotFound(caller.tenant)
        refuse_missing(store, caller, entity_id, types=types, action=action, now=now)
        raise EntityNotFound(entity_id)
    account_for(store, caller, entity_id, stored, names=names, action=action, now=now)
    return stored


def find_stored(store: Store, caller: Caller, entity_id: str, *, now: str) -> StoredEntity | None:
    """Return one entity in its stored form, or `None` where `retrieve_entity` raises."""
    try:
        return retrieve_entity(store, caller, entity_id, now=now)
    except (EntityNotFound, TenantNotFound, AccessDenied, PurposeRequired):
        return None


async def query_entities(
    store: Store,
    caller: Caller,
    query: EntityQuery,
    *,
    local: bool = False,
    join_level: int = 0,
    names: Mapping[str, str] | None = None,
    action: str = "read",
    now: str,
) -> Found:
    """Return a page of the entities that match, and that the caller may read (5.7.2).

    Args:
        query: Expanded; expired entities never match.
        local: The operation is limited to the local scope (5.5.13), so the query may be wide and
            ordered.
        join_level: How deep linked entities are retrieved; bounds what `q` may follow.
        names: Attributes (IRIs) that the request names beside the query, with the parameter that
            does; the same object whenever the query is.
        action: What is done with what is found.
        now: DateTime text.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: The query is too wide, or follows relationships deeper than `join_level`.
        AccessDenied: It names, filters by or sorts by what the caller may not read.
        PurposeRequired: It is about closed data, and the caller says no purpose.
    """
    check_breadth(query, local=local, join_level=join_level)
    if not store.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)
    narrowed = restricted(store, caller, query, names=names, action=action, now=now)
    found = await store.search(caller.tenant, narrowed, now)
    return shown_page(store, caller, found, action=action, now=now)


def _is_meant(store: Store, stored: StoredEntity, types: TypeSelection | None, now: str) -> bool:
    if types is not None and not matches_types(types, tuple(store.types_of(stored))):
        return False
    return stored.expires is None or unexpired(store.load(stored), now) is not None


def check_breadth(query: EntityQuery, *, local: bool, join_level: int) -> None:
    """Refuse a query that names too little, or reaches too deep (5.7.2.4).

    Raises:
        InvalidInput: Names the rule that is broken.
    """
    require_narrow(query, local=local, clause="5.7.2.4")
    if query.ordering is not None and not local:
        raise InvalidInput(
            "Ordering is only available with local=true", field="orderBy", clause="5.7.2.4"
        )
    if query.q is not None and linked_depth(query.q) > join_level:
        raise InvalidInput(
            "The query follows relationships deeper than joinLevel", field="q", clause="5.7.2.4"
        )


def require_narrow(query: EntityQuery, *, local: bool, clause: str) -> None:
    """Refuse a query that names no type, attribute, condition or place, unless it is local.

    Raises:
        InvalidInput: It is too wide; `clause` is named.
    """
    named = (
        query.types is not None
        or query.geo is not None
        or any(name not in SYSTEM_NAMES for name in query.attributes)
        or (query.q is not None and not names_system_only(query.q))
    )
    if not named and not local:
        raise InvalidInput(
            "The query is too wide: it must name at least one of type, attrs, q, georel or local",
            clause=clause,
        )
