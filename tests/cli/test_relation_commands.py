"""`hanze relation`, `lead`, `mentor` and `indicators` on a data directory."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import close_node, open_node
from hanze.settings import Server, Settings
from tests.in_process_command import hanze
from tests.relations_world import (
    GYEONGGI,
    KR,
    MENTOR,
    NL,
    STUDENT,
    SUWON,
    UTRECHT,
    WATER,
    history,
    people,
)

pytestmark = pytest.mark.slow


def _json(*arguments: str) -> Any:
    answer = hanze(*arguments, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


async def _seed(data: Path) -> None:
    writer = Caller(actor="test", roles=frozenset({"reader", "writer"}))
    node = await open_node(Settings(data=data, server=Server(dev=True)))
    try:
        for record in (*history(date.today()), *people()):  # noqa: DTZ011  # any day does
            await create_record(node.store, writer, record, now=node.clock())
    finally:
        await close_node(node)


def test_commands_should_say_what_pages_say(tmp_path: Path) -> None:
    data = tmp_path / "data"
    asyncio.run(_seed(data))
    _ask(("--data", str(data)))


def _ask(where: tuple[str, ...]) -> None:
    assert _json("relation", "list", "--country", KR, *where)["total"] == 3
    assert GYEONGGI in hanze("relation", "list", *where).out
    shown = hanze("relation", "show", GYEONGGI, *where).out
    assert "100 days from first meeting to accord." in shown
    assert "Interested in Water: said, accord" in shown
    kinds = _json("relation", "show", GYEONGGI, "--kind", "visit", *where)["timeline"]
    assert [one["kind"] for one in kinds] == ["visit"]
    named = _json("lead", "name", WATER, NL, UTRECHT, KR, "--orders", "Open tenders.", *where)
    lead = named["record"]["id"]
    assert hanze("lead", "name", WATER, NL, UTRECHT, KR, *where).code == 2
    assert "(current)" in hanze("lead", "change", lead, "--partner-lead", SUWON, *where).out
    assert "Utrecht (Netherlands)" in hanze("lead", "list", *where).out
    assert MENTOR in hanze("mentor", "list", "--role", "mentor", *where).out
    assert STUDENT in hanze("mentor", "match", *where).out
    made = _json("mentor", "propose", MENTOR, STUDENT, *where)["record"]["id"]
    assert "(active)" in hanze("mentor", "move", made, "active", *where).out
    assert hanze("mentor", "move", made, "completed", *where).code == 2
    assert _json("indicators", "--by", "country", *where)["total"]["counts"]["accords"] == 1
    table = hanze("indicators", *where).out
    assert table.splitlines()[-1].startswith("total\t1\t1\t1")
