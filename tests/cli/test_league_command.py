"""`hanze league` over a data directory: what an operator does alone."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from hanze.league.invitation import read_token
from hanze.settings import Settings
from tests.in_process import node_in_memory
from tests.in_process_command import hanze
from tests.running import Finished

ADDRESS = "https://breda.example"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory of a node that runs no more."""
    settings = Settings(data=tmp_path)
    asyncio.run(_opened(settings))
    return tmp_path


async def _opened(settings: Settings) -> None:
    async with node_in_memory(settings):
        return


def _league(data: Path, *arguments: str) -> Finished:
    return hanze("league", *arguments, "--data", str(data))


def test_operator_should_found_show_invite_share_and_leave(data: Path) -> None:
    founded = _league(data, "found", "--name", "Breda", "--city", "Breda", "--address", ADDRESS)
    assert founded.code == 0, founded.err
    assert f"Breda (Breda) at {ADDRESS}" in founded.out
    assert "Fingerprint: " in _league(data, "show").out
    invited = _league(data, "invite")
    assert read_token(invited.out).url == ADDRESS
    assert "Fingerprint of this node" in invited.err
    assert "everything" in _league(data, "share").out
    told = _league(data, "share", "--type", "Bin", "--scope", "/Breda")
    assert "Bin in /Breda" in told.out
    assert "nothing" in _league(data, "share", "--nothing").out
    changed = _league(data, "change", "--name", "Breda Noord", "--place", "4.77", "51.58", "--json")
    assert json.loads(changed.out)["place"] == [4.77, 51.58]
    listed = _league(data, "peers")
    assert listed.out.startswith("name")
    assert "hanze league invite" in listed.err
    before = json.loads(_league(data, "show", "--json").out)["member"]["fingerprint"]
    assert json.loads(_league(data, "rotate", "--json").out)["fingerprint"] != before
    assert _league(data, "leave", "--yes").code == 0
    assert "in no league" in _league(data, "show").out


def test_commands_should_say_what_is_missing(data: Path) -> None:
    for arguments, said in [
        (("invite",), "hanze league found"),
        (("found", "--name", "A", "--city", "B"), "must be named"),
        (("found", "--name", "A", "--city", "B", "--address", "ftp://x"), "must be like https://"),
        (("join", "nonsense", "--yes"), "must begin with hanze-league-"),
        (("confirm", "nobody"), "No member of the league is known as nobody"),
        (("share", "--all", "--nothing"), "Name types"),
    ]:
        done = _league(data, *arguments)
        assert done.code != 0, arguments
        assert said in done.err, (arguments, done.err)


def test_join_should_show_the_fingerprint_and_ask(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _league(data, "found", "--name", "Breda", "--city", "Breda", "--address", ADDRESS)
    member = json.loads(_league(data, "show", "--json").out)["member"]
    token = _league(data, "invite").out.strip()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    asked = _league(data, "join", token)
    assert asked.code == 1
    assert "of this node itself" in _league(data, "join", token, "--yes").err
    assert ADDRESS in asked.err
    assert member["fingerprint"] in asked.err
    assert "Is it the same?" in asked.err
