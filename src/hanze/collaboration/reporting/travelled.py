"""Sections of a report about the journey: its goal, who went, the programme, the visits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.missions.programme import Timed, timed
from hanze.collaboration.records.missions import Delegate, Mission, TravelPermission
from hanze.collaboration.reporting.document import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Phrase,
    Table,
)
from hanze.collaboration.reporting.wording import Words

__all__ = ["Subject", "facts", "goal", "participants", "programme", "visits"]

#: Parts of a programme that something may come of.
_TELLING: Final = frozenset({"visit", "meeting", "event", "meal", "presentation", "signing"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about, and what it is made with.

    Attributes:
        collective: Up to date.
        mission: The mission.
        permissions: To travel, by id.
        words: Of the report's language.
        today: Its day.
    """

    collective: Collective
    mission: Mission
    permissions: tuple[Held[TravelPermission], ...]
    words: Words
    today: date


def facts(subject: Subject) -> Iterator[tuple[str, Phrase]]:
    """Gather what stands at the head of the report; what is not known is left out."""
    words, mission = subject.words, subject.mission
    found = [
        (f"direction {mission.direction}", words.name(mission.country)),
        ("places", words.names(mission.places)),
        ("days", words.plain(_days(words, mission), mission.id)),
        ("organiser", words.name(mission.organiser)),
        ("delegation", words.plain(_size(words, mission.delegates), mission.id)),
        ("led by", _leaders(words, mission)),
        ("events", words.names(mission.events)),
        ("accord", words.name(mission.accord) if mission.accord else words.plain("")),
        ("numbers", _numbers(subject)),
    ]
    yield from ((words.own(key), phrase) for key, phrase in found if phrase.text)


def goal(subject: Subject) -> Iterator[Block]:
    """Say what the mission was for."""
    words, mission = subject.words, subject.mission
    for label in (mission.goal, mission.description):
        text = words.said(label, mission.id)
        if text.text:
            yield Paragraph(text)
    if mission.themes:
        names = words.names(mission.themes)
        yield Paragraph(words.plain(words.own("themes", names.text), *names.records))


def participants(subject: Subject) -> Iterator[Block]:
    """List the delegates by office; a person is named by their own word only."""
    words, mission = subject.words, subject.mission
    if not mission.delegates:
        return
    rows = [
        (
            _office(words, mission, one),
            words.name(one.organization) if one.organization else words.plain(""),
            words.plain(words.number(one.people), mission.id),
        )
        for one in mission.delegates
    ]
    people = sum(one.people for one in mission.delegates)
    total = (words.plain(words.own("together")), words.plain(""))
    yield Table(
        caption=words.plain(words.own("participants")),
        columns=tuple(words.own(key) for key in ("office", "from", "number")),
        rows=(*rows, (*total, words.plain(words.number(people), mission.id))),
        numeric=(2,),
        totals=1,
    )


def programme(subject: Subject) -> Iterator[Block]:
    """List the programme by day, in the time of the place and that of home."""
    words, mission = subject.words, subject.mission
    several = timed(mission)
    if any(one.starts is not None for one in several):
        there, home = words.zone(mission.timezone), words.zone(mission.home_timezone)
        zones = words.own("zones", there=there, home=home)
        yield Paragraph(words.plain(zones, mission.id))
    for day, found in groupby(several, key=lambda one: one.day):
        yield _day_table(subject, day, list(found))


def visits(subject: Subject) -> Iterator[Block]:
    """Tell what each visit was for and what came of it; name those of which that is not known."""
    words, mission = subject.words, subject.mission
    untold = []
    for one in timed(mission):
        item = one.item
        if item.kind not in _TELLING or item.proposed:
            continue
        texts = [words.said(label, mission.id) for label in (item.note, item.outcome)]
        if not any(text.text for text in texts):
            untold.append(_visit_in_short(words, mission, one))
            continue
        yield Heading(words.said(item.title, mission.id))
        where = words.joined(
            [
                words.plain(words.day(one.day)),
                words.said(item.place),
                words.names(item.hosts),
            ],
            " · ",
        )
        yield from (Paragraph(text) for text in (where, *texts) if text.text)
    if untold and mission.status == "completed":
        yield Paragraph(words.plain(words.own("no outcome"), mission.id))
        yield Bullets(tuple(untold))


def _days(words: Words, mission: Mission) -> str:
    spell = words.span if mission.days_known else words.months
    return spell(mission.starts, mission.ends)


def _size(words: Words, delegates: Sequence[Delegate]) -> str:
    return words.people(sum(one.people for one in delegates)) if delegates else ""


def _leaders(words: Words, mission: Mission) -> Phrase:
    return words.joined(words.said(one.role, mission.id) for one in mission.delegates if one.leads)


def _numbers(subject: Subject) -> Phrase:
    words = subject.words
    return words.joined(
        words.plain(held.record.number, held.record.id) for held in subject.permissions
    )


def _office(words: Words, mission: Mission, one: Delegate) -> Phrase:
    role = words.said(one.role, mission.id)
    if one.leads:
        role = Phrase(words.own("leads", role.text), role.language, role.records)
    return words.joined([role, words.name(one.contact)]) if one.contact else role


def _day_table(subject: Subject, day: date | None, several: Sequence[Timed]) -> Table:
    words, mission = subject.words, subject.mission
    has_times = any(one.starts is not None for one in several)
    keys = ("part", *(("time", "home time") if has_times else ()), "place", "with")
    rows = []
    for one in several:
        item = one.item
        title = words.said(item.title, mission.id)
        if item.proposed:
            title = Phrase(words.own("proposed", title.text), title.language, title.records)
        times = (
            words.plain(words.times(one.starts, one.ends, day), mission.id),
            words.plain(words.times(one.home_starts, one.home_ends, day), mission.id),
        )
        rows.append(
            (
                title,
                *(times if has_times else ()),
                words.said(item.place, mission.id),
                words.names(item.hosts),
            )
        )
    caption = words.weekday(day) if day is not None else words.own("no day")
    return Table(
        caption=words.plain(caption),
        columns=tuple(words.own(key) for key in keys),
        rows=tuple(rows),
    )


def _visit_in_short(words: Words, mission: Mission, one: Timed) -> Phrase:
    title = words.said(one.item.title, mission.id)
    return words.joined([title, words.plain(words.day(one.day))])
