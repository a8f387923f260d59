"""Pages of cooperations and agreements in a real browser: WCAG 2.2 A and AA, reflow, no strangers."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from hanze.collaboration.cooperating.groups import add_minutes, add_task, start_group
from hanze.collaboration.cooperating.signing import sign_accord
from hanze.collaboration.cooperating.starting import (
    answer_cooperation,
    change_step,
    start_cooperation,
)
from hanze.collaboration.documents import keep_document
from hanze.collaboration.records.cooperation import (
    Cooperation,
    CooperationStep,
    Document,
    Minutes,
    WorkingGroup,
)
from hanze.collaboration.writing import create_record
from tests.cooperating_world import ACCORD, BUSAN, DEMAND, GRONINGEN, an_accord, places
from tests.in_process import DEVELOPMENT, node_in_memory
from tests.portal.collective_world import SEEDER
from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import faults
from tests.running import start_node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COOPERATION = "urn:ngsi-ld:Cooperation:Municipality-NL-GM0014:Municipality-KR-21"
GROUP = "urn:ngsi-ld:WorkingGroup:GM0014:memorandum"
PAGES = (
    "cooperations",
    f"cooperations/{COOPERATION}",
    "accords",
    f"accords/{ACCORD}",
    f"accords/{ACCORD}-draft",
    f"working-groups/{GROUP}",
)


async def _make(folder: Path) -> None:
    async with node_in_memory(replace(DEVELOPMENT, data=folder)) as node:
        store, now = node.store, node.clock()
        for record in places():
            await create_record(store, SEEDER, record, now=now)
        digest = await keep_document(store, SEEDER, b"%PDF-1.7", "application/pdf", now=now)
        file = Document(title={"en": "The text"}, sha256=digest, size=8)
        await create_record(store, SEEDER, an_accord(documents=(file,)), now=now)
        draft = an_accord(id=f"{ACCORD}-draft", status="draft")
        await create_record(store, SEEDER, draft, now=now)
        collective = await node.collective.refresh(now)
        old = Cooperation(id="", title={}, party=GRONINGEN, partner=BUSAN, since=date(2026, 1, 1))
        await start_cooperation(store, SEEDER, collective, old, now=now)
        await sign_accord(store, SEEDER, collective, ACCORD, GRONINGEN, now=now)
        await start_group(store, SEEDER, collective, ACCORD, GRONINGEN, now=now)
        await start_group(store, SEEDER, collective, ACCORD, BUSAN, now=now)
        collective = await node.collective.refresh(now)
        await answer_cooperation(store, SEEDER, collective, COOPERATION, now=now)
        second = COOPERATION.replace(":Cooperation:", ":CooperationStep:") + "-challenges"
        await change_step(
            store,
            SEEDER,
            collective.get(second, CooperationStep),
            lambda before: changed(before, challenges=(DEMAND,)),
            now=now,
        )
        group = collective.get(GROUP, WorkingGroup)
        title, due = {"nl": "Verkeersregelinstallatiebeheerdersoverleg"}, date(2026, 2, 1)
        await add_task(store, SEEDER, group, title, owner=BUSAN, due=due, now=now)
        minutes = Minutes(on=due, text={"ko": "회의록"}, document=digest)
        await add_minutes(store, SEEDER, group, minutes, now=now)


@pytest.fixture(scope="module")
def cooperating_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node with a cooperation, accords and working groups."""
    folder = tmp_path_factory.mktemp("cooperating")
    # While the browser is open its loop runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _make(folder)).result()
    node = start_node(["serve", "--dev", "--data", str(folder), "--port", "0"])
    yield node.url
    node.stop()


@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_pages_should_have_no_violations(
    browser: Browser, axe: str, cooperating_url: str, lang: str, scheme: str, width: int
) -> None:
    root = f"{cooperating_url}/{lang}/collective/"
    assert faults(browser, axe, root, PAGES, width=width, scheme=scheme) == {}
