"""Three cities in a league, each a node on a real port, with street lights of their own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from hanze.settings import Distribution, League, Server, Settings
from tests.several import Served, served_node

__all__ = ["CONTEXT", "ROOT", "City", "cities", "lights"]

ROOT = "/api/v1/league"
CONTEXT = {
    "Link": '<https://w3id.org/hanze/v1.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; '
    'type="application/ld+json"'
}
_PLACES = {"Zwolle": (6.09, 52.51), "Deventer": (6.16, 52.25), "Breda": (4.77, 51.58)}
_QUICK = Settings(
    data=None,
    server=Server(dev=True),
    league=League(gossip_s=3600.0, timeout_s=5.0),
    distribution=Distribution(timeout_s=1.0, cooldown_s=0.0),
)
Json = Any


class City:
    """A node, and what its operator does."""

    def __init__(self, name: str, served: Served) -> None:
        self.name = name
        self.node = served.node
        self.url = served.url

    async def do(self, method: str, path: str, body: Json = None) -> Json:
        async with httpx.AsyncClient(base_url=self.url, timeout=20.0) as client:
            answer = await client.request(method, ROOT + path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def page(self, path: str, **parameters: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, timeout=20.0) as client:
            return await client.get(path, params=parameters)

    async def trusts(self, other: "City") -> None:
        """Have both operators agree, and the nodes talk."""
        token = (await self.do("POST", "/invitations"))["token"]
        await other.do("POST", "/join", {"token": token})
        await self.do("POST", "/confirm", {"member": other.name})
        await self.node.gossip.step()
        await other.node.gossip.step()


def lights(city: str, place: tuple[float, float], number: int) -> list[Mapping[str, Json]]:
    """Make street lights, one beside the other."""
    return [
        {
            "id": f"urn:ngsi-ld:Streetlight:{city}:{n}",
            "type": "Streetlight",
            "name": {"type": "Property", "value": f"Lantern {n} of {city}"},
            "powerState": {"type": "Property", "value": "on"},
            "location": {
                "type": "GeoProperty",
                "value": {"type": "Point", "coordinates": [place[0] + n / 300, place[1]]},
            },
        }
        for n in range(number)
    ]


@asynccontextmanager
async def cities(*names: str) -> AsyncIterator[Sequence[City]]:
    """Open nodes that have a name in the league, and trust nobody yet."""
    async with AsyncExitStack() as stack:
        found = []
        for number, name in enumerate(names, 2):
            served = await stack.enter_async_context(served_node(_QUICK, whole=True))
            one = City(name, served)
            place = _PLACES[name]
            await one.do("POST", "", {"name": name, "city": name, "place": place})
            answer = await served.api.post(
                "/entityOperations/create", json=lights(name, place, number), headers=CONTEXT
            )
            assert answer.status_code == 201, answer.text
            found.append(one)
        yield found
