"""Working groups: members, tasks with their days, minutes; what is late, and what the other side does.

A group's record is that of whose node keeps it. Where both sides keep one for the same accord, each
page shows the other's as well.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from msgspec.structs import replace

from hanze.broker.ports import Store, UnitOfWork
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.wording import group_title
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.records.cooperation import (
    Accord,
    GroupMember,
    GroupTask,
    Minutes,
    WorkingGroup,
)
from hanze.collaboration.records.record import Label
from hanze.collaboration.speaking import check_home
from hanze.collaboration.writing import change_record, create_in
from hanze.errors import Conflicting, NotFound
from hanze.identity.caller import Caller

__all__ = [
    "TASK_STATES",
    "GroupEnded",
    "GroupView",
    "TaskNotFound",
    "TaskState",
    "TrackedTask",
    "add_member",
    "add_minutes",
    "add_task",
    "end_group",
    "finish_task",
    "group_view",
    "groups_of",
    "plan_next_meeting",
    "start_group",
    "tasks_of",
]

TaskState = Literal["late", "open", "done"]
#: The most urgent first.
TASK_STATES: Final[tuple[TaskState, ...]] = ("late", "open", "done")


class TaskNotFound(NotFound):
    """A working group has no task of this key."""

    def __init__(self, group_id: str, key: str) -> None:
        super().__init__(f"{group_id} has no task {key[:100]}")
        self.field = "key"
        self.value = key[:100]


class GroupEnded(Conflicting):
    """The work of a group is done; what is to follow needs another group."""

    def __init__(self, group_id: str, on: date) -> None:
        super().__init__(f"{group_id} ended on {on}; it takes no more tasks and minutes")
        self.field = "endedOn"
        self.value = on.isoformat()


@dataclass(frozen=True, slots=True)
class TrackedTask:
    """A task, and where it stands.

    Attributes:
        group: Whose task it is.
        task: As the group records it.
        state: Late is what is open after its day.
        days: Until its day, negative when late; `None` for what is done or has no day.
    """

    group: Held[WorkingGroup]
    task: GroupTask
    state: TaskState
    days: int | None


@dataclass(frozen=True, slots=True)
class GroupView:
    """A working group, with what others of the same accord do.

    Attributes:
        held: Its record.
        accord: That it carries out, where that is here.
        tasks: Late ones first, then by day.
        others: Groups of the same accord that the other parties keep.
        days_to_meeting: Until the next meeting, negative where it has passed.
    """

    held: Held[WorkingGroup]
    accord: Held[Accord] | None
    tasks: tuple[TrackedTask, ...]
    others: tuple[Held[WorkingGroup], ...]
    days_to_meeting: int | None

    @property
    def late(self) -> tuple[TrackedTask, ...]:
        return tuple(one for one in self.tasks if one.state == "late")


def group_view(collective: Collective, group_id: str, today: date) -> GroupView:
    """Show a working group.

    Raises:
        RecordNotFound: There is none.
    """
    held = collective.get(group_id, WorkingGroup)
    named = collective.find(held.record.accord) if held.record.accord is not None else None
    accord = (
        Held(named.record, named.kept_in, named.modified_at, named.created_at, named.home)
        if named is not None and isinstance(named.record, Accord)
        else None
    )
    meeting = held.record.next_meeting
    others = groups_of(collective, accord.record.id) if accord is not None else ()
    return GroupView(
        held=held,
        accord=accord,
        tasks=tasks_of(held, today),
        others=tuple(one for one in others if one.record.id != group_id),
        days_to_meeting=None if meeting is None else (meeting - today).days,
    )


def groups_of(collective: Collective, accord_id: str) -> tuple[Held[WorkingGroup], ...]:
    """List the working groups of an accord, of all nodes, by their ids."""
    return collective.naming(accord_id, WorkingGroup, "accord")


def tasks_of(held: Held[WorkingGroup], today: date) -> tuple[TrackedTask, ...]:
    """Say where the tasks of a group stand: late ones first, then by day."""
    found = sorted(_tasks(held, today), key=_urgency)
    return tuple(found)


def _tasks(held: Held[WorkingGroup], today: date) -> Iterator[TrackedTask]:
    for task in held.record.tasks:
        if task.done_on is not None:
            yield TrackedTask(held, task, "done", None)
            continue
        days = None if task.due is None else (task.due - today).days
        yield TrackedTask(held, task, "late" if days is not None and days < 0 else "open", days)


def _urgency(one: TrackedTask) -> tuple[int, date, str]:
    return TASK_STATES.index(one.state), one.task.due or date.max, one.task.key


async def start_group(
    store: Store,
    caller: Caller,
    collective: Collective,
    accord_id: str,
    party: str,
    *,
    title: Label | None = None,
    now: str,
) -> WorkingGroup:
    """Start the working group of an accord, kept by one party: all parties are its members.

    Raises:
        RecordNotFound: There is no such accord.
        PartyElsewhere: The party has a node of its own, and this is not it.
        EntityAlreadyExists: The party keeps a group for this accord.
    """
    accord = collective.get(accord_id, Accord).record
    check_home(collective, party)
    group = WorkingGroup(
        id=f"urn:ngsi-ld:WorkingGroup:{party.rpartition(':')[2]}:{accord_id.rpartition(':')[2]}",
        title=title or group_title(accord.title),
        source_city=party,
        themes=accord.themes,
        provenance="entered",
        accord=accord_id,
        members=tuple(GroupMember(party=one) for one in accord.parties),
    )

    def unit(uow: UnitOfWork) -> WorkingGroup:
        return create_in(uow, in_tenant_of(uow.registers, caller, party), group, now=now)

    return await store.transact(unit)


async def add_task(
    store: Store,
    caller: Caller,
    held: Held[WorkingGroup],
    title: Label,
    *,
    owner: str | None = None,
    due: date | None = None,
    now: str,
) -> WorkingGroup:
    """Give the group a task; its key is made here (`_change`)."""
    task = GroupTask(key=secrets.token_hex(4), title=title, owner=owner, due=due)
    return await _change(
        store, caller, held, lambda group: replace(group, tasks=(*group.tasks, task)), now=now
    )


async def finish_task(
    store: Store,
    caller: Caller,
    held: Held[WorkingGroup],
    key: str,
    *,
    on: date | None,
    now: str,
) -> WorkingGroup:
    """Say on which day a task was done; `None` takes that back.

    Raises:
        TaskNotFound: The group has no such task; also as `_change`.
    """

    def finish(group: WorkingGroup) -> WorkingGroup:
        if all(task.key != key for task in group.tasks):
            raise TaskNotFound(group.id, key)
        tasks = (replace(one, done_on=on) if one.key == key else one for one in group.tasks)
        return replace(group, tasks=tuple(tasks))

    return await _change(store, caller, held, finish, now=now)


async def add_member(
    store: Store, caller: Caller, held: Held[WorkingGroup], member: GroupMember, *, now: str
) -> WorkingGroup:
    """Take a member in (`_change`)."""
    return await _change(
        store, caller, held, lambda group: replace(group, members=(*group.members, member)), now=now
    )


async def add_minutes(
    store: Store, caller: Caller, held: Held[WorkingGroup], minutes: Minutes, *, now: str
) -> WorkingGroup:
    """Add what a meeting said, in order of days; a next meeting of that day has been (`_change`)."""

    def add(group: WorkingGroup) -> WorkingGroup:
        several = sorted((*group.minutes, minutes), key=lambda one: one.on)
        was_next = group.next_meeting is not None and group.next_meeting <= minutes.on
        return replace(
            group, minutes=tuple(several), next_meeting=None if was_next else group.next_meeting
        )

    return await _change(store, caller, held, add, now=now)


async def plan_next_meeting(
    store: Store, caller: Caller, held: Held[WorkingGroup], on: date | None, *, now: str
) -> WorkingGroup:
    """Say when the group meets next (`_change`)."""
    return await _change(
        store, caller, held, lambda group: replace(group, next_meeting=on), now=now
    )


async def end_group(
    store: Store, caller: Caller, held: Held[WorkingGroup], on: date, *, now: str
) -> WorkingGroup:
    """Say that the work of the group is done (`_change`)."""
    return await _change(
        store,
        caller,
        held,
        lambda group: replace(group, ended_on=on, next_meeting=None),
        now=now,
    )


async def _change(
    store: Store,
    caller: Caller,
    held: Held[WorkingGroup],
    change: Callable[[WorkingGroup], WorkingGroup],
    *,
    now: str,
) -> WorkingGroup:
    """Change a group that is at work.

    Raises:
        RecordElsewhere: Another node keeps it.
        GroupEnded: Its work is done.
    """

    def changed(group: WorkingGroup) -> WorkingGroup:
        if group.ended_on is not None:
            raise GroupEnded(group.id, group.ended_on)
        return change(group)

    return await change_record(
        store, caller.in_tenant(held.tenant), held.record.id, WorkingGroup, changed, now=now
    )
