"""The vocabulary's annotator, and who reads Korean."""

import os

import pytest

from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.language.korean import korean_reader, words_by_rules
from hanze.collaboration.vocabulary.concept import Concept, Vocabulary


def concept(id_: str, broader: str | None = None, **labels: tuple[str, ...]) -> Concept:
    return Concept(id=id_, labels=labels, broader=broader)


@pytest.fixture(scope="session")
def kiwi() -> None:
    """Skip without kiwipiepy; fail where everything is required."""
    if korean_reader() != "kiwi":
        reason = "kiwipiepy is missing: the extra `collective` has it"
        if os.environ.get("HANZE_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def small() -> Vocabulary:
    """A few concepts of our own, so that a test shows all that it rests on."""
    return Vocabulary(
        [
            concept("mobility", nl=("mobiliteit",), en=("mobility",), ko=("이동성", "모빌리티")),
            concept("cycling", "mobility", nl=("fietsen", "fiets"), en=("cycling", "bicycle")),
            concept(
                "bicycle-parking",
                "cycling",
                nl=("fietsparkeren", "fietsenstalling"),
                en=("bicycle parking", "bike racks"),
                ko=("자전거 주차", "자전거 보관소"),
            ),
            concept("park", nl=("park",), en=("park",), ko=("공원",)),
            concept("new-town", nl=("nieuwe stad",), en=("new town",), ko=("신도시",)),
            concept("loneliness", nl=("eenzaamheid",), en=("loneliness",), ko=("외로움",)),
            concept(
                "smart-lighting",
                nl=("slimme verlichting",),
                en=("smart street lighting", "streetlight"),
                ko=("스마트 가로등",),
            ),
            concept("living-lab", nl=("proeftuin",), en=("living lab",), ko=("리빙랩",)),
            concept("iot", nl=("internet der dingen",), en=("internet of things",)),
        ]
    )


@pytest.fixture(scope="session")
def by_rules(small: Vocabulary) -> Annotator:
    """Reads Korean by rules, whatever is installed."""
    return Annotator(small, korean=words_by_rules)
