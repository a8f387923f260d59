"""The funnel: how many projects stand in which stage, what they lack, and what to decide next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import Response

from hanze.collaboration.funnel import Funnel, StoppedExperiment, funnel, stopped_experiments
from hanze.collaboration.records.projects import STAGES, STUCK_REASONS
from hanze.collaboration.standing import MISSING, Standing, standings
from hanze.web.portal.collective.choosing import api_address, choice_of, countries
from hanze.web.portal.collective.desk import Card, Desk
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.paging import PAGE_SIZE, page_asked, pages_to
from hanze.web.portal.collective.wording import Said

__all__ = ["show"]

#: Rows of a table by city; the file has all.
_ROWS: Final = 40
_COLUMNS: Final = (
    *("id", "title", "stage", "city", "city_name", "date", "missing", "stuck_reasons"),
    *("stuck_since", "stuck_days", "next_decision", "provenance"),
)


@dataclass(frozen=True, slots=True)
class _Bar:
    """A stage in the chart that is also a table.

    Attributes:
        share: Of the largest stage, 0 to 1.
        part: Of all projects, 0 to 1.
    """

    code: str
    label: str
    count: int
    share: float
    part: float
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class _Count:
    """A reason or lack, how many projects have it, and the list of these."""

    label: str
    count: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A project: why it is stuck, what it lacks, what to decide."""

    card: Card
    reasons: tuple[str, ...]
    since: date | None
    days: int | None
    missing: tuple[str, ...]
    decision: Said
    stage: str


@dataclass(frozen=True, slots=True)
class _Stopped:
    """A project that stopped."""

    card: Card
    reason: Said
    failures: tuple[Said, ...]


async def show(desk: Desk) -> Response:
    """Show the funnel of the address; `format=csv` is its list of projects as a file."""
    choice = choice_of(desk)
    filters = choice.filters()
    counts = funnel(desk.collective, **filters)
    wanted = _wanted(desk)
    every = standings(desk.collective, today=desk.today, **filters)
    found = [one for one in every if _is_wanted(one, wanted)]
    if desk.asked("format") == "csv":
        return csv_file("funnel", _COLUMNS, _cells(desk, found))
    given = choice.parameters() | wanted
    page = page_asked(desk.asked("page"))
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    stopped = stopped_experiments(desk.collective, **filters)
    return desk.page(
        "funnel.html",
        menu="funnel",
        choice=choice,
        countries=countries(desk),
        counts=counts,
        bars=_bars(desk, counts, given),
        stuck=_counts(desk, _with_all(every, counts), "stuckReasons", "stuck", given),
        missing=_counts(desk, counts.missing, "missing", "lacks", given),
        moves=[
            (desk.code("stage", one.origin), desk.code("stage", one.stage), one.move.value, one)
            for one in counts.transitions
        ],
        tables=_tables(desk, counts),
        stages=desk.options("stage", STAGES),
        wanted=wanted,
        chosen=_chosen(desk, wanted, given),
        rows=[_row(desk, one) for one in shown],
        total=len(found),
        here=page,
        pages=pages_to(len(found), page, lambda p: desk.at("/funnel", **given | {"page": p})),
        stopped=[_stopped(desk, one) for one in stopped],
        downloads=[
            ("CSV", desk.at("/funnel", **given, format="csv")),
            ("JSON", api_address("funnel/standings", **choice.parameters())),
            (desk.code("file", "counts"), api_address("funnel", **choice.parameters())),
            (desk.code("file", "stopped"), api_address("funnel/stopped", **choice.parameters())),
        ],
    )


def _wanted(desk: Desk) -> dict[str, str]:
    """Read what the list is narrowed by beside the choice."""
    known = {"stage": STAGES, "stuck": (*STUCK_REASONS, "any"), "lacks": MISSING}
    return {
        name: value if (value := desk.asked(name)) in codes else "" for name, codes in known.items()
    }


def _is_wanted(one: Standing, wanted: Mapping[str, str]) -> bool:
    stage, stuck, lacks = wanted["stage"], wanted["stuck"], wanted["lacks"]
    reasons = one.stuck.reasons if one.stuck is not None else ()
    if stage and one.project.record.stage != stage:
        return False
    if stuck and not (reasons if stuck == "any" else stuck in reasons):
        return False
    return not lacks or (lacks in one.missing and one.project.record.stage != "stopped")


def _bars(desk: Desk, counts: Funnel, given: Mapping[str, str]) -> list[_Bar]:
    most = max(counts.stages.values(), default=0) or 1
    return [
        _Bar(
            code,
            desk.code("stage", code),
            count,
            count / most,
            count / (counts.total or 1),
            desk.at("/funnel", **{**given, "stage": code}) + "#projects",
            given["stage"] == code,
        )
        for code, count in counts.stages.items()
    ]


def _with_all(every: Sequence[Standing], counts: Funnel) -> dict[str, int]:
    """Put all that are stuck before the reasons: a project may have several."""
    return {"any": sum(one.stuck is not None for one in every), **counts.stuck}


def _counts(
    desk: Desk, counts: Mapping[str, int], term: str, name: str, given: Mapping[str, str]
) -> list[_Count]:
    """What is most frequent comes first."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return [
        _Count(
            desk.code(term, code),
            count,
            desk.at("/funnel", **{**given, name: code}) + "#projects",
            given[name] == code,
        )
        for code, count in ordered
        if count
    ]


def _chosen(
    desk: Desk, wanted: Mapping[str, str], given: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Name what the list is narrowed by, each with the address without it."""
    terms = {"stage": "stage", "stuck": "stuckReasons", "lacks": "missing"}
    return [
        (desk.code(terms[name], value), desk.at("/funnel", **{**given, name: ""}) + "#projects")
        for name, value in wanted.items()
        if value
    ]


def _tables(
    desk: Desk, counts: Funnel
) -> list[tuple[str, list[tuple[str, str, tuple[int, ...], int]]]]:
    """By theme, city and country: name, address of their own funnel, counts by stage, and sum."""
    tables = []
    for name, by in (
        ("theme", counts.by_theme),
        ("city", counts.by_city),
        ("country", counts.by_country),
    ):
        rows = [
            (
                desk.name(key),
                desk.at("/funnel", **{name: key}),
                tuple(stages.values()),
                sum(stages.values()),
            )
            for key, stages in by.items()
        ]
        rows.sort(key=lambda row: (-row[3], row[0].casefold()))
        tables.append((name, rows[:_ROWS]))
    return tables


def _row(desk: Desk, one: Standing) -> _Row:
    stuck = one.stuck
    return _Row(
        card=desk.card(one.project),
        reasons=tuple(desk.code("stuckReasons", code) for code in stuck.reasons) if stuck else (),
        since=stuck.since if stuck else None,
        days=stuck.days if stuck else None,
        missing=tuple(desk.code("missing", code) for code in one.missing),
        decision=desk.text(one.next_decision.text),
        stage=desk.code("stage", one.next_decision.stage) if one.next_decision.stage else "",
    )


def _stopped(desk: Desk, one: StoppedExperiment) -> _Stopped:
    return _Stopped(
        card=desk.card(one.project),
        reason=desk.text(one.reason),
        failures=tuple(desk.text(lesson.text) for lesson in one.failures),
    )


def _cells(desk: Desk, found: Sequence[Standing]) -> Iterator[tuple[str | int | None, ...]]:
    for one in found:
        record, stuck = one.project.record, one.stuck
        city = one.project.city
        yield (
            record.id,
            desk.title(record).text,
            record.stage,
            city,
            desk.name(city) if city else None,
            one.project.date,
            " ".join(one.missing),
            " ".join(stuck.reasons) if stuck else None,
            stuck.since.isoformat() if stuck and stuck.since else None,
            stuck.days if stuck else None,
            desk.text(one.next_decision.text).text,
            record.provenance,
        )
