"""The operator's pages of sources: seen, added, tried out, decided."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.connectors.streaming import Message
from hanze.node.node import Node
from hanze.settings import Settings
from hanze.worker.sources.processing import process_batch
from tests.in_process import client_of, node_in_memory

FORM = re.compile(r'name="form" value="(\w+)"')
FROM_HERE = {"origin": "http://localhost"}
GATE = {
    "connector": "json",
    "how": "push",
    "name": "gate",
    "option.type": "Device",
    "option.device": "id",
    "option.approve": "true",
}


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as opened:
        yield opened


@pytest.fixture
async def browser(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def send(browser: httpx.AsyncClient, path: str, given: dict[str, str]) -> httpx.Response:
    """Fill in a form of a page."""
    token = FORM.search((await browser.get("/en/sources/add?connector=json")).text)
    assert token is not None
    return await browser.post(path, data={"form": token.group(1), **given}, headers=FROM_HERE)


async def push(node: Node, body: bytes) -> None:
    now = node.clock()
    await node.sources.push("gate", Message(source="gate", received_at=now, body=body), now=now)
    await process_batch(node, node.sources.following(node.sources.record("gate")))


async def test_pages_should_be_for_operators() -> None:
    async with node_in_memory(Settings()) as node, client_of(node) as browser:
        closed = await browser.get("/nl/sources")
        assert closed.status_code == 403
        assert "/nl/sign-in?next=" in closed.text
        for path in ("/en/sources/add", "/en/sources/gate"):
            assert (await browser.get(path)).status_code == 403


async def test_a_source_should_be_added_and_its_secret_shown_once(
    node: Node, browser: httpx.AsyncClient
) -> None:
    added = await send(browser, "/en/sources/add", GATE)
    secret = node.sources.secret_of("gate")
    assert secret in added.text
    assert added.headers["cache-control"] == "no-store"
    assert secret not in (await browser.get("/en/sources/gate")).text
    again = await send(browser, "/en/sources/add", GATE)
    assert (again.status_code, "already exists" in again.text) == (409, True)
    missing = await send(browser, "/en/sources/add", {**GATE, "name": "x", "option.type": ""})
    assert (missing.status_code, "type is needed" in missing.text) == (400, True)


async def test_a_pasted_message_should_be_shown_and_not_stored(
    node: Node, browser: httpx.AsyncClient
) -> None:
    await send(browser, "/en/sources/add", GATE)
    tried = {"do": "try", "body": '{"id": "<b>", "level": 5}'}
    shown = await send(browser, "/en/sources/gate", tried)
    assert shown.status_code == 200
    assert "urn:ngsi-ld:Device:gate:%3Cb%3E" in shown.text
    assert "<b>" not in shown.text
    broken = await send(browser, "/en/sources/gate", {"do": "try", "body": "{"})
    assert "not JSON" in broken.text
    assert (await node.sources.spool.counters()) == {}


async def test_devices_should_be_let_in_and_letters_replayed(
    node: Node, browser: httpx.AsyncClient
) -> None:
    await send(browser, "/en/sources/add", GATE)
    await push(node, b'{"id": "a", "level": 5}')
    await push(node, b"broken")
    page = await browser.get("/en/sources/gate")
    assert "urn:ngsi-ld:Device:gate:a" in page.text
    assert "broken" in page.text
    assert "1 unknown device waits" in (await browser.get("/en/sources")).text
    done = await send(browser, "/en/sources/gate", {"do": "let-in", "device": "a"})
    assert done.headers["location"] == "/en/sources/gate?did=let-in"
    assert node.sources.device("gate", "a") is True
    await send(browser, "/en/sources/gate", {"do": "replay", "which": "letters"})
    assert {one.message.body for one in await node.sources.spool.take("gate", limit=9)} == {
        b'{"id": "a", "level": 5}',
        b"broken",
    }


async def test_sources_should_be_paused_resumed_and_removed(
    node: Node, browser: httpx.AsyncClient
) -> None:
    await send(browser, "/en/sources/add", GATE)
    await send(browser, "/en/sources/gate", {"do": "pause"})
    assert node.sources.state("gate").paused
    assert "Gepauzeerd" in (await browser.get("/nl/sources/gate")).text
    await send(browser, "/en/sources/gate", {"do": "resume"})
    assert not node.sources.state("gate").paused
    assert (await send(browser, "/en/sources/gate", {"do": "remove"})).status_code == 400
    assert (await send(browser, "/en/sources/gate", {"do": "dance"})).status_code == 400
    removed = await send(browser, "/en/sources/gate", {"do": "remove", "sure": "yes"})
    assert removed.headers["location"] == "/en/sources?did=remove"
    assert (await browser.get("/en/sources/gate")).status_code == 404


async def test_forms_should_come_from_this_site(node: Node, browser: httpx.AsyncClient) -> None:
    await send(browser, "/en/sources/add", GATE)
    forged = await browser.post(
        "/en/sources/gate", data={"do": "pause"}, headers={"origin": "http://elsewhere"}
    )
    assert forged.status_code == 403
    assert not node.sources.state("gate").paused


@pytest.mark.parametrize("language", ["en", "nl", "ko"])
async def test_every_connector_should_have_a_form(
    browser: httpx.AsyncClient, language: str
) -> None:
    page = await browser.get(f"/{language}/sources/add")
    assert page.status_code == 200
    for name in re.findall(r'<option value="([\w-]+)" lang="en"', page.text):
        form = await browser.get(f"/{language}/sources/add?connector={name}")
        assert form.status_code == 200
        assert 'name="name"' in form.text
