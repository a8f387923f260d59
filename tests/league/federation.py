"""Five nodes as processes, and a sixth that holds everything: what the five answer is compared with it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.running import RunningNode, start_node

__all__ = ["NODES", "TIMEOUT_S", "Federation", "World", "federation", "is_same", "pages_of"]

NODES = 5
#: How long the asking node waits for the others; an answer takes little more.
TIMEOUT_S = 2.0
_QUICK = {
    "HANZE_DISTRIBUTION__TIMEOUT_S": str(TIMEOUT_S),
    "HANZE_DISTRIBUTION__COOLDOWN_S": "0.2",
    "HANZE_STORE__MAX_TENANTS": "10000",
}
Json = Any


@dataclass(frozen=True, slots=True)
class World:
    """The nodes as one tenant of each sees them; the first is the one that is asked."""

    nodes: Sequence[RunningNode]
    clients: Sequence[httpx.Client]
    union: httpx.Client
    tenant: str

    @property
    def hub(self) -> httpx.Client:
        return self.clients[0]

    def register(
        self, number: int, information: Sequence[Mapping[str, Json]], **members: Json
    ) -> str:
        """Register another node at the asking one; returns where the registration is."""
        body = {
            "type": "ContextSourceRegistration",
            "endpoint": self.nodes[number].url,
            "tenant": self.tenant,
            "information": list(information),
            **members,
        }
        answer = self.hub.post("csourceRegistrations", json=body)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    def hold(self, number: int, entities: Sequence[Mapping[str, Json]]) -> None:
        """Put entities into a node, past all registrations."""
        # A tenant arises with its first entity, and is there to be asked without one.
        fill(self.clients[number], entities)

    def hold_all(self, entities: Sequence[Mapping[str, Json]]) -> None:
        """Put entities into the node that holds everything."""
        fill(self.union, entities)


def fill(client: httpx.Client, entities: Sequence[Mapping[str, Json]]) -> None:
    first = {"id": "urn:ngsi-ld:Nothing:0", "type": "Nothing"}
    answer = client.post(
        "entityOperations/create", json=[first, *entities], params={"local": "true"}
    )
    assert answer.status_code == 201, answer.text


@dataclass(frozen=True, slots=True)
class Federation:
    nodes: list[RunningNode]
    union: RunningNode
    numbers: Iterator[int]

    @contextmanager
    def world(self) -> Iterator[World]:
        """A tenant that nobody used before, in every node."""
        tenant = f"t{next(self.numbers)}"
        with ExitStack() as stack:
            clients = [stack.enter_context(client(node, tenant)) for node in self.nodes]
            union = stack.enter_context(client(self.union, tenant))
            yield World(self.nodes, clients, union, tenant)


def client(node: RunningNode, tenant: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{node.url}/ngsi-ld/v1/", headers={"NGSILD-Tenant": tenant}, timeout=30.0
    )


@contextmanager
def federation(folder: Path) -> Iterator[Federation]:
    """Start the nodes, and stop them at the end."""
    nodes: list[RunningNode] = []
    try:
        for number in range(NODES + 1):
            arguments = ("serve", "--dev", "--port", "0", "--data", str(folder / str(number)))
            nodes.append(start_node(arguments, environ=_QUICK))
        yield Federation(nodes[:-1], nodes[-1], itertools.count())
    finally:
        for node in nodes:
            node.stop()


def is_same(one: Json, other: Json) -> bool:
    """Compare answers; the order of entities and of a multi-attribute's instances says nothing."""
    return bool(_sorted(one) == _sorted(other))


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(member) for key, member in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=repr)
    return value


def pages_of(client: httpx.Client, path: str, params: Mapping[str, str]) -> list[list[Json]]:
    """Follow the links from page to page."""
    answer = client.get(path, params=dict(params))
    pages = []
    while True:
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        following = answer.links.get("next")
        if following is None:
            return pages
        answer = client.get(httpx.URL(str(client.base_url)).join(following["url"]))
