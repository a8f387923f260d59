"""What a node does by itself is in its log, too: notifications, and looking after the log."""

import asyncio
from typing import Any, Final

import apsw
import pytest

from hanze.governance.duties import account_of
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.log import AuditRecord
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.ngsild.context import CORE
from hanze.node.node import Node
from hanze.settings import Governance, Settings
from hanze.worker.log_keeping import verify_and_expire
from tests.governing import CARE, a_caller, a_dataset, an_agreement, both_signed
from tests.in_process import node_in_memory
from tests.receiver import receiving
from tests.worker.notifying import delivering

_BIN: Final = CORE.expand_name("Bin")
_OLD: Final = "2020-01-01T00:00:00Z"
_CARER: Final = a_caller(CARE, roles=frozenset({"reader", "writer"}))
#: Each bin is somebody's.
_PERSONAL: Final = a_dataset(types=(_BIN,), personal=True, subject="@id")
_AGREED: Final = both_signed(
    an_agreement(valid_from=_OLD, valid_until="2099-01-01T00:00:00Z"), now=_OLD
)


async def test_nobody_should_be_told_what_cannot_be_logged() -> None:
    async with receiving() as receiver, delivering() as world:
        kept = world.node.governance
        changes: list[Change[Any]] = [
            Change(kept.datasets, _PERSONAL),
            Change(kept.agreements, _AGREED),
        ]
        account = account_of(NODE, "tests.prepared", (), now=world.node.clock())
        await kept.change(*changes, account=account)
        body: dict[str, Any] = {
            "id": "urn:ngsi-ld:Subscription:1",
            "type": "Subscription",
            "entities": [{"type": "Bin"}],
            "notification": {"endpoint": {"uri": receiver.url, "cooldown": 100}},
        }
        await world.node.subscriptions.create(_CARER, body, CORE, now=world.node.clock())
        await world.write(("1", 1))
        await receiver.wait(1)
        log = world.node.store.log
        told = await log.find(LogSearch(kind="processing", name="notify"))
        subject = log.known_pseudonym("", "urn:ngsi-ld:Bin:1")
        assert [getattr(one.record, "subject", "") for one in told] == [subject]

        connection = apsw.Connection(str(world.node.store._path))  # one in memory names it nowhere
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        await world.write(("1", 2))
        await asyncio.sleep(0.5)
        assert len(receiver.got) == 1
        connection.execute("DROP TRIGGER no")
        connection.close()
        await receiver.wait(2)
        assert (await log.state()).whole


async def _logged(node: Node, *moments: str) -> None:
    node.store.log.stage([AuditRecord(at=at, actor="ann", name="step") for at in moments])
    await node.store.log.settled()


async def _steps(node: Node) -> int:
    return len(await node.store.log.find(LogSearch(name="step")))


async def test_log_should_let_go_of_what_is_old_once_it_was_verified() -> None:
    async with node_in_memory(Settings(data=None, governance=Governance(log_days=365))) as node:
        await _logged(node, _OLD, node.clock())
        await verify_and_expire(node)
        # What was logged before the old record is younger than it: a chain ends at its beginning.
        assert await _steps(node) == 2
    async with node_in_memory(Settings(data=None, governance=Governance(log_days=365))) as node:
        await node.store.log.expire("2099-01-01T00:00:00Z", now=node.clock())
        await _logged(node, _OLD, _OLD)
        await verify_and_expire(node)
        assert node.auditing.verified is not None
        assert node.auditing.verified.state.whole


async def test_broken_log_should_keep_everything(caplog: pytest.LogCaptureFixture) -> None:
    async with node_in_memory(Settings(data=None, governance=Governance(log_days=1))) as node:
        await _logged(node, _OLD, _OLD, node.clock())
        connection = apsw.Connection(str(node.store._path))
        connection.execute("UPDATE log SET body = x'00' WHERE number = 1")
        connection.close()
        await verify_and_expire(node)
        assert "The log is broken" in caplog.text
        assert await _steps(node) == 3
