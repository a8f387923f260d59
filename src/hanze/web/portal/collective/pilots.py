"""Records of pilots that their hosts signed, and whether a signature holds: said in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.claims import Jwk, Verification, verify
from hanze.collaboration.collective import Held
from hanze.collaboration.pilots import published_keys, sign_pilot, verify_pilot
from hanze.collaboration.records.projects import PILOT_OUTCOMES, PilotRecord
from hanze.ngsild.model import JsonValue
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt
from hanze.web.portal.collective.wording import Said, said_in
from hanze.web.portal.forms import Given

__all__ = ["check", "show", "show_check", "sign", "verify_one"]

_MOST_TOKEN: Final = 200_000
_DAYS: Final = ("starts", "ends", "signedOn", "sourceDate")
_CODES: Final = ("outcome", "provenance")
#: What a reader wants first; the other fields follow.
_FIRST: Final = ("title", "tested", "result", "outcome", "city", "organization", "solution")


@dataclass(frozen=True, slots=True)
class _Row:
    """A pilot in the list."""

    card: Card
    tested: Said
    result: Said
    outcome: str
    host: Link
    organization: Link | None
    days: list[str]
    measured: tuple[str, ...]
    signed: str
    verify: str


class _Keys(msgspec.Struct):
    """A set of public keys (RFC 7517)."""

    keys: tuple[dict[str, object], ...] = ()


async def show(desk: Desk) -> Response:
    """List the pilots, signed ones first; filtered by outcome, and by whether they are signed."""
    return _page(desk)


async def sign(desk: Desk, given: Given) -> Response:
    """Sign a record for its host."""
    held = desk.collective.get(given.text("pilot"), PilotRecord)
    node = desk.visit.site.node
    refused, status = await attempt(
        sign_pilot(
            node.store,
            desk.collective,
            desk.writer(held.tenant),
            node.signer,
            held.record.id,
            today=desk.today,
            now=desk.visit.now,
        )
    )
    if refused is not None:
        return _page(desk, refused=refused, status=status)
    return RedirectResponse(desk.at(f"/pilots/{held.record.id}/verify"), 303)


def _page(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    outcome, signed = desk.asked("outcome"), desk.asked("signed")
    every = sorted(
        desk.collective.of(PilotRecord),
        key=lambda held: (held.record.signature is None, held.record.title.get(desk.lang, "")),
    )
    found = [
        held
        for held in every
        if outcome in ("", held.record.outcome)
        and (not signed or (held.record.signature is not None) == (signed == "yes"))
    ]
    return desk.page(
        "pilots.html",
        menu="pilots",
        status=status,
        rows=[_row(desk, held) for held in found],
        outcome=outcome,
        outcomes=PILOT_OUTCOMES,
        signed=signed,
        refused=refused,
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=PilotRecord&language={desk.lang}"),
            ("JSON", "/api/v1/records.json?type=PilotRecord"),
        ],
    )


async def verify_one(desk: Desk) -> Response:
    """Say whether a record is what its host signed."""
    held = desk.collective.get(str(desk.visit.request.path_params["id"]), PilotRecord)
    node = desk.visit.site.node
    found, whose = verify_pilot(held.record, node.store.registers, node.signer)
    return desk.page(
        "pilot_verify.html",
        menu="pilots",
        row=_row(desk, held),
        found=found,
        whose=whose,
        reasons=_reasons(desk, found),
        covered=_names(desk, found.covered),
        claims=_claims(desk, found),
        downloads=[
            ("JWT", f"/api/v1/pilots/{held.record.id}.jwt"),
            ("JSON", f"/api/v1/pilots/{held.record.id}/verification"),
        ]
        if held.record.signature
        else [],
    )


async def show_check(desk: Desk) -> Response:
    """Ask for a reference that somebody brought along."""
    return _checked(desk, Given({}), None)


async def check(desk: Desk, given: Given) -> Response:
    """Say whether a reference holds, with the keys of this node or those that were pasted."""
    node = desk.visit.site.node
    keys: list[Jwk] = list(published_keys(node.store.registers, node.signer))
    keys += _pasted(given.text("keys"))
    return _checked(desk, given, verify(given.text("token")[:_MOST_TOKEN], keys))


def _checked(desk: Desk, given: Given, found: Verification | None) -> Response:
    claims = found.claims if found is not None and found.claims else {}
    sub = claims.get("sub")
    known = desk.collective.find(sub) if isinstance(sub, str) else None
    return desk.page(
        "pilot_check.html",
        menu="pilots",
        given=given,
        found=found,
        reasons=_reasons(desk, found) if found else (),
        covered=_names(desk, found.covered) if found else (),
        claims=_claims(desk, found) if found else (),
        known=desk.card(known) if known is not None else None,
    )


def _pasted(text: str) -> list[Jwk]:
    """Read a set of public keys, or one; what is none gives nothing."""
    try:
        found = msgspec.json.decode(text or "{}", type=_Keys).keys
    except msgspec.MsgspecError:
        return []
    return [{name: str(value) for name, value in one.items()} for one in found]


def _row(desk: Desk, held: Held[PilotRecord]) -> _Row:
    one = held.record
    days = [desk.day(day) for day in (one.starts, one.ends) if day]
    return _Row(
        card=desk.card(held),
        tested=desk.text(one.tested),
        result=desk.text(one.result),
        outcome=one.outcome,
        host=desk.link(one.city),
        organization=desk.link(one.organization) if one.organization else None,
        days=days,
        measured=one.measured,
        signed=desk.day(one.signed_on) if one.signature and one.signed_on else "",
        verify=desk.at(f"/pilots/{one.id}/verify"),
    )


def _reasons(desk: Desk, found: Verification) -> list[tuple[str, list[str]]]:
    return [
        (desk.code("verification", one.code), _names(desk, one.fields)) for one in found.reasons
    ]


def _names(desk: Desk, terms: Sequence[str]) -> list[str]:
    return [desk.field(term) for term in terms]


def _claims(desk: Desk, found: Verification) -> list[tuple[str, Said]]:
    """Write what was signed: each field with its value, names in place of ids."""
    claims = found.claims or {}
    pilot, names = claims.get("pilot"), claims.get("names")
    if not isinstance(pilot, Mapping):
        return []
    order = {term: number for number, term in enumerate(_FIRST)}
    terms = sorted(pilot, key=lambda term: (order.get(term, len(order)), term))
    return [(desk.field(term), _said(desk, term, pilot[term], names)) for term in terms]


def _said(desk: Desk, term: str, value: JsonValue, names: JsonValue) -> Said:
    named = names.get(term) if isinstance(names, Mapping) else None
    if isinstance(named, Mapping):
        return said_in({tag: str(text) for tag, text in named.items()}, desk.lang)
    if isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
        return said_in({tag: str(text) for tag, text in value.items()}, desk.lang)
    if isinstance(value, list | tuple):
        return Said("; ".join(_said(desk, "", one, None).text for one in value))
    if isinstance(value, str) and value.startswith("urn:"):
        return desk.link(value).label
    return Said(_plain(desk, term, value))


def _plain(desk: Desk, term: str, value: JsonValue) -> str:
    if isinstance(value, bool):
        return desk.code("flag", "yes" if value else "no")
    if term in _DAYS:
        return desk.day(str(value))
    return desk.code(term, str(value)) if term in _CODES else str(value)
