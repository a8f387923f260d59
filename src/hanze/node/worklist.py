"""The security officer's list, put together from what the node knows."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from hanze.governance.duties import require_duty
from hanze.governance.logs.auditing import Verified
from hanze.governance.records.emergency import Emergency
from hanze.governance.securing.worklist import (
    WorkItem,
    WorkKind,
    agreements_ending,
    incidents_open,
    ordered,
    projects_unready,
    requests_running,
)
from hanze.identity.caller import Caller
from hanze.identity.roles import SECURITY_OFFICER
from hanze.node.node import Node

__all__ = ["Worklist", "worklist_of"]

#: The node verifies its log once a day.
_VERIFIED: Final = timedelta(days=2)


class Worklist(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Everything that waits for the security officer.

    Attributes:
        items: What is late first.
        verified: What was found when the log was verified last; absent: never since the start.
        emergency: The one that is declared.
    """

    items: tuple[WorkItem, ...]
    verified: Verified | None = None
    emergency: Emergency | None = None


async def worklist_of(node: Node, caller: Caller, *, now: str) -> Worklist:
    """Make the list.

    Raises:
        DutyMissing: The caller is no security officer.
    """
    require_duty(caller, SECURITY_OFFICER)
    security, rules = node.security, node.governance.rules
    emergency = security.emergencies.current(caller, now=now)
    verified = node.auditing.verified
    items = [
        *_chain(node, verified, now),
        *incidents_open(security.incidents.listed(caller), now),
        *projects_unready(rules.projects.values(), now[:10]),
        *await _sources(node),
        *requests_running(node.residents.requests.kept.all().values(), now),
        *agreements_ending(
            rules.agreements.values(), days=node.settings.security.expiring_days, now=now
        ),
    ]
    if emergency is not None:
        items.append(
            WorkItem(
                kind=WorkKind.EMERGENCY,
                about=emergency.id,
                name={"": emergency.why},
                due=emergency.until,
            )
        )
    return Worklist(items=ordered(items), verified=verified, emergency=emergency)


def _chain(node: Node, verified: Verified | None, now: str) -> list[WorkItem]:
    if verified is not None and not verified.state.whole:
        return [WorkItem(kind=WorkKind.CHAIN_BROKEN, due=verified.at, late=True)]
    last = node.started_at if verified is None else verified.at
    is_old = datetime.fromisoformat(now) - datetime.fromisoformat(last) > _VERIFIED
    if verified is None or is_old:
        return [WorkItem(kind=WorkKind.CHAIN_UNVERIFIED, late=is_old)]
    return []


async def _sources(node: Node) -> list[WorkItem]:
    found = []
    for one in await node.sources.overview():
        name = one.record.name
        if one.held and not node.security.held(name):
            found.append(WorkItem(kind=WorkKind.SOURCE_HELD, about=name))
        if one.waiting_devices:
            kind = WorkKind.UNKNOWN_DEVICES
            found.append(WorkItem(kind=kind, about=name, count=one.waiting_devices))
    return found
