"""Subscriptions to registrations of Context Sources, and what they were told (CIM 009, 5.11).

Nothing waits in a queue for them: what is to be told is the difference between the registrations
that match and those that were told of, and that is written down. So nothing is lost in a crash, and
whoever could not be reached hears afterwards of what is, not of all that was in between.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import msgspec

from hanze.broker.distribution.subscriptions.copying import wanted_by
from hanze.broker.origin import Origin
from hanze.broker.ports import Registers, RegistersView, Store
from hanze.broker.registry import Match, Registry
from hanze.broker.subscription_records import stored_subscriptions
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonObject
from hanze.ngsild.registration.model import RegistrationState
from hanze.ngsild.registration.render import render_registration
from hanze.ngsild.subscription.model import Subscription

__all__ = [
    "SourceSubscriptionIndex",
    "SourceWatch",
    "TriggerReason",
    "Unsaid",
]

_KIND: Final = "source-told"
#: JSON that this module wrote.
_Trusted = Any


class TriggerReason(Enum):
    """Why registrations are told of (5.3.3)."""

    NEWLY_MATCHING = "newlyMatching"
    UPDATED = "updated"
    NO_LONGER_MATCHING = "noLongerMatching"


class _Told(msgspec.Struct, frozen=True):
    """A registration that was told of.

    Attributes:
        asked: When the subscription was written that it was told to (`modified_at`).
        version: When the registration was written, likewise.
        shown: As it was told.
    """

    asked: str
    version: str
    shown: Mapping[str, _Trusted]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Told).decode

#: Whose: the tenant, and the subscription's id.
_Subscriber = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What a subscriber is still to be told.

    Attributes:
        reason: Of all of it.
        data: Registrations as JSON, by id, at least one.
        versions: When those were written that still match, by id.
    """

    reason: TriggerReason
    data: Mapping[str, JsonObject]
    versions: Mapping[str, str]


class SourceSubscriptionIndex:
    """All subscriptions to registrations of a node, in memory (`KnownSubscriptions`)."""

    def __init__(self) -> None:
        self._tenants: dict[str, dict[str, Subscription]] = {}

    def load(self, store: Store) -> None:
        """Take in what is stored."""
        for subscription in stored_subscriptions(store.registers, about_sources=True):
            self.put(subscription)

    def put(self, subscription: Subscription) -> None:
        """Take in a subscription, in the place of one with its id."""
        self._tenants.setdefault(subscription.tenant, {})[subscription.id] = subscription

    def remove(self, tenant: str, subscription_id: str) -> None:
        """Forget a subscription, where it is known."""
        known = self._tenants.get(tenant, {})
        known.pop(subscription_id, None)
        if not known:
            self._tenants.pop(tenant, None)

    def get(self, tenant: str, subscription_id: str) -> Subscription | None:
        """Look a subscription up."""
        return self._tenants.get(tenant, {}).get(subscription_id)

    def of_tenant(self, tenant: str) -> list[Subscription]:
        """List the subscriptions of a tenant in the order of their creation."""
        return list(self._tenants.get(tenant, {}).values())

    def all(self) -> list[Subscription]:
        """List the subscriptions of all tenants."""
        return [one for known in self._tenants.values() for one in known.values()]

    def __len__(self) -> int:
        return sum(map(len, self._tenants.values()))


class SourceWatch:
    """Says what subscribers are to be told of registrations.

    Args:
        registers: Where is written down what they were told.
        registry: Which registrations there are.
        clock: Answers now as DateTime text.
    """

    def __init__(
        self, registers: RegistersView, registry: Registry, clock: Callable[[], str]
    ) -> None:
        self._registers = registers
        self._registry = registry
        self._clock = clock
        #: Versions that were told, for the version of the subscription, by registration.
        self._told: dict[_Subscriber, dict[str, tuple[str, str]]] = {}
        for key, raw in registers.items(_KIND):
            tenant, subscription_id, registration_id = key.split("\x00")
            told = _decode(raw)
            known = self._told.setdefault((tenant, subscription_id), {})
            known[registration_id] = (told.asked, told.version)

    def subscribers(self) -> list[_Subscriber]:
        """List who was told of something, also where the subscription is gone."""
        return list(self._told)

    def matching(self, subscription: Subscription) -> Unsaid | None:
        """Give all registrations that match, as a first notification shows them."""
        found = self._matching(subscription)
        if not found:
            return None
        return Unsaid(
            TriggerReason.NEWLY_MATCHING,
            {match.registration.id: _shown(subscription, match) for match in found},
            {match.registration.id: match.registration.modified_at for match in found},
        )

    def unsaid(self, subscription: Subscription) -> list[Unsaid]:
        """Give what a subscriber does not know yet, one for each reason.

        Who changed the subscription is told of everything anew (5.11.3.4).
        """
        subscriber = (subscription.tenant, subscription.id)
        asked = subscription.modified_at
        told = {
            one: version
            for one, (to, version) in self._told.get(subscriber, {}).items()
            if to == asked
        }
        found = self._matching(subscription)
        new = [match for match in found if match.registration.id not in told]
        other = [
            match
            for match in found
            if told.get(match.registration.id, match.registration.modified_at)
            != match.registration.modified_at
        ]
        reasons = ((TriggerReason.NEWLY_MATCHING, new), (TriggerReason.UPDATED, other))
        unsaid = [
            Unsaid(
                reason,
                {match.registration.id: _shown(subscription, match) for match in matches},
                {match.registration.id: match.registration.modified_at for match in matches},
            )
            for reason, matches in reasons
            if matches
        ]
        gone = told.keys() - {match.registration.id for match in found}
        if gone:
            earlier = {one: self._as_told(subscription, one) for one in sorted(gone)}
            unsaid.append(Unsaid(TriggerReason.NO_LONGER_MATCHING, earlier, {}))
        return unsaid

    def write(self, registers: Registers, subscription: Subscription, said: Unsaid) -> None:
        """Write down what a subscriber was told, within a unit of work."""
        for one, shown in said.data.items():
            key = _key(subscription.tenant, subscription.id, one)
            version = said.versions.get(one)
            if version is None:
                registers.delete(_KIND, key)
            else:
                registers.put(_KIND, key, _encode(_Told(subscription.modified_at, version, shown)))

    def said(self, subscription: Subscription, said: Unsaid) -> None:
        """Remember what was written, once that is durable."""
        known = self._told.setdefault((subscription.tenant, subscription.id), {})
        for one in said.data:
            version = said.versions.get(one)
            if version is None:
                known.pop(one, None)
            else:
                known[one] = (subscription.modified_at, version)

    def drop(self, registers: Registers, tenant: str, subscription_id: str) -> None:
        """Cross out what was told to who is gone, within a unit of work."""
        for one in self._told.get((tenant, subscription_id), {}):
            registers.delete(_KIND, _key(tenant, subscription_id, one))

    def dropped(self, tenant: str, subscription_id: str) -> None:
        """Forget what was crossed out, once that is durable."""
        self._told.pop((tenant, subscription_id), None)

    def _matching(self, subscription: Subscription) -> list[Match]:
        caller = Caller(actor=subscription.id).in_tenant(subscription.tenant)
        origin = Origin(caller=caller, context=CORE, via=subscription.via, now=self._clock())
        return self._registry.matching(
            origin,
            wanted_by(subscription),
            temporal=subscription.temporal,
            geo=subscription.geo,
            scope=subscription.scope,
            csf=subscription.csf,
        )

    def _as_told(self, subscription: Subscription, registration_id: str) -> JsonObject:
        raw = self._registers.get(
            _KIND, _key(subscription.tenant, subscription.id, registration_id)
        )
        if raw is None:
            return {"id": registration_id, "type": "ContextSourceRegistration"}
        return _decode(raw).shown


def _key(tenant: str, subscription_id: str, registration_id: str) -> str:
    return f"{tenant}\x00{subscription_id}\x00{registration_id}"


def _shown(subscription: Subscription, match: Match) -> JsonObject:
    """Write of a registration what a subscriber needs of it (5.11.7).

    How asking its source goes is no part of that: it changes all the time.
    """
    return render_registration(
        match.registration,
        subscription.notified_context,
        RegistrationState(),
        information=match.information,
        sys_attrs=subscription.notification.sys_attrs,
    )
