"""Possible duplicates: what is proposed, why, and that the work does not grow with the square."""

import random
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.duplicates import LEAST, Duplicate, find_duplicates
from hanze.collaboration.records.cooperation import AccordSignature
from hanze.collaboration.records.needs import Demand, Tender
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.record import Record

UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"


def demand(key: str, title: str, text: str = "", **fields: Any) -> Demand:
    language = fields.pop("language", "nl")
    return Demand(
        id=f"urn:ngsi-ld:Demand:x:{key}",
        title={language: title},
        description={language: text} if text else {},
        problem={language: title},
        **({"source_city": UTRECHT} | fields),
    )


def company(key: str, name: str, **fields: Any) -> Organization:
    return Organization(
        id=f"urn:ngsi-ld:Organization:x:{key}", title={"en": name}, kind="company", **fields
    )


def only(records: list[Record]) -> Duplicate:
    (found,) = find_duplicates(records)
    return found


def test_nearly_the_same_title_in_one_city_should_be_proposed() -> None:
    found = only(
        [
            demand("1", "Fietsen stallen bij het station", "Te weinig rekken bij de ingang"),
            demand("2", "Fietsen stallen bij station", "Te weinig rekken bij ingang"),
            demand("3", "Geluid van vrachtwagens", "Bewoners slapen slecht"),
        ]
    )
    assert (found.one[-1], found.other[-1]) == ("1", "2")
    assert [reason.kind for reason in found.reasons] == ["title", "description", "city"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"registration": "NL-KVK-12345678"}, {"registration": "nl-kvk-12345678"}),
        ({"website": "https://www.a.nl/plan/1"}, {"website": "http://a.nl/plan/1/"}),
    ],
)
def test_the_same_number_or_address_should_be_a_reason(
    one: dict[str, str], other: dict[str, str]
) -> None:
    found = only([company("1", "Lamps Ltd", **one), company("2", "Lamps Limited", **other)])
    assert {"code", "address"} & {reason.kind for reason in found.reasons}


def test_what_each_side_says_of_the_same_should_be_no_pair() -> None:
    accord, texts = "urn:ngsi-ld:Accord:x:1", {"en": "Signature of the accord on bicycles"}
    signatures: list[Record] = [
        AccordSignature(
            id=f"urn:ngsi-ld:AccordSignature:x:{number}",
            title=texts,
            description=texts,
            accord=accord,
            party=party,
            digest="a" * 64,
            signed_on=date(2026, 1, 1),
        )
        for number, party in enumerate((UTRECHT, BUSAN, BUSAN))
    ]
    # One party said the same twice.
    assert [(one.one[-1], one.other[-1]) for one in find_duplicates(signatures)] == [("1", "2")]


def test_another_number_in_the_same_register_should_be_no_pair() -> None:
    records: list[Record] = [
        company("1", "Lamps Ltd", registration="NL-KVK-1"),
        company("2", "Lamps Ltd", registration="NL-KVK-2"),
    ]
    assert find_duplicates(records) == []
    tenders = [
        demand(key, "Zuinige lampen", tender=Tender(ocid=f"ocds-1-{key}")) for key in ("1", "2")
    ]
    assert find_duplicates(tenders) == []
    same = [
        demand(key, title, tender=Tender(ocid="ocds-1")) for key, title in (("1", "A"), ("2", "B"))
    ]
    assert only([*same]).score >= 0.95


def test_the_front_page_of_an_organisation_should_be_no_reason() -> None:
    records = [
        demand("1", "Lampen", website="https://utrecht.nl"),
        demand("2", "Fietsen", website="https://utrecht.nl/"),
    ]
    assert find_duplicates(records) == []


def test_places_of_one_name_should_be_no_pair_when_they_are_far_apart() -> None:
    def place(key: str, east: float, code: str | None = None) -> Municipality:
        return Municipality(
            id=f"urn:ngsi-ld:Municipality:x:{key}",
            title={"ko": "고성군"},
            country="urn:ngsi-ld:Country:KR",
            kostat_code=code,
            location={"type": "Point", "coordinates": [east, 36.0]},
        )

    assert find_duplicates([place("1", 127.0), place("2", 128.5)]) == []
    assert only([place("1", 127.0, "1"), place("2", 127.05)]).score >= LEAST
    assert find_duplicates([place("1", 127.0, "1"), place("2", 127.0, "2")]) == []
    region = Region(id="urn:ngsi-ld:Region:x:1", title={"ko": "고성군"})
    assert find_duplicates([region, place("1", 127.0)]) == []


def test_korean_titles_should_be_alike_when_only_endings_differ() -> None:
    found = only(
        [
            demand("1", "부산역 자전거 주차장 부족", language="ko", source_city=BUSAN),
            demand("2", "부산역 자전거 주차장 부족 문제", language="ko", source_city=BUSAN),
        ]
    )
    assert found.score >= LEAST


def test_texts_in_several_languages_should_be_compared_each_with_each() -> None:
    one = Demand(
        id="urn:x:1",
        title={"nl": "Slimme afvalbakken", "en": "Smart waste bins"},
        problem={"en": "x"},
        source_city=UTRECHT,
    )
    other = demand("2", "Smart waste bins", language="en")
    assert only([one, other]).reasons[0].value == "100%"


def test_only_pairs_with_one_of_the_ids_should_be_told_when_that_is_asked() -> None:
    records = [demand(str(number), "Fietsen stallen") for number in range(3)]
    assert len(find_duplicates(records)) == 3
    assert len(find_duplicates(records, among=frozenset(["urn:ngsi-ld:Demand:x:0"]))) == 2


WORDS = st.sampled_from(["fiets", "lamp", "afval", "water", "station", "school", "straat", "licht"])
TITLES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


@given(st.lists(TITLES, min_size=2, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_pairs_should_not_depend_on_the_order_of_records(
    titles: list[str], mixed: random.Random
) -> None:
    records = [demand(str(number), title) for number, title in enumerate(titles)]
    shuffled = records[:]
    mixed.shuffle(shuffled)

    def pairs(of: list[Demand]) -> set[tuple[frozenset[str], float]]:
        return {(frozenset((one.one, one.other)), one.score) for one in find_duplicates(of)}

    assert pairs(records) == pairs(shuffled)
    assert all(LEAST <= score <= 1 for _, score in pairs(records))


def test_work_should_not_grow_with_the_square_of_the_records() -> None:
    chance = random.Random(7)
    vocabulary = [f"woord{number}" for number in range(3_000)]

    def some(count: int) -> list[Record]:
        made: list[Record] = []
        for number in range(count):
            words = chance.choices(vocabulary, k=20)
            made.append(demand(str(number), " ".join(words[:4]), " ".join(words[4:])))
        made.append(demand("copy", made[0].title["nl"], made[0].description["nl"]))
        return made

    seconds = {}
    for count in (1_000, 10_000):
        records = some(count)
        started = time.perf_counter()
        found = find_duplicates(records)
        seconds[count] = time.perf_counter() - started
        assert [(one.one[-1], one.other[-4:]) for one in found] == [("0", "copy")]
    # The square would be a hundred times; a busy machine may take a few times ten.
    assert seconds[10_000] < 45 * max(seconds[1_000], 0.05)
