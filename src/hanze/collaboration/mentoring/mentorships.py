"""Mentorships as records: proposed with reasons, begun, and ended with what came of it."""

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective
from hanze.collaboration.held import RecordElsewhere
from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.mentoring.pairing import Fit, fit_of, room_of
from hanze.collaboration.records.cooperation import MentorProfile, Mentorship
from hanze.collaboration.records.record import LANGUAGES, Label, text_of
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import Conflicting
from hanze.identity.caller import Caller

__all__ = [
    "DoNotFit",
    "NoRoomLeft",
    "begin_mentorship",
    "mentorship_of",
    "move_mentorship",
    "reasons_for",
]

#: By language: a theme, a language, a text in common, and another country.
_SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "themes": {
        "en": "Both are about: {what}.",
        "nl": "Beiden werken aan: {what}.",
        "ko": "공통 주제: {what}.",
    },
    "concepts": {
        "en": "What they offer and look for has in common: {what}.",
        "nl": "Wat zij bieden en zoeken heeft gemeen: {what}.",
        "ko": "제공하는 것과 찾는 것의 공통점: {what}.",
    },
    "languages": {
        "en": "They can talk in: {what}.",
        "nl": "Zij kunnen praten in: {what}.",
        "ko": "함께 쓸 수 있는 언어: {what}.",
    },
    "abroad": {
        "en": "They are in different countries: what one knows is new to the other.",
        "nl": "Zij zitten in verschillende landen: wat de een weet, is nieuw voor de ander.",
        "ko": "서로 다른 나라에 있어 새로운 것을 배울 수 있습니다.",
    },
}
_LANGUAGE_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {"en": "Dutch", "nl": "Nederlands", "ko": "네덜란드어"},
    "en": {"en": "English", "nl": "Engels", "ko": "영어"},
    "ko": {"en": "Korean", "nl": "Koreaans", "ko": "한국어"},
    "de": {"en": "German", "nl": "Duits", "ko": "독일어"},
    "fr": {"en": "French", "nl": "Frans", "ko": "프랑스어"},
}


class DoNotFit(Conflicting):
    """A mentor and a student share no language, or nothing to work on."""

    def __init__(self, mentor: str, student: str) -> None:
        super().__init__(
            f"{mentor} and {student} share no language, or no theme and no word of what they "
            "offer and look for"
        )
        self.field = "student"
        self.value = student[:100]


class NoRoomLeft(Conflicting):
    """A mentor or student has as many as they have time for."""

    def __init__(self, profile: MentorProfile) -> None:
        super().__init__(f"{profile.id} has time for {profile.capacity}, and has as many")
        self.field = profile.role
        self.value = profile.id[:100]


def reasons_for(collective: Collective, annotator: Annotator, fit: Fit) -> Label:
    """Say why a mentor and a student fit, in each language of the collective."""
    return {
        language: " ".join(_sentences(collective, annotator, fit, language))
        for language in LANGUAGES
    }


def mentorship_of(
    collective: Collective,
    annotator: Annotator,
    mentor_id: str,
    student_id: str,
    *,
    today: date,
) -> Mentorship:
    """Make the record of a mentorship: proposed, with the reasons that were found.

    Raises:
        RecordNotFound: There is no such profile.
        NoRoomLeft: One of them has as many as there is time for, on all nodes together.
        DoNotFit: Nothing speaks for it.
        RecordElsewhere: Both profiles are kept by other nodes, one of which proposes it.
    """
    mentor = collective.get(mentor_id, MentorProfile)
    student = collective.get(student_id, MentorProfile)
    for held in (mentor, student):
        if not room_of(collective, held):
            raise NoRoomLeft(held.record)
    fit = fit_of(collective, annotator, mentor, student)
    if fit is None:
        raise DoNotFit(mentor_id, student_id)
    # Each side keeps records of its own: it is the mentor's where both are kept here.
    own = mentor if mentor.home is None else student
    if own.home is not None:
        raise RecordElsewhere(mentor_id, own.home)
    simulated = mentor.record.simulated or student.record.simulated
    return Mentorship(
        id=f"urn:ngsi-ld:Mentorship:entered:{secrets.token_hex(8)}",
        title={
            language: " / ".join(text_of(one.record.title, language) for one in (mentor, student))
            for language in LANGUAGES
        },
        source_city=own.record.source_city,
        themes=fit.themes,
        source_date=today,
        provenance="simulated" if simulated else "entered",
        simulated=True if simulated else None,
        mentor=mentor_id,
        student=student_id,
        reasons=reasons_for(collective, annotator, fit),
    )


async def begin_mentorship(
    store: Store, caller: Caller, mentorship: Mentorship, *, now: str
) -> Mentorship:
    """Propose a mentorship; both decide with `move_mentorship`.

    Raises:
        RuleBroken: One of them has no room, or is not what it is taken for.
    """
    return await create_record(store, caller, mentorship, now=now)


async def move_mentorship(
    store: Store,
    caller: Caller,
    mentorship_id: str,
    status: str,
    *,
    outcome: Label,
    today: date,
    now: str,
) -> Mentorship:
    """Begin, complete or stop a mentorship; its days follow.

    Args:
        caller: In the tenant of the record.
        status: One of `MENTORSHIP_STATUSES`.
        outcome: What came of it, by language; empty leaves what is there.

    Raises:
        RecordNotFound: The tenant has no such record.
        RuleBroken: It cannot go there from where it is.
    """

    def move(record: Mentorship) -> Mentorship:
        begins = status == "active" and record.since is None
        ends = status in ("completed", "stopped")
        return replace(
            record,
            status=status,
            since=today if begins else record.since,
            until=today if ends else record.until,
            outcome={**record.outcome, **outcome},
        )

    return await change_record(store, caller, mentorship_id, Mentorship, move, now=now)


def _sentences(collective: Collective, annotator: Annotator, fit: Fit, language: str) -> list[str]:
    vocabulary = annotator.vocabulary
    themes = [collective.find(name) for name in fit.themes]
    named = {
        "themes": [
            text_of(one.record.title, language)
            for one in themes
            if one is not None and isinstance(one.record, Theme)
        ],
        "concepts": [
            vocabulary.label(name, language) for name in fit.concepts if name in vocabulary
        ],
        "languages": [
            _LANGUAGE_NAMES[tag][language] if tag in _LANGUAGE_NAMES else tag
            for tag in fit.languages
        ],
        "abroad": ["-"] if fit.parts["abroad"] else [],
    }
    return [
        _SENTENCES[name][language].format(what=", ".join(dict.fromkeys(what)))
        for name, what in named.items()
        if what
    ]
