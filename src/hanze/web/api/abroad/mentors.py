"""Mentors and students: who fits whom, and what they made of it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.mentoring.mentorships import (
    begin_mentorship,
    mentorship_of,
    move_mentorship,
    reasons_for,
)
from hanze.collaboration.mentoring.pairing import (
    Fit,
    match_mentors,
    mentorships_of,
    room_of,
)
from hanze.collaboration.records.cooperation import (
    MENTOR_ROLES,
    MENTORSHIP_STATUSES,
    MentorProfile,
    Mentorship,
)
from hanze.web.api.collective.funnel import Text, Told, told
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.collective.visits import at_home, home_of_city
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]


class ChoiceOfMentors(Taken, frozen=True):
    """Which profiles: of a role, about a theme or below it (id)."""

    role: Literal[MENTOR_ROLES] | None = None  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
    theme: str | None = None


class ChoiceOfMatching(Taken, frozen=True):
    """Who is matched: all, or only those about a theme (id)."""

    theme: str | None = None


class MentorshipTold(Answer, frozen=True):
    """A mentorship: who with whom, how it stands, and what came of it."""

    record: Told
    mentor: Named
    student: Named
    status: str
    since: date | None = None
    until: date | None = None
    reasons: Mapping[str, str] = {}
    outcome: Mapping[str, str] = {}


class ProfileTold(Answer, frozen=True):
    """A mentor or student; `room` is how many more they have time for."""

    record: Told
    role: str
    room: int
    themes: Sequence[Named]
    languages: Sequence[str]
    wishes: Mapping[str, str] = {}
    organization: Named | None = None
    country: Named | None = None
    until: date | None = None
    mentorships: Sequence[MentorshipTold] = ()


class Mentors(Answer, frozen=True):
    """Mentors and students, by id."""

    profiles: Sequence[ProfileTold]
    freshness: list[Freshness] = []


class FitTold(Answer, frozen=True):
    """A pair that fits: the score from 0 to 1, its parts (null where nothing is known), and why."""

    mentor: Named
    student: Named
    score: float
    parts: Mapping[str, float | None]
    reasons: Mapping[str, str]
    themes: Sequence[Named]
    languages: Sequence[str]


class MentorMatching(Answer, frozen=True):
    """Proposals of which no mentor and student would both rather have each other; who waits, why."""

    proposals: Sequence[FitTold]
    waiting: Mapping[str, str]
    freshness: list[Freshness] = []


class NewMentorship(Taken, frozen=True):
    """Whose mentor somebody becomes: ids of two profiles."""

    mentor: Id
    student: Id


class MovedMentorship(Taken, frozen=True):
    """How a mentorship goes on, and what came of it."""

    status: Literal[MENTORSHIP_STATUSES]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
    outcome: Text = {}


async def list_mentors(ask: Ask) -> Mentors:
    """List mentors and students, of all nodes."""
    choice = ask.parameters(ChoiceOfMentors)
    collective = await ask.node.collective.refresh(ask.now)
    return Mentors(
        profiles=[
            _profile(held, collective)
            for held in collective.of(MentorProfile)
            if choice.role in (None, held.record.role)
            and (choice.theme is None or choice.theme in held.record.themes)
        ],
        freshness=freshness_of(collective, ask.now),
    )


async def match(ask: Ask) -> MentorMatching:
    """Match mentors with students by themes, languages and what they offer and look for."""
    choice = ask.parameters(ChoiceOfMatching)
    collective = await ask.node.collective.refresh(ask.now)
    annotator = ask.node.annotations.annotator
    # Texts are read: others need not wait for it.
    found = await asyncio.to_thread(
        match_mentors, collective, annotator, ask.today, theme=choice.theme
    )
    return MentorMatching(
        proposals=[
            _fit(one, reasons_for(collective, annotator, one), collective)
            for one in found.proposals
        ],
        waiting=found.waiting,
        freshness=freshness_of(collective, ask.now),
    )


async def begin(ask: Ask) -> MentorshipTold:
    """Propose a mentorship; the reasons are written with it."""
    asked = await ask.body(NewMentorship)
    collective = await ask.node.collective.refresh(ask.now)
    made = mentorship_of(
        collective,
        ask.node.annotations.annotator,
        asked.mentor,
        asked.student,
        today=ask.today,
    )
    caller = home_of_city(ask, made.source_city)
    await begin_mentorship(ask.node.store, caller, made, now=ask.now)
    return await _one(ask, made.id)


async def move(ask: Ask) -> MentorshipTold:
    """Begin, complete or stop a mentorship."""
    asked = await ask.body(MovedMentorship)
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), Mentorship)
    await move_mentorship(
        ask.node.store,
        at_home(ask, held),
        held.record.id,
        asked.status,
        outcome=asked.outcome,
        today=ask.today,
        now=ask.now,
    )
    return await _one(ask, held.record.id)


async def _one(ask: Ask, mentorship_id: str) -> MentorshipTold:
    collective = await ask.node.collective.refresh(ask.now)
    return _mentorship(collective.get(mentorship_id, Mentorship), collective)


def _profile(held: Held[MentorProfile], collective: Collective) -> ProfileTold:
    profile = held.record
    return ProfileTold(
        record=told(held, collective),
        role=profile.role,
        room=room_of(collective, held),
        themes=[named(theme, collective) for theme in profile.themes],
        languages=profile.languages,
        wishes=profile.wishes,
        organization=named_if(profile.organization, collective),
        country=named_if(profile.country, collective),
        until=profile.until,
        mentorships=[
            _mentorship(one, collective) for one in mentorships_of(collective, profile.id)
        ],
    )


def _mentorship(held: Held[Mentorship], collective: Collective) -> MentorshipTold:
    one = held.record
    return MentorshipTold(
        record=told(held, collective),
        mentor=named(one.mentor, collective),
        student=named(one.student, collective),
        status=one.status,
        since=one.since,
        until=one.until,
        reasons=one.reasons,
        outcome=one.outcome,
    )


def _fit(one: Fit, reasons: Mapping[str, str], collective: Collective) -> FitTold:
    return FitTold(
        mentor=named(one.mentor.record.id, collective),
        student=named(one.student.record.id, collective),
        score=one.score,
        parts=one.parts,
        reasons=reasons,
        themes=[named(theme, collective) for theme in one.themes],
        languages=one.languages,
    )


ROUTES = (
    ApiRoute("GET", "/mentors", list_mentors, Mentors, parameters=ChoiceOfMentors),
    ApiRoute("GET", "/mentors/matching", match, MentorMatching, parameters=ChoiceOfMatching),
    ApiRoute("POST", "/mentorships", begin, MentorshipTold, body=NewMentorship, writes=True),
    ApiRoute(
        *("POST", "/mentorships/{id:path}/status", move, MentorshipTold),
        body=MovedMentorship,
        writes=True,
    ),
)
