"""`/api/v1/governance/agreements`: who may use which closed data, for which purposes, until when.

The same as ODRL 2.2 under `/api/v1/governance/policies`.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hanze.errors import InvalidInput, MalformedBody
from hanze.governance.odrl import policy_document, read_policy
from hanze.governance.records.agreement import Agreement
from hanze.governance.stewarding.agreements import Agreements, Standing
from hanze.governance.stewarding.offering import Offering, terms_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken, json_of
from hanze.web.caller import require_known

__all__ = ["ROUTES"]

#: Longer than any policy that people read before they sign it.
_MOST_KB: Final = 256

_LD_JSON: Final = "application/ld+json"


class OfferingTaken(
    Offering, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What is to be agreed."""


class Signing(Taken, frozen=True):
    """For whom somebody signs.

    Attributes:
        party: Id of the organisation; that of who asks, but with `--dev`, where nobody is known.
    """

    party: Annotated[str, Meta(max_length=200)] = ""


class Revoking(Taken, frozen=True):
    """Why an agreement ends.

    Attributes:
        reason: A sentence that both parties read.
    """

    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


class AgreementTold(Agreement, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A version of an agreement, and where it stands.

    Attributes:
        state: "offered", "active", "pending", "expired", "revoked" or "superseded".
        waits_for: Ids of the parties that have not signed it.
        ends_at: When it ends, unless it is revoked.
        counts: Whether it is the version that decides.
    """

    state: str
    waits_for: tuple[str, ...] = ()
    ends_at: str
    counts: bool = False


class AgreementList(Answer, frozen=True):
    """Agreements by their ids, or versions of one, the oldest first."""

    agreements: tuple[AgreementTold, ...]


async def list_agreements(ask: Ask) -> AgreementList:
    """List agreements: stewards see all, others those of their organisation."""
    require_known(ask.caller)
    found = Agreements(ask.node.governance).listed(ask.caller, now=ask.now)
    return AgreementList(agreements=tuple(map(_told, found)))


async def offer(ask: Ask) -> Response:
    """Write an agreement: both parties then sign it."""
    require_known(ask.caller)
    offering = await ask.body(OfferingTaken, most_kb=_MOST_KB)
    terms = terms_of(offering, ask.node.governance.rules, ask.now)
    made = await Agreements(ask.node.governance).offer(ask.caller, terms, now=ask.now)
    return json_of(_newest(ask, made.id), 201)


async def show(ask: Ask) -> AgreementList:
    """Show all versions of an agreement."""
    require_known(ask.caller)
    agreements = Agreements(ask.node.governance)
    found = agreements.versions(ask.caller, ask.path("id"), now=ask.now)
    return AgreementList(agreements=tuple(map(_told, found)))


async def change(ask: Ask) -> Response:
    """Make a new version of an agreement: it counts once both parties have signed it, too."""
    require_known(ask.caller)
    offering = await ask.body(OfferingTaken, most_kb=_MOST_KB)
    agreement_id = _same_id(offering.id, ask.path("id"))
    offering = msgspec.structs.replace(offering, id=agreement_id)
    terms = terms_of(offering, ask.node.governance.rules, ask.now)
    await Agreements(ask.node.governance).change(ask.caller, terms, now=ask.now)
    return json_of(_newest(ask, agreement_id), 201)


async def sign(ask: Ask) -> AgreementTold:
    """Sign the newest version of an agreement for one's organisation."""
    require_known(ask.caller)
    signing = await ask.body(Signing, most_kb=_MOST_KB)
    agreements = Agreements(ask.node.governance)
    await agreements.sign(ask.caller, ask.path("id"), party=signing.party, now=ask.now)
    return _newest(ask, ask.path("id"))


async def revoke(ask: Ask) -> AgreementList:
    """End an agreement: the next request that rests on it is refused."""
    require_known(ask.caller)
    reason = (await ask.body(Revoking, most_kb=_MOST_KB)).reason
    agreements = Agreements(ask.node.governance)
    await agreements.revoke(ask.caller, ask.path("id"), reason=reason, now=ask.now)
    return await show(ask)


async def show_policy(ask: Ask) -> Response:
    """Show the newest version of an agreement as a policy of ODRL 2.2 in JSON-LD."""
    require_known(ask.caller)
    agreements = Agreements(ask.node.governance)
    newest = agreements.versions(ask.caller, ask.path("id"), now=ask.now)[-1]
    body = msgspec.json.encode(policy_document(newest.agreement))
    return Response(body, media_type=_LD_JSON)


async def offer_policy(ask: Ask) -> Response:
    """Offer what a policy of ODRL 2.2 says; of an agreement that exists, a new version."""
    require_known(ask.caller)
    raw = await ask.content(_MOST_KB * 1024)
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBody(f"The body is not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput("A policy must be a JSON object")
    terms = read_policy(document, agreement_id="", now=ask.now)
    agreements = Agreements(ask.node.governance)
    known = {one.id for one in ask.node.governance.agreements.all().values()}
    step = agreements.change if terms.id in known else agreements.offer
    made = await step(ask.caller, terms, now=ask.now)
    return json_of(_newest(ask, made.id), 201)


def _newest(ask: Ask, agreement_id: str) -> AgreementTold:
    agreements = Agreements(ask.node.governance)
    return _told(agreements.versions(ask.caller, agreement_id, now=ask.now)[-1])


def _told(standing: Standing) -> AgreementTold:
    agreement = standing.agreement
    members = {field: getattr(agreement, field) for field in Agreement.__struct_fields__}
    return AgreementTold(
        **members,
        state=standing.state.value,
        waits_for=standing.waits_for,
        ends_at=standing.ends_at,
        counts=standing.counts,
    )


def _same_id(given: str, named: str) -> str:
    if given not in ("", named):
        raise InvalidInput("The body names another agreement than the path", field="id")
    return named


_ROOT: Final = "/governance/agreements"
_POLICIES: Final = "/governance/policies"

ROUTES = (
    ApiRoute("GET", _ROOT, list_agreements, AgreementList),
    ApiRoute("POST", _ROOT, offer, AgreementTold, body=OfferingTaken, status=201),
    ApiRoute("POST", _ROOT + "/{id:path}/signature", sign, AgreementTold, body=Signing),
    ApiRoute("POST", _ROOT + "/{id:path}/revocation", revoke, AgreementList, body=Revoking),
    ApiRoute("GET", _ROOT + "/{id:path}", show, AgreementList),
    ApiRoute("PUT", _ROOT + "/{id:path}", change, AgreementTold, body=OfferingTaken, status=201),
    ApiRoute("POST", _POLICIES, offer_policy, AgreementTold, takes=(_LD_JSON,), status=201),
    ApiRoute("GET", _POLICIES + "/{id:path}", show_policy, media=(_LD_JSON,)),
)
