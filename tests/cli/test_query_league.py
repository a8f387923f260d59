"""`hanze query --league`: what other nodes have, whose it is, and who did not answer."""

import asyncio
import json

import pytest

from tests.portal.league_world import cities
from tests.running import run_hanze

pytestmark = pytest.mark.slow


async def test_query_should_ask_the_league_and_say_which_city_answers() -> None:
    async with cities("Zwolle", "Deventer") as (here, other):
        await here.trusts(other)
        asked = ("query", "Streetlight", "--url", here.url)
        alone = await asyncio.to_thread(run_hanze, *asked)
        assert alone.code == 0, alone.err
        assert "Deventer" not in alone.out
        together = await asyncio.to_thread(run_hanze, *asked, "--league", "--pick", "powerState")
        assert together.code == 0, together.err
        assert "city" in together.out.splitlines()[0]
        assert together.out.count("Deventer") == 6
        assert "2 from here, 3 from Deventer." in together.err
        as_json = await asyncio.to_thread(run_hanze, *asked, "--league", "--json")
        assert len(json.loads(as_json.out)) == 5
        assert "3 from Deventer" in as_json.err
        await other.do("POST", "/ban", {"member": "Zwolle"})
        lost = await asyncio.to_thread(run_hanze, *asked, "--league")
        assert lost.code == 0, lost.err
        assert "Warning: " in lost.err
        assert "2 from here." in lost.err
