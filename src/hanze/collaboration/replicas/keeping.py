"""The replicas themselves: in registers of the store, apart from all entities, and at hand.

Entities of this node are never among them, and no operation of the standard reads registers: what
is kept here is answered to people as the collective's, never as local, and never told to others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

import msgspec

from hanze.broker.ports import RegistersView, Store, UnitOfWork
from hanze.collaboration.held import Held, Home
from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.homes import Claim, Homes, homes_of
from hanze.collaboration.replicas.model import (
    MOST_BYTES,
    MOST_RECORDS,
    MOST_TOGETHER,
    Listing,
    Part,
    Replica,
    Source,
    is_public,
)
from hanze.errors import HanzeError, InvalidInput
from hanze.ngsild.model import JsonValue
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.vocabulary import HANZE

__all__ = ["STALE_AFTER_S", "NotPublic", "Replicas", "claims_of", "replicas_of", "within"]

#: What is known of a peer: its id → `_Known`.
_PEERS: Final = "replicas"
#: The records of a peer, by their ids; its id stands behind.
_RECORDS: Final = "replica:"
#: A node that works answers at least every `following.WAIT_S`; this is three times as long.
STALE_AFTER_S: Final = 75.0
#: Records that a unit of work writes.
_SLICE: Final = 200
#: Seconds after which the moment of the last word is written again.
_NOTED_S: Final = 30.0
_LONGEST_ID: Final = 500
#: A node is that of a region or a country at most.
_MOST_CITIES: Final = 1_000
_LONGEST_REASON: Final = 200


class NotPublic(InvalidInput):
    """A node tells a record that no node may keep of another."""

    def __init__(self, record_id: str) -> None:
        super().__init__(f"{record_id} is not public", field="id", value=record_id)


class _Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a peer says of itself, and when it last said anything."""

    city: str | None = None
    tenants: tuple[str, ...] = ()
    heard_at: str | None = None


@dataclass(slots=True)
class _Peer:
    """A peer's part at hand."""

    known: _Known = field(default_factory=_Known)
    held: dict[str, Held[Record]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    total: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    failing_since: str | None = None
    noted_us: int = 0


class Replicas:
    """Keeps what confirmed peers tell.

    Args:
        sources: Names the confirmed peers, now.
        city: Names the city that this node is the node of.
        tenants: Names the cities that are tenants of this node.
        is_named: Whether a city (id) is called so (name, code or id), as far as this node knows.
    """

    def __init__(
        self,
        sources: Callable[[], Sequence[Source]] = tuple,
        city: Callable[[], str | None] = lambda: None,
        tenants: Callable[[], Iterable[str]] = tuple,
        is_named: Callable[[str, str], bool] = lambda _city, _name: True,
    ) -> None:
        self._give_sources = sources
        self._give_city = city
        self._give_tenants = tenants
        self._is_named = is_named
        self._peers: dict[str, _Peer] = {}
        self._sources: dict[str, Source] = {}
        self._settled: object = None
        self._changed: dict[str, None] = {}
        #: Of the cities that are known now; made anew by `settle`.
        self.homes = Homes({})

    @property
    def sources(self) -> Sequence[Source]:
        """The confirmed peers, by their ids."""
        return sorted(self._give_sources(), key=lambda source: source.peer)

    def load(self, registers: RegistersView) -> None:
        """Read what was kept before."""
        for peer, value in registers.items(_PEERS):
            one = self._peers[peer] = _Peer(msgspec.json.decode(value, type=_Known))
            for record_id, raw in registers.items(_RECORDS + peer):
                self._take(one, record_id, msgspec.json.decode(raw, type=Replica), len(raw))

    def settle(self) -> Sequence[str]:
        """Follow who is confirmed and whose cities are whose; give what has changed since.

        Returns:
            Ids of records for which the choice is to be made anew, each once.
        """
        sources = self.sources
        cities = {source.peer: self._city(source) for source in sources}
        tenants_of = {source.peer: self._peer(source.peer).known.tenants for source in sources}
        state = (sources, self._give_city(), tuple(self._give_tenants()), cities, tenants_of)
        if state != self._settled:
            self._settled = state
            self._sources = {source.peer: source for source in sources}
            self.homes = homes_of(state[1], state[2], cities, tenants_of)
            for one in self._peers.values():
                self._changed.update(dict.fromkeys(one.held))
        changed, self._changed = self._changed, {}
        return tuple(changed)

    def versions(self, record_id: str) -> dict[str, Held[Record]]:
        """Return what confirmed peers have of a record: peer → record, with its home."""
        found = {}
        for peer, source in self._sources.items():
            one = self._peers.get(peer)
            held = one.held.get(record_id) if one is not None else None
            if held is not None:
                home = Home(peer, source.name, source.url)
                found[peer] = Held(held.record, "", held.modified_at, held.created_at, home)
        return found

    def digests(self, peer: str) -> Mapping[str, str]:
        """Return which records of a peer are here: id → digest; unusable ones among them."""
        one = self._peers.get(peer)
        return one.digests if one is not None else {}

    def refused(self, peer: str) -> Mapping[str, str]:
        """Return which records of a peer cannot be used: id → why."""
        one = self._peers.get(peer)
        return one.refused if one is not None else {}

    def parts(self, now: str, shown: Mapping[str, int]) -> tuple[Part, ...]:
        """Tell how fresh the part of each peer is, by their names.

        Args:
            now: DateTime text.
            shown: Peer → how many of its records the collective shows.
        """
        found = []
        for source in self.sources:
            one = self._peer(source.peer)
            city = self._city(source)
            cities = ((city,) if city is not None else ()) + one.known.tenants
            found.append(
                Part(
                    source=source,
                    records=shown.get(source.peer, 0),
                    heard_at=one.known.heard_at,
                    stale_since=_stale_since(one, now),
                    cities=tuple(dict.fromkeys(cities)),
                )
            )
        return tuple(sorted(found, key=lambda part: (part.source.name, part.source.peer)))

    async def put(self, store: Store, peer: str, replicas: Sequence[Replica]) -> None:
        """Keep records of a peer, durably first.

        Args:
            replicas: Only such as were asked for; what cannot be used is noted, and not shown.
        """
        one = self._peers.setdefault(peer, _Peer())
        fitting = list(_fitting(one, replicas))
        for start in range(0, len(fitting), _SLICE):
            some = fitting[start : start + _SLICE]

            def unit(uow: UnitOfWork, some: Sequence[tuple[str, Replica, bytes]] = some) -> None:
                for record_id, _, raw in some:
                    uow.registers.put(_RECORDS + peer, record_id, raw)

            await store.transact(unit)
            for record_id, replica, raw in some:
                self._take(one, record_id, replica, len(raw))

    async def drop(self, store: Store, peer: str, ids: Iterable[str]) -> None:
        """Let go of records of a peer."""
        one = self._peers.setdefault(peer, _Peer())
        there = [record_id for record_id in ids if record_id in one.digests]
        for start in range(0, len(there), _SLICE):
            some = there[start : start + _SLICE]

            def unit(uow: UnitOfWork, some: Sequence[str] = some) -> None:
                for record_id in some:
                    uow.registers.delete(_RECORDS + peer, record_id)

            await store.transact(unit)
            for record_id in some:
                self._forget(one, record_id)

    async def heard(
        self, store: Store, peer: str, now: str, *, listing: Listing | None = None
    ) -> None:
        """Note that a peer has answered, and whose node it says it is."""
        one = self._peers.setdefault(peer, _Peer())
        one.failing_since = None
        before = one.known
        one.known = msgspec.structs.replace(before, heard_at=now)
        if listing is not None:
            one.known = _Known(listing.city, _cities(listing.tenants), now)
        moved = (one.known.city, one.known.tenants) != (before.city, before.tenants)
        at = parse_datetime(now)
        if moved or at - one.noted_us > _NOTED_S * 1_000_000:
            one.noted_us = at
            raw = msgspec.json.encode(one.known)
            await store.transact(lambda uow: uow.registers.put(_PEERS, peer, raw))

    def failed(self, peer: str, now: str) -> None:
        """Note that a peer does not answer."""
        one = self._peers.setdefault(peer, _Peer())
        one.failing_since = one.failing_since or now

    async def drop_unconfirmed(self, store: Store) -> Sequence[str]:
        """Let go of all of whom are confirmed no longer; return their ids."""
        confirmed = {source.peer for source in self._give_sources()}
        gone = [peer for peer in self._peers if peer not in confirmed]
        for peer in gone:
            await self.drop(store, peer, tuple(self._peers[peer].digests))
            await store.transact(lambda uow, peer=peer: uow.registers.delete(_PEERS, peer))  # type: ignore[misc]  # mypy cannot see a default's type
            self._peers.pop(peer, None)
        return gone

    def _peer(self, peer: str) -> _Peer:
        return self._peers.get(peer) or _Peer()

    def _city(self, source: Source) -> str | None:
        """The city that a peer is the node of: as it says, where the operators agreed on that."""
        told = self._peer(source.peer).known.city
        if told is None or not source.city:
            return None
        return told if self._is_named(told, source.city) else None

    def _take(self, one: _Peer, record_id: str, replica: Replica, size: int) -> None:
        one.digests[record_id] = replica.digest
        one.total += size - one.sizes.get(record_id, 0)
        one.sizes[record_id] = size
        one.refused.pop(record_id, None)
        self._changed[record_id] = None
        try:
            one.held[record_id] = _read(record_id, replica)
        except HanzeError as error:
            one.held.pop(record_id, None)
            one.refused[record_id] = str(error)[:_LONGEST_REASON]

    def _forget(self, one: _Peer, record_id: str) -> None:
        one.digests.pop(record_id, None)
        one.refused.pop(record_id, None)
        one.total -= one.sizes.pop(record_id, 0)
        if one.held.pop(record_id, None) is not None:
            self._changed[record_id] = None


def _fitting(one: _Peer, replicas: Iterable[Replica]) -> Iterator[tuple[str, Replica, bytes]]:
    """Keep what there is room for: nobody fills the disk of another node."""
    number, total = len(one.digests), one.total
    for replica in replicas:
        record_id = _id_of(replica)
        raw = msgspec.json.encode(replica)
        if record_id is None or len(raw) > MOST_BYTES:
            continue
        number += record_id not in one.digests
        total += len(raw) - one.sizes.get(record_id, 0)
        if number > MOST_RECORDS or total > MOST_TOGETHER:
            return
        yield record_id, replica, raw


def claims_of(versions: Mapping[str, Held[Record]]) -> dict[str, Claim]:
    """Say whose record each node says that it has."""
    return {
        node: Claim(held.city, isinstance(held.record, Municipality | Region | Country))
        for node, held in versions.items()
    }


def replicas_of(registers: RegistersView, record_id: str) -> Iterator[Record]:
    """Give what other nodes tell of a record, to who has no more than the registers at hand."""
    for peer, _ in registers.items(_PEERS):
        raw = registers.get(_RECORDS + peer, record_id)
        if raw is None:
            continue
        try:
            yield _read(record_id, msgspec.json.decode(raw, type=Replica)).record
        except HanzeError:
            # Noted where it came in; it is no record.
            continue


def within(replicas: Iterable[Replica], wanted: Iterable[str]) -> Iterator[Replica]:
    """Keep what was asked for, each once."""
    left = set(wanted)
    for replica in replicas:
        record_id = _id_of(replica)
        if record_id in left:
            left.remove(record_id)
            yield replica


def _cities(told: Iterable[str]) -> tuple[str, ...]:
    """Keep so many of the cities that a peer says take part in it."""
    return tuple(sorted({one for one in told if len(one) <= _LONGEST_ID})[:_MOST_CITIES])


def _id_of(replica: Replica) -> str | None:
    found = replica.entity.get("id")
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST_ID else None


def _read(record_id: str, replica: Replica) -> Held[Record]:
    """Read a record as a write of it would be read.

    Raises:
        HanzeError: It is none, or none that may be here.
    """
    entity = cast("Mapping[str, JsonValue]", replica.entity)  # JSON was read: it holds nothing else
    record = read_record(parse_entity(dict(entity), HANZE))
    for moment in (replica.created_at, replica.modified_at):
        parse_datetime(moment)
    if not is_public(record):
        raise NotPublic(record_id)
    return Held(record, "", replica.modified_at, replica.created_at)


def _stale_since(one: _Peer, now: str) -> str | None:
    heard = one.known.heard_at
    if heard is None:
        return one.failing_since or now
    late = parse_datetime(now) - parse_datetime(heard) > STALE_AFTER_S * 1_000_000
    return heard if late or one.failing_since is not None else None
