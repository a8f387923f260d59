"""Leads as records: one side names who leads for it, and until when."""

import secrets
from collections.abc import Mapping
from datetime import date

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective
from hanze.collaboration.cooperating.leads import overlap, same_side
from hanze.collaboration.held import RecordElsewhere
from hanze.collaboration.records.cooperation import CountryLead
from hanze.collaboration.records.places import Country
from hanze.collaboration.records.record import LANGUAGES, Label, text_of
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import Conflicting
from hanze.identity.caller import Caller

__all__ = ["LeadTaken", "change_lead", "lead_record", "name_lead"]


def lead_record(
    collective: Collective,
    *,
    theme: str,
    country: str,
    lead: str,
    partner_country: str,
    partner_lead: str | None,
    since: date | None,
    until: date | None,
    orders: Mapping[str, str],
    today: date,
) -> CountryLead:
    """Make the record of a lead, named after the theme and the two countries.

    Raises:
        RecordNotFound: There is no such theme or country.
        RecordElsewhere: Country and lead are kept by other nodes: it is theirs to say.
    """
    about = collective.get(theme, Theme).record
    sides = [collective.get(name, Country) for name in (country, partner_country)]
    found = collective.find(lead)
    if sides[0].home is not None and (found is None or found.home is not None):
        raise RecordElsewhere(lead, sides[0].home)
    return CountryLead(
        id=f"urn:ngsi-ld:CountryLead:entered:{secrets.token_hex(8)}",
        title={
            language: f"{text_of(about.title, language)}: "
            + " / ".join(text_of(one.record.title, language) for one in sides)
            for language in LANGUAGES
        },
        source_city=(found.city if found is not None else None) or country,
        themes=(theme,),
        source_date=today,
        provenance="entered",
        theme=theme,
        country=country,
        lead=lead,
        partner_country=partner_country,
        partner_lead=partner_lead,
        since=since,
        until=until,
        orders=orders,
    )


class LeadTaken(Conflicting):
    """Somebody leads the theme for the country in the same period, on this node or another."""

    def __init__(self, lead: CountryLead) -> None:
        super().__init__(
            f"{lead.lead} leads this theme in the same period ({lead.id}); one leads at a time, so "
            "its last day must come before the first day of the next"
        )
        self.field = "since"
        self.value = lead.id[:100]


async def name_lead(
    store: Store, caller: Caller, collective: Collective, lead: CountryLead, *, now: str
) -> CountryLead:
    """Name who leads a theme for a country.

    Args:
        collective: Up to date: what other nodes recorded counts as well.

    Raises:
        LeadTaken: Somebody else leads in the same period.
        SpeaksForAnother: It is not for the caller to say.
    """
    for held in collective.of(CountryLead):
        if same_side(held.record, lead) and overlap(held.record, lead):
            raise LeadTaken(held.record)
    return await create_record(store, caller, lead, now=now)


async def change_lead(
    store: Store,
    caller: Caller,
    lead_id: str,
    *,
    partner_lead: str | None,
    until: date | None,
    orders: Label,
    now: str,
) -> CountryLead:
    """Say who leads on the other side, how orders are given out, or when the lead ends.

    What is `None` or empty stays as it is.

    Raises:
        RecordNotFound: The tenant has no such record.
        HanzeError: A rule of leads is broken; nothing was written.
    """

    def change(lead: CountryLead) -> CountryLead:
        return replace(
            lead,
            partner_lead=partner_lead or lead.partner_lead,
            until=until or lead.until,
            orders={**lead.orders, **orders},
        )

    return await change_record(store, caller, lead_id, CountryLead, change, now=now)
