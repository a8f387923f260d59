"""Themes: who goes first, who does what by when, who chairs, whom to ask, and what runs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held, RecordNotFound
from hanze.collaboration.districts import updates_about
from hanze.collaboration.leadership import (
    CityTask,
    ThemeContact,
    add_task,
    add_turn,
    chair_next,
    chair_today,
    division,
    finish_task,
    lead_cities,
    ministry_contacts,
    propose_rotation,
)
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import BestPractice, Solution
from hanze.collaboration.records.projects import LivingLab, Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Chair, Task, Theme
from hanze.collaboration.vocabulary.concept import THEMES
from hanze.errors import InvalidInput
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt, label_given
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "show_one", "take"]

#: What runs in a theme, in the order of the page.
_RUNNING: Final[tuple[type[Record], ...]] = (
    Project,
    Demand,
    Solution,
    BestPractice,
    LivingLab,
    ResearchQuestion,
)
_NEWEST: Final = 6
_TONES: Final = {"late": "bad", "open": "going", "done": "good"}


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn of the chair."""

    city: Link
    since: date
    until: date
    now: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A theme in the list; parts of a theme have the contact of the whole."""

    card: Card
    href: str
    below: tuple[tuple[Said, str], ...]
    counts: tuple[tuple[str, int], ...]
    chair: _Turn | None
    following: _Turn | None
    leads: tuple[tuple[str, tuple[Link, ...]], ...]
    late: int
    contact: ThemeContact | None


@dataclass(frozen=True, slots=True)
class _Work:
    """A task of the division of work."""

    number: int
    city: Link
    text: Said
    badge: Badge
    due: date | None
    done_on: date | None
    days: int | None
    done: bool


async def show(desk: Desk) -> Response:
    """List the themes: the strategy's in its order, then the cities' own."""
    every = desk.collective.of(Theme)
    below = _below(every)
    contacts = {one.theme.record.id: one for one in ministry_contacts(desk.collective)}
    counted = _counted(desk)
    order = {name: number for number, name in enumerate(THEMES)}
    tops = sorted(
        (held for held in every if held.record.broader is None),
        key=lambda held: (order.get(held.record.notation or "", len(order)), held.record.id),
    )
    rows = [
        _row(desk, held, below, contacts.get(held.record.id), _sum(counted, held.record.id, below))
        for held in tops
    ]
    return desk.page(
        "themes.html",
        menu="themes",
        rows=[row for row in rows if row.card.held.record.notation in order],  # type: ignore[attr-defined]  # themes
        others=[row for row in rows if row.card.held.record.notation not in order],  # type: ignore[attr-defined]  # themes
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=Theme&language={desk.lang}"),
            ("JSON", "/api/v1/leadership"),
        ],
    )


async def show_one(desk: Desk) -> Response:
    """Show a theme by its notation, or by its id."""
    return _page(desk, _asked(desk))


async def take(desk: Desk, given: Given) -> Response:
    """Give a task, say that one is done, or decide who chairs."""
    held = _asked(desk)
    refused, status = await attempt(_written(desk, held, given))
    if refused is not None:
        return _page(desk, held, refused=refused, status=status)
    return RedirectResponse(desk.at(_path(held.record)) + "#work", 303)


async def _written(desk: Desk, held: Held[Theme], given: Given) -> None:
    store, caller = desk.visit.site.node.store, desk.writer(held.tenant)
    theme_id, now = held.record.id, desk.visit.now
    action = given.text("do")
    if action == "turn":
        since, until = given.day("since"), given.day("until")
        if since is None or until is None or not given.text("city"):
            raise InvalidInput("A turn must have a city, a first and a last day", field="since")
        turn = Chair(city=given.text("city"), since=since, until=until)
        await add_turn(store, caller, theme_id, turn, now=now)
    elif action == "done":
        number = given.text("number")
        place = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else -1
        await finish_task(store, caller, theme_id, place, on=desk.today, now=now)
    else:
        text = label_given(desk, given, "task")
        if not text or not given.text("city"):
            raise InvalidInput("A task must have a city and a text", field="task")
        task = Task(city=given.text("city"), task=text, due=given.day("due"))
        await add_task(store, caller, theme_id, task, now=now)


def _asked(desk: Desk) -> Held[Theme]:
    wanted = str(desk.visit.request.path_params["notation"])
    for held in desk.collective.of(Theme):
        if wanted in (held.record.notation, held.record.id):
            return held
    raise RecordNotFound(wanted, "theme")


def _path(theme: Theme) -> str:
    return f"/themes/{theme.notation or theme.id}"


def _page(desk: Desk, held: Held[Theme], *, refused: Refused = None, status: int = 200) -> Response:
    theme = held.record
    every = desk.collective.of(Theme)
    below = _below(every)
    contacts = {one.theme.record.id: one for one in ministry_contacts(desk.collective)}
    row = _row(desk, held, below, contacts.get(theme.id), _sum(_counted(desk), theme.id, below))
    family = {theme.id, *_family(theme.id, below)}
    newest = sorted(
        (
            one
            for kind in _RUNNING
            for one in desk.collective.of(kind)
            if not family.isdisjoint(one.record.themes)
        ),
        key=lambda one: (one.date, one.record.id),
        reverse=True,
    )
    candidates = list(dict.fromkeys((*theme.lead_cities, *(one.city for one in theme.chairs))))
    return desk.page(
        "theme.html",
        menu="themes",
        status=status,
        row=row,
        above=_above(desk, theme),
        running=[
            (kind.__name__, desk.kinds(kind.__name__), number)
            for kind, (_, number) in zip(_RUNNING, row.counts, strict=True)
            if number
        ],
        newest=desk.cards(newest[:_NEWEST]),
        turns=[_turn(desk, one) for one in sorted(theme.chairs, key=lambda one: one.since)],
        proposed=[
            _turn(desk, one.chair)
            for one in propose_rotation(theme.chairs, candidates, today=desk.today, turns=3)
        ],
        work=[_work(desk, one) for one in division(theme, desk.today)],
        updates=[(one.record, desk.card(one)) for one in updates_about(desk.collective, theme.id)],
        sdg=[(one, _goal(desk, one)) for one in theme.sdg],
        cities=[(one.id, one.label.text) for one in desk.cities],
        refused=refused,
        path=desk.at(_path(theme)),
        downloads=[
            ("CSV", f"/api/v1/records.csv?theme={theme.id}&language={desk.lang}"),
            ("JSON", f"/api/v1/leadership/{theme.id}"),
        ],
    )


def _row(
    desk: Desk,
    held: Held[Theme],
    below: Mapping[str, Sequence[Theme]],
    contact: ThemeContact | None,
    counts: Counter[type[Record]],
) -> _Row:
    theme = held.record
    present, following = chair_today(theme, desk.today), chair_next(theme, desk.today)
    leads = [
        (desk.name(country) if country else "", tuple(desk.link(one.city) for one in some))
        for country, some in lead_cities(desk.collective, theme).items()
    ]
    return _Row(
        card=desk.card(held),
        href=desk.at(_path(theme)),
        below=tuple((desk.title(one), desk.at(_path(one))) for one in below.get(theme.id, ())),
        counts=tuple((desk.kinds(kind.__name__), counts[kind]) for kind in _RUNNING),
        chair=_turn(desk, present) if present else None,
        following=_turn(desk, following) if following else None,
        leads=tuple(sorted(leads, key=lambda one: (not one[0], one[0]))),
        late=sum(one.state == "late" for one in division(theme, desk.today)),
        contact=contact,
    )


def _below(every: Iterable[Held[Theme]]) -> Mapping[str, Sequence[Theme]]:
    found: dict[str, list[Theme]] = {}
    for held in every:
        if held.record.broader is not None:
            found.setdefault(held.record.broader, []).append(held.record)
    return found


def _family(theme_id: str, below: Mapping[str, Sequence[Theme]]) -> set[str]:
    """Name the themes below one, at any depth."""
    found: set[str] = set()
    waiting = [theme_id]
    while waiting:
        for one in below.get(waiting.pop(), ()):
            if one.id not in found:
                found.add(one.id)
                waiting.append(one.id)
    return found


def _counted(desk: Desk) -> Mapping[type[Record], Sequence[tuple[str, ...]]]:
    return {kind: [one.record.themes for one in desk.collective.of(kind)] for kind in _RUNNING}


def _sum(
    counted: Mapping[type[Record], Sequence[tuple[str, ...]]],
    theme_id: str,
    below: Mapping[str, Sequence[Theme]],
) -> Counter[type[Record]]:
    """Count the records of a theme and those below it, each record once."""
    family = {theme_id, *_family(theme_id, below)}
    return Counter(
        {
            kind: sum(not family.isdisjoint(themes) for themes in several)
            for kind, several in counted.items()
        }
    )


def _above(desk: Desk, theme: Theme) -> list[tuple[str, str]]:
    """Lead from the top to the theme above this one."""
    steps: list[tuple[str, str]] = []
    seen = {theme.id}
    while theme.broader is not None and theme.broader not in seen:
        seen.add(theme.broader)
        held = desk.collective.find(theme.broader)
        if held is None or not isinstance(held.record, Theme):
            break
        theme = held.record
        steps.insert(0, (desk.title(theme).text, desk.at(_path(theme))))
    return steps


def _turn(desk: Desk, chair: Chair) -> _Turn:
    now = chair.since <= desk.today <= chair.until
    return _Turn(desk.link(chair.city), chair.since, chair.until, now)


def _work(desk: Desk, one: CityTask) -> _Work:
    return _Work(
        number=one.number,
        city=desk.link(one.task.city),
        text=desk.text(one.task.task),
        badge=Badge(desk.code("task", one.state), _TONES[one.state]),
        due=one.task.due,
        done_on=one.task.done_on,
        days=one.days,
        done=one.state == "done",
    )


def _goal(desk: Desk, code: str) -> str:
    """Name the goal that a target belongs to."""
    return desk.code("sdg", code.partition(".")[0])
