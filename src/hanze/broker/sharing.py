"""What a caller may read that is shared only some of a tenant: a member of the league, above all.

Every operation that reads the node's own entities or their evolutions comes here; what others have
is not asked for on behalf of such a caller (`Registry.matching`): each answers for itself.
"""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from hanze.broker.happened import Happened
from hanze.broker.ports import Evolution, Store, StoredEntity, TypeSummary
from hanze.errors import Denied
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.evaluate import linked_depth
from hanze.ngsild.query.shares import is_shared, scopes_shared
from hanze.ngsild.query.tree import EntityQuery, Share
from hanze.ngsild.subscription.model import Subscription
from hanze.ngsild.subscription.trigger import entity_query

__all__ = [
    "LinksNotShared",
    "may_read",
    "may_read_evolution",
    "readable",
    "refuse_links",
    "restricted",
    "shared_changes",
    "shared_parts",
]


class LinksNotShared(Denied):
    """A query asks about linked entities, of which some may not be shared."""

    def __init__(self) -> None:
        super().__init__(
            "The query follows relationships: whom only some entities are shared with, "
            "may ask about these themselves"
        )
        self.field = "q"


def restricted(caller: Caller, query: EntityQuery) -> EntityQuery:
    """Narrow a query to what the caller may read.

    Raises:
        LinksNotShared: Its answer would tell of entities that are not.
    """
    if caller.shares is None:
        return query
    if _is_linked(query):
        raise LinksNotShared
    return replace(query, access=Access(rest=True, shares=caller.shares))


def may_read(caller: Caller, entity: Entity) -> bool:
    """Tell whether the caller may read an entity."""
    return is_shared(caller.shares, entity.types, entity.scope)


def readable(store: Store, caller: Caller, entity_id: str) -> StoredEntity | None:
    """Look up an entity; `None` too where the caller may not read it."""
    stored = store.stored(caller.tenant, entity_id)
    if stored is None or caller.shares is None:
        return stored
    return stored if may_read(caller, store.load(stored)) else None


def may_read_evolution(store: Store, caller: Caller, evolution: Evolution) -> bool:
    """Tell whether the caller may read an evolution: what counts is the entity as it is now.

    What is no more is under no scope: it is shared where its types are, whatever the scope.
    """
    if caller.shares is None:
        return True
    if scopes_shared(caller.shares, evolution.types) is None:
        return True
    return readable(store, caller, evolution.id) is not None


def shared_parts(caller: Caller, parts: list[TypeSummary]) -> list[TypeSummary]:
    """Leave of a summary what the caller may read.

    Nothing in it tells how many are under which scope. So what is shared under some scopes alone is
    left out.
    """
    if caller.shares is None:
        return parts
    return [part for part in parts if scopes_shared(caller.shares, part.types) is None]


def refuse_links(shares: tuple[Share, ...] | None, subscription: Subscription) -> None:
    """Refuse a subscription that tells of linked entities to whom not all are shared with.

    Raises:
        LinksNotShared: It does.
    """
    joins = subscription.notification.join is not None
    if shares is not None and (joins or _is_linked(entity_query(subscription))):
        raise LinksNotShared


def shared_changes(shares: tuple[Share, ...] | None, changes: Iterable[Happened]) -> list[Happened]:
    """Leave of some changes what the subscriber may hear of now."""
    if shares is None:
        return [*changes]
    told = (_shared_change(shares, one) for one in changes)
    return [one for one in told if one is not None]


def _shared_change(shares: tuple[Share, ...], happened: Happened) -> Happened | None:
    before = happened.before
    if before is not None and not is_shared(shares, before.types, before.scope):
        before = None
    last = before if happened.after is None else happened.after
    if last is None or not is_shared(shares, last.types, last.scope):
        return None
    return msgspec.structs.replace(happened, before=before)


def _is_linked(query: EntityQuery) -> bool:
    return query.q is not None and linked_depth(query.q) > 0
