"""The subsidies desk: which calls close when, and which projects fit which calls, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.conditions import Condition, State
from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Money
from hanze.collaboration.subsidies import (
    Assessment,
    CallStatus,
    Eligibility,
    assess_fund,
    call_status,
    calls_for,
    projects_for,
)
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link

__all__ = ["show"]

_TONES: Final = {
    Eligibility.ELIGIBLE: "good",
    Eligibility.UNKNOWN: "waiting",
    Eligibility.NOT: "bad",
    State.MET: "good",
    State.UNKNOWN: "waiting",
    State.UNMET: "bad",
    CallStatus.OPEN: "good",
    CallStatus.UPCOMING: "going",
    CallStatus.CLOSED: "bad",
    CallStatus.UNDATED: "waiting",
}
_ORDER: Final = (CallStatus.OPEN, CallStatus.UPCOMING, CallStatus.UNDATED, CallStatus.CLOSED)
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class _Condition:
    """A condition, in words."""

    label: str
    badge: Badge
    asked: str
    found: str
    short: str


@dataclass(frozen=True, slots=True)
class _Fit:
    """A project beside a call."""

    card: Card
    badge: Badge
    grant: str
    conditions: tuple[_Condition, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    """A call in the list."""

    card: Card
    badge: Badge
    days: int | None
    funder: Link | None
    terms: tuple[tuple[str, str], ...]


async def show(desk: Desk) -> Response:
    """List the calls; with a project or a call in the address, hold them beside each other."""
    project, call = desk.asked("project"), desk.asked("call")
    fits: list[_Fit] = []
    subject: Card | None = None
    fund: _Fit | None = None
    if project:
        held = desk.collective.get(project, Project)
        subject = desk.card(held)
        fits = [
            _fit(desk, one, one.call) for one in calls_for(desk.collective, project, desk.today)
        ]
        fund = _fit(desk, assess_fund(desk.collective, held), None)
    elif call:
        subject = desk.card(desk.collective.get(call, Subsidy))
        found = projects_for(desk.collective, call, desk.today)
        fits = [_fit(desk, one, one.project) for one in found[:_MOST]]
    api = "/api/v1/subsidies/deadlines"
    if project:
        api = f"/api/v1/subsidies/projects/{project}/calls"
    elif call:
        api = f"/api/v1/subsidies/calls/{call}/projects"
    return desk.page(
        "subsidies.html",
        menu="subsidies",
        project=project,
        call=call,
        subject=subject,
        fund=fund,
        fits=fits,
        groups=_grouped(fits),
        calls=_calls(desk),
        projects=_projects(desk),
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=Subsidy&language={desk.lang}"),
            ("JSON", api),
        ],
    )


def _grouped(fits: Sequence[_Fit]) -> list[tuple[str, list[_Fit]]]:
    names = dict.fromkeys(one.badge.label for one in fits)
    return [(name, [one for one in fits if one.badge.label == name]) for name in names]


def _projects(desk: Desk) -> list[tuple[str, str]]:
    named = [
        (held.record.id, f"{desk.title(held.record).text} ({desk.name(held.city)})")
        if held.city
        else (held.record.id, desk.title(held.record).text)
        for held in desk.collective.of(Project)
        if held.record.stage != "stopped"
    ]
    return sorted(named, key=lambda one: one[1].casefold())


def _calls(desk: Desk) -> list[_Call]:
    def rank(held: Held[Subsidy]) -> tuple[int, str, str]:
        status = call_status(held.record, desk.today)
        return _ORDER.index(status), str(held.record.closes or "9"), held.record.id

    return [_call(desk, held) for held in sorted(desk.collective.of(Subsidy), key=rank)]


def _call(desk: Desk, held: Held[Subsidy]) -> _Call:
    call = held.record
    status = call_status(call, desk.today)
    days = (call.closes - desk.today).days if call.closes and status is CallStatus.OPEN else None
    return _Call(
        card=desk.card(held),
        badge=Badge(desk.code("call status", status.value), _TONES[status]),
        days=days,
        funder=desk.link(call.funder) if call.funder else None,
        terms=tuple(_terms(desk, call)),
    )


def _terms(desk: Desk, call: Subsidy) -> list[tuple[str, str]]:
    """Write the conditions of a call as its record has them."""
    plain = (
        ("trl-minimum", call.trl_minimum),
        ("trl-maximum", call.trl_maximum),
        ("cities", call.cities_minimum),
        ("countries", call.countries_minimum),
        ("partners", call.partners_minimum),
    )
    found = [(_name(desk, name), desk.number(value)) for name, value in plain if value]
    if call.partner_kinds:
        kinds = ", ".join(desk.code("partnerKinds", one) for one in call.partner_kinds)
        found.append((_name(desk, "partner-kinds"), kinds))
    for name, places in (("country", call.countries), ("region", call.regions)):
        if places:
            found.append((_name(desk, name), ", ".join(desk.name(one) for one in places)))
    if call.co_financing:
        found.append((_name(desk, "co-financing"), desk.share(call.co_financing)))
    if call.most_per_project:
        found.append((desk.field("mostPerProject"), desk.money(call.most_per_project)))
    if call.new_standard:
        found.append((_name(desk, "new-standard"), desk.code("condition state", "asked")))
    return found


def _fit(desk: Desk, one: Assessment, shown: Held[Project] | Held[Subsidy] | None) -> _Fit:
    held = shown if shown is not None else one.project
    return _Fit(
        card=desk.card(held),
        badge=Badge(desk.code("eligibility", one.eligibility.value), _TONES[one.eligibility]),
        grant=desk.money(one.grant) if one.grant else "",
        conditions=tuple(
            _condition(desk, condition)
            for condition in (*one.to_do, *(c for c in one.conditions if c.state is State.MET))
        ),
    )


def _name(desk: Desk, name: str) -> str:
    return desk.code("condition", name)


def _condition(desk: Desk, one: Condition) -> _Condition:
    short = ""
    if one.short is not None and one.state is not State.MET:
        whole = one.short == one.short.to_integral_value()
        short = desk.number(int(one.short)) if whole else desk.number(float(one.short))
        if one.unit:
            short = desk.money(Money(one.short.quantize(Decimal(1)), one.unit))
    return _Condition(
        label=_name(desk, one.name),
        badge=Badge(desk.code("condition state", one.state.value), _TONES[one.state]),
        asked=_values(desk, one.name, one.asked),
        found=_values(desk, one.name, one.found),
        short=short,
    )


def _values(desk: Desk, name: str, values: Sequence[str]) -> str:
    """Write what a condition names: ids by their titles, codes in words, days and shares."""
    said = [_value(desk, name, value) for value in values[:6]]
    return ", ".join(one for one in said if one) + (" …" if len(values) > len(said) else "")


def _value(desk: Desk, name: str, value: str) -> str:
    if value.startswith("urn:"):
        return desk.name(value)
    codes = {"partner-kinds": "partnerKinds", "sectors": "sector"}
    if name in codes and not value.isdecimal():
        return desk.code(codes[name], value)
    if name == "in-time":
        return desk.day(value)
    if name == "co-financing":
        return desk.share(float(value))
    return "" if value == "true" else value
