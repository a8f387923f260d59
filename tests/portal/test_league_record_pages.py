"""Pages of records that another node keeps: where they are at home, and how fresh they are."""

import pytest

from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Municipality
from tests.leagues import LeagueOfNodes, league_of, put_records, url_of

AT = "2026-11-01T10:00:00Z"
SEJONG = "urn:ngsi-ld:Municipality:KR:29"
DEMAND = "urn:ngsi-ld:Demand:sejong:waste"


async def _filled(league: LeagueOfNodes) -> None:
    city = Municipality(id=SEJONG, title={"en": "Sejong"})
    demand = Demand(
        id=DEMAND,
        title={"en": "Waste sorting"},
        problem={"en": "Bins are full."},
        source_city=SEJONG,
    )
    await put_records(league.nodes["sejong"], [city, demand], AT)
    await league.compare()


@pytest.mark.parametrize(
    ("language", "kept", "unheard"),
    [
        ("en", "sejong keeps this record. It is changed there.", "has not been heard since"),
        ("nl", "sejong houdt dit bij. Wijzigen gaat daar.", "niets gehoord"),
        ("ko", "이 기록은 sejong에서 관리합니다.", "소식이 없습니다"),
    ],
)
async def test_a_record_should_lead_to_its_home_when_another_node_keeps_it(
    language: str, kept: str, unheard: str
) -> None:
    async with league_of({"zwolle": "", "sejong": "Sejong"}) as league:
        await _filled(league)
        client = league.client("zwolle")
        address = f"/{language}/collective/record/{DEMAND}"
        page = (await client.get(address)).text
        assert kept in page
        assert f'href="{url_of("sejong")}{address}"' in page
        assert f"/{language}/collective/edit/{DEMAND}" not in page
        assert unheard not in page
        league.asking.down.add(url_of("sejong"))
        await league.compare("zwolle")
        for path in (address, f"/{language}/collective/overview"):
            assert unheard in (await client.get(path)).text


async def test_a_record_should_not_be_changed_here_when_another_node_keeps_it() -> None:
    async with league_of({"zwolle": "", "sejong": "Sejong"}) as league:
        await _filled(league)
        answer = await league.client("zwolle").get(f"/en/collective/edit/{DEMAND}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/en/collective/record/{DEMAND}"
        at_home = await league.client("sejong").get(f"/en/collective/edit/{DEMAND}")
        assert at_home.status_code == 200
