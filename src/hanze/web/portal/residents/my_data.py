"""A resident's page: what is known, who read it and why, what was agreed to, what was asked for."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

import orjson
from starlette.responses import RedirectResponse, Response, StreamingResponse

from hanze.broker.my_data import my_entities, my_reads
from hanze.errors import HanzeError, InvalidInput
from hanze.governance.consenting import NewConsent, state_of
from hanze.governance.receipt import receipt_of
from hanze.governance.records.consent import Consent, ConsentState
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.log import ProcessingRecord
from hanze.governance.records.rights import RightKind, RightsRequest
from hanze.governance.requesting import NewRequest
from hanze.governance.residents import own_subject, require_resident, subjects_of
from hanze.ngsild.model import Entity
from hanze.web.my_export import export_of
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.forms import Given
from hanze.web.portal.residents.refusing import told_status
from hanze.web.portal.residents.requests import RequestRow, request_row
from hanze.web.portal.site import Visit
from hanze.web.portal.stewarding.names import Called, Namer
from hanze.web.portal.values import Instance, instance_of, is_simulated, title_of

__all__ = ["export", "receipt", "show", "take"]

_ENTITIES: Final = 200
_READS: Final = 50


@dataclass(frozen=True, slots=True)
class _Thing:
    """An entity about the resident."""

    title: str
    kind: str
    values: tuple[tuple[str, Instance], ...]
    simulated: bool


@dataclass(frozen=True, slots=True)
class _Read:
    """Somebody did something with the data.

    Attributes:
        name: Of the operation: "read", "notify", ...
        who: The organisation; `None`: this city itself.
    """

    name: str
    at: datetime | None
    who: Called | None
    purpose: Called | None
    data: tuple[Called, ...]


@dataclass(frozen=True, slots=True)
class _Agreed:
    """A consent.

    Attributes:
        state: "given", "withdrawn", "revoked", "expired".
        given: Day in words; so for `until` and `ended`, which may be "".
    """

    consent: Consent
    state: str
    data: Called
    purposes: tuple[Called, ...]
    recipients: tuple[Called, ...]
    given: str
    until: str
    ended: str


async def show(visit: Visit) -> Response:
    """Show the page; who is not known as a resident is told how to become one."""
    if own_subject(visit.caller) is None:
        return visit.page("residents/closed.html", status=403, simulated=False)
    return await _page(visit)


async def take(visit: Visit, given: Given) -> Response:
    """Do what a form of the page asks: consent, withdraw, ask for something, take it back.

    Raises:
        ResidentsOnly: The caller is no resident.
    """
    require_resident(visit.caller)
    step = _STEPS.get(given.text("do"))
    try:
        if step is None:
            raise InvalidInput("The form asks for nothing that this page does", field="do")
        await step(visit, given)
    except HanzeError as error:
        return await _page(visit, refused=error, given=given, status=told_status(error))
    who = f"&subject={quote(given.text('subject'))}" if given.text("subject") else ""
    return RedirectResponse(f"/{visit.language.code}/my-data?did={given.text('do')}{who}", 303)


async def export(visit: Visit) -> Response:
    """Send everything about the resident as JSON-LD."""
    parts = export_of(
        visit.site.node, visit.caller, _subject(visit), base_url=visit.base_url, now=visit.now
    )
    return StreamingResponse(
        parts,
        media_type="application/ld+json",
        headers={"content-disposition": 'attachment; filename="my-data.jsonld"'},
    )


async def receipt(visit: Visit) -> Response:
    """Send the receipt of a consent as JSON-LD."""
    node = visit.site.node
    consent_id = visit.request.query_params.get("id", "")
    consent = node.residents.consents.shown(visit.caller, consent_id, now=visit.now)
    rules = node.governance.rules
    document = receipt_of(
        consent,
        rules.datasets.get(consent.dataset),
        base_url=visit.base_url,
        own=rules.own,
        now=visit.now,
    )
    return Response(
        orjson.dumps(document, option=orjson.OPT_INDENT_2),
        media_type="application/ld+json",
        headers={"content-disposition": 'attachment; filename="consent.jsonld"'},
    )


async def _give(visit: Visit, given: Given) -> None:
    new = NewConsent(
        dataset=given.text("dataset"),
        purposes=tuple(given.several("purpose")),
        recipients=tuple(given.several("recipient")),
        subject=given.text("subject") or None,
        notice=f"{visit.base_url}/{visit.language.code}/datasets/{given.text('dataset')}",
        language=visit.language.code,
    )
    if not new.purposes:
        raise InvalidInput("At least one purpose must be chosen", field="purpose")
    await visit.site.node.residents.consents.give(visit.caller, new, now=visit.now)


async def _withdraw(visit: Visit, given: Given) -> None:
    consents = visit.site.node.residents.consents
    await consents.withdraw(visit.caller, given.text("id"), now=visit.now)


async def _ask(visit: Visit, given: Given) -> None:
    kinds = {one.value: one for one in RightKind}
    kind = kinds.get(given.text("kind"))
    if kind is None:
        raise InvalidInput("What is asked for must be chosen", field="kind")
    new = NewRequest(
        kind=kind,
        text=given.text("text")[:4_000],
        subject=given.text("subject") or None,
        dataset=given.text("dataset") or None,
        language=visit.language.code,
    )
    await visit.site.node.residents.requests.file(visit.caller, new, now=visit.now)


async def _take_back(visit: Visit, given: Given) -> None:
    requests = visit.site.node.residents.requests
    await requests.withdraw(visit.caller, given.text("id"), now=visit.now)


_STEPS: Final = {"give": _give, "withdraw": _withdraw, "ask": _ask, "take-back": _take_back}


def _subjects(visit: Visit) -> tuple[str, ...]:
    require_resident(visit.caller)
    known = visit.site.node.residents.guardianships.kept.all()
    return subjects_of(known, visit.caller, visit.now)


def _subject(visit: Visit, given: Given | None = None) -> str:
    """Say about whom the page is: the resident, or a child that the address names."""
    asked = visit.request.query_params.get("subject", "")
    asked = given.text("subject") if given is not None else asked
    subjects = _subjects(visit)
    return asked if asked in subjects else subjects[0]


async def _page(
    visit: Visit,
    *,
    refused: HanzeError | None = None,
    given: Given | None = None,
    status: int = 200,
) -> Response:
    node, subject, subjects = visit.site.node, _subject(visit, given), _subjects(visit)
    rules, namer = node.governance.rules, Namer(visit)
    before = visit.request.query_params.get("before", "")
    reads = await my_reads(
        node.store.log,
        rules,
        visit.caller.tenant,
        subject,
        before=int(before[:18]) if before.isdigit() else None,
        limit=_READS,
    )
    things = [_thing(visit, one) async for one in _some(visit, subject)]
    consents = [
        one
        for one in node.residents.consents.of(visit.caller, now=visit.now)
        if one.subject == subject
    ]
    requests = node.residents.requests.of(visit.caller, now=visit.now)
    response = visit.page(
        "residents/my_data.html",
        status=status,
        subject=subject,
        subjects=subjects,
        things=things,
        cut=len(things) == _ENTITIES,
        reads=[_read(namer, rules.datasets, one) for one in reads.records],
        before=reads.before,
        agreed=[_agreed(namer, rules.datasets, one, visit.now) for one in consents],
        offers=_offers(namer, consents, visit.now),
        requests=_rows(visit, [one for one in requests if one.subject == subject]),
        kinds=[one.value for one in RightKind],
        given=given or Given({}),
        refused=refused,
        did=visit.request.query_params.get("did", ""),
        simulated=any(one.simulated for one in things),
    )
    response.headers["cache-control"] = "no-store"
    return response


async def _some(visit: Visit, subject: str) -> AsyncIterator[Entity]:
    left = _ENTITIES
    node = visit.site.node
    found = my_entities(node.store, node.governance.rules, visit.caller, subject, now=visit.now)
    async for entity in found:
        yield entity
        left -= 1
        if not left:
            break


def _rows(visit: Visit, requests: Iterable[RightsRequest]) -> list[RequestRow]:
    return [request_row(visit, one) for one in requests]


def _thing(visit: Visit, entity: Entity) -> _Thing:
    words = visit.language.words
    return _Thing(
        title=title_of(entity, visit.language),
        kind=words("type", entity.types[0]),
        values=tuple(
            (words("attribute", name), instance_of(one, visit.speaker))
            for name, instances in entity.attributes.items()
            for one in instances
        ),
        simulated=is_simulated(entity),
    )


def _read(namer: Namer, datasets: Mapping[str, Dataset], record: ProcessingRecord) -> _Read:
    return _Read(
        name=record.name,
        at=parse_moment(record.at),
        who=namer.organisation(record.organisation) if record.organisation else None,
        purpose=namer.purpose(record.purpose) if record.purpose else None,
        data=tuple(_data(namer, datasets, one) for one in record.datasets),
    )


def _agreed(namer: Namer, datasets: Mapping[str, Dataset], consent: Consent, now: str) -> _Agreed:
    return _Agreed(
        consent=consent,
        state=state_of(consent, now).value,
        data=_data(namer, datasets, consent.dataset),
        purposes=namer.purposes(consent.purposes),
        recipients=tuple(namer.organisation(one) for one in consent.recipients),
        given=namer.day(consent.given_at),
        until=namer.day(consent.expires_at) if consent.expires_at else "",
        ended=namer.day(consent.end.at) if consent.end else "",
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something that the resident may agree to."""

    dataset: Dataset
    data: Called
    description: Called | None
    purposes: tuple[Called, ...]
    recipients: tuple[Called, ...]


def _offers(namer: Namer, consents: list[Consent], now: str) -> list[_Offer]:
    """List what rests on consent, with who would use it and what for, where it is not given yet."""
    node = namer.visit.site.node
    rules = node.governance.rules
    there = {one.dataset for one in consents if state_of(one, now) is ConsentState.GIVEN}
    found = []
    for one in rules.datasets.values():
        tenant = one.tenant in ("*", namer.visit.caller.tenant)
        if not tenant or not one.consent or one.confidential or one.id in there:
            continue
        running = [a for a in rules.agreements.values() if one.id in a.targets]
        purposes = dict.fromkeys([*one.purposes, *(p for a in running for p in a.purposes)])
        owner = one.owner or rules.own
        recipients = dict.fromkeys([*([owner] if owner else ()), *(a.assignee for a in running)])
        if purposes and recipients:
            found.append(
                _Offer(
                    one,
                    namer.dataset(one),
                    namer.text(one.description),
                    namer.purposes(purposes),
                    tuple(namer.organisation(each) for each in recipients),
                )
            )
    return found


def _data(namer: Namer, datasets: Mapping[str, Dataset], dataset_id: str) -> Called:
    known = datasets.get(dataset_id)
    return Called(dataset_id, dataset_id) if known is None else namer.dataset(known)
