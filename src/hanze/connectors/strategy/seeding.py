"""The world of the strategy in a node: put there once, then left to the people who use it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final, Protocol, cast

import msgspec

from hanze.broker.batch import create_entities
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.collective import Collective
from hanze.collaboration.held import city_of
from hanze.collaboration.members import MEMBERS
from hanze.collaboration.pilots import Signer, sign_pilot
from hanze.collaboration.records.cooperation import AccordSignature
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import PilotRecord
from hanze.collaboration.records.record import text_of
from hanze.connectors.strategy.decode import World
from hanze.connectors.strategy.source import read_world
from hanze.identity.caller import Caller
from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.vocabulary import HANZE

__all__ = ["DemoCity", "Host", "Part", "cities_with_nodes", "seed", "sign_accords"]

_ACTOR: Final = "strategy"
_ROLES: Final = frozenset({"reader", "writer"})
#: Hosts take this long to sign; later pilots still wait for it.
_SIGNING_TIME: Final = timedelta(days=30)
#: The register that tells that a world was put here, and when.
_SEEDED: Final = "demo"
#: Records from which a city has a node of its own, and from which a tenant has moved out to one.
_ENOUGH: Final = 8
_MUCH: Final = 20
_MUNICIPALITY: Final = HANZE.expand_name("municipality")


@dataclass(frozen=True, slots=True)
class DemoCity:
    """A city of the world that has a node of its own.

    Attributes:
        id: Of its Municipality.
        name: In English; how its node is called too.
        place: Longitude and latitude.
    """

    id: str
    name: str
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Part:
    """What of the world a node keeps.

    Attributes:
        cities: Ids of cities.
        rest: Whether it keeps all but what is theirs; else it keeps what is theirs.
    """

    cities: frozenset[str] = frozenset()
    rest: bool = True

    def has(self, city: str | None) -> bool:
        """Whether it keeps the records of a city; `None` are those that are nobody's."""
        return (city in self.cities) is not self.rest


#: All of it.
_WHOLE: Final = Part()


class Host(Protocol):
    """What the world needs of the node in which it is put."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Callable[[], str]: ...
    @property
    def collective(self) -> Collective: ...
    @property
    def signer(self) -> Signer: ...


def cities_with_nodes(world: World) -> tuple[DemoCity, ...]:
    """List the cities that do enough to have a node of their own, by their ids.

    Smaller ones take part as tenants or are carried by the node with the rest; the made-up city is
    that node's own.
    """
    kept = Counter(city_of(placed.record) for placed in world.records)
    staying = {one.city for one in world.members if kept[one.city] < _MUCH}
    found = [
        DemoCity(record.id, text_of(record.title, "en"), _point(record))
        for record in (placed.record for placed in world.records)
        if isinstance(record, Municipality)
        and kept[record.id] >= _ENOUGH
        and record.id not in staying
        and not record.simulated
    ]
    return tuple(sorted(found, key=lambda city: city.id))


async def seed(host: Host, part: Part = _WHOLE) -> None:
    """Put the world, or a part of it, into a node, once: what people change afterwards stays so.

    When it broke off half-way, only what is not there yet is added. What must be signed on the node of
    another city waits for it (`sign_accords`).

    Raises:
        HanzeError: An entity is refused by the node.
    """
    if host.store.registers.get(_SEEDED, _ACTOR) is not None:
        return
    now = host.clock()
    world = _part_of(read_world(date.fromisoformat(now[:10])), part)
    later = {one.id for one in _signed_elsewhere(world)}
    ready = [placed for placed in world.records if placed.record.id not in later]
    for tenant, entities in _by_tenant(replace(world, records=ready)):
        await _create(host, entities, tenant, now)
    await host.store.transact(lambda uow: _admit(uow, world))
    await _sign(host, date.fromisoformat(now[:10]), now)
    await host.store.transact(lambda uow: uow.registers.put(_SEEDED, _ACTOR, now.encode()))


async def sign_accords(host: Host, part: Part) -> bool:
    """Sign for a part's cities what other nodes offer them, as far as this node heard of it.

    Returns:
        Whether all is signed: nothing is left to come back for.

    Raises:
        HanzeError: A signature is refused by the node.
    """
    since = host.store.registers.get(_SEEDED, _ACTOR)
    if since is None:
        return False
    now = host.clock()
    collective = await host.collective.refresh(now)
    # Days of the world are counted from the one on which it was put here.
    waiting = _signed_elsewhere(_part_of(read_world(date.fromisoformat(since.decode()[:10])), part))
    left = [one for one in waiting if collective.own_of(one.id) is None]
    ready = [one for one in left if collective.find(one.accord) is not None]
    await _create(host, [write_record(one) for one in ready], "", now)
    return len(ready) == len(left)


def _signed_elsewhere(world: World) -> list[AccordSignature]:
    """List the signatures under accords that another node keeps: it may not have been heard yet."""
    here = {placed.record.id for placed in world.records}
    signatures = (placed.record for placed in world.records)
    return [
        one for one in signatures if isinstance(one, AccordSignature) and one.accord not in here
    ]


async def _create(host: Host, entities: Iterable[Entity], tenant: str, now: str) -> None:
    caller = Caller(actor=_ACTOR, roles=_ROLES, tenant=tenant)
    pairs = [(entity, HANZE) for entity in entities]
    result = await create_entities(host.store, caller, pairs, now=now)
    for _, error in result.errors:
        if not isinstance(error, EntityAlreadyExists):
            raise error


def _part_of(world: World, part: Part) -> World:
    """Choose what a node keeps; what a city keeps on a node of its own is in no tenant."""
    if part == _WHOLE:
        return world
    return World(
        records=[
            placed if part.rest else replace(placed, tenant="")
            for placed in world.records
            if part.has(city_of(placed.record))
        ],
        districts=[one for one in world.districts if part.has(_municipality(one))],
        members=[one for one in world.members if part.rest and part.has(one.city)],
    )


def _municipality(district: Entity) -> str | None:
    (named,) = district.attributes[_MUNICIPALITY]
    return named.value if isinstance(named.value, str) else None


def _point(record: Municipality) -> tuple[float, float] | None:
    if record.location is None:
        return None
    point = to_shape(cast("Mapping[str, JsonValue]", record.location)).representative_point()
    return (round(point.x, 5), round(point.y, 5))


def _by_tenant(world: World) -> Iterable[tuple[str, list[Entity]]]:
    """Yield what each tenant holds, the default one first: the others' records name its own."""
    yield "", list(world.districts)
    ordered = sorted(world.records, key=lambda placed: placed.tenant)
    for tenant, placed in groupby(ordered, key=lambda placed: placed.tenant):
        yield tenant, [write_record(one.record) for one in placed]


def _admit(uow: UnitOfWork, world: World) -> None:
    for member in world.members:
        if uow.registers.get(MEMBERS, member.tenant) is None:
            uow.registers.put(MEMBERS, member.tenant, msgspec.json.encode(member))


async def _sign(host: Host, today: date, now: str) -> None:
    """Sign pilots for their hosts, with this node's own key: the files cannot hold signatures."""
    collective = await host.collective.refresh(now)
    for held in sorted(collective.own(), key=lambda one: one.record.id):
        record = held.record
        if not isinstance(record, PilotRecord):
            continue
        settled = record.ends is not None and record.ends <= today - _SIGNING_TIME
        if record.simulated and record.signature is None and settled:
            caller = Caller(actor=_ACTOR, roles=_ROLES, tenant=held.tenant)
            await sign_pilot(
                host.store, collective, caller, host.signer, record.id, today=today, now=now
            )
