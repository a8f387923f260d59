"""What one member shares with another is for that one's own people, and for nobody behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from hanze.broker.distribution.ports import PeerRequest
from hanze.identity.caller import Caller
from hanze.league.membership import EVERYBODY
from hanze.league.model import Share
from hanze.league.registering import REGISTRATION_PREFIX
from hanze.ngsild.context import CORE
from hanze.node.node import Node
from hanze.settings import League, Server, Settings
from tests.several import Served, served_node

QUICK = Settings(data=None, server=Server(dev=True), league=League(gossip_s=3600.0, timeout_s=5.0))
CLOSED = "urn:ngsi-ld:Budget:1"
OPEN = "urn:ngsi-ld:Bin:1"


@dataclass(frozen=True, slots=True)
class Two:
    """A node, and a member that shares bins with all and its budget with that node alone."""

    here: Served
    there: Served
    token: str

    async def ids(self, kind: str, *, own: bool = False) -> set[str]:
        """Ask the node for entities, as anybody or as one of its own people."""
        headers = {"authorization": f"Bearer {self.token}"} if own else {}
        answer = await self.here.api.get("/entities", params={"type": kind}, headers=headers)
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()}


async def _trust(one: Node, other: Node) -> None:
    token, _ = await one.league.invite()
    joined = await other.gossip.join(token)
    me = other.league.me()
    assert me is not None
    await one.league.confirm(me.id)
    assert joined.url == one.base_url


@asynccontextmanager
async def _two() -> AsyncIterator[Two]:
    async with served_node(QUICK, whole=True) as here, served_node(QUICK, whole=True) as there:
        for name, served in (("Here", here), ("There", there)):
            await served.node.league.found(name=name, city=name)
        await _trust(here.node, there.node)
        for entity_id, kind in ((OPEN, "Bin"), (CLOSED, "Budget")):
            made = await there.api.post("/entities", json={"id": entity_id, "type": kind})
            assert made.status_code == 201, made.text
        me = here.node.league.me()
        assert me is not None
        for member, kind in ((EVERYBODY, "Bin"), (me.id, "Budget")):
            await there.node.league.share(member, (Share((CORE.expand_name(kind),)),))
        await there.node.gossip.talk()
        token = here.node.tokens.create("clerk", now=here.node.clock())
        # From now on who has no token is anybody.
        here.node.settings = replace(here.node.settings, server=Server(dev=False))
        yield Two(here, there, token)


async def test_anybody_should_get_over_nodes_what_every_member_gets() -> None:
    async with _two() as two:
        assert await two.ids("Budget", own=True) == {CLOSED}
        assert await two.ids("Budget") == set()
        # Nor by a name that is known, or in another's map.
        assert (await two.here.api.get(f"/entities/{CLOSED}")).status_code == 404
        own = {"authorization": f"Bearer {two.token}"}
        asked = {"type": "Budget"}
        made = await two.here.api.get("/entityMaps", params=asked, headers=own)
        assert set(made.json()["entityMap"]) == {CLOSED}
        location = made.headers["ngsild-entitymap"]
        again = await two.here.api.get(
            "/entities", params=asked, headers={"ngsild-entitymap": location}
        )
        assert CLOSED not in again.text
        assert await two.ids("Bin") == await two.ids("Bin", own=True) == {OPEN}


async def test_answers_that_are_kept_should_not_pass_from_own_people_to_anybody() -> None:
    async with _two() as two:
        registration = {
            "id": "urn:ngsi-ld:ContextSourceRegistration:kept",
            "type": "ContextSourceRegistration",
            "endpoint": two.there.url,
            "information": [{"entities": [{"type": "Budget"}]}],
            "management": {"cacheDuration": "PT1M", "localOnly": True},
        }
        own = {"authorization": f"Bearer {two.token}"}
        made = await two.here.api.post("/csourceRegistrations", json=registration, headers=own)
        assert made.status_code == 201, made.text
        assert await two.ids("Budget", own=True) == {CLOSED}
        assert await two.ids("Budget") == set()


async def test_members_should_not_get_through_a_node_to_others() -> None:
    async with _two() as two, served_node(QUICK, whole=True) as third:
        await third.node.league.found(name="Third", city="Third")
        await _trust(two.here.node, third.node)
        target = f"{two.here.url}/ngsi-ld/v1/entities?type=Bin,Budget"
        request = PeerRequest(registration_id="", method="GET", url=target, timeout_s=5.0)
        answer = await third.node.peers.send(request)
        assert (answer.status, answer.body) == (200, b"[]")


async def test_members_should_have_nobody_notified_but_themselves() -> None:
    async with _two() as two:
        subscription = {
            "type": "Subscription",
            "entities": [{"type": "Bin"}],
            "notification": {"endpoint": {"uri": f"{two.there.url}/hook"}},
        }
        request = PeerRequest(
            registration_id="",
            method="POST",
            url=f"{two.there.url}/ngsi-ld/v1/subscriptions",
            headers=(("content-type", "application/json"),),
            body=httpx.Request("POST", two.there.url, json=subscription).content,
            timeout_s=5.0,
        )
        assert (await two.here.node.peers.send(request)).status == 403


async def test_registrations_of_members_should_go_when_the_node_died_while_it_left() -> None:
    async with _two() as two:
        here = two.here.node
        (registration,) = here.registry.of_tenant("")
        assert registration.id.startswith(REGISTRATION_PREFIX)
        writer = Caller("test", roles=frozenset({"writer"}))
        await here.league.leave()
        # As after a crash between the decision and what follows from it.
        document = dict(registration.document)
        await here.registrations.create(writer, document, CORE, now=here.clock())
        await here.gossip.step()
        assert here.registry.is_empty("")
