"""Concepts of texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.language.detect import LANGUAGES
from hanze.collaboration.language.korean import words_by_rules
from hanze.collaboration.language.wordnet import Wordnets
from hanze.collaboration.vocabulary.concept import Concept, Vocabulary

#: Words of labels, of labels in part, and others: texts that hypothesis makes of them find something.
WORDS = st.lists(
    st.sampled_from(
        [
            *("fietsparkeren", "fietsenstallingen", "slimme", "verlichting", "parkeren", "eenzame"),
            *("bicycle", "parking", "racks", "new", "town", "streetlights", "lonely", "living"),
            *("자전거", "주차장이", "스마트가로등으로", "공원에서", "리빙랩", "외로움을", "."),
            *("lab", "the", "de", "internet", "of", "things", "42", "e-bike", "-", "''", "É"),
        ]
    ),
    max_size=12,
).map(" ".join)


def _concepts(annotator: Annotator, text: str) -> set[str]:
    return {id_ for id_, weight in annotator.annotate(text).concepts.items() if weight >= 0.4}


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("Onze fietsenstallingen zijn vol", {"bicycle-parking"}),
        ("Te weinig fietsparkeervoorzieningen", {"bicycle-parking"}),
        ("Bicycle parking near the station", {"bicycle-parking"}),
        ("There is no parking here for a bicycle of that size", {"bicycle-parking", "cycling"}),
        ("자전거주차장이 부족해요", {"bicycle-parking"}),
        ("스마트가로등으로 밤길을 밝힙니다", {"smart-lighting"}),
        ("The street lights are broken", {"smart-lighting"}),
        ("Wij openen een living lab", {"living-lab"}),
        ("De internet-der-dingen-sensoren", {"iot"}),
    ],
)
def test_annotate_should_find_a_label_however_a_language_writes_it(
    by_rules: Annotator, text: str, concepts: set[str]
) -> None:
    assert _concepts(by_rules, text) >= concepts


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Parking for cars", "park"),
        ("A town on the coast", "new-town"),
        ("Dingen die wij doen", "iot"),
    ],
)
def test_annotate_should_not_find_a_label_when_a_text_has_another_word_or_only_its_stop_word(
    by_rules: Annotator, text: str, concept: str
) -> None:
    assert concept not in _concepts(by_rules, text)


def test_annotate_should_find_a_label_by_another_word_of_its_family(by_rules: Annotator) -> None:
    assert by_rules.annotate("Eenzame ouderen").concepts["loneliness"] > 0.5
    assert by_rules.annotate("They feel lonely").concepts["loneliness"] > 0.5


def test_annotate_should_find_english_labels_when_a_text_is_in_another_language(
    by_rules: Annotator,
) -> None:
    text = {"nl": "Wij plaatsen streetlights", "ko": "streetlight 설치"}
    for language, words in text.items():
        assert by_rules.annotate({language: words}).concepts["smart-lighting"] > 0.5


def test_annotate_should_add_what_is_above_at_lower_weight(by_rules: Annotator) -> None:
    concepts = by_rules.annotate("bicycle parking").concepts
    assert concepts["bicycle-parking"] > concepts["cycling"] > concepts["mobility"] > 0


def test_annotate_should_add_what_is_beside_at_lower_weight(small: Vocabulary) -> None:
    related = small.concept("park")
    beside = type(related)(
        id="playground", labels={"en": ("playground",)}, related=("park",), theme=related.theme
    )
    concepts = Annotator(small.extended([beside])).annotate("a playground").concepts
    assert concepts["playground"] > concepts["park"] > 0


def test_annotate_should_take_the_highest_when_a_text_is_given_in_several_languages(
    by_rules: Annotator,
) -> None:
    one = by_rules.annotate({"en": "bicycle parking"})
    both = by_rules.annotate({"en": "bicycle parking", "nl": "fietsparkeren"})
    assert both.concepts == one.concepts
    assert both.languages == ("nl", "en")
    assert set(both.lemmas) > set(one.lemmas)


def test_annotate_should_detect_the_language_when_a_text_says_another_or_none(
    by_rules: Annotator,
) -> None:
    assert by_rules.annotate({"@none": "de fiets van mijn buurman"}).languages == ("nl",)
    assert by_rules.annotate({"nl-BE": "fietsparkeren"}).languages == ("nl",)
    assert by_rules.annotate("자전거 보관소").languages == ("ko",)


def test_annotate_should_say_nothing_when_there_is_nothing(by_rules: Annotator) -> None:
    assert by_rules.annotate({}) == Annotation()
    assert by_rules.annotate("").concepts == {}


def test_annotate_should_count_synsets_at_lower_weight_when_wordnets_are_loaded(
    small: Vocabulary,
) -> None:
    wordnets = Wordnets(
        [("nl", "boom", "13104059-n"), ("ko", "나무", "13104059-n"), ("en", "tree", "13104059-n")]
    )
    annotator = Annotator(small, wordnets, korean=words_by_rules)
    for text in ("een boom in het park", "a tree", "나무를 심는다"):
        assert 0 < annotator.annotate(text).concepts["wn:13104059-n"] < 0.5


def test_annotate_should_say_the_same_when_labels_were_read_before(
    small: Vocabulary, by_rules: Annotator
) -> None:
    prepared = Annotator(small, korean=words_by_rules)
    prepared.prepare()
    assert prepared.annotate("자전거 보관소") == by_rules.annotate("자전거 보관소")


def test_annotate_should_find_no_label_in_small_words_that_spell_one() -> None:
    water = Vocabulary([Concept(id="water", labels={"nl": ("water",)})])
    assert _concepts(Annotator(water), "Wij willen weten wat er in de straat gebeurt.") == set()
    assert "water" in _concepts(Annotator(water), "Er staat water op straat.")


@pytest.mark.usefixtures("kiwi")
@pytest.mark.parametrize("text", ["자전거주차장이 부족해요", "자전거의 주차를 돕는 시설"])
def test_annotate_should_find_korean_labels_when_kiwi_reads_them(
    small: Vocabulary, text: str
) -> None:
    assert "bicycle-parking" in _concepts(Annotator(small), text)


@settings(max_examples=100)
@given(WORDS | st.text(), st.sampled_from(["", *LANGUAGES]))
def test_annotate_should_give_the_same_positive_weights_when_a_text_is_anything(
    by_rules: Annotator, text: str, language: str
) -> None:
    given_text: dict[str, str] | str = {language: text} if language else text
    found = by_rules.annotate(given_text)
    assert found == by_rules.annotate(given_text)
    assert all(weight > 0 for weight in [*found.concepts.values(), *found.lemmas.values()])
    assert set(found.concepts) <= set(by_rules.vocabulary.concepts)
    assert all(found.lemmas)
