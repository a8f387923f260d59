"""Accords, their signatures, and the working groups that carry them out."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.signing import (
    attach_document,
    change_draft,
    draft_accord,
    end_accord,
    new_version,
    offer_accord,
    sign_accord,
    withdraw_signature,
)
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.cooperation import ACCORD_KINDS, Accord, Document
from hanze.web.api.abroad.accord_told import AccordTold, accord_told
from hanze.web.api.abroad.working_groups import ROUTES as GROUPS
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.visits import collective_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Handler, Id, Taken

__all__ = ["ROUTES"]

_Ids = Annotated[tuple[Id, ...], Meta(max_length=100)]
_Kind = Literal[ACCORD_KINDS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
_Documents = Annotated[tuple[Document, ...], Meta(max_length=50)]
_Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
_State = Literal[
    "draft",
    "offered",
    "partly-signed",
    "not-yet",
    "in-force",
    "changed",
    "withdrawn",
    "expired",
    "ended",
]


class ChoiceOfAccords(Taken, frozen=True):
    """Which accords: of a party, with a party in a country, about a topic, in a state."""

    party: str | None = None
    country: str | None = None
    theme: str | None = None
    kind: _Kind | None = None
    state: _State | None = None


class Accords(Answer, frozen=True):
    """Accords of the league."""

    accords: Sequence[AccordTold]
    freshness: list[Freshness] = []


class AskedAccord(Taken, frozen=True):
    """A draft.

    Attributes:
        drafter: The party that drafts it and keeps it; the first one where it is absent.
        documents: With their hashes (`POST /documents`).
    """

    kind: _Kind
    title: Text
    parties: Annotated[tuple[Id, ...], Meta(min_length=2, max_length=100)]
    drafter: Id | None = None
    terms: Text = {}
    themes: _Ids = ()
    valid_from: date | None = None
    valid_until: date | None = None
    documents: _Documents = ()
    previous: Id | None = None
    cooperation: Id | None = None


class AskedDraft(Taken, frozen=True):
    """What changes of a draft; what is absent stays."""

    title: Text | None = None
    parties: Annotated[tuple[Id, ...], Meta(min_length=2, max_length=100)] | None = None
    terms: Text | None = None
    themes: _Ids | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    documents: _Documents | None = None


class AskedSignature(Taken, frozen=True):
    """A signature, by the party or for it.

    Attributes:
        party: Who signs.
        signatory: In which office, by language; no name.
        signed_on: Today where it is absent.
        digest: Of what was read; another text than that is not signed.
    """

    party: Id
    signatory: Text = {}
    signed_on: date | None = None
    digest: _Digest | None = None


class AskedWithdrawal(Taken, frozen=True):
    """Who stands by it no more, from which day on; today where it is absent."""

    party: Id
    on: date | None = None


class AskedEnd(Taken, frozen=True):
    """The day on which an accord ends, or an offer is taken back; today where it is absent."""

    on: date | None = None


class AskedVersion(Taken, frozen=True):
    """Who drafts the accord that would replace this one."""

    drafter: Id


async def list_accords(ask: Ask) -> Accords:
    """List accords of all nodes, with how far each has come."""
    choice = ask.parameters(ChoiceOfAccords)
    collective = await collective_of(ask)
    parts = freshness_of(collective, ask.now)
    found = (
        accord_told(held, collective, ask.today, parts)
        for held in collective.of(Accord)
        if _is_wanted(collective, held.record, choice)
    )
    return Accords(
        accords=[one for one in found if choice.state is None or one.state == choice.state],
        freshness=parts,
    )


async def show(ask: Ask) -> AccordTold:
    """Show an accord: what it says, who signed it, and its working groups."""
    return await _shown(ask, ask.path("id"))


async def draft(ask: Ask) -> AccordTold:
    """Draft an accord; parties sign it once it is offered."""
    asked = await ask.body(AskedAccord)
    values = {name: getattr(asked, name) for name in asked.__struct_fields__ if name != "drafter"}
    accord = Accord(id="", source_city=asked.drafter or asked.parties[0], **values)
    made = await draft_accord(
        ask.node.store, ask.caller, await collective_of(ask), accord, now=ask.now
    )
    return await _shown(ask, made.id)


async def change(ask: Ask) -> AccordTold:
    """Change a draft; what is offered stays as it is."""
    asked = await ask.body(AskedDraft)
    held = await _held(ask)
    values = {name: getattr(asked, name) for name in asked.__struct_fields__}
    given = {name: value for name, value in values.items() if value is not None}
    await change_draft(
        ask.node.store, ask.caller, held, lambda before: replace(before, **given), now=ask.now
    )
    return await _shown(ask, held.record.id)


async def attach(ask: Ask) -> AccordTold:
    """Attach a file to a draft, by its hash (`POST /documents` keeps it)."""
    asked = await ask.body(Document)
    held = await _held(ask)
    await attach_document(ask.node.store, ask.caller, held, asked, now=ask.now)
    return await _shown(ask, held.record.id)


async def offer(ask: Ask) -> AccordTold:
    """Offer a draft to be signed; from here on what it says cannot change."""
    held = await _held(ask)
    await offer_accord(ask.node.store, ask.caller, held, now=ask.now)
    return await _shown(ask, held.record.id)


async def sign(ask: Ask) -> AccordTold:
    """Sign an accord for a party, as a record of that party's own."""
    asked = await ask.body(AskedSignature)
    await sign_accord(
        ask.node.store,
        ask.caller,
        await collective_of(ask),
        ask.path("id"),
        asked.party,
        signatory=asked.signatory,
        signed_on=asked.signed_on or ask.today,
        digest=asked.digest,
        now=ask.now,
    )
    return await _shown(ask, ask.path("id"))


async def withdraw(ask: Ask) -> AccordTold:
    """Withdraw a party's signature; that it signed stays to be read."""
    asked = await ask.body(AskedWithdrawal)
    await withdraw_signature(
        ask.node.store,
        ask.caller,
        await collective_of(ask),
        ask.path("id"),
        asked.party,
        on=asked.on or ask.today,
        now=ask.now,
    )
    return await _shown(ask, ask.path("id"))


async def end(ask: Ask) -> AccordTold:
    """End an accord before its last day, or take an offer back."""
    asked = await ask.body(AskedEnd)
    held = await _held(ask)
    await end_accord(ask.node.store, ask.caller, held, asked.on or ask.today, now=ask.now)
    return await _shown(ask, held.record.id)


async def renew(ask: Ask) -> AccordTold:
    """Draft the accord that would replace this one: the same text, to be changed."""
    asked = await ask.body(AskedVersion)
    collective = await collective_of(ask)
    accord = collective.get(ask.path("id"), Accord).record
    made = await draft_accord(
        ask.node.store, ask.caller, collective, new_version(accord, asked.drafter), now=ask.now
    )
    return await _shown(ask, made.id)


async def _held(ask: Ask) -> Held[Accord]:
    return (await collective_of(ask)).get(ask.path("id"), Accord)


async def _shown(ask: Ask, accord_id: str) -> AccordTold:
    collective = await collective_of(ask)
    held = collective.get(accord_id, Accord)
    return accord_told(held, collective, ask.today, freshness_of(collective, ask.now))


def _is_wanted(collective: Collective, accord: Accord, choice: ChoiceOfAccords) -> bool:
    return (
        (choice.party is None or choice.party in accord.parties)
        and (choice.theme is None or choice.theme in accord.themes)
        and (choice.kind is None or choice.kind == accord.kind)
        and (
            choice.country is None
            or choice.country in {country_of(collective, one) for one in accord.parties}
        )
    )


def _write(path: str, handler: Handler, body: type[Taken] | None, status: int = 200) -> ApiRoute:
    return ApiRoute(
        "POST",
        "/accords/{id:path}" + path,
        handler,
        AccordTold,
        body=body,
        writes=True,
        status=status,
    )


ROUTES = (
    *GROUPS,
    ApiRoute("GET", "/accords", list_accords, Accords, ChoiceOfAccords),
    ApiRoute("POST", "/accords", draft, AccordTold, body=AskedAccord, writes=True, status=201),
    ApiRoute(
        "POST",
        "/accords/{id:path}/documents",
        attach,
        AccordTold,
        body=Document,
        writes=True,
    ),
    _write("/offer", offer, None),
    _write("/signatures", sign, AskedSignature, 201),
    _write("/withdrawals", withdraw, AskedWithdrawal),
    _write("/end", end, AskedEnd),
    _write("/versions", renew, AskedVersion, 201),
    ApiRoute("GET", "/accords/{id:path}", show, AccordTold),
    ApiRoute("PATCH", "/accords/{id:path}", change, AccordTold, body=AskedDraft, writes=True),
)
