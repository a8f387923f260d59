"""Who subscribed is made a caller again by what the node knows now: its tokens, and the league."""

from collections.abc import Callable

from hanze.broker.asking import Askers, hears
from hanze.broker.notification import SubscriptionIndex
from hanze.governance.gate import Gate
from hanze.identity.grant import Grant
from hanze.identity.roles import RESIDENT
from hanze.identity.tokens import Tokens
from hanze.league.membership import EVERYBODY
from hanze.league.service import League
from hanze.league.sharing import readable_by
from hanze.ngsild.model import Entity
from hanze.ngsild.query.evaluate import Follow
from hanze.ngsild.query.tree import Share
from hanze.ngsild.subscription.model import Asker, Subscription
from hanze.node.identity import Entrance

__all__ = ["grant_of", "open_askers", "still_gives"]


def grant_of(tokens: Tokens, entrance: Entrance, credential: str, *, now: str) -> Grant | None:
    """Say what a credential gives now; `None` where it gives nothing any more.

    Who signs in with another provider is known here only while they are signed in: what they
    subscribe to does not outlast that.
    """
    kind, _, name = credential.partition(":")
    if kind == "token":
        named = (one for one in tokens.records() if one.name == name)
        return next((one for one in named if one.state(now) == "active"), None)
    if kind == "client":
        return entrance.clients.get(name, now=now)
    return entrance.accounts.get(name) if kind == "account" else None


def still_gives(grant: Grant, asker: Asker) -> bool:
    """Tell whether a credential gives what somebody subscribed with: else that has ended."""
    return (
        (grant.organisation or "") == asker.organisation
        and (not asker.purpose or asker.purpose in grant.purposes)
        and (not asker.activity or asker.activity == grant.activity)
        # Whoever was linked to another data subject hears no more about the one of before.
        and (not asker.subject or asker.subject == grant.subject)
        and (RESIDENT not in asker.roles or RESIDENT in grant.roles)
    )


def open_askers(
    gate: Gate,
    index: SubscriptionIndex,
    league: League,
    *,
    dev: bool,
    grant_of: Callable[[str], Grant | None],
) -> Askers:
    """Have subscriptions decided about for whoever asked for them.

    Args:
        index: Is told who hears of a change.
        dev: As in `Askers`.
        grant_of: What a credential gives now, as `grant_of` has it.
    """

    def shares_of(owner: str, own: bool) -> tuple[Share, ...] | None:
        return readable_by(league.state, owner if own else EVERYBODY)

    def holds(asker: Asker) -> bool:
        grant = grant_of(asker.credential)
        return grant is not None and still_gives(grant, asker)

    askers = Askers(dev=dev, shares_of=shares_of, holds=holds)

    def is_heard(
        subscription: Subscription,
        before: Entity | None,
        after: Entity | None,
        follow: Follow,
        now: str,
    ) -> bool:
        access = gate.access(askers.likely(subscription), now)
        return hears(access, subscription, before, after, follow)

    index.hears = is_heard
    return askers
