"""Meetings as entries of calendars: each keeps its name while time, table and interpreter change."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from hanze.collaboration.collective import Held
from hanze.collaboration.feeds import FeedEntry, feed
from hanze.collaboration.gatherings.sheets import Line, lines_of
from hanze.collaboration.gatherings.texts import ENTRY_TEXTS
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation, PlannedMeeting
from hanze.collaboration.records.record import text_of
from hanze.collaboration.scheduling.problem import pair_of

__all__ = ["Book", "calendar_of", "uid_of"]

_PRODUCT: Final = "Matchmaking days"


def uid_of(day: MatchmakingDay, meeting: PlannedMeeting) -> str:
    """Name a meeting of two for good, whenever and wherever it is."""
    told = "|".join((day.id, *pair_of(meeting.one, meeting.other)))
    return f"meeting-{sha256(told.encode()).hexdigest()[:24]}@hanze"


@dataclass(frozen=True, slots=True)
class Book:
    """Whose calendar it is, and in which words.

    Attributes:
        day: With its plan.
        several: Its participations, by their ids.
        names: How participants are called, by the same.
        language: Of titles and descriptions.
        link: Makes the address of a page of the id of a participation or the day.
        participation: `None` is the calendar of the whole day.
    """

    day: MatchmakingDay
    several: Mapping[str, Held[Participation]]
    names: Mapping[str, str]
    language: str
    link: Callable[[str], str]
    participation: str | None = None

    def said(self, text: str, **parts: str) -> str:
        return text_of(ENTRY_TEXTS[text], self.language).format(**parts)

    def name(self, participation: str) -> str:
        return self.names.get(participation, participation.rsplit(":", 1)[-1])


def calendar_of(book: Book) -> bytes:
    """Write the meetings of a day, or of one participant, as an iCalendar feed (RFC 5545).

    What does not take place any more is in it as cancelled, so that calendars take it out.
    """
    title = text_of(book.day.title, book.language)
    own = book.participation
    name = title if own is None else book.said("name", name=book.name(own), day=title)
    return feed(_entries(book), name=name, product=_PRODUCT)


def _entries(book: Book) -> Iterator[FeedEntry]:
    is_off = book.day.status == "cancelled"
    for planned, cancelled in ((book.day.plan, is_off), (book.day.cancelled, True)):
        for line in lines_of(book.day, planned):
            meeting = line.meeting
            if meeting is not None and book.participation in (None, meeting.one, meeting.other):
                yield _entry(book, line, meeting, cancelled=cancelled)


def _entry(book: Book, line: Line, meeting: PlannedMeeting, *, cancelled: bool) -> FeedEntry:
    day, own = book.day, book.participation
    pair = meeting.one, meeting.other
    others = [key for key in pair if key != own]
    called = [book.name(key) for key in others]
    texts = [
        book.said("says", name=book.name(one), why=why)
        for one, other in (pair, pair[::-1])
        if (why := _why(book.several.get(one), other, book.language))
    ]
    if meeting.interpreter is not None:
        texts.append(book.said("interpreter", key=meeting.interpreter))
    places = (book.said("table", key=meeting.table), line.place, text_of(day.venue, book.language))
    return FeedEntry(
        uid=uid_of(day, meeting),
        starts=line.starts,
        ends=line.ends,
        summary=book.said("with", name=called[0]) if own is not None else " ↔ ".join(called),
        description="\n".join(texts),
        location=", ".join(part for part in places if part),
        url=book.link(own or day.id),
        modified_at=day.planned_at or "",
        cancelled=cancelled,
        # A day that is called off is one more change of everything that was planned.
        sequence=meeting.sequence + (1 if day.status == "cancelled" else 0),
    )


def _why(held: Held[Participation] | None, other: str, language: str) -> str:
    """What a participant wrote of why they want to meet another."""
    if held is None:
        return ""
    asked = next((one for one in held.record.requests if one.participation == other), None)
    return text_of(asked.why, language) if asked is not None else ""
