"""Puts entities together whose parts are at several Context Sources, to notify of them (5.8.6)."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from hanze.broker.asking import seen_entity
from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.merging import Version, merge
from hanze.broker.distribution.narrowing import kept
from hanze.broker.distribution.ports import SourceFailed
from hanze.broker.distribution.requests import Call, segment
from hanze.broker.distribution.subscriptions.plan import Plan
from hanze.broker.happened import Happened
from hanze.broker.ports import Store
from hanze.broker.registry import Match, Registry
from hanze.errors import InvalidInput
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.evaluate import matches
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.representation.received import received_entity
from hanze.ngsild.subscription.model import Subscription
from hanze.ngsild.subscription.trigger import entity_query

__all__ = ["Assembly"]


class Assembly:
    """Makes whole entities of what changed in a part of one.

    Args:
        store: The node's own parts.
        registry: Which sources there are.
        distributor: The way to them.
        plan: Which subscriptions are about entities in parts.
        clock: Answers now as DateTime text.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        distributor: Distributor,
        plan: Plan,
        clock: Callable[[], str],
    ) -> None:
        self._store = store
        self._registry = registry
        self._distributor = distributor
        self._plan = plan
        self._clock = clock

    async def whole(
        self, subscription: Subscription, changes: Sequence[Happened], access: Access
    ) -> Sequence[Happened]:
        """Leave of some changes those whose entities, put together, meet what is asked of them.

        A source that does not answer adds nothing; nobody waits for it longer than its time-out.

        Args:
            changes: As they may be told.
            access: What may be read of the node's own parts.
        """
        if not self._plan.splits(subscription):
            return changes
        made = [await self._assembled(subscription, one, access) for one in changes]
        return [one for one in made if one is not None]

    async def _assembled(
        self, subscription: Subscription, happened: Happened, access: Access
    ) -> Happened | None:
        own = happened.after or happened.before
        if own is None:
            return None
        versions = [] if happened.after is None else [Version(happened.after)]
        if happened.source:
            versions += self._local(subscription, happened.entity_id, access)
        versions += await self._remote(subscription, happened, own)
        whole = merge(versions, self._clock())
        if whole is None:
            # All of it is gone: what it was in its parts, nobody knows any more.
            return happened if happened.after is None else None
        if not matches(entity_query(subscription), whole, self._follow(subscription, access)):
            return None
        return replace(happened, after=whole)

    def _local(self, subscription: Subscription, entity_id: str, access: Access) -> list[Version]:
        entity = self._entity(subscription, entity_id, access)
        return [] if entity is None else [Version(entity)]

    def _follow(self, subscription: Subscription, access: Access) -> Callable[[str], Entity | None]:
        return lambda uri: self._entity(subscription, uri, access)

    def _entity(self, subscription: Subscription, entity_id: str, access: Access) -> Entity | None:
        stored = self._store.stored(subscription.tenant, entity_id)
        entity = None if stored is None else seen_entity(access, self._store.load(stored))
        return None if entity is None else unexpired(entity, self._clock())

    async def _remote(
        self, subscription: Subscription, happened: Happened, own: Entity
    ) -> list[Version]:
        origin = self._plan.origin(subscription, happened.via)
        wanted = Wanted(ids=(own.id,), types=tuple(frozenset((iri,)) for iri in own.types))
        matching = self._registry.matching(
            origin, wanted, operation=Operation.RETRIEVE_ENTITY, csf=subscription.csf
        )
        call = Call(
            method="GET",
            path=f"entities/{segment(own.id)}",
            query=lambda _: (("options", "sysAttrs"),),
        )
        asked = [(match, call) for match in matching if match.registration.id != happened.source]
        if not asked:
            return []
        replies = await self._distributor.ask_all(origin, asked)
        found = (
            _version(reply, match, own.id) for reply, (match, _) in zip(replies, asked, strict=True)
        )
        return [one for one in found if one is not None]


def _version(reply: Reply | SourceFailed, match: Match, entity_id: str) -> Version | None:
    """Read what a source has of an entity; what it was not asked for is passed over."""
    if isinstance(reply, SourceFailed) or reply.status != 200:
        return None
    try:
        entity = kept(received_entity(reply.body, reply.context), match)
    except InvalidInput:
        return None
    if entity is None or entity.id != entity_id:
        return None
    return Version(entity, match.registration.mode is Mode.AUXILIARY)
