"""One lead on each side for a theme between two countries."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.cooperating.leading import change_lead, lead_record, name_lead
from hanze.collaboration.cooperating.leads import LEAD_STATES, Lead, LeadState, leads
from hanze.collaboration.records.cooperation import CountryLead
from hanze.collaboration.records.places import Region
from hanze.errors import InvalidInput
from hanze.web.portal.collective.choosing import api_address, countries, named
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt, label_given
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_TONES: Final = {"current": "good", "coming": "going", "over": "waiting"}
_NEEDED: Final = ("theme", "country", "lead", "partner_country")


@dataclass(frozen=True, slots=True)
class _Row:
    """A lead in the list; `is_ours` tells whether this node keeps it."""

    card: Card
    theme: Link
    country: Link
    lead: Link
    partner_country: Link
    partner_lead: Link | None
    badge: Badge
    since: date | None
    until: date | None
    orders: Said
    agrees: bool | None
    counterpart: Link | None
    doubles: tuple[Link, ...]
    is_ours: bool


async def show(desk: Desk) -> Response:
    """List the leads of the address."""
    return _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Name a lead, or change one."""
    refused, status = await attempt(_written(desk, given))
    if refused is not None:
        return _page(desk, given=given, refused=refused, status=status)
    return RedirectResponse(desk.at("/leads", done="1"), 303)


async def _written(desk: Desk, given: Given) -> None:
    store, now = desk.visit.site.node.store, desk.visit.now
    if given.text("do") == "change":
        held = desk.collective.get(given.text("id"), CountryLead)
        await change_lead(
            store,
            desk.writer(held.tenant),
            held.record.id,
            partner_lead=given.text("partner_lead") or None,
            until=given.day("until"),
            orders=label_given(desk, given, "orders"),
            now=now,
        )
        return
    for field in _NEEDED:
        if not given.text(field):
            raise InvalidInput("A lead must have a theme, two countries and who leads", field=field)
    made = lead_record(
        desk.collective,
        theme=given.text("theme"),
        country=given.text("country"),
        lead=given.text("lead"),
        partner_country=given.text("partner_country"),
        partner_lead=given.text("partner_lead") or None,
        since=given.day("since"),
        until=given.day("until"),
        orders=label_given(desk, given, "orders"),
        today=desk.today,
    )
    caller = desk.writer(desk.tenant_of(made.source_city))
    await name_lead(store, caller, desk.collective, made, now=now)


def _page(
    desk: Desk, *, given: Given | None = None, refused: Refused = None, status: int = 200
) -> Response:
    chosen = {name: desk.asked(name) for name in ("theme", "country", "state")}
    found = leads(
        desk.collective,
        desk.today,
        theme=chosen["theme"] or None,
        country=chosen["country"] or None,
        state=_state(chosen["state"]),
    )
    return desk.page(
        "leads.html",
        menu="leads",
        status=status,
        rows=[_row(desk, one) for one in found],
        chosen=chosen,
        states=desk.options("leadState", LEAD_STATES),
        countries=countries(desk),
        parties=_parties(desk),
        given=given or Given({}),
        refused=refused,
        done=bool(desk.asked("done")),
        downloads=[
            ("CSV", api_address("records.csv", type="CountryLead", language=desk.lang)),
            ("JSON", api_address("leads", **chosen)),
        ],
    )


def _state(text: str) -> LeadState | None:
    return next((state for state in LEAD_STATES if state == text), None)


def _parties(desk: Desk) -> list[tuple[str, str]]:
    """Who may lead: regions, and cities that shared something."""
    regions = [desk.link(held.record.id) for held in desk.collective.of(Region)]
    return named([*regions, *desk.active_cities])


def _row(desk: Desk, one: Lead) -> _Row:
    lead = one.held.record
    return _Row(
        card=desk.card(one.held),
        theme=desk.link(lead.theme),
        country=desk.link(lead.country),
        lead=desk.link(lead.lead),
        partner_country=desk.link(lead.partner_country),
        partner_lead=desk.link(lead.partner_lead) if lead.partner_lead is not None else None,
        badge=Badge(desk.code("leadState", one.state), _TONES[one.state]),
        since=lead.since,
        until=lead.until,
        orders=desk.text(lead.orders),
        agrees=one.agrees,
        counterpart=desk.link(one.counterpart.record.id) if one.counterpart is not None else None,
        doubles=tuple(desk.link(double) for double in one.doubles),
        is_ours=one.held.home is None,
    )
