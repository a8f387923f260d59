"""Leads of themes between countries: one on each side at a time, of that side."""

from typing import Final

from hanze.collaboration.cooperating.leads import overlap, same_side
from hanze.collaboration.records.cooperation import CountryLead
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.listed import is_closed, others_listed, put_on_list
from hanze.collaboration.rules.speaking import check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = ["keep_one_lead", "keep_own_lead", "keep_sides"]

#: The register of leads by theme and sides.
_LIST: Final = "country-lead"


def keep_sides(step: Step[CountryLead]) -> None:
    """Ask for two countries, and leads that are of them.

    Raises:
        InvalidRecord: Both sides are one country, or a lead is known to be of another one.
    """
    lead = step.after
    if lead is None:
        return
    if lead.country == lead.partner_country:
        raise InvalidRecord(
            CountryLead, "must be another country", field="partner_country", value=lead.country
        )
    for name, party, country in (
        ("lead", lead.lead, lead.country),
        ("partner_lead", lead.partner_lead, lead.partner_country),
    ):
        known = _country(step, party)
        if known not in (None, country):
            raise InvalidRecord(
                CountryLead, f"must be of {country}, not of {known}", field=name, value=party
            )


def keep_one_lead(step: Step[CountryLead]) -> None:
    """Let one party lead a theme for a country with another one at a time.

    Raises:
        RuleBroken: Another record of this node names a lead for a day of the same period.
    """
    lead = step.after
    if lead is None:
        return
    key = "\n".join((lead.theme, lead.country, lead.partner_country))
    if not is_closed(step):
        for other in others_listed(step, CountryLead, _LIST, key):
            if same_side(other, lead) and overlap(other, lead):
                raise RuleBroken(
                    f"{other.lead} leads this theme in the same period ({other.id}); one leads at "
                    "a time, so its last day must come before the first day of the next",
                    field="since" if lead.since is not None else "until",
                    value=lead.since,
                )
    put_on_list(step, _LIST, key)


def keep_own_lead(step: Step[CountryLead]) -> None:
    """Let a side say itself who leads for it.

    Raises:
        SpeaksForAnother: The caller speaks for an organisation that is not behind the record.
    """
    for one in (step.before, step.after):
        if one is not None:
            sides = (one.country, one.source_city)
            check_speaks_for(step, "Who leads for a side", one.lead, *sides, field="lead")


def _country(step: Step[CountryLead], party: str | None) -> str | None:
    record = find_elsewhere(step, party) if party is not None else None
    if isinstance(record, Country):
        return record.id
    if isinstance(record, Municipality | Region | Organization):
        return record.country
    return None
