"""One accord: what it says, who signed it, its files, and the working groups that carry it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace
from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.cooperating.accords import accord_state, signatures_of
from hanze.collaboration.cooperating.groups import groups_of, start_group, tasks_of
from hanze.collaboration.cooperating.signing import (
    change_draft,
    draft_accord,
    end_accord,
    new_version,
    offer_accord,
    sign_accord,
    withdraw_signature,
)
from hanze.collaboration.cooperating.terms import AccordState, digest_of
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.speaking import PartyElsewhere, check_home
from hanze.web.portal.abroad.accord_form import accord_form, asks_for_more
from hanze.web.portal.abroad.accords import since_of, state_badge
from hanze.web.portal.abroad.acting import LONGEST, Again, act_on
from hanze.web.portal.abroad.files_of import file_lines
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Badge, Desk, KeptBy, Link
from hanze.web.portal.collective.entries import label_given, new_text
from hanze.web.portal.collective.refusals import Filled
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "show_again", "take"]

_FIELDS: Final = {
    "party": "party",
    "signedOn": "signed_on",
    "signed_on": "signed_on",
    "withdrawnOn": "withdrawn_on",
    "withdrawn_on": "withdrawn_on",
    "endedOn": "ended_on",
    "ended_on": "ended_on",
    "sourceCity": "drafter",
    "validUntil": "valid_until",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
    "terms": "terms",
    "parties": "parties",
    "themes": "themes",
}
_DONE: Final = frozenset(
    {"draft", "change", "offer", "sign", "withdraw", "end", "renew", "group", "file"}
)


@dataclass(frozen=True, slots=True)
class _Signed:
    """A party, and whether it stands by the accord.

    Attributes:
        here: Whether this node may sign for it.
        node: Where it signs, if that is elsewhere: name and address, the address may be "".
    """

    party: Link
    badge: Badge
    on: str
    office: Said
    home: KeptBy | None
    here: bool
    node: tuple[str, str] | None


async def show(desk: Desk) -> Response:
    """Show an accord."""
    return await _page(desk, _held(desk), {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Do what one of the page's forms asks for."""
    held = _held(desk)
    if asks_for_more(given):
        filled = {name: given.text(name) for name in given.values}
        return await _page(desk, held, filled, {}, given)
    store, caller, now = desk.visit.site.node.store, desk.writer(), desk.visit.now
    collective, accord_id = desk.collective, held.record.id

    async def change(given: Given) -> None:
        await change_draft(
            store, caller, held, lambda before: _changed(desk, before, given), now=now
        )

    async def offer(_: Given) -> None:
        await offer_accord(store, caller, held, now=now)

    async def sign(given: Given) -> None:
        await _sign(desk, held, given)

    async def withdraw(given: Given) -> None:
        await _withdraw(desk, held, given)

    async def end(given: Given) -> None:
        await end_accord(store, caller, held, given.day("ended_on") or desk.today, now=now)

    async def renew(given: Given) -> str:
        draft = new_version(held.record, given.text("drafter")[:2_000])
        made = await draft_accord(store, caller, collective, draft, now=now)
        return desk.at(path_of("accords", made.id))

    async def group(given: Given) -> str:
        party = given.text("keeper")[:2_000]
        made = await start_group(store, caller, collective, accord_id, party, now=now)
        return desk.at(path_of("working-groups", made.id))

    actions = {
        **{"change": change, "offer": offer, "sign": sign, "withdraw": withdraw, "end": end},
        **{"renew": renew, "group": group},
    }
    return await act_on(
        desk, given, actions, show_again(desk, held, given), about="Accord", fields=_FIELDS
    )


async def _sign(desk: Desk, held: Held[Accord], given: Given) -> None:
    await sign_accord(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        given.text("party")[:2_000],
        signatory=label_given(desk, given, "office", most=LONGEST),
        signed_on=given.day("signed_on") or desk.today,
        digest=given.text("digest")[:64],
        now=desk.visit.now,
    )


async def _withdraw(desk: Desk, held: Held[Accord], given: Given) -> None:
    await withdraw_signature(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        given.text("leaving")[:2_000],
        on=given.day("withdrawn_on") or desk.today,
        now=desk.visit.now,
    )


def show_again(desk: Desk, held: Held[Accord], given: Given | None = None) -> Again:
    """Give what shows the page again, to who takes a form of it elsewhere."""

    async def again(filled: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return await _page(desk, held, filled, errors, given)

    return again


def _held(desk: Desk) -> Held[Accord]:
    return desk.collective.get(str(desk.visit.request.path_params["id"]), Accord)


def _changed(desk: Desk, before: Accord, given: Given) -> Accord:
    return replace(
        before,
        title=new_text(desk, before.title, given.text("title")[:LONGEST]) or before.title,
        terms=new_text(desk, before.terms, given.text("terms")[:LONGEST]),
        valid_from=given.day("valid_from"),
        valid_until=given.day("valid_until"),
        parties=tuple(given.several("parties")) if "parties" in given else before.parties,
        themes=tuple(given.several("themes")) if "parties" in given else before.themes,
    )


async def _page(
    desk: Desk,
    held: Held[Accord],
    filled: Mapping[str, str],
    errors: Mapping[str, str],
    given: Given | None = None,
) -> Response:
    accord = held.record
    state = accord_state(desk.collective, accord, desk.today)
    signed = _signatures(desk, accord, state)
    own = [(one.party.id, one.party.label.text) for one in signed if one.here]
    done = desk.asked("done")
    mine = desk.may_write and held.home is None
    return desk.page(
        "accord.html",
        menu="accords",
        status=422 if errors else 200,
        card=desk.card(held),
        accord=accord,
        kind=desk.code("kind", accord.kind),
        state=state,
        badge=state_badge(desk, state),
        hint=desk.code("accordStateHint", state.state),
        since=since_of(desk, accord, state),
        terms=desk.text(accord.terms),
        other_terms=_others(desk, accord),
        signed=signed,
        withdrawn=_withdrawn(desk, accord),
        digest=digest_of(accord),
        files=file_lines(desk, held, accord.documents),
        previous=_link(desk, accord.previous),
        following=_following(desk, accord),
        cooperation=desk.link(accord.cooperation) if accord.cooperation else None,
        groups=_groups(desk, accord),
        mine=mine,
        may_sign=[one for one in own if accord.status == "offered" and one[0] not in state.signed],
        may_withdraw=[one for one in own if one[0] in (*state.signed, *state.outdated)],
        own=own,
        form=accord_form(desk, accord, given) if mine and accord.status == "draft" else None,
        own_title=accord.title.get(desk.lang, ""),
        own_terms=accord.terms.get(desk.lang, ""),
        done=done if done in _DONE else "",
        opened=filled.get("action", ""),
        filled=Filled(filled),
        errors=Filled(errors),
        downloads=[("JSON", api_address(path_of("accords", accord.id)[1:]))],
    )


def _signatures(desk: Desk, accord: Accord, state: AccordState) -> list[_Signed]:
    latest = {
        held.record.party: held
        for held in signatures_of(desk.collective, accord)
        if held.record.withdrawn_on is None
    }
    found = []
    for party in accord.parties:
        held = latest.get(party)
        node = _node_of(desk, party)
        found.append(
            _Signed(
                party=desk.link(party),
                badge=_badge(desk, party, state),
                on=desk.day(held.record.signed_on) if held is not None else "",
                office=desk.text(held.record.signatory) if held is not None else Said(""),
                home=desk.home(held) if held is not None else None,
                here=desk.may_write and node is None,
                node=node,
            )
        )
    return found


def _badge(desk: Desk, party: str, state: AccordState) -> Badge:
    if party in state.signed:
        return Badge(desk.code("signature", "signed"), "good")
    if party in state.outdated:
        return Badge(desk.code("signature", "outdated"), "bad")
    if party in state.withdrawn:
        return Badge(desk.code("signature", "withdrawn"), "bad")
    if state.on_paper:
        return Badge(desk.code("signature", "on-paper"), "going")
    return Badge(desk.code("signature", "missing"), "waiting")


def _node_of(desk: Desk, party: str) -> tuple[str, str] | None:
    """Say which node speaks for a party, where that is another."""
    try:
        check_home(desk.collective, party)
    except PartyElsewhere as found:
        here = desk.visit.request.url.path
        return found.node, f"{found.url}{here}" if found.url else ""
    return None


def _withdrawn(desk: Desk, accord: Accord) -> list[tuple[Link, str, str]]:
    """Signatures that were withdrawn: whose, of which day, and on which day they were."""
    gone: list[AccordSignature] = [
        held.record
        for held in signatures_of(desk.collective, accord)
        if held.record.withdrawn_on is not None
    ]
    return [
        (desk.link(one.party), desk.day(one.signed_on), desk.day(one.withdrawn_on))
        for one in gone
        if one.withdrawn_on is not None
    ]


def _others(desk: Desk, accord: Accord) -> list[tuple[str, Said]]:
    """The terms in other languages: parties sign all of them."""
    shown = desk.text(accord.terms)
    return [
        (desk.language_name(tag), Said(text, tag))
        for tag, text in accord.terms.items()
        if text and text != shown.text
    ]


def _link(desk: Desk, accord_id: str | None) -> Link | None:
    if accord_id is None:
        return None
    named = desk.link(accord_id)
    return _leading(named, desk.at(path_of("accords", accord_id))) if named.href else named


def _leading(link: Link, href: str) -> Link:
    """Lead to another page about the same record."""
    return Link(link.label, href, link.kind, link.id)


def _following(desk: Desk, accord: Accord) -> list[Link]:
    found = (
        _link(desk, held.record.id)
        for held in desk.collective.of(Accord)
        if held.record.previous == accord.id
    )
    return [one for one in found if one is not None]


def _groups(desk: Desk, accord: Accord) -> list[tuple[Link, str, KeptBy | None, int, int]]:
    """Working groups: which, whose, kept where, how many tasks are open, and how many are late."""
    found = []
    for held in groups_of(desk.collective, accord.id):
        tasks = tasks_of(held, desk.today)
        left = [one for one in tasks if one.state != "done"]
        named = desk.link(held.record.id)
        link = _leading(named, desk.at(path_of("working-groups", held.record.id)))
        late = sum(one.state == "late" for one in left)
        whose = desk.name(held.city) if held.city is not None else ""
        found.append((link, whose, desk.home(held), len(left), late))
    return found
