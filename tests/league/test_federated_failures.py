"""Nodes that die, sleep or are cut off cost their part of an answer, and never the rest of it."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.league.federation import NODES, TIMEOUT_S, Federation, World, federation

pytestmark = pytest.mark.slow

_INFORMATION = [{"entities": [{"type": "Lamp"}]}]
#: What an answer may take beside the time-out of a node that does not answer.
_MARGIN_S = 2.0


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Federation]:
    """Nodes of which the test may kill some."""
    with federation(tmp_path) as started:
        yield started


def lamp(number: int) -> dict[str, object]:
    return {
        "id": f"urn:ngsi-ld:Lamp:{number}",
        "type": "Lamp",
        "level": {"type": "Property", "value": number},
    }


def prepare(world: World) -> None:
    for number in range(NODES):
        world.hold(number, [lamp(number)])
        if number:
            world.register(number, _INFORMATION)


def found(world: World) -> tuple[set[int], list[str], float]:
    """Ask for all: whose lamps came, the warnings, and how long it took."""
    begun = time.monotonic()
    answer = world.hub.get("entities", params={"type": "Lamp"})
    took = time.monotonic() - begun
    assert answer.status_code == httpx.codes.OK, answer.text
    numbers = {int(one["id"].rpartition(":")[2]) for one in answer.json()}
    return numbers, answer.headers.get_list("ngsild-warning"), took


@contextmanager
def asleep(world: World, number: int) -> Iterator[None]:
    process = world.nodes[number].process
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.clause("6.3.17")
def test_the_rest_should_answer_when_nodes_sleep_and_die(mortal: Federation) -> None:
    with mortal.world() as world:
        prepare(world)
        assert found(world)[:2] == (set(range(NODES)), [])
        with asleep(world, 1):
            numbers, warnings, took = found(world)
            assert numbers == {0, 2, 3, 4}
            assert [one[:3] for one in warnings] == ["199"]
            assert TIMEOUT_S / 2 < took < TIMEOUT_S + _MARGIN_S
        time.sleep(0.5)
        assert found(world)[:2] == (set(range(NODES)), [])
        for number in (2, 4):
            mortal.nodes[number].stop(signal.SIGKILL)
        numbers, warnings, took = found(world)
        assert numbers == {0, 1, 3}
        assert [one[:3] for one in warnings] == ["199", "199"]
        assert took < TIMEOUT_S + _MARGIN_S
        writes_to_the_dead(world)


def writes_to_the_dead(world: World) -> None:
    """A single source that holds everything, and is gone, makes the write fail (6.3.17)."""
    world.register(
        2, [{"entities": [{"type": "Pump"}]}], mode="redirect", operations=["redirectionOps"]
    )
    pump = {"id": "urn:ngsi-ld:Pump:1", "type": "Pump"}
    answer = world.hub.post("entities", json=pump)
    assert answer.status_code in (httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT)
    answer = world.hub.get("entities/urn:ngsi-ld:Pump:1", params={"type": "Pump"})
    assert answer.status_code in (httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT)
    answer = world.hub.get("entities/urn:ngsi-ld:Pump:1", params={"local": "true"})
    assert answer.status_code == httpx.codes.NOT_FOUND


@pytest.mark.clause("6.3.18")
def test_a_circle_of_nodes_should_answer_each_entity_once(nodes: Federation) -> None:
    with nodes.world() as world:
        for number in range(3):
            world.hold(number, [lamp(number)])
        for number in range(3):
            body = {
                "type": "ContextSourceRegistration",
                "endpoint": world.nodes[(number + 1) % 3].url,
                "tenant": world.tenant,
                "information": _INFORMATION,
            }
            answer = world.clients[number].post("csourceRegistrations", json=body)
            assert answer.status_code == httpx.codes.CREATED, answer.text
        for client in world.clients[:3]:
            answer = client.get("entities", params={"type": "Lamp", "count": "true"})
            assert len(answer.json()) == 3, answer.text
            assert answer.headers["ngsild-results-count"] == "3"
