"""What became of missions: results and follow-ups of the whole league, late ones first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import unquote

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.missions.following import Told, add_follow_up, update_follow_up
from hanze.collaboration.missions.outcomes import STATES, Tracked, count, tracked
from hanze.collaboration.records.missions import (
    FOLLOW_UP_KINDS,
    FOLLOW_UP_STATUSES,
    FollowUp,
    Mission,
)
from hanze.collaboration.reporting.texts import CODES
from hanze.errors import InvalidInput
from hanze.web.portal.collective.choosing import api_address, countries, named, path_of
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.entries import (
    Refused,
    attempt,
    label_given,
    new_id,
)
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.paging import PAGE_SIZE, page_asked, pages_to
from hanze.web.portal.collective.refusals import refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_TONES: Final = {"late": "bad", "open": "going", "done": "good", "dropped": "waiting"}
_FILTERS: Final = ("state", "theme", "country", "owner", "mission")
_COLUMNS: Final = (
    *("id", "title", "kind", "state", "on", "due", "days", "done_on", "owner", "owner_name"),
    *("mission", "mission_title", "became", "last_told", "kept_by"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A result or follow-up in the list.

    Attributes:
        kind: A result, or what is to follow, in words.
        report: Address of the report of its mission.
        due: In words; `days` until then, negative when it has passed.
        became: Each with where it stands now.
        told: Day in words and text, the latest first.
        is_ours: Whether it can be changed here.
    """

    card: Card
    kind: str
    owner: Link | None
    mission: Link | None
    report: str
    on: str
    due: str
    days: int | None
    ended: str
    became: tuple[tuple[Link, Badge | None], ...]
    told: tuple[tuple[str, Said], ...]
    is_ours: bool


async def show(desk: Desk) -> Response:
    """List what became of missions; `format=csv` is the list as a file."""
    return _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Tell what became of one, or add one."""
    refused, status = await attempt(_written(desk, given))
    if refused is not None:
        return _page(desk, given=given, refused=refused, status=status)
    kept = {name: desk.asked(name) for name in _FILTERS}
    return RedirectResponse(desk.at("/follow-ups", **kept, done="1"), 303)


async def _written(desk: Desk, given: Given) -> None:
    store, now = desk.visit.site.node.store, desk.visit.now
    if given.text("do") == "add":
        record = _new(desk, given)
        await add_follow_up(store, desk.writer(), desk.collective, record, now=now)
        return
    status = given.text("status")
    told = Told(
        text=label_given(desk, given, "text"),
        status=next((one for one in FOLLOW_UP_STATUSES if one == status), None),
        due=given.day("due"),
        became=_records(given),
    )
    await update_follow_up(
        store, desk.writer(), desk.collective, given.text("id"), told, on=desk.today, now=now
    )


def _new(desk: Desk, given: Given) -> FollowUp:
    title = label_given(desk, given, "title")
    if not title:
        raise InvalidInput("A result or follow-up must have a title", field="title")
    mission = desk.collective.get(given.text("mission"), Mission)
    kind = given.text("kind") if given.text("kind") in FOLLOW_UP_KINDS else FOLLOW_UP_KINDS[1]
    on = given.day("on") or desk.today
    is_done = given.text("reached") == "yes"
    return FollowUp(
        id=new_id(FollowUp, mission.record.source_city),
        title=title,
        kind=kind,
        mission=mission.record.id,
        on=on,
        due=given.day("due"),
        owner=given.text("owner") or None,
        status="done" if is_done else "open",
        done_on=on if is_done else None,
    )


def _records(given: Given) -> tuple[str, ...]:
    """Read what came of it: an id, or the address of its page as a browser shows it."""
    found = (text.rpartition("/record/")[2].partition("?")[0] for text in given.several("became"))
    return tuple(unquote(text.partition("#")[0]) for text in found if text)


def _page(
    desk: Desk, *, given: Given | None = None, refused: Refused = None, status: int = 200
) -> Response:
    chosen = {name: desk.asked(name) for name in _FILTERS}
    every = tracked(
        desk.collective,
        desk.today,
        mission=chosen["mission"] or None,
        owner=chosen["owner"] or None,
        country=chosen["country"] or None,
        theme=chosen["theme"] or None,
    )
    found = [one for one in every if chosen["state"] in ("", one.state)]
    if desk.asked("format") == "csv":
        return csv_file("follow-ups", _COLUMNS, _cells(desk, found))
    page = page_asked(desk.asked("page"))
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    counts = count(every)
    return desk.page(
        "follow_ups.html",
        menu="follow-ups",
        status=status,
        chosen=chosen,
        states=[(state, _state(desk, state)) for state in STATES],
        counts=[(_state(desk, state), desk.number(counts[state])) for state in STATES],
        countries=countries(desk),
        owners=_owners(desk),
        missions=_missions(desk, only_ours=False),
        our_missions=_missions(desk, only_ours=True),
        kinds=[(code, desk.code("kind", code)) for code in FOLLOW_UP_KINDS],
        statuses=[(code, _state(desk, code)) for code in FOLLOW_UP_STATUSES],
        rows=[_row(desk, one) for one in shown],
        total=len(found),
        here=page,
        here_path=desk.at("/follow-ups", **chosen),
        pages=pages_to(len(found), page, lambda p: desk.at("/follow-ups", **chosen, page=p)),
        given=given or Given({}),
        errors=refusal(desk, refused, "FollowUp", {}) if refused is not None else {},
        done=bool(desk.asked("done")),
        downloads=[
            ("CSV", desk.at("/follow-ups", **chosen, format="csv")),
            ("JSON", api_address("follow-ups", **chosen)),
        ],
    )


def _state(desk: Desk, state: str) -> str:
    return CODES[f"state {state}"][desk.lang]


def _owners(desk: Desk) -> list[tuple[str, str]]:
    owners = {held.record.owner for held in desk.collective.of(FollowUp)}
    return named(desk.link(owner) for owner in owners if owner is not None)


def _missions(desk: Desk, *, only_ours: bool) -> list[tuple[str, str]]:
    asked = {held.record.mission for held in desk.collective.of(FollowUp)}
    return named(
        desk.link(held.record.id)
        for held in desk.collective.of(Mission)
        if (held.home is None if only_ours else held.record.id in asked)
    )


def _row(desk: Desk, one: Tracked) -> _Row:
    record = one.held.record
    mission = desk.collective.find(record.mission) if record.mission else None
    card = desk.card(one.held)
    return _Row(
        card=replace(card, badge=Badge(_state(desk, one.state), _TONES[one.state]), facts=()),
        kind=desk.code("kind", record.kind),
        owner=desk.link(record.owner) if record.owner else None,
        mission=desk.link(record.mission) if record.mission else None,
        report=desk.at(path_of("missions", mission.record.id, "/report")) if mission else "",
        on=desk.day(record.on),
        due=_day(desk, record.due),
        days=one.days,
        ended=_day(desk, record.done_on),
        became=tuple(_came(desk, record_id) for record_id in record.became),
        told=tuple((desk.day(told.on), desk.text(told.text)) for told in reversed(record.updates)),
        is_ours=one.held.home is None,
    )


def _came(desk: Desk, record_id: str) -> tuple[Link, Badge | None]:
    held = desk.collective.find(record_id)
    return desk.link(record_id), desk.badge(held.record) if held is not None else None


def _day(desk: Desk, day: date | None) -> str:
    return desk.day(day) if day is not None else ""


def _cells(desk: Desk, found: Sequence[Tracked]) -> Iterator[tuple[str | int | None, ...]]:
    for one in found:
        record = one.held.record
        last = record.updates[-1].text if record.updates else {}
        home = desk.home(one.held)
        yield (
            record.id,
            desk.title(record).text,
            record.kind,
            one.state,
            record.on.isoformat(),
            record.due.isoformat() if record.due else None,
            one.days,
            record.done_on.isoformat() if record.done_on else None,
            record.owner,
            desk.name(record.owner) if record.owner else None,
            record.mission,
            desk.name(record.mission) if record.mission else None,
            " ".join(record.became),
            desk.text(last).text,
            home.node if home else None,
        )
