"""Pages of fairs, money and vouchers in a real browser: WCAG 2.2 A and AA, and reflow."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from hanze.collaboration.records.missions import Cost, Voucher
from hanze.collaboration.writing import create_record
from hanze.node.node import close_node, open_node
from hanze.settings import Server, Settings
from tests.fairs_world import (
    MISSION,
    SCHEME,
    STAND,
    UTRECHT,
    a_permission,
    a_scheme,
    fair_records,
    money_records,
    places,
)
from tests.portal.collective_world import SEEDER
from tests.portal.conftest import missing

try:
    from playwright.sync_api import Browser
except ImportError:
    missing("playwright is not installed; the extra `browser` has it", module=True)

from tests.portal.browsing import faults
from tests.running import start_node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    "fairs",
    f"fairs/{STAND}",
    f"fairs/{STAND}?by=city",
    f"fairs/{STAND}/story?city={UTRECHT}&session=bikes",
    f"missions/{MISSION}/money",
    f"missions/{MISSION}/money?new=yes",
    "vouchers",
    f"vouchers/{SCHEME}",
)


async def _make(folder: Path) -> None:
    node = await open_node(Settings(data=folder, server=Server(dev=True)))
    over = Cost(part="officials", amount=Decimal(900), currency="EUR")
    permission = a_permission()
    day = permission.costs[2].on
    assert day is not None
    scheme = a_scheme(opens=None, closes=None)
    vouchers = tuple(
        Voucher(
            number=status, to=UTRECHT, mission=MISSION, amount=Decimal(9), status=status, on=day
        )
        for status in ("requested", "given", "used")
    )
    try:
        for record in (
            *(*places(), *fair_records(), money_records()[0]),
            replace(permission, costs=(*permission.costs, over)),
            replace(scheme, vouchers=vouchers),
        ):
            await create_record(node.store, SEEDER, record, now=node.clock())
    finally:
        await close_node(node)


@pytest.fixture(scope="module")
def fairs_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node on which everybody writes."""
    folder = tmp_path_factory.mktemp("fairs")
    # While the browser is open its loop runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _make(folder)).result()
    node = start_node(["serve", "--dev", "--data", str(folder), "--port", "0"])
    yield node.url
    node.stop()


@pytest.mark.parametrize(("lang", "scheme", "width"), [("nl", "dark", 320), ("ko", "light", 1280)])
def test_pages_of_fairs_should_have_no_violations(
    browser: Browser, axe: str, fairs_node: str, lang: str, scheme: str, width: int
) -> None:
    root = f"{fairs_node}/{lang}/collective/"
    assert faults(browser, axe, root, PAGES, width=width, scheme=scheme) == {}
