"""Nodes of a league as processes: records arrive, survive `kill -9`, and are stale while one is gone."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from hanze.ngsild.terms import HANZE_CONTEXT_URL, JSON_LD_REL
from tests.running import RunningNode, start_node

pytestmark = pytest.mark.slow

LINK = f'<{HANZE_CONTEXT_URL}>; rel="{JSON_LD_REL}"; type="application/ld+json"'
MANY = 1_500


def test_replicas_should_be_whole_when_a_node_is_killed_while_they_arrive(tmp_path: Path) -> None:
    first, second = (_start(tmp_path / name) for name in ("first", "second"))
    port = second.url.rpartition(":")[2]
    try:
        _create(first, range(MANY))
        _join(first, second)
        _until(lambda: _part(second, "first")["records"], lambda records: records > 0)
        second.stop(signal.SIGKILL)
        # Meanwhile one changes, one comes and one goes.
        _create(first, [MANY])
        _patch(first, 0)
        assert httpx.delete(f"{first.url}/ngsi-ld/v1/entities/{_id(1)}").status_code == 204
        second = _start(tmp_path / "second", port)
        _until(lambda: _part(second, "first")["records"], lambda records: records == MANY)
        assert _until(lambda: _found(second, "changed"), bool) == [_id(0)]
        assert _found(second, _id(1)) == []
        first.stop(signal.SIGKILL)
        stale = _until(lambda: _part(second, "first").get("staleSince"), bool)
        assert _part(second, "first")["records"] == MANY
        assert stale
    finally:
        first.stop()
        second.stop()


def _start(data: Path, port: str = "0") -> RunningNode:
    return start_node(["serve", "--dev", "--data", str(data), "--port", port])


def _id(number: int) -> str:
    return f"urn:ngsi-ld:Demand:test:{number}"


def _create(node: RunningNode, numbers: range | list[int]) -> None:
    entities = [
        {
            "id": _id(number),
            "type": "Demand",
            "title": {"type": "LanguageProperty", "languageMap": {"en": f"Need {number}"}},
            "problem": {"type": "LanguageProperty", "languageMap": {"en": "Too little of it."}},
        }
        for number in numbers
    ]
    answer = httpx.post(
        f"{node.url}/ngsi-ld/v1/entityOperations/create",
        content=orjson.dumps(entities),
        headers={"Content-Type": "application/json", "Link": LINK},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text


def _patch(node: RunningNode, number: int) -> None:
    title = {"type": "LanguageProperty", "languageMap": {"en": "Changed"}}
    path = f"/ngsi-ld/v1/entities/{_id(number)}/attrs"
    answer = httpx.patch(node.url + path, json={"title": title}, headers={"Link": LINK})
    assert answer.status_code == 204, answer.text


def _join(first: RunningNode, second: RunningNode) -> None:
    league = "/api/v1/league"
    for node, name in ((first, "first"), (second, "second")):
        founded = httpx.post(node.url + league, json={"name": name, "city": name})
        assert founded.is_success, founded.text
    token = httpx.post(f"{first.url}{league}/invitations").json()["token"]
    joined = httpx.post(f"{second.url}{league}/join", json={"token": token}, timeout=30)
    assert joined.is_success, joined.text
    confirmed = httpx.post(f"{first.url}{league}/confirm", json={"member": "second"}, timeout=30)
    assert confirmed.is_success, confirmed.text


def _part(node: RunningNode, name: str) -> dict[str, Any]:
    parts = httpx.get(f"{node.url}/api/v1/league/freshness", timeout=30).json()["parts"]
    found: dict[str, Any] = next((part for part in parts if part["node"] == name), {"records": 0})
    return found


def _found(node: RunningNode, text: str) -> list[str]:
    answer = httpx.get(f"{node.url}/api/v1/records", params={"q": text}, timeout=60)
    return [one["id"] for one in answer.json()["records"]]


def _until(ask: Callable[[], Any], good: Callable[[Any], bool], most_s: float = 90.0) -> Any:
    until = time.monotonic() + most_s
    while not good(found := ask()):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found
