"""Cooperations with cities and regions abroad: where each stands, and what is due."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.collaboration.cooperating.reminders import SOON_DAYS, Reminder, reminders
from hanze.collaboration.cooperating.starting import MONTHS, WrongMonths, start_cooperation
from hanze.collaboration.cooperating.steps import CooperationView, cooperations
from hanze.collaboration.records.cooperation import (
    COOPERATION_STATUSES,
    Accord,
    Cooperation,
    CooperationStep,
    WorkingGroup,
)
from hanze.collaboration.records.places import Region
from hanze.web.portal.abroad.acting import LONGEST, act_on
from hanze.web.portal.collective.choosing import api_address, countries, named, path_of
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.entries import label_given
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.refusals import Filled
from hanze.web.portal.forms import Given

__all__ = [
    "STEP_TONES",
    "ReminderLine",
    "StepLine",
    "months_of",
    "reminder_lines",
    "show",
    "step_line",
    "take",
]

_COLUMNS: Final = (
    *("title", "party", "partner", "status", "done", "next_step", "due", "late", "id"),
)
#: State of a step → colour beside the words.
STEP_TONES: Final = {"done": "good", "late": "bad", "open": "going", "absent": "waiting"}
_FIELDS: Final = {"sourceCity": "party", "party": "party", "partner": "partner", "months": "months"}


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step in a row of five.

    Attributes:
        badge: Where it stands, both sides together.
        late: Names of the parties that are late.
    """

    number: int
    code: str
    name: str
    badge: Badge
    late: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReminderLine:
    """Something that is due.

    Attributes:
        when: In words: "3 days late".
        href: Of the page on which it is done.
    """

    kind: str
    title: str
    lang: str
    href: str
    parties: tuple[Link, ...]
    due: str
    days: int | None
    tone: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A cooperation in the list."""

    card: Card
    href: str
    badge: Badge
    parties: tuple[Link, ...]
    answered: bool
    steps: tuple[StepLine, ...]


async def show(desk: Desk) -> Response:
    """Show cooperations of the address; `format=csv` is the list as a file."""
    return await _page(desk, {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Start a cooperation."""

    async def start(given: Given) -> str:
        made = await start_cooperation(
            desk.visit.site.node.store,
            desk.writer(),
            desk.collective,
            Cooperation(
                id="",
                title={},
                party=given.text("party")[:2_000],
                partner=given.text("partner")[:2_000],
                since=given.day("since") or desk.today,
                goal=label_given(desk, given, "goal", most=LONGEST),
                themes=tuple(given.several("themes")),
            ),
            months=months_of(given.text("months")),
            now=desk.visit.now,
        )
        return desk.at(path_of("cooperations", made.id))

    async def again(filled: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return await _page(desk, filled, errors)

    return await act_on(desk, given, {"start": start}, again, about="Cooperation", fields=_FIELDS)


def months_of(text: str) -> tuple[int, ...]:
    """Read after how many months each step is due: "1, 2, 4, 6, 9"; the usual ones for nothing.

    Raises:
        WrongMonths: They are no whole numbers.
    """
    if not text:
        return MONTHS
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise WrongMonths(())
    return tuple(int(part) for part in parts)


def step_line(desk: Desk, view: CooperationView) -> tuple[StepLine, ...]:
    """Make the five steps ready to be shown in a row."""
    return tuple(
        StepLine(
            number=one.number,
            code=one.step,
            name=desk.code("step", one.step),
            badge=Badge(desk.code("stepState", one.state), STEP_TONES[one.state]),
            late=tuple(desk.name(party) for party in one.overdue_by),
        )
        for one in view.steps
    )


def reminder_lines(desk: Desk, several: Sequence[Reminder]) -> list[ReminderLine]:
    """Make what is due ready to be read."""
    return [_line(desk, one) for one in several]


def _line(desk: Desk, one: Reminder) -> ReminderLine:
    record = one.held.record
    if isinstance(record, CooperationStep):
        href = desk.at(path_of("cooperations", record.cooperation)) + f"#{record.step}"
    elif isinstance(record, Accord):
        href = desk.at(path_of("accords", record.id))
    elif isinstance(record, WorkingGroup):
        href = desk.at(path_of("working-groups", record.id))
    else:
        href = desk.path(record.id)
    said = desk.text(one.title)
    soon = one.days is not None and one.days <= SOON_DAYS
    return ReminderLine(
        kind=desk.code("reminder", one.kind),
        title=said.text,
        lang=said.lang,
        href=href,
        parties=tuple(desk.link(party) for party in one.parties),
        due=desk.day(one.due) if one.due else "",
        days=one.days,
        tone="bad" if one.is_late else "going" if soon else "waiting",
    )


async def _page(desk: Desk, filled: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    chosen = {name: desk.asked(name) for name in ("party", "country", "theme", "status", "late")}
    status = chosen["status"] if chosen["status"] in COOPERATION_STATUSES else ""
    views = cooperations(
        desk.collective,
        desk.today,
        party=chosen["party"] or None,
        country=chosen["country"] or None,
        theme=chosen["theme"] or None,
        status=status or None,
        late=bool(chosen["late"]),
    )
    if desk.asked("format") == "csv":
        return csv_file("cooperations", _COLUMNS, _cells(desk, views))
    due = reminders(desk.collective, desk.today, party=chosen["party"] or None)
    places = _places(desk)
    return desk.page(
        "cooperations.html",
        menu="cooperations",
        status=422 if errors else 200,
        rows=[_row(desk, one) for one in views],
        due=reminder_lines(desk, due),
        soon=SOON_DAYS,
        chosen=chosen,
        countries=countries(desk),
        parties=_parties(desk),
        places=places,
        statuses=desk.options("status", COOPERATION_STATUSES),
        months=", ".join(str(one) for one in MONTHS),
        filled=Filled(filled),
        errors=Filled(errors),
        downloads=[
            ("CSV", desk.at("/cooperations", **chosen, format="csv")),
            (
                "JSON",
                api_address(
                    "cooperations",
                    **{k: v for k, v in chosen.items() if k != "late"},
                    late="true" if chosen["late"] else "",
                ),
            ),
        ],
        feed=api_address("cooperations/reminders.ics", party=chosen["party"], language=desk.lang),
    )


def _places(desk: Desk) -> list[tuple[str, str]]:
    """Offer who can be a side: cities and regions, those that shared something first."""
    regions = named(desk.link(held.record.id) for held in desk.collective.of(Region))
    return [(link.id, link.label.text) for link in desk.cities] + regions


def _parties(desk: Desk) -> list[tuple[str, str]]:
    """Offer those that take part in any cooperation."""
    found = {
        party
        for held in desk.collective.of(Cooperation)
        for party in (held.record.party, held.record.partner)
    }
    return named(desk.link(party) for party in found)


def _row(desk: Desk, view: CooperationView) -> _Row:
    record = view.held.record
    tone = {"active": "going", "ended": "good"}.get(record.status, "waiting")
    return _Row(
        card=desk.card(view.held),
        href=desk.at(path_of("cooperations", record.id)),
        badge=Badge(desk.code("status", record.status, "Cooperation"), tone),
        parties=tuple(desk.link(side.party) for side in view.sides),
        answered=view.partner.held is not None,
        steps=step_line(desk, view),
    )


def _cells(
    desk: Desk, views: Sequence[CooperationView]
) -> Iterator[tuple[str | float | None, ...]]:
    for one in views:
        following = one.next
        due = [side.due for side in following.sides if side.due] if following else []
        yield (
            desk.title(one.held.record).text,
            desk.name(one.own.party),
            desk.name(one.partner.party),
            one.held.record.status,
            one.done,
            following.step if following else None,
            min(due).isoformat() if due else None,
            "; ".join(
                f"{step.step}: {', '.join(desk.name(party) for party in step.overdue_by)}"
                for step in one.overdue
            ),
            one.held.record.id,
        )
