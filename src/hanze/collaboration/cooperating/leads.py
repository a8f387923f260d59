"""One lead on each side for a theme between two countries; orders follow by fair competition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.cooperation import CountryLead

__all__ = ["LEAD_STATES", "Lead", "LeadState", "leads", "overlap", "same_side"]

LeadState = Literal["current", "coming", "over"]
LEAD_STATES: Final[tuple[LeadState, ...]] = ("current", "coming", "over")


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead of a theme between two countries, as one side tells it.

    Attributes:
        held: The record.
        state: Whether the period runs, is to come, or is over.
        missing: Of "partner_lead" and "orders", what it does not say.
        counterpart: What the other side recorded of the same theme and period.
        agrees: Whether both sides name the same leads; `None` where only one recorded it.
        doubles: Ids of other leads of this side that run at the same time: one of them is too many.
    """

    held: Held[CountryLead]
    state: LeadState
    missing: tuple[str, ...]
    counterpart: Held[CountryLead] | None
    agrees: bool | None
    doubles: tuple[str, ...]


def leads(
    collective: Collective,
    today: date,
    *,
    theme: str | None = None,
    country: str | None = None,
    partner: str | None = None,
    state: LeadState | None = None,
) -> tuple[Lead, ...]:
    """List leads of themes between countries: those that run first, then by theme and country.

    Args:
        collective: Up to date; leads that other nodes keep are there too.
        today: Decides what runs.
        theme: Only of this theme (id).
        country: Only where this country (id) is on one of the two sides.
        partner: Only where this party (id) leads on one of the two sides.
        state: Only those that stand so.
    """
    every = collective.of(CountryLead)
    found = [
        _lead(held, every, today)
        for held in every
        if theme in (None, held.record.theme)
        and country in (None, held.record.country, held.record.partner_country)
        and partner in (None, held.record.lead, held.record.partner_lead)
    ]
    return tuple(
        sorted(
            (one for one in found if state in (None, one.state)),
            key=lambda one: (LEAD_STATES.index(one.state), one.held.record.theme, _key(one.held)),
        )
    )


def same_side(one: CountryLead, other: CountryLead) -> bool:
    """Tell whether two leads are of one side, for one theme with the same country."""
    return one.theme == other.theme and _sides(one) == _sides(other)


def overlap(one: CountryLead, other: CountryLead) -> bool:
    """Tell whether two periods have a day in common; without a first or last day they go on."""
    return (one.since or date.min) <= (other.until or date.max) and (other.since or date.min) <= (
        one.until or date.max
    )


def _key(held: Held[CountryLead]) -> tuple[str, str, date, str]:
    lead = held.record
    return lead.country, lead.partner_country, lead.since or date.min, lead.id


def _lead(held: Held[CountryLead], every: Sequence[Held[CountryLead]], today: date) -> Lead:
    lead = held.record
    same = [
        one
        for one in every
        if one.record.theme == lead.theme and one is not held and overlap(one.record, lead)
    ]
    ours, theirs = (lead.country, lead.partner_country), (lead.partner_country, lead.country)
    doubles = [one for one in same if _sides(one.record) == ours]
    others = [one for one in same if _sides(one.record) == theirs]
    counterpart = others[0] if others else None
    said = (("partner_lead", lead.partner_lead), ("orders", lead.orders))
    return Lead(
        held=held,
        state=_state(lead, today),
        missing=tuple(name for name, value in said if not value),
        counterpart=counterpart,
        agrees=None if counterpart is None else _agree(lead, counterpart.record),
        doubles=tuple(one.record.id for one in doubles),
    )


def _sides(lead: CountryLead) -> tuple[str, str]:
    return lead.country, lead.partner_country


def _agree(one: CountryLead, other: CountryLead) -> bool:
    """Each side knows its own lead; what it does not say of the other side contradicts nothing."""
    return one.partner_lead in (None, other.lead) and other.partner_lead in (None, one.lead)


def _state(lead: CountryLead, today: date) -> LeadState:
    if lead.until is not None and lead.until < today:
        return "over"
    return "coming" if lead.since is not None and lead.since > today else "current"
