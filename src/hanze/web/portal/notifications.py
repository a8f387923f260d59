"""Who is told of changes, how that goes, and what could not be told: seen, sent again, let go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from hanze.broker.gate import name_for
from hanze.errors import InvalidInput
from hanze.ngsild.subscription.model import (
    DeliveryStatus,
    Subscription,
    SubscriptionState,
    SubscriptionStatus,
    status_of,
)
from hanze.store.outbox.values import DeadLetter
from hanze.web.caller import require_writer
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.forms import Given
from hanze.web.portal.history.calendar import local
from hanze.web.portal.site import Visit

__all__ = ["show", "take"]

_PAGE: Final = 25
_LETTERS: Final = 50
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """A subscription, and how it goes.

    Attributes:
        id: Of the subscription.
        title: Its name, else its id.
        about: What it is about, in its own words.
        types: In words; empty where it names none.
        watched: Attributes in words; empty for any.
        receiver: Where notifications go, without what might let others in.
        status: Whether it is under operation.
        failing: Whether the last attempt failed.
        state: Counters, and when.
        last: When the last notification went.
        waiting: Changes that wait to be told.
        dead: Changes that could not be told.
        href: Of its dead letters.
    """

    id: str
    title: str
    about: str
    types: tuple[str, ...]
    watched: tuple[str, ...]
    receiver: str
    status: SubscriptionStatus
    failing: bool
    state: SubscriptionState
    last: datetime | None
    waiting: int
    dead: int
    href: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A change that could not be told."""

    number: int
    subscription: str
    entity: str
    entity_href: str
    happened: datetime
    died: datetime
    tries: int
    reason: str


async def show(visit: Visit) -> Response:
    """List subscriptions and dead letters, for those who may write: they say who is told what."""
    if not visit.may_write:
        back = urlencode({"next": f"/{visit.language.code}/notifications"})
        return RedirectResponse(f"/{visit.language.code}/sign-in?{back}", status_code=303)
    asked = visit.request.query_params
    page, after = _whole(asked.get("page"), 1), _whole(asked.get("after"), 0)
    chosen = asked.get("subscription", "")
    node, tenant = visit.site.node, visit.caller.tenant
    found = node.subscriptions.query(visit.caller, limit=_PAGE, offset=(page - 1) * _PAGE)
    letters = node.store.dead_letters.listed(
        tenant, subscription=chosen or None, after=after, limit=_LETTERS + 1
    )
    following = letters[_LETTERS - 1].number if len(letters) > _LETTERS else None
    return visit.page(
        "notifications.html",
        rows=[_row(visit, one, state) for one, state in found.subscriptions],
        total=found.count,
        page=page,
        pages=range(1, -(-found.count // _PAGE) + 1),
        letters=[_letter(visit, one) for one in letters[:_LETTERS]],
        chosen=chosen,
        done=asked.get("done", ""),
        number=_whole(asked.get("number"), 0),
        following=_path(visit, subscription=chosen, after=str(following)) if following else "",
        simulated=False,
    )


async def take(visit: Visit, given: Given) -> Response:
    """Send dead letters again, or throw them away: one, those of a subscription, or all.

    Raises:
        AuthenticationRequired: Nobody is signed in.
        RoleMissing: Who is may not.
        DeadLetterNotFound: There is none of that number.
        InvalidInput: The form asks for something else.
    """
    require_writer(visit.caller)
    letters, tenant = visit.site.node.store.dead_letters, visit.caller.tenant
    done, number, chosen = given.text("do"), given.text("number"), given.text("subscription")
    if done not in ("replay", "discard") or (number and not number.isdecimal()):
        raise InvalidInput("Dead letters are replayed or discarded", field="do")
    moved = 1
    if number and done == "replay":
        await letters.replay(tenant, _whole(number, 0))
    elif number:
        await letters.discard(tenant, _whole(number, 0))
    elif done == "replay":
        moved = await letters.replay_all(tenant, chosen or None)
    else:
        moved = await letters.discard_all(tenant, chosen or None)
    back = given.text("back")
    path = _path(visit, subscription=back, done=done, number=str(moved))
    return RedirectResponse(path, status_code=303)


def _row(visit: Visit, subscription: Subscription, state: SubscriptionState) -> Row:
    document, key = subscription.document, (subscription.tenant, subscription.id)
    words, store = visit.language.words, visit.site.node.store
    name, about = document.get("subscriptionName"), document.get("description")
    types = {
        words("type", iri)
        for selector in subscription.entities
        for alternative in selector.types or ()
        for iri in alternative
    }
    return Row(
        id=subscription.id,
        title=str(name) if name else subscription.id,
        about=str(about) if about else "",
        types=tuple(sorted(types)),
        watched=tuple(words("attribute", iri) for iri in subscription.watched),
        receiver=_receiver(subscription.notification.endpoint.uri),
        status=status_of(subscription, visit.now),
        failing=state.status is DeliveryStatus.FAILED,
        state=state,
        last=parse_moment(state.last_notification),
        waiting=store.outbox.waiting_of(key),
        dead=store.dead_letters.count_of(key),
        href=_path(visit, subscription=subscription.id) + "#letters",
    )


def _letter(visit: Visit, letter: DeadLetter) -> Letter:
    zone = visit.speaker.formats.zone
    entity = name_for(visit.site.node.store, visit.caller, letter.entity, now=visit.now)
    return Letter(
        number=letter.number,
        subscription=letter.subscription,
        entity=entity or "…",
        entity_href=visit.entity_path(entity) if entity else "",
        happened=local(letter.happened_id, zone),
        died=local(letter.died, zone),
        tries=letter.tries,
        reason=letter.reason,
    )


def _receiver(uri: str) -> str:
    """Name a receiver without the parts of its address in which secrets stand."""
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _whole(text: str | None, default: int) -> int:
    good = text is not None and text.isdecimal() and len(text) < 20
    return min(int(text or "0"), _LARGEST) or default if good else default


def _path(visit: Visit, **parameters: str) -> str:
    given: Sequence[tuple[str, str]] = [(name, text) for name, text in parameters.items() if text]
    query = urlencode(given, quote_via=quote, safe=":")
    return f"/{visit.language.code}/notifications" + (f"?{query}" if query else "")
