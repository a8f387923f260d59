"""`hanze log`: over a data directory, also one that was tampered with."""

import asyncio
from pathlib import Path

import apsw
import orjson
import pytest

from hanze.governance.records.log import AuditRecord
from hanze.store.files import DATABASE
from hanze.store.store import Store
from tests.in_process_command import hanze


@pytest.fixture
def data(tmp_path: Path) -> Path:
    async def fill() -> None:
        store = await Store.open(tmp_path)
        store.log.stage(
            [
                AuditRecord(at=f"2026-03-01T10:00:0{number}Z", actor="ann", name=f"step.{number}")
                for number in range(3)
            ]
        )
        await store.log.settled()
        await store.close()

    asyncio.run(fill())
    return tmp_path


def test_search_should_show_records_and_that_they_were_looked_for(data: Path) -> None:
    done = hanze("log", "search", "--actor", "ann", "--limit", "2", "--data", str(data))
    assert done.code == 0, done.err
    assert "step.2" in done.out
    assert "step.0" not in done.out
    assert "--before 2" in done.err
    again = hanze("log", "search", "--name", "log.read", "--json", "--data", str(data))
    details = [one["record"]["detail"] for one in orjson.loads(again.out)["records"]]
    assert any('"actor":"ann"' in detail for detail in details)


def test_show_should_write_lines_and_csv(data: Path) -> None:
    done = hanze("log", "show", "--name", "step.1", "--data", str(data))
    assert [orjson.loads(line)["number"] for line in done.out.splitlines()] == [2]
    done = hanze(
        "log", "show", "--format", "csv", "--since", "2026-03-01T10:00:02Z", "--data", str(data)
    )
    assert done.out.startswith("number,log,")
    assert "step.2" in done.out
    assert ",step.1," not in done.out


def test_verify_should_tell_the_head_and_fail_with_the_first_bad_record(data: Path) -> None:
    done = hanze("log", "verify", "--data", str(data))
    assert done.code == 0, done.err
    head = done.out.split("Head: ")[1].strip()
    assert head.startswith("3:")
    assert hanze("log", "verify", "--head", head, "--data", str(data)).code == 0
    assert hanze("log", "verify", "--head", "3:beef", "--data", str(data)).code == 2
    assert hanze("log", "verify", "--head", "2" + head[1:], "--data", str(data)).code == 1

    connection = apsw.Connection(str(data / DATABASE))
    connection.execute("DELETE FROM log WHERE number = 2")
    connection.close()
    done = hanze("log", "verify", "--data", str(data))
    assert done.code == 1
    assert "Record 2 is not there" in done.out
    told = orjson.loads(hanze("log", "verify", "--json", "--data", str(data)).out)
    assert (told["whole"], told["bad"], told["fault"]) == (False, 2, "missing")
