"""Our own concepts: whole in three languages, and their labels tell them apart."""

import re
from importlib import resources

import pytest

from hanze.collaboration.vocabulary.concept import (
    LANGUAGES,
    THEMES,
    Concept,
    Vocabulary,
    load_vocabulary,
    read_concepts,
)
from hanze.collaboration.vocabulary.extend import shared_labels

_HANGUL = re.compile(r"[가-힣]")
#: Abbreviations and names that Koreans write as they are, beside a label in Hangul.
_LATIN = re.compile(r"[A-Z0-9][A-Za-z0-9.-]*")

#: Labels that two concepts have on purpose; both are related then.
_SHARED: frozenset[tuple[str, str]] = frozenset()


@pytest.fixture(scope="module")
def known() -> Vocabulary:
    return load_vocabulary()


def test_there_should_be_hundreds_of_concepts_in_each_area(known: Vocabulary) -> None:
    assert len(known) >= 450
    assert set(THEMES) <= set(known.top_concepts)
    for theme in THEMES:
        assert sum(concept.theme == theme for concept in known.concepts.values()) >= 35


def test_each_file_should_hold_what_stands_under_its_top_concept(known: Vocabulary) -> None:
    folder = resources.files("hanze.collaboration.vocabulary") / "concepts"
    held = {
        file.name: read_concepts(file.read_text("utf-8"), source="") for file in folder.iterdir()
    }
    assert set(held) == {f"{top}.toml" for top in known.top_concepts}
    strays = [
        (name, concept.id)
        for name, concepts in held.items()
        for concept in concepts
        if name.removesuffix(".toml") not in (concept.id, *known.ancestors(concept.id))
    ]
    assert strays == []


def test_safety_should_have_its_three_areas(known: Vocabulary) -> None:
    areas = {"street-safety", "cybersecurity", "environmental-safety"}
    assert areas <= set(known.narrower("safety"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_concept_should_have_a_label_and_a_synonym(known: Vocabulary, language: str) -> None:
    few = [c.id for c in known.concepts.values() if len(c.labels[language]) < 2]
    assert few == []


def test_korean_labels_should_be_in_hangul_or_be_names_in_latin(known: Vocabulary) -> None:
    strange = [
        (concept.id, label)
        for concept in known.concepts.values()
        for label in concept.labels["ko"]
        if not _HANGUL.search(label) and not _LATIN.fullmatch(label)
    ]
    assert strange == []
    latin_alone = [
        concept.id
        for concept in known.concepts.values()
        if not any(map(_HANGUL.search, concept.labels["ko"]))
    ]
    assert latin_alone == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_dutch_and_english_labels_should_have_no_hangul(known: Vocabulary, language: str) -> None:
    labels = [label for c in known.concepts.values() for label in c.labels[language]]
    assert [label for label in labels if _HANGUL.search(label)] == []


def test_a_label_should_belong_to_one_concept_in_its_language(known: Vocabulary) -> None:
    shared = shared_labels(tuple(known.concepts.values()))
    assert set(shared) == _SHARED
    for ids in shared.values():
        for concept_id in ids:
            assert set(ids) <= {concept_id, *known.concept(concept_id).related}


def test_labels_should_differ_also_without_their_blanks(known: Vocabulary) -> None:
    """Korean is written with and without blanks: 자전거도로 is 자전거 도로."""
    closed = [
        Concept(
            id=c.id,
            labels={"ko": tuple(dict.fromkeys(x.replace(" ", "") for x in c.labels["ko"]))},
        )
        for c in known.concepts.values()
    ]
    assert shared_labels(closed) == {}


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("nl", "plan"),
        ("nl", "systeem"),
        ("nl", "meer"),
        ("nl", "stad"),
        ("en", "city"),
        ("en", "system"),
        ("en", "its"),
        ("en", "fine"),
        ("en", "course"),
        ("ko", "도시"),
        ("ko", "시스템"),
        ("ko", "사업"),
        ("ko", "약"),
    ],
)
def test_words_that_are_in_every_text_should_be_no_labels(
    known: Vocabulary, language: str, word: str
) -> None:
    labels = {x.casefold() for c in known.concepts.values() for x in c.labels[language]}
    assert word not in labels


@pytest.mark.parametrize(
    ("concept_id", "nl", "en", "ko"),
    [
        ("bicycle-parking", "fietsenstalling", "bicycle parking", "자전거 보관소"),
        ("waste", "vuilnis", "trash", "쓰레기"),
        ("particulate-matter", "fijnstof", "fine dust", "미세먼지"),
        ("pluvial-flooding", "wateroverlast", "urban flooding", "침수"),
        ("smart-street-lighting", "slimme straatverlichting", "light grid", "스마트 가로등"),
        ("digital-twin", "digitale tweeling", "digital twin", "디지털 트윈"),
        ("regulatory-sandbox", "regelluwe zone", "regulatory sandbox", "규제 샌드박스"),
        ("lonely-death", "eenzaam sterven", "lonely death", "고독사"),
        ("demountable-building", "losmaakbaar bouwen", "design for disassembly", "해체 용이 설계"),
        ("undermining-crime", "ondermijning", "organised crime", "조직 범죄"),
        ("home-care", "wijkverpleging", "district nursing", "방문 간호"),
        ("launching-customer", "launching customer", "first customer", "최초 구매자"),
    ],
)
def test_words_of_the_field_should_lead_to_their_concept(
    known: Vocabulary, concept_id: str, nl: str, en: str, ko: str
) -> None:
    labels = known.concept(concept_id).labels
    assert nl in labels["nl"]
    assert en in labels["en"]
    assert ko in labels["ko"]


def test_a_theme_should_lead_to_a_goal_of_sustainable_development(known: Vocabulary) -> None:
    assert [theme for theme in THEMES if not known.concept(theme).sdg] == []
