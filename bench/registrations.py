"""`make bench`: what registrations of Context Sources cost, and how that grows.

    python bench/registrations.py            10, 100, 1,000 and 10,000 registrations, one minute
    python bench/registrations.py --most N   up to N

In one process, without a socket; times are of the processor. The first table asks the registry
alone: for requests that no registration matches, by what makes them different, and for one that
every one matches. The second retrieves, queries and creates entities through the whole application,
without registrations and with 10,000 that no request matches.
"""

import argparse
import asyncio
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any, Final, cast

import orjson

from hanze.broker.origin import Origin
from hanze.broker.registry import Registry
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonObject
from hanze.ngsild.registration.matching import Wanted, wanted_of
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.parse import Written, parse_registration
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.web.api.router import NgsiLdApi

_SIZES: Final = (10, 100, 1_000, 10_000)
_NOW: Final = "2026-06-01T12:00:00Z"
_CHECKS: Final = 500
_REQUESTS: Final = 200
_TURNS: Final = 11
_RUNS: Final = 5

Members = dict[str, Any]


def _about(*names: str, **entity: Any) -> Members:
    info: Members = {"entities": [{"type": "Sensor", **entity}]}
    return {"information": [{**info, "propertyNames": list(names)} if names else info]}


#: What is registered; no request here matches any of these.
_OTHERS: Final[dict[str, Callable[[int], Members]]] = {
    "other types": lambda number: _about(type=f"Sensor{number}"),
    "other ids": lambda number: _about(id=f"urn:ngsi-ld:Sensor:other:{number}"),
    "patterns of ids": lambda number: _about(idPattern=f"^urn:ngsi-ld:Sensor:area{number}-.*"),
    "patterns without ^": lambda number: _about(idPattern=f"Sensor:area{number}-[0-9]+$"),
    "other attributes": lambda number: _about(f"attribute{number}"),
    "histories": lambda _: {**_about(), "observationInterval": {"startAt": _NOW}},
}
#: What no request matches, whether it names a type or not.
_NEVER: Final = ("other ids", "patterns of ids", "patterns without ^", "histories")
#: These match by themselves.
_SAME: Final[dict[str, Callable[[int], Members]]] = {"all match": lambda _: _about()}


def _mixed(number: int) -> Members:
    kinds = list(_OTHERS.values())
    return kinds[number % len(kinds)](number)


def _registration(number: int, members: Members) -> Registration:
    document = {
        "id": f"urn:ngsi-ld:ContextSourceRegistration:{number}",
        "type": "ContextSourceRegistration",
        "endpoint": f"http://source{number}.example",
        "operations": ["federationOps", "redirectionOps", "updateOps"],
        **members,
    }
    return parse_registration(
        Written(
            tenant="",
            document=cast(JsonObject, document),
            context=CORE,
            created_at=_NOW,
            modified_at=_NOW,
        )
    )


def _filled(registry: Registry, size: int, members: Callable[[int], Members]) -> Registry:
    for number in range(size):
        registry.put(_registration(number, members(number)))
    return registry


def _reading(number: int = 1) -> Members:
    return {
        "id": f"urn:ngsi-ld:Sensor:Deventer:{number}",
        "type": "Sensor",
        "temperature": {"type": "Property", "value": 20.5, "unitCode": "CEL"},
        "humidity": {"type": "Property", "value": 50, "unitCode": "P1"},
        "street": {"type": "Property", "value": "Brink"},
        "owner": {"type": "Relationship", "object": "urn:ngsi-ld:Organisation:1"},
    }


def _check_us(registry: Registry, wanted: Wanted, expected: int) -> float:
    origin = Origin(caller=Caller(actor="bench"), context=CORE, now=_NOW)
    found = []
    for _ in range(_RUNS):
        gc.collect()
        times = _CHECKS if not expected else max(1, _CHECKS // expected)
        started = time.process_time()
        for _ in range(times):
            if len(registry.matching(origin, wanted)) != expected:
                raise SystemExit("Another number of registrations match than should")
        found.append((time.process_time() - started) / times * 1e6)
    return statistics.median(found)


def checks(sizes: tuple[int, ...]) -> None:
    """Print what finding the registrations for the creation of an entity takes."""
    wanted = wanted_of(parse_entity(_reading(), CORE))
    print("\nFinding the registrations that the creation of an entity concerns, in microseconds")
    print(f"  {'registrations':24}" + "".join(f"{size:>12,}" for size in sizes) + "     x 10")
    for name, members in {**_OTHERS, "all of these": _mixed, **_SAME}.items():
        found = [
            _check_us(_filled(Registry(), size, members), wanted, size if name in _SAME else 0)
            for size in sizes
        ]
        growth = found[-1] / found[-2] if len(found) > 1 else 1.0
        figures = "".join(f"{one:12.1f}" for one in found)
        print(f"  {name:24}{figures}{growth:9.1f}", flush=True)


class _Door:
    """The application without a server: requests go in as it takes them."""

    def __init__(self, node: Node) -> None:
        self._app = NgsiLdApi(node)

    async def ask(self, method: str, path: str, query: str = "", body: object = None) -> int:
        raw = b"" if body is None else orjson.dumps(body)
        scope = {
            "type": "http",
            "method": method,
            "path": API_PATH + path,
            "raw_path": (API_PATH + path).encode(),
            "query_string": query.encode(),
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(raw)).encode()),
            ],
        }
        status = 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        await self._app(scope, receive, send)
        return status


def _unmatched(number: int) -> Members:
    return _OTHERS[_NEVER[number % len(_NEVER)]](number)


class _Asker:
    """Does the same with a node again and again."""

    def __init__(self, node: Node, registrations: int) -> None:
        self._door = _Door(node)
        self._last = 0
        _filled(node.registry, registrations, _unmatched)

    async def begin(self) -> None:
        for number in range(1, 21):
            await self._door.ask("POST", "/entities", body=_reading(-number))

    async def retrieve(self) -> int:
        return await self._door.ask(
            "GET", "/entities/urn:ngsi-ld:Sensor:Deventer:-1", "type=Sensor"
        )

    async def query(self) -> int:
        asked = "type=Sensor&q=temperature>20&attrs=temperature,street&id="
        return await self._door.ask("GET", "/entities", asked + "urn:ngsi-ld:Sensor:Deventer:-1")

    async def create(self) -> int:
        self._last += 1
        return await self._door.ask("POST", "/entities", body=_reading(self._last))


_REQUEST_KINDS: Final[dict[str, Callable[[_Asker], Any]]] = {
    "retrieve": _Asker.retrieve,
    "query": _Asker.query,
    "create": _Asker.create,
}


async def _turn_us(asker: _Asker, request: Callable[[_Asker], Any]) -> float:
    """Return what one request takes of the loop's thread: others only wait for the disk."""
    started = time.thread_time()
    for _ in range(_REQUESTS):
        status = await request(asker)
        if status not in {200, 201}:
            raise SystemExit(f"A request is answered with {status}")
    return (time.thread_time() - started) / _REQUESTS * 1e6


async def requests(size: int) -> None:
    """Print what registrations add that a request does not match: two nodes take turns."""
    settings = Settings(data=None, server=Server(dev=True))
    nodes = [await open_node(settings), await open_node(settings)]
    askers = [_Asker(node, number) for node, number in zip(nodes, (0, size), strict=True)]
    for asker in askers:
        await asker.begin()
    # As a node that serves does (`cli.running`).
    gc.collect()
    gc.freeze()
    print(f"\nThrough the application, with {size:,} registrations that match nothing; us of CPU")
    print(f"  {'':24}{'without':>12}{'with them':>12}{'more':>12}")
    for name, request in _REQUEST_KINDS.items():
        turns = [[await _turn_us(asker, request) for asker in askers] for _ in range(_TURNS)]
        without, with_them = (statistics.median(times) for times in zip(*turns, strict=True))
        more = with_them - without
        print(f"  {name:24}{without:12.1f}{with_them:12.1f}{more:12.1f}", flush=True)
    for node in nodes:
        await close_node(node)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="registrations at most")
    options = parser.parse_args()
    sizes = tuple(size for size in _SIZES if size <= options.most) or (options.most,)
    checks(sizes)
    asyncio.run(requests(min(10_000, options.most)))


if __name__ == "__main__":
    main()
