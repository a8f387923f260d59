"""A city's own concepts, and the records they become."""

import pytest

from hanze.collaboration.records.entities import read_as, write_record
from hanze.collaboration.records.themes import Concept as ConceptRecord
from hanze.collaboration.vocabulary.concept import Concept, load_vocabulary
from hanze.collaboration.vocabulary.entities import concept_of, entity_id, record_of
from hanze.collaboration.vocabulary.extend import (
    CityNameInvalid,
    adopt,
    read_city_concepts,
    shared_labels,
)
from hanze.collaboration.vocabulary.faults import VocabularyInvalid

OWN = """
[[concept]]
id = "bicycle-bus"
broader = "cycling"
nl = ["fietsbus", "fietstrein"]
related = ["school-zone", "ride-leader"]

[[concept]]
id = "ride-leader"
nl = ["fietsbegeleider"]
ko = ["자전거 인솔자"]
status = "reviewed"
sdg = ["11.2"]
"""


def read(text: str, city: str = "utrecht") -> tuple[Concept, ...]:
    return read_city_concepts(
        text, form="toml", source="own.toml", city=city, vocabulary=load_vocabulary()
    )


def test_concepts_of_a_city_should_bear_its_name() -> None:
    bus, leader = read(OWN)
    assert bus.id == "utrecht:bicycle-bus"
    assert bus.broader == "cycling"
    assert bus.related == ("school-zone", "utrecht:ride-leader")
    assert leader.broader is None


def test_concepts_of_a_city_should_stand_in_its_theme() -> None:
    known, left_out = adopt(load_vocabulary(), read(OWN))
    assert left_out == ()
    assert known.concept("utrecht:bicycle-bus").theme == "mobility"
    assert "utrecht:bicycle-bus" in known.narrower("cycling")
    assert known.label("utrecht:bicycle-bus", "ko") == "fietsbus"


def test_concepts_should_be_read_again_when_the_vocabulary_has_them_already() -> None:
    known, _ = adopt(load_vocabulary(), read(OWN))
    again = read_city_concepts(
        OWN, form="toml", source="own.toml", city="utrecht", vocabulary=known
    )
    assert again == read(OWN)


def test_skos_should_be_read_as_toml_is() -> None:
    text = """{"@graph": [{"type": "Concept", "id": "https://utrecht.nl/id/bicycle-bus",
        "prefLabel": {"nl": "fietsbus"}, "broader": "https://w3id.org/hanze/concept/cycling"}]}"""
    (bus,) = read_city_concepts(
        text, form="jsonld", source="own.json", city="utrecht", vocabulary=load_vocabulary()
    )
    assert (bus.id, bus.broader) == ("utrecht:bicycle-bus", "cycling")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[concept]]\nid = "a"\nnl = ["x"]\nbroader = "b"', "line 1: utrecht:a has the broader"),
        ('\n[[concept]]\nid = "a"', "line 2: utrecht:a has no label"),
        ('[[concept]]\nid = "parking"\nnl = ["x"]', "line 1: parking has the id of a concept of"),
        ('[[concept]]\nid = "delft:a"\nnl = ["x"]', "line 1: delft:a belongs to another city"),
        (
            '[[concept]]\nid = "a"\nnl = ["x"]\nbroader = "cycling"\nrelated = ["mobility"]',
            "utrecht:a is related to mobility, which is itself or above",
        ),
        (
            '[[concept]]\nid = "a"\nnl = ["x"]\n[[concept]]\nid = "a"\nnl = ["y"]',
            "utrecht:a occurs twice",
        ),
    ],
)
def test_mistakes_should_be_named_with_their_line(text: str, reason: str) -> None:
    with pytest.raises(VocabularyInvalid, match=reason):
        read(text)


def test_the_name_of_a_city_should_be_kebab_case() -> None:
    with pytest.raises(CityNameInvalid):
        read(OWN, city="Den Bosch")


def test_adopt_should_leave_out_what_does_not_fit_and_what_hangs_on_it() -> None:
    good = Concept(id="x:good", labels={"nl": ("goed",)}, broader="water")
    lost = Concept(id="x:lost", labels={"nl": ("kwijt",)}, broader="x:nowhere")
    below = Concept(id="x:below", labels={"nl": ("eronder",)}, broader="x:lost")
    taken = Concept(id="water", labels={"nl": ("nat",)})
    known, left_out = adopt(load_vocabulary(), [good, lost, below, taken])
    assert {fault.concept for fault in left_out} == {"x:lost", "x:below", "water"}
    assert "x:good" in known
    assert known.label("water", "nl") == "water"


def test_adopt_should_give_the_vocabulary_itself_when_nothing_is_added() -> None:
    assert adopt(load_vocabulary(), [])[0] is load_vocabulary()


def test_shared_labels_should_name_who_has_them() -> None:
    one = Concept(id="a", labels={"nl": ("Bank",), "en": ("bank",)})
    other = Concept(id="b", labels={"nl": ("bank",), "en": ("bench",)})
    assert shared_labels([one, other]) == {("nl", "bank"): ("a", "b")}


def test_a_concept_should_survive_being_an_entity() -> None:
    for concept in read(OWN):
        record = record_of(concept, source_city="urn:ngsi-ld:Municipality:nl:GM0344")
        entity = write_record(record)
        assert entity.id == entity_id(concept.id) == f"urn:ngsi-ld:Concept:{concept.id}"
        back = read_as(entity, ConceptRecord)
        assert back.source_city == "urn:ngsi-ld:Municipality:nl:GM0344"
        assert concept_of(back) == concept
