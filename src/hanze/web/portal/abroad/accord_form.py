"""Fields of an accord in a form: any number of parties, and its topics."""

from dataclasses import dataclass
from typing import Final

from hanze.collaboration.records.cooperation import Accord
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Region
from hanze.web.portal.collective.choosing import named
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.forms import Given

__all__ = ["AccordForm", "accord_form", "asks_for_more", "possible_parties"]

#: Rows for parties in a new form, and those that are free below parties that are there.
_ROWS: Final = 3
_FREE: Final = 2
_MOST_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class AccordForm:
    """What a form offers and holds.

    Attributes:
        rows: The party of each row; "" where it is free.
        options: Who can be a party: id and name.
        themes: Topics to choose from.
        chosen: Topics that are.
    """

    rows: tuple[str, ...]
    options: list[tuple[str, str]]
    themes: list[tuple[str, str]]
    chosen: tuple[str, ...]


def accord_form(desk: Desk, accord: Accord | None, given: Given | None) -> AccordForm:
    """Fill a form: with what was given, else with what the draft says."""
    parties = tuple(accord.parties if accord is not None else ())
    chosen = tuple(accord.themes if accord is not None else ())
    if given is not None and "parties" in given:
        parties, chosen = tuple(given.several("parties")), tuple(given.several("themes"))
    parties = parties[:_MOST_ROWS]
    wanted = max(_ROWS, len(parties) + _FREE)
    if given is not None and asks_for_more(given):
        wanted = max(wanted, len(given.values.get("parties", ())) + _ROWS)
    free = max(0, min(wanted, _MOST_ROWS) - len(parties))
    return AccordForm(
        rows=(*parties, *("",) * free),
        options=_and(desk, possible_parties(desk), parties),
        themes=_and(desk, [(link.id, link.label.text) for link in desk.themes], chosen),
        chosen=chosen,
    )


def asks_for_more(given: Given) -> bool:
    """Tell whether somebody asks for more rows, and not yet to save."""
    return "more" in given


def possible_parties(desk: Desk) -> list[tuple[str, str]]:
    """Offer who can be a party: cities that shared something first, then all others by name."""
    others = named(
        desk.link(held.record.id)
        for several in (
            desk.collective.of(Region),
            desk.collective.of(Country),
            desk.collective.of(Organization),
        )
        for held in several
    )
    return [(link.id, link.label.text) for link in desk.cities] + others


def _and(
    desk: Desk, offered: list[tuple[str, str]], chosen: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Offer also what was chosen and is known by its id only: it must not get lost."""
    known = {one for one, _ in offered}
    return offered + [(one, desk.name(one) or one) for one in chosen if one not in known]
