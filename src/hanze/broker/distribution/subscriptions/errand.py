"""Goes to a Context Source to create, update or delete a copy of a subscription (CIM 009, 5.8)."""

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import Final
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.requests import Call, segment
from hanze.broker.distribution.subscriptions.copying import copied
from hanze.broker.distribution.subscriptions.plan import Plan, Wish
from hanze.broker.distribution.subscriptions.records import Copy, way_of
from hanze.errors import Unavailable
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.model import NULL, JsonValue
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.subscription.model import Subscription
from hanze.ngsild.uri import is_uri

__all__ = ["CALLBACK_PATH", "CannotBeReached", "Errand"]

#: Where Context Sources notify to, followed by the token of the copy.
CALLBACK_PATH: Final = "/api/v1/peer-notifications"

_NOT_FOUND: Final = 404
_TAKEN: Final = frozenset({409})
_encode = msgspec.json.Encoder(order="deterministic").encode


class CannotBeReached(Unavailable):
    """A source could not notify: the node does not know under which address others reach it."""

    def __init__(self, registration_id: str) -> None:
        super().__init__(
            f"The source of {registration_id} cannot be subscribed at, since it would not know "
            "where to notify; the setting server.base_url says under which address others reach "
            "this node"
        )


class Errand:
    """Asks sources.

    Args:
        distributor: The way to them.
        plan: Says on whose behalf.
        callback: Under which address a source, given by its endpoint, reaches this node; `None`
            where that is not known.
    """

    def __init__(
        self, distributor: Distributor, plan: Plan, callback: Callable[[str], str | None]
    ) -> None:
        self._distributor = distributor
        self._plan = plan
        self._callback = callback

    async def bring(self, copy: Copy, subscription: Subscription, wish: Wish) -> Copy:
        """Have a copy at its source as it should be.

        Returns:
            The copy as it is there; the same where nothing was to be done.

        Raises:
            SourceFailed: The source did not do it.
            CannotBeReached: It would not know where to notify.
        """
        registration = wish.match.registration
        body = partial(_body, subscription, wish, self._address(copy, registration))
        wanted = _said(body(CORE), subscription)
        way = way_of(registration)
        if copy.sent == wanted:
            return copy if copy.way == way else replace(copy, way=way)
        there = replace(copy, way=way, sent=wanted, members=tuple(sorted(body(CORE))))
        if not copy.sent:
            reply = await self._create(copy, subscription, registration, body)
            if reply.status not in _TAKEN:
                return replace(there, remote_id=_given_id(reply) or copy.remote_id)
        if Operation.UPDATE_SUBSCRIPTION in registration.operations:
            reply = await self._update(copy, subscription, registration, body)
            if reply.status != _NOT_FOUND:
                return there
        elif Operation.DELETE_SUBSCRIPTION in registration.operations:
            await self.take_away(replace(copy, way=way))
        else:
            # Neither can be done: what is there stays as it is (4.3.6.1).
            return there
        reply = await self._create(copy, subscription, registration, body)
        return replace(there, remote_id=_given_id(reply) or copy.remote_id)

    async def is_there(self, copy: Copy, subscription: Subscription, wish: Wish) -> bool:
        """Ask the source whether it still has a copy; in doubt it has.

        Raises:
            SourceFailed: The source did not answer.
        """
        registration = wish.match.registration
        if Operation.RETRIEVE_SUBSCRIPTION not in registration.operations:
            return True
        call = Call(method="GET", path=_path_of(copy), uses_context=False)
        return (await self._ask(subscription, registration, call)).status != _NOT_FOUND

    async def take_away(self, copy: Copy) -> None:
        """Delete a copy at its source, where that supports it (5.8.5.4).

        Raises:
            SourceFailed: The source did not do it.
        """
        if not copy.way.supports(Operation.DELETE_SUBSCRIPTION):
            return
        call = Call(
            method="DELETE",
            path=_path_of(copy),
            uses_context=False,
        )
        origin = self._plan.cleaning(copy.tenant)
        await self._distributor.ask(origin, copy.way.registration(copy), call)

    async def _create(
        self,
        copy: Copy,
        subscription: Subscription,
        registration: Registration,
        body: Callable[[Context], dict[str, JsonValue]],
    ) -> Reply:
        def with_id(context: Context) -> JsonValue:
            return {"id": copy.remote_id, **body(context)}

        call = Call(method="POST", path="subscriptions", body=with_id, statuses=_TAKEN)
        return await self._ask(subscription, registration, call)

    async def _update(
        self,
        copy: Copy,
        subscription: Subscription,
        registration: Registration,
        body: Callable[[Context], dict[str, JsonValue]],
    ) -> Reply:
        def fragment(context: Context) -> JsonValue:
            members = body(context)
            removed = {name: NULL for name in copy.members if name not in members}
            return {**members, **removed}

        call = Call(method="PATCH", path=_path_of(copy), body=fragment)
        return await self._ask(subscription, registration, call)

    async def _ask(
        self, subscription: Subscription, registration: Registration, call: Call
    ) -> Reply:
        origin = self._plan.origin(subscription)
        # What is local is said in the subscription; the resource has no such parameter (6.3.18).
        management = replace(registration.management, local_only=False)
        return await self._distributor.ask(
            origin, replace(registration, management=management), call
        )

    def _address(self, copy: Copy, registration: Registration) -> str:
        base = self._callback(registration.endpoint)
        if base is None:
            raise CannotBeReached(registration.id)
        return f"{base}{CALLBACK_PATH}/{copy.token}"


def _body(
    subscription: Subscription, wish: Wish, address: str, context: Context
) -> dict[str, JsonValue]:
    registration = wish.match.registration
    endpoint = {"uri": address}
    return copied(subscription, wish.part, registration, context, endpoint, split=wish.split)


def _path_of(copy: Copy) -> str:
    return f"subscriptions/{segment(copy.remote_id)}"


def _said(body: dict[str, JsonValue], subscription: Subscription) -> str:
    """Tell apart what was sent, and on whose behalf: the source decides by that, too."""
    asker = b"" if subscription.asker is None else _encode(subscription.asker)
    return blake2b(_encode(body) + asker, digest_size=16).hexdigest()


def _given_id(reply: Reply) -> str | None:
    """Read the id that the source gave the copy: it may not take the one that was asked for."""
    given = unquote(reply.headers.get("location", "").rstrip("/").rpartition("/")[2])
    return given if is_uri(given) else None
