"""Who subscribed is made a caller again by what the node knows now: its tokens, and the league."""

from collections.abc import Callable

from hanze.broker.asking import Askers, hears
from hanze.broker.notification import SubscriptionIndex
from hanze.governance.gate import Gate
from hanze.identity.tokens import Tokens
from hanze.league.membership import EVERYBODY
from hanze.league.service import League
from hanze.league.sharing import readable_by
from hanze.ngsild.model import Entity
from hanze.ngsild.query.evaluate import Follow
from hanze.ngsild.query.tree import Share
from hanze.ngsild.subscription.model import Subscription

__all__ = ["open_askers"]


def open_askers(
    gate: Gate,
    index: SubscriptionIndex,
    league: League,
    *,
    dev: bool,
    tokens: Tokens,
    clock: Callable[[], str],
) -> Askers:
    """Have subscriptions decided about for whoever asked for them.

    Args:
        index: Is told who hears of a change.
        dev: As in `Askers`.
        tokens: Tell whether a credential still serves.
        clock: Answers now as DateTime text.
    """

    def shares_of(owner: str, own: bool) -> tuple[Share, ...] | None:
        return readable_by(league.state, owner if own else EVERYBODY)

    def holds(credential: str) -> bool:
        kind, _, name = credential.partition(":")
        now = clock()
        return kind != "token" or any(
            one.name == name and one.state(now) == "active" for one in tokens.records()
        )

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
