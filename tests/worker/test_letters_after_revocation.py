"""What could not be delivered is not delivered later to who may not read it any more."""

import asyncio

import msgspec

from hanze.governance.records.agreement import Revocation
from hanze.settings import Notifications
from tests.in_process import client_of
from tests.receiver import receiving
from tests.worker.notifying import delivering
from tests.worker.test_access_at_delivery import AGREED, CLOSED, keep, subscribe

_LEVEL = 71_717_171


async def test_a_dead_letter_should_stay_so_when_its_agreement_is_revoked() -> None:
    limits = Notifications(allow_private=True, max_tries=1)
    async with receiving() as receiver, delivering(limits) as world:
        await keep(world, CLOSED, AGREED)
        receiver.answer = lambda _: (410, 0)
        await subscribe(world, receiver)
        await world.write(("1", _LEVEL))
        await world.settled()
        assert len(receiver.got) == 1
        gone = Revocation(by="owner", at=world.node.clock(), reason="Enough")
        await keep(world, msgspec.structs.replace(AGREED, revocation=gone))
        receiver.answer = lambda _: (200, 0)
        await world.node.store.dead_letters.replay_all("")
        await asyncio.sleep(0.5)
        assert len(receiver.got) == 1


async def test_operators_should_not_read_closed_values_in_dead_letters() -> None:
    limits = Notifications(allow_private=True, max_tries=1)
    async with receiving() as receiver, delivering(limits) as world:
        await keep(world, CLOSED, AGREED)
        receiver.answer = lambda _: (410, 0)
        await subscribe(world, receiver)
        await world.write(("1", _LEVEL))
        await world.settled()
        node = world.node
        secret = node.tokens.create("o", roles=("writer", "operator"), now=node.clock())
        async with client_of(node) as http:
            http.headers["authorization"] = f"Bearer {secret}"
            for path in ("/api/v1/notifications/dead-letters", "/api/v1/notifications"):
                answer = await http.get(path)
                assert answer.status_code == 200, answer.text
                assert str(_LEVEL) not in answer.text
                assert "Bin:1" not in answer.text, path
