"""Subscriptions: create, update, retrieve, query, delete (CIM 009, 5.8.1 to 5.8.5, 5.11.2 to 5.11.6).

Those to entities and those to registrations of Context Sources are written and kept alike.
"""

from collections.abc import Callable
from uuid import uuid4

import msgspec

from hanze.broker.asking import asker_of, require_all
from hanze.broker.consumption import TenantNotFound
from hanze.broker.contexts import Contexts
from hanze.broker.known_subscriptions import KnownSubscriptions, SubscriptionPage
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.sharing import refuse_links
from hanze.broker.subscription_records import (
    delete_subscription,
    find_subscription,
    put_subscription,
    state_of,
)
from hanze.errors import Conflicting, InvalidInput, NotFound, TooMuch
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import NULL, JsonObject, JsonValue
from hanze.ngsild.subscription.model import Asker, Subscription, SubscriptionState
from hanze.ngsild.subscription.parse import (
    Written,
    cleaned,
    given_context,
    parse_subscription,
    refuse_past,
)
from hanze.ngsild.subscription.update import updated_document
from hanze.ngsild.uri import is_uri

__all__ = [
    "SubscriptionAlreadyExists",
    "SubscriptionNotFound",
    "Subscriptions",
    "TooManySubscriptions",
]

_ID = "urn:ngsi-ld:Subscription:"

#: Of all the subscriptions that there may be, an owner who is no writer may have one in so many.
_SHARE = 10


class SubscriptionNotFound(NotFound):
    """No subscription with this id is in the tenant (5.5.2 ResourceNotFound)."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"Subscription {subscription_id[:200]} does not exist")
        self.subscription_id = subscription_id


class SubscriptionAlreadyExists(Conflicting):
    """A subscription with this id exists in the tenant (5.5.2 AlreadyExists)."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"Subscription {subscription_id[:200]} already exists")
        self.subscription_id = subscription_id


class TooManySubscriptions(TooMuch):
    """The node holds as many subscriptions as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The node already has {limit} subscriptions, the most it may hold")


class Subscriptions:
    """The subscriptions of a node, to entities or to registrations of Context Sources.

    Args:
        store: Keeps them, in its registers.
        contexts: Resolves the @contexts of their notifications.
        index: Is told of each change, once that is durable.
        most: So many there may be at once, in all tenants together.
        about_sources: Whether they are about registrations.

    Attributes:
        listeners: Called after each change, with the tenant and the id of what changed.
        reaches: Tells whether others than this node may tell of what a subscription is about: they
            decide about what they have.
    """

    def __init__(
        self,
        store: Store,
        contexts: Contexts,
        index: KnownSubscriptions,
        *,
        most: int,
        about_sources: bool = False,
    ) -> None:
        self._store = store
        self._contexts = contexts
        self._index = index
        self._most = most
        self._about_sources = about_sources
        self.listeners: list[Callable[[str, str], None]] = []
        self.reaches: Callable[[Subscription], bool] = _nowhere

    async def create(
        self,
        caller: Caller,
        body: JsonObject,
        context: Context,
        *,
        via: tuple[str, ...] = (),
        owner: str = "",
        now: str,
    ) -> str:
        """Create a subscription (5.8.1); its tenant arises with it where it is new (5.5.10).

        Args:
            caller: Who subscribes, to what is in its tenant.
            body: A Subscription (5.2.12), without its `@context`.
            context: That @context.
            via: Aliases of the Context Sources that it came through (6.3.18).
            owner: Who alone may see and change it besides those who may write; such an owner may
                have a tenth of what there may be.
            now: DateTime text.

        Returns:
            The id: the one that was given, or a new one.

        Raises:
            InvalidInput: It is no Subscription, or would expire in the past.
            LdContextNotAvailable: `jsonldContext` cannot be retrieved.
            SubscriptionAlreadyExists: The id is taken.
            TooManySubscriptions: There are as many as there may be.
            LinksNotShared: It tells of linked entities, and the caller may not read all.
            AccessDenied: It names what the caller may not read.
            PurposeRequired: It names closed data, and no purpose.
        """
        document = cleaned(body)
        refuse_past(document, now)
        document.setdefault("id", f"{_ID}{uuid4().hex}")
        url, notified_context = await self._notified(document, context)
        document["jsonldContext"] = url
        subscription = parse_subscription(
            Written(
                tenant=caller.tenant,
                document=document,
                about_sources=self._about_sources,
                via=via,
                owner=owner,
                asker=asker_of(caller),
                context=context,
                notified_context=notified_context,
                created_at=now,
                modified_at=now,
            )
        )
        refuse_links(caller.shares, subscription)
        self._check_access(caller, subscription, now)
        self._check_room(subscription)
        await self._store.transact(lambda uow: self._add(uow, subscription))
        self._index.put(subscription)
        self._tell(caller.tenant, subscription.id)
        return subscription.id

    async def update(
        self,
        caller: Caller,
        subscription_id: str,
        fragment: JsonObject,
        context: Context,
        *,
        now: str,
    ) -> None:
        """Update a subscription by a fragment of it (5.8.2, 5.5.8).

        Args:
            caller: In whose tenant it is; what is told from then on is what they may read.
            subscription_id: URI.
            fragment: Members that take the place of those there are; null removes one.
            context: The fragment's @context.
            now: DateTime text.

        Raises:
            SubscriptionNotFound: There is none with this id.
            InvalidInput: It is none any more with the fragment, would expire in the past, or its
                id or type would change.
            LdContextNotAvailable: `jsonldContext` cannot be retrieved.
            AccessDenied: It names what the caller may not read, and is not paused.
            PurposeRequired: It names closed data, and no purpose.
        """
        self.retrieve(caller, subscription_id)
        changes = cleaned(fragment)
        refuse_past({name: value for name, value in changes.items() if value != NULL}, now)
        notified: tuple[str, Context] | None = None
        if "jsonldContext" in changes:
            if changes["jsonldContext"] in (None, NULL):
                del changes["jsonldContext"]
            notified = await self._notified(changes, context)
            changes["jsonldContext"] = notified[0]

        def unit(uow: UnitOfWork) -> Subscription:
            present = self._find(uow, caller.tenant, subscription_id)
            if present is None:
                raise SubscriptionNotFound(subscription_id)
            updated = self._updated(caller, present, changes, context, notified, now=now)
            if updated.is_active:
                refuse_links(caller.shares, updated)
                self._check_access(caller, updated, now)
            put_subscription(uow.registers, updated, about_sources=self._about_sources)
            return updated

        self._index.put(await self._store.transact(unit))
        self._tell(caller.tenant, subscription_id)

    def _updated(
        self,
        caller: Caller,
        present: Subscription,
        changes: JsonObject,
        context: Context,
        notified: tuple[str, Context] | None,
        *,
        now: str,
    ) -> Subscription:
        document, worded_in = updated_document(present, changes, context, now)
        return parse_subscription(
            Written(
                tenant=caller.tenant,
                document=document,
                about_sources=self._about_sources,
                via=present.via,
                owner=present.owner,
                asker=_asker(present, caller),
                stopped=present.stopped if document.get("isActive") is False else "",
                context=worded_in,
                notified_context=present.notified_context if notified is None else notified[1],
                created_at=present.created_at,
                modified_at=now,
            )
        )

    async def stop(self, subscription: Subscription, reason: str, *, now: str) -> None:
        """Pause a subscription whose asker may not read any more what it names.

        It stays as it is until somebody who may makes it active again.

        Args:
            reason: Code of `governance.reasons.Reason`, or another word for why.
            now: DateTime text.
        """

        def unit(uow: UnitOfWork) -> Subscription | None:
            present = self._find(uow, subscription.tenant, subscription.id)
            if present is None or present.modified_at != subscription.modified_at:
                return None
            stopped = msgspec.structs.replace(
                present,
                is_active=False,
                document={**present.document, "isActive": False},
                stopped=reason,
                modified_at=now,
            )
            put_subscription(uow.registers, stopped, about_sources=self._about_sources)
            return stopped

        stopped = await self._store.transact(unit)
        if stopped is not None:
            self._index.put(stopped)
            self._tell(subscription.tenant, subscription.id)

    def _check_access(self, caller: Caller, subscription: Subscription, now: str) -> None:
        # Registrations say who has what, and nothing of what that is.
        if self._about_sources:
            return
        try:
            require_all(self._store, caller, subscription, "subscribe", now=now)
        except (AccessDenied, PurposeRequired):
            if not self.reaches(subscription):
                raise

    def retrieve(
        self, caller: Caller, subscription_id: str
    ) -> tuple[Subscription, SubscriptionState]:
        """Return a subscription, and what became of its notifications (5.8.3).

        Raises:
            InvalidInput: The id is no URI.
            TenantNotFound: The caller's tenant does not exist.
            SubscriptionNotFound: There is none with this id.
        """
        _check_id(subscription_id)
        self._check_tenant(caller)
        subscription = self._index.get(caller.tenant, subscription_id)
        if subscription is None:
            raise SubscriptionNotFound(subscription_id)
        return subscription, self._state_of(subscription)

    def query(self, caller: Caller, *, limit: int, offset: int) -> SubscriptionPage:
        """Return a page of the subscriptions of the caller's tenant (5.8.4).

        Raises:
            TenantNotFound: The caller's tenant does not exist.
        """
        self._check_tenant(caller)
        found = self._index.of_tenant(caller.tenant)
        if offset >= len(found) > 0 and limit:
            offset = len(found) - 1
        page = found[offset : offset + limit]
        return SubscriptionPage([(one, self._state_of(one)) for one in page], len(found), offset)

    async def delete(self, caller: Caller, subscription_id: str) -> None:
        """Delete a subscription (5.8.5): nothing more is sent for it.

        Raises:
            InvalidInput: The id is no URI.
            TenantNotFound: The caller's tenant does not exist.
            SubscriptionNotFound: There is none with this id.
        """
        _check_id(subscription_id)
        self._check_tenant(caller)

        def unit(uow: UnitOfWork) -> None:
            if not delete_subscription(
                uow.registers, caller.tenant, subscription_id, about_sources=self._about_sources
            ):
                raise SubscriptionNotFound(subscription_id)

        await self._store.transact(unit)
        self._index.remove(caller.tenant, subscription_id)
        self._tell(caller.tenant, subscription_id)

    def _add(self, uow: UnitOfWork, subscription: Subscription) -> None:
        uow.create_tenant(subscription.tenant)
        if self._find(uow, subscription.tenant, subscription.id) is not None:
            raise SubscriptionAlreadyExists(subscription.id)
        put_subscription(uow.registers, subscription, about_sources=self._about_sources)

    def _check_room(self, subscription: Subscription) -> None:
        if len(self._index) >= self._most:
            raise TooManySubscriptions(self._most)
        if subscription.owner:
            own = (one.owner for one in self._index.of_tenant(subscription.tenant))
            share = self._most // _SHARE
            if sum(one == subscription.owner for one in own) >= share:
                raise TooManySubscriptions(share)

    def _tell(self, tenant: str, subscription_id: str) -> None:
        for listener in self.listeners:
            listener(tenant, subscription_id)

    def _find(self, uow: UnitOfWork, tenant: str, subscription_id: str) -> Subscription | None:
        return find_subscription(
            uow.registers, tenant, subscription_id, about_sources=self._about_sources
        )

    async def _notified(
        self, document: dict[str, JsonValue], context: Context
    ) -> tuple[str, Context]:
        """Give the URL of the @context of notifications, and what it stands for (5.8.1.4)."""
        url = given_context(document)
        if url is None:
            return await self._contexts.link_of(context), context
        return url, await self._contexts.resolve(url)

    def _state_of(self, subscription: Subscription) -> SubscriptionState:
        return state_of(
            self._store.registers,
            subscription.tenant,
            subscription.id,
            about_sources=self._about_sources,
        )

    def _check_tenant(self, caller: Caller) -> None:
        if not self._store.tenant_exists(caller.tenant):
            raise TenantNotFound(caller.tenant)


def _nowhere(_subscription: Subscription) -> bool:
    return False


def _asker(subscription: Subscription, caller: Caller) -> Asker | None:
    """Say who is told from now on: who changes it, but what a member subscribed to stays its own."""
    if subscription.owner and caller.actor != subscription.owner:
        return subscription.asker
    return asker_of(caller)


def _check_id(subscription_id: str) -> None:
    if not is_uri(subscription_id):
        raise InvalidInput(
            "The id of a subscription must be a URI",
            field="id",
            value=subscription_id,
            clause="5.8.3.4",
        )
