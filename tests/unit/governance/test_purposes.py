import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.governance.purposes import (
    BROADER,
    NEVER_NARROWER,
    PURPOSES,
    UnknownPurpose,
    admits,
    broader_than,
    curie_of,
    purpose_iri,
    purpose_label,
)
from tests.governing import CARE, CARE_FRAUD, FRAUD, RESEARCH, SCIENCE

purposes = st.sampled_from(sorted(PURPOSES))


def test_the_table_should_name_only_purposes_that_it_has() -> None:
    assert len(PURPOSES) == 369
    assert all(broader <= PURPOSES for broader in BROADER.values())
    assert not any(purpose in broader_than(purpose) for purpose in PURPOSES)


def test_broader_than_should_go_all_the_way_up() -> None:
    assert RESEARCH in broader_than(SCIENCE)
    # The very link for which narrower purposes do not pass by themselves.
    assert CARE in broader_than(CARE_FRAUD)
    assert broader_than("urn:else") == frozenset()


def test_law_enforcement_and_fraud_should_never_pass_as_narrower() -> None:
    assert {FRAUD, CARE_FRAUD, "https://w3id.org/dpv/sector/law#LawEnforcement"} <= NEVER_NARROWER
    named = {purpose for purpose in PURPOSES if "Fraud" in purpose or "Enforcement" in purpose}
    assert named <= NEVER_NARROWER


@given(purposes, purposes, st.booleans())
def test_admits_should_pass_what_is_named_or_opted_in_and_narrower(
    agreed: str, asked: str, narrower: bool
) -> None:
    below = narrower and agreed in broader_than(asked) and asked not in NEVER_NARROWER
    assert admits([agreed], asked, narrower=narrower) is (agreed == asked or below)
    assert not (asked in broader_than(agreed) and admits([agreed], asked, narrower=narrower))


@given(purposes)
def test_purpose_iri_should_read_what_curie_of_writes(purpose: str) -> None:
    assert purpose_iri(curie_of(purpose)) == purpose_iri(purpose) == purpose


def test_purpose_iri_should_take_purposes_of_others_as_they_are() -> None:
    assert purpose_iri(" https://zwolle.example/purpose#waste ") == (
        "https://zwolle.example/purpose#waste"
    )
    assert curie_of("https://zwolle.example/purpose#waste").startswith("https:")


@pytest.mark.parametrize(
    "text", ["", "waste", "dpv:", "dpv:Waste", "https://w3id.org/dpv#Waste", "urn:a b", ":x"]
)
def test_purpose_iri_should_refuse_what_is_no_purpose(text: str) -> None:
    with pytest.raises(UnknownPurpose):
        purpose_iri(text, field="Hanze-Purpose")


def test_purpose_label_should_write_the_words_of_a_name() -> None:
    assert purpose_label(SCIENCE) == "Scientific research"
    assert purpose_label("urn:x#DUIEnforcement") == "Duienforcement"
