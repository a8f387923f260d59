"""The demo's world on nodes of several cities: each signs on its own, once it heard of the accord."""

from datetime import date

import pytest

from hanze.collaboration.cooperating.accords import accord_state
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.connectors import strategy
from tests.in_process import node_in_memory
from tests.leagues import league_of

EINDHOVEN = "urn:ngsi-ld:Municipality:NL:GM0772"
DAEGU = "urn:ngsi-ld:Municipality:KR:22"


def part_of(city: str) -> strategy.Part:
    return strategy.Part(frozenset({city}), rest=False)


async def test_cities_should_sign_once_they_heard_of_an_accord_of_another_node() -> None:
    async with league_of({"eindhoven": EINDHOVEN, "daegu": DAEGU}) as league:
        eindhoven, daegu = league.nodes["eindhoven"], league.nodes["daegu"]
        # The one that signs starts first: nobody has told it of the accord yet.
        await strategy.seed(daegu, part_of(DAEGU))
        assert not await strategy.sign_accords(daegu, part_of(DAEGU))
        await strategy.seed(eindhoven, part_of(EINDHOVEN))
        assert await strategy.sign_accords(eindhoven, part_of(EINDHOVEN))

        await league.compare()
        assert await strategy.sign_accords(daegu, part_of(DAEGU))
        assert await strategy.sign_accords(daegu, part_of(DAEGU))
        await league.compare("eindhoven")
        for node in (eindhoven, daegu):
            collective = await node.collective.refresh(node.clock())
            (held,) = collective.of(Accord)
            today = date.fromisoformat(node.clock()[:10])
            assert accord_state(collective, held.record, today).state == "in-force"
            assert len(collective.of(AccordSignature)) == 2


@pytest.mark.slow
async def test_every_city_should_start_when_it_knows_of_no_other() -> None:
    cities = strategy.cities_with_nodes(strategy.read_world(date(2026, 1, 1)))
    rest = strategy.Part(frozenset(city.id for city in cities), rest=True)
    for part in (rest, *(part_of(city.id) for city in cities)):
        async with node_in_memory() as node:
            await strategy.seed(node, part)
            collective = await node.collective.refresh(node.clock())
            assert len(list(collective.own())) > 0
