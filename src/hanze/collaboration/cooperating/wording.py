"""What records of a cooperation are called that nobody named, in the languages of the collective."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.record import LANGUAGES, Label, text_of

__all__ = ["STEP_NAMES", "group_title", "signature_title", "step_title"]

#: The five steps of the strategy.
STEP_NAMES: Final[Mapping[str, Label]] = {
    "contacts": {
        "nl": "Contactpunt aanwijzen",
        "en": "Name contacts",
        "ko": "담당 창구 지정",
    },
    "challenges": {
        "nl": "Opgaven noemen",
        "en": "List challenges",
        "ko": "도시 과제 제시",
    },
    "solutions": {
        "nl": "Oplossingen zoeken",
        "en": "Look for solutions",
        "ko": "해결책 찾기",
    },
    "agenda": {
        "nl": "Agenda of projectplan",
        "en": "Make an agenda or project plan",
        "ko": "협력 의제·사업 계획",
    },
    "meetings": {
        "nl": "Regelmatig overleg",
        "en": "Meet about progress",
        "ko": "정기 회의",
    },
}
_GROUP: Final[Label] = {
    "nl": "Werkgroep: {title}",
    "en": "Working group: {title}",
    "ko": "실무협의체: {title}",
}
_SIGNATURE: Final[Label] = {
    "nl": "Handtekening van {party}: {title}",
    "en": "Signature of {party}: {title}",
    "ko": "{party} 서명: {title}",
}


def step_title(step: str, cooperation: Label) -> Label:
    """Name a step of a cooperation."""
    return {
        language: f"{STEP_NAMES[step][language]}: {text_of(cooperation, language)}"
        for language in LANGUAGES
    }


def group_title(accord: Label) -> Label:
    """Name the working group of an accord."""
    return {
        language: _GROUP[language].format(title=text_of(accord, language)) for language in LANGUAGES
    }


def signature_title(party: Label, accord: Label) -> Label:
    """Name a party's signature of an accord."""
    return {
        language: _SIGNATURE[language].format(
            party=text_of(party, language), title=text_of(accord, language)
        )
        for language in LANGUAGES
    }
