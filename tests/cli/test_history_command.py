"""`hanze history`: over a running node and over a data directory, and what the API answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from hanze.store.history.export import rows_of
from tests.classified import classify_directory
from tests.in_process_command import hanze
from tests.running import RunningNode, start_node

BIN = {
    "id": "urn:ngsi-ld:Bin:1",
    "type": "Bin",
    "level": {"type": "Property", "value": 0.5, "observedAt": "2026-01-01T00:00:00Z"},
}
HEAD = "id,type,attribute,observedAt,value,unitCode\n"
ROWS = "".join(
    f"urn:x:{number},Bin,level,2026-01-01T00:00:{second:02}Z,{second},P1\n"
    for number in range(3)
    for second in range(50)
)
RETENTION = '[[retention]]\ntype = "Bin"\nmeans_after_days = 30\nmeans_period = "PT15M"\n'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history") / "city"
    folder.mkdir()
    (folder / "hanze.toml").write_text(RETENTION)
    return folder


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("values") / "values.csv"
    file.write_text(HEAD + ROWS)
    return file


@pytest.fixture(scope="module")
def node(data: Path) -> Iterator[RunningNode]:
    started = start_node(["serve", "--data", str(data), "--port", "0", "--dev"])
    httpx.post(f"{started.url}/ngsi-ld/v1/entities", json=BIN).raise_for_status()
    yield started
    started.stop()


def asked(*arguments: str) -> Any:
    done = hanze("history", *arguments, "--json")
    assert done.code == 0, done.err
    return orjson.loads(done.out)


def test_history_should_go_in_and_out_of_a_running_node(
    node: RunningNode, values: Path, tmp_path: Path
) -> None:
    at = ("--url", node.url)
    assert asked("import", str(values), *at) == {
        "read": 150,
        "added": 150,
        "unchanged": 0,
        "entities": 3,
    }
    assert asked("import", str(values), *at)["unchanged"] == 150
    everything = tmp_path / "all.parquet"
    assert asked("export", str(everything), *at)["values"] == 151
    one = tmp_path / "one.parquet"
    told = asked(
        *("export", str(one), "--id", "urn:x:1", "--attribute", "level", "--type", "Bin"),
        *("--from", "2026-01-01T00:00:10Z", "--to", "2026-01-02", *at),
    )
    assert told["values"] == rows_of(one) == 40
    assert not list(tmp_path.glob("*.part"))
    stats = asked("stats", *at)
    (kept,) = stats["types"]
    assert (kept["types"], kept["entities"], kept["series"]) == (["Bin"], 4, 4)
    assert kept["first"] == "2026-01-01T00:00:00Z"
    assert kept["rule"] == {"meansAfterDays": 30, "meansPeriod": "PT15M"}
    assert stats["bytes"] > 0
    shown = hanze("history", "stats", *at)
    assert "means of PT15M after 30 days" in shown.out
    assert "The archive of the node has" in shown.err


def test_history_should_say_what_is_wrong(node: RunningNode, tmp_path: Path) -> None:
    at = ("--url", node.url)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(HEAD + "urn:x:1,Bin,level,today,1,P1\n")
    done = hanze("history", "import", str(wrong), *at)
    assert done.code == 2
    assert "observedAt" in done.err
    done = hanze("history", "import", str(tmp_path / "wrong.xlsx"), *at)
    assert done.code == 2
    (tmp_path / "wrong.xlsx").touch()
    done = hanze("history", "import", str(tmp_path / "wrong.xlsx"), *at)
    assert ".parquet or .csv" in done.err
    file = tmp_path / "none.parquet"
    done = hanze("history", "export", str(file), "--from", "2026-02-01", "--to", "2026-01-01", *at)
    assert "to must be later" in done.err
    assert not file.exists()


def test_export_should_say_where_it_cannot_write_before_it_asks(tmp_path: Path) -> None:
    # Nobody listens there: the place comes first.
    url = "http://127.0.0.1:1"
    done = hanze("history", "export", str(tmp_path / "no" / "all.parquet"), "--url", url)
    assert (done.code, "cannot be written" in done.err) == (2, True)


def test_api_should_refuse_what_it_cannot_take(node: RunningNode) -> None:
    url = f"{node.url}/api/v1/history"
    plain = httpx.post(f"{url}/import", content=b"id\n", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    unknown = httpx.get(f"{url}/export.parquet", params={"colour": "red"})
    assert unknown.status_code == 400
    empty = httpx.get(f"{url}/export.parquet", params={"id": "urn:x:none"})
    assert empty.headers["content-type"] == "application/vnd.apache.parquet"
    assert int(empty.headers["content-length"]) == len(empty.content)
    told = httpx.get(url, headers={"NGSILD-Tenant": "duiven"}).json()
    assert told["types"] == []


def test_history_should_stay_apart_when_a_node_runs(
    node: RunningNode, data: Path, tmp_path: Path
) -> None:
    done = hanze("history", "export", str(tmp_path / "x.parquet"), "--data", str(data))
    assert done.code == 1
    assert "--url asks that node" in done.err


def test_history_should_be_in_a_backup_of_a_running_node(
    node: RunningNode, data: Path, values: Path, tmp_path: Path
) -> None:
    hanze("history", "import", str(values), "--url", node.url)
    httpx.patch(
        f"{node.url}/ngsi-ld/v1/entities/{BIN['id']}/attrs",
        json={"level": {"type": "Property", "value": 0.7}},
    ).raise_for_status()
    near, far = tmp_path / "near", tmp_path / "far"
    assert hanze("backup", str(near), "--data", str(data)).code == 0
    assert hanze("backup", str(far), "--url", node.url).code == 0
    for copy in (near, far):
        # What ran with --dev is closed without it, until somebody opens it.
        classify_directory(copy)
    file = near / "all.parquet"
    # What was written a moment ago stands in the journal of the copy, or in its archive.
    assert asked("export", str(file), "--data", str(near))["values"] == 152
    assert asked("import", str(file), "--data", str(near))["unchanged"] == 152
    assert asked("stats", "--data", str(far))["values"] >= 151
