"""Pages of missions and countries in a real browser: WCAG 2.2 A and AA, and reflow."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hanze.collaboration.records.missions import Delegate
from tests.in_process import DEVELOPMENT, node_in_memory
from tests.portal.collective_world import fill
from tests.portal.conftest import missing
from tests.unit.collaboration.flow_records import add
from tests.unit.collaboration.missions.mission_records import (
    BUSAN,
    KR,
    UTRECHT,
    event,
    item,
    mission,
)

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import faults
from tests.running import start_node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MISSION = "urn:ngsi-ld:Mission:test:a"
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
GRONINGEN = "urn:ngsi-ld:Municipality:NL:GM0014"
FIRST, LAST = date(2090, 3, 20), date(2090, 3, 24)
PAGES = (
    "mission-calendar?from=2090-03&months=3",
    "mission-calendar?from=2090-03&kind=workshop",
    f"missions/{MISSION}",
    f"missions/{MISSION}?edit=visit",
    f"missions/{MISSION}/proposal",
    "abroad",
    f"abroad/{KR}",
)


async def _make(folder: Path) -> None:
    programme = (
        item("visit", "2090-03-21T10:00", "2090-03-21T11:00", hosts=(BUSAN,)),
        item("dinner", "2090-03-21T07:00", kind="meal", proposed=True),
        item("some day", None),
    )
    member = Delegate(role={"nl": "Verantwoordelijkheidsprogrammamanager"}, people=3, leads=True)
    async with node_in_memory(replace(DEVELOPMENT, data=folder)) as node:
        await fill(node)
        await add(
            node.store,
            mission(
                *("a", GRONINGEN, FIRST, LAST),
                programme=programme,
                delegates=(member,),
                open_to_others=True,
                places=(BUSAN,),
                themes=(MOBILITY,),
            ),
            mission("b", UTRECHT, FIRST, LAST, themes=(MOBILITY,)),
            event("fair", {"en": "Water Week", "ko": "물 주간"}, FIRST, themes=(MOBILITY,)),
        )


@pytest.fixture(scope="module")
def missions_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node with missions, an event and two countries."""
    folder = tmp_path_factory.mktemp("missions")
    # While the browser is open its loop runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _make(folder)).result()
    node = start_node(["serve", "--dev", "--data", str(folder), "--port", "0"])
    yield node.url
    node.stop()


@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_pages_of_missions_should_have_no_violations(
    browser: Browser, axe: str, missions_url: str, lang: str, scheme: str, width: int
) -> None:
    root = f"{missions_url}/{lang}/collective/"
    assert faults(browser, axe, root, PAGES, width=width, scheme=scheme) == {}
