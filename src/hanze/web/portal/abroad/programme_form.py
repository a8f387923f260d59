"""The form of one part of a programme: what is filled in, and what is wrong with it."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Final

import msgspec

from hanze.collaboration.missions.editing import free_key
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.missions import PROGRAMME_KINDS, Mission, ProgrammeItem
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.projects import LivingLab
from hanze.collaboration.records.record import Label
from hanze.collaboration.zones import WrongTime, moment
from hanze.errors import HanzeError, InvalidInput
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import new_text
from hanze.web.portal.forms import Given

__all__ = ["WrongItem", "answers_of", "hosts_by_name", "item_given", "refused_item"]

_LONGEST: Final = 2_000
_TITLE: Final = 300


def N_(text: str) -> str:  # noqa: N802  # the name by which translators' tools find texts
    """Mark a text that is translated where it is shown."""
    return text


class WrongItem(InvalidInput):
    """A part of a programme is filled in wrongly.

    Attributes:
        texts: Why, by field of the form.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__("A part of the programme is filled in wrongly", field=next(iter(texts)))
        self.texts = texts


def answers_of(desk: Desk, item: ProgrammeItem) -> dict[str, str]:
    """Write an item as its form holds it."""
    starts, ends = item.starts or "", item.ends or ""
    texts = {name: getattr(item, name) for name in ("title", "place", "note", "outcome")}
    return {
        "key": item.key,
        "kind": item.kind,
        "day": starts[:10],
        "starts": starts[11:],
        "ends": ends[11:],
        "timezone": item.timezone or "",
        **{name: label.get(desk.lang, "") for name, label in texts.items()},
    }


def item_given(desk: Desk, mission: Mission, given: Given) -> ProgrammeItem:
    """Make an item of what was filled in; texts in other languages stay as they are.

    Raises:
        WrongItem: Says why, by field.
    """
    key = given.text("key")
    before = next((one for one in mission.programme if one.key == key), None)
    if before is None:
        key = free_key({one.key for one in mission.programme})
        before = ProgrammeItem(key=key, kind="visit", title={})
    errors: dict[str, str] = {}
    kind = given.text("kind")
    if kind not in PROGRAMME_KINDS:
        errors["kind"] = _said(desk, N_("Choose one of the list."))
    title = _text(desk, given, "title", before.title)
    if not title:
        errors["title"] = _said(desk, N_("Write in a few words what it is."))
    zone = given.text("timezone") or mission.timezone
    starts, ends = _times(desk, given, zone, errors)
    hosts = _hosts(desk, mission, given, errors)
    if errors:
        raise WrongItem(errors)
    return msgspec.structs.replace(
        before,
        kind=kind,
        title=title,
        starts=starts,
        ends=ends,
        timezone=zone if zone != mission.timezone else None,
        place=_text(desk, given, "place", before.place),
        hosts=hosts,
        note=_text(desk, given, "note", before.note),
        outcome=_text(desk, given, "outcome", before.outcome),
        proposed=False,
    )


def hosts_by_name(desk: Desk, mission: Mission) -> dict[str, str]:
    """Offer who could be visited: those of the country that is visited, by name."""
    country = mission.country
    if mission.direction == "incoming":
        country = country_of(desk.collective, mission.organiser) or ""
    found: dict[str, str] = {}
    for kind in (Municipality, Region, Organization, LivingLab):
        for held in desk.collective.of(kind):
            place = held.city if isinstance(held.record, LivingLab) else held.record.id
            if country_of(desk.collective, place) == country:
                found.setdefault(desk.title(held.record).text, held.record.id)
    return found


def refused_item(desk: Desk, error: HanzeError) -> dict[str, str]:
    """Say beside which field of the form a rule refused the item; empty where it is another."""
    field = error.field or ""
    if not field.startswith("programme"):
        return {}
    name = field.rpartition(".")[2]
    beside = {"starts": "day", "ends": "ends", "timezone": "timezone"}.get(name, "title")
    return {beside: desk.code("refusal", f"Mission.programme.{name}")}


def _times(
    desk: Desk, given: Given, zone: str, errors: dict[str, str]
) -> tuple[str | None, str | None]:
    """Read day and times; an end before the start is on the day after."""
    try:
        day = date.fromisoformat(given.text("day")) if given.text("day") else None
    except ValueError:
        errors["day"] = _said(desk, N_("Write the date as year-month-day, such as 2027-05-31."))
        return None, None
    first, last = (_clock(desk, given, name, errors) for name in ("starts", "ends"))
    if day is None:
        if first or last:
            errors["day"] = _said(desk, N_("Choose the day as well."))
        return None, None
    if first is None:
        if last is not None:
            errors["starts"] = _said(desk, N_("Write when it begins as well."))
        return day.isoformat(), None
    starts = f"{day}T{first:%H:%M}"
    _check(desk, starts, zone, "starts", errors)
    if last is None:
        return starts, None
    until = day if last >= first else day + timedelta(days=1)
    ends = f"{until}T{last:%H:%M}"
    _check(desk, ends, zone, "ends", errors)
    return starts, ends


def _clock(desk: Desk, given: Given, name: str, errors: dict[str, str]) -> time | None:
    text = given.text(name)
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        errors[name] = _said(desk, N_("Write the time as hours and minutes, such as 14:30."))
        return None


def _check(desk: Desk, local: str, zone: str, name: str, errors: dict[str, str]) -> None:
    """Refuse times that clocks skip, with the next that there is."""
    try:
        moment(local, zone)
    except WrongTime as error:
        if error.next_time is None:
            errors["timezone"] = _said(desk, N_("Choose one of the list."))
            return
        said = _said(
            desk, N_("The clock is set forward then. The next time that there is: %(time)s.")
        )
        errors[name] = said % {"time": error.next_time[11:]}


def _hosts(desk: Desk, mission: Mission, given: Given, errors: dict[str, str]) -> tuple[str, ...]:
    known = {host for one in mission.programme for host in one.hosts}
    kept = [host for host in given.several("hosts") if host in known]
    name = given.text("host")
    if name:
        host = hosts_by_name(desk, mission).get(name)
        if host is None:
            errors["host"] = _said(desk, N_("Nobody there has this name. Choose one of the list."))
        else:
            kept.append(host)
    return tuple(dict.fromkeys(kept))


def _text(desk: Desk, given: Given, name: str, before: Label) -> Label:
    most = _TITLE if name == "title" else _LONGEST
    return new_text(desk, before, given.text(name)[:most])


def _said(desk: Desk, text: str) -> str:
    return desk.visit.language.texts.gettext(text)
