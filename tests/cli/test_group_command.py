"""`hanze group` on a data directory."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.classified import classify_directory
from tests.in_process_command import hanze

pytestmark = pytest.mark.slow

_ID = "urn:ngsi-ld:Demand:almere:lamps"


def _json(*arguments: str) -> Any:
    answer = hanze(*arguments, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


def test_group_should_be_made_filled_and_published(tmp_path: Path) -> None:
    data = tmp_path / "data"
    classify_directory(data)
    where = ("--data", str(data))
    file = tmp_path / "lamps.json"
    title = {"en": "Lamps"}
    file.write_bytes(orjson.dumps({"id": _ID, "title": title, "problem": title}))
    assert hanze("record", "add", "Demand", str(file), *where).code == 0
    group = _json("group", "new", "Lamps together", *where)
    added = _json("group", "add", group["id"], "urn:x:gwangju", *where)
    assert added["members"][1:] == ["urn:x:gwangju"]
    assert hanze("group", "close", group["id"], _ID, *where).out == f"{_ID} is closed.\n"
    assert _json("record", "list", "--q", "lamps", *where)["total"] == 0
    shown = _json("group", "show", group["id"], *where)
    assert [one["id"] for one in shown["records"]] == [_ID]
    assert _ID in hanze("group", "records", *where).out
    assert len(_json("group", "remove", group["id"], "urn:x:gwangju", *where)["members"]) == 1
    assert hanze("group", "publish", _ID, *where).out == f"{_ID} is public.\n"
    assert _json("record", "list", *where)["total"] == 1
    assert _json("group", "drafts", *where)["draftsOf"]
    assert len(hanze("group", "list", *where).out.splitlines()) == 3
