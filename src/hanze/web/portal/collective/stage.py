"""One project's way through the funnel, and moving it to another stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.funnel import move_project
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.projects import STAGES, BusinessCase, Project
from hanze.collaboration.records.record import Money
from hanze.collaboration.rules.projects import Move, move_of, scaling_gaps
from hanze.collaboration.standing import standing
from hanze.errors import HanzeError, InvalidInput
from hanze.web.portal.collective.choosing import CURRENCIES, api_address, currency_of, named
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.refusals import REFUSALS, Filled, amount_of, refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_FIELDS: Final = ("stage", "reason", "costs", "benefits", "currency", "value", "lead")
_GAPS: Final = {"money": "costs", "value": "value", "lead": "lead"}
_LONGEST: Final = 4_000


@dataclass(frozen=True, slots=True)
class _Change:
    """A step of its history."""

    origin: str
    stage: str
    move: str
    on: str
    reason: Said


async def show(desk: Desk) -> Response:
    """Show how a project came to its stage, and the form that moves it."""
    held = desk.collective.get(desk.asked("project"), Project)
    stage = desk.asked("to")
    wanted = {"stage": stage if stage in STAGES else ""}
    return _page(desk, held, wanted, {})


async def take(desk: Desk, given: Given) -> Response:
    """Move a project; what is refused is told beside its field."""
    held = desk.collective.get(given.text("project"), Project)
    filled = {name: given.text(name)[:_LONGEST] for name in _FIELDS}
    stage = filled["stage"]
    if stage not in STAGES:
        return _page(desk, held, filled, {"stage": desk.code("refusal", "Project.stage")})
    try:
        case = _case(desk, held.record.business_case, filled)
    except InvalidInput:
        field = "benefits" if _is_bad(filled["benefits"]) else "costs"
        return _page(desk, held, filled, {field: desk.code("refusal", "amount")})
    try:
        await move_project(
            desk.visit.site.node.store,
            desk.writer(held.tenant),
            held.record.id,
            stage,
            reason={desk.lang: filled["reason"]} if filled["reason"] else {},
            business_case=case,
            lead=filled["lead"] or None,
            now=desk.visit.now,
        )
    except REFUSALS as error:
        return _page(desk, held, filled, _errors(desk, error, held.record, case, filled))
    return RedirectResponse(desk.at("/stage", project=held.record.id, moved=stage), 303)


def _errors(
    desk: Desk,
    error: HanzeError,
    project: Project,
    case: BusinessCase | None,
    filled: Mapping[str, str],
) -> dict[str, str]:
    """Say what is missing: of scaling up all of it at once."""
    stage = filled["stage"]
    if error.field == "stageReason" and stage != project.stage:
        return {"reason": desk.code("refusal", f"move {move_of(project.stage, stage).value}")}
    if error.field in ("businessCase", "lead") and stage == "scaled":
        after = replace(
            project,
            business_case=case or project.business_case,
            lead=filled["lead"] or project.lead,
        )
        return {_GAPS[gap]: desk.code("refusal", f"gap {gap}") for gap in scaling_gaps(after)}
    return refusal(desk, error, "Project", {"stage": "stage", "lead": "lead"})


def _case(
    desk: Desk, before: BusinessCase | None, filled: Mapping[str, str]
) -> BusinessCase | None:
    """Make the business case that the form adds to; `None` where it adds nothing.

    Raises:
        InvalidInput: An amount is none.
    """
    amounts: dict[str, Money] = {}
    for name in ("costs", "benefits"):
        money = amount_of(filled[name], _currency(filled))
        if money is not None:
            amounts[name] = money
    case = before or BusinessCase()
    if filled["value"]:
        case = replace(case, value={**case.value, desk.lang: filled["value"]})
    case = replace(case, **amounts)
    return None if case == (before or BusinessCase()) else case


def _currency(filled: Mapping[str, str]) -> str:
    given = filled["currency"]
    return given if given in CURRENCIES else CURRENCIES[0]


def _is_bad(text: str) -> bool:
    try:
        amount_of(text, CURRENCIES[0])
    except InvalidInput:
        return True
    return False


def _page(
    desk: Desk, held: Held[Project], filled: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    project = held.record
    one = standing(desk.collective, project.id, today=desk.today)
    stages = [stage for stage in STAGES if stage != project.stage]
    moves = {stage: move_of(project.stage, stage) for stage in stages}
    return desk.page(
        "stage.html",
        menu="funnel",
        status=422 if errors else 200,
        card=desk.card(held),
        standing=one,
        decision=desk.text(one.next_decision.text),
        reasons=[desk.code("stuckReasons", code) for code in project.stuck_reasons],
        missing=[desk.code("missing", code) for code in one.missing],
        gaps=one.scaling_gaps,
        stages=[
            (stage, f"{desk.code('stage', stage)} ({desk.code('move', moves[stage].value)})")
            for stage in stages
        ],
        forward=next((stage for stage in stages if moves[stage] is Move.FORWARD), ""),
        history=_history(desk, project),
        moved=desk.asked("moved") == project.stage,
        currencies=[(code, code) for code in CURRENCIES],
        leads=_leads(desk, project) if desk.may_write else [],
        filled=Filled({"currency": _own_currency(desk, held)} | dict(filled)),
        errors=Filled(errors),
        download=api_address(f"projects/{project.id}/standing"),
    )


def _own_currency(desk: Desk, held: Held[Project]) -> str:
    """Propose the currency in which the project has its budget, else that of its country."""
    budget = held.record.budget
    if budget is not None and budget.currency in CURRENCIES:
        return budget.currency
    return currency_of(desk, held.city)


def _history(desk: Desk, project: Project) -> list[_Change]:
    """List its changes of stage, the latest first."""
    return [
        _Change(
            desk.code("stage", one.origin),
            desk.code("stage", one.stage),
            desk.code("move", move_of(one.origin, one.stage).value),
            desk.day(one.on),
            desk.text(one.reason),
        )
        for one in reversed(project.stage_history)
        if one.origin != one.stage
    ]


def _leads(desk: Desk, project: Project) -> list[tuple[str, str]]:
    """Offer who could lead: those who take part, then all cities and organisations."""
    involved = (*project.partners, *project.followers, *project.co_investors)
    own = [project.source_city] if project.source_city else []
    first = [desk.link(one) for one in dict.fromkeys((*own, *involved))]
    organisations = (desk.link(held.record.id) for held in desk.collective.of(Organization))
    rest = [*named(desk.cities), *named(organisations)]
    options = [(link.id, link.label.text) for link in first if link.href]
    known = {code for code, _ in options}
    return options + [option for option in rest if option[0] not in known]
