"""`hanze demo` as a process, and the processes that it starts."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from hanze.cli.demo_league import demo_cities, rest_of_world
from tests.running import start_node


def test_demo_should_show_a_simulated_city_and_say_where(tmp_path: Path) -> None:
    node = start_node(["demo", "--alone", "--data", str(tmp_path), "--port", "0"])
    answer = httpx.get(f"{node.url}/ngsi-ld/v1/entities?local=true&limit=0&count=true")
    page = httpx.get(node.url, follow_redirects=True)
    said = node.stop()
    assert int(answer.headers["NGSILD-Results-Count"]) > 1500
    assert page.status_code == 200
    assert f"{node.url}/" in said.out
    assert "simulated" in said.out
    assert said.code == 0


def test_every_record_should_be_of_one_node_when_cities_have_their_own() -> None:
    cities = [city.id for city in demo_cities()]
    assert len(cities) >= 10
    rest = rest_of_world()
    assert not any(rest.has(city) for city in cities)
    assert rest.has(None)
    assert rest.has("urn:ngsi-ld:Municipality:hanze:aldermonde")


@pytest.mark.slow
def test_demo_should_start_nodes_of_cities_that_end_with_it(tmp_path: Path) -> None:
    node = start_node(["demo", "--data", str(tmp_path), "--port", "0"])
    try:
        parts = _until(lambda: _fresh_parts(node.url), lambda found: len(found) >= 2)
        other = parts[0]["url"]
        # What the first node has comes to the cities as well, and they know each other.
        _until(lambda: _fresh_parts(other), lambda found: len(found) >= 2)
        found = httpx.get(f"{node.url}/api/v1/records", params={"city": parts[0]["cities"][0]})
        assert found.json()["records"][0]["home"]["url"] == other
    finally:
        said = node.stop()
    assert said.code == 0
    for part in parts:
        with pytest.raises(httpx.TransportError):
            httpx.get(part["url"])


def _fresh_parts(url: str) -> list[dict[str, Any]]:
    parts = httpx.get(f"{url}/api/v1/league/freshness", timeout=30).json()["parts"]
    return [part for part in parts if part["records"] and "staleSince" not in part]


def _until(
    ask: Callable[[], list[dict[str, Any]]],
    good: Callable[[list[dict[str, Any]]], bool],
    *,
    most_s: float = 120.0,
) -> list[dict[str, Any]]:
    until = time.monotonic() + most_s
    while not good(found := ask()):
        assert time.monotonic() < until, found
        time.sleep(0.5)
    return found
