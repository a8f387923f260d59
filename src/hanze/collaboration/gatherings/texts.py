"""What calendars, files and the API say about days of meetings, in three languages."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.record import Label

__all__ = ["CHANGE_TEXTS", "ENTRY_TEXTS", "FIT_TEXTS", "LANGUAGE_TEXTS", "WHY_TEXTS"]

#: Why two do not meet although one of them asked to (`scheduling.problem.Why`).
WHY_TEXTS: Final[Mapping[str, Label]] = {
    "unknown-guest": {
        "nl": "Een van de twee doet niet (meer) mee.",
        "en": "One of the two does not take part (any more).",
        "ko": "두 참가자 중 한쪽이 참가하지 않습니다.",
    },
    "same-side": {
        "nl": "Zij zijn van dezelfde kant; hier spreken gasten en gastheren elkaar.",
        "en": "They are on the same side; here guests and hosts meet.",
        "ko": "같은 쪽 참가자입니다. 이 상담회에서는 초청 측과 방문 측이 만납니다.",
    },
    "refused": {
        "nl": "Een van de twee wil dit gesprek niet.",
        "en": "One of the two does not want this meeting.",
        "ko": "두 참가자 중 한쪽이 상담을 원하지 않습니다.",
    },
    "no-common-slot": {
        "nl": "Zij zijn nooit op dezelfde tijd aanwezig.",
        "en": "They are never there at the same time.",
        "ko": "두 참가자가 함께 있는 시간대가 없습니다.",
    },
    "no-interpreter": {
        "nl": "Zij spreken geen taal samen, en er is dan geen tolk voor hun talen.",
        "en": "They have no language in common, and no interpreter for theirs is there then.",
        "ko": "공통 언어가 없고, 그 시간에 통역할 수 있는 사람이 없습니다.",
    },
    "no-table": {
        "nl": "Er is geen tafel waar zij op tijd kunnen zijn.",
        "en": "There is no table that they can reach in time.",
        "ko": "제시간에 갈 수 있는 테이블이 없습니다.",
    },
    "guest-full": {
        "nl": "Een van de twee heeft al zo veel gesprekken als kan.",
        "en": "One of the two has as many meetings as possible already.",
        "ko": "두 참가자 중 한쪽의 상담이 이미 다 찼습니다.",
    },
    "tables-full": {
        "nl": "Als zij beiden vrij zijn, zijn alle tafels bezet.",
        "en": "When both are free, all tables are taken.",
        "ko": "두 참가자가 모두 비는 시간에는 빈 테이블이 없습니다.",
    },
    "interpreters-full": {
        "nl": "Als zij beiden vrij zijn, zijn alle tolken bezet.",
        "en": "When both are free, all interpreters are busy.",
        "ko": "두 참가자가 모두 비는 시간에는 통역사가 모두 배정되어 있습니다.",
    },
    "others-first": {
        "nl": "Het zou passen, maar dan heeft iemand anders minder of geen gesprek.",
        "en": "It would fit, but then somebody else has fewer meetings or none.",
        "ko": "가능하지만, 그러면 다른 참가자의 상담이 줄거나 없어집니다.",
    },
}

#: What a new plan did to a meeting (`records.gatherings.PLAN_CHANGES`).
CHANGE_TEXTS: Final[Mapping[str, Label]] = {
    "dropped": {
        "nl": "{one} en {other}: het gesprek van {was} gaat niet door.",
        "en": "{one} and {other}: the meeting of {was} does not take place.",
        "ko": "{one} · {other}: {was} 상담이 취소되었습니다.",
    },
    "added": {
        "nl": "{one} en {other}: nieuw gesprek, {now}.",
        "en": "{one} and {other}: new meeting, {now}.",
        "ko": "{one} · {other}: 새 상담, {now}.",
    },
    "moved": {
        "nl": "{one} en {other}: van {was} naar {now}.",
        "en": "{one} and {other}: from {was} to {now}.",
        "ko": "{one} · {other}: {was}에서 {now}로 바뀌었습니다.",
    },
    "table": {
        "nl": "{one} en {other}: andere tafel, van {was} naar {now}.",
        "en": "{one} and {other}: another table, from {was} to {now}.",
        "ko": "{one} · {other}: 테이블이 {was}에서 {now}로 바뀌었습니다.",
    },
    "interpreter": {
        "nl": "{one} en {other}: andere tolk, van {was} naar {now}.",
        "en": "{one} and {other}: another interpreter, from {was} to {now}.",
        "ko": "{one} · {other}: 통역사가 {was}에서 {now}로 바뀌었습니다.",
    },
}

#: Entries of calendars.
ENTRY_TEXTS: Final[Mapping[str, Label]] = {
    "with": {"nl": "Gesprek met {name}", "en": "Meeting with {name}", "ko": "{name} 상담"},
    "table": {"nl": "tafel {key}", "en": "table {key}", "ko": "테이블 {key}"},
    "interpreter": {"nl": "tolk {key}", "en": "interpreter {key}", "ko": "통역사 {key}"},
    "no-interpreter": {"nl": "geen tolk", "en": "no interpreter", "ko": "통역 없음"},
    "says": {"nl": "{name}: {why}", "en": "{name}: {why}", "ko": "{name}: {why}"},
    "name": {
        "nl": "Gesprekken van {name}, {day}",
        "en": "Meetings of {name}, {day}",
        "ko": "{name} 상담 일정, {day}",
    },
}

#: Why two fit, by part of the score.
FIT_TEXTS: Final[Mapping[str, Label]] = {
    "offered": {
        "nl": "Biedt wat u zoekt: {what}",
        "en": "Offers what you look for: {what}",
        "ko": "찾고 있는 것을 제공합니다: {what}",
    },
    "wanted": {
        "nl": "Zoekt wat u biedt: {what}",
        "en": "Looks for what you offer: {what}",
        "ko": "제공하는 것을 찾고 있습니다: {what}",
    },
    "themes": {
        "nl": "Dezelfde thema's: {what}",
        "en": "The same themes: {what}",
        "ko": "같은 주제: {what}",
    },
    "parties": {
        "nl": "Steden en organisaties die bij elkaar passen",
        "en": "Cities and organisations that fit each other",
        "ko": "서로 잘 맞는 도시와 기관",
    },
}

#: How two can talk.
LANGUAGE_TEXTS: Final[Mapping[str, Label]] = {
    "common": {
        "nl": "Jullie spreken een taal samen",
        "en": "You have a language in common",
        "ko": "공통 언어가 있습니다",
    },
    "interpreter": {
        "nl": "Een tolk helpt bij dit gesprek",
        "en": "An interpreter helps with this meeting",
        "ko": "통역사가 상담을 돕습니다",
    },
    "none": {
        "nl": "Geen taal samen, en geen tolk voor deze talen",
        "en": "No language in common, and no interpreter for these languages",
        "ko": "공통 언어도, 이 언어의 통역사도 없습니다",
    },
}
