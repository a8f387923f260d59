"""What a resident fills in, or a clerk for them: the questions, and what is wrong with the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Final

from hanze.collaboration.districts import District, districts, placed
from hanze.collaboration.members import members
from hanze.collaboration.records.record import LANGUAGES
from hanze.collaboration.records.residents import (
    AGE_GROUPS,
    CHANNELS,
    CONTRIBUTOR_KINDS,
    Measured,
)
from hanze.collaboration.residents import Submission
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import day_or_none
from hanze.web.portal.collective.wording import said_in
from hanze.web.portal.forms import Given

__all__ = ["Options", "districts_here", "options_of", "submission_of"]

_TITLE: Final = 150
_TEXT: Final = 4_000
_WORD: Final = 80
_KINDS: Final = ("idea", "measurement")


def N_(text: str) -> str:  # noqa: N802  # the name by which translators' tools find texts
    """Mark a text that `_said` translates."""
    return text


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen.

    Attributes:
        cities: Id and name.
        districts: Name of a city → id and name of each of its districts.
        themes: Id and name.
    """

    cities: tuple[tuple[str, str], ...]
    districts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    themes: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...] = _KINDS
    contributor_kinds: tuple[str, ...] = CONTRIBUTOR_KINDS
    age_groups: tuple[str, ...] = AGE_GROUPS
    channels: tuple[str, ...] = tuple(one for one in CHANNELS if one != "web")


async def districts_here(desk: Desk) -> tuple[District, ...]:
    """Read the districts of the cities of this node."""
    store = desk.visit.site.node.store
    tenants = ("", *(member.tenant for member in members(store.registers)))
    found = await districts(store, desk.visit.caller, tenants, now=desk.visit.now)
    return placed(desk.collective, found)


async def options_of(desk: Desk) -> Options:
    """Gather what can be chosen: cities with districts come first."""
    by_city: dict[str, list[tuple[str, str]]] = {}
    for one in await districts_here(desk):
        name = said_in(one.name, desk.lang).text
        by_city.setdefault(one.city or "", []).append((one.id, name))
    cities = [(one.id, one.label.text) for one in desk.cities]
    return Options(
        cities=tuple(sorted(cities, key=lambda one: one[0] not in by_city)),
        districts=tuple(
            (desk.name(city) if city else "", tuple(sorted(some, key=lambda one: one[1])))
            for city, some in by_city.items()
        ),
        themes=tuple((one.id, one.label.text) for one in desk.themes),
    )


def submission_of(
    desk: Desk, given: Given, *, consent: date | None
) -> tuple[Submission | None, Mapping[str, str]]:
    """Read what was filled in; what is wrong is told by the name of the field.

    Args:
        desk: The visit.
        given: The form.
        consent: The day on which a parent or guardian agreed.
    """
    errors: dict[str, str] = {}

    def wrong(name: str, text: str) -> None:
        errors[name] = desk.visit.language.texts.gettext(text)

    title, text = given.text("title"), given.text("text")
    if not title:
        wrong("title", N_("Write in a few words what it is about."))
    elif len(title) > _TITLE:
        wrong("title", N_("This is too long: use at most 150 characters."))
    if not text:
        wrong("text", N_("Tell your idea or what you measured."))
    elif len(text) > _TEXT:
        wrong("text", N_("This is too long: use at most 4,000 characters."))
    age = given.text("age") or "unknown"
    if age == "child" and consent is None:
        wrong("consent", N_("A parent or guardian must agree first."))
    kind = given.text("kind") or "idea"
    measured: tuple[Measured, ...] = ()
    if kind == "measurement" or given.text("value"):
        found = _measured(given, desk.today)
        if found is None:
            wrong("value", N_("Write what you measured, a number and the unit."))
        else:
            measured = (found,)
    if errors:
        return None, errors
    language = given.text("language") or desk.lang
    theme = given.text("theme")
    return (
        Submission(
            title=title,
            text=text,
            language=language if language in LANGUAGES else desk.lang,
            kind=kind,
            contributor_kind=given.text("who") or "resident",
            age_group=age,
            parental_consent_on=consent,
            city=given.text("city") or None,
            district=given.text("district") or None,
            themes=(theme,) if theme else (),
            measured=measured,
        ),
        errors,
    )


def _measured(given: Given, today: date) -> Measured | None:
    try:
        value = float(given.text("value").replace(",", "."))
    except ValueError:
        return None
    what, unit = given.text("what")[:_WORD], given.text("unit")[:_WORD]
    if not what or not unit or not isfinite(value):
        return None
    return Measured(
        what=what, value=value, unit=unit, on=day_or_none(given, "measured-on") or today
    )
