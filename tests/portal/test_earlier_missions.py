"""Missions that are over, below the calendar: where a visitor finds their reports."""

from datetime import date

from tests.in_process import DEVELOPMENT, client_of, node_in_memory
from tests.unit.collaboration.flow_records import add
from tests.unit.collaboration.missions.mission_records import KR, UTRECHT, event, mission, places

CALENDAR = "/nl/collective/mission-calendar?from=2026-03"


async def test_calendar_should_list_earlier_missions_with_their_reports() -> None:
    async with node_in_memory(DEVELOPMENT) as node, client_of(node) as client:
        await add(
            node.store,
            *places(),
            mission("over", UTRECHT, date(2025, 3, 3), date(2025, 3, 8)),
            mission("now", UTRECHT, date(2026, 2, 27), date(2026, 3, 2)),
            event("fair", {"en": "Water Week"}, date(2025, 3, 5)),
        )
        page = (await client.get(CALENDAR)).text
        earlier = page.partition('id="earlier">Eerdere missies')[2].partition("</section>")[0]
        assert "missions/urn:ngsi-ld:Mission:test:over/report" in earlier
        assert "3 maart 2025" in earlier
        assert "Mission:test:now" not in earlier
        assert "Water Week" not in earlier
        assert "over/report" in (await client.get(f"{CALENDAR}&country={KR}")).text
        for other in ("from=2025-03", "from=2026-03&country=urn:ngsi-ld:Country:BE"):
            found = await client.get(f"/nl/collective/mission-calendar?{other}")
            assert 'id="earlier"' not in found.text
