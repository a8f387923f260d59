"""Leagues of nodes in the test's own process: real nodes, that reach each other without sockets."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from zlib import crc32

import httpx
from msgspec.structs import replace

from hanze.collaboration.following import Following
from hanze.collaboration.held import Held
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.model import Source, SourceUnreachable
from hanze.league.model import Me, Peer, Status
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.store.unit import StagedUnit
from tests.in_process import client_of, node_in_memory

__all__ = ["AskingNodes", "Knowing", "LeagueOfNodes", "league_of", "put_records", "url_of"]


@dataclass
class Knowing:
    """Who a node is and whom it knows, as its operator has decided."""

    own: Me | None = None
    others: dict[str, Peer] = field(default_factory=dict)

    def me(self) -> Me | None:
        return self.own

    def peers(self) -> tuple[Peer, ...]:
        return tuple(self.others.values())

    def decide(self, peer: str, status: Status) -> None:
        self.others[peer] = replace(self.others[peer], status=status)


@dataclass
class AskingNodes:
    """Reaches nodes by their address; those that are down do not answer."""

    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def ask(
        self, source: Source, method: str, path: str, body: bytes | None, *, timeout_s: float
    ) -> bytes:
        self.asked.append(f"{method} {path.partition('?')[0]}")
        if source.url in self.down:
            raise SourceUnreachable(source.name, "no connection")
        headers = {} if body is None else {"content-type": "application/json"}
        client = self.clients[source.url]
        answer = await client.request(method, path, content=body, headers=headers)
        if answer.status_code != 200:
            raise SourceUnreachable(source.name, f"it answers with status {answer.status_code}")
        return answer.content


@dataclass
class LeagueOfNodes:
    """Nodes that have confirmed each other."""

    nodes: dict[str, Node]
    asking: AskingNodes
    decided: dict[str, Knowing]
    cursors: dict[tuple[str, str], str] = field(default_factory=dict)

    def client(self, name: str) -> httpx.AsyncClient:
        return self.asking.clients[url_of(name)]

    async def compare(self, *names: str) -> None:
        """Have nodes compare with all others; who is down is noted as such."""
        for name in names or tuple(self.nodes):
            node = self.nodes[name]
            following = Following(node.store, node.replicas, self.asking, node.clock)
            for source in node.replicas.sources:
                try:
                    self.cursors[name, source.peer] = await following.compare(source)
                except SourceUnreachable:
                    node.replicas.failed(source.peer, node.clock())

    async def step(self, name: str, other: str, *, wait_s: float = 0.0) -> bool:
        """Have a node hear what changed at another; tell whether that was possible."""
        node = self.nodes[name]
        following = Following(node.store, node.replicas, self.asking, node.clock)
        source = next(one for one in node.replicas.sources if one.name == other)
        cursor = self.cursors[name, source.peer]
        after = await following.step(source, cursor, wait_s=wait_s)
        self.cursors[name, source.peer] = after or cursor
        return after is not None


def url_of(name: str) -> str:
    """Give a node's address; nothing listens there, and nodes for trying answer to this host only."""
    return f"http://localhost:{20_000 + crc32(name.encode()) % 10_000}"


@asynccontextmanager
async def league_of(cities: Mapping[str, str]) -> AsyncIterator[LeagueOfNodes]:
    """Open nodes by name, each of a city (name, code or id; "" for none), that trust each other."""
    async with AsyncExitStack() as stack:
        asking = AskingNodes()
        nodes, decided = {}, {}
        for name in cities:
            node = await stack.enter_async_context(node_in_memory(base_url=url_of(name)))
            nodes[name] = node
            asking.clients[url_of(name)] = await stack.enter_async_context(client_of(node))
        for name, node in nodes.items():
            others = {other: _peer(other, city) for other, city in cities.items() if other != name}
            one = decided[name] = Knowing(_me(name, cities[name]), others)
            # What operators decided, without asking the others: that has tests of its own.
            setattr(node.league, "me", one.me)  # noqa: B010  # a method of this one object
            setattr(node.league, "peers", one.peers)  # noqa: B010
        yield LeagueOfNodes(nodes, asking, decided)


def _me(name: str, city: str) -> Me:
    return Me(
        id=name, key=name, name=name, city=city, url=url_of(name), alias=name, founded_at="2026"
    )


def _peer(name: str, city: str) -> Peer:
    return Peer(
        id=name,
        key=name,
        name=name,
        city=city,
        url=url_of(name),
        alias=name,
        status=Status.CONFIRMED,
    )


async def put_records(
    node: Node, several: Sequence[Record | Held[Record]], at: str, *, tenant: str = ""
) -> None:
    """Put records into a node as they are, with the times at which they were made elsewhere."""

    def unit(uow: StagedUnit) -> None:
        for one in several:
            record = one.record if isinstance(one, Held) else one
            entity = write_record(record)
            moments = (one.created_at, one.modified_at) if isinstance(one, Held) else (at, at)
            uow.put(tenant, replace(entity, created_at=moments[0], modified_at=moments[1]), HANZE)

    await node.store.transact(unit)
