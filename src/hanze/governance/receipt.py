"""Receipts of consents (ISO/IEC TS 27560) as JSON-LD, for the data subject to keep (pure).

The members have the names of 27560; the @context, which travels with each receipt, says what they
are in DPV 2.3 and DCMI Metadata Terms, so that a receipt can be read without asking anybody. Both
lists are identifiers alone, and our own tables: 27560's field names after W3C's guide to it
(https://w3id.org/dpv/guides/consent-27560), terms of https://w3id.org/dpv and http://purl.org/dc/terms/.
"""

from collections.abc import Mapping
from typing import Final

from hanze.governance.consenting import state_of
from hanze.governance.records.consent import Consent, ConsentState
from hanze.governance.records.dataset import Dataset
from hanze.ngsild.model import JsonValue

__all__ = ["DPV", "RECEIPT_CONTEXT", "RECEIPT_SCHEMA", "receipt_of"]

DPV: Final = "https://w3id.org/dpv#"
#: What a receipt conforms to, with what the GDPR asks for besides.
RECEIPT_SCHEMA: Final = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
_CONSENT: Final = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"
_CONSENT_SPECIAL: Final = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-a"


def _iri(term: str) -> dict[str, JsonValue]:
    return {"@id": term, "@type": "@id"}


def _moment(term: str) -> dict[str, JsonValue]:
    return {"@id": term, "@type": "xsd:dateTime"}


#: 27560 field → what it is.
RECEIPT_CONTEXT: Final[Mapping[str, JsonValue]] = {
    "dpv": DPV,
    "dct": "http://purl.org/dc/terms/",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "schema_version": _iri("dct:conformsTo"),
    "record_id": _iri("dct:source"),
    "receipt_id": "dct:identifier",
    "pii_principal_id": _iri("dpv:hasDataSubject"),
    "pii_processing": "dpv:hasProcess",
    "privacy_notice": "dpv:hasNotice",
    "language": "dct:language",
    "purposes": "dpv:hasPersonalDataHandling",
    "purpose": _iri("dpv:hasPurpose"),
    "lawful_basis": _iri("dpv:hasLegalBasis"),
    "pii_information": _iri("dpv:hasPersonalData"),
    "pii_controllers": _iri("dpv:hasDataController"),
    "recipient_third_parties": _iri("dpv:hasRecipient"),
    "retention_period": {"@id": "dpv:hasDuration", "@type": "xsd:duration"},
    "withdrawal_method": "dpv:hasConsentControl",
    "privacy_rights": _iri("dpv:hasRight"),
    "exercised_at": _iri("dpv:isExercisedAt"),
    "dataset": _iri("dpv:hasData"),
    "party_identification": "dpv:hasEntity",
    "party_id": _iri("dct:identifier"),
    "party_contact": "dpv:hasContact",
    "party_role": _iri("dct:type"),
    "event": "dpv:hasContext",
    "event_time": _moment("dct:date"),
    "event_type": _iri("dct:type"),
    "event_state": _iri("dpv:hasConsentStatus"),
    "entity_id": "dpv:isIndicatedBy",
    "validity_until": _moment("dct:valid"),
}

_STATES: Final[Mapping[ConsentState, str]] = {
    ConsentState.GIVEN: "dpv:ConsentGiven",
    ConsentState.WITHDRAWN: "dpv:ConsentWithdrawn",
    ConsentState.REVOKED: "dpv:ConsentRevoked",
    ConsentState.EXPIRED: "dpv:ConsentExpired",
}
#: Articles of the GDPR, as DPV names the rights that they give.
_RIGHTS: Final = ("A7-3", "A15", "A16", "A17", "A20", "A77")


def receipt_of(
    consent: Consent, dataset: Dataset | None, *, base_url: str, own: str, now: str
) -> dict[str, JsonValue]:
    """Write the receipt of a consent.

    Args:
        dataset: What it is about; `None` where that is gone.
        base_url: Of the node: where the consent can be withdrawn.
        own: Id of the organisation that runs the node.
        now: DateTime text: the state is that of this moment.

    Returns:
        A JSON-LD document with its @context.
    """
    special = dataset is not None and dataset.special
    controller = (dataset.owner if dataset else "") or own
    processing: dict[str, JsonValue] = {
        "privacy_notice": consent.notice,
        "dataset": consent.dataset,
        "purposes": [
            {"@type": "dpv:PersonalDataHandling", "purpose": one} for one in consent.purposes
        ],
        "lawful_basis": _CONSENT_SPECIAL if special else _CONSENT,
        "recipient_third_parties": list(consent.recipients),
        "withdrawal_method": {
            "@type": "dpv:WithdrawConsent",
            "exercised_at": f"{base_url}/my-data",
        },
        "privacy_rights": [f"eu-gdpr:{article}" for article in _RIGHTS],
    }
    if consent.language:
        processing["language"] = consent.language
    if controller:
        processing["pii_controllers"] = controller
    if dataset is not None and dataset.categories:
        processing["pii_information"] = list(dataset.categories)
    if dataset is not None and dataset.retention_days is not None:
        processing["retention_period"] = f"P{dataset.retention_days}D"
    return {
        "@context": dict(RECEIPT_CONTEXT),
        "@id": f"{consent.id}#receipt",
        "@type": "dpv:ConsentReceipt",
        "schema_version": RECEIPT_SCHEMA,
        "receipt_id": f"{consent.id}#receipt",
        "record_id": consent.id,
        "pii_principal_id": consent.subject,
        "pii_processing": processing,
        "party_identification": _parties(consent, dataset, controller),
        "event": _events(consent, now),
    }


def _parties(consent: Consent, dataset: Dataset | None, controller: str) -> list[JsonValue]:
    """Name who takes part: the controller, with where to ask, and those who get the data."""
    found: list[JsonValue] = []
    if controller:
        party: dict[str, JsonValue] = {"party_id": controller, "party_role": "dpv:DataController"}
        if dataset is not None and dataset.contact:
            party["party_contact"] = dataset.contact
        found.append(party)
    return found + [
        {"party_id": one, "party_role": "dpv:Recipient"}
        for one in consent.recipients
        if one != controller
    ]


def _events(consent: Consent, now: str) -> list[JsonValue]:
    """Tell what happened to the consent, the first thing first."""
    given: dict[str, JsonValue] = {
        "event_time": consent.given_at,
        "event_type": "dpv:ExpressedConsent",
        "event_state": _STATES[ConsentState.GIVEN],
        "entity_id": "parent" if consent.parental else "data subject",
    }
    if consent.expires_at is not None:
        given["validity_until"] = consent.expires_at
    state = state_of(consent, now)
    if state is ConsentState.GIVEN:
        return [given]
    at = consent.end.at if consent.end is not None else consent.expires_at
    return [given, {"event_time": at, "event_state": _STATES[state]}]
