"""An accord of two cities on two nodes, by the commands: drafted here, signed there, killed between."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.in_process_command import hanze
from tests.running import RunningNode, start_node

pytestmark = pytest.mark.slow

Json = Any
_QUICK = {"HANZE_LEAGUE__GOSSIP_S": "0.5", "HANZE_LEAGUE__TIMEOUT_S": "2"}
GRONINGEN = "urn:ngsi-ld:Municipality:NL:GM0014"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"


@dataclass
class City:
    """A node, and its operator at the command line."""

    folder: Path
    running: RunningNode

    def run(self, *arguments: str) -> Json:
        done = hanze(*arguments, "--json", "--url", self.running.url)
        assert done.code == 0, done.err
        return json.loads(done.out)

    def refuses(self, *arguments: str) -> str:
        done = hanze(*arguments, "--url", self.running.url)
        assert done.code != 0
        return done.err

    def add(self, kind: str, record: Mapping[str, Json]) -> None:
        file = self.folder / "record.json"
        file.write_text(json.dumps(record))
        self.run("record", "add", kind, str(file))

    def killed(self) -> None:
        """End it without a word, and start it again where it was reached."""
        port = self.running.url.rpartition(":")[2]
        self.running.stop(signal.SIGKILL)
        self.running = _started(self.folder, port)


def _started(folder: Path, port: str) -> RunningNode:
    arguments = ["serve", "--dev", "--data", str(folder / "data"), "--port", port]
    return start_node(arguments, environ=_QUICK)


@contextmanager
def _nodes(folder: Path) -> Iterator[tuple[City, City]]:
    cities: list[City] = []
    try:
        for name, city in (("Groningen", GRONINGEN), ("Busan", BUSAN)):
            place = folder / name
            place.mkdir()
            cities.append(City(place, _started(place, "0")))
            cities[-1].run("league", "found", "--name", name, "--city", city)
            title = {"en": name}
            cities[-1].add("Municipality", {"id": city, "title": title, "sourceCity": city})
        one, other = cities
        other.run("league", "join", one.run("league", "invite")["token"], "--yes")
        one.run("league", "confirm", "Busan", "--yes")
        yield one, other
    finally:
        for started in cities:
            started.running.stop()


def _until(holds: Callable[[], bool], *, within_s: float = 40.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def _accord(city: City) -> Json:
    (found,) = city.run("accord", "list")["accords"] or [{"state": "none"}]
    return found


def test_accord_should_be_in_force_on_both_nodes_when_each_city_signed_on_its_own(
    tmp_path: Path,
) -> None:
    with _nodes(tmp_path) as (dutch, korean):
        made = dutch.run(
            *("accord", "draft", "memorandum", "Smart together"),
            *("--party", GRONINGEN, "--party", BUSAN),
            *("--terms", "We share what we learn.", "--terms", "ko=배운 것을 공유합니다."),
        )
        accord = made["id"]
        dutch.run("accord", "offer", accord)
        dutch.run("accord", "sign", accord, GRONINGEN, "--office", "Mayor")
        _until(lambda: _accord(korean)["state"] == "partly-signed")
        read = _accord(korean)["digest"]
        korean.run("accord", "sign", accord, BUSAN, "--digest", read)
        # What it answered is there, whatever happens to the node then.
        korean.killed()
        _until(lambda: _accord(dutch)["state"] == "in-force")
        # Before, it may not know yet that the other city has a node of its own.
        dutch.refuses("accord", "sign", accord, BUSAN)
        _until(lambda: _accord(korean)["state"] == "in-force")
        assert _accord(korean)["home"]["node"] == "Groningen"

        group = dutch.run("accord", "group", accord, GRONINGEN)["id"]
        dutch.run("accord", "task", group, "Count buses", "--owner", BUSAN, "--due", "2026-01-02")
        _until(lambda: bool(korean.run("cooperation", "reminders", "--party", BUSAN)["reminders"]))
        (late,) = korean.run("cooperation", "reminders", "--party", BUSAN)["reminders"]
        assert (late["kind"], late["late"]) == ("task", True)

        file = tmp_path / "signed.pdf"
        file.write_bytes(b"%PDF-1.7 " + b"signed " * 100_000)
        digest = dutch.run("document", "keep", str(file))["sha256"]
        dutch.killed()
        dutch.run("document", "get", digest, str(tmp_path / "copy.pdf"))
        assert (tmp_path / "copy.pdf").read_bytes() == file.read_bytes()

        korean.run("accord", "withdraw", accord, BUSAN)
        _until(lambda: _accord(dutch)["state"] == "withdrawn")
