"""Concepts: reading them, and the rules they obey."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.vocabulary.concept import (
    Concept,
    Vocabulary,
    check_concepts,
    concept_lines,
    load_vocabulary,
    read_concepts,
)
from hanze.collaboration.vocabulary.faults import ConceptNotFound, VocabularyInvalid


def a_concept(
    concept_id: str, broader: str | None = None, related: tuple[str, ...] = ()
) -> Concept:
    return Concept(id=concept_id, labels={"en": (concept_id,)}, broader=broader, related=related)


def reasons(*concepts: Concept) -> list[str]:
    return [f"{fault.concept} {fault.reason}" for fault in check_concepts(concepts)]


def test_theme_should_be_that_of_the_top_concept() -> None:
    known = Vocabulary([a_concept("mobility"), a_concept("a", "mobility"), a_concept("b", "a")])
    assert known.concept("b").theme == "mobility"
    assert known.ancestors("b") == ("a", "mobility")
    assert known.narrower("mobility") == ("a",)
    assert known.top_concepts == ("mobility",)


def test_theme_should_be_empty_when_the_top_concept_is_no_theme() -> None:
    known = Vocabulary([a_concept("weather"), a_concept("rain", "weather")])
    assert known.concept("rain").theme == ""


def test_related_should_go_both_ways() -> None:
    known = Vocabulary([a_concept("a"), a_concept("b", related=("a",))])
    assert known.concept("a").related == ("b",)


def test_label_should_fall_back_to_english_and_then_to_what_there_is() -> None:
    known = Vocabulary(
        [
            Concept(id="a", labels={"nl": ("fiets", "rijwiel"), "en": ("bicycle",)}),
            Concept(id="b", labels={"fr": ("quai",)}),
        ]
    )
    assert known.label("a", "nl") == "fiets"
    assert known.label("a", "ko") == "bicycle"
    assert known.label("b", "ko") == "quai"


def test_concept_should_not_be_found_when_it_is_not_there() -> None:
    known = Vocabulary([a_concept("a")])
    assert "a" in known
    assert "b" not in known
    for ask in (known.concept, known.narrower, known.ancestors):
        with pytest.raises(ConceptNotFound, match="The concept b does not exist"):
            ask("b")


def test_extended_should_leave_the_first_vocabulary_alone() -> None:
    known = Vocabulary([a_concept("a")])
    more = known.extended([a_concept("x:b", "a")])
    assert len(known) == 1
    assert more.narrower("a") == ("x:b",)


@pytest.mark.parametrize(
    ("concepts", "reason"),
    [
        ([a_concept("a"), a_concept("a")], "a occurs twice"),
        ([a_concept("A b")], "A b must have an id of lower case letters"),
        ([a_concept("a", "b")], "a has the broader concept b, which does not exist"),
        ([a_concept("a", "b"), a_concept("b", "a")], "a is its own ancestor"),
        ([a_concept("a", related=("z",))], "a is related to z, which does not exist"),
        ([a_concept("a"), a_concept("b", "a", ("a",))], "b is related to a, which is itself"),
        ([a_concept("b", "a"), a_concept("a", None, ("b",))], "a is related to b, which is"),
        ([Concept(id="a", labels={})], "a has no label"),
        ([Concept(id="a", labels={"nl": ("x ",)})], "a has a label in nl that is empty"),
        ([Concept(id="a", labels={"nl": ("x\ny",)})], "a has a label in nl that is empty"),
        ([Concept(id="a", labels={"nl": ("X", "x")})], 'a has the label "x" twice in nl'),
        ([Concept(id="a", labels={"NL-": ("x",)})], 'a has labels in "NL-"'),
        ([Concept(id="a", labels={"nl": ("x",)}, sdg=("18",))], 'a names "18"'),
    ],
)
def test_what_is_wrong_should_be_said(concepts: list[Concept], reason: str) -> None:
    assert any(each.startswith(reason) for each in reasons(*concepts))
    with pytest.raises(VocabularyInvalid):
        Vocabulary(concepts)


def test_missing_languages_should_be_said_when_they_are_asked_for() -> None:
    (fault,) = check_concepts([a_concept("a")], languages=("en", "ko"))
    assert str(fault) == "a has no label in ko"


_IDS = st.sampled_from("abcdef")


@settings(max_examples=80)
@given(st.dictionaries(_IDS, st.one_of(st.none(), _IDS), min_size=1))
def test_a_vocabulary_should_either_end_at_top_concepts_or_be_refused(
    parents: dict[str, str | None],
) -> None:
    concepts = [a_concept(concept_id, broader) for concept_id, broader in parents.items()]
    if check_concepts(concepts):
        with pytest.raises(VocabularyInvalid):
            Vocabulary(concepts)
        return
    known = Vocabulary(concepts)
    for concept_id in known.concepts:
        path = (concept_id, *known.ancestors(concept_id))
        assert len(set(path)) == len(path)
        assert path[-1] in known.top_concepts


def test_read_concepts_should_name_the_line_when_a_table_is_wrong() -> None:
    text = '[[concept]]\nid = "a"\nnl = ["x"]\n\n[[concept]]\nid = "b"\nnl = "y"\n'
    with pytest.raises(VocabularyInvalid, match="line 5: b is not as it must be") as caught:
        read_concepts(text, source="own.toml")
    assert caught.value.faults[0].line == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[concept", "is no TOML"),
        ("", r"has no \[\[concept\]\]"),
        ("concept = 1", r"has no \[\[concept\]\]"),
        ('title = "x"\n[[concept]]\nid = "a"', "title is unknown"),
        ('[[concept]]\nid = "a"\nfr = ["x"]', "fr"),
        ("concept = [1]", "is not as it must be"),
    ],
)
def test_read_concepts_should_say_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(VocabularyInvalid, match=reason):
        read_concepts(text, source="own.toml")


def test_an_error_should_name_five_faults_and_count_the_others() -> None:
    with pytest.raises(VocabularyInvalid, match="and 2 more") as caught:
        Vocabulary([Concept(id=str(number), labels={}) for number in range(7)])
    assert len(caught.value.faults) == 7


def test_concept_lines_should_count_from_one() -> None:
    assert concept_lines("# x\n[[concept]]\nid = 1\n  [[ concept ]]\n") == (2, 4)


def test_the_vocabulary_should_be_read_once() -> None:
    assert load_vocabulary() is load_vocabulary()
