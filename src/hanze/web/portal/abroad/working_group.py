"""A working group: members, tasks with their days, minutes, and what is late."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import Held
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
    tasks_of,
)
from hanze.collaboration.cooperating.reminders import reminders
from hanze.collaboration.records.cooperation import (
    Document,
    GroupMember,
    Minutes,
    WorkingGroup,
)
from hanze.collaboration.records.organisations import Contact
from hanze.errors import InvalidInput
from hanze.web.portal.abroad.accord_form import possible_parties
from hanze.web.portal.abroad.acting import LONGEST, Again, act_on
from hanze.web.portal.abroad.cooperations import reminder_lines
from hanze.web.portal.abroad.files_of import FileLine, file_lines
from hanze.web.portal.collective.choosing import api_address, named, path_of
from hanze.web.portal.collective.desk import Badge, Desk, KeptBy, Link
from hanze.web.portal.collective.entries import label_given
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.refusals import Filled
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "show_again", "take"]

_TONES: Final = {"done": "good", "late": "bad", "open": "going"}
_FIELDS: Final = {
    "title": "title",
    "due": "due",
    "on": "on",
    "next": "next",
    "members": "party",
    "endedOn": "ended",
    "minutes": "text",
}
_DONE: Final = frozenset({"task", "finish", "member", "minutes", "next", "end", "group", "file"})
_COLUMNS: Final = ("key", "title", "owner", "due", "done_on", "state", "days")


@dataclass(frozen=True, slots=True)
class _Task:
    """A task."""

    key: str
    title: Said
    owner: Link | None
    due: str
    done_on: str
    days: int | None
    badge: Badge
    open: bool


@dataclass(frozen=True, slots=True)
class _Minutes:
    """What a meeting said."""

    on: str
    text: Said
    files: tuple[FileLine, ...]


async def show(desk: Desk) -> Response:
    """Show a working group; `format=csv` is its tasks as a file."""
    view = _view(desk)
    if desk.asked("format") == "csv":
        return csv_file("tasks", _COLUMNS, (_cells(desk, one) for one in view.tasks))
    return await _page(desk, view, {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Do what one of the page's forms asks for."""
    view = _view(desk)
    held, caller, now = view.held, desk.writer(), desk.visit.now
    store = desk.visit.site.node.store

    async def task(given: Given) -> None:
        title = label_given(desk, given, "title", most=LONGEST)
        if not title:
            raise InvalidInput("A task must have a title", field="title")
        owner, due = given.text("owner") or None, given.day("due")
        await add_task(store, caller, held, title, owner=owner, due=due, now=now)

    async def finish(given: Given) -> None:
        on = None if given.text("undo") else given.day("on") or desk.today
        await finish_task(store, caller, held, given.text("key")[:200], on=on, now=now)

    async def member(given: Given) -> None:
        party = given.text("party")[:2_000]
        if not party:
            raise InvalidInput("A member must be somebody", field="members")
        one = GroupMember(
            party=party,
            role=label_given(desk, given, "role", most=LONGEST),
            contact=given.text("contact") or None,
        )
        await add_member(store, caller, held, one, now=now)

    async def minutes(given: Given) -> None:
        text = label_given(desk, given, "text", most=LONGEST)
        if not text:
            raise InvalidInput("Minutes must say something", field="minutes")
        one = Minutes(on=given.day("on") or desk.today, text=text)
        await add_minutes(store, caller, held, one, now=now)

    async def following(given: Given) -> None:
        await plan_next_meeting(store, caller, held, given.day("next"), now=now)

    async def end(given: Given) -> None:
        await end_group(store, caller, held, given.day("ended") or desk.today, now=now)

    actions = {
        **{"task": task, "finish": finish, "member": member, "minutes": minutes},
        **{"next": following, "end": end},
    }
    return await act_on(
        desk, given, actions, show_again(desk), about="WorkingGroup", fields=_FIELDS
    )


def show_again(desk: Desk) -> Again:
    """Give what shows the page again, to who takes a form of it elsewhere."""
    view = _view(desk)

    async def again(filled: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return await _page(desk, view, filled, errors)

    return again


def _view(desk: Desk) -> GroupView:
    return group_view(desk.collective, str(desk.visit.request.path_params["id"]), desk.today)


async def _page(
    desk: Desk, view: GroupView, filled: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    group = view.held.record
    due = [one for one in reminders(desk.collective, desk.today) if one.held.record.id == group.id]
    done = desk.asked("done")
    path = path_of("working-groups", group.id)
    meeting = group.next_meeting
    return desk.page(
        "working_group.html",
        menu="accords",
        status=422 if errors else 200,
        card=desk.card(view.held),
        group=group,
        accord=_accord(desk, view),
        members=[_member(desk, one) for one in group.members],
        tasks=[_task(desk, one) for one in view.tasks],
        late=len(view.late),
        due=reminder_lines(desk, due),
        minutes=[_said(desk, view.held, one) for one in reversed(group.minutes)],
        others=[_other(desk, one) for one in view.others],
        meeting=desk.day(meeting) if meeting is not None else "",
        meeting_value=meeting.isoformat() if meeting is not None else "",
        days_to_meeting=view.days_to_meeting,
        ended=desk.day(group.ended_on) if group.ended_on is not None else "",
        mine=desk.may_write and view.held.home is None and group.ended_on is None,
        owners=[(one.party, desk.name(one.party)) for one in group.members],
        parties=possible_parties(desk),
        contacts=named(desk.link(one.record.id) for one in desk.collective.of(Contact)),
        today=desk.today.isoformat(),
        done=done if done in _DONE else "",
        opened=filled.get("action", ""),
        filled=Filled(filled),
        errors=Filled(errors),
        downloads=[
            ("CSV", desk.at(path, format="csv")),
            ("JSON", api_address(path[1:])),
        ],
        feeds=[
            (
                desk.name(one.party),
                api_address("cooperations/reminders.ics", party=one.party, language=desk.lang),
            )
            for one in {member.party: member for member in group.members}.values()
        ],
    )


def _accord(desk: Desk, view: GroupView) -> Link | None:
    if view.accord is None:
        return None
    record = view.accord.record
    return Link(desk.title(record), desk.at(path_of("accords", record.id)), "", record.id)


def _member(desk: Desk, one: GroupMember) -> tuple[Link, Said, Link | None]:
    contact = desk.link(one.contact) if one.contact is not None else None
    return desk.link(one.party), desk.text(one.role), contact


def _task(desk: Desk, one: TrackedTask) -> _Task:
    task = one.task
    return _Task(
        key=task.key,
        title=desk.text(task.title),
        owner=desk.link(task.owner) if task.owner is not None else None,
        due=desk.day(task.due) if task.due is not None else "",
        done_on=desk.day(task.done_on) if task.done_on is not None else "",
        days=one.days,
        badge=Badge(desk.code("taskState", one.state), _TONES[one.state]),
        open=one.state != "done",
    )


def _said(desk: Desk, held: Held[WorkingGroup], one: Minutes) -> _Minutes:
    files = (
        (Document(title=held.record.title, sha256=one.document),)
        if one.document is not None
        else ()
    )
    return _Minutes(desk.day(one.on), desk.text(one.text), file_lines(desk, held, files))


def _other(desk: Desk, held: Held[WorkingGroup]) -> tuple[Link, str, KeptBy | None, list[_Task]]:
    """The group of another party for the same accord: which, whose, and its own tasks."""
    record = held.record
    link = Link(desk.title(record), desk.at(path_of("working-groups", record.id)), "", record.id)
    whose = desk.name(held.city) if held.city is not None else link.label.text
    return link, whose, desk.home(held), [_task(desk, one) for one in tasks_of(held, desk.today)]


def _cells(desk: Desk, one: TrackedTask) -> tuple[str | float | None, ...]:
    task = one.task
    return (
        task.key,
        desk.text(task.title).text,
        desk.name(task.owner) if task.owner is not None else None,
        task.due.isoformat() if task.due is not None else None,
        task.done_on.isoformat() if task.done_on is not None else None,
        one.state,
        one.days,
    )
