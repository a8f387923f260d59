"""`hanze notification` and `hanze subscription` on a data directory."""

import asyncio
from pathlib import Path

import orjson
import pytest

from hanze.node.node import close_node, open_node
from hanze.settings import Server, Settings
from tests.dying import SUBSCRIPTION, die
from tests.in_process_command import hanze


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A directory with three dead letters of one subscription, and one change that waits."""

    async def make() -> None:
        node = await open_node(Settings(data=tmp_path / "data", server=Server(dev=True)))
        node.base_url = "http://localhost"
        await die(node, 3)
        await close_node(node)

    asyncio.run(make())
    return str(tmp_path / "data")


def test_dead_letters_should_be_listed_and_shown(data: str) -> None:
    listed = hanze("notification", "list", "--data", data)
    assert listed.code == 0, listed.err
    assert listed.out.count("status 503; given up") == 3
    letters = orjson.loads(hanze("notification", "list", "--data", data, "--json").out)
    number = str(letters["deadLetters"][0]["number"])
    shown = hanze("notification", "show", number, "--data", data)
    assert shown.code == 0, shown.err
    assert '"value": 0' in shown.out
    assert "hunter2" not in shown.out + listed.out


def test_dead_letters_should_be_replayed_and_discarded(data: str) -> None:
    letters = orjson.loads(hanze("notification", "list", "--data", data, "--json").out)
    number = str(letters["deadLetters"][0]["number"])
    assert hanze("notification", "replay", number, "--data", data).out.startswith(
        "1 dead letter replayed."
    )
    waiting = orjson.loads(hanze("notification", "waiting", "--data", data, "--json").out)
    assert waiting["subscriptions"] == [
        {"subscription": SUBSCRIPTION, "waiting": 2, "deadLetters": 2}
    ]
    gone = hanze("notification", "discard", "--subscription", SUBSCRIPTION, "--yes", "--data", data)
    assert gone.out == "2 dead letters discarded.\n"
    told = hanze("notification", "waiting", "--data", data)
    assert f"{SUBSCRIPTION}\t2\t0" in told.out


def test_letters_should_be_named_in_one_way(data: str) -> None:
    for arguments in ((), ("1", "--all"), ("--all", "--subscription", SUBSCRIPTION)):
        refused = hanze("notification", "replay", *arguments, "--data", data)
        assert refused.code == 2
        assert "--all" in refused.err


def test_subscriptions_should_be_listed_paused_resumed_and_deleted(data: str) -> None:
    listed = hanze("subscription", "list", "--data", data)
    assert listed.code == 0, listed.err
    assert f"{SUBSCRIPTION}\t" in listed.out
    assert "active" in listed.out
    assert hanze("subscription", "pause", SUBSCRIPTION, "--data", data).code == 0
    shown = orjson.loads(hanze("subscription", "show", SUBSCRIPTION, "--data", data).out)
    assert shown["status"] == "paused"
    assert hanze("subscription", "resume", SUBSCRIPTION, "--data", data).code == 0
    shown = orjson.loads(hanze("subscription", "show", SUBSCRIPTION, "--data", data).out)
    assert shown["status"] == "active"
    assert hanze("subscription", "delete", SUBSCRIPTION, "--yes", "--data", data).code == 0
    missing = hanze("subscription", "show", SUBSCRIPTION, "--data", data)
    assert missing.code == 2
    assert "does not exist" in missing.err
