"""Which HTTP answer an error gets: the whole table (CIM 009, 5.5.2, 5.5.3 and 6.3.2; RFC 9457)."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from hanze.broker.consumption import TenantNotFound, TooManyResults
from hanze.broker.contexts import LdContextNotAvailable
from hanze.broker.distribution.warnings import BadGateway, GatewayTimeout, LoopDetected
from hanze.broker.ports import TooManyTenants
from hanze.broker.provision import EntityAlreadyExists
from hanze.broker.registration import RegistrationAlreadyExists, TooManyRegistrations
from hanze.broker.snapshot.service import SnapshotAlreadyExists, SnapshotNotReady, TooManySnapshots
from hanze.broker.subscription import SubscriptionAlreadyExists, TooManySubscriptions
from hanze.connectors.spool import SpoolFull
from hanze.errors import (
    ConfigurationError,
    Conflicting,
    Denied,
    HanzeError,
    InvalidInput,
    MalformedBody,
    NotFound,
    NotSupported,
    StoreFailure,
    TooMuch,
    Unavailable,
)
from hanze.governance.agreeing import StatuteBinds
from hanze.governance.assessing import AssessmentNotReady
from hanze.governance.consenting import TooManyConsents
from hanze.governance.policy import PolicyNotSupported
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.governance.requesting import TooManyRequests
from hanze.governance.stewarding.checking import DatasetRefused
from hanze.governance.stewarding.offering import AgreementRefused
from hanze.identity.account import SetUpRefused, SignInRefused
from hanze.identity.allowance import TooOften
from hanze.identity.clients import ClientRefused
from hanze.identity.purpose import PurposeNotHeld
from hanze.identity.resident_keys import NotAResidentKey
from hanze.identity.tokens import TokenRefused
from hanze.league.agreeing import TooManyAgreements
from hanze.league.gossip import JoinRefused, NotConfirmed
from hanze.league.known_keys import MemberRefused
from hanze.league.signatures import SignatureRefused
from hanze.node.source_state import SourcePaused, SourceSecretWrong
from hanze.store.files import TooManyTransfers
from hanze.web.caller import AuthenticationRequired
from hanze.web.guarding import ForeignPage, TokenInAddress
from hanze.web.http import BodyTooLarge, BodyTooSlow, LengthRequired, MethodNotAllowed
from hanze.web.negotiation import NotAcceptable, UnsupportedMedia

__all__ = ["PROBLEMS", "Problem", "problem_body", "problem_details", "problem_of"]

_NGSI_LD = "https://uri.etsi.org/ngsi-ld/errors/"
_HANZE = "urn:hanze:problem:"


class Problem(NamedTuple):
    """Status, problem type and title of a class of errors; `body` is off where 6.3.4 wants none."""

    status: int
    type: str
    title: str
    body: bool = True


PROBLEMS: Mapping[type[HanzeError], Problem] = {
    HanzeError: Problem(500, _NGSI_LD + "InternalError", "Internal error"),
    InvalidInput: Problem(400, _NGSI_LD + "BadRequestData", "Bad request data"),
    MalformedBody: Problem(400, _NGSI_LD + "InvalidRequest", "Invalid request"),
    NotFound: Problem(404, _NGSI_LD + "ResourceNotFound", "Resource not found"),
    TenantNotFound: Problem(404, _NGSI_LD + "NonexistentTenant", "Tenant does not exist"),
    Conflicting: Problem(409, _NGSI_LD + "Conflict", "Conflict with the present state"),
    AssessmentNotReady: Problem(409, _HANZE + "assessment_not_ready", "Assessment not ready"),
    EntityAlreadyExists: Problem(409, _NGSI_LD + "AlreadyExists", "Already exists"),
    SubscriptionAlreadyExists: Problem(409, _NGSI_LD + "AlreadyExists", "Already exists"),
    RegistrationAlreadyExists: Problem(409, _NGSI_LD + "AlreadyExists", "Already exists"),
    SnapshotAlreadyExists: Problem(409, _NGSI_LD + "AlreadyExists", "Already exists"),
    SnapshotNotReady: Problem(409, _HANZE + "snapshot-not-ready", "Snapshot not ready"),
    StatuteBinds: Problem(409, _HANZE + "statute_binds", "Rests on statute"),
    PolicyNotSupported: Problem(422, _HANZE + "policy_not_supported", "Policy not supported"),
    NotSupported: Problem(422, _NGSI_LD + "OperationNotSupported", "Operation not supported"),
    TooMuch: Problem(403, _NGSI_LD + "TooComplexQuery", "Too complex"),
    TooManyTenants: Problem(403, _HANZE + "too-many-tenants", "Too many tenants"),
    TooManySubscriptions: Problem(403, _HANZE + "too-many-subscriptions", "Too many subscriptions"),
    TooManyRegistrations: Problem(403, _HANZE + "too-many-registrations", "Too many registrations"),
    TooManySnapshots: Problem(403, _HANZE + "too-many-snapshots", "Too many snapshots"),
    TooManyResults: Problem(403, _NGSI_LD + "TooManyResults", "Too many results"),
    TooManyAgreements: Problem(403, _HANZE + "too-many-agreements", "Too many agreements"),
    TooManyConsents: Problem(429, _HANZE + "too-many-consents", "Too many consents"),
    TooManyRequests: Problem(429, _HANZE + "too-many-requests", "Too many requests"),
    TooManyTransfers: Problem(429, _HANZE + "too-many-transfers", "Too many transfers"),
    TooOften: Problem(429, _HANZE + "too-often", "Too often"),
    Denied: Problem(403, _HANZE + "denied", "Not allowed"),
    AccessDenied: Problem(403, _HANZE + "no_permission", "Not allowed"),
    PurposeRequired: Problem(400, _HANZE + "purpose_required", "Purpose required"),
    AgreementRefused: Problem(422, _HANZE + "agreement-refused", "Agreement refused"),
    DatasetRefused: Problem(422, _HANZE + "dataset-refused", "Dataset refused"),
    AuthenticationRequired: Problem(401, _HANZE + "authentication-required", "Token required"),
    TokenInAddress: Problem(401, _HANZE + "token-in-address", "Token in the query string"),
    ForeignPage: Problem(403, _HANZE + "foreign-page", "Page of another site"),
    ClientRefused: Problem(401, _HANZE + "client-refused", "Client refused"),
    SignInRefused: Problem(403, _HANZE + "sign-in-refused", "Sign-in refused"),
    SetUpRefused: Problem(403, _HANZE + "set-up-refused", "Set-up link refused"),
    SignatureRefused: Problem(401, _HANZE + "signature-refused", "Signature refused"),
    MemberRefused: Problem(403, _HANZE + "member-refused", "Member of the league refused"),
    NotConfirmed: Problem(403, _HANZE + "member-not-confirmed", "Member not confirmed"),
    JoinRefused: Problem(502, _HANZE + "join-refused", "Not let into the league"),
    NotAResidentKey: Problem(401, _HANZE + "resident-key-required", "Resident's key required"),
    PurposeNotHeld: Problem(403, _HANZE + "purpose_not_registered", "Purpose not registered"),
    TokenRefused: Problem(401, _HANZE + "token-refused", "Token refused"),
    Unavailable: Problem(504, _HANZE + "unavailable", "Not available"),
    LdContextNotAvailable: Problem(
        504, _NGSI_LD + "LdContextNotAvailable", "@context not available"
    ),
    BadGateway: Problem(502, _HANZE + "bad-gateway", "Bad gateway"),
    GatewayTimeout: Problem(504, _HANZE + "gateway-timeout", "Gateway timeout"),
    LoopDetected: Problem(508, _HANZE + "loop-detected", "Loop detected"),
    SpoolFull: Problem(503, _HANZE + "spool-full", "No room for more messages"),
    SourcePaused: Problem(503, _HANZE + "source-paused", "Source paused"),
    SourceSecretWrong: Problem(401, _HANZE + "source-secret-required", "Secret required"),
    StoreFailure: Problem(500, _NGSI_LD + "InternalError", "Store failure"),
    ConfigurationError: Problem(500, _NGSI_LD + "InternalError", "Configuration error"),
    LengthRequired: Problem(411, _NGSI_LD + "InvalidRequest", "Length required", body=False),
    BodyTooLarge: Problem(413, _NGSI_LD + "InvalidRequest", "Request entity too large"),
    MethodNotAllowed: Problem(405, _NGSI_LD + "OperationNotSupported", "Method not allowed"),
    BodyTooSlow: Problem(408, _NGSI_LD + "InvalidRequest", "Request timeout"),
    UnsupportedMedia: Problem(
        415, _NGSI_LD + "InvalidRequest", "Unsupported media type", body=False
    ),
    NotAcceptable: Problem(406, _NGSI_LD + "InvalidRequest", "Not acceptable"),
}


def problem_of(error: HanzeError) -> Problem:
    """Return the row of the error's class, or of the nearest class above it."""
    return next(PROBLEMS[cls] for cls in type(error).__mro__ if cls in PROBLEMS)


def problem_details(error: HanzeError) -> dict[str, object]:
    """Write the members of a problem (5.5.3): what is wrong, where, and which clause says so."""
    problem = problem_of(error)
    details: dict[str, object] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": str(error),
    }
    for name in ("field", "value", "clause"):
        value = getattr(error, name)
        if value is not None:
            details[name] = value
    if isinstance(error, AccessDenied | PurposeRequired):
        details["type"] = _HANZE + error.reason.value
        details["reason"] = error.reason.value
        details["datasets"] = list(error.datasets)
    elif problem.type.startswith(_HANZE):
        details["reason"] = problem.type.removeprefix(_HANZE)
    if isinstance(error, AssessmentNotReady):
        details["codes"], details["missing"] = list(error.codes), list(error.missing)
    if isinstance(error, NotAcceptable):
        details["available"] = list(error.available)
    return details


def problem_body(error: HanzeError) -> bytes:
    """Render a problem; empty for those that 6.3.4 answers with a status alone."""
    return orjson.dumps(problem_details(error)) if problem_of(error).body else b""
