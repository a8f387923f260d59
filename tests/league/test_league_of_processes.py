"""A league of real nodes: operators found, invite, join and confirm; then members fall away."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.in_process_command import hanze
from tests.running import RunningNode, start_node

pytestmark = pytest.mark.slow

Json = Any
_QUICK = {"HANZE_LEAGUE__GOSSIP_S": "0.5", "HANZE_LEAGUE__TIMEOUT_S": "2"}


@dataclass(slots=True)
class City:
    """A node, and its operator at the command line."""

    name: str
    data: Path
    running: RunningNode

    @property
    def url(self) -> str:
        return self.running.url

    def hanze(self, *arguments: str) -> Json:
        done = hanze("league", *arguments, "--json", "--url", self.url)
        assert done.code == 0, done.err
        return json.loads(done.out)

    def status_of(self, name: str) -> str | None:
        return next((one["status"] for one in self._peers() if one["name"] == name), None)

    def peer(self, name: str) -> Json:
        return next(one for one in self._peers() if one["name"] == name)

    def bins(self) -> list[str]:
        answer = httpx.get(f"{self.url}/ngsi-ld/v1/entities?type=Bin", timeout=20)
        assert answer.status_code == 200, answer.text
        return sorted(one["id"].rpartition(":")[2] for one in answer.json())

    def _peers(self) -> Json:
        return httpx.get(f"{self.url}/api/v1/league/peers", timeout=20).json()["peers"]


@contextmanager
def _cities(folder: Path, names: Sequence[str]) -> Iterator[list[City]]:
    cities: list[City] = []
    try:
        for name in names:
            data = folder / name
            cities.append(City(name, data, _start(data)))
            city = cities[-1]
            city.hanze("found", "--name", name, "--city", name)
            entity = {"id": f"urn:ngsi-ld:Bin:{name}", "type": "Bin"}
            httpx.post(f"{city.url}/ngsi-ld/v1/entities", json=entity, timeout=20)
        yield cities
    finally:
        for city in cities:
            city.running.stop(signal.SIGKILL)


def _start(data: Path, port: int = 0) -> RunningNode:
    arguments = ["serve", "--dev", "--data", str(data), "--port", str(port)]
    return start_node(arguments, environ=_QUICK)


def _trust(inviting: City, joining: City) -> None:
    token = inviting.hanze("invite")["token"]
    joined = joining.hanze("join", token, "--yes")
    assert joined["fingerprint"] == inviting.hanze("show")["member"]["fingerprint"]
    confirmed = inviting.hanze("confirm", joining.name, "--yes")
    assert confirmed["fingerprint"] == joining.hanze("show")["member"]["fingerprint"]


def _until(holds: Callable[[], bool], *, within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def test_league_should_do_without_any_of_its_members(tmp_path: Path) -> None:
    with _cities(tmp_path, ["Apeldoorn", "Breda", "Coevorden"]) as (first, second, third):
        _trust(first, second)
        _trust(first, third)
        _until(lambda: second.status_of("Coevorden") == "introduced")
        _until(lambda: third.status_of("Breda") == "introduced")
        _until(lambda: first.bins() == ["Apeldoorn", "Breda", "Coevorden"])
        assert second.bins() == ["Apeldoorn", "Breda"]

        # Who invited everybody is gone; the others go on, and one of them invites a fourth.
        first.running.stop(signal.SIGKILL)
        second.hanze("confirm", "Coevorden", "--yes")
        third.hanze("confirm", "Breda", "--yes")
        _until(lambda: second.bins() == ["Breda", "Coevorden"])
        with _cities(tmp_path, ["Delft"]) as (fourth,):
            _trust(third, fourth)
            _until(lambda: second.status_of("Delft") == "introduced")

            # It comes back at its old address, and hears what happened.
            port = int(first.url.rpartition(":")[2])
            first.running = _start(first.data, port)
            _until(lambda: first.status_of("Delft") == "introduced")
            assert first.status_of("Breda") == "confirmed"
            _until(lambda: first.bins() == ["Apeldoorn", "Breda", "Coevorden"])


def test_new_keys_should_be_followed_also_by_who_was_away(tmp_path: Path) -> None:
    with _cities(tmp_path, ["Apeldoorn", "Breda", "Coevorden"]) as (first, second, third):
        _trust(first, second)
        _trust(first, third)
        _until(lambda: first.bins() == ["Apeldoorn", "Breda", "Coevorden"])
        port = int(third.url.rpartition(":")[2])
        third.running.stop(signal.SIGKILL)
        rotated = first.hanze("rotate")["fingerprint"]
        assert second.peer("Apeldoorn")["fingerprint"] == rotated
        third.running = _start(third.data, port)
        _until(lambda: third.peer("Apeldoorn")["fingerprint"] == rotated)
        _until(lambda: first.bins() == ["Apeldoorn", "Breda", "Coevorden"])
        _until(lambda: third.bins() == ["Apeldoorn", "Coevorden"])


def test_banned_and_departed_members_should_be_refused(tmp_path: Path) -> None:
    with _cities(tmp_path, ["Apeldoorn", "Breda", "Coevorden"]) as (first, second, third):
        _trust(first, second)
        _trust(first, third)
        _until(lambda: first.bins() == ["Apeldoorn", "Breda", "Coevorden"])
        _until(lambda: second.status_of("Coevorden") == "introduced")

        first.hanze("ban", "Coevorden", "--yes", "--reason", "lost its key")
        assert first.bins() == ["Apeldoorn", "Breda"]
        _until(lambda: "refuses" in third.peer("Apeldoorn").get("error", ""))
        # To others it is advice: what they think of it is theirs.
        _until(lambda: "advisedAgainstBy" in second.peer("Coevorden"))
        assert second.status_of("Coevorden") == "introduced"

        second.hanze("leave", "--yes")
        assert first.status_of("Breda") == "left"
        assert first.bins() == ["Apeldoorn"]
        assert second.hanze("show") == {}


def test_keys_should_be_the_node_s_alone(tmp_path: Path) -> None:
    with _cities(tmp_path, ["Apeldoorn"]) as (city,):
        kept = city.data / "secrets" / "league.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        (secret,) = json.loads(kept.read_text("utf-8")).values()
        done = city.running.stop()
        # Writing to a running node answers nothing of it, nor does the log.
        assert secret not in done.err + done.out
        for path in city.data.rglob("*"):
            if path.is_file() and path != kept:
                assert secret.encode() not in path.read_bytes(), path
