"""A whole programme: these cities (or demands), each with at most so many partners."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.agreeing import match_record, save_match
from hanze.collaboration.collective import Held
from hanze.collaboration.matching.criteria import KINDS, weights_for
from hanze.collaboration.matching.parties import ImpossibleProgramme
from hanze.collaboration.matching.programme import Fairness
from hanze.collaboration.matching.solver import SolverMissing
from hanze.collaboration.matchmaking import SIDES, takes_part
from hanze.collaboration.profiles import country_of
from hanze.collaboration.programmes import Plan, ProgrammeTooLarge, Wishes, plan_programme
from hanze.collaboration.records.record import Record
from hanze.errors import HanzeError, InvalidInput
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.matching import PartRow, part_rows
from hanze.web.portal.forms import Given

__all__ = ["keep", "show"]

#: Kinds of match that are planned as a programme.
_KINDS: Final = ("city-city", "demand-solution", "demand-demand", "company-city")
_METHODS: Final = ("everybody", "total", "worst-off", "stable")
_FAIRNESS: Final = {
    "everybody": Fairness.EVERYBODY,
    "total": Fairness.NONE,
    "worst-off": Fairness.WORST_OFF,
}
_MOST_CAPACITY: Final = 20
#: Parties that a form offers for a side.
_OFFERED: Final = 400
_TIME_LIMIT_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class _Choice:
    """A party that may take part."""

    id: str
    label: str
    country: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    """A pair of the plan."""

    one: Link
    other: Link
    score: float
    parts: tuple[PartRow, ...]
    reasons: tuple[str, ...]
    pair: str
    fixed: bool


@dataclass(frozen=True, slots=True)
class _Form:
    """What the address asks for."""

    kind: str
    ones: tuple[str, ...]
    others: tuple[str, ...]
    capacity: int
    method: str
    vetoes: tuple[str, ...]
    fixed: tuple[str, ...]


async def show(desk: Desk) -> Response:
    """Show the form, and the plan where enough was chosen; `format=csv` is the plan as a file."""
    form = _form(desk)
    plan: Plan | None = None
    problem: HanzeError | None = None
    if form.ones and (form.others or len(form.ones) > 1):
        try:
            plan = await _plan(desk, form)
        except (InvalidInput, ImpossibleProgramme, ProgrammeTooLarge, SolverMissing) as error:
            problem = error
    if plan is not None and desk.asked("format") == "csv":
        return _csv(desk, plan)
    one, other = SIDES[form.kind]
    query = desk.visit.request.url.query
    return desk.page(
        "programme.html",
        menu="programme",
        status=400 if problem else 200,
        form=form,
        kinds=_KINDS,
        methods=_METHODS,
        most=_MOST_CAPACITY,
        one_name=desk.kinds(one.__name__),
        other_name=desk.kinds(other.__name__),
        ones=_choices(desk, form.kind, 0, form.ones),
        others=_choices(desk, form.kind, 1, form.others),
        plan=plan,
        pairs=_pairs(desk, plan, form) if plan else (),
        unmatched=[
            (desk.link(name), desk.code("unmatched", reason))
            for name, reason in (plan.unmatched.items() if plan else ())
        ],
        problem=problem,
        download=desk.at("/programme") + f"?{query}&format=csv",
    )


async def keep(desk: Desk, given: Given) -> Response:
    """Keep every pair of the form as a match of a programme."""
    name = given.text("name")[:200]
    kind = given.text("kind")
    if not name:
        raise InvalidInput("A programme needs a name", field="name")
    node = desk.visit.site.node
    weights = weights_for(kind)
    for pair in given.several("pair"):
        one, _, other = pair.partition("|")
        scored = await node.matchmaker.score(kind, one, other, weights, now=desk.visit.now)
        match = match_record(
            desk.collective,
            kind,
            scored,
            node.matchmaker.reasons(scored),
            programme=name,
            today=date.fromisoformat(desk.visit.now[:10]),
        )
        caller = desk.writer(desk.tenant_of(match.source_city))
        await save_match(node.store, caller, match, now=desk.visit.now)
    return RedirectResponse(desk.at("/matches", programme=name), 303)


async def _plan(desk: Desk, form: _Form) -> Plan:
    wishes = Wishes(
        kind=form.kind,
        ones=form.ones,
        others=form.others,
        capacity=form.capacity,
        vetoes=_pairs_of(form.vetoes),
        fixed=_pairs_of(form.fixed),
        fairness=_FAIRNESS.get(form.method, Fairness.EVERYBODY),
        stable=form.method == "stable",
        time_limit_s=_TIME_LIMIT_S,
    )
    matchmaker = desk.visit.site.node.matchmaker
    return await plan_programme(matchmaker, wishes, weights_for(form.kind), now=desk.visit.now)


def _form(desk: Desk) -> _Form:
    parameters = desk.visit.request.query_params
    kind = desk.asked("kind")
    kind = kind if kind in _KINDS and kind in KINDS else _KINDS[0]
    capacity = desk.asked("capacity")
    method = desk.asked("method")
    ones = tuple(dict.fromkeys(parameters.getlist("one")))
    # Who stands on one side cannot stand on the other as well.
    others = tuple(dict.fromkeys(n for n in parameters.getlist("other") if n not in ones))
    return _Form(
        kind=kind,
        ones=ones,
        others=others,
        capacity=min(max(int(capacity), 1), _MOST_CAPACITY)
        if capacity.isdecimal() and len(capacity) < 4
        else 2,
        method=method if method in _METHODS else _METHODS[0],
        vetoes=tuple(parameters.getlist("veto")),
        fixed=tuple(parameters.getlist("fix")),
    )


def _pairs_of(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Read pairs as the form writes them: "one|other"."""
    split = (text.partition("|") for text in texts)
    return tuple((one, other) for one, _, other in split if one and other)


def _choices(desk: Desk, kind: str, side: int, chosen: tuple[str, ...]) -> list[_Choice]:
    """List who may take part: those chosen, then those with records of their own, by name."""
    several: list[Held[Record]] = [
        held for held in desk.collective.of(SIDES[kind][side]) if takes_part(kind, held)
    ]
    found = [
        (
            held.record.id not in chosen,
            not desk.collective.referring(held.record.id),
            _choice(desk, held, held.record.id in chosen),
        )
        for held in several
    ]
    found.sort(key=lambda one: (one[0], one[1], one[2].country, one[2].label.casefold()))
    return [choice for _, _, choice in found[:_OFFERED]]


def _choice(desk: Desk, held: Held[Record], chosen: bool) -> _Choice:
    country = country_of(desk.collective, held.city)
    return _Choice(
        held.record.id,
        desk.title(held.record).text,
        desk.name(country) if country else "",
        chosen,
    )


def _pairs(desk: Desk, plan: Plan, form: _Form) -> tuple[_Pair, ...]:
    fixed = {frozenset(pair) for pair in _pairs_of(form.fixed)}
    return tuple(
        _Pair(
            one=desk.link(scored.one),
            other=desk.link(scored.other),
            score=scored.score,
            parts=part_rows(desk, scored),
            reasons=tuple(desk.visit.site.node.matchmaker.reasons(scored)[desk.lang].splitlines()),
            pair=f"{scored.one}|{scored.other}",
            fixed=frozenset((scored.one, scored.other)) in fixed,
        )
        for scored in plan.matches
    )


def _csv(desk: Desk, plan: Plan) -> Response:
    matchmaker = desk.visit.site.node.matchmaker
    columns = ("one", "one_title", "other", "other_title", "score", "reasons")
    rows = (
        (
            *(scored.one, desk.name(scored.one), scored.other, desk.name(scored.other)),
            f"{scored.score:.4f}",
            matchmaker.reasons(scored)[desk.lang].replace("\n", " "),
        )
        for scored in plan.matches
    )
    return csv_file("programme", columns, rows)
