"""In which language a text is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.retrieval import read_subjects
from hanze.collaboration.language.detect import LANGUAGES, Language, detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("fietsparkeren", "nl"),
        ("Sensoren in afvalbakken", "nl"),
        ("Circulaire sloop", "nl"),
        ("luchtkwaliteit", "nl"),
        ("Ouderen die alleen wonen", "nl"),
        ("Open innovatie in Busan 부산", "nl"),
        ("bicycle parking", "en"),
        ("heat stress", "en"),
        ("LoRaWAN sensors in bins", "en"),
        ("smart city", "en"),
        ("자전거 주차", "ko"),
        ("AI CCTV 이상행동 감지 시스템", "ko"),
        ("", "en"),
        ("2026 / 12", "en"),
    ],
)
def test_detect_should_tell_the_language_when_a_text_is_short(
    text: str, language: Language
) -> None:
    assert detect(text) == language


def test_detect_should_tell_the_language_of_nearly_all_texts_of_the_test_set() -> None:
    told = [
        detect(subject.texts[language]) == language
        for subject in read_subjects()
        for language in LANGUAGES
    ]
    assert sum(told) / len(told) >= 0.98


def test_detect_should_tell_the_language_when_only_the_first_words_are_there() -> None:
    told = [
        detect(" ".join(subject.texts[language].split()[:4])) == language
        for subject in read_subjects()
        for language in LANGUAGES
    ]
    assert sum(told) / len(told) >= 0.93


@given(st.text())
def test_detect_should_answer_one_of_the_languages_when_a_text_is_anything(text: str) -> None:
    assert detect(text) in LANGUAGES
