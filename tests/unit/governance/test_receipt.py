"""Receipts are JSON-LD in terms that DPV has."""

from pathlib import Path

import pytest
from pyld import jsonld  # type: ignore[import-untyped]  # publishes no types

from hanze.governance.receipt import DPV, RECEIPT_CONTEXT, RECEIPT_SCHEMA, receipt_of
from hanze.governance.records.consent import Consent, ConsentEnd, ConsentState
from tests.residents_world import ALICE, CARE, CITY, DATASETS, NOON, RESEARCH, UNIVERSITY


def _consent(end: ConsentEnd | None = None, *, expires_at: str | None = None) -> Consent:
    return Consent(
        id="urn:ngsi-ld:ConsentRecord:hanze:1",
        subject=ALICE,
        dataset=CARE,
        purposes=(RESEARCH,),
        recipients=(CITY, UNIVERSITY),
        given_at="2026-01-01T00:00:00Z",
        given_by="alice",
        notice="What we told you",
        expires_at=expires_at,
        end=end,
    )


def _statements(consent: Consent) -> set[tuple[str, str]]:
    """Expand a receipt, without reaching out: predicates and objects of all that it says."""
    dataset = next(one for one in DATASETS if one.id == CARE)
    document = receipt_of(consent, dataset, base_url="https://hanze.example", own=CITY, now=NOON)
    quads = jsonld.to_rdf(document)["@default"]
    return {(one["predicate"]["value"], one["object"]["value"]) for one in quads}


def test_receipt_should_be_json_ld_that_needs_no_other_file() -> None:
    said = _statements(_consent())
    assert (DPV + "hasPurpose", RESEARCH) in said
    assert (DPV + "hasDataSubject", ALICE) in said
    assert (DPV + "hasConsentStatus", DPV + "ConsentGiven") in said
    assert ("http://purl.org/dc/terms/conformsTo", RECEIPT_SCHEMA) in said


@pytest.mark.parametrize(
    ("consent", "state"),
    [
        (_consent(ConsentEnd(state=ConsentState.WITHDRAWN, at=NOON, by="alice")), "Withdrawn"),
        (_consent(ConsentEnd(state=ConsentState.REVOKED, at=NOON, by="steward")), "Revoked"),
        (_consent(expires_at="2026-02-01T00:00:00Z"), "Expired"),
    ],
)
def test_receipt_should_tell_how_a_consent_ended(consent: Consent, state: str) -> None:
    assert (DPV + "hasConsentStatus", f"{DPV}Consent{state}") in _statements(consent)


def test_receipt_should_use_terms_that_dpv_has(shared_data: Path) -> None:
    folder = shared_data / "governance"
    files = [*folder.glob("dpv-2.3/*.ttl"), folder / "dpv-27560" / "dpv-27560.ttl"]
    known = "\n".join(file.read_text("utf-8") for file in files)
    terms = {str(one["@id"] if isinstance(one, dict) else one) for one in RECEIPT_CONTEXT.values()}
    ours = {one for pair in _statements(_consent()) for one in pair}
    named = {term for term in terms if term.startswith("dpv:")}
    named |= {one.replace(DPV, "dpv:") for one in ours if one.startswith(DPV)}
    named |= {
        one.replace("https://w3id.org/dpv/legal/eu/gdpr#", "eu-gdpr:")
        for one in ours
        if "/legal/eu/gdpr#" in one
    }
    assert len(named) > 15
    # The scope notes of the terms name it; the folder has no table of it.
    named.discard("dpv:isExercisedAt")
    assert [one for one in sorted(named) if f"\n{one} a " not in known] == []
    assert "dpv-27560:receipt-eu-gdpr" in known
