"""Keeps copies of subscriptions at Context Sources as they should be (CIM 009, 5.8.1.4 to 5.8.5.4).

What should be follows from the subscriptions and the registrations, what is there is written down
(`records`). Whatever changes, the two are compared again, and each copy that differs is seen to by
itself: it is tried until that succeeds, with growing waits. No request waits for it.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.subscriptions.copying import wanted_by
from hanze.broker.distribution.subscriptions.errand import CannotBeReached, Errand
from hanze.broker.distribution.subscriptions.plan import Plan, Wish
from hanze.broker.distribution.subscriptions.records import (
    Copy,
    delete_copy,
    new_copy,
    put_copy,
    stored_copies,
    way_of,
)
from hanze.broker.known_subscriptions import KnownSubscriptions
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.registry import Change
from hanze.errors import HanzeError
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.registration.matching import matched_information
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.subscription.model import Subscription, SubscriptionStatus, status_of

__all__ = ["Copies"]

_log = logging.getLogger(__name__)

#: Copies that are seen to at a time.
_AT_ONCE: Final = 16
#: Subscriptions that are compared before others get their turn.
_SLICE: Final = 64

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 600.0
_DOUBLINGS: Final = 20
#: A copy that is there is looked after again so often: its source may have lost it.
_CHECK_S: Final = 3600.0
_LOOK_S: Final = 30.0
#: A copy that cannot be deleted for so long is given up: a source that is gone does not notify.
_GIVE_UP_US: Final = 7 * 86_400 * 1_000_000

_Key = tuple[str, str]


class Copies:
    """The copies of a node's subscriptions at Context Sources.

    Args:
        store: Keeps the records.
        index: Knows the subscriptions.
        plan: Says what should be.
        errand: Goes to the sources.
        clock: Answers now as DateTime text.

    Attributes:
        changed: Set when something may be to be done.
    """

    def __init__(
        self,
        store: Store,
        index: KnownSubscriptions,
        plan: Plan,
        errand: Errand,
        clock: Callable[[], str],
    ) -> None:
        self._store = store
        self._index = index
        self.plan = plan
        self._errand = errand
        self._clock = clock
        self.changed = asyncio.Event()
        self._by_token: dict[str, Copy] = {}
        self._by_subscription: dict[_Key, set[str]] = {}
        #: Subscriptions to be compared; registrations that changed, with which these are looked up.
        self._doubtful: dict[_Key, None] = {}
        self._moved: list[Change] = []
        #: Copies to be seen to: when, on the clock of the loop, and how often that failed.
        self._due: dict[str, tuple[float, int]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        #: When copies were last known to be at their sources, on the clock of the loop.
        self._seen: dict[str, float] = {}
        self._looks = 0.0
        self._closed = False
        #: Held from when records are read until what follows from them is written.
        self._writing = asyncio.Lock()

    def load(self, tenants: Iterable[str]) -> None:
        """Take in what is written down, and have everything compared: the node may have crashed."""
        for copy in stored_copies(self._store.registers):
            self._remember(copy)
            self._doubtful[copy.tenant, copy.subscription_id] = None
        for tenant in tenants:
            for subscription in self._index.of_tenant(tenant):
                if not subscription.is_local:
                    self._doubtful[tenant, subscription.id] = None
        self.changed.set()

    def __len__(self) -> int:
        return len(self._by_token)

    def __iter__(self) -> Iterator[Copy]:
        return iter(self._by_token.values())

    def get(self, token: str) -> Copy | None:
        """Look a copy up by the address that its source notifies to."""
        return self._by_token.get(token)

    def wish(self, copy: Copy) -> tuple[Subscription, Wish] | None:
        """Say what a copy should be; `None` where it should not be."""
        subscription = self._index.get(copy.tenant, copy.subscription_id)
        if subscription is None or copy.leaving_since is not None:
            return None
        wish = self.plan.wish(subscription, copy.registration_id, copy.part)
        return None if wish is None else (subscription, wish)

    def subscription_changed(self, tenant: str, subscription_id: str) -> None:
        """Hear that a subscription is new, other than before, or gone."""
        self._doubtful[tenant, subscription_id] = None
        self.changed.set()

    def registration_changed(self, change: Change) -> None:
        """Hear that a registration is new, other than before, or gone."""
        self._moved.append(change)
        self.changed.set()

    async def step(self) -> float | None:
        """Compare what may differ, and begin to see to what is due.

        Returns:
            In how many seconds something more is due; `None` where nothing waits.
        """
        self.changed.clear()
        await self._look_up()
        number = 0
        while self._doubtful:
            key = next(iter(self._doubtful))
            try:
                async with self._writing:
                    await self._compare(*key)
            except Exception:
                # What could not be compared stays doubtful, and does not hold up the others.
                self._doubtful[key] = self._doubtful.pop(key, None)
                raise
            number += 1
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        self._look_after()
        return self._begin()

    async def close(self) -> None:
        """Let go of what is under way; it is taken up again when the node starts."""
        self._closed = True
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _look_up(self) -> None:
        """Find the subscriptions that registrations which changed concern."""
        moved, self._moved = self._moved, []
        for change in moved:
            either = [one for one in (change.before, change.after) if one is not None]
            tenant = either[0].registered_in
            for number, subscription in enumerate(self._index.of_tenant(tenant)):
                if number % _SLICE == _SLICE - 1:
                    await asyncio.sleep(0)
                if not subscription.is_local and _concerns(either, subscription):
                    self._doubtful[tenant, subscription.id] = None

    async def _compare(self, tenant: str, subscription_id: str) -> None:
        """Write down the copies that are missing, and those that are to go."""
        moment = asyncio.get_running_loop().time()
        subscription = self._index.get(tenant, subscription_id)
        wishes = {} if subscription is None else dict(self.plan.wishes(subscription))
        now = self._clock()
        leaving, tokens = [], []
        for copy in list(self._of(tenant, subscription_id)):
            tokens.append(copy.token)
            wish = wishes.get((copy.registration_id, copy.part))
            if copy.leaving_since is not None:
                continue
            if wish is None or not way_of(wish.match.registration).leads_where(copy.way):
                leaving.append(replace(copy, leaving_since=now))
            elif not copy.sent and not _may_be_made(wish):
                leaving.append(
                    replace(copy, way=way_of(wish.match.registration), leaving_since=now)
                )
            else:
                del wishes[copy.registration_id, copy.part]
        expired = (
            subscription is not None and status_of(subscription, now) is SubscriptionStatus.EXPIRED
        )
        made = [
            new_copy(tenant, subscription_id, wish.match.registration, part)
            for (_, part), wish in wishes.items()
            if not expired and _may_be_made(wish)
        ]
        if leaving or made:
            # Whatever changes meanwhile is compared again.
            await self._write(*leaving, *made)
        if self._index.get(tenant, subscription_id) is subscription:
            self._doubtful.pop((tenant, subscription_id), None)
        for token in (*tokens, *(copy.token for copy in made)):
            self._due[token] = (moment, 0)

    def _look_after(self) -> None:
        """Have copies looked after that were not seen for long."""
        moment = asyncio.get_running_loop().time()
        if moment < self._looks:
            return
        self._looks = moment + _LOOK_S
        for token, seen in self._seen.items():
            if moment - seen >= _CHECK_S:
                self._due.setdefault(token, (moment, 0))

    def _begin(self) -> float | None:
        """Start what is due, as much as may run at a time."""
        moment = asyncio.get_running_loop().time()
        waits: list[float] = []
        for token, (when, failures) in list(self._due.items()):
            if len(self._running) >= _AT_ONCE:
                # Whichever ends first goes on with the others.
                return None
            if token in self._running:
                continue
            if when > moment:
                waits.append(when - moment)
            else:
                del self._due[token]
                task = asyncio.create_task(self._see_to(token, failures))
                self._running[token] = task
                task.add_done_callback(partial(self._ended, token))
        return min(waits, default=None)

    def _ended(self, token: str, _task: asyncio.Task[None]) -> None:
        del self._running[token]
        if self._due and not self._closed:
            self.changed.set()

    async def _see_to(self, token: str, failures: int) -> None:
        """Bring one copy to where it should be; where that fails it is tried again."""
        copy = self._by_token.get(token)
        if copy is None:
            return
        try:
            await self._bring(copy)
        except SourceFailed as failure:
            if failure.kind is FailureKind.LOOP and not copy.sent and copy.leaving_since is None:
                # It comes back here: nothing is at the source, and nothing should be.
                await self._write(gone=token)
                return
            self._try_again(copy, failures + 1, str(failure))
        except CannotBeReached as error:
            self._try_again(copy, failures + _DOUBLINGS, str(error))
        except HanzeError as error:
            self._try_again(copy, failures + 1, str(error))
        except Exception:  # noqa: BLE001  # one copy must not end the others
            _log.exception("The copy %s cannot be seen to", copy.remote_id)
            self._try_again(copy, failures + 1, "the node failed")

    async def _bring(self, copy: Copy) -> None:
        found = self.wish(copy)
        if copy.leaving_since is None and found is None:
            # Something changed since: the comparison decides, which is under way.
            self.subscription_changed(copy.tenant, copy.subscription_id)
            return
        if found is not None:
            if status_of(found[0], self._clock()) is SubscriptionStatus.EXPIRED:
                # So it is at the source, by itself; one that expires in the past is refused there.
                return
            await self._keep(copy, *found)
            return
        age = parse_datetime(self._clock()) - parse_datetime(copy.leaving_since or self._clock())
        try:
            await self._errand.take_away(copy)
        except HanzeError:
            if age < _GIVE_UP_US:
                raise
            _log.warning("The copy %s may be left at its source", copy.remote_id)
        await self._write(gone=copy.token)

    async def _keep(self, copy: Copy, subscription: Subscription, wish: Wish) -> None:
        """Have a copy at its source, and see to it now and then that it still is."""
        brought = await self._errand.bring(copy, subscription, wish)
        loop = asyncio.get_running_loop()
        unseen = loop.time() - self._seen.get(copy.token, -_CHECK_S) >= _CHECK_S
        doubtful = unseen and brought.sent == copy.sent
        if doubtful and not await self._errand.is_there(copy, subscription, wish):
            _log.warning("The copy %s was lost at its source", copy.remote_id)
            brought = await self._errand.bring(replace(copy, sent=""), subscription, wish)
        if brought != copy:
            async with self._writing:
                # Meanwhile it may have been decided that it is to go.
                present = self._by_token.get(copy.token, copy)
                await self._write(replace(brought, leaving_since=present.leaving_since))
        if unseen or brought.sent != copy.sent:
            self._seen[copy.token] = loop.time()

    def _try_again(self, copy: Copy, failures: int, why: str) -> None:
        if failures in (1, 5, _DOUBLINGS):
            _log.warning("Subscription %s: %s", copy.subscription_id, why)
        wait_s = min(_FIRST_WAIT_S * 2.0 ** min(failures - 1, _DOUBLINGS), _LONGEST_WAIT_S)
        wait_s *= 0.8 + 0.4 * random.random()  # noqa: S311  # no secret
        # What changed meanwhile is due at once.
        self._due.setdefault(copy.token, (asyncio.get_running_loop().time() + wait_s, failures))

    async def _write(self, *copies: Copy, gone: str | None = None) -> None:
        def unit(uow: UnitOfWork) -> None:
            for copy in copies:
                put_copy(uow.registers, copy)
            if gone is not None:
                delete_copy(uow.registers, gone)

        await self._store.transact(unit)
        for copy in copies:
            self._remember(copy)
        if gone is not None:
            self._forget(gone)

    def _of(self, tenant: str, subscription_id: str) -> Iterator[Copy]:
        tokens = self._by_subscription.get((tenant, subscription_id), ())
        return (self._by_token[token] for token in tokens)

    def _remember(self, copy: Copy) -> None:
        self._by_token[copy.token] = copy
        key = (copy.tenant, copy.subscription_id)
        self._by_subscription.setdefault(key, set()).add(copy.token)

    def _forget(self, token: str) -> None:
        copy = self._by_token.pop(token)
        self._due.pop(token, None)
        self._seen.pop(token, None)
        key = (copy.tenant, copy.subscription_id)
        tokens = self._by_subscription[key]
        tokens.discard(token)
        if not tokens:
            del self._by_subscription[key]


def _concerns(registrations: Iterable[Registration], subscription: Subscription) -> bool:
    wanted = wanted_by(subscription)
    return any(matched_information(one, wanted) for one in registrations)


def _may_be_made(wish: Wish) -> bool:
    return Operation.CREATE_SUBSCRIPTION in wish.match.registration.operations
