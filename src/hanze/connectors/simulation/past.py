"""The demo city's past week: what its sites would have measured, put into the history alone."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import zip_longest
from typing import Final, Protocol

from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.temporal import upsert_evolution
from hanze.connectors.simulation.city import City, site_id
from hanze.connectors.simulation.climate import Climate, climate
from hanze.connectors.simulation.readings import readings
from hanze.connectors.simulation.sites import Site
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind
from hanze.ngsild.temporal.model import Instance, TemporalEntity
from hanze.ngsild.vocabulary import HANZE

__all__ = ["DAYS", "remember"]

DAYS: Final = 7
#: Sites at a time: others wait on the same loop.
_SLICE: Final = 4
_PAUSE_S: Final = 0.01
_KIND, _KEY = "simulation", "past"


class _Host(Protocol):
    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Callable[[], str]: ...


async def remember(host: _Host, caller: Caller, city: City, *, days: int = DAYS) -> int:
    """Give each site a value for every hour of the past days, once in the life of a node.

    One site of each type after the other, so that soon there is something of everything. A node
    that was stopped meanwhile goes on where it was.

    Returns:
        How many values were added.
    """
    done = host.store.registers.get(_KIND, _KEY)
    start, first = done.decode().split(" ") if done is not None else (host.clock(), "0")
    moment = datetime.fromisoformat(start).replace(minute=0, second=0, microsecond=0)
    hours = [moment.astimezone(UTC) - timedelta(hours=back) for back in range(days * 24, -1, -1)]
    airs = [(hour, climate(city.seed, hour)) for hour in hours]
    sites = list(_in_turn(city.sites))
    added = 0
    for number in range(int(first), len(sites), _SLICE):
        entities = []
        for site in sites[number : number + _SLICE]:
            entities.append(_evolution(city, site, airs))
            await asyncio.sleep(0)
        mark = f"{start} {number + _SLICE}".encode()
        added += await host.store.transact(partial(_add, caller, entities, mark, host.clock()))
        await asyncio.sleep(_PAUSE_S)
    return added


def _in_turn(sites: Sequence[Site]) -> Iterator[Site]:
    by_type: dict[str, list[Site]] = {}
    for site in sites:
        by_type.setdefault(site.type, []).append(site)
    for several in zip_longest(*by_type.values()):
        yield from (site for site in several if site is not None)


def _evolution(city: City, site: Site, airs: Sequence[tuple[datetime, Climate]]) -> TemporalEntity:
    attributes: dict[str, list[Instance]] = {}
    for hour, air in airs:
        observed_at = hour.strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, reading in readings(site, air, city.seed, hour).items():
            value = Attribute(
                kind=AttributeKind.PROPERTY,
                value=reading.value,
                unit_code=reading.unit,
                observed_at=observed_at,
            )
            attributes.setdefault(_iri(name), []).append(Instance(value))
    return TemporalEntity(
        id=site_id(site),
        types=(_iri(site.type),),
        attributes={name: tuple(instances) for name, instances in attributes.items()},
    )


def _add(
    caller: Caller, entities: Sequence[TemporalEntity], mark: bytes, now: str, uow: UnitOfWork
) -> int:
    added = 0
    for entity in entities:
        # What somebody deleted meanwhile has no past either.
        if entity.attributes and uow.entity(caller.tenant, entity.id) is not None:
            upsert_evolution(uow, caller, entity, now=now)
            added += sum(len(instances) for instances in entity.attributes.values())
    uow.registers.put(_KIND, _KEY, mark)
    return added


@cache
def _iri(name: str) -> str:
    return HANZE.expand_name(name)
