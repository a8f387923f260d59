"""Commands that need no running node: what they print, and how they end."""

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from hanze.cli.main import COMMANDS
from tests.in_process_command import hanze


def test_help_should_list_every_command() -> None:
    done = hanze("--help")
    assert done.code == 0
    for name, (_, short) in COMMANDS.items():
        assert name in done.out
        assert short in " ".join(done.out.split())


def test_version_should_be_one_line() -> None:
    assert hanze("--version").out.startswith("hanze 0.")


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--port", "x"], ["token", "new"]])
def test_hanze_should_exit_with_2_when_asked_wrongly(arguments: list[str]) -> None:
    done = hanze(*arguments)
    assert done.code == 2
    assert "Error: " in done.err
    assert done.out == ""


def test_hanze_should_load_only_what_a_command_needs() -> None:
    heavy = {"numpy", "shapely", "httpx", "starlette", "uvicorn", "rich", "lxml", "jinja2"}
    program = f"import sys, hanze.cli.main, hanze.cli.token; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_config_show_should_name_the_origin_of_each_value(tmp_path: Path) -> None:
    (tmp_path / "hanze.toml").write_text('[portal]\ntitle = "Zwolle"\n')
    done = hanze(
        "config", "show", "--data", str(tmp_path), "--json", environ={"HANZE_SERVER__PORT": "99"}
    )
    listed = {setting["name"]: setting for setting in json.loads(done.out)}
    assert listed["portal.title"]["value"] == "Zwolle"
    assert listed["portal.title"]["origin"].endswith("hanze.toml")
    assert listed["server.port"]["origin"] == "HANZE_SERVER__PORT"
    assert listed["server.host"]["origin"] == "default"


def test_config_show_should_print_lines_for_a_pipe(tmp_path: Path) -> None:
    lines = hanze("config", "show", "--data", str(tmp_path)).out.splitlines()
    assert lines[0].split("\t") == ["setting", "value", "from", "meaning"]
    assert lines[2].startswith("server.port\t1026\tdefault\t")


def test_config_show_should_refuse_an_unknown_setting(tmp_path: Path) -> None:
    done = hanze(
        "config", "show", "--data", str(tmp_path), "--json", environ={"HANZE_SERVER__PROT": "1"}
    )
    assert done.code == 2
    assert json.loads(done.err)["error"] == "UnknownSetting"
    assert json.loads(done.err)["field"] == "server.prot"


def test_token_should_be_shown_once_listed_and_revoked(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "node"))
    made = hanze("token", "new", "import", "--days", "2", *data, "--json")
    secret = json.loads(made.out)["token"]
    assert secret.startswith("hanze_")

    listed = hanze("token", "list", *data, "--json")
    assert secret not in listed.out
    (entry,) = json.loads(listed.out)
    assert (entry["name"], entry["state"]) == ("import", "active")
    assert entry["expiresAt"] > entry["createdAt"]

    again = hanze("token", "new", "import", *data)
    assert (again.code, again.out) == (1, "")
    assert "already exists" in again.err

    assert hanze("token", "revoke", "import", *data).code == 0
    assert hanze("token", "revoke", "import", *data).code == 1
    assert "\trevoked\t" in hanze("token", "list", *data).out


def test_token_new_should_print_the_secret_alone_for_scripts(tmp_path: Path) -> None:
    done = hanze("token", "new", "robot", "--data", str(tmp_path))
    assert len(done.out.split()) == 1
    assert hanze("token", "new", "two words", "--data", str(tmp_path)).code == 2


def test_doctor_should_change_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    data = tmp_path / "later"
    done = hanze("doctor", "--data", str(data), "--json", environ={"HANZE_SERVER__PORT": "0"})
    states = {finding["check"]: finding["state"] for finding in json.loads(done.out)}
    assert done.code == 0
    assert states["database"] == states["directory"] == "note"
    vendor = resources.files("hanze.web.portal") / "static" / "vendor"
    built = (vendor / "maplibre-gl.mjs").is_file() and (vendor / "countries-50m.json").is_file()
    assert states["portal"] == ("ok" if built else "note")
    assert not data.exists()


def test_doctor_should_exit_with_1_when_something_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "hanze.db").write_text("this is no database, and longer than a header would be")
    (tmp_path / "hanze.toml").write_text('[portal]\ntimezone = "Europe/Atlantis"\n')
    done = hanze("doctor", "--data", str(tmp_path), "--json", environ={"HANZE_SERVER__PORT": "0"})
    wrong = {f["check"] for f in json.loads(done.out) if f["state"] == "wrong"}
    assert done.code == 1
    assert wrong == {"database", "time zone"}


def test_backup_should_refuse_a_directory_without_data(tmp_path: Path) -> None:
    done = hanze("backup", str(tmp_path / "copy"), "--data", str(tmp_path))
    assert done.code == 1
    assert "--data" in done.err
    assert not (tmp_path / "copy").exists()


def test_query_should_exit_with_1_when_no_node_answers() -> None:
    done = hanze("query", "Bin", "--url", "http://127.0.0.1:9")
    assert done.code == 1
    assert "http://127.0.0.1:9" in done.err


def test_query_should_not_make_a_directory(tmp_path: Path) -> None:
    done = hanze("query", "--data", str(tmp_path / "absent"))
    assert done.code == 1
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("url", ["node.example", "ftp://node.example"])
def test_query_should_exit_with_2_for_an_address_that_is_none(url: str) -> None:
    done = hanze("query", "Bin", "--url", url)
    assert (done.code, done.out) == (2, "")
    assert "http://" in done.err


def test_asking_wrongly_should_be_told_in_json_where_it_is_asked_for() -> None:
    done = hanze("query", "--limit", "5000", "--json")
    assert (done.code, done.out) == (2, "")
    assert "5000" in json.loads(done.err)["detail"]
    assert hanze("query", "--json", "--help").err == ""


@pytest.mark.parametrize(
    ("variable", "known"), [("HANZE_SERVER__PROT", "port"), ("HANZE_SEVRER__PORT", "server")]
)
def test_an_unknown_setting_should_be_told_with_those_that_exist(variable: str, known: str) -> None:
    done = hanze("config", "show", environ={variable: "1"})
    assert done.code == 2
    assert known in done.err.partition("does not exist")[2]


def test_a_file_of_settings_that_is_no_toml_should_be_named(tmp_path: Path) -> None:
    (tmp_path / "hanze.toml").write_text("[server\n")
    done = hanze("serve", "--data", str(tmp_path))
    assert done.code == 2
    assert f"{tmp_path / 'hanze.toml'} cannot be read" in done.err


def test_log_should_be_one_json_object_a_line() -> None:
    program = (
        "import logging; from hanze.cli.logs import start_logging; start_logging('info')\n"
        "logging.getLogger('a').info('two\\nlines')\n"
        "logging.getLogger('uvicorn.error').info('chatter')\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: logging.exception('bad')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    first, second = map(json.loads, done.stderr.splitlines())
    assert (first["message"], first["level"], first["logger"]) == ("two\nlines", "info", "a")
    assert "ZeroDivisionError" in second["error"]
    assert "request" not in first
