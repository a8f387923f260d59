"""`hanze report` and `hanze followup` on a data directory."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import close_node, open_node
from hanze.settings import Server, Settings
from tests.in_process_command import hanze
from tests.journeys import JOURNEY, PROJECT, STUDIES, journey

pytestmark = pytest.mark.slow


@pytest.fixture
async def where(tmp_path: Path) -> tuple[str, str]:
    data = tmp_path / "data"
    node = await open_node(Settings(data=data, server=Server(dev=True)))
    caller = Caller(actor="test", roles=frozenset({"reader", "writer"}))
    for record in journey():
        await create_record(node.store, caller, record, now=node.clock())
    await close_node(node)
    return "--data", str(data)


def _json(*arguments: str) -> Any:
    answer = hanze(*arguments, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


def test_report_should_be_shown_written_and_published(
    where: tuple[str, str], tmp_path: Path
) -> None:
    shown = hanze("report", "show", JOURNEY, "--lang", "nl", *where)
    assert shown.code == 0, shown.err
    assert "Alles samen €\N{NO-BREAK SPACE}1.290,46 onder het budget." in shown.out
    text = tmp_path / "goal.txt"
    text.write_text("Why.\n\nAnd how.", encoding="utf-8")
    edited = _json("report", "edit", JOURNEY, "goal", "--file", str(text), *where)
    assert edited["sections"]["goal"] == {"en": "Why.\n\nAnd how."}
    assert hanze("report", "edit", JOURNEY, "goal", *where).code == 2
    out = hanze("report", "publish", JOURNEY, "--on", "2025-04-01", *where)
    assert "published since 2025-04-01" in out.out
    again = hanze("report", "publish", JOURNEY, *where)
    assert again.code != 0
    assert "is published" in again.err


def test_followup_should_be_listed_added_told_of_and_done(where: tuple[str, str]) -> None:
    listed = hanze("followup", "list", *where).out.splitlines()
    assert listed[0].split("\t")[0] == "state"
    assert listed[1].split("\t")[0] == "late"
    made = _json("followup", "add", "A second visit", "--mission", JOURNEY, *where)
    told = _json("followup", "update", STUDIES, "--text", "Almost there.", *where)
    assert told["updates"][-1]["text"] == {"en": "Almost there."}
    done = hanze("followup", "done", STUDIES, "--became", PROJECT, *where)
    assert done.out == f"{STUDIES}: Market studies (done, due 2025-06-30)\n"
    dropped = _json("followup", "done", made["id"], "--dropped", *where)
    assert dropped["state"] == "dropped"
    assert hanze("followup", "update", STUDIES, *where).code != 0
