"""Datasets: what they must say, and what follows from it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.governance.grounds import purposes_bound
from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.stewarding.checking import (
    LICENSE,
    DatasetRefused,
    check_followers,
    checked,
)

NOW = "2026-06-10T12:00:00Z"
DECISION = NonPublication(
    ground="GDPR, art. 9",
    decided_by="Municipal executive",
    decided_at="2026-06-01",
    review_at="2027-06-01",
)
CARE = "https://w3id.org/dpv/sector/health#HomeCareManagement"
RESEARCH = "https://w3id.org/dpv#AcademicResearch"
FRAUD = "https://w3id.org/dpv#FraudPreventionAndDetection"


def a_dataset(key: str = "a", **members: Any) -> Dataset:
    said: dict[str, Any] = {
        "id": f"urn:ngsi-ld:Dataset:zwolle:{key}",
        "title": {"en": "Something"},
        "types": ("https://example.org/Thing",),
        **members,
    }
    return Dataset(**said)


def closed(key: str = "a", **members: Any) -> Dataset:
    said: dict[str, Any] = {
        "access_rights": AccessRights.RESTRICTED,
        "owner": "urn:ngsi-ld:Organization:zwolle:city",
        "non_publication": DECISION,
        **members,
    }
    return a_dataset(key, **said)


def settled(dataset: Dataset, *others: Dataset) -> Dataset:
    return checked(dataset, {one.id: one for one in others}, now=NOW)


@pytest.mark.parametrize("rights", [AccessRights.RESTRICTED, AccessRights.NON_PUBLIC])
@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ({"owner": ""}, "owner"),
        ({"non_publication": None}, "nonPublication"),
        (
            {"non_publication": msgspec.structs.replace(DECISION, ground=" ")},
            "nonPublication.ground",
        ),
        (
            {"non_publication": msgspec.structs.replace(DECISION, decided_by="")},
            "nonPublication.decidedBy",
        ),
        (
            {"non_publication": msgspec.structs.replace(DECISION, review_at="")},
            "nonPublication.reviewAt",
        ),
    ],
)
def test_closed_data_should_be_refused_when_owner_or_decision_is_missing(
    rights: AccessRights, missing: Mapping[str, Any], field: str
) -> None:
    with pytest.raises(DatasetRefused) as refused:
        settled(closed(access_rights=rights, **missing))
    assert refused.value.field == field


@pytest.mark.parametrize("review", ["2026-06-10", "2025-01-01", "next year", "2026-02-30"])
def test_a_decision_should_be_refused_when_its_review_does_not_lie_ahead(review: str) -> None:
    decision = msgspec.structs.replace(DECISION, review_at=review)
    with pytest.raises(DatasetRefused) as refused:
        settled(closed(non_publication=decision))
    assert refused.value.field == "nonPublication.reviewAt"


def test_data_of_public_space_should_be_open_when_they_are_not_about_people() -> None:
    found = settled(a_dataset(public_space=True))
    assert found.access_rights is AccessRights.PUBLIC
    assert found.license == LICENSE


def test_data_of_public_space_should_be_closed_when_a_published_decision_says_so() -> None:
    assert settled(closed(public_space=True)).access_rights is AccessRights.RESTRICTED
    with pytest.raises(DatasetRefused):
        settled(closed(public_space=True, non_publication=None))


def test_data_of_public_space_should_stay_unserved_when_they_are_about_people() -> None:
    found = settled(a_dataset(public_space=True, personal=True, legal_basis="eu-gdpr:A6-1-e"))
    assert found.access_rights is None
    assert found.legal_basis == "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"


def test_open_data_should_keep_its_own_licence_when_it_has_one() -> None:
    own = "https://creativecommons.org/licenses/by/4.0/"
    found = settled(a_dataset(access_rights=AccessRights.PUBLIC, license=own))
    assert (found.license, found.issued, found.modified) == (own, "2026-06-10", NOW)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"personal": True}, "legalBasis"),
        ({"subject": "https://example.org/who"}, "personal"),
        ({"special": True}, "personal"),
        ({"consent": True}, "personal"),
        ({"categories": ("pd:Health",)}, "personal"),
        ({"purposes": ("dpv:NoSuchPurpose",)}, "purposes"),
        ({"purposes": ("research",)}, "purposes"),
        ({"types": ("Thing",)}, "types"),
        ({"scopes": ("Zwolle",)}, "scopes"),
        ({"title": {}}, "title"),
        ({"title": {"fr": "Chose"}}, "title"),
        ({"description": {"en": " "}}, "description"),
        ({"retention_days": 0}, "retentionDays"),
        ({"id": "urn:ngsi-ld:Dataset:"}, "id"),
        ({"id": "urn:ngsi-ld:Agreement:x"}, "id"),
        ({"derived_from": ("urn:ngsi-ld:Dataset:zwolle:none",)}, "derivedFrom"),
        ({"derived_from": ("urn:ngsi-ld:Dataset:zwolle:a",)}, "derivedFrom"),
        (
            {
                "access_rights": AccessRights.PUBLIC,
                "personal": True,
                "legal_basis": "eu-gdpr:A6-1-e",
                "special": True,
            },
            "accessRights",
        ),
    ],
)
def test_a_dataset_should_be_refused_when_it_contradicts_itself(
    members: Mapping[str, Any], field: str
) -> None:
    with pytest.raises(DatasetRefused) as refused:
        settled(a_dataset(**members))
    assert refused.value.field == field


def test_derived_data_should_have_the_purposes_that_all_inputs_have() -> None:
    one, other = closed("one", purposes=(CARE, RESEARCH)), closed("two", purposes=(RESEARCH, FRAUD))
    derived = settled(closed("sum", derived_from=(one.id, other.id)), one, other)
    assert purposes_bound({one.id: one, other.id: other}, derived) == frozenset({RESEARCH})
    same = closed("sum", derived_from=(one.id, other.id), purposes=(RESEARCH,))
    assert settled(same, one, other).purposes == (RESEARCH,)
    with pytest.raises(DatasetRefused) as refused:
        settled(closed("sum", derived_from=(one.id, other.id), purposes=(CARE,)), one, other)
    assert (refused.value.field, refused.value.value) == ("purposes", CARE)


def test_derived_data_should_not_be_open_when_an_input_is_closed() -> None:
    secret, known = closed("secret"), a_dataset("known", access_rights=AccessRights.PUBLIC)
    open_sum = a_dataset("sum", access_rights=AccessRights.PUBLIC, derived_from=(known.id,))
    assert settled(open_sum, secret, known).access_rights is AccessRights.PUBLIC
    both = msgspec.structs.replace(open_sum, derived_from=(known.id, secret.id))
    with pytest.raises(DatasetRefused) as refused:
        settled(both, secret, known)
    assert refused.value.field == "accessRights"


def test_derived_data_should_not_go_round() -> None:
    one = closed("one", derived_from=("urn:ngsi-ld:Dataset:zwolle:two",))
    two = closed("two", derived_from=(one.id,))
    with pytest.raises(DatasetRefused):
        settled(two, one)


def test_an_input_should_not_be_closed_when_what_is_derived_is_open() -> None:
    source = a_dataset("source", access_rights=AccessRights.PUBLIC)
    derived = a_dataset("sum", access_rights=AccessRights.PUBLIC, derived_from=(source.id,))
    with pytest.raises(DatasetRefused):
        check_followers(closed("source"), {source.id: source, derived.id: derived})
    check_followers(closed("other"), {source.id: source, derived.id: derived})


_PURPOSES = st.lists(st.sampled_from((CARE, RESEARCH, FRAUD)), unique=True).map(tuple)


@settings(max_examples=60, deadline=None)
@given(inputs=st.lists(_PURPOSES, min_size=1, max_size=4), own=_PURPOSES)
def test_derived_data_should_be_taken_only_when_all_inputs_have_its_purposes(
    inputs: list[tuple[str, ...]], own: tuple[str, ...]
) -> None:
    others = {one.id: one for one in (closed(str(n), purposes=p) for n, p in enumerate(inputs))}
    derived = closed("sum", derived_from=tuple(others), purposes=own)
    if set(own) <= frozenset.intersection(*map(frozenset, inputs)):
        assert checked(derived, others, now=NOW).purposes == own
    else:
        with pytest.raises(DatasetRefused):
            checked(derived, others, now=NOW)
