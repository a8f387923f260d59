"""Mentors and students: who fits whom, so that nobody has a reason to look further.

Both sides rank each other by the same score, and the matching is stable (`matching.stable`): no
mentor and student would both rather have each other than whom they got. Profiles are matched, not
people: whoever is named is named by their own word (`Contact`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.matching.parties import Party
from hanze.collaboration.matching.stable import ranking_of, stable_match
from hanze.collaboration.records.cooperation import MentorProfile, Mentorship
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.themes import Theme

__all__ = [
    "RUNNING",
    "Fit",
    "Matching",
    "Waits",
    "fit_of",
    "match_mentors",
    "mentorships_of",
    "room_of",
]

#: Why a profile has no proposal.
Waits = Literal["over", "no-consent", "has-all", "no-language", "no-theme", "others-full"]

#: Statuses in which a mentorship takes a place.
RUNNING: Final = frozenset({"proposed", "active"})
#: What parts of a score weigh; the weight of a part of which nothing is known goes to the others.
_WEIGHTS: Final = {"themes": 0.5, "text": 0.3, "abroad": 0.2}
#: Of each side: every one is compared with every other, whoever asks.
_MOST_OF_ROLE: Final = 400
#: Concepts that are told as what two texts have in common.
_COMMON: Final = 5
#: Concepts of a text that weigh less are asides.
_MATTERS: Final = 0.6


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a mentor and a student fit.

    Attributes:
        mentor: Their profile.
        student: Their profile.
        score: 0 to 1.
        parts: By name: "themes", "text", "abroad"; `None` where nothing is known.
        themes: Ids of themes of both.
        languages: Of both, BCP 47.
        concepts: Ids of what both texts are about, the weightiest first.
    """

    mentor: Held[MentorProfile]
    student: Held[MentorProfile]
    score: float
    parts: Mapping[str, float | None]
    themes: tuple[str, ...]
    languages: tuple[str, ...]
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """Who could become whose mentor.

    Attributes:
        proposals: Pairs, the best first.
        waiting: Profiles without one, by id, with the reason.
    """

    proposals: tuple[Fit, ...]
    waiting: Mapping[str, Waits]


def match_mentors(
    collective: Collective, annotator: Annotator, today: date, *, theme: str | None = None
) -> Matching:
    """Match those who have room, over all nodes of the league.

    Args:
        collective: Up to date.
        annotator: Reads what wishes are about, in each language.
        today: Who is not available any more is left out.
        theme: Only profiles about this theme (id), or one below it.
    """
    found = [held for held in collective.of(MentorProfile) if _is_about(collective, held, theme)]
    waiting: dict[str, Waits] = {}
    room: dict[str, int] = {}
    for held in found:
        reason = _unfit(collective, held, today)
        room[held.record.id] = room_of(collective, held)
        if reason is not None or not room[held.record.id]:
            waiting[held.record.id] = reason or "has-all"
    able = [held for held in found if held.record.id not in waiting]
    ready = [
        held for role in ("mentor", "student") for held in _of_role(able, role)[:_MOST_OF_ROLE]
    ]
    fits = _fits(collective, annotator, ready)
    chosen = _stable(ready, room, fits)
    matched = {name for pair in chosen for name in pair}
    waiting |= {held.record.id: "others-full" for held in able}
    fitting = {name for pair in fits for name in pair}
    waiting |= {
        held.record.id: _alone(collective, held, ready)
        for held in ready
        if held.record.id not in fitting
    }
    waiting = {name: reason for name, reason in waiting.items() if name not in matched}
    proposals = sorted((fits[pair] for pair in chosen), key=_rank)
    return Matching(tuple(proposals), dict(sorted(waiting.items())))


def fit_of(
    collective: Collective,
    annotator: Annotator,
    mentor: Held[MentorProfile],
    student: Held[MentorProfile],
) -> Fit | None:
    """Tell how well two profiles fit; `None` where they share no language, or nothing to work on."""
    return _fit(*(_read(collective, annotator, one) for one in (mentor, student)))


class _Read(NamedTuple):
    """A profile, and what is read of it once for all pairs: themes with those above, its words."""

    held: Held[MentorProfile]
    themes: frozenset[str]
    about: Annotation


def _read(collective: Collective, annotator: Annotator, held: Held[MentorProfile]) -> _Read:
    themes = _with_broader(collective, held.record.themes)
    return _Read(held, themes, annotator.annotate(dict(held.record.wishes)))


def _fit(mentor: _Read, student: _Read) -> Fit | None:
    languages = _languages(mentor.held, student.held)
    if not languages:
        return None
    shared = mentor.themes & student.themes
    common = _common(mentor.about, student.about)
    # Who says what they are about is matched by it; others by their words.
    if not shared and (not common or (mentor.themes and student.themes)):
        return None
    is_read = all(one.about.concepts for one in (mentor, student))
    parts = {
        "themes": len(shared) / len(student.themes) if student.themes and mentor.themes else None,
        "text": _alike(mentor.about, student.about) if is_read else None,
        "abroad": _abroad(mentor.held.record, student.held.record),
    }
    known = {name: value for name, value in parts.items() if value is not None}
    weight = sum(_WEIGHTS[name] for name in known)
    score = sum(_WEIGHTS[name] * value for name, value in known.items()) / weight if weight else 0.0
    themes = {*mentor.held.record.themes, *student.held.record.themes} & shared
    own = tuple(sorted(themes))
    return Fit(mentor.held, student.held, round(score, 6), parts, own, languages, common)


def mentorships_of(collective: Collective, profile_id: str) -> tuple[Held[Mentorship], ...]:
    """List the mentorships in which a profile takes part, over or not."""
    return collective.naming(profile_id, Mentorship, "mentor", "student")


def room_of(collective: Collective, held: Held[MentorProfile]) -> int:
    """Count how many more a mentor or student has time for."""
    taken = sum(one.record.status in RUNNING for one in mentorships_of(collective, held.record.id))
    return max(0, held.record.capacity - taken)


def _unfit(collective: Collective, held: Held[MentorProfile], today: date) -> Waits | None:
    profile = held.record
    if profile.until is not None and profile.until < today:
        return "over"
    contact = collective.find(profile.contact) if profile.contact is not None else None
    if contact is not None and isinstance(contact.record, Contact):
        named = contact.record
        return "no-consent" if named.person and named.consent_on is None else None
    # A contact that is gone took their word back.
    return "no-consent" if profile.contact is not None else None


def _fits(
    collective: Collective, annotator: Annotator, ready: Sequence[Held[MentorProfile]]
) -> dict[tuple[str, str], Fit]:
    """Score every pair that may be, but for those who had each other before."""
    before = {(one.record.mentor, one.record.student) for one in collective.of(Mentorship)}
    found = {}
    mentors, students = (
        [_read(collective, annotator, one) for one in _of_role(ready, role)]
        for role in ("mentor", "student")
    )
    for mentor in mentors:
        for student in students:
            pair = mentor.held.record.id, student.held.record.id
            fit = None if pair in before else _fit(mentor, student)
            if fit is not None and not _is_same_person(fit.mentor.record, fit.student.record):
                found[pair] = fit
    return found


def _stable(
    ready: Sequence[Held[MentorProfile]],
    room: Mapping[str, int],
    fits: Mapping[tuple[str, str], Fit],
) -> tuple[tuple[str, str], ...]:
    scores: dict[str, dict[str, float]] = {}
    for (mentor, student), fit in fits.items():
        scores.setdefault(mentor, {})[student] = fit.score
        scores.setdefault(student, {})[mentor] = fit.score
    sides = [
        [Party(one.record.id, room[one.record.id]) for one in _of_role(ready, role)]
        for role in ("student", "mentor")
    ]
    rankings = {name: ranking_of(liked) for name, liked in scores.items()}
    matching = stable_match(sides[0], sides[1], rankings)
    return tuple((mentor, student) for student, mentor in matching.pairs)


def _alone(
    collective: Collective,
    held: Held[MentorProfile],
    ready: Sequence[Held[MentorProfile]],
) -> Waits:
    """Say why a profile fits nobody: what it is about, or what it speaks, is shared with none."""
    mine = _with_broader(collective, held.record.themes)
    others = _of_role(ready, "student" if held.record.role == "mentor" else "mentor")
    about = [one for one in others if mine & _with_broader(collective, one.record.themes)]
    return "no-language" if any(not _languages(held, one) for one in about) else "no-theme"


def _of_role(several: Sequence[Held[MentorProfile]], role: str) -> list[Held[MentorProfile]]:
    return [one for one in several if one.record.role == role]


def _is_same_person(one: MentorProfile, other: MentorProfile) -> bool:
    return one.contact is not None and one.contact == other.contact


def _languages(one: Held[MentorProfile], other: Held[MentorProfile]) -> tuple[str, ...]:
    """Languages that both speak; "en-GB" and "en" are the same."""
    mine, yours = (
        {tag.partition("-")[0].lower() for tag in each.record.languages} for each in (one, other)
    )
    return tuple(sorted(mine & yours))


def _with_broader(collective: Collective, themes: Sequence[str]) -> frozenset[str]:
    """Add the themes above: who knows of water can help with heavy rain."""
    found: set[str] = set()
    waiting = list(themes)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        held = collective.find(name)
        if held is not None and isinstance(held.record, Theme) and held.record.broader:
            waiting.append(held.record.broader)
    return frozenset(found)


def _is_about(collective: Collective, held: Held[MentorProfile], theme: str | None) -> bool:
    return theme is None or theme in _with_broader(collective, held.record.themes)


def _common(one: Annotation, other: Annotation) -> tuple[str, ...]:
    weights = {
        name: least
        for name, weight in one.concepts.items()
        if (least := min(weight, other.concepts.get(name, 0.0))) >= _MATTERS
    }
    return tuple(sorted(weights, key=lambda name: (-weights[name], name))[:_COMMON])


def _alike(one: Annotation, other: Annotation) -> float:
    """How much of what one text is about is in the other, of the one that says less."""
    shared = sum(
        min(weight, other.concepts.get(name, 0.0)) for name, weight in one.concepts.items()
    )
    least = min(sum(each.concepts.values()) for each in (one, other))
    return shared / least if least else 0.0


def _abroad(mentor: MentorProfile, student: MentorProfile) -> float | None:
    if mentor.country is None or student.country is None:
        return None
    return float(mentor.country != student.country)


def _rank(fit: Fit) -> tuple[float, str, str]:
    return -fit.score, fit.mentor.record.id, fit.student.record.id
