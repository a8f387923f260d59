"""A city for the pages: the demo's own, in a real node and behind a real server."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest

from hanze.connectors.simulation.live import seed
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory
from tests.running import start_node

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def missing(what: str, *, module: bool = False) -> NoReturn:
    """Skip a test, or a whole module of them, and say why; fail where everything is required."""
    if os.environ.get("HANZE_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what, allow_module_level=module)


@pytest.fixture
async def empty_node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


@pytest.fixture
async def city_node(empty_node: Node) -> Node:
    await seed(empty_node)
    return empty_node


@pytest.fixture
async def empty(empty_node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(empty_node) as client:
        yield client


@pytest.fixture
async def city(city_node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(city_node) as client:
        yield client


@pytest.fixture(scope="session")
def city_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that holds every city itself, in a process of its own."""
    folder = tmp_path_factory.mktemp("demo")
    node = start_node(["demo", "--alone", "--data", str(folder), "--port", "0"])
    yield node.url
    node.stop()


@pytest.fixture(scope="session")
def empty_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node without data."""
    folder = tmp_path_factory.mktemp("empty")
    node = start_node(["serve", "--dev", "--data", str(folder), "--port", "0"])
    yield node.url
    node.stop()


# Of a module: while the browser is open its loop runs, and no other can.
@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # who has no browser has no need

    if not Path(CHROMIUM).is_file():
        missing("Chromium is not installed; pages are not looked at")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        missing("axe-core is not installed; `npm ci --ignore-scripts` in the checkout gets it")
    return AXE.read_text(encoding="utf-8")
