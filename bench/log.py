"""`make bench`: what the log costs: a record, a read of open and of closed data, verifying, searching.

    python bench/log.py                   100,000 records, one minute
    python bench/log.py --records N       of N

In one process, without a socket. Times are of the processor, all threads, where not said; writing
waits for the disk besides. Reads go through the whole application, on a node that classifies: data
that is open, data that is closed and about nobody (one decision record each), and data about people
(a decision record, and a processing record for each data subject).
"""

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from hanze.governance.duties import account_of
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.activity import Activity
from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.records.log import DecisionRecord, ProcessingRecord
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.store.files import DATABASE
from hanze.store.log.verifying import verify
from hanze.store.store import Store
from hanze.store.unit import StagedUnit
from hanze.web.api.router import NgsiLdApi

_NOW: Final = "2026-06-01T12:00:00.000000Z"
_CITY: Final = "urn:ngsi-ld:Organization:bench:city"
_PURPOSE: Final = "https://w3id.org/dpv#ServiceProvision"
_ACTIVITY: Final = "urn:ngsi-ld:ProcessingActivity:bench:care"
_PAGE: Final = 20
_REQUESTS: Final = 200
#: Requests that come together, and share commits.
_AT_ONCE: Final = 25
_TURNS: Final = 9
_PEOPLE: Final = 5_000


def _decision(number: int) -> DecisionRecord:
    return DecisionRecord(
        at=_NOW,
        trace_id=f"{number:032x}",
        span_id=f"{number:016x}",
        actor=f"client-{number % 50}",
        organisation=_CITY,
        action="read",
        asked=("CareSensor",),
        purpose=_PURPOSE,
        activity=_ACTIVITY,
        datasets=("urn:ngsi-ld:Dataset:bench:care",),
        decision=True,
    )


def _processing(store: Store, number: int) -> ProcessingRecord:
    return ProcessingRecord(
        at=_NOW,
        trace_id=f"{number:032x}",
        span_id=f"{number:016x}",
        name="read",
        activity=_ACTIVITY,
        subject=store.log.pseudonym("", f"urn:ngsi-ld:Person:{number % _PEOPLE}"),
        organisation=_CITY,
        purpose=_PURPOSE,
        datasets=("urn:ngsi-ld:Dataset:bench:care",),
    )


async def records(directory: Path, number: int) -> None:
    """Print what records cost, alone and together, and then what reading them does."""
    store = await Store.open(directory)
    half = number // 2
    for name, make in (
        ("decision", _decision),
        ("processing", lambda one: _processing(store, one)),
    ):
        started, wall = time.process_time(), time.perf_counter()
        for first in range(0, half, 100):
            store.log.stage([make(one) for one in range(first, first + 100)])
            await store.log.settled()
        cpu, waited = time.process_time() - started, time.perf_counter() - wall
        print(
            f"  {name + ' record, 100 a commit':40}{cpu / half * 1e6:10.1f} us"
            f"{half / waited:12,.0f} records/s",
            flush=True,
        )
    await _alone(store)
    await _looked(store, number)
    await store.close()
    started = time.process_time()
    found = verify(directory / DATABASE)
    took = time.process_time() - started
    size = (directory / DATABASE).stat().st_size
    if not found.whole:
        raise SystemExit(f"The log is broken: {found.detail}")
    print(f"  {'verifying, a record':40}{took / found.records * 1e6:10.1f} us")
    print(f"  {'on the disk, a record':40}{size / found.records:10.0f} bytes")


async def _alone(store: Store) -> None:
    def nothing(_: StagedUnit) -> None:
        return None

    async def empty() -> None:
        await store.transact(nothing)

    async def one() -> None:
        store.log.stage([_decision(1)])
        await store.log.settled()

    for name, act in (("a commit of nothing", empty), ("one record, a commit of its own", one)):
        turns = []
        for _ in range(_TURNS):
            started = time.process_time()
            for _ in range(100):
                await act()
            turns.append((time.process_time() - started) / 100 * 1e6)
        print(f"  {name:40}{statistics.median(turns):10.1f} us")


async def _looked(store: Store, number: int) -> None:
    pseudonym = store.log.known_pseudonym("", "urn:ngsi-ld:Person:1") or ""
    for name, search in {
        "the last 100 records": LogSearch(),
        "all of one data subject": LogSearch(subject=pseudonym),
        "one trace, the oldest": LogSearch(trace=f"{1:032x}"),
        "something that nobody did": LogSearch(actor="nobody"),
    }.items():
        started = time.perf_counter()
        await store.log.find(search)
        took = (time.perf_counter() - started) * 1e3
        print(f"  {f'finding {name}, of {number:,}':52}{took:8.1f} ms", flush=True)


async def reads() -> None:
    """Print what a read costs that is open, closed, or about people."""
    node = await open_node(Settings(data=None, server=Server(dev=False)))
    await _classified(node)
    secret = node.tokens.create(
        "bench",
        grant=Grant(organisation=_CITY, activity=_ACTIVITY, purposes=(_PURPOSE,)),
        now=node.clock(),
    )
    door = _Door(node, secret)
    gc.collect()
    gc.freeze()
    kinds = {"open": "Bin", "closed": "Plan", "about people": "CareSensor"}
    for name, kind in kinds.items():
        for what, path, query in (
            ("retrieve", f"/entities/urn:ngsi-ld:{kind}:1", ""),
            (f"query of {_PAGE}", "/entities", f"type={kind}&limit={_PAGE}"),
        ):
            turns = [await door.turn_us(path, query, known=name != "open") for _ in range(_TURNS)]
            together = [
                await door.turn_us(path, query, known=name != "open", at_once=_AT_ONCE)
                for _ in range(_TURNS)
            ]
            one, many = statistics.median(turns), statistics.median(together)
            print(f"  {f'{name}: {what}':40}{one:10.1f} us{many:10.1f} us", flush=True)
    await close_node(node)


async def _classified(node: Node) -> None:
    why = NonPublication(
        ground="bench", decided_by="bench", decided_at="2026-01-01", review_at="2099-01-01"
    )

    def closed(key: str, kind: str, subject: str) -> Dataset:
        return Dataset(
            id=f"urn:ngsi-ld:Dataset:bench:{key}",
            title={},
            types=(CORE.expand_name(kind),),
            access_rights=AccessRights.NON_PUBLIC,
            owner=_CITY,
            purposes=(_PURPOSE,),
            non_publication=why,
            personal=bool(subject),
            subject=subject and CORE.expand_name(subject),
        )

    bins = Dataset(
        id="urn:ngsi-ld:Dataset:bench:bins",
        title={},
        types=(CORE.expand_name("Bin"),),
        access_rights=AccessRights.PUBLIC,
    )
    activity = Activity(id=_ACTIVITY, title={}, organisation=_CITY, purposes=(_PURPOSE,))
    await node.governance.change(
        Change(node.governance.activities, activity),
        *(
            Change(node.governance.datasets, one)
            for one in (bins, closed("plans", "Plan", ""), closed("care", "CareSensor", "person"))
        ),
        account=account_of(NODE, "bench.prepared", (), now=node.clock()),
    )

    def unit(uow: StagedUnit) -> None:
        for kind in ("Bin", "Plan", "CareSensor"):
            for number in range(100):
                uow.put("", _entity(kind, number), CORE)

    await node.store.transact(unit)


def _entity(kind: str, number: int) -> Entity:
    values: dict[str, str | int] = {
        "street": "Brink",
        "level": number,
        "person": f"urn:ngsi-ld:Person:{number}",
    }
    attributes = {
        CORE.expand_name(name): (
            Attribute(kind=AttributeKind.PROPERTY, value=value, created_at=_NOW, modified_at=_NOW),
        )
        for name, value in values.items()
    }
    return Entity(
        id=f"urn:ngsi-ld:{kind}:{number}",
        types=(CORE.expand_name(kind),),
        attributes=attributes,
        created_at=_NOW,
        modified_at=_NOW,
    )


class _Door:
    """The application without a server: requests go in as it takes them."""

    def __init__(self, node: Node, secret: str) -> None:
        self._app = NgsiLdApi(node)
        self._authorization = (b"authorization", f"Bearer {secret}".encode())

    async def turn_us(self, path: str, query: str, *, known: bool, at_once: int = 1) -> float:
        started = time.process_time()
        for _ in range(0, _REQUESTS, at_once):
            asked = [self._ask(path, query, known=known) for _ in range(at_once)]
            await (asyncio.gather(*asked) if at_once > 1 else asked[0])
        return (time.process_time() - started) / _REQUESTS * 1e6

    async def _ask(self, path: str, query: str, *, known: bool) -> None:
        scope = {
            "type": "http",
            "method": "GET",
            "path": API_PATH + path,
            "raw_path": (API_PATH + path).encode(),
            "query_string": query.encode(),
            "headers": [
                (b"accept", b"application/json"),
                *([self._authorization] if known else []),
            ],
            "client": ("127.0.0.1", 1),
        }
        status = 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        await self._app(scope, receive, send)
        if status != 200:
            raise SystemExit(f"A request is answered with {status}")


async def run(number: int) -> None:
    print(f"\nThe log; microseconds of CPU, with {number:,} records")
    with tempfile.TemporaryDirectory(prefix="hanze-bench-", dir=".") as folder:
        await records(Path(folder), number)
    print(f"\nReads through the application, a request; {_PAGE} entities are about as many people")
    print(f"  {'':40}{'alone':>13}{f'{_AT_ONCE} at once':>13}")
    await reads()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=100_000, help="in the log")
    asyncio.run(run(max(1_000, parser.parse_args().records)))


if __name__ == "__main__":
    main()
