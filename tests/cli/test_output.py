"""Tables in a pipe are for programs, those on a terminal for people."""

import re

import pytest

from hanze.cli.output import print_table

COLUMNS = ("name", "state", "newest", "endpoint", "what is wrong")
ROW = ("weather", "running", "2026-11-22T05:16:29.433404Z", "http://127.0.0.1:19000/a/long/one", "")


def test_table_should_be_whole_and_separated_by_tabs_when_nobody_looks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(COLUMNS, [ROW])
    assert capsys.readouterr().out == "\t".join(COLUMNS) + "\n" + "\t".join(ROW) + "\n"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_table_should_lose_nothing_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_table(COLUMNS, [ROW])
    said = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert all(len(line) <= width for line in said.splitlines())
    assert "what is wrong" not in said
    assert "433404" not in said
    if width >= 80:
        assert "running" in said
        assert "2026-11-22T05:16:29Z" in said
    letters = sorted("".join(said.split()))
    wanted = "".join((*COLUMNS[:-1], *ROW)).replace(".433404", "")
    assert letters == sorted(wanted)
