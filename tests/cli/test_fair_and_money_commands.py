"""`hanze permission`, `hanze voucher` and `hanze fair` on a data directory."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import close_node, open_node
from hanze.settings import Settings
from tests.classified import classify_directory
from tests.fairs_world import (
    DELFT,
    MISSION,
    PERMISSION,
    SCHEME,
    STAND,
    UTRECHT,
    a_scheme,
    fair_records,
    money_records,
    places,
)
from tests.in_process_command import hanze

pytestmark = pytest.mark.slow


async def _fill(folder: Path) -> None:
    today = datetime.now(tz=UTC).date()
    mission, permission, _ = money_records()
    scheme = a_scheme(opens=today - timedelta(days=9), closes=today + timedelta(days=9))
    node = await open_node(Settings(data=folder))
    try:
        for record in (*places(), *fair_records(), mission, permission, scheme):
            caller = Caller(actor="test", roles=frozenset({"writer"}))
            await create_record(node.store, caller, record, now=node.clock())
    finally:
        await close_node(node)


@pytest.fixture
def where(tmp_path: Path) -> tuple[str, ...]:
    data = tmp_path / "data"
    data.mkdir()
    asyncio.run(_fill(data))
    classify_directory(data)
    return ("--data", str(data))


def _json(*arguments: str) -> Any:
    answer = hanze(*arguments, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


def test_permission_should_be_kept_from_the_command_line(where: tuple[str, ...]) -> None:
    shown = hanze("permission", "show", PERMISSION, *where)
    assert shown.code == 0
    assert "17816.54 EUR" in shown.out
    assert "1290.46 EUR left" in shown.out
    assert "98000 KRW = 62.23 EUR" in shown.out
    refused = hanze(
        *("permission", "cost", PERMISSION, "officials", "900000", "--currency", "KRW"),
        *("--on", "2025-03-07", *where),
    )
    assert refused.code != 0
    assert "the rate of KRW on 2025-03-07" in refused.err
    hanze("permission", "rate", PERMISSION, "KRW", "0.00064", "--on", "2025-03-07", *where)
    over = _json(
        *("permission", "cost", PERMISSION, "officials", "900000", "--currency", "KRW"),
        *("--on", "2025-03-07", "--what", "Hotel", *where),
    )
    assert over["partsOver"] == ["officials"]
    shown = hanze("permission", "show", PERMISSION, *where)
    assert shown.code == 1
    assert "143.00 EUR OVER" in shown.out
    assert len(_json("permission", "list", "--over", *where)) == 1
    cost = _json_of_failed("permission", "show", PERMISSION, *where)["costs"][-1]
    assert _json("permission", "uncost", PERMISSION, cost["key"], *where)["partsOver"] == []
    made = _json("permission", "new", MISSION, "Z-1", "--budget", "staff=900.50:2", *where)
    budget = ("--budget", "staff=950")
    assert hanze("permission", "approve", made["id"], "--on", "2025-02-01", *where).code == 0
    assert hanze("permission", "approve", made["id"], "--on", "2025-02-01", *budget, *where).code
    later = _json("permission", "approve", made["id"], "--on", "2025-02-02", *budget, *where)
    assert later["budget"] == 950
    assert "closed" in hanze("permission", "close", made["id"], *where).out
    assert hanze("permission", "new", MISSION, "Z-2", "--budget", "staff", *where).code == 2


def _json_of_failed(*arguments: str) -> Any:
    """Read what a command says that ends with 1, as one about a budget that is over does."""
    answer = hanze(*arguments, "--json")
    assert answer.code == 1, answer.err
    return orjson.loads(answer.out)


def test_voucher_should_be_asked_for_and_given_from_the_command_line(
    where: tuple[str, ...],
) -> None:
    assert "5000 EUR" in hanze("voucher", "list", "--state", "open", *where).out
    asked = _json("voucher", "ask", SCHEME, UTRECHT, "2500", "--mission", MISSION, *where)
    number = asked["number"]
    given = hanze("voucher", "give", SCHEME, number, "--amount", "2000.50", *where)
    assert "given, 2000.5" in given.out
    assert _json("voucher", "use", SCHEME, number, *where)["status"] == "used"
    assert _json("voucher", "return", SCHEME, number, *where)["status"] == "returned"
    assert hanze("voucher", "refuse", SCHEME, number, *where).code != 0
    assert "returned" in hanze("voucher", "show", SCHEME, *where).out


def test_fair_should_be_told_from_the_command_line(where: tuple[str, ...], tmp_path: Path) -> None:
    assert STAND in hanze("fair", "list", "--city", DELFT, *where).out
    assert "Counting bicycles" in hanze("fair", "show", STAND, *where).out
    story, session = tmp_path / "story.json", tmp_path / "session.json"
    story.write_bytes(orjson.dumps({"track": {"en": "Delft shows"}}))
    session.write_bytes(orjson.dumps({"title": {"en": "Robots"}, "starts": "2026-11-05T09:00"}))
    assert hanze("fair", "story", STAND, DELFT, str(story), *where).code == 0
    (key,) = _json("fair", "session", STAND, DELFT, str(session), *where)["sessions"]
    shown = hanze("fair", "show", STAND, "--city", DELFT, *where).out
    assert "Robots" in shown
    assert "Water squares" not in shown
    assert "0 sessions" in hanze("fair", "remove-session", STAND, DELFT, key, *where).out


def test_refusal_should_say_what_lists_ids_when_a_record_is_not_there(
    where: tuple[str, ...],
) -> None:
    refused = hanze("voucher", "show", "nosuch", *where)
    assert refused.code == 2
    assert "is no VoucherScheme" in refused.err
    assert "`hanze record list --type VoucherScheme` lists" in refused.err
