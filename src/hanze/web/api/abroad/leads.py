"""One lead on each side for a theme between two countries."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from hanze.collaboration.collective import Collective
from hanze.collaboration.cooperating.leading import change_lead, lead_record, name_lead
from hanze.collaboration.cooperating.leads import LEAD_STATES, Lead, leads
from hanze.collaboration.records.cooperation import CountryLead
from hanze.collaboration.records.fields import camel
from hanze.web.api.collective.funnel import Text, Told, told
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.collective.visits import at_home, home_of_city
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]


class ChoiceOfLeads(Taken, frozen=True):
    """Which leads: about a theme, with a country on either side, by a party (ids), and their state."""

    theme: str | None = None
    country: str | None = None
    partner: str | None = None
    state: Literal[LEAD_STATES] | None = None  # type: ignore[valid-type]  # a tuple of texts is what Literal takes


class LeadTold(Answer, frozen=True):
    """A lead as one side tells it.

    Attributes:
        orders: How orders are given out afterwards, by language: a lead gives none itself.
        state: current, coming or over.
        missing: Of partnerLead and orders, what it does not say.
        counterpart: What the other side recorded.
        agrees: Whether both sides name the same leads; null where one of them recorded it.
        doubles: Other leads of the same side in the same period: one is too many.
    """

    record: Told
    theme: Named
    country: Named
    lead: Named
    partner_country: Named
    state: str
    missing: Sequence[str]
    doubles: Sequence[str]
    agrees: bool | None
    partner_lead: Named | None = None
    since: date | None = None
    until: date | None = None
    orders: Mapping[str, str] = {}
    counterpart: Told | None = None


class Leads(Answer, frozen=True):
    """Leads, those that run first."""

    leads: Sequence[LeadTold]
    freshness: list[Freshness] = []


class NewLead(Taken, frozen=True):
    """Who leads a theme for a country with another one."""

    theme: Id
    country: Id
    lead: Id
    partner_country: Id
    partner_lead: Id | None = None
    since: date | None = None
    until: date | None = None
    orders: Text = {}


class ChangedLead(Taken, frozen=True):
    """What changes of a lead; the rest stays."""

    partner_lead: Id | None = None
    until: date | None = None
    orders: Text = {}


async def list_leads(ask: Ask) -> Leads:
    """List who leads which theme between which countries, those that run first."""
    choice = ask.parameters(ChoiceOfLeads)
    collective = await ask.node.collective.refresh(ask.now)
    found = leads(
        collective,
        ask.today,
        theme=choice.theme,
        country=choice.country,
        partner=choice.partner,
        state=choice.state,
    )
    return Leads(
        leads=[_told(one, collective) for one in found],
        freshness=freshness_of(collective, ask.now),
    )


async def name(ask: Ask) -> LeadTold:
    """Name who leads a theme for a country; one leads at a time, and gives no orders."""
    asked = await ask.body(NewLead)
    collective = await ask.node.collective.refresh(ask.now)
    made = lead_record(
        collective,
        theme=asked.theme,
        country=asked.country,
        lead=asked.lead,
        partner_country=asked.partner_country,
        partner_lead=asked.partner_lead,
        since=asked.since,
        until=asked.until,
        orders=asked.orders,
        today=ask.today,
    )
    caller = home_of_city(ask, made.source_city)
    await name_lead(ask.node.store, caller, collective, made, now=ask.now)
    return await _one(ask, made.id)


async def change(ask: Ask) -> LeadTold:
    """Say who leads on the other side, how orders are given out, or when the lead ends."""
    asked = await ask.body(ChangedLead)
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), CountryLead)
    await change_lead(
        ask.node.store,
        at_home(ask, held),
        held.record.id,
        partner_lead=asked.partner_lead,
        until=asked.until,
        orders=asked.orders,
        now=ask.now,
    )
    return await _one(ask, held.record.id)


async def _one(ask: Ask, lead_id: str) -> LeadTold:
    collective = await ask.node.collective.refresh(ask.now)
    found = leads(collective, ask.today)
    return next(_told(one, collective) for one in found if one.held.record.id == lead_id)


def _told(one: Lead, collective: Collective) -> LeadTold:
    lead = one.held.record
    return LeadTold(
        record=told(one.held, collective),
        theme=named(lead.theme, collective),
        country=named(lead.country, collective),
        lead=named(lead.lead, collective),
        partner_country=named(lead.partner_country, collective),
        state=one.state,
        missing=[camel(name) for name in one.missing],
        doubles=one.doubles,
        agrees=one.agrees,
        partner_lead=named_if(lead.partner_lead, collective),
        since=lead.since,
        until=lead.until,
        orders=lead.orders,
        counterpart=told(one.counterpart, collective) if one.counterpart is not None else None,
    )


ROUTES = (
    ApiRoute("GET", "/leads", list_leads, Leads, parameters=ChoiceOfLeads),
    ApiRoute("POST", "/leads", name, LeadTold, body=NewLead, writes=True),
    ApiRoute("POST", "/leads/{id:path}", change, LeadTold, body=ChangedLead, writes=True),
)
