"""Who subscribed, and what of a change they hear: decided when it is told, not when it was asked.

A subscription keeps its asker. Whenever something is to be told, the asker is made a caller again,
under the rules of that moment; what they may not read is left out before anything is rendered.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from hanze.broker.gate import redact
from hanze.broker.happened import Happened
from hanze.governance.decision import Asked
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.roles import DEVELOPER, NODE_ITSELF
from hanze.identity.trace import new_trace
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Access, seen_of
from hanze.ngsild.query.evaluate import Follow
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.tree import And, LinkedPath, Or, QueryNode, Share, ValuePath
from hanze.ngsild.subscription.model import Asker, Subscription
from hanze.ngsild.subscription.trigger import is_triggered

__all__ = [
    "Askers",
    "asked_by",
    "asker_of",
    "elsewhere",
    "heard",
    "hears",
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
        holds: Whether a credential still serves.
    """

    dev: bool
    shares_of: Callable[[str, bool], tuple[Share, ...] | None]
    holds: Callable[[str], bool]

    def caller(self, subscription: Subscription) -> Caller:
        """Make the caller on whose behalf a subscription is served now."""
        asker = subscription.asker or _NOBODY
        if asker.credential and not self.holds(asker.credential):
            asker = _NOBODY
        return replace(self._caller(subscription, asker), trace=new_trace())

    def likely(self, subscription: Subscription) -> Caller:
        """Make it without a look at the credential: every change asks, and delivery asks again."""
        return self._caller(subscription, subscription.asker or _NOBODY)

    def _caller(self, subscription: Subscription, asker: Asker) -> Caller:
        roles = frozenset(asker.roles) - {DEVELOPER, NODE_ITSELF}
        shares = None
        if subscription.owner and not subscription.tenant:
            # One that was kept without its asker is a member's own, as all were then.
            own = subscription.asker is None or bool(asker.organisation)
            shares = self.shares_of(subscription.owner, own)
        return Caller(
            asker.actor,
            asker.organisation or None,
            roles | {DEVELOPER} if self.dev else roles,
            purpose=asker.purpose or None,
            purposes=frozenset((asker.purpose,)) if asker.purpose else frozenset(),
            activity=asker.activity or None,
            subject=asker.subject or None,
            credential=asker.credential,
            tenant=subscription.tenant,
            shares=shares,
        )


def asked_by(subscription: Subscription, action: str) -> Asked:
    """Say what a subscription names.

    Args:
        action: "subscribe", "deliver".
    """
    selectors = subscription.entities
    types = None
    if selectors and all(one.types is not None for one in selectors):
        types = tuple(group for one in selectors for group in one.types or ())
    ids = tuple(entity_id for one in selectors for entity_id in one.ids)
    return Asked(action=action, types=types, ids=ids, names=dict(_names(subscription)))


def _names(subscription: Subscription) -> Iterator[tuple[str, str]]:
    """Give the attributes that are named, the member that says most of them last."""
    params = subscription.notification
    if params.projection is not None:
        for term in params.projection.pick or ():
            if not _is_member(term.name):
                yield term.name, "pick"
    for name in params.attributes or ():
        yield name, "attributes"
    for name in subscription.watched:
        yield name, "watchedAttributes"
    if subscription.geo is not None:
        yield subscription.geo.attribute, "geoQ"
    if subscription.q is not None:
        yield from ((name, "q") for name in _names_in(subscription.q) if not _is_member(name))


def _is_member(name: str) -> bool:
    return name.startswith("@") or name == SCOPE


def _names_in(node: QueryNode) -> Iterator[str]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _names_in(term)
        return
    path: ValuePath | LinkedPath = node.path
    while isinstance(path, LinkedPath):
        yield path.relationship
        path = path.target
    yield path.names[0]


def seen_entity(access: Access, entity: Entity | None) -> Entity | None:
    """Leave of an entity what is seen of it; `None` where that is nothing."""
    if entity is None or access.is_everything:
        return entity
    seen = seen_of(access, entity)
    return None if seen is None else redact(entity, seen)


def elsewhere(access: Access) -> Access:
    """Say what may be read of what others have: they decided about what no dataset here covers."""
    return msgspec.structs.replace(access, rest=True)


def heard(access: Access, changes: Iterable[Happened]) -> list[Happened]:
    """Leave of some changes what may be told of now.

    What a Context Source told of was decided about there; here, what is closed is closed still.
    """
    if access.is_everything:
        return [*changes]
    told = (_heard(access, one) for one in changes)
    return [one for one in told if one is not None]


def _heard(access: Access, happened: Happened) -> Happened | None:
    before, after = happened.before, happened.after
    if happened.source:
        access = elsewhere(access)
    # What was before is told where it could be read by what the entity is now, too: an attribute
    # that is closed today stays closed with the values that it had.
    before = seen_entity(access, before)
    if after is None:
        return None if before is None else msgspec.structs.replace(happened, before=before)
    seen = seen_of(access, after)
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
    linked = subscription.q is not None and any(
        isinstance(path, LinkedPath) for path in _paths(subscription.q)
    )
    if seen[0] is before and seen[1] is after and not linked:
        return True
    return is_triggered(
        subscription, seen[0], seen[1], lambda uri: seen_entity(access, follow(uri))
    )


def _paths(node: QueryNode) -> Iterator[ValuePath | LinkedPath]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _paths(term)
    else:
        yield node.path
