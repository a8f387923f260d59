"""`/api/v1/governance/consents` and `/my`: residents' consents, their data, and who read it."""

from typing import Annotated

from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from hanze.broker.my_data import my_entities, my_reads
from hanze.errors import InvalidInput
from hanze.governance.consenting import NewConsent, state_of
from hanze.governance.receipt import receipt_of
from hanze.governance.records.consent import Consent, ConsentState
from hanze.governance.records.log import ProcessingRecord
from hanze.governance.residents import require_resident, subjects_of
from hanze.ngsild.representation.render import View, normalized
from hanze.ngsild.vocabulary import HANZE
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken, json_of
from hanze.web.caller import require_known
from hanze.web.my_export import export_of

__all__ = ["ROUTES"]

_LD = "application/ld+json"


class ConsentTold(Consent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A consent, and what became of it until now."""

    state: ConsentState


class ConsentList(Answer, frozen=True):
    """Consents, the newest first."""

    consents: tuple[ConsentTold, ...]


class Whose(Taken, frozen=True):
    """About whom.

    Attributes:
        subject: What the data calls a child of the caller; else it is about the caller.
    """

    subject: Annotated[str, Meta(max_length=500)] | None = None


class WhichReads(Whose, frozen=True):
    """Which records.

    Attributes:
        before: Number that the page before ended with.
        limit: How many at most.
    """

    before: Annotated[int, Meta(ge=0)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class WhichConsents(Taken, frozen=True):
    """Which consents.

    Attributes:
        all: Those of everybody, for stewards; else those of the caller and its children.
    """

    all: bool = False


class Revoking(Taken, frozen=True):
    """Why somebody else ends a consent."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class MyData(Answer, frozen=True):
    """What the node has about somebody, as the data subject may see it.

    Attributes:
        subject: What the data calls the data subject.
        children: For whom else the caller decides.
        entities: Normalized (NGSI-LD), in the Hanze @context.
    """

    subject: str
    children: tuple[str, ...]
    entities: tuple[object, ...]


class MyReads(Answer, frozen=True):
    """Who did what with somebody's data, the latest first; confidential ones are left out."""

    records: tuple[ProcessingRecord, ...]
    before: int | None = None


async def give(ask: Ask) -> Response:
    """Consent that somebody uses data about oneself, or about one's child; answers the receipt."""
    require_known(ask.caller)
    new = await ask.body(NewConsent, most_kb=64)
    consent = await ask.node.residents.consents.give(ask.caller, new, now=ask.now)
    return _receipt(ask, consent, 201)


async def list_consents(ask: Ask) -> ConsentList:
    """List the consents of the caller and its children; for stewards those of everybody."""
    require_known(ask.caller)
    consents = ask.node.residents.consents
    if ask.parameters(WhichConsents).all:
        found = consents.all(ask.caller)
    else:
        require_resident(ask.caller)
        found = consents.of(ask.caller, now=ask.now)
    return ConsentList(consents=tuple(_told(one, ask.now) for one in found))


async def receipt(ask: Ask) -> Response:
    """Give the receipt of a consent (ISO/IEC TS 27560) as JSON-LD."""
    require_known(ask.caller)
    consent = ask.node.residents.consents.shown(ask.caller, ask.path("id"), now=ask.now)
    return _receipt(ask, consent, 200)


async def show(ask: Ask) -> ConsentTold:
    """Show a consent."""
    require_known(ask.caller)
    consent = ask.node.residents.consents.shown(ask.caller, ask.path("id"), now=ask.now)
    return _told(consent, ask.now)


async def withdraw(ask: Ask) -> Response:
    """Withdraw a consent: the next request that rests on it is refused."""
    require_known(ask.caller)
    consents = ask.node.residents.consents
    return _receipt(ask, await consents.withdraw(ask.caller, ask.path("id"), now=ask.now), 200)


async def revoke(ask: Ask) -> ConsentTold:
    """End a consent as a steward, and say why."""
    require_known(ask.caller)
    body = await ask.body(Revoking, most_kb=4)
    consents = ask.node.residents.consents
    consent = await consents.revoke(ask.caller, ask.path("id"), reason=body.reason, now=ask.now)
    return _told(consent, ask.now)


async def my_data(ask: Ask) -> MyData:
    """Show everything that the node has about the caller, or about a child of the caller."""
    subject = _subject(ask, ask.parameters(Whose))
    rules = ask.node.governance.rules
    entities = my_entities(ask.node.store, rules, ask.caller, subject, now=ask.now)
    own, *children = _subjects(ask)
    return MyData(
        subject=subject,
        children=tuple(children) if subject == own else (),
        entities=tuple([normalized(one, HANZE, View()) async for one in entities]),
    )


async def reads(ask: Ask) -> MyReads:
    """Tell who did what with the data about the caller, and what for."""
    asked = ask.parameters(WhichReads)
    found = await my_reads(
        ask.node.store.log,
        ask.node.governance.rules,
        ask.caller.tenant,
        _subject(ask, asked),
        before=asked.before,
        limit=asked.limit,
    )
    return MyReads(records=found.records, before=found.before)


async def export(ask: Ask) -> Response:
    """Take everything about oneself along as JSON-LD: data, consents, requests, who read it."""
    subject = _subject(ask, ask.parameters(Whose))
    parts = export_of(ask.node, ask.caller, subject, base_url=ask.base_url, now=ask.now)
    return StreamingResponse(
        parts,
        media_type=_LD,
        headers={"content-disposition": 'attachment; filename="my-data.jsonld"'},
    )


def _subjects(ask: Ask) -> tuple[str, ...]:
    require_known(ask.caller)
    require_resident(ask.caller)
    return subjects_of(ask.node.residents.guardianships.kept.all(), ask.caller, ask.now)


def _subject(ask: Ask, asked: Whose) -> str:
    """Say about whom somebody asks; about whom else the caller may not is not told."""
    subjects = _subjects(ask)
    if asked.subject is None:
        return subjects[0]
    if asked.subject not in subjects:
        raise InvalidInput("The caller decides for no such child", field="subject")
    return asked.subject


def _told(consent: Consent, now: str) -> ConsentTold:
    members = {name: getattr(consent, name) for name in Consent.__struct_fields__}
    return ConsentTold(**members, state=state_of(consent, now))


def _receipt(ask: Ask, consent: Consent, status: int) -> Response:
    rules = ask.node.governance.rules
    document = receipt_of(
        consent,
        rules.datasets.get(consent.dataset),
        base_url=ask.base_url,
        own=rules.own,
        now=ask.now,
    )
    response = json_of(document, status)
    response.headers["content-type"] = _LD
    if status == 201:
        response.headers["location"] = f"/api/v1/governance/consents/{consent.id}"
    return response


_CONSENT = "/governance/consents/{id:path}"

ROUTES = (
    ApiRoute("POST", "/governance/consents", give, body=NewConsent, status=201, media=(_LD,)),
    ApiRoute("GET", "/governance/consents", list_consents, ConsentList, WhichConsents),
    ApiRoute("GET", f"{_CONSENT}/receipt", receipt, media=(_LD,)),
    ApiRoute("POST", f"{_CONSENT}/withdraw", withdraw, media=(_LD,)),
    ApiRoute("POST", f"{_CONSENT}/revoke", revoke, ConsentTold, body=Revoking),
    ApiRoute("GET", _CONSENT, show, ConsentTold),
    ApiRoute("GET", "/governance/my/data", my_data, MyData, Whose),
    ApiRoute("GET", "/governance/my/reads", reads, MyReads, WhichReads),
    ApiRoute("GET", "/governance/my/export", export, parameters=Whose, media=(_LD,)),
)
