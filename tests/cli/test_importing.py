"""`hanze import`: reports, exit codes, and files that are damaged or wrong."""

import gzip
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.connectors.datex import flow, speed, v2_channel, v2_site, v2_table, v2_values
from tests.in_process_command import hanze
from tests.running import Finished, start_node

TABLE = v2_table(v2_channel(1, "trafficFlow"), v2_channel(2, "trafficSpeed"))
SITE = "urn:ngsi-ld:TrafficFlowObserved:ndw:A1"
MAPPING = """
source = "test"
id = "{k}"
[attributes.value]
column = "v"
kind = "number"
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A site table and measurements, the second packed."""
    table, values = tmp_path / "table.xml", tmp_path / "values.xml.gz"
    table.write_bytes(TABLE)
    values.write_bytes(gzip.compress(v2_values(v2_site(flow(1, "60"), speed(2, "-1")))))
    return str(table), str(values)


def report(done: Finished) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(done.out)
    return found


def csv_files(folder: Path, table: str) -> tuple[str, str]:
    (folder / "map.toml").write_text(MAPPING, "utf-8")
    (folder / "table.csv").write_text(table, "utf-8")
    return str(folder / "table.csv"), str(folder / "map.toml")


def test_a_second_import_of_the_same_files_should_change_nothing(
    files: tuple[str, str], tmp_path: Path
) -> None:
    arguments = ("import", "ndw", *files, "--data", str(tmp_path / "data"), "--json")
    first = hanze(*arguments)
    assert (first.code, first.err) == (0, "")
    assert report(first)["entities"] == {
        "read": 1,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "failed": 0,
    }
    assert report(first)["values"]["noValue"] == {"negative": 1}
    again = hanze(*arguments)
    assert again.code == 0
    assert report(again)["entities"]["unchanged"] == 1
    assert report(again)["entities"]["created"] == 0


def test_a_dry_run_should_store_nothing(files: tuple[str, str], tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = hanze("import", "ndw", *files, "--data", str(data), "--dry-run")
    assert done.code == 0
    assert "dryRun: yes" in done.out
    assert "  total: 2" in done.out
    assert not data.exists()


def test_quiet_should_say_nothing(files: tuple[str, str], tmp_path: Path) -> None:
    done = hanze("import", "ndw", *files, "--data", str(tmp_path / "data"), "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_another_version_of_the_table_should_be_a_warning(
    files: tuple[str, str], tmp_path: Path
) -> None:
    values = tmp_path / "other.xml"
    values.write_bytes(v2_values(v2_site(flow(1, "60"), version="4"), table_version="869"))
    done = hanze("import", "ndw", files[0], str(values), "--data", str(tmp_path / "data"))
    assert done.code == 0
    assert "Warning: The measurements refer to version 869 of the site table" in done.err
    assert "kept apart as UnmatchedMeasurements" in done.err


def test_a_damaged_file_should_say_where_and_how_much_was_stored(
    files: tuple[str, str], tmp_path: Path
) -> None:
    table = TABLE.decode()
    start, end = table.index("<measurementSiteRecord "), table.index("</measurementSiteTable>")
    site = table[start:end]
    Path(files[0]).write_text(table.replace(site, site + site.replace('"A1"', '"A2"')), "utf-8")
    whole = v2_values(
        v2_site(flow(1, "60")), v2_site(flow(1, "60"), site="A2"), v2_site(flow(1, "120"))
    )
    Path(files[1]).write_bytes(whole[: whole.index(b"120")])
    arguments = ("import", "ndw", *files, "--data", str(tmp_path / "data"))
    done = hanze(*arguments)
    assert done.code == 1
    assert "Error: The XML is damaged" in done.err
    assert "record 3)" in done.err
    assert "Before that: 2 created, 0 updated, 0 unchanged." in done.err
    error = report(hanze(*arguments, "--json"))["error"]
    assert (error["type"], error["record"]) == ("DamagedInput", 3)
    assert error["line"] > 1


def test_wrong_files_should_fail_and_store_nothing(files: tuple[str, str], tmp_path: Path) -> None:
    done = hanze("import", "ndw", files[1], files[0], "--data", str(tmp_path / "data"))
    assert done.code == 1
    assert "values.xml.gz: The file holds no measurement site table" in done.err
    other = hanze("import", "sensor-community", files[0], "--data", str(tmp_path / "data"))
    assert other.code == 1
    assert "is not JSON" in other.err


def test_csv_should_import_good_rows_and_name_the_others(tmp_path: Path) -> None:
    table, mapping = csv_files(tmp_path, "k,v\n1,10\n2,ten\n3,30\n")
    arguments = ("import", "csv", table, "--type", "Thing", "--map", mapping)
    done = hanze(*arguments, "--data", str(tmp_path / "data"))
    assert done.code == 1
    assert 'Left out: line 3, record 2: column v must be a number, not "ten"' in done.err
    found = report(hanze(*arguments, "--data", str(tmp_path / "data"), "--json"))
    assert found["entities"]["unchanged"] == 2
    assert found["refused"][0]["line"] == 3


def test_sensor_community_should_import_what_the_firmware_sends(tmp_path: Path) -> None:
    path = tmp_path / "push.jsonl"
    path.write_bytes(b'{"sensordatavalues": [{"value_type": "P1", "value": "11.43"}]}')
    arguments = ["import", "sensor-community", str(path), "--data", str(tmp_path / "data")]
    assert "names no sensor" in hanze(*arguments).err
    arguments += ["--sensor", "esp8266-1", "--received", "2026-01-01T00:00:00Z", "--json"]
    assert report(hanze(*arguments))["entities"]["created"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["ndw", "nowhere.xml", "nowhere.xml"],
        ["csv"],
        ["lorawan"],
        ["sensor-community", "nowhere.json"],
    ],
)
def test_asking_wrongly_should_end_with_2(arguments: list[str]) -> None:
    assert hanze("import", *arguments).code == 2


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["sensor-community", "{table}", "--received", "yesterday"], "--received"),
        (["csv", "{table}", "--map", "{mapping}", "--type", "Off Street"], "--type"),
    ],
)
def test_an_option_that_means_nothing_should_end_with_2(
    arguments: list[str], option: str, tmp_path: Path
) -> None:
    table, mapping = csv_files(tmp_path, "k,v\n1,10\n")
    given = [argument.format(table=table, mapping=mapping) for argument in arguments]
    done = hanze("import", *given, "--dry-run")
    assert (done.code, done.out) == (2, "")
    assert option in done.err


def test_an_import_should_stop_when_it_is_told_to(tmp_path: Path) -> None:
    rows = "".join(f"{number},{number}\n" for number in range(100_000))
    table, mapping = csv_files(tmp_path, "k,v\n" + rows)
    command = [str(Path(sys.executable).parent / "hanze"), "import", "csv", table]
    options = ["--type", "Thing", "--map", mapping, "--data", str(tmp_path / "data")]
    importing = subprocess.Popen(
        command + options, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not (tmp_path / "data" / "hanze.db").exists():
        time.sleep(0.05)
        assert importing.poll() is None
    importing.send_signal(signal.SIGINT)
    out, err = importing.communicate(timeout=30)
    assert (importing.returncode, out) == (1, "")
    assert "What was stored stays; the same import again stores the rest.\n" in err
    assert err.endswith("Stopped.\n")
    assert "Traceback" not in err


def test_an_import_that_stores_nothing_should_say_only_why(tmp_path: Path) -> None:
    table, _ = csv_files(tmp_path, "k,v\n1,10\n")
    done = hanze("import", "sensor-community", table, "--data", str(tmp_path / "data"))
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("Nothing was stored.\n")


def test_a_wrong_mapping_should_end_with_2(tmp_path: Path) -> None:
    table, mapping = csv_files(tmp_path, "k,v\n1,10\n")
    Path(mapping).write_text(MAPPING.replace("kind", "kinds"), "utf-8")
    done = hanze("import", "csv", table, "--type", "Thing", "--map", mapping, "--dry-run")
    assert done.code == 2
    assert "The mapping map.toml is unusable" in done.err


def test_an_import_into_a_running_node_should_be_read_there(
    files: tuple[str, str], tmp_path: Path
) -> None:
    node = start_node(["serve", "--dev", "--port", "0", "--data", str(tmp_path / "data")])
    try:
        arguments = ("import", "ndw", *files, "--url", node.url, "--json")
        assert report(hanze(*arguments))["entities"]["created"] == 1
        assert report(hanze(*arguments))["entities"]["unchanged"] == 1
        asked = hanze(
            "query",
            "--url",
            node.url,
            "--id",
            SITE,
            "--json",
            "--q",
            "intensity==60",
            "--context",
            "https://w3id.org/hanze/v1.jsonld",
        )
        assert orjson.loads(asked.out)[0]["intensity"]["unitCode"] == "H10"
        locked = hanze("import", "ndw", *files, "--data", str(tmp_path / "data"))
        assert locked.code == 1
        assert "in use" in locked.err
    finally:
        node.stop()


def test_a_node_that_does_not_answer_should_fail(files: tuple[str, str], tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n", "utf-8")
    arguments = ("import", "ndw", *files, "--url", "http://127.0.0.1:9", "--token-file")
    done = hanze(*arguments, str(token))
    assert done.code == 1
    assert "No node answers at http://127.0.0.1:9" in done.err
    token.write_text("", "utf-8")
    assert hanze(*arguments, str(token)).code == 2


def test_progress_should_be_shown_on_a_terminal_only(
    files: tuple[str, str], tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).parent / "hanze"), "import", "ndw", *files, "--dry-run"]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
        check=True,
        timeout=60,
    )
    os.close(theirs)
    assert b"Importing" in os.read(ours, 10_000)
    os.close(ours)
    assert b"Importing" not in done.stdout
