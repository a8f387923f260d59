"""`hanze backup` over the network, and what it refuses."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.in_process_command import hanze
from tests.running import RunningNode, start_node

BIN = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": {"type": "Property", "value": 0.5}}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Path, Path]]:
    """A running node that only tokens write to, its data, and a file with a token."""
    folder = tmp_path_factory.mktemp("backup")
    data, token = folder / "city", folder / "token"
    data.mkdir()
    (data / "hanze.toml").write_text('[portal]\ntitle = "Westervoort"\n')
    token.write_text(hanze("token", "new", "night", "--data", str(data)).out)
    node = start_node(["serve", "--data", str(data), "--port", "0"])
    headers = {"Authorization": f"Bearer {token.read_text().strip()}"}
    httpx.post(f"{node.url}/ngsi-ld/v1/entities", json=BIN, headers=headers)
    yield node, data, token
    node.stop()


def test_backup_should_come_over_the_network_without_secrets(
    city: tuple[RunningNode, Path, Path], tmp_path: Path
) -> None:
    node, data, token = city
    copy = tmp_path / "copy"
    asked = ("backup", str(copy), "--url", node.url, "--token-file", str(token))
    done = hanze(*asked)
    assert (done.code, done.err) == (0, "")
    assert f"Copied {node.url} to {copy}" in done.out
    assert (copy / "hanze.toml").read_text() == (data / "hanze.toml").read_text()
    assert not (copy / "secrets").exists()
    assert not [*copy.glob("*.part"), *copy.glob("backup-*")]
    # The last byte is here a moment before the node has removed its own copy.
    until = time.monotonic() + 10
    while [*data.glob("scratch/*")] and time.monotonic() < until:
        time.sleep(0.02)
    assert not [*data.glob("scratch/*")]
    asked_again = hanze("query", "--id", str(BIN["id"]), "--data", str(copy), "--json")
    assert '"value": 0.5' in asked_again.out
    again = hanze(*asked)
    assert again.code == 1
    assert "exists already" in again.err


def test_backup_should_be_refused_without_a_token(
    city: tuple[RunningNode, Path, Path], tmp_path: Path
) -> None:
    done = hanze("backup", str(tmp_path / "copy"), "--url", city[0].url)
    assert done.code == 2
    assert "token" in done.err
    assert not (tmp_path / "copy" / "hanze.db").exists()
    nobody = hanze("backup", str(tmp_path / "copy"), "--url", "http://127.0.0.1:9")
    assert nobody.code == 1
    assert "No node answers" in nobody.err
