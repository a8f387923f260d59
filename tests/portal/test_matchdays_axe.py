"""Pages of matchmaking days in a real browser: WCAG 2.2 A and AA, and reflow."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from hanze.collaboration.writing import create_record
from hanze.node.node import close_node, open_node
from hanze.settings import Server, Settings
from tests.collectives import WRITER
from tests.gathering_world import DAY_ID, everything, guest_id
from tests.portal.conftest import AXE, missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import open_page, violations
from tests.running import start_node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_BASE = "collective/matchmaking-days"
PAGES = (
    _BASE,
    f"{_BASE}/{DAY_ID}",
    f"{_BASE}/{DAY_ID}/plan",
    f"{_BASE}/participation/{guest_id('busan')}",
)


async def _make(folder: Path) -> None:
    node = await open_node(Settings(data=folder, server=Server(dev=True)))
    for record in everything():
        await create_record(node.store, WRITER, record, now=node.clock())
    await close_node(node)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("matchdays")
    # The loop of the browser runs in this thread.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(lambda: asyncio.run(_make(folder))).result()
    node = start_node(["serve", "--dev", "--data", str(folder), "--port", "0"])
    for asked in ({}, {"absent": [guest_id("lamps")]}):
        path = f"{node.url}/api/v1/matchmaking-days/{DAY_ID}/plan"
        assert httpx.post(path, json=asked, timeout=60).status_code == 200
    yield node.url
    node.stop()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("nl", 320, "dark"), ("ko", 1280, "light")]
)
def test_page_should_be_accessible(
    browser: "Browser", url: str, path: str, language: str, width: int, scheme: str
) -> None:
    page, elsewhere = open_page(browser, f"{url}/{language}/{path}", width=width, scheme=scheme)
    for part in page.query_selector_all("details.writing"):
        part.evaluate("one => { one.open = true }")
    assert violations(page, AXE.read_text()) == []
    assert elsewhere == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    page.context.close()
