"""Records of cooperation across borders and their forms in a real browser: WCAG 2.2 A and AA, reflow."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hanze.collaboration.writing import create_record
from tests.in_process import DEVELOPMENT, node_in_memory
from tests.portal.abroad_records import samples
from tests.portal.collective_world import SEEDER, fill
from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import faults
from tests.running import start_node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Types that together have every kind of value, and of question.
SHOWN = ("Accord", "CityStory", "MatchmakingDay", "Mission", "TravelPermission", "WorkingGroup")
FORMS = ("MatchmakingDay", "Mission", "WorkingGroup")


async def _make(folder: Path) -> None:
    async with node_in_memory(replace(DEVELOPMENT, data=folder)) as node:
        await fill(node)
        for record in samples():
            await create_record(node.store, SEEDER, record, now=node.clock())


@pytest.fixture(scope="module")
def abroad_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node with a record of every type that crosses borders."""
    folder = tmp_path_factory.mktemp("abroad")
    # While the browser is open its loop runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _make(folder)).result()
    node = start_node(["serve", "--dev", "--data", str(folder), "--port", "0"])
    yield node.url
    node.stop()


@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_records_and_forms_should_have_no_violations(
    browser: Browser, axe: str, abroad_url: str, lang: str, scheme: str, width: int
) -> None:
    paths = [f"record/{one.id}" for one in samples() if type(one).__name__ in SHOWN]
    paths += [f"edit/{one.id}" for one in samples() if type(one).__name__ in FORMS]
    root = f"{abroad_url}/{lang}/collective/"
    assert faults(browser, axe, root, paths, width=width, scheme=scheme) == {}
