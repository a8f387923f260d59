"""`make bench`: what subscriptions cost that a change does not trigger, and how that grows.

    python bench/subscriptions.py            1,000, 10,000 and 100,000 subscriptions, two minutes
    python bench/subscriptions.py --most N   up to N

In one process, without a socket; times are of the processor. The first table asks the index alone,
for a change of one attribute of an entity with nine, of which no subscription wants to hear. The
second writes such a change through the whole application, without subscriptions and with them.
"""

import argparse
import asyncio
import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import orjson

from hanze.broker.notification import SubscriptionIndex
from hanze.broker.ports import UnitOfWork
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Entity, JsonObject
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.subscription.model import Subscription
from hanze.ngsild.subscription.parse import Written, parse_subscription
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.web.api.router import NgsiLdApi

_SIZES: Final = (1_000, 10_000, 100_000)
_NOW: Final = "2026-06-01T12:00:00Z"
_CHECKS: Final = 2_000
_WRITES: Final = 300
_TURNS: Final = 15
_RUNS: Final = 5
_LIMIT_PERCENT: Final = 25

Members = dict[str, Any]


def _selected(**more: Any) -> Members:
    return {"entities": [{"type": "Sensor", **more}]}


def _square(number: int) -> Members:
    chance = random.Random(number)
    west, south = chance.uniform(3.4, 7.2), chance.uniform(50.8, 53.5)
    west += 0.2 if abs(west - 6.15) < 0.1 and abs(south - 52.25) < 0.1 else 0.0
    size = chance.choice((0.002, 0.02, 0.05))
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south]]
    area = {"georel": "within", "geometry": "Polygon", "coordinates": [ring]}
    return {**_selected(), "geoQ": area}


#: What subscriptions ask; none of them is met by `_reading`.
_KINDS: Final[dict[str, Callable[[int], Members]]] = {
    "other types": lambda number: {"entities": [{"type": f"Sensor{number % 500}"}]},
    "other ids": lambda number: _selected(id=f"urn:ngsi-ld:Sensor:other:{number}"),
    "patterns of ids": lambda number: _selected(idPattern=f"^urn:ngsi-ld:Sensor:area{number}-.*"),
    "other attributes": lambda number: {
        **_selected(),
        "watchedAttributes": [f"attribute{number % 200}"],
    },
    "thresholds above": lambda number: {**_selected(), "q": f"temperature>{50 + number / 1000}"},
    "thresholds below": lambda number: {**_selected(), "q": f"temperature<{-number / 1000}"},
    "ranges": lambda number: {**_selected(), "q": f"temperature=={50 + number}..{51 + number}"},
    "equal texts": lambda number: {**_selected(), "q": f'street=="street {number}"'},
    "one condition of two": lambda number: {
        **_selected(),
        "q": f'temperature>{number / 1e6};state=="alarm{number % 3}"',
    },
    "areas": _square,
    "scopes": lambda number: {**_selected(), "scopeQ": f"/City{number % 300}/District{number}/#"},
}


def _subscription(number: int, members: Members) -> Subscription:
    document = {
        "id": f"urn:ngsi-ld:Subscription:{number}",
        "type": "Subscription",
        "jsonldContext": CORE.core,
        "notification": {"endpoint": {"uri": "http://localhost:9/notify"}},
        **members,
    }
    return parse_subscription(
        Written(
            tenant="",
            document=cast(JsonObject, document),
            context=CORE,
            notified_context=CORE,
            created_at=_NOW,
            modified_at=_NOW,
        )
    )


def _mixed(number: int) -> Members:
    kinds = list(_KINDS.values())
    return kinds[number % len(kinds)](number)


def _reading(temperature: float) -> Members:
    return {
        "id": "urn:ngsi-ld:Sensor:Deventer:1",
        "type": "Sensor",
        "scope": "/Deventer/Centrum",
        "location": {"type": "Point", "coordinates": [6.155, 52.255]},
        "temperature": {"type": "Property", "value": temperature, "unitCode": "CEL"},
        "humidity": {"type": "Property", "value": 50, "unitCode": "P1"},
        "state": {"type": "Property", "value": "ok"},
        "street": {"type": "Property", "value": "Brink"},
        "battery": {"type": "Property", "value": 0.9},
        "owner": {"type": "Relationship", "object": "urn:ngsi-ld:Organisation:1"},
        "name": {"type": "LanguageProperty", "languageMap": {"nl": "Sensor", "ko": "센서"}},
        "firmware": {"type": "Property", "value": "1.2.3"},
    }


def _cpu_us(work: Callable[[], None], times: int) -> float:
    """Return the median of some runs, in microseconds of the processor each time."""
    gc.collect()
    found = []
    for _ in range(_RUNS):
        started = time.process_time()
        work()
        found.append((time.process_time() - started) / times * 1e6)
    return statistics.median(found)


class _NoEntities:
    def entity(self, _tenant: str, _entity_id: str) -> Entity | None:
        return None


def _check_us(index: SubscriptionIndex) -> float:
    """Measure the check of one change; the first ones teach the index, and are not counted."""
    read = [parse_entity(_reading(t), CORE) for t in (20.5, 21.5)]
    one = read[0]
    changed = {**one.attributes}
    name = next(name for name in changed if name.endswith("temperature"))
    changed[name] = read[1].attributes[name]
    other = Entity(id=one.id, types=one.types, attributes=changed, scope=one.scope)
    unit = cast(UnitOfWork, _NoEntities())

    def work() -> None:
        before, after = one, other
        for _ in range(_CHECKS):
            if index.triggered(unit, "", before, after, _NOW):
                raise SystemExit("A subscription is triggered that should not be")
            before, after = after, before

    work()
    return _cpu_us(work, _CHECKS)


def checks(sizes: tuple[int, ...]) -> None:
    """Print what one check costs, by kind of subscription and their number."""
    print("\nOne check of a change that triggers nothing, in microseconds")
    print(f"  {'subscriptions':24}" + "".join(f"{size:>12,}" for size in sizes) + "     x 10")
    for name, members in _KINDS.items():
        _print_checks(name, members, sizes[:-1] or sizes)
    _print_checks("all of these", _mixed, sizes)


def _print_checks(name: str, members: Callable[[int], Members], sizes: tuple[int, ...]) -> None:
    found = []
    for size in sizes:
        index = SubscriptionIndex()
        for number in range(size):
            index.put(_subscription(number, members(number)))
        found.append(_check_us(index))
    growth = found[-1] / found[-2] if len(found) > 1 else 1.0
    figures = "".join(f"{one:12.1f}" for one in found).ljust(12 * len(_SIZES))
    print(f"  {name:24}{figures}{growth:9.1f}", flush=True)


class _Door:
    """The application without a server: requests go in as it takes them."""

    def __init__(self, node: Node) -> None:
        self._app = NgsiLdApi(node)

    async def ask(self, method: str, path: str, body: object) -> int:
        raw = orjson.dumps(body)
        scope = {
            "type": "http",
            "method": method,
            "path": API_PATH + path,
            "raw_path": (API_PATH + path).encode(),
            "query_string": b"",
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


class _Writer:
    """Changes one attribute of one entity of a node, again and again."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._door = _Door(node)
        self._values = _values()

    async def begin(self, subscriptions: int) -> None:
        await self._door.ask("POST", "/entities", _reading(20))
        for number in range(subscriptions):
            self._node.subscription_index.put(_subscription(number, _mixed(number)))
        await self.patches_us()

    async def patches_us(self) -> float:
        """Return what one change takes of the loop's thread: others only wait for the disk."""
        started = time.thread_time()
        for _ in range(_WRITES):
            value = {"type": "Property", "value": next(self._values), "unitCode": "CEL"}
            path = "/entities/urn:ngsi-ld:Sensor:Deventer:1/attrs"
            status = await self._door.ask("PATCH", path, {"temperature": value})
            if status != 204:
                raise SystemExit(f"A change is answered with {status}")
        return (time.thread_time() - started) / _WRITES * 1e6


async def writes(size: int) -> None:
    """Print what subscriptions add to the change of one attribute: two nodes take turns."""
    settings = Settings(data=None, server=Server(dev=True))
    nodes = [await open_node(settings), await open_node(settings)]
    writers = [_Writer(node) for node in nodes]
    for writer, number in zip(writers, (0, size), strict=True):
        await writer.begin(number)
    # As a node that serves does (`cli.running`).
    gc.collect()
    gc.freeze()
    turns = [[await writer.patches_us() for writer in writers] for _ in range(_TURNS)]
    without, with_them = (statistics.median(times) for times in zip(*turns, strict=True))
    for node in nodes:
        await close_node(node)
    more = (with_them / without - 1) * 100
    print(f"\nA change of one attribute through the application, with {size:,} subscriptions")
    print(f"  without                 {without:12.1f} us of CPU")
    print(f"  with them               {with_them:12.1f} us of CPU")
    print(f"  dearer                  {more:12.1f} %          at most {_LIMIT_PERCENT} %")


def _values() -> Iterator[float]:
    while True:
        yield from (20.5, 21.5, 22.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="subscriptions at most")
    options = parser.parse_args()
    sizes = tuple(size for size in _SIZES if size <= options.most) or (options.most,)
    checks(sizes)
    asyncio.run(writes(min(10_000, options.most)))


if __name__ == "__main__":
    main()
