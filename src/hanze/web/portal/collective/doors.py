"""Front doors of those who work for a city: a mayor begins with decisions, an officer with records."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.demand_calendar import EVENT_TEXTS, CalendarEvent, calendar_events
from hanze.collaboration.matching.criteria import weights_for
from hanze.collaboration.matching.rank import Option
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import BestPractice, Solution
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import STAGES, Project
from hanze.collaboration.standing import Standing, standings
from hanze.web.portal.collective.describing import described
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.wording import Said

__all__ = ["city_of", "mayor", "officer"]

#: Stages in which something is known to work.
_PROVEN: Final = frozenset({"evaluated", "replicated", "scaled"})
_STUCK, _DECISIONS, _ELSEWHERE = 5, 5, 3
_NEWEST, _DEMANDS, _AHEAD = 6, 4, 12
_FOUND = 40
_QUESTION: Final = 400
_HALF_YEAR: Final = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A project that is stuck, and who got further with the same."""

    card: Card
    reasons: tuple[str, ...]
    days: int | None
    elsewhere: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A project, and what is to be decided about it."""

    link: Link
    question: Said
    badge: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """A challenge of another city that is like one of ours."""

    card: Card
    ours: Link
    score: float
    reasons: tuple[str, ...]


async def mayor(desk: Desk) -> Response:
    """What runs in a city, what is stuck and why, who solved it, and what to decide."""
    city = city_of(desk)
    if city is None:
        return desk.page("door.html", menu="mayor", door="mayor", city=None)
    found = standings(desk.collective, city=city.id, today=desk.today)
    running = [one for one in found if one.project.record.stage != "stopped"]
    stuck = [one for one in running if one.stuck is not None]
    counts = dict.fromkeys(STAGES, 0)
    for one in found:
        counts[one.project.record.stage] += 1
    return desk.page(
        "mayor.html",
        menu="mayor",
        door="mayor",
        city=city,
        total=len(found),
        stages=[
            (
                desk.code("stage", stage),
                count,
                desk.at("/overview", type="Project", city=city.id, stage=stage),
            )
            for stage, count in counts.items()
        ],
        troubles=[_trouble(desk, one) for one in stuck[:_STUCK]],
        stuck=len(stuck),
        decisions=[_decision(desk, one) for one in running if one.stuck is None][:_DECISIONS],
        demands=desk.cards(_open_demands(desk, city.id)[:_DEMANDS]),
    )


async def officer(desk: Desk) -> Response:
    """What a city shares, who needs the same, and which days are ahead."""
    city = city_of(desk)
    if city is None:
        return desk.page("door.html", menu="officer", door="officer", city=None)
    own = [
        held
        for held in desk.collective.every()
        if held.city == city.id and not isinstance(held.record, Municipality)
    ]
    own.sort(key=lambda held: (held.modified_at, held.record.id), reverse=True)
    ahead = await asyncio.to_thread(
        calendar_events, desk.collective, starts=desk.today, ends=desk.today + _HALF_YEAR
    )
    return desk.page(
        "officer.html",
        menu="officer",
        door="officer",
        city=city,
        total=len(own),
        newest=desk.cards(own[:_NEWEST]),
        alike=await _alike(desk, _open_demands(desk, city.id)),
        ahead=[_event(desk, one) for one in _still_ahead(desk, ahead)[:_AHEAD]],
    )


def city_of(desk: Desk) -> Link | None:
    """The city of the address, by its id or its name."""
    asked = desk.asked("city")
    held = desk.collective.find(asked)
    if held is not None:
        return desk.link(asked)
    wanted = asked.casefold()
    return next(
        (one for one in desk.cities if wanted and one.label.text.casefold() == wanted), None
    )


def _open_demands(desk: Desk, city: str) -> list[Held[Demand]]:
    found = [
        held
        for held in desk.collective.of(Demand)
        if held.city == city and held.record.status in ("open", "bundled", "tendering")
    ]
    return sorted(found, key=lambda held: (held.date, held.record.id), reverse=True)


def _trouble(desk: Desk, standing: Standing) -> Trouble:
    stuck = standing.stuck
    reasons = stuck.reasons if stuck is not None else ()
    return Trouble(
        card=desk.card(standing.project),
        reasons=tuple(desk.code("stuckReasons", reason) for reason in reasons),
        days=stuck.days if stuck is not None else None,
        elsewhere=tuple(_elsewhere(desk, standing.project)),
    )


def _elsewhere(desk: Desk, project: Held[Project]) -> list[Card]:
    """Find who got further with the same, in whatever language they wrote about it."""
    said = desk.title(project.record).text + ". " + desk.text(project.record.description).text
    kinds = (Project, Solution, BestPractice)
    hits = described(desk, said[:_QUESTION], kinds, limit=_FOUND)
    found = []
    for hit in hits:
        record = hit.held.record
        proven = not isinstance(record, Project) or record.stage in _PROVEN
        if proven and hit.held.city != project.city:
            found.append(desk.card(hit.held, hit.matches))
    return found[:_ELSEWHERE]


def _decision(desk: Desk, standing: Standing) -> Decision:
    record = standing.project.record
    return Decision(
        link=desk.link(record.id),
        question=desk.text(standing.next_decision.text),
        badge=desk.code("stage", record.stage),
        missing=tuple(desk.code("missing", code) for code in standing.missing),
    )


async def _alike(desk: Desk, ours: Sequence[Held[Demand]]) -> list[Alike]:
    """Match our challenges with those of other cities."""
    matchmaker = desk.visit.site.node.matchmaker
    kind = "demand-demand"
    option = Option(weights=weights_for(kind), top=3)
    found: dict[str, Alike] = {}
    for held in ours[:_DEMANDS]:
        ranking = await matchmaker.ranking(kind, held.record.id, option, now=desk.visit.now)
        for scored in ranking.matches:
            other = scored.other if scored.one == held.record.id else scored.one
            theirs = desk.collective.find(other)
            known = found.get(other)
            if theirs is None or theirs.city == held.city:
                continue
            if known is None or known.score < scored.score:
                reasons = matchmaker.reasons(scored).get(desk.lang, "")
                found[other] = Alike(
                    desk.card(theirs),
                    desk.link(held.record.id),
                    scored.score,
                    tuple(reasons.split("\n"))[:2],
                )
    return sorted(found.values(), key=lambda one: -one.score)[:_DEMANDS]


def _still_ahead(desk: Desk, events: Sequence[CalendarEvent]) -> list[CalendarEvent]:
    """What ends from now on, the first day that counts first."""
    ahead = [one for one in events if (one.ends or one.starts) >= desk.today]
    return sorted(ahead, key=lambda one: (one.ends or one.starts, one.uid))


def _event(desk: Desk, event: CalendarEvent) -> tuple[str, Said, Link, Link | None]:
    day = event.ends or event.starts
    city = desk.link(event.record.city) if event.record.city else None
    return (
        day.isoformat(),
        desk.text(EVENT_TEXTS[event.kind]),
        desk.link(event.record.record.id),
        city,
    )
