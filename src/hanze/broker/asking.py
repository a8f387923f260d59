"""Who subscribed, and what of a change they hear: decided when it is told, not when it was asked.

A subscription keeps its asker. Whenever something is to be told, the asker is made a caller again,
under the rules of that moment; what they may not read is left out before anything is rendered.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from hanze.broker.gate import redact, restricted
from hanze.broker.happened import Happened
from hanze.broker.ports import Store
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.roles import DEVELOPER, NODE_ITSELF
from hanze.identity.trace import new_trace
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.evaluate import Follow, linked_depth
from hanze.ngsild.query.members import ENTITY_MEMBERS
from hanze.ngsild.query.tree import Share
from hanze.ngsild.subscription.model import Asker, Subscription
from hanze.ngsild.subscription.trigger import entity_query, is_triggered

__all__ = [
    "Askers",
    "asker_of",
    "heard",
    "hears",
    "require_all",
    "seen_entity",
]

_NOBODY = Asker(actor=ANONYMOUS.actor, roles=tuple(sorted(ANONYMOUS.roles)))


def asker_of(caller: Caller) -> Asker:
    """Keep of a caller what deciding about it again takes."""
    return Asker(
        actor=caller.actor,
        organisation=caller.organisation or "",
        roles=tuple(sorted(caller.roles)),
        purpose=caller.purpose or "",
        activity=caller.activity or "",
        subject=caller.subject or "",
        credential=caller.credential,
    )


@dataclass(frozen=True, slots=True)
class Askers:
    """Makes callers of askers again.

    Attributes:
        dev: Whether whoever asks may read everything (`--dev`): what was subscribed to so serves
            only while the node runs so.
        shares_of: What an owner may read that is a member of the league, by the id of the owner
            and whether it asks for itself; `None` for all.
        holds: Whether the credential that was subscribed with still gives what it gave then.
    """

    dev: bool
    shares_of: Callable[[str, bool], tuple[Share, ...] | None]
    holds: Callable[[Asker], bool]

    def caller(self, subscription: Subscription) -> Caller:
        """Make the caller on whose behalf a subscription is served now."""
        return self.of(subscription.asker, tenant=subscription.tenant, owner=subscription.owner)

    def of(self, asker: Asker | None, *, tenant: str, owner: str = "") -> Caller:
        """Make the caller that an asker is now, by what its credential is worth.

        Args:
            asker: `None`: nobody knows.
            owner: The member of the league that owns what is asked for; "" for nobody.
        """
        some = asker or _NOBODY
        if some.credential and not self.holds(some):
            some = _NOBODY
        # One that was kept without its asker is a member's own, as all were then.
        own = asker is None or bool(some.organisation)
        return replace(self._caller(some, tenant, owner, own=own), trace=new_trace())

    def likely(self, subscription: Subscription) -> Caller:
        """Make it without a look at the credential: every change asks, and delivery asks again."""
        asker = subscription.asker or _NOBODY
        own = subscription.asker is None or bool(asker.organisation)
        return self._caller(asker, subscription.tenant, subscription.owner, own=own)

    def _caller(self, asker: Asker, tenant: str, owner: str, *, own: bool) -> Caller:
        roles = frozenset(asker.roles) - {DEVELOPER, NODE_ITSELF}
        return Caller(
            asker.actor,
            asker.organisation or None,
            # A member is one in development mode, too: it has what is shared with it.
            roles | {DEVELOPER} if self.dev and not owner else roles,
            purpose=asker.purpose or None,
            purposes=frozenset((asker.purpose,)) if asker.purpose else frozenset(),
            activity=asker.activity or None,
            subject=asker.subject or None,
            credential=asker.credential,
            tenant=tenant,
            shares=self.shares_of(owner, own) if owner and not tenant else None,
        )


def require_all(
    store: Store, caller: Caller, subscription: Subscription, action: str, *, now: str
) -> Access:
    """Say what somebody may read, where they may use all that a subscription names.

    Args:
        action: "subscribe", "deliver".
        now: DateTime text.

    Raises:
        AccessDenied: It names, or filters by, what the caller may not read.
        PurposeRequired: It is about closed data, and the caller says no purpose.
    """
    named = {name: member for name, member in _names(subscription) if name not in ENTITY_MEMBERS}
    restricted(store, caller, entity_query(subscription), names=named, action=action, now=now)
    return store.gate.access(caller, now)


def _names(subscription: Subscription) -> Iterator[tuple[str, str]]:
    """Give the attributes that are named beside its query."""
    params = subscription.notification
    if params.projection is not None:
        yield from ((term.name, "pick") for term in params.projection.pick or ())
    yield from ((name, "attributes") for name in params.attributes or ())
    yield from ((name, "watchedAttributes") for name in subscription.watched)


def seen_entity(access: Access, entity: Entity | None) -> Entity | None:
    """Leave of an entity what is seen of it; `None` where that is nothing."""
    if entity is None or access.is_everything:
        return entity
    seen = access.view(frozenset(entity.types)).of(entity)
    return None if seen is None else redact(entity, seen)


def heard(access: Access, changes: Iterable[Happened]) -> list[Happened]:
    """Leave of some changes what may be told of now.

    What a Context Source told of it decided about itself, for whoever asked it.
    """
    if access.is_everything:
        return [*changes]
    told = (_heard(access, one) for one in changes)
    return [one for one in told if one is not None]


def _heard(access: Access, happened: Happened) -> Happened | None:
    before, after = happened.before, happened.after
    if happened.source:
        return happened
    # What was before is told where it could be read by what the entity is now, too: an attribute
    # that is closed today stays closed with the values that it had.
    before = seen_entity(access, before)
    if after is None:
        return None if before is None else msgspec.structs.replace(happened, before=before)
    seen = access.view(frozenset(after.types)).of(after)
    if seen is None:
        return None
    if before is not None:
        before = redact(before, seen)
    return msgspec.structs.replace(happened, before=before, after=redact(after, seen))


def hears(
    access: Access,
    subscription: Subscription,
    before: Entity | None,
    after: Entity | None,
    follow: Follow,
) -> bool:
    """Tell whether a change that triggers a subscription does so for its asker, too.

    Where only what they may not read changed, they are told nothing: not even that.

    Args:
        access: What the asker may read.
    """
    if access.is_everything:
        return True
    seen = (seen_entity(access, before), seen_entity(access, after))
    if seen == (None, None) or (after is not None and seen[1] is None):
        return False
    linked = subscription.q is not None and linked_depth(subscription.q) > 0
    if seen[0] is before and seen[1] is after and not linked:
        return True
    return is_triggered(
        subscription, seen[0], seen[1], lambda uri: seen_entity(access, follow(uri))
    )
