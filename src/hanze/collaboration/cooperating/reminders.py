"""What is due soon or late in cooperations across borders: tasks, steps, meetings, signatures."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.accords import accord_state
from hanze.collaboration.cooperating.groups import tasks_of
from hanze.collaboration.cooperating.wording import STEP_NAMES
from hanze.collaboration.feeds import FeedEntry
from hanze.collaboration.months import months_later
from hanze.collaboration.records.cooperation import (
    Accord,
    Cooperation,
    CooperationStep,
    WorkingGroup,
)
from hanze.collaboration.records.record import Label, Record, text_of

__all__ = [
    "REMINDER_KINDS",
    "REMINDER_TEXTS",
    "SOON_DAYS",
    "Reminder",
    "ReminderKind",
    "reminder_entries",
    "reminders",
]

ReminderKind = Literal["task", "step", "meeting", "signature", "accord-ends"]
REMINDER_KINDS: Final[tuple[ReminderKind, ...]] = (
    *("task", "step", "meeting", "signature", "accord-ends"),
)
#: The same, by language.
REMINDER_TEXTS: Final[Mapping[str, Label]] = {
    "task": {"nl": "Taak", "en": "Task", "ko": "할 일"},
    "step": {"nl": "Stap", "en": "Step", "ko": "단계"},
    "meeting": {"nl": "Overleg", "en": "Meeting", "ko": "회의"},
    "signature": {"nl": "Wacht op handtekening", "en": "Waits for a signature", "ko": "서명 대기"},
    "accord-ends": {"nl": "Overeenkomst loopt af", "en": "Agreement ends", "ko": "협약 종료"},
}
#: What is due within so many days is told, where nobody says otherwise.
SOON_DAYS: Final = 14
#: An accord that ends is told so many months before: that is what a successor takes.
_BEFORE_END_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that a party is to do, or that happens to it.

    Attributes:
        uid: Names it, whatever day it is on.
        kind: One of `REMINDER_KINDS`.
        held: The record that says so.
        parties: Who is to do it; of a meeting or an end, all that it is about.
        title: By language.
        due: The day; `None` where it waits without one.
        days: Until then, negative when late; `None` where there is no day.
    """

    uid: str
    kind: ReminderKind
    held: Held[Record]
    parties: tuple[str, ...]
    title: Label
    due: date | None
    days: int | None

    @property
    def is_late(self) -> bool:
        return self.days is not None and self.days < 0


def reminders(
    collective: Collective,
    today: date,
    *,
    party: str | None = None,
    within_days: int | None = SOON_DAYS,
    kinds: Iterable[ReminderKind] = REMINDER_KINDS,
) -> tuple[Reminder, ...]:
    """List what is due soon or late, of the whole league, the latest first.

    Args:
        party: Only what this city, region or organisation is to do, or what is about it.
        within_days: Only what is due within so many days, or late; `None` for all that is open. What
            waits without a day is always told.
        kinds: Of `REMINDER_KINDS`.
    """
    wanted = frozenset(kinds)
    found = [
        one
        for make in _MAKERS
        for one in make(collective, today)
        if one.kind in wanted
        and (party is None or party in one.parties)
        and (within_days is None or one.days is None or one.days <= within_days)
    ]
    return tuple(sorted(found, key=lambda one: (one.due or date.max, one.uid)))


def reminder_entries(
    several: Iterable[Reminder], *, language: str, link: Callable[[Record], str]
) -> Iterator[FeedEntry]:
    """Make entries of a calendar feed of those that have a day, with an alarm before it.

    Args:
        language: Of titles.
        link: Makes the address of the page about a record.
    """
    for one in several:
        if one.due is None:
            continue
        kind = text_of(REMINDER_TEXTS[one.kind], language)
        yield FeedEntry(
            uid=one.uid,
            starts=one.due,
            ends=one.due,
            summary=f"{kind}: {text_of(one.title, language)}",
            description=text_of(one.held.record.title, language),
            url=link(one.held.record),
            categories=(one.kind,),
            modified_at=one.held.modified_at,
            alarm_days=1 if one.kind == "meeting" else 7,
        )


def _tasks(collective: Collective, today: date) -> Iterator[Reminder]:
    for group in collective.of(WorkingGroup):
        if group.record.ended_on is not None:
            continue
        members = _members(group.record)
        for one in tasks_of(group, today):
            if one.state == "done":
                continue
            owner = one.task.owner
            yield Reminder(
                uid=f"{group.record.id}#{one.task.key}",
                kind="task",
                held=group,
                parties=(owner,) if owner is not None else members,
                title=one.task.title,
                due=one.task.due,
                days=one.days,
            )


def _meetings(collective: Collective, today: date) -> Iterator[Reminder]:
    for group in collective.of(WorkingGroup):
        record = group.record
        meeting = record.next_meeting
        if meeting is not None and record.ended_on is None:
            yield Reminder(
                uid=f"{record.id}#meeting-{meeting.isoformat()}",
                kind="meeting",
                held=group,
                parties=_members(record),
                title=record.title,
                due=meeting,
                days=(meeting - today).days,
            )


def _steps(collective: Collective, today: date) -> Iterator[Reminder]:
    for step in collective.of(CooperationStep):
        record = step.record
        held = collective.find(record.cooperation)
        if held is None or not isinstance(held.record, Cooperation):
            continue
        is_over = held.record.status in ("ended", "dormant")
        if record.done_on is not None or record.due is None or is_over:
            continue
        title = held.record.title
        yield Reminder(
            uid=record.id,
            kind="step",
            held=step,
            parties=(held.record.party,),
            title={
                language: f"{name}: {text_of(title, language)}"
                for language, name in STEP_NAMES[record.step].items()
            },
            due=record.due,
            days=(record.due - today).days,
        )


def _signatures(collective: Collective, today: date) -> Iterator[Reminder]:
    for accord in collective.of(Accord):
        record = accord.record
        found = accord_state(collective, record, today)
        if found.state in ("offered", "partly-signed"):
            for party in found.missing:
                yield Reminder(
                    uid=f"{record.id}#sign-{party}",
                    kind="signature",
                    held=accord,
                    parties=(party,),
                    title=record.title,
                    due=None,
                    days=None,
                )


def _ends(collective: Collective, today: date) -> Iterator[Reminder]:
    replaced = {one.record.previous for one in collective.of(Accord)}
    for accord in collective.of(Accord):
        record = accord.record
        end = record.valid_until
        if end is None or record.id in replaced:
            continue
        is_near = today <= end <= months_later(today, _BEFORE_END_MONTHS)
        if is_near and accord_state(collective, record, today).state == "in-force":
            yield Reminder(
                uid=f"{record.id}#ends",
                kind="accord-ends",
                held=accord,
                parties=record.parties,
                title=record.title,
                due=end,
                days=(end - today).days,
            )


def _members(group: WorkingGroup) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.party for one in group.members))


_MAKERS: Final[tuple[Callable[[Collective, date], Iterator[Reminder]], ...]] = (
    *(_tasks, _meetings, _steps, _signatures, _ends),
)
