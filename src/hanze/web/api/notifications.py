"""`/api/v1/notifications`: what waits to be told, and what could not be told.

Like subscriptions, they are for those who may write: they say who is told of what.
"""

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from hanze.broker.asking import heard
from hanze.broker.gate import name_for
from hanze.broker.notification import Happened, render_notification
from hanze.ngsild.moment import format_datetime
from hanze.store.outbox.values import DeadLetter as Kept
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.caller import require_writer

__all__ = ["ROUTES"]

_LARGEST: Final = 2**63 - 1


class LettersOf(Taken, frozen=True):
    """Which dead letters.

    Attributes:
        subscription: Id of the subscription; those of all without it.
    """

    subscription: str | None = None


class LetterPage(LettersOf, frozen=True):
    """Which dead letters are listed.

    Attributes:
        after: Number of the last one of the page before.
        limit: At most so many.
    """

    after: Annotated[int, Meta(ge=0, le=_LARGEST)] = 0
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class DeadLetter(Answer, frozen=True):
    """A change that a subscription could not be told of.

    Attributes:
        number: Names it.
        subscription: Id of the subscription.
        entity: Id of the entity that changed; "" where who asks may not know of it.
        happened_at: When it changed.
        died_at: When it was given up.
        tries: How often it was sent.
        reason: Why it was given up.
        notification: What replaying it sends, but for its id and time; only when one letter is shown.
    """

    number: int
    subscription: str
    entity: str
    happened_at: str
    died_at: str
    tries: int
    reason: str
    notification: msgspec.Raw | UnsetType = UNSET


class DeadLetters(Answer, frozen=True):
    """A page of dead letters, in the order in which they died.

    Attributes:
        next: What `after` is for the next page, where there is one.
    """

    dead_letters: tuple[DeadLetter, ...]
    next: int | None = None


class DueTo(Answer, frozen=True):
    """What is due to one subscription.

    Attributes:
        subscription: Its id.
        waiting: Changes that it is still to be told of.
        dead_letters: Changes that it could not be told of.
    """

    subscription: str
    waiting: int
    dead_letters: int


class DueOverview(Answer, frozen=True):
    """The subscriptions to which something is due."""

    subscriptions: tuple[DueTo, ...]


class LettersMoved(Answer, frozen=True):
    """How many dead letters were replayed, or discarded."""

    dead_letters: int


async def overview(ask: Ask) -> DueOverview:
    """Count what waits to be told, and what could not be told, per subscription."""
    require_writer(ask.caller)
    store = ask.node.store
    tenant = ask.caller.tenant
    waiting = {key[1]: count for key, count in store.outbox.waiting().items() if key[0] == tenant}
    dead = [key[1] for key in store.dead_letters.subscriptions() if key[0] == tenant]
    return DueOverview(
        subscriptions=tuple(
            DueTo(
                subscription=name,
                waiting=waiting.get(name, 0),
                dead_letters=store.dead_letters.count_of((tenant, name)),
            )
            for name in sorted({*waiting, *dead})
        )
    )


async def list_letters(ask: Ask) -> DeadLetters:
    """List dead letters."""
    require_writer(ask.caller)
    asked = ask.parameters(LetterPage)
    found = ask.node.store.dead_letters.listed(
        ask.caller.tenant,
        subscription=asked.subscription,
        after=asked.after,
        limit=asked.limit + 1,
    )
    page = found[: asked.limit]
    more = len(found) > len(page)
    return DeadLetters(
        dead_letters=tuple(_told(ask, one) for one in page), next=page[-1].number if more else None
    )


async def show_letter(ask: Ask) -> DeadLetter:
    """Show a dead letter with the notification that replaying it sends."""
    require_writer(ask.caller)
    letter, happened = ask.node.store.dead_letters.get(ask.caller.tenant, _number(ask))
    return msgspec.structs.replace(
        _told(ask, letter), notification=_notification(ask, letter, happened)
    )


async def replay_letter(ask: Ask) -> Response:
    """Send a dead letter again; it waits like any other notification."""
    require_writer(ask.caller)
    await ask.node.store.dead_letters.replay(ask.caller.tenant, _number(ask))
    return Response(status_code=202)


async def discard_letter(ask: Ask) -> Response:
    """Throw a dead letter away."""
    require_writer(ask.caller)
    await ask.node.store.dead_letters.discard(ask.caller.tenant, _number(ask))
    return Response(status_code=204)


async def replay_letters(ask: Ask) -> LettersMoved:
    """Send all dead letters again, or those of one subscription."""
    require_writer(ask.caller)
    asked = ask.parameters(LettersOf)
    letters = ask.node.store.dead_letters
    return LettersMoved(
        dead_letters=await letters.replay_all(ask.caller.tenant, asked.subscription)
    )


async def discard_letters(ask: Ask) -> LettersMoved:
    """Throw all dead letters away, or those of one subscription."""
    require_writer(ask.caller)
    asked = ask.parameters(LettersOf)
    letters = ask.node.store.dead_letters
    return LettersMoved(
        dead_letters=await letters.discard_all(ask.caller.tenant, asked.subscription)
    )


def _number(ask: Ask) -> int:
    return int(ask.path("number"))


def _told(ask: Ask, letter: Kept) -> DeadLetter:
    return DeadLetter(
        number=letter.number,
        subscription=letter.subscription,
        entity=name_for(
            ask.node.store, ask.caller.in_tenant(letter.tenant), letter.entity, now=ask.now
        ),
        happened_at=format_datetime(letter.happened_id),
        died_at=format_datetime(letter.died),
        tries=letter.tries,
        reason=letter.reason,
    )


def _notification(ask: Ask, letter: Kept, happened: Happened | None) -> msgspec.Raw | UnsetType:
    subscription = ask.node.subscription_index.get(letter.tenant, letter.subscription)
    if subscription is None or happened is None:
        return UNSET
    name = f"urn:ngsi-ld:Notification:{letter.number}"
    caller = ask.caller.in_tenant(letter.tenant)
    store = ask.node.store
    changes = heard(store.gate.access(caller, ask.now), [happened])
    if not changes:
        return UNSET
    message = render_notification(
        store, caller, subscription, changes, now=ask.now, notification_id=name
    )
    return msgspec.Raw(message.body)


_LETTERS: Final = "/notifications/dead-letters"
_LETTER: Final = _LETTERS + "/{number:whole}"

ROUTES = (
    ApiRoute("GET", "/notifications", overview, DueOverview),
    ApiRoute("GET", _LETTERS, list_letters, DeadLetters, LetterPage),
    ApiRoute("POST", _LETTERS + "/replay", replay_letters, LettersMoved, LettersOf),
    ApiRoute("DELETE", _LETTERS, discard_letters, LettersMoved, LettersOf),
    ApiRoute("GET", _LETTER, show_letter, DeadLetter),
    ApiRoute("POST", _LETTER + "/replay", replay_letter, status=202),
    ApiRoute("DELETE", _LETTER, discard_letter, status=204),
)
