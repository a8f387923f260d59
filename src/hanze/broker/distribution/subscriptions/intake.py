"""Takes in what Context Sources notify of copies of subscriptions (CIM 009, 5.8.6).

What comes goes into the outbox, in one durable unit, and from there to the subscriber like any
change here: with the subscription's own formats, counters and waits.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from hanze.broker.distribution.narrowing import kept
from hanze.broker.distribution.subscriptions.copies import Copies
from hanze.broker.distribution.subscriptions.copying import Part, selects
from hanze.broker.distribution.subscriptions.heard import Heard
from hanze.broker.distribution.subscriptions.plan import Wish
from hanze.broker.distribution.subscriptions.records import Copy
from hanze.broker.distribution.via import alias_in
from hanze.broker.happened import Happened
from hanze.broker.ports import Store, UnitOfWork
from hanze.errors import InvalidInput, NotFound, StoreFailure
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity, JsonObject, JsonValue
from hanze.ngsild.subscription.model import Subscription, SubscriptionStatus, status_of
from hanze.ngsild.subscription.told import Told, read_told

__all__ = ["Intake", "NotificationNotExpected"]

_log = logging.getLogger(__name__)

#: Entities in one notification.
_MOST_ENTITIES: Final = 10_000
#: Entities that are read before others get their turn, and that one unit of work writes down.
_SLICE: Final = 32
_TOGETHER: Final = 100


class NotificationNotExpected(NotFound):
    """Nobody subscribed at a Context Source with this address, or not any more."""

    def __init__(self) -> None:
        super().__init__("No subscription waits for notifications at this address")


class _Arrived(NamedTuple):
    """A notification, and whom it is for."""

    copy: Copy
    subscription: Subscription
    wish: Wish
    via: tuple[str, ...]
    now: str


class Intake:
    """Takes in notifications of Context Sources.

    Args:
        store: With the outbox.
        copies: Knows what was subscribed to where.
        alias: Of this node.
        clock: Answers now as DateTime text.
    """

    def __init__(
        self, store: Store, copies: Copies, *, alias: str, clock: Callable[[], str]
    ) -> None:
        self._store = store
        self._copies = copies
        self._alias = alias
        self._clock = clock
        self._heard = Heard()

    def check(self, token: str) -> None:
        """See that somebody waits for notifications at an address.

        Raises:
            NotificationNotExpected: Nobody does.
        """
        if self._copies.get(token) is None:
            raise NotificationNotExpected

    async def take(
        self, token: str, body: JsonObject, context: Context, *, via: tuple[str, ...] = ()
    ) -> int:
        """Take in a notification; when this returns, it is durable.

        Args:
            token: From the address that the source was given.
            body: A Notification (5.3.1), without its @context.
            context: Of the names in it.
            via: Aliases of the nodes that passed it on, in their order.

        Returns:
            Of how many entities the subscriber is told.

        Raises:
            NotificationNotExpected: Nobody waits for it.
            InvalidInput: It is no notification of what was subscribed to.
        """
        copy = self._copies.get(token)
        found = None if copy is None else self._copies.wish(copy)
        if copy is None or found is None:
            raise NotificationNotExpected
        subscription, wish = found
        entities = _checked(copy, body)
        now = self._clock()
        if alias_in(self._alias, copy.tenant) in via:
            # It went in a circle; whoever waits here was told when it began.
            return 0
        if status_of(subscription, now) is not SubscriptionStatus.ACTIVE:
            return 0
        arrived = _Arrived(copy, subscription, wish, via, now)
        happened = await _happened(arrived, entities, context)
        told = 0
        for start in range(0, len(happened), _TOGETHER):
            told += await self._write(arrived, happened[start : start + _TOGETHER])
        return told

    async def _write(self, arrived: _Arrived, happened: Sequence[Happened]) -> int:
        subscription = arrived.subscription

        def unit(uow: UnitOfWork) -> int:
            # Here, so that the same does not slip through twice at one time.
            new = [one for one in happened if self._heard.is_new(subscription, one)]
            for one in new:
                uow.tell(subscription.tenant, (subscription.id,), one, now=arrived.now)
            return len(new)

        try:
            return await self._store.transact(unit)
        except StoreFailure:
            for one in happened:
                self._heard.forget(subscription, one)
            raise


async def _happened(
    arrived: _Arrived, entities: Sequence[JsonValue], context: Context
) -> list[Happened]:
    """Read what happened; entities that cannot be read do not stop the others."""
    subscription, source = arrived.subscription, arrived.copy.registration_id
    happened: list[Happened] = []
    refused: list[InvalidInput] = []
    strange = 0
    for number, json in enumerate(entities):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        try:
            told = _within(read_told(json, context), subscription, arrived.wish)
        except InvalidInput as error:
            refused.append(error)
            continue
        if told is None:
            strange += 1
            continue
        at = told.deleted_at or arrived.now
        happened.append(Happened(told.entity.id, told.before, told.after, at, source, arrived.via))
    if strange:
        _log.warning(
            "%s tells of %d entities that it was not asked for on behalf of %s",
            source,
            strange,
            subscription.id,
        )
    if refused:
        _log.warning("%s tells of %d entities that cannot be read", source, len(refused))
    if refused and len(refused) == len(entities):
        raise refused[0]
    return happened


def _checked(copy: Copy, body: JsonObject) -> Sequence[JsonValue]:
    """See that a body is a notification of a copy; return its entities."""
    if body.get("type") != "Notification":
        raise InvalidInput("type must be Notification", field="type", clause="5.3.1")
    if copy.sent and body.get("subscriptionId") != copy.remote_id:
        raise InvalidInput(
            "subscriptionId is not that of the subscription with this address",
            field="subscriptionId",
            value=body.get("subscriptionId"),
            clause="5.3.1",
        )
    data = body.get("data")
    if not isinstance(data, list) or len(data) > _MOST_ENTITIES:
        raise InvalidInput(
            f"data must be an array of at most {_MOST_ENTITIES} entities",
            field="data",
            clause="5.3.1",
        )
    return data


def _within(told: Told, subscription: Subscription, wish: Wish) -> Told | None:
    """Leave what was asked for, and what the source is registered for (4.3.6.1)."""
    entity = told.entity
    if not selects(wish.part.selectors, entity) or not selects(subscription.entities, entity):
        return None
    sides = [_side(one, wish) for one in (told.before, told.after)]
    return Told(sides[0], sides[1], told.deleted_at) if any(sides) else None


def _side(entity: Entity | None, wish: Wish) -> Entity | None:
    known = None if entity is None else kept(entity, wish.match)
    return None if known is None else _of_part(known, wish.part)


def _of_part(entity: Entity, part: Part) -> Entity:
    if not part.names or part.names.issuperset(entity.attributes):
        return entity
    attributes = {name: own for name, own in entity.attributes.items() if name in part.names}
    return replace(entity, attributes=attributes)
