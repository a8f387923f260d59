"""The page of notifications: who may see it, what it says, and what its forms do."""

import re
from pathlib import Path

import httpx
import pytest

from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.dying import SUBSCRIPTION, die
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token

PATH = "/en/notifications"


@pytest.fixture
async def troubled(empty_node: Node) -> Node:
    """Three changes could not be told, and one waits."""
    await die(empty_node, 3)
    return empty_node


async def test_nobody_unsigned_should_see_who_is_told_of_what(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", server=Server(dev=False))
    async with node_in_memory(settings) as node, client_of(node) as client:
        answer = await client.get(PATH)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/en/sign-in?next=%2Fen%2Fnotifications")
        token = form_token((await client.get("/en/sign-in")).text)
        given = {"form": token, "do": "discard"}
        assert (await client.post(PATH, data=given, headers=ORIGIN)).status_code == 403


@pytest.mark.parametrize("lang", ["en", "nl", "ko"])
async def test_page_should_say_who_is_told_and_how_that_goes(troubled: Node, lang: str) -> None:
    async with client_of(troubled) as client:
        page = (await client.get(f"/{lang}/notifications")).text
    assert "http://127.0.0.1:1/" in page
    assert "hunter2" not in page
    assert "status 503; given up" in page
    assert page.count('name="do" value="replay"') == 4
    assert f"subscription={SUBSCRIPTION}#letters" in page


async def test_empty_page_should_say_how_to_subscribe(empty: httpx.AsyncClient) -> None:
    page = (await empty.get(PATH)).text
    assert "Nobody has subscribed" in page
    assert "Everything could be told" in page


async def press(client: httpx.AsyncClient, **given: str) -> str:
    """Send a form of the page; return the page that follows."""
    token = form_token((await client.get(PATH)).text)
    answer = await client.post(PATH, data={"form": token, **given}, headers=ORIGIN)
    assert answer.status_code == 303
    return (await client.get(answer.headers["location"])).text


async def test_letter_should_be_told_again_or_thrown_away(troubled: Node) -> None:
    letters = troubled.store.dead_letters
    first, second, _ = letters.listed("")
    async with client_of(troubled) as client:
        page = await press(client, do="replay", number=str(first.number))
        assert "1 change is told again" in page
        assert troubled.store.outbox.waiting_of(("", SUBSCRIPTION)) == 2
        page = await press(client, do="discard", number=str(second.number))
        assert "1 change was thrown away" in page
        assert len(letters.listed("")) == 1
        token = form_token((await client.get(PATH)).text)
        given = {"form": token, "do": "discard", "number": str(second.number)}
        assert (await client.post(PATH, data=given, headers=ORIGIN)).status_code == 404


@pytest.mark.parametrize("do", ["replay", "discard"])
async def test_all_letters_of_a_subscription_should_move_together(troubled: Node, do: str) -> None:
    async with client_of(troubled) as client:
        page = await press(client, do=do, subscription=SUBSCRIPTION, back=SUBSCRIPTION)
    assert re.search(r"3 changes (are told again|were thrown away)", page)
    assert "Everything could be told" in page
    assert troubled.store.dead_letters.listed("") == []


async def test_form_that_asks_for_something_else_should_be_refused(troubled: Node) -> None:
    async with client_of(troubled) as client:
        token = form_token((await client.get(PATH)).text)
        for given in ({"do": "burn"}, {"do": "replay", "number": "-1"}):
            data = {"form": token, **given}
            assert (await client.post(PATH, data=data, headers=ORIGIN)).status_code == 400
    assert len(troubled.store.dead_letters.listed("")) == 3
