"""One cooperation: the five steps, what each side did of them, and what fits by matching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace
from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.cooperating.proposals import (
    Proposed,
    listed_challenges,
    propose_solutions,
)
from hanze.collaboration.cooperating.reminders import reminders
from hanze.collaboration.cooperating.starting import (
    MONTHS,
    add_meeting,
    answer_cooperation,
    change_step,
    take_up_counterpart,
)
from hanze.collaboration.cooperating.steps import (
    CooperationView,
    SideOfStep,
    StepView,
    cooperation_view,
    state_of_step,
)
from hanze.collaboration.records.cooperation import (
    COOPERATION_STATUSES,
    Accord,
    Cooperation,
    CooperationStep,
)
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.speaking import PartyElsewhere, check_home
from hanze.collaboration.writing import change_record
from hanze.errors import InvalidInput
from hanze.web.portal.abroad.acting import LONGEST, Again, act_on
from hanze.web.portal.abroad.cooperations import (
    STEP_TONES,
    StepLine,
    months_of,
    reminder_lines,
    step_line,
)
from hanze.web.portal.abroad.files_of import FileLine, file_lines
from hanze.web.portal.abroad.fitting import fitting, proposals
from hanze.web.portal.collective.choosing import api_address, named, path_of
from hanze.web.portal.collective.desk import Badge, Desk, KeptBy, Link
from hanze.web.portal.collective.entries import new_text
from hanze.web.portal.collective.refusals import Filled
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given, NoDay

__all__ = ["file_box", "show", "show_again", "take"]

_FIELDS: Final = {"months": "months", "status": "status", "until": "until", "on": "on"}
#: Field of a step's record → field of its form, of which there are several on the page.
_OF_STEP: Final = {
    **{name: name for name in ("contact", "challenges", "records", "progress", "due", "done_on")},
    "doneOn": "done_on",
    "documents": "progress",
}
_DONE: Final = ("answer", "link", "step", "meeting", "status", "start", "file")
#: Steps that are due later are in their own place on the page.
_AHEAD_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class _Recorded:
    """One side's record of a step.

    Attributes:
        key: Names its form on the page.
        mine: Whether the reader may change it here.
    """

    id: str
    key: str
    step: str
    badge: Badge
    due: str
    done_on: str
    days: int | None
    contact: Link | None
    challenges: tuple[Link, ...]
    records: tuple[Link, ...]
    progress: Said
    files: tuple[FileLine, ...]
    mine: bool
    filled: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Side:
    """A side of a step."""

    party: Link
    state: Badge
    records: tuple[_Recorded, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """A step with both its sides."""

    line: StepLine
    hint: str
    sides: tuple[_Side, ...]


@dataclass(frozen=True, slots=True)
class _Party:
    """A side of the cooperation."""

    link: Link
    answered: bool
    status: Badge | None
    since: str
    goal: Said
    interests: tuple[Link, ...]
    home: KeptBy | None


async def show(desk: Desk) -> Response:
    """Show a cooperation."""
    return await _page(desk, _view(desk), {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Do what one of the page's forms asks for."""
    view = _view(desk)
    store, now = desk.visit.site.node.store, desk.visit.now

    async def answer(given: Given) -> str:
        made = await answer_cooperation(
            store,
            desk.writer(),
            desk.collective,
            view.held.record.id,
            months=months_of(given.text("months")),
            now=now,
        )
        return desk.at(path_of("cooperations", made.id))

    async def link(_: Given) -> None:
        await take_up_counterpart(store, desk.writer(), view, now=now)

    async def step(given: Given) -> None:
        held = desk.collective.get(given.text("step"), CooperationStep)
        await change_step(
            store, desk.writer(), held, lambda before: _changed(desk, before, given), now=now
        )

    async def meeting(given: Given) -> None:
        on = given.day("on")
        if on is None:
            raise NoDay("on", "")
        await add_meeting(store, desk.writer(), view.held, on, now=now)

    async def status(given: Given) -> None:
        await _change_status(desk, view.held, given)

    actions = {"answer": answer, "link": link, "step": step, "meeting": meeting, "status": status}
    key = _key(given.text("step"))
    fields = _FIELDS if not key else {name: f"{ours}-{key}" for name, ours in _OF_STEP.items()}
    again = show_again(desk)
    return await act_on(desk, given, actions, again, about="CooperationStep", fields=fields)


def show_again(desk: Desk) -> Again:
    """Give what shows the page again, to who takes a form of it elsewhere."""

    async def again(filled: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return await _page(desk, _view(desk), filled, errors)

    return again


def file_box(step_id: str) -> str:
    """Name where the page asks for a step's file."""
    return f"file-{_key(step_id)}"


def _view(desk: Desk) -> CooperationView:
    return cooperation_view(desk.collective, str(desk.visit.request.path_params["id"]), desk.today)


def _key(step_id: str) -> str:
    """Name the form of a step's record on the page."""
    return step_id.rpartition(":")[2][:200]


def _changed(desk: Desk, before: CooperationStep, given: Given) -> CooperationStep:
    """Take what the form of a step asks; fields that it does not have stay."""
    after = replace(
        before,
        due=given.day("due"),
        done_on=given.day("done_on"),
        progress=new_text(desk, before.progress, given.text("progress")[:LONGEST]),
    )
    if "contact" in given:
        after = replace(after, contact=given.text("contact") or None)
    if "challenges_asked" in given:
        after = replace(after, challenges=tuple(given.several("challenges")))
    if "records" in given:
        after = replace(after, records=tuple(given.several("records")))
    return after


async def _change_status(desk: Desk, held: Held[Cooperation], given: Given) -> None:
    status = given.text("status")
    if status not in COOPERATION_STATUSES:
        raise InvalidInput("There is no such status", field="status", value=status)
    until = given.day("until") or (desk.today if status == "ended" else None)
    goal = new_text(desk, held.record.goal, given.text("goal")[:LONGEST])
    await change_record(
        desk.visit.site.node.store,
        desk.writer(held.tenant),
        held.record.id,
        Cooperation,
        lambda before: replace(
            before, status=status, until=until if status == "ended" else None, goal=goal
        ),
        now=desk.visit.now,
    )


async def _page(
    desk: Desk,
    view: CooperationView,
    filled: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    record = view.held.record
    node = desk.visit.site.node
    listed = listed_challenges(desk.collective, view)
    proposed: Sequence[Proposed] = ()
    if listed:
        proposed = await propose_solutions(
            node.matchmaker, desk.collective, view, now=desk.visit.now
        )
    done = desk.asked("done")
    ids = {one.record.id for step in view.steps for side in step.sides for one in side.records}
    due = reminders(desk.collective, desk.today, within_days=_AHEAD_DAYS, kinds=("step",))
    return desk.page(
        "cooperation.html",
        menu="cooperations",
        status=422 if errors else 200,
        card=desk.card(view.held),
        record=record,
        goal=desk.text(record.goal),
        parties=[_party(desk, view, number) for number in (0, 1)],
        steps=[_step(desk, view, one) for one in view.steps],
        due=reminder_lines(desk, [one for one in due if one.held.record.id in ids]),
        proposed=proposals(desk, proposed),
        fitting=fitting(desk, proposed),
        challenges=listed,
        accords=[
            desk.link(held.record.id)
            for held in desk.collective.of(Accord)
            if {view.own.party, view.partner.party} <= set(held.record.parties)
        ],
        may_answer=_may_answer(desk, view),
        elsewhere=_elsewhere(desk, view),
        may_link=_may_link(desk, view),
        may_change=desk.may_write and view.held.home is None,
        contacts=_contacts(desk, view),
        demands=_demands(desk, view),
        statuses=desk.options("status", COOPERATION_STATUSES),
        own_goal=record.goal.get(desk.lang, ""),
        months=", ".join(str(one) for one in MONTHS),
        done=done if done in _DONE else "",
        opened=filled.get("step") or filled.get("action", ""),
        filled=Filled(filled),
        errors=Filled(errors),
        download=api_address(path_of("cooperations", record.id)[1:]),
    )


def _party(desk: Desk, view: CooperationView, number: int) -> _Party:
    side = view.sides[number]
    if side.held is None:
        return _Party(desk.link(side.party), False, None, "", Said(""), (), None)
    record = side.held.record
    tone = {"active": "going", "ended": "good"}.get(record.status, "waiting")
    return _Party(
        link=desk.link(side.party),
        answered=True,
        status=Badge(desk.code("status", record.status, "Cooperation"), tone),
        since=desk.day(record.since) if record.since else "",
        goal=desk.text(record.goal),
        interests=tuple(desk.link(theme) for theme in record.interests),
        home=desk.home(side.held),
    )


def _step(desk: Desk, view: CooperationView, one: StepView) -> _Step:
    line = step_line(desk, view)[one.number - 1]
    return _Step(
        line=line,
        hint=desk.code("stepHint", one.step),
        sides=tuple(_side(desk, side) for side in one.sides),
    )


def _side(desk: Desk, side: SideOfStep) -> _Side:
    return _Side(
        party=desk.link(side.party),
        state=Badge(desk.code("stepState", side.state), STEP_TONES[side.state]),
        records=tuple(_recorded(desk, held) for held in side.records),
    )


def _recorded(desk: Desk, held: Held[CooperationStep]) -> _Recorded:
    record = held.record
    state = state_of_step(record, desk.today)
    left = record.due is not None and record.done_on is None
    return _Recorded(
        id=record.id,
        key=_key(record.id),
        step=record.step,
        badge=Badge(desk.code("stepState", state), STEP_TONES[state]),
        due=desk.day(record.due) if record.due else "",
        done_on=desk.day(record.done_on) if record.done_on else "",
        days=(record.due - desk.today).days if left and record.due is not None else None,
        contact=desk.link(record.contact) if record.contact else None,
        challenges=tuple(desk.link(one) for one in record.challenges),
        records=tuple(desk.link(one) for one in record.records),
        progress=desk.text(record.progress),
        files=file_lines(desk, held, record.documents),
        mine=desk.may_write and held.home is None,
        filled={
            "due": record.due.isoformat() if record.due else "",
            "done_on": record.done_on.isoformat() if record.done_on else "",
            "contact": record.contact or "",
            "progress": record.progress.get(desk.lang, ""),
        },
    )


def _may_answer(desk: Desk, view: CooperationView) -> bool:
    return desk.may_write and view.partner.held is None and _elsewhere(desk, view) is None


def _elsewhere(desk: Desk, view: CooperationView) -> PartyElsewhere | None:
    """Say which node the side that has not answered has, where that is another."""
    if view.partner.held is not None:
        return None
    try:
        check_home(desk.collective, view.partner.party)
    except PartyElsewhere as found:
        return found
    return None


def _may_link(desk: Desk, view: CooperationView) -> bool:
    other = view.partner.held
    own = view.held
    return (
        desk.may_write
        and other is not None
        and own.home is None
        and own.record.counterpart != other.record.id
    )


def _contacts(desk: Desk, view: CooperationView) -> list[tuple[str, str]]:
    """Offer the contacts of both sides that are known; those of all where there are none."""
    sides = {side.party for side in view.sides}
    every = desk.collective.of(Contact)
    own = [one for one in every if sides & {one.record.organization, one.city}]
    return named(desk.link(one.record.id) for one in own or every)


def _demands(desk: Desk, view: CooperationView) -> list[tuple[str, str]]:
    sides = {side.party for side in view.sides}
    return named(
        desk.link(held.record.id) for held in desk.collective.of(Demand) if held.city in sides
    )
