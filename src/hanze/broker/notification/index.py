"""Finds the subscriptions that a change triggers among many (CIM 009, 5.8.6).

A subscription stands in a cell for each combination of what selects its entities (an id, a type)
and an attribute that it watches. A change looks only into the cells of its entity's id and types
and of the attributes that changed. Within a cell, each subscription stands under one of its
necessary conditions (`conditions`), in a table that finds those whose condition holds. Where that
condition held and another did not, the subscription moves under the other: changes of a kind that
recur pass it by from then on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from hanze.broker.notification.conditions import Condition, conditions_of
from hanze.broker.notification.event import Event
from hanze.broker.notification.tables import Tables
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.subscription_records import stored_subscriptions
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.evaluate import Follow, matches
from hanze.ngsild.query.tree import EntityQuery, EntitySelector
from hanze.ngsild.subscription.model import Subscription, Trigger
from hanze.ngsild.subscription.trigger import Changes, changes_of, concerns, entity_query

__all__ = ["SubscriptionIndex"]

#: Kinds of change, what selects the entity ("id" and which, "type" and which), and the attribute;
#: `None` for any.
_CellKey = tuple[frozenset[Trigger], tuple[str, str] | None, str | None]

#: See `SubscriptionIndex.hears`.
Hears = Callable[[Subscription, Entity | None, Entity | None, Follow, str], bool]

#: Subscriptions that one change may move, so that it takes a bounded time.
_MOST_MOVES = 64
#: Under an equality that so many share already, another condition is tried first.
_CROWD = 16


class _Watcher:
    """A subscription in the index."""

    __slots__ = ("asked", "cells", "expires", "number", "query", "subscription")

    def __init__(self, subscription: Subscription, number: int, *, splits: bool) -> None:
        self.subscription = subscription
        self.number = number
        #: What is asked of a change here: of an entity in parts nothing that only a whole one tells.
        self.asked = replace(subscription, q=None, geo=None, scope=None) if splits else subscription
        self.query: EntityQuery = entity_query(self.asked)
        expires_at = subscription.expires_at
        self.expires = None if expires_at is None else parse_datetime(expires_at)
        self.cells: list[tuple[_CellKey, _Entry]] = []


class _Entry:
    """A subscription in one cell, under one of its conditions."""

    __slots__ = ("conditions", "place", "watcher")

    def __init__(self, watcher: _Watcher, conditions: Sequence[Condition]) -> None:
        self.watcher = watcher
        self.conditions = conditions
        self.place: int | None = None


class _Tenant:
    """The subscriptions of one tenant."""

    def __init__(self) -> None:
        self.watchers: dict[str, _Watcher] = {}
        self._cells: dict[_CellKey, Tables[_Entry]] = {}
        #: How many subscriptions want exactly these kinds of change.
        self._kinds: dict[frozenset[Trigger], int] = {}

    def add(self, watcher: _Watcher) -> None:
        self.watchers[watcher.subscription.id] = watcher
        if not _can_be_triggered(watcher.subscription):
            return
        kinds = watcher.subscription.triggers
        self._kinds[kinds] = self._kinds.get(kinds, 0) + 1
        for key, conditions in _cells_of(watcher.asked):
            entry = _Entry(watcher, conditions)
            tables = self._cells.setdefault(key, Tables())
            _place(tables, entry, _best(tables, conditions))
            watcher.cells.append((key, entry))

    def remove(self, subscription_id: str) -> None:
        watcher = self.watchers.pop(subscription_id, None)
        if watcher is not None:
            self.silence(watcher)

    def silence(self, watcher: _Watcher) -> None:
        """Take a subscription out of the cells; it is still known."""
        if not watcher.cells:
            return
        kinds = watcher.subscription.triggers
        self._kinds[kinds] -= 1
        if not self._kinds[kinds]:
            del self._kinds[kinds]
        for key, entry in watcher.cells:
            _take(self._cells[key], entry)
        watcher.cells.clear()

    def candidates(self, event: Event) -> dict[_Watcher, None]:
        """Find the subscriptions whose conditions hold, as far as conditions say."""
        found: dict[_Watcher, None] = {}
        strays: list[tuple[Tables[_Entry], _Entry, int]] = []
        for tables in self._open_cells(event):
            for entries in tables.hits(event):
                for entry in entries:
                    failing = _failing(entry, event)
                    if failing is None:
                        found[entry.watcher] = None
                    elif len(strays) < _MOST_MOVES:
                        strays.append((tables, entry, failing))
        for tables, entry, failing in strays:
            if entry.place != failing:
                _take(tables, entry)
                _place(tables, entry, failing)
        return found

    def _open_cells(self, event: Event) -> Iterator[Tables[_Entry]]:
        subject = event.subject
        selections = [("id", subject.id), *(("type", iri) for iri in subject.types), None]
        for kinds in self._kinds:
            names = _names(event.changes, kinds)
            if names is None:
                continue
            for selection in selections:
                for name in names:
                    tables = self._cells.get((kinds, selection, name))
                    if tables is not None:
                        yield tables


class SubscriptionIndex:
    """All subscriptions of a node (`ports.Watching`).

    It knows committed subscriptions: who writes one tells it so after the commit.

    Attributes:
        splits: Tells of a subscription whether parts of one of its entities may be elsewhere.
        hears: Tells whether a change that triggers a subscription does so in the eyes of who asked
            for it: the subscription, the entity before and after, linked ones, and now.
    """

    def __init__(self) -> None:
        self.splits: Callable[[Subscription], bool] = lambda _: False
        self.hears: Hears = _everything
        self._tenants: dict[str, _Tenant] = {}
        self._last = 0

    def load(self, store: Store) -> None:
        """Take in what is stored."""
        for subscription in stored_subscriptions(store.registers):
            self.put(subscription)

    def put(self, subscription: Subscription) -> None:
        """Take in a subscription, in the place of one with its id."""
        tenant = self._tenants.setdefault(subscription.tenant, _Tenant())
        known = tenant.watchers.get(subscription.id)
        if known is None:
            self._last += 1
            number = self._last
        else:
            tenant.silence(known)
            number = known.number
        tenant.add(_Watcher(subscription, number, splits=self.splits(subscription)))

    def reconsider(self, tenant: str) -> None:
        """Ask `splits` again of the subscriptions of a tenant."""
        for subscription in self.of_tenant(tenant):
            if subscription.split_entities is not False:
                self.put(subscription)

    def remove(self, tenant: str, subscription_id: str) -> None:
        """Forget a subscription, where it is known."""
        known = self._tenants.get(tenant)
        if known is not None:
            known.remove(subscription_id)
            if not known.watchers:
                del self._tenants[tenant]

    def get(self, tenant: str, subscription_id: str) -> Subscription | None:
        """Look a subscription up."""
        known = self._tenants.get(tenant)
        watcher = None if known is None else known.watchers.get(subscription_id)
        return None if watcher is None else watcher.subscription

    def of_tenant(self, tenant: str) -> list[Subscription]:
        """List the subscriptions of a tenant in the order of their creation."""
        known = self._tenants.get(tenant)
        # One that is put again keeps its place.
        return [] if known is None else [one.subscription for one in known.watchers.values()]

    def timed(self) -> list[Subscription]:
        """List those that are notified at intervals, of all tenants."""
        return [
            watcher.subscription
            for tenant in self._tenants.values()
            for watcher in tenant.watchers.values()
            if watcher.subscription.time_interval_s is not None
        ]

    def __len__(self) -> int:
        return sum(len(tenant.watchers) for tenant in self._tenants.values())

    def triggered(
        self, uow: UnitOfWork, tenant: str, before: Entity | None, after: Entity | None, now: str
    ) -> Sequence[str]:
        """Name the active subscriptions that a change triggers, in the order of their creation."""
        known = self._tenants.get(tenant)
        subject = before if after is None else after
        if known is None or subject is None:
            return ()
        changes = changes_of(before, after)
        if changes.entity is None and not changes.names:
            return ()
        candidates = known.candidates(Event(subject, changes))
        if not candidates:
            return ()

        def follow(uri: str) -> Entity | None:
            linked = uow.entity(tenant, uri)
            return None if linked is None else unexpired(linked, now)

        moment = parse_datetime(now)
        triggered = []
        for watcher in candidates:
            if watcher.expires is not None and watcher.expires <= moment:
                known.silence(watcher)
            elif (
                concerns(watcher.subscription, changes)
                and matches(watcher.query, subject, follow)
                and self.hears(watcher.asked, before, after, follow, now)
            ):
                triggered.append(watcher)
        triggered.sort(key=lambda watcher: watcher.number)
        return [watcher.subscription.id for watcher in triggered]


def _everything(
    _subscription: Subscription,
    _before: Entity | None,
    _after: Entity | None,
    _follow: Follow,
    _now: str,
) -> bool:
    """Let everybody hear everything: nobody decides about access."""
    return True


def _can_be_triggered(subscription: Subscription) -> bool:
    return subscription.is_active and subscription.time_interval_s is None


def _names(changes: Changes, kinds: Iterable[Trigger]) -> set[str | None] | None:
    """Say which attributes changed in any of some ways, with `None` for any; `None` when none did."""
    names: set[str | None] = set()
    happened = False
    for kind in kinds:
        named = changes.named(kind)
        if named is not None:
            happened = True
            names |= named
    if not happened:
        return None
    names.add(None)
    return names


def _cells_of(subscription: Subscription) -> Iterator[tuple[_CellKey, list[Condition]]]:
    selectors: Sequence[EntitySelector | None] = subscription.entities or (None,)
    names: Sequence[str | None] = subscription.watched or (None,)
    kinds = subscription.triggers
    for selector in selectors:
        conditions = conditions_of(subscription, selector)
        for selection in dict.fromkeys(_selections(selector)):
            for name in dict.fromkeys(names):
                yield (kinds, selection, name), conditions


def _selections(selector: EntitySelector | None) -> Iterator[tuple[str, str] | None]:
    if selector is not None and selector.ids:
        yield from (("id", entity_id) for entity_id in selector.ids)
    elif selector is not None and selector.types is not None:
        # An entity has all types of a group, so any one of them will do.
        yield from (("type", min(group)) for group in selector.types)
    else:
        yield None


def _failing(entry: _Entry, event: Event) -> int | None:
    """Find a condition of an entry that does not hold."""
    for number, condition in enumerate(entry.conditions):
        if number != entry.place and not any(map(event.holds, condition)):
            return number
    return None


def _best(tables: Tables[_Entry], conditions: Sequence[Condition]) -> int | None:
    """Choose the condition that excludes most, as far as can be told."""
    for number, condition in enumerate(conditions):
        if all(tables.crowd(atom) < _CROWD for atom in condition):
            return number
    return 0 if conditions else None


def _place(tables: Tables[_Entry], entry: _Entry, place: int | None) -> None:
    entry.place = place
    if place is None:
        tables.always[entry] = None
        return
    for atom in entry.conditions[place]:
        tables.add(atom, entry)


def _take(tables: Tables[_Entry], entry: _Entry) -> None:
    if entry.place is None:
        del tables.always[entry]
        return
    for atom in entry.conditions[entry.place]:
        tables.remove(atom, entry)
