"""The file that keeps a node's keys of the league."""

from pathlib import Path

import pytest

from hanze.league.identity import KeyPair
from hanze.league.service import KeyMissing
from hanze.node.league import LEAGUE_FILE, LeagueFileDamaged, LeagueKeys
from hanze.settings import Server, Settings
from tests.in_process import node_in_memory


def test_keys_should_be_kept_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / LEAGUE_FILE
    first, second = KeyPair.made(), KeyPair.made()
    keys = LeagueKeys(path)
    assert keys.find(first.thumbprint) is None
    keys.keep(first)
    keys.keep(second)
    again = LeagueKeys(path)
    found = again.find(first.thumbprint)
    assert found is not None
    assert found.public == first.public
    assert path.stat().st_mode & 0o777 == 0o600
    again.forget_others(second.thumbprint)
    assert first.seed not in path.read_text("utf-8")
    again.forget_others(None)
    assert LeagueKeys(path).find(second.thumbprint) is None


def test_damaged_file_should_be_told(tmp_path: Path) -> None:
    path = tmp_path / "league.json"
    path.write_text("nothing", "utf-8")
    with pytest.raises(LeagueFileDamaged, match=r"league\.json"):
        LeagueKeys(path)
    (tmp_path / "file").write_text("", "utf-8")
    keys = LeagueKeys(tmp_path / "file" / "league.json")
    with pytest.raises(LeagueFileDamaged):
        keys.keep(KeyPair.made())


async def test_node_without_its_key_should_start_and_be_able_to_leave(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, server=Server(dev=True))
    async with node_in_memory(settings) as node:
        await node.league.found(name="Breda", city="Breda")
    (tmp_path / LEAGUE_FILE).unlink()
    async with node_in_memory(settings) as node:
        assert node.league.me() is not None
        assert node.requests.sign("GET", "http://x.example/", {}, None) == {}
        with pytest.raises(KeyMissing):
            await node.league.rotate()
        await node.gossip.leave()
        assert node.league.me() is None


async def test_node_should_know_the_league_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, server=Server(dev=True))
    async with node_in_memory(settings) as node:
        await node.league.found(name="Breda", city="Breda", place=(4.77, 51.58))
        await node.league.invite()
        await node.league.rotate()
        state = node.league.state
    async with node_in_memory(settings) as node:
        assert node.league.state == state
        assert len(state.invitations) == 1
        await node.league.rotate()
