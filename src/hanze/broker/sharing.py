"""Subscriptions of whom only some of a tenant is shared with: what they may not ask for."""

from hanze.errors import Denied
from hanze.ngsild.query.evaluate import linked_depth
from hanze.ngsild.query.tree import Share
from hanze.ngsild.subscription.model import Subscription
from hanze.ngsild.subscription.trigger import entity_query

__all__ = ["LinksNotShared", "refuse_links"]


class LinksNotShared(Denied):
    """A subscription asks about linked entities, of which some may not be shared."""

    def __init__(self) -> None:
        super().__init__(
            "The query follows relationships: whom only some entities are shared with, "
            "may ask about these themselves"
        )
        self.field = "q"


def refuse_links(shares: tuple[Share, ...] | None, subscription: Subscription) -> None:
    """Refuse a subscription that tells of linked entities to whom not all are shared with.

    Raises:
        LinksNotShared: It does.
    """
    if shares is None:
        return
    query = entity_query(subscription).q
    linked = query is not None and linked_depth(query) > 0
    if subscription.notification.join is not None or linked:
        raise LinksNotShared
