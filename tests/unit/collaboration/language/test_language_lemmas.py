"""Lemmas of texts in three languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.collaboration.language.compounds import DutchCompounds, KoreanCompounds
from hanze.collaboration.language.detect import ANALYSED_CHARACTERS, LANGUAGES, Language
from hanze.collaboration.language.korean import (
    korean_reader,
    korean_words,
    words_by_kiwi,
    words_by_rules,
)
from hanze.collaboration.language.lemmas import BREAK, lemmas, words
from hanze.collaboration.language.stems import stem
from hanze.collaboration.language.stop_words import STOP_WORDS

DUTCH = DutchCompounds(["fiets", "parkeren", "water", "overlast", "geluid"])


def test_lemmas_should_leave_out_stop_words_when_a_text_is_dutch() -> None:
    text = "Onze gemeente zoekt een slimme oplossing voor fietsen bij de stations."
    assert lemmas(text, "nl") == ("gemeente", "slim", "oplossing", "fiets", "station")


def test_lemmas_should_keep_words_in_ing_when_a_text_is_english() -> None:
    assert lemmas("The city's buildings lack parking", "en") == (
        "city",
        "building",
        "lack",
        "parking",
    )


def test_lemmas_should_keep_abbreviations_when_a_dictionary_makes_other_words_of_them() -> None:
    assert lemmas("AI and EV", "en") == ("ai", "ev")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("co2-neutraal", ("co2", "neutraal")),
        ("e-bike", ("ebike",)),
        ("foto's", ("foto",)),
        ("15-minutenstad", ("minutenstad",)),
    ],
)
def test_lemmas_should_read_words_with_marks_when_they_are_written_so(
    text: str, expected: tuple[str, ...]
) -> None:
    assert lemmas(text, "nl") == expected


def test_words_should_keep_stop_words_that_count_within_labels_and_tell_where_clauses_end() -> None:
    found = words("A new town, by the sea", "en")
    assert [word.lemma for word in found] == ["new", "town", "", "sea"]
    assert found[0].stop
    assert found[2] is BREAK


def test_lemmas_should_look_at_the_beginning_only_when_a_text_is_very_long() -> None:
    text = "water " * (ANALYSED_CHARACTERS // 6) + " fiets" * 1_000
    assert set(lemmas(text, "nl")) == {"water"}


def test_lemmas_should_end_when_a_text_is_made_to_be_slow() -> None:
    # An expression that tries everything twice would not end within a day.
    for text in ("a-" * 50_000, "a'" * 50_000, "-" * 100_000, "가" * 100_000, "fiets" * 20_000):
        for language in LANGUAGES:
            assert words(text, language, korean=words_by_rules) is not None


@given(st.text(), st.sampled_from(["nl", "en"]))
def test_lemmas_should_be_words_that_are_no_stop_words_when_a_text_is_anything(
    text: str, language: Language
) -> None:
    found = lemmas(text, language)
    assert all(found)
    assert not STOP_WORDS[language] & set(found)


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3) | st.just(" ")))
def test_words_by_rules_should_never_fail_when_a_text_is_hangul(text: str) -> None:
    assert all(isinstance(word, str) for word in words_by_rules(text))


def test_stop_words_should_be_of_each_language() -> None:
    assert set(STOP_WORDS) == set(LANGUAGES)
    assert all(len(found) > 100 for found in STOP_WORDS.values())


def test_words_by_rules_should_take_off_particles_when_there_is_no_kiwi() -> None:
    assert words_by_rules("스마트가로등으로 밤길을 안전하게, CCTV로") == (
        "스마트가로등",
        "밤길",
        "안전",
        "",
        "cctv",
    )


@pytest.mark.usefixtures("kiwi")
def test_words_by_kiwi_should_cut_compounds_and_verbs_when_it_is_installed() -> None:
    assert words_by_kiwi("스마트가로등으로 밤길을 안전하게 밝힙니다.") == (
        "스마트",
        "가로등",
        "밤길",
        "안전",
        "밝히다",
        "",
    )
    assert words_by_kiwi("고령화") == ("고령화",)


@pytest.mark.usefixtures("kiwi")
def test_korean_words_should_be_those_of_kiwi_when_it_is_installed() -> None:
    assert korean_reader() == "kiwi"
    assert korean_words("자전거를 탄다") == words_by_kiwi("자전거를 탄다")


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("wateroverlast", ("water", "overlast")),
        ("geluidsoverlast", ("geluid", "overlast")),
        ("straatverlichting", ("straat", "verlichting")),
        ("fietsparkeerplek", ("fiets", "parkeer", "plek")),
        ("beweging", ()),
        ("gemeente", ()),
        ("oplossing", ()),
        ("fiets", ()),
        ("x" * 60, ()),
        ("", ()),
    ],
)
def test_parts_should_be_words_when_a_dutch_word_is_a_compound(
    word: str, parts: tuple[str, ...]
) -> None:
    assert DUTCH.parts(word) == parts


def test_parts_should_be_known_words_and_what_is_between_when_a_word_is_korean() -> None:
    compounds = KoreanCompounds(["스마트", "가로등", "자전거"])
    assert compounds.parts("스마트가로등") == ("스마트", "가로등")
    assert compounds.parts("신형스마트가로등") == ("신형", "스마트", "가로등")
    assert compounds.parts("가로등") == ()
    assert compounds.parts("보행자신호등") == ()


@given(st.text(alphabet="abcdefgnrst-", max_size=60))
def test_parts_should_occur_in_the_word_in_order_when_a_word_is_cut(word: str) -> None:
    place = 0
    for part in DUTCH.parts(word):
        place = word.index(part, place) + len(part)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("eenzaam", "eenzaamheid", "nl"),
        ("vervuilen", "vervuiling", "nl"),
        ("detecteren", "detectie", "nl"),
        ("pollute", "pollution", "en"),
        ("lonely", "loneliness", "en"),
        ("recycle", "recycling", "en"),
    ],
)
def test_stem_should_be_the_same_when_words_are_of_one_family(
    one: str, other: str, language: str
) -> None:
    assert stem(one, language) == stem(other, language)


@pytest.mark.usefixtures("kiwi")
def test_words_by_kiwi_should_keep_nouns_of_the_field_that_look_like_particles() -> None:
    found = words_by_kiwi("열섬을 줄이는 그늘막, 제방의 댐, 골목 빗물받이와 층간소음")
    assert {"열섬", "그늘막", "제방", "댐", "빗물받이", "층간소음"} <= set(found)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("jongeren en jonge bomen", "nl", ("jongere", "jong", "boom")),
        ("parked cars in a park", "en", ("parking", "car", "park")),
        ("a trained nurse on a train", "en", ("training", "nurse", "train")),
    ],
)
def test_lemmas_should_keep_words_of_other_meanings_apart(
    text: str, language: Language, expected: tuple[str, ...]
) -> None:
    assert lemmas(text, language) == expected
