"""What subscribers hear is decided when they are told, and they are stopped when that ends."""

import asyncio
from typing import Any, Final

import msgspec
import pytest

from hanze.broker.subscription_records import put_subscription
from hanze.governance.duties import account_of
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.governance.records.agreement import Agreement, Revocation
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.service import Change
from hanze.identity.caller import NODE, Caller
from hanze.identity.grant import Grant
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind
from hanze.worker.covering import Covering
from tests.governing import CARE, FRAUD, OTHER, a_caller, a_dataset, an_agreement, both_signed
from tests.receiver import Receiver, receiving
from tests.worker.notifying import Delivering, a_bin, delivering

SUBSCRIPTION: Final = "urn:ngsi-ld:Subscription:1"
BIN: Final = CORE.expand_name("Bin")
LEVEL: Final = CORE.expand_name("level")
KEY: Final = CORE.expand_name("key")
CARER: Final = a_caller(CARE, roles=frozenset({"reader", "writer"}))
AGREED: Final = both_signed(
    an_agreement(valid_from="2020-01-01T00:00:00Z", valid_until="2099-01-01T00:00:00Z"),
    now="2020-01-01T00:00:00Z",
)
CLOSED: Final = a_dataset(types=(BIN,))
OPEN: Final = a_dataset(
    id="urn:ngsi-ld:Dataset:groningen:bins", types=(BIN,), access_rights=AccessRights.PUBLIC
)
#: Open bins whose keys are closed.
HIDING: Final = a_dataset(types=(BIN,), attributes=(KEY,))


async def keep(world: Delivering, *records: Agreement | Dataset) -> None:
    kept = world.node.governance
    changes: list[Change[Any]] = [
        Change(kept.agreements if isinstance(record, Agreement) else kept.datasets, record)
        for record in records
    ]
    account = account_of(NODE, "tests.prepared", (), now=world.node.clock())
    await kept.change(*changes, account=account)


async def subscribe(
    world: Delivering, receiver: Receiver, caller: Caller = CARER, **members: object
) -> None:
    body: dict[str, Any] = {
        "id": SUBSCRIPTION,
        "type": "Subscription",
        "entities": [{"type": "Bin"}],
        "notification": {"endpoint": {"uri": receiver.url}, "showChanges": True},
        **members,
    }
    await world.node.subscriptions.create(caller, body, CORE, now=world.node.clock())


async def write(world: Delivering, *, level: float, key: str) -> None:
    now = world.node.clock()
    made = a_bin("1", level, now)
    secret = Attribute(kind=AttributeKind.PROPERTY, value=key, created_at=now, modified_at=now)
    made = msgspec.structs.replace(made, attributes={**made.attributes, KEY: (secret,)})
    await world.node.store.transact(lambda uow: uow.put("", made, CORE))


async def test_an_open_subscription_should_stop_when_its_agreement_is_revoked() -> None:
    async with receiving() as receiver, delivering() as world:
        await keep(world, CLOSED, AGREED)
        await subscribe(world, receiver)
        await world.write(("1", 1))
        await receiver.wait(1)
        gone = Revocation(by="owner", at=world.node.clock(), reason="No longer needed")
        await keep(world, msgspec.structs.replace(AGREED, revocation=gone))
        await world.write(("1", 2))
        await world.settled()
        assert await Covering(world.node).look() == 1
        found = world.node.subscriptions.retrieve(CARER, SUBSCRIPTION)[0]
        assert (found.is_active, found.stopped) == (False, "agreement_revoked")
        await world.write(("1", 3))
        await asyncio.sleep(0.2)
        assert len(receiver.got) == 1
        # It goes on when somebody who may wants that; nobody else can have it go on.
        now = world.node.clock()
        with pytest.raises(AccessDenied):
            await world.node.subscriptions.update(
                CARER, SUBSCRIPTION, {"isActive": True}, CORE, now=now
            )
        await keep(world, AGREED)
        await world.node.subscriptions.update(
            CARER, SUBSCRIPTION, {"isActive": True}, CORE, now=now
        )
        assert not world.node.subscriptions.retrieve(CARER, SUBSCRIPTION)[0].stopped
        await world.write(("1", 4))
        await receiver.wait(2)


async def test_who_may_not_read_should_not_subscribe() -> None:
    async with receiving() as receiver, delivering(start=False) as world:
        await keep(world, CLOSED, AGREED)
        with pytest.raises(PurposeRequired):
            await subscribe(world, receiver, a_caller(None))
        with pytest.raises(AccessDenied):
            await subscribe(world, receiver, a_caller(FRAUD))
        with pytest.raises(AccessDenied):
            await subscribe(world, receiver, a_caller(CARE, organisation="urn:firm"))


async def test_hidden_attributes_should_be_told_neither_now_nor_as_they_were() -> None:
    async with receiving() as receiver, delivering() as world:
        await keep(world, OPEN, HIDING)
        await subscribe(world, receiver, a_caller(None))
        await write(world, level=1, key="a")
        # Only what is hidden changes: nobody is told that it did.
        await write(world, level=1, key="b")
        await write(world, level=2, key="c")
        got = await receiver.wait(2)
        await world.settled()
        await asyncio.sleep(0.1)
        assert [one.json["data"][0].get("level", {}).get("value") for one in got] == [1, 2]
        assert len(receiver.got) == 2
        assert all("key" not in one.json["data"][0] for one in got)
        assert got[1].json["data"][0]["level"]["previousValue"] == 1


@pytest.mark.parametrize(
    "members",
    [
        {"watchedAttributes": ["key"]},
        {"q": 'key=="a"'},
        {"notification": {"endpoint": {"uri": "http://x.example"}, "attributes": ["key"]}},
        {"notification": {"endpoint": {"uri": "http://x.example"}, "pick": ["id", "key"]}},
    ],
)
async def test_a_hidden_attribute_should_not_be_asked_about(members: dict[str, object]) -> None:
    async with receiving() as receiver, delivering(start=False) as world:
        await keep(world, OPEN, HIDING)
        with pytest.raises((AccessDenied, PurposeRequired)):
            await subscribe(world, receiver, a_caller(None), **members)


async def test_at_intervals_nobody_should_be_shown_what_is_closed() -> None:
    async with receiving() as receiver, delivering() as world:
        await keep(world, OPEN, HIDING)
        await write(world, level=1, key="a")
        await subscribe(world, receiver, a_caller(None), timeInterval=1)
        (got, *_) = await receiver.wait(1)
        assert got.ids == ["urn:ngsi-ld:Bin:1"]
        assert "key" not in got.json["data"][0]


async def test_one_of_before_should_hear_what_anybody_may_read() -> None:
    async with receiving() as receiver, delivering() as world:
        await keep(world, CLOSED, AGREED)
        await subscribe(world, receiver)
        known = world.node.subscription_index.get("", SUBSCRIPTION)
        assert known is not None
        old = msgspec.structs.replace(known, asker=None)
        await world.node.store.transact(lambda uow: put_subscription(uow.registers, old))
        world.node.subscription_index.put(old)
        await world.write(("1", 1))
        await world.settled()
        assert await Covering(world.node).look() == 1
        assert not receiver.got


async def test_a_token_that_ended_should_end_what_it_subscribed_to() -> None:
    async with receiving() as receiver, delivering() as world:
        await keep(world, CLOSED, AGREED)
        node = world.node
        grant = Grant(organisation=OTHER, activity="urn:activity", purposes=(CARE,))
        node.tokens.create("carer", grant=grant, now=node.clock())
        caller = a_caller(CARE, credential="token:carer")
        await subscribe(world, receiver, caller)
        await world.write(("1", 1))
        await receiver.wait(1)
        node.tokens.revoke("carer", now=node.clock())
        await world.write(("1", 2))
        await world.settled()
        assert await Covering(node).look() == 1
        assert node.subscriptions.retrieve(CARER, SUBSCRIPTION)[0].stopped == "credential_ended"
        assert len(receiver.got) == 1
