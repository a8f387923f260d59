"""Prepares Snapshots, takes away those whose time is over, and tells of both (CIM 009, 5.16)."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

import orjson

from hanze.broker.notification import Rendered
from hanze.broker.snapshot.records import Notice
from hanze.broker.snapshot.work import SnapshotWork
from hanze.node.node import Node
from hanze.transport.notifier.http import HttpNotifier
from hanze.transport.notifier.outcome import Verdict
from hanze.worker.doing import keep_doing

__all__ = ["Notices", "keep_snapshots"]

_log = logging.getLogger(__name__)

#: Everything is looked at again so often, whatever was heard.
_LOOK_S: Final = 30.0
#: Between attempts to tell; a receiver that does not answer is told no more after the last.
_WAITS_S: Final = (2.0, 10.0, 60.0)
_JSON: Final = "application/json"


async def keep_snapshots(node: Node) -> None:
    """Work until cancelled; what is under way then is begun again at the next start."""
    settings = node.settings.notifications
    http = HttpNotifier(allow_private=settings.allow_private or node.dev)
    work = node.snapshot_work
    notices = Notices(work, http, timeout_s=settings.timeout_s)

    async def follow() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await work.wait()
        notices.wake()
        while await work.prepare_next():
            notices.wake()

    async def tidy() -> None:
        await work.tidy()
        notices.wake()

    sweep_s = node.settings.worker.sweep_s
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_doing("Preparing snapshots", follow, every_s=0.0))
            group.create_task(keep_doing("Tidying snapshots", tidy, every_s=sweep_s, at_once=True))
            group.create_task(notices.run())
    finally:
        await http.close()


class Notices:
    """Sends what is to be told, each notice by itself.

    Args:
        work: Has the notices.
        http: Posts.
        timeout_s: How long an answer may take.
        waits_s: Between attempts.
    """

    def __init__(
        self,
        work: SnapshotWork,
        http: HttpNotifier,
        *,
        timeout_s: float,
        waits_s: tuple[float, ...] = _WAITS_S,
    ) -> None:
        self._work = work
        self._http = http
        self._timeout_s = timeout_s
        self._waits_s = waits_s
        self._woken = asyncio.Event()
        self._woken.set()
        self._under_way: set[str] = set()

    def wake(self) -> None:
        """Look again at what is to be told."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled; what was not sent by then is sent after the next start."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._woken.wait()
                self._woken.clear()
                for notice in self._work.notices():
                    if notice.name not in self._under_way:
                        self._under_way.add(notice.name)
                        group.create_task(self._tell(notice))

    async def _tell(self, notice: Notice) -> None:
        try:
            await self._told(notice)
            await self._work.settle(notice)
        except Exception:  # noqa: BLE001  # one notice must not keep the others from being sent
            _log.exception("A notice of a snapshot cannot be sent")
        finally:
            self._under_way.discard(notice.name)

    async def _told(self, notice: Notice) -> None:
        message = _rendered(notice)
        for wait_s in (*self._waits_s, None):
            outcome = await self._http.send(notice.endpoint, message, timeout_s=self._timeout_s)
            if outcome.verdict in (Verdict.SENT, Verdict.TAKEN):
                return
            if wait_s is None or outcome.verdict is not Verdict.AWAY:
                _log.warning("A receiver is not told of a snapshot: %s", outcome.reason)
                return
            await asyncio.sleep(wait_s)


def _rendered(notice: Notice) -> Rendered:
    """Write a notice as HTTP has it: what the client says replaces what would be said anyway."""
    headers = {"NGSILD-Tenant": notice.tenant} if notice.tenant else {}
    names = {name.lower(): name for name in headers}
    for key, value in notice.receiver_info:
        if key.lower() == "content-type":
            continue
        headers.pop(names.pop(key.lower(), ""), None)
        headers[key] = value
    return Rendered(orjson.dumps(notice.body), _JSON, tuple(headers.items()))
