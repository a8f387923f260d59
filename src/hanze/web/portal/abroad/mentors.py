"""Mentors and students: proposals with reasons, who waits and why, and how mentorships go."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.mentoring.mentorships import (
    begin_mentorship,
    mentorship_of,
    move_mentorship,
    reasons_for,
)
from hanze.collaboration.mentoring.pairing import Fit, Matching, match_mentors, room_of
from hanze.collaboration.records.cooperation import (
    MENTOR_ROLES,
    MentorProfile,
    Mentorship,
)
from hanze.errors import InvalidInput
from hanze.web.portal.collective.choosing import api_address
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt, label_given
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

#: From a status to those that a button leads to.
_MOVES: Final = {"proposed": ("active", "stopped"), "active": ("completed", "stopped")}
_ORDER: Final = ("active", "proposed", "completed", "stopped")


@dataclass(frozen=True, slots=True)
class _Profile:
    """A mentor or student; `waits` is why there is no proposal."""

    card: Card
    role: str
    organization: Link | None
    country: Link | None
    languages: tuple[str, ...]
    room: int
    until: date | None
    waits: str


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A pair that fits; `may_begin` where one of the two is kept by this node."""

    mentor: Link
    student: Link
    score: float
    parts: tuple[tuple[str, float | None], ...]
    why: Said
    ids: tuple[str, str]
    may_begin: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    """A mentorship."""

    card: Card
    mentor: Link
    student: Link
    since: date | None
    until: date | None
    why: Said
    outcome: Said
    moves: tuple[tuple[str, str], ...]


async def show(desk: Desk) -> Response:
    """Show proposals, mentorships and profiles of the address."""
    return await _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Propose a mentorship, or take one further."""
    refused, status = await attempt(_written(desk, given))
    if refused is not None:
        return await _page(desk, refused=refused, status=status)
    return RedirectResponse(desk.at("/mentors", done="1"), 303)


async def _written(desk: Desk, given: Given) -> None:
    node, now = desk.visit.site.node, desk.visit.now
    if given.text("do") == "begin":
        made = mentorship_of(
            desk.collective,
            node.annotations.annotator,
            given.text("mentor"),
            given.text("student"),
            today=desk.today,
        )
        caller = desk.writer(desk.tenant_of(made.source_city))
        await begin_mentorship(node.store, caller, made, now=now)
        return
    held = desk.collective.get(given.text("id"), Mentorship)
    wanted = given.text("status")
    if wanted not in _MOVES.get(held.record.status, ()):
        raise InvalidInput("The mentorship cannot go there", field="status", value=wanted)
    await move_mentorship(
        node.store,
        desk.writer(held.tenant),
        held.record.id,
        wanted,
        outcome=label_given(desk, given, "outcome"),
        today=desk.today,
        now=now,
    )


async def _page(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    theme = desk.asked("theme")
    annotator = desk.visit.site.node.annotations.annotator
    # Texts are read: others need not wait for it.
    found = await asyncio.to_thread(
        match_mentors, desk.collective, annotator, desk.today, theme=theme or None
    )
    profiles = [
        held
        for held in desk.collective.of(MentorProfile)
        if not theme or held.record.id in found.waiting or _is_proposed(held, found)
    ]
    return desk.page(
        "mentors.html",
        menu="mentors",
        status=status,
        proposals=[_proposal(desk, one) for one in found.proposals],
        pairs=_pairs(desk, theme),
        roles=[
            (role, desk.code("role", role), _profiles(desk, profiles, role, found))
            for role in MENTOR_ROLES
        ],
        chosen=theme,
        refused=refused,
        done=bool(desk.asked("done")),
        downloads=[
            ("CSV", api_address("records.csv", type="MentorProfile", language=desk.lang)),
            ("JSON", api_address("mentors/matching", theme=theme)),
        ],
    )


def _is_proposed(held: Held[MentorProfile], found: Matching) -> bool:
    return any(held in (one.mentor, one.student) for one in found.proposals)


def _proposal(desk: Desk, one: Fit) -> _Proposal:
    annotator = desk.visit.site.node.annotations.annotator
    return _Proposal(
        mentor=desk.link(one.mentor.record.id),
        student=desk.link(one.student.record.id),
        score=one.score,
        parts=tuple((desk.code("fit", name), value) for name, value in one.parts.items()),
        why=desk.text(reasons_for(desk.collective, annotator, one)),
        ids=(one.mentor.record.id, one.student.record.id),
        may_begin=one.mentor.home is None or one.student.home is None,
    )


def _pairs(desk: Desk, theme: str) -> list[_Pair]:
    several = [
        held for held in desk.collective.of(Mentorship) if not theme or theme in held.record.themes
    ]
    several.sort(key=lambda held: (_ORDER.index(held.record.status), held.record.id))
    return [_pair(desk, held) for held in several]


def _pair(desk: Desk, held: Held[Mentorship]) -> _Pair:
    one = held.record
    moves = _MOVES.get(one.status, ()) if held.home is None else ()
    return _Pair(
        card=desk.card(held),
        mentor=desk.link(one.mentor),
        student=desk.link(one.student),
        since=one.since,
        until=one.until,
        why=desk.text(one.reasons),
        outcome=desk.text(one.outcome),
        moves=tuple((status, desk.code("moveTo", status)) for status in moves),
    )


def _profiles(
    desk: Desk, several: Sequence[Held[MentorProfile]], role: str, found: Matching
) -> list[_Profile]:
    return [_profile(desk, held, found) for held in several if held.record.role == role]


def _profile(desk: Desk, held: Held[MentorProfile], found: Matching) -> _Profile:
    profile = held.record
    waits = found.waiting.get(profile.id)
    return _Profile(
        card=desk.card(held),
        role=profile.role,
        organization=desk.link(profile.organization) if profile.organization else None,
        country=desk.link(profile.country) if profile.country else None,
        languages=tuple(desk.language_name(tag) for tag in profile.languages),
        room=room_of(desk.collective, held),
        until=profile.until,
        waits=desk.code("waits", waits) if waits is not None else "",
    )
