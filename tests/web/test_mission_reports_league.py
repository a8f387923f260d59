"""Reports and follow-ups of a mission that another node keeps."""

import pytest

from tests.journeys import JOURNEY, STUDIES, journey
from tests.leagues import league_of, put_records, url_of
from tests.portal.collective_world import form_token

#: Two whole nodes each.
pytestmark = pytest.mark.slow

AT = "2026-11-01T10:00:00Z"
_REPORT = f"/en/collective/missions/{JOURNEY}/report"


async def test_follow_ups_of_another_node_should_be_listed_and_changed_only_there() -> None:
    async with league_of({"zwolle": "", "brabant": "Noord-Brabant"}) as league:
        await put_records(league.nodes["brabant"], journey(), AT)
        await league.compare()
        client = league.client("zwolle")
        listed = (await client.get("/api/v1/follow-ups", params={"state": "late"})).json()
        (late,) = listed["followUps"]
        assert late["id"] == STUDIES
        assert late["home"]["node"] == "brabant"
        page = (await client.get("/en/collective/follow-ups")).text
        assert "Market studies" in page
        assert "Kept by brabant" in page
        assert "Tell what became of it" not in page
        told = await client.post(
            f"/api/v1/follow-ups/{STUDIES}/updates", json={"text": {"en": "Done here."}}
        )
        assert told.status_code == 409
        assert url_of("brabant") in told.json()["detail"]
        added = await client.post(
            "/api/v1/follow-ups", json={"title": {"en": "Ours"}, "mission": JOURNEY}
        )
        assert added.status_code == 409


async def test_report_of_another_node_should_be_read_here_and_written_there() -> None:
    async with league_of({"zwolle": "", "brabant": "Noord-Brabant"}) as league:
        await put_records(league.nodes["brabant"], journey(), AT)
        await league.compare()
        client = league.client("zwolle")
        found = (await client.get(f"/api/v1/missions/{JOURNEY}/report")).json()
        assert {one["keptBy"] for one in found["sources"]} == {"brabant"}
        page = (await client.get(_REPORT)).text
        assert f'href="{url_of("brabant")}{_REPORT}"' in page
        assert "Write in this report" not in page
        body = {"key": "goal", "text": {"en": "Not ours."}}
        written = await client.post(f"/api/v1/missions/{JOURNEY}/report/sections", json=body)
        assert written.status_code == 409
        at_home = league.client("brabant")
        token = form_token((await at_home.get(_REPORT)).text)
        given = {"form": token, "do": "write", "key": "goal", "text": "Our own words."}
        own = {"origin": url_of("brabant")}
        assert (await at_home.post(_REPORT, data=given, headers=own)).status_code == 303
        await league.compare()
        assert "Our own words." in (await client.get(_REPORT)).text
