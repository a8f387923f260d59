"""What is due soon or late in cooperations, as JSON and as a feed for one's own calendar."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal
from urllib.parse import quote

from msgspec import Meta
from msgspec.structs import replace
from starlette.responses import Response

from hanze.collaboration.collective import Collective
from hanze.collaboration.cooperating.reminders import (
    REMINDER_KINDS,
    REMINDER_TEXTS,
    SOON_DAYS,
    Reminder,
    reminder_entries,
    reminders,
)
from hanze.collaboration.feeds import ICALENDAR, feed
from hanze.collaboration.records.record import Record, text_of
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Language, Named, named
from hanze.web.api.collective.visits import collective_of
from hanze.web.api.frame import PREFIX, Answer, ApiRoute, Ask, Taken

__all__ = ["REMINDER_NAMES", "ROUTES"]

_Kind = Literal["task", "step", "meeting", "signature", "accord-ends"]
_Days = Annotated[int, Meta(ge=0, le=3_650)]
#: A calendar has room for all that is open.
_ALL_DAYS: Final = 3_650

#: How the feed is called, by language.
REMINDER_NAMES: Final[Mapping[str, str]] = {
    "nl": "Samenwerking over de grens: wat er te doen is",
    "en": "Cooperation across borders: what is to be done",
    "ko": "국제 협력 할 일",
}


class ChoiceOfReminders(Taken, frozen=True):
    """Whose reminders, of which kinds, due within how many days."""

    party: str | None = None
    within_days: _Days = SOON_DAYS
    kind: _Kind | tuple[_Kind, ...] = ()
    language: Language = "en"


class ReminderTold(Answer, frozen=True):
    """Something to be done; `days` until then, negative when late."""

    uid: str
    kind: str
    label: Mapping[str, str]
    title: Mapping[str, str]
    record: Named
    parties: Sequence[Named]
    late: bool
    due: date | None = None
    days: int | None = None


class Reminders(Answer, frozen=True):
    """What is due soon or late, the latest first."""

    reminders: Sequence[ReminderTold]
    freshness: list[Freshness] = []


async def remind(ask: Ask) -> Reminders:
    """List what is due soon or late: tasks, steps, meetings, signatures, accords that end."""
    choice = ask.parameters(ChoiceOfReminders)
    collective = await collective_of(ask)
    return Reminders(
        reminders=[_reminder(one, collective) for one in _chosen(ask, collective, choice)],
        freshness=freshness_of(collective, ask.now),
    )


async def follow(ask: Ask) -> Response:
    """Follow what is to be done in one's own calendar, with alarms (iCalendar, RFC 5545)."""
    choice = ask.parameters(ChoiceOfReminders)
    collective = await collective_of(ask)
    if "withinDays" not in ask.request.query_params:
        choice = replace(choice, within_days=_ALL_DAYS)

    def address(record: Record) -> str:
        return f"{ask.base_url}{PREFIX}/records/{quote(record.id, safe=':')}"

    entries = reminder_entries(
        _chosen(ask, collective, choice), language=choice.language, link=address
    )
    party = collective.find(choice.party) if choice.party else None
    name = REMINDER_NAMES[choice.language]
    if party is not None:
        name = f"{name} ({text_of(party.record.title, choice.language)})"
    made = feed(entries, name=name, product="Cooperation")
    return Response(made, media_type=ICALENDAR)


def _chosen(ask: Ask, collective: Collective, choice: ChoiceOfReminders) -> Sequence[Reminder]:
    kinds = (choice.kind,) if isinstance(choice.kind, str) else choice.kind
    return reminders(
        collective,
        ask.today,
        party=choice.party,
        within_days=choice.within_days,
        kinds=kinds or REMINDER_KINDS,
    )


def _reminder(one: Reminder, collective: Collective) -> ReminderTold:
    return ReminderTold(
        uid=one.uid,
        kind=one.kind,
        label=REMINDER_TEXTS[one.kind],
        title=one.title,
        record=named(one.held.record.id, collective),
        parties=[named(party, collective) for party in one.parties],
        due=one.due,
        days=one.days,
        late=one.is_late,
    )


ROUTES = (
    ApiRoute("GET", "/cooperations/reminders", remind, Reminders, ChoiceOfReminders),
    ApiRoute(
        "GET", "/cooperations/reminders.ics", follow, None, ChoiceOfReminders, media=(ICALENDAR,)
    ),
)
