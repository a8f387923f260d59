"""Working groups: members, tasks with their days, minutes."""

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.groups import (
    GroupView,
    TrackedTask,
    add_member,
    add_minutes,
    add_task,
    end_group,
    finish_task,
    group_view,
    plan_next_meeting,
    start_group,
    tasks_of,
)
from hanze.collaboration.records.cooperation import GroupMember, Minutes, WorkingGroup
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.league_records import (
    Freshness,
    HomeNode,
    freshness_of,
    home_of_record,
)
from hanze.web.api.collective.records import Named, named_if
from hanze.web.api.collective.visits import collective_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Handler, Id, Taken

__all__ = ["ROUTES"]


class ChoiceOfGroups(Taken, frozen=True):
    """Which working groups: of an accord, with a member, with late tasks."""

    accord: str | None = None
    party: str | None = None
    late: bool = False


class TaskTold(Answer, frozen=True):
    """A task; `state` is done, late or open, `days` until its day."""

    key: str
    title: Mapping[str, str]
    state: str
    owner: Named | None = None
    due: date | None = None
    done_on: date | None = None
    days: int | None = None


class GroupTold(Answer, frozen=True):
    """A working group; `others` are groups of the same accord that other parties keep."""

    id: str
    title: Mapping[str, str]
    members: Sequence[GroupMember]
    tasks: Sequence[TaskTold]
    late: int
    minutes: Sequence[Minutes] = ()
    accord: Named | None = None
    next_meeting: date | None = None
    ended_on: date | None = None
    others: Sequence[str] = ()
    home: HomeNode | None = None


class WorkingGroups(Answer, frozen=True):
    """Working groups of the league."""

    groups: Sequence[GroupTold]
    freshness: list[Freshness] = []


class AskedGroup(Taken, frozen=True):
    """The working group of an accord, and the party that keeps its record."""

    accord: Id
    party: Id
    title: Text | None = None


class AskedTask(Taken, frozen=True):
    """A task for the group, or for one of its members."""

    title: Text
    owner: Id | None = None
    due: date | None = None


class AskedDay(Taken, frozen=True):
    """A day; none takes it back."""

    on: date | None = None


async def list_groups(ask: Ask) -> WorkingGroups:
    """List working groups of all nodes."""
    choice = ask.parameters(ChoiceOfGroups)
    collective = await collective_of(ask)
    parts = freshness_of(collective, ask.now)
    found = [
        _told(group_view(collective, held.record.id, ask.today), collective, parts)
        for held in collective.of(WorkingGroup)
        if (choice.accord is None or held.record.accord == choice.accord)
        and (choice.party is None or choice.party in {one.party for one in held.record.members})
        and (not choice.late or any(t.state == "late" for t in tasks_of(held, ask.today)))
    ]
    return WorkingGroups(groups=found, freshness=parts)


async def show(ask: Ask) -> GroupTold:
    """Show a working group: members, tasks, what is late, minutes."""
    return await _shown(ask, ask.path("id"))


async def start(ask: Ask) -> GroupTold:
    """Start the working group of an accord; its parties are the first members."""
    asked = await ask.body(AskedGroup)
    made = await start_group(
        ask.node.store,
        ask.caller,
        await collective_of(ask),
        asked.accord,
        asked.party,
        title=asked.title,
        now=ask.now,
    )
    return await _shown(ask, made.id)


async def give_task(ask: Ask) -> GroupTold:
    """Give a working group a task."""
    asked = await ask.body(AskedTask)
    held = await _held(ask)
    await add_task(
        ask.node.store,
        ask.caller,
        held,
        asked.title,
        owner=asked.owner,
        due=asked.due,
        now=ask.now,
    )
    return await _shown(ask, held.record.id)


async def finish(ask: Ask) -> GroupTold:
    """Say on which day a task was done; no day takes that back."""
    asked = await ask.body(AskedDay)
    held = await _held(ask)
    await finish_task(ask.node.store, ask.caller, held, ask.path("key"), on=asked.on, now=ask.now)
    return await _shown(ask, held.record.id)


async def take_in(ask: Ask) -> GroupTold:
    """Take a member into a working group."""
    asked = await ask.body(GroupMember)
    held = await _held(ask)
    await add_member(ask.node.store, ask.caller, held, asked, now=ask.now)
    return await _shown(ask, held.record.id)


async def write_minutes(ask: Ask) -> GroupTold:
    """Add the minutes of a meeting: words, or a file by its hash."""
    asked = await ask.body(Minutes)
    held = await _held(ask)
    await add_minutes(ask.node.store, ask.caller, held, asked, now=ask.now)
    return await _shown(ask, held.record.id)


async def plan_meeting(ask: Ask) -> GroupTold:
    """Say when a working group meets next."""
    asked = await ask.body(AskedDay)
    held = await _held(ask)
    await plan_next_meeting(ask.node.store, ask.caller, held, asked.on, now=ask.now)
    return await _shown(ask, held.record.id)


async def end(ask: Ask) -> GroupTold:
    """Say that the work of a group is done; today where no day is told."""
    asked = await ask.body(AskedDay)
    held = await _held(ask)
    await end_group(ask.node.store, ask.caller, held, asked.on or ask.today, now=ask.now)
    return await _shown(ask, held.record.id)


async def _held(ask: Ask) -> Held[WorkingGroup]:
    return (await collective_of(ask)).get(ask.path("id"), WorkingGroup)


async def _shown(ask: Ask, group_id: str) -> GroupTold:
    collective = await collective_of(ask)
    view = group_view(collective, group_id, ask.today)
    return _told(view, collective, freshness_of(collective, ask.now))


def _told(view: GroupView, collective: Collective, parts: Sequence[Freshness]) -> GroupTold:
    group = view.held.record
    return GroupTold(
        id=group.id,
        title=group.title,
        members=[_member(one, collective) for one in group.members],
        tasks=[_task(one, collective) for one in view.tasks],
        late=len(view.late),
        minutes=group.minutes,
        accord=named_if(group.accord, collective),
        next_meeting=group.next_meeting,
        ended_on=group.ended_on,
        others=[one.record.id for one in view.others],
        home=home_of_record(view.held.home, parts),
    )


def _member(one: GroupMember, collective: Collective) -> GroupMember:
    """Leave a contact out that is not here: the end of its id may be a person's name."""
    is_here = one.contact is not None and collective.find(one.contact) is not None
    return one if is_here else replace(one, contact=None)


def _task(one: TrackedTask, collective: Collective) -> TaskTold:
    return TaskTold(
        key=one.task.key,
        title=one.task.title,
        state=one.state,
        owner=named_if(one.task.owner, collective),
        due=one.task.due,
        done_on=one.task.done_on,
        days=one.days,
    )


def _write(
    path: str, handler: Handler, body: type[Taken] | type[GroupMember] | type[Minutes], status: int
) -> ApiRoute:
    return ApiRoute(
        "POST",
        "/working-groups/{id:path}" + path,
        handler,
        GroupTold,
        body=body,
        writes=True,
        status=status,
    )


ROUTES = (
    ApiRoute("GET", "/working-groups", list_groups, WorkingGroups, ChoiceOfGroups),
    ApiRoute("POST", "/working-groups", start, GroupTold, body=AskedGroup, writes=True, status=201),
    _write("/tasks/{key}/done", finish, AskedDay, 200),
    _write("/tasks", give_task, AskedTask, 201),
    _write("/members", take_in, GroupMember, 201),
    _write("/minutes", write_minutes, Minutes, 201),
    _write("/next-meeting", plan_meeting, AskedDay, 200),
    _write("/end", end, AskedDay, 200),
    ApiRoute("GET", "/working-groups/{id:path}", show, GroupTold),
)
