"""Dead letters for tests."""

from hanze.node.node import Node
from hanze.store.outbox.values import Dying, Settlement
from tests.in_process import client_of

__all__ = ["SUBSCRIPTION", "die"]

SUBSCRIPTION = "urn:ngsi-ld:Subscription:1"


async def die(node: Node, number: int, *, tenant: str = "") -> None:
    """Write a bin that somebody subscribed to, so often, and give up all but the last."""
    headers = {"NGSILD-Tenant": tenant} if tenant else {}
    async with client_of(node) as client:
        body = {
            "id": SUBSCRIPTION,
            "type": "Subscription",
            "entities": [{"type": "Bin"}],
            "notification": {
                "endpoint": {
                    "uri": "http://127.0.0.1:1/",
                    "receiverInfo": [{"key": "Authorization", "value": "Bearer hunter2"}],
                }
            },
        }
        made = await client.post("/ngsi-ld/v1/subscriptions", json=body, headers=headers)
        assert made.status_code == 201, made.text
        for level in range(number + 1):
            entity = {
                "id": "urn:ngsi-ld:Bin:1",
                "type": "Bin",
                "level": {"type": "Property", "value": level},
            }
            written = await client.post(
                "/ngsi-ld/v1/entityOperations/upsert", json=[entity], headers=headers
            )
            assert written.status_code in (201, 204), written.text
    key = (tenant, SUBSCRIPTION)
    rows = node.store.outbox.take(key, after=0, limit=number)
    dead = [Dying(key, row.happened_id, 3, "status 503; given up") for row in rows]

    await node.store.transact(
        lambda unit: node.store.outbox.settle(unit, Settlement(dead=dead), now_us=1_000_000)
    )
