"""Which purpose a request is for."""

import pytest

from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.purpose import PurposeNotHeld, PurposeUnknown, purpose_iri, with_purpose

CARE = "https://w3id.org/dpv/sector/health#HealthcareManagement"
SERVICE = "https://w3id.org/dpv#ServiceProvision"


def _caller(*purposes: str) -> Caller:
    return Caller("care", purposes=frozenset(purposes))


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("dpv:ServiceProvision", SERVICE),
        (" sector-health:HealthcareManagement ", CARE),
        (SERVICE, SERVICE),
        ("urn:example:purpose", "urn:example:purpose"),
    ],
)
def test_purpose_iri_should_write_a_purpose_out(text: str, iri: str) -> None:
    assert purpose_iri(text) == iri


@pytest.mark.parametrize(
    "text", ["", "care", "dpv:", "dpv:a b", "other:Thing", "https://x.nl/a b", "http://", "dpv:\n"]
)
def test_purpose_iri_should_refuse_what_is_none(text: str) -> None:
    with pytest.raises(PurposeUnknown):
        purpose_iri(text)


def test_only_purpose_should_be_implied() -> None:
    assert with_purpose(_caller(CARE), None).purpose == CARE


def test_one_of_several_purposes_should_be_stated() -> None:
    several = _caller(CARE, SERVICE)
    assert with_purpose(several, None).purpose is None
    assert with_purpose(several, "dpv:ServiceProvision").purpose == SERVICE


@pytest.mark.parametrize("caller", [_caller(CARE), ANONYMOUS])
def test_purpose_that_is_not_held_should_be_refused(caller: Caller) -> None:
    with pytest.raises(PurposeNotHeld, match="ServiceProvision"):
        with_purpose(caller, "dpv:ServiceProvision")
