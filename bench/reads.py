"""`make bench`: what trust costs a whole request: reads of open and of closed data.

python bench/reads.py             five rounds
python bench/reads.py --rounds 3  fewer

Requests go through the whole application, without a socket, 64 at once. Beside them, in the same
rounds, stands the limit: a node that has nothing to decide (`--dev`).
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import workload

from hanze.governance.agreeing import signed
from hanze.governance.duties import account_of
from hanze.governance.policy import agreed_purposes, permission
from hanze.governance.records.activity import Activity
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.ngsild.terms import DEFAULT_VOCAB
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.web.app import build_app

_ENTITIES: Final = 5_000
_REQUESTS: Final = 1_920
_AT_ONCE: Final = 64
_LIMIT: Final = "nothing to decide: the limit"
_PATH: Final = "/ngsi-ld/v1/entities"
_CLOSED: Final = "CareSensor"
_OWNER: Final = "urn:ngsi-ld:Organisation:city"
_READER: Final = "urn:ngsi-ld:Organisation:university"
_ACTIVITY: Final = "urn:ngsi-ld:Activity:university:study"
_PURPOSE: Final = "https://w3id.org/dpv#AcademicResearch"
_FROM, _UNTIL = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"

_Headers = list[tuple[bytes, bytes]]
_JSON: Final = (b"content-type", b"application/json")
_HOST: Final = (b"host", b"localhost:1026")
_Ask = Callable[..., Awaitable[int]]


def _datasets() -> tuple[Dataset, Dataset]:
    opened = Dataset(
        id="urn:ngsi-ld:Dataset:city:traffic",
        title={"en": "Traffic"},
        types=(DEFAULT_VOCAB + workload.TYPE,),
        access_rights=AccessRights.PUBLIC,
    )
    closed = Dataset(
        id="urn:ngsi-ld:Dataset:city:care",
        title={"en": "Care"},
        types=(DEFAULT_VOCAB + _CLOSED,),
        access_rights=AccessRights.RESTRICTED,
        owner=_OWNER,
    )
    return opened, closed


def _agreement(dataset: Dataset) -> Agreement:
    permissions = (permission(_PURPOSE),)
    agreement = Agreement(
        id="urn:ngsi-ld:Agreement:city:study",
        targets=(dataset.id,),
        assigner=_OWNER,
        assignee=_READER,
        permissions=permissions,
        purposes=agreed_purposes(permissions),
        valid_from=_FROM,
        valid_until=_UNTIL,
        created_at=_FROM,
    )
    for party in (_OWNER, _READER):
        agreement = signed(agreement, party=party, by="bench", now=_FROM)
    return agreement


async def _decide(node: Node) -> None:
    """Open one dataset to everybody, and another to one organisation, for one purpose."""
    opened, closed = _datasets()
    activity = Activity(
        id=_ACTIVITY, title={"en": "A study"}, organisation=_READER, purposes=(_PURPOSE,)
    )
    governance = node.governance
    await governance.change(
        Change(governance.datasets, opened),
        Change(governance.datasets, closed),
        Change(governance.activities, activity),
        Change(governance.agreements, _agreement(closed)),
        account=account_of(NODE, "bench.prepared", (), now=node.clock()),
    )


def _asking(node: Node) -> _Ask:
    """Give what sends one request to a node, and returns the status."""
    app = build_app(node)

    async def ask(target: str, headers: _Headers, *, method: str = "GET", body: bytes = b"") -> int:
        path, _, query = target.partition("?")
        status: list[int] = []
        length = [(b"content-length", str(len(body)).encode())] if body else []
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [_HOST, *headers, *length],
            "client": ("127.0.0.1", 1),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if "status" in message:
                status.append(message["status"])

        await app(scope, receive, send)
        return status[0]

    return ask


async def _load(ask: _Ask, headers: _Headers) -> None:
    for body in workload.batches(_ENTITIES, 1_000):
        closed = body.replace(workload.TYPE.encode(), _CLOSED.encode())
        for one in (body, closed):
            path = "/ngsi-ld/v1/entityOperations/create"
            status = await ask(path, [_JSON, *headers], method="POST", body=one)
            if status != 201:
                raise RuntimeError(f"Loading fails with {status}")


@asynccontextmanager
async def _node(data: Path, *, dev: bool) -> AsyncIterator[Node]:
    node = await open_node(Settings(data=data, server=Server(dev=dev)))
    try:
        yield node
    finally:
        await close_node(node)


def _targets(kind: str, *, closed: bool) -> Iterator[str]:
    if kind == "retrieve":
        some = workload.identifiers(_ENTITIES, 1_000)
    else:
        ask = f"{_PATH}?type={workload.TYPE}&limit=20&q=intensity%3E"
        some = [f"{ask}{1_000 + number * 7}" for number in range(100)]
    return cycle([one.replace(workload.TYPE, _CLOSED) if closed else one for one in some])


async def _cpu_us(ask: _Ask, targets: Iterator[str], headers: _Headers) -> float:
    """Send requests, so many at once; return the CPU time that one takes, of all threads."""
    start = time.process_time()
    for _ in range(_REQUESTS // _AT_ONCE):
        some = islice(targets, _AT_ONCE)
        found = await asyncio.gather(*(ask(target, headers) for target in some))
        if set(found) != {200}:
            raise RuntimeError(f"A request is answered with {sorted(set(found))}")
    return (time.process_time() - start) / _REQUESTS * 1_000_000


async def _measure(rounds: int, directory: Path) -> dict[tuple[str, str], list[float]]:
    async with AsyncExitStack() as stack:
        limit = await stack.enter_async_context(_node(directory / "limit", dev=True))
        node = await stack.enter_async_context(_node(directory / "node", dev=False))
        await _decide(node)
        writer = node.tokens.create("writer", now=node.clock())
        grant = Grant(organisation=_READER, activity=_ACTIVITY, purposes=(_PURPOSE,))
        reader = node.tokens.create("reader", grant=grant, now=node.clock())
        bearer = [(b"authorization", f"Bearer {reader}".encode())]
        at_limit, at_node = _asking(limit), _asking(node)
        await _load(at_limit, [])
        await _load(at_node, [(b"authorization", f"Bearer {writer}".encode())])
        cases: list[tuple[str, _Ask, _Headers, bool]] = [
            (_LIMIT, at_limit, [], False),
            ("open data, anybody", at_node, [], False),
            ("open data, with a token", at_node, bearer, False),
            ("closed data, with an agreement", at_node, bearer, True),
        ]
        found: dict[tuple[str, str], list[float]] = {}
        # The first round only warms up.
        for number in range(rounds + 1):
            for kind in ("retrieve", "query"):
                for title, ask, headers, closed in cases:
                    used = await _cpu_us(ask, _targets(kind, closed=closed), headers)
                    if number:
                        found.setdefault((kind, title), []).append(used)
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hanze-bench-") as directory:
        found = asyncio.run(_measure(asked.rounds, Path(directory)))
    print(f"CPU time of a whole request, {_AT_ONCE} at once; pages of 20; median of {asked.rounds}")
    print(f"{'':44}{'us':>8}{'from':>8}{'to':>8}{'beside the limit':>18}")
    for (kind, title), us in found.items():
        middle = statistics.median(us)
        beside = middle - statistics.median(found[kind, _LIMIT])
        name = f"{kind}, {title}"
        print(f"{name:44}{middle:>8.1f}{min(us):>8.1f}{max(us):>8.1f}{beside:>+18.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
