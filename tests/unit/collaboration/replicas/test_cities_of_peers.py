"""What a peer says of itself is bounded."""

from hanze.collaboration.replicas.keeping import Replicas
from hanze.collaboration.replicas.model import Listing, Source
from tests.in_process import node_in_memory


async def test_cities_that_a_peer_names_should_be_so_many() -> None:
    source = Source(peer="peer", name="Peer", city="", url="http://peer.example")
    tenants = [f"urn:city:{number}" for number in range(1_500)]
    async with node_in_memory() as node:
        replicas = Replicas(lambda: [source])
        listing = Listing(cursor="", records={}, tenants=[*tenants, "a" * 1_000])
        await replicas.heard(node.store, source.peer, node.clock(), listing=listing)
        (part,) = replicas.parts(node.clock(), {})
    assert len(part.cities) == 1_000
    assert set(part.cities) <= set(tenants)
