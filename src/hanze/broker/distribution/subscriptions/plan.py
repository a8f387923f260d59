"""Which copies of subscriptions should be at which Context Sources (CIM 009, 5.8.1.4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hanze.broker.distribution.subscriptions.copying import Part, parts_of, wanted_by
from hanze.broker.origin import Origin
from hanze.broker.registry import Match, Registry
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from hanze.ngsild.registration.matching import matched_information
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.subscription.model import Subscription

__all__ = ["Plan", "Wish"]

#: Auxiliary sources are not subscribed at (5.8.1.4).
_MODES: Final = frozenset({Mode.INCLUSIVE, Mode.EXCLUSIVE, Mode.REDIRECT})


@dataclass(frozen=True, slots=True)
class Wish:
    """A copy as it should be.

    Attributes:
        match: The registration, with what of it matches.
        part: What of the subscription it is about.
        split: Whether parts of one entity may be elsewhere.
    """

    match: Match
    part: Part
    split: bool


class Plan:
    """Says what should be.

    Args:
        registry: Which sources there are.
        clock: Answers now as DateTime text.
        caller_of: Gives the caller on whose behalf a subscription is served now.
        split_entities: Whether parts of one entity may be at several sources, where a subscription
            does not say so.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Callable[[], str],
        caller_of: Callable[[Subscription], Caller],
        *,
        split_entities: bool,
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._caller_of = caller_of
        self._split_entities = split_entities

    def origin(self, subscription: Subscription, via: tuple[str, ...] = ()) -> Origin:
        """Say on whose behalf sources are asked: of no request, it may be long over.

        Args:
            via: Nodes that were passed after those of the subscription.
        """
        caller = self._caller_of(subscription)
        passed = (*subscription.via, *via)
        return Origin(caller=caller, context=CORE, via=passed, now=self._clock())

    def cleaning(self, tenant: str) -> Origin:
        """Say on whose behalf copies are taken away whose subscription is gone: the node's own."""
        caller = Caller(actor="subscriptions", roles=frozenset({"reader", "writer"}))
        return Origin(caller=caller.in_tenant(tenant), context=CORE, now=self._clock())

    def splits(self, subscription: Subscription) -> bool:
        """Tell whether parts of one of its entities may be at several sources (5.2.12)."""
        if _stays_here(subscription) or self._registry.is_empty(subscription.tenant):
            return False
        given = subscription.split_entities
        return self._split_entities if given is None else given

    def matches(
        self, subscription: Subscription, *, operation: Operation | None = None
    ) -> list[Match]:
        """Find the sources that a subscription is about."""
        if _stays_here(subscription) or self._registry.is_empty(subscription.tenant):
            return []
        split = self.splits(subscription)
        return self._registry.matching(
            self.origin(subscription),
            wanted_by(subscription),
            operation=operation,
            modes=_MODES,
            # A part of an entity says nothing of where the whole is.
            geo=None if split else subscription.geo,
            scope=None if split else subscription.scope,
            csf=subscription.csf,
        )

    def reaches(self, subscription: Subscription) -> bool:
        """Tell whether others than this node may have what a subscription is about."""
        return bool(self.matches(subscription))

    def wishes(self, subscription: Subscription) -> Mapping[tuple[str, str], Wish]:
        """Name the copies that there should be, by registration and part."""
        split = self.splits(subscription)
        return {
            (match.registration.id, part.key): Wish(match, part, split)
            for match in self.matches(subscription)
            for part in parts_of(subscription, match.information)
        }

    def wish(self, subscription: Subscription, registration_id: str, part: str) -> Wish | None:
        """Give one of the copies that there should be, as far as its source is still registered."""
        registration = self._registry.get(subscription.tenant, registration_id)
        if registration is None or _stays_here(subscription):
            return None
        information = matched_information(registration, wanted_by(subscription))
        for one in parts_of(subscription, information):
            if one.key == part:
                match = Match(registration, information)
                return Wish(match, one, self.splits(subscription))
        return None


def _stays_here(subscription: Subscription) -> bool:
    """Tell whether a subscription is about this node alone.

    Members of the league subscribe at each node themselves: what others share with this node is
    not for them.
    """
    return subscription.is_local or bool(subscription.owner)
