"""Starting a mission, and changing its programme item by item: proposals are confirmed by a person."""

import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Final

import msgspec

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.missions.programme import timed
from hanze.collaboration.records.missions import Mission, ProgrammeItem
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import NotFound
from hanze.identity.caller import Caller

__all__ = [
    "ItemNotFound",
    "confirm_items",
    "drop_items",
    "free_key",
    "new_mission_id",
    "propose_items",
    "put_item",
    "start_mission",
]

_PROPOSAL: Final = "proposal-"


class ItemNotFound(NotFound):
    """The programme of a mission has no item of this key."""

    def __init__(self, mission_id: str, key: str) -> None:
        super().__init__(f"The programme of {mission_id} has no item {key[:100]}")
        self.field = "key"
        self.value = key[:100]


def new_mission_id(organiser: str) -> str:
    """Make the id of a new mission."""
    return f"urn:ngsi-ld:Mission:{organiser.rsplit(':', 1)[-1]}:{secrets.token_hex(8)}"


async def start_mission(store: Store, caller: Caller, mission: Mission, *, now: str) -> Mission:
    """Record a mission where its organiser keeps records on this node.

    Raises:
        EntityAlreadyExists: The id is taken.
        InvalidRecord: A zone or day is wrong.
    """
    home = in_tenant_of(store.registers, caller, mission.organiser)
    return await create_record(store, home, mission, now=now)


async def put_item(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    item: ProgrammeItem,
    *,
    now: str,
) -> Mission:
    """Add an item to a programme, or put it in the place of the one with its key.

    Raises:
        RecordNotFound: There is no such mission.
        RecordElsewhere: Another node keeps it.
        InvalidRecord: A time does not exist, or a rule is broken.
    """

    def put(items: tuple[ProgrammeItem, ...]) -> tuple[ProgrammeItem, ...]:
        others = tuple(one for one in items if one.key != item.key)
        return (*others, item)

    return await _change(store, caller, collective, mission_id, put, now=now)


async def drop_items(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    keys: Collection[str],
    *,
    now: str,
) -> Mission:
    """Take items out of a programme.

    Raises:
        ItemNotFound: One is not there; so for what `put_item` raises.
    """

    def drop(items: tuple[ProgrammeItem, ...]) -> tuple[ProgrammeItem, ...]:
        _ask_for(mission_id, items, keys)
        return tuple(one for one in items if one.key not in keys)

    return await _change(store, caller, collective, mission_id, drop, now=now)


async def confirm_items(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    keys: Collection[str],
    *,
    now: str,
) -> Mission:
    """Confirm proposals: from then on they are part of the programme.

    Raises:
        ItemNotFound: One is not there; so for what `put_item` raises.
    """

    def confirm(items: tuple[ProgrammeItem, ...]) -> tuple[ProgrammeItem, ...]:
        _ask_for(mission_id, items, keys)
        return tuple(
            msgspec.structs.replace(one, proposed=False) if one.key in keys else one
            for one in items
        )

    return await _change(store, caller, collective, mission_id, confirm, now=now)


async def propose_items(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    proposed: Sequence[ProgrammeItem],
    *,
    now: str,
) -> Mission:
    """Put proposals into a programme, in the place of those that nobody confirmed.

    Raises:
        InvalidRecord: A rule is broken; so for what `put_item` raises.
    """

    def propose(items: tuple[ProgrammeItem, ...]) -> tuple[ProgrammeItem, ...]:
        kept = tuple(one for one in items if not one.proposed)
        taken = {one.key for one in kept}
        added = []
        for item in proposed:
            key = free_key(taken, _PROPOSAL)
            taken.add(key)
            added.append(msgspec.structs.replace(item, key=key, proposed=True))
        return (*kept, *added)

    return await _change(store, caller, collective, mission_id, propose, now=now)


def free_key(taken: Collection[str], prefix: str = "item-") -> str:
    """Choose a key that no item has: the prefix with the first number that is free."""
    number = 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _ask_for(mission_id: str, items: Sequence[ProgrammeItem], keys: Collection[str]) -> None:
    known = {one.key for one in items}
    for key in keys:
        if key not in known:
            raise ItemNotFound(mission_id, key)


_Change = Callable[[tuple[ProgrammeItem, ...]], tuple[ProgrammeItem, ...]]


async def _change(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    change: _Change,
    *,
    now: str,
) -> Mission:
    tenant = collective.get(mission_id, Mission).tenant

    def changed(mission: Mission) -> Mission:
        after = msgspec.structs.replace(mission, programme=change(mission.programme))
        in_order = tuple(one.item for one in timed(after))
        return msgspec.structs.replace(after, programme=in_order)

    return await change_record(
        store, caller.in_tenant(tenant), mission_id, Mission, changed, now=now
    )
