"""One bundle of demands: who takes part, who leads, and its tender."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.bundles import choose_lead, decide, move_tender, start_tender
from hanze.collaboration.collective import Held
from hanze.collaboration.lead_choice import lead_candidates
from hanze.collaboration.records.needs import (
    PROCUREMENT_METHODS,
    TENDER_STATUSES,
    Demand,
    DemandBundle,
    Membership,
    Tender,
)
from hanze.collaboration.records.record import Quantity
from hanze.collaboration.rules.demands import COMMITTED
from hanze.errors import Denied, HanzeError, InvalidInput
from hanze.web.portal.collective.bundles import candidates_of
from hanze.web.portal.collective.choosing import api_address, named, path_of
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.refusals import REFUSALS, Filled, refusal
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_CATEGORIES: Final = ("goods", "works", "services")
_LONGEST: Final = 2_000
_MOST_VOLUME: Final = 1e12


@dataclass(frozen=True, slots=True)
class _Member:
    """A city's latest decision."""

    city: Link
    decision: str
    label: str
    on: str
    volume: str
    note: str
    leads: bool


async def show(desk: Desk) -> Response:
    """Show a bundle."""
    return _page(desk, _held(desk), {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Do what one of the page's forms asks for."""
    held = _held(desk)
    name = given.text("action")
    action = _ACTIONS.get(name)
    if action is None:
        return _page(desk, held, {}, {"": desk.code("refusal", "action")})
    try:
        await action(desk, held, given)
    except REFUSALS as error:
        filled = {key: given.text(key)[:_LONGEST] for key in given.values}
        return _page(desk, held, filled, _errors(desk, held.record, error, name))
    done = urlencode({"done": name})
    return RedirectResponse(desk.at(path_of("bundle", held.record.id)) + f"?{done}", 303)


def _held(desk: Desk) -> Held[DemandBundle]:
    return desk.collective.get(desk.visit.request.path_params["id"], DemandBundle)


def _decides(decision: str, field: str) -> "_Action":
    """Make the action by which the city of a field decides."""

    async def act(desk: Desk, held: Held[DemandBundle], given: Given) -> None:
        membership = Membership(
            city=given.text(field),
            decision=decision,
            on=desk.today,
            volume=_volume(given) if decision == "joined" else None,
            note=given.text("note")[:_LONGEST],
        )
        await decide(
            desk.visit.site.node.store,
            desk.writer(),
            desk.collective,
            held.record.id,
            membership,
            now=desk.visit.now,
        )

    return act


def _volume(given: Given) -> Quantity | None:
    text, unit = given.text("volume"), given.text("unit")[:40]
    if not text or not unit:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= _MOST_VOLUME:
        raise InvalidInput("A volume must be a number from 0", field="volume", value=text)
    return Quantity(value, unit)


async def _lead(desk: Desk, held: Held[DemandBundle], given: Given) -> None:
    await choose_lead(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        given.text("lead"),
        now=desk.visit.now,
    )


async def _start(desk: Desk, held: Held[DemandBundle], given: Given) -> None:
    method, category = given.text("method"), given.text("category")
    starts, ends = given.day("starts"), given.day("ends")
    tender = Tender(
        ocid=given.text("ocid")[:_LONGEST] or None,
        procurement_method=method if method in PROCUREMENT_METHODS else None,
        main_procurement_category=category if category in _CATEGORIES else None,
        starts=starts,
        ends=ends,
        url=given.text("url")[:_LONGEST] or None,
    )
    await start_tender(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        tender,
        now=desk.visit.now,
    )


async def _move(desk: Desk, held: Held[DemandBundle], given: Given) -> None:
    await move_tender(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        given.text("tender_status"),
        now=desk.visit.now,
    )


_Action = Callable[[Desk, Held[DemandBundle], Given], Awaitable[None]]
_ACTIONS: Final[Mapping[str, _Action]] = {
    "join": _decides("joined", "city"),
    "decline": _decides("declined", "city"),
    "leave": _decides("left", "city"),
    "invite": _decides("invited", "guest"),
    "lead": _lead,
    "tender": _start,
    "move": _move,
}
#: Action → the field beside which a refusal stands.
_BESIDE: Final = {
    **dict.fromkeys(("join", "decline", "leave"), "city"),
    "invite": "guest",
    "lead": "lead",
    "tender": "tender",
    "move": "tender_status",
}


def _errors(desk: Desk, bundle: DemandBundle, error: HanzeError, action: str) -> dict[str, str]:
    """Say why, beside the field of the form that was sent."""
    field = error.field or ""
    if field in ("volume", "starts", "ends") and isinstance(error, InvalidInput):
        return {field: desk.code("refusal", "number" if field == "volume" else "day")}
    beside = _BESIDE[action]
    fixed = bundle.status in COMMITTED and action not in ("tender", "move")
    if fixed and not isinstance(error, Denied):
        return {beside: desk.code("refusal", "DemandBundle.fixed")}
    if action in ("tender", "move") and field in ("members", "lead"):
        return {beside: desk.code("refusal", f"DemandBundle.tender {field}")}
    return {beside: next(iter(refusal(desk, error, "DemandBundle", {}).values()))}


def _page(
    desk: Desk, held: Held[DemandBundle], filled: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    one = held.record
    demands = [desk.collective.get(id_, Demand) for id_ in one.demands if _is_demand(desk, id_)]
    done = desk.asked("done")
    cities = dict.fromkeys(
        (
            *(membership.city for membership in one.memberships),
            *(demand.city for demand in demands if demand.city),
        )
    )
    unit = one.volume.unit if one.volume else next((d.unit for d in _volumes(demands)), "")
    return desk.page(
        "bundle.html",
        menu="bundles",
        status=422 if errors else 200,
        card=desk.card(held),
        one=one,
        reasons=desk.text(one.reasons),
        members=_members(desk, one),
        demands=[_demand(desk, demand) for demand in demands],
        lead=desk.link(one.lead) if one.lead else None,
        leads=candidates_of(desk, lead_candidates(desk.collective, demands)),
        standards=[desk.link(id_) for id_ in one.standards],
        tender=one.tender,
        committed=one.status in COMMITTED,
        own=[(city, desk.name(city)) for city in cities],
        guests=[(link.id, link.label.text) for link in desk.cities if link.id not in cities],
        may_lead=named(desk.link(city) for city in one.members),
        unit=unit,
        unit_name=desk.quantity(Quantity(0, unit)).partition(" ")[2] if unit else "",
        methods=desk.options("procurementMethod", PROCUREMENT_METHODS),
        categories=desk.options("mainProcurementCategory", _CATEGORIES),
        tender_statuses=desk.options("tenderStatus", TENDER_STATUSES),
        checklist=desk.at(path_of("bundle", one.id, "/checklist")),
        done=done if done in _ACTIONS else "",
        filled=Filled(filled),
        errors=Filled(errors),
        download=api_address(path_of("bundles", one.id)[1:]),
    )


def _is_demand(desk: Desk, record_id: str) -> bool:
    held = desk.collective.find(record_id)
    return held is not None and isinstance(held.record, Demand)


def _volumes(demands: list[Held[Demand]]) -> list[Quantity]:
    return [demand.record.volume for demand in demands if demand.record.volume is not None]


def _members(desk: Desk, one: DemandBundle) -> list[_Member]:
    return [
        _Member(
            desk.link(membership.city),
            membership.decision,
            desk.code("decision", membership.decision),
            desk.day(membership.on),
            desk.quantity(membership.volume) if membership.volume else "",
            membership.note,
            membership.city == one.lead,
        )
        for membership in one.memberships
    ]


def _demand(desk: Desk, held: Held[Demand]) -> tuple[Card, str, str]:
    one = held.record
    return (
        desk.card(held),
        desk.quantity(one.volume) if one.volume else "",
        desk.money(one.budget) if one.budget else "",
    )
