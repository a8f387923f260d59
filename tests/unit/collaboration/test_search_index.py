"""The inverted index, the words in order, and what a question is read as."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.collaboration.index.asking import read_question
from hanze.collaboration.index.beginnings import Beginnings
from hanze.collaboration.index.names import Names
from hanze.collaboration.index.postings import Postings
from hanze.collaboration.index.reading import codes_of, concepts_about, terms_of, texts_of
from hanze.collaboration.records.missions import (
    Delegate,
    Mission,
    ProgrammeItem,
    TravelPermission,
)
from hanze.collaboration.records.needs import Demand, Tender
from hanze.collaboration.records.offers import Platform, PlatformPart
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import BusinessCase, Evaluation, Lesson, Project
from hanze.collaboration.records.themes import Concept
from tests.unit.collaboration.searchable import annotator

_TERMS = st.dictionaries(st.sampled_from("abcde"), st.floats(0.125, 8, width=16), max_size=5)


@given(st.lists(_TERMS, max_size=12), st.data())
def test_postings_should_give_back_rows_and_weights(
    rows: list[dict[str, float]], data: st.DataObject
) -> None:
    postings = Postings()
    for row, weights in enumerate(rows):
        postings.add(row, weights)
    stay = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    for kept in (False, True):
        if kept:
            alive = np.array(stay, np.bool_)
            postings.keep(np.where(alive, np.cumsum(alive) - 1, -1))
            rows = [weights for weights, stays in zip(rows, stay, strict=True) if stays]
        for term in "abcde":
            expected = {row: weights[term] for row, weights in enumerate(rows) if term in weights}
            found = postings.of(term)
            pairs = zip(found.rows.tolist(), found.weights.tolist(), strict=True)
            assert dict(pairs) == expected
            assert postings.count(term) == len(expected)
            assert [found.weight(row) for row in range(len(rows))] == [
                expected.get(row, 0.0) for row in range(len(rows))
            ]


@given(
    st.lists(st.text(alphabet="ab다", max_size=4), unique=True),
    st.text(alphabet="ab다", max_size=2),
)
def test_beginnings_should_be_those_of_a_walk(words: list[str], prefix: str) -> None:
    half = len(words) // 2
    beginnings = Beginnings(words[:half])
    for word in words[half:]:
        beginnings.add(word)
    expected = sorted(word for word in words if word.startswith(prefix) and word != prefix)
    assert sorted(beginnings.of(prefix)) == expected


def test_beginnings_should_sort_what_has_come() -> None:
    beginnings = Beginnings()
    for number in range(5_000):
        beginnings.add(f"word{number}")
    assert len(list(beginnings.of("word499"))) == 10


@given(st.text(max_size=60), st.sampled_from(["nl", "en", "ko"]))
def test_any_text_should_be_a_question(text: str, language: str) -> None:
    asked = read_question(text, language, annotator())
    for way in asked.ways:
        assert way.weight > 0
        assert all(number < len(asked.words) for number in way.words)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ('"a  B" c', ("a b",)),
        ("“een”„twee”", ("een", "twee")),
        ('open "quote', ()),
        ('""', ()),
    ],
)
def test_phrases_should_be_what_stands_in_quotes(text: str, phrases: tuple[str, ...]) -> None:
    assert read_question(text, "nl", annotator()).phrases == phrases


def test_a_concept_should_cover_the_words_that_spell_it() -> None:
    asked = read_question("goede fietsenstalling zoeken", "nl", annotator())
    (way,) = (way for way in asked.ways if way.kind == "concept" and way.weight == 1)
    assert (way.term, asked.written(way)) == ("bicycle-parking", "fietsenstalling")


def test_what_only_comes_with_concepts_should_not_be_asked_for() -> None:
    annotation = annotator().annotate({"nl": "fietsenstalling, fietsen en slimme verlichting"})
    # Both concepts below give to it, which makes more than half.
    assert annotation.concepts["mobility"] > 0.65
    about = concepts_about(annotation, annotator().vocabulary)
    assert about.keys() == {"bicycle-parking", "cycling", "smart-lighting"}


def test_every_text_of_a_record_should_be_read() -> None:
    project = Project(
        id="urn:ngsi-ld:Project:x:1",
        title={"en": "title"},
        stage="idea",
        description={"en": "description"},
        lessons=(Lesson(text={"en": "lesson"}),),
        business_case=BusinessCase(value={"en": "value"}),
        evaluation=Evaluation(technical_note={"en": "note"}),
        residents_groups=("older people", "children"),
        source="not read",
        concepts=("not-read",),
    )
    found = [text if isinstance(text, str) else text["en"] for text in texts_of(project)]
    assert sorted(found) == ["description", "lesson", "note", "older people. children", "value"]
    platform = Platform(
        id="urn:ngsi-ld:Platform:x:1",
        title={"en": "p"},
        operators=("urn:ngsi-ld:Municipality:x:1",),
        parts=(PlatformPart(name="broker"),),
    )
    assert list(texts_of(platform)) == ["broker"]
    concept = Concept(
        id="urn:ngsi-ld:Concept:x:1",
        title={"en": "c"},
        notation="x:c",
        alt_labels={"nl": ("een", "twee")},
    )
    assert {"nl": "een. twee"} in list(texts_of(concept))


def test_texts_of_missions_should_be_read_without_their_zones() -> None:
    mission = Mission(
        id="urn:ngsi-ld:Mission:x:1",
        title={"en": "title"},
        direction="outgoing",
        organiser="urn:ngsi-ld:Municipality:x:1",
        country="urn:ngsi-ld:Country:KR",
        goal={"en": "goal"},
        starts=date(2025, 3, 1),
        ends=date(2025, 3, 2),
        timezone="Asia/Seoul",
        home_timezone="Europe/Amsterdam",
        delegates=(Delegate(role={"en": "role"}),),
        programme=(
            ProgrammeItem(
                key="k",
                kind="visit",
                title={"en": "item"},
                place={"en": "place"},
                outcome={"en": "outcome"},
            ),
        ),
    )
    found = {text["en"] for text in texts_of(mission) if not isinstance(text, str)}
    assert found == {"goal", "role", "item", "place", "outcome"}
    assert not any(isinstance(text, str) for text in texts_of(mission))
    permission = TravelPermission(
        id="urn:ngsi-ld:TravelPermission:x:1",
        title={"en": "title"},
        mission=mission.id,
        number="C2350630/6066843",
    )
    assert "c2350630/6066843" in set(codes_of(permission))


def test_terms_should_weigh_titles_more_and_name_what_is_above() -> None:
    demand = Demand(
        id="urn:ngsi-ld:Demand:x:1",
        title={"nl": "Fietsenstalling"},
        problem={"nl": "Forenzen zoeken plek", "fr": "gare"},
        source_city="urn:ngsi-ld:Municipality:x:1",
        concepts=("smart-lighting", "unknown"),
    )
    terms = terms_of(demand, annotator(), about=("mobility",))
    assert terms.lemmas["fietsenstalling"] > terms.lemmas["forens"]
    assert terms.forms["forenzen"] == "forens"
    assert terms.concepts["bicycle-parking"] > terms.concepts["cycling"]
    assert terms.concepts["smart-lighting"] == terms.concepts["mobility"] == 2.0
    assert "unknown" not in terms.concepts
    assert list(terms.references) == ["urn:ngsi-ld:Municipality:x:1"]


def test_codes_should_be_what_people_write() -> None:
    city = Municipality(id="urn:ngsi-ld:Municipality:NL:GM1", title={"nl": "X"}, kostat_code="21")
    assert set(codes_of(city)) == {"urn:ngsi-ld:municipality:nl:gm1", "gm1", "21"}
    tender = Tender(ocid="ocds-1-X")
    demand = Demand(id="urn:d:1", title={"nl": "x"}, problem={"nl": "x"}, tender=tender)
    assert "ocds-1-x" in set(codes_of(demand))


def test_names_should_follow_records() -> None:
    names = Names()
    city = Municipality(id="urn:m:1", title={"nl": "Den  Haag", "en": "The Hague"}, cbs_code="GM2")
    names.put(city)
    names.put(city)
    assert list(names.by_title("den haag")) == list(names.by_title("THE HAGUE")) == [city.id]
    names.put(Municipality(id="urn:m:1", title={"nl": "Elders"}))
    assert not names.by_title("den haag")
    assert not names.by_code("GM2")
    names.drop("urn:m:1")
    names.drop("urn:m:1")
    assert not names.by_title("elders")
