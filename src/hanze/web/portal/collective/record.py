"""The page of one record: all that it says, who names it, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import orjson
from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.matchmaking import SIDES, takes_part
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.fields import camel
from hanze.collaboration.records.projects import STAGES, Evaluation, Lesson, Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.standing import Standing, standing
from hanze.governance.records.group import Group
from hanze.ngsild.representation.render import View, normalized
from hanze.ngsild.terms import HANZE_CONTEXT_URL
from hanze.ngsild.vocabulary import HANZE
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.mapping import picture_of, spot_of
from hanze.web.portal.collective.own_pages import own_page
from hanze.web.portal.collective.showing import groups_of
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.svgmap import Picture

__all__ = ["json_ld", "show"]

#: Of each kind of mention so many are named; a city is named by thousands.
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Mentions:
    """Records that name this one in the same field."""

    heading: str
    links: tuple[Link, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment."""

    text: Said
    kind: str
    by: str
    city: Link | None
    day: str
    href: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the three parts of an evaluation."""

    label: str
    outcome: str
    tone: str
    note: Said


async def show(desk: Desk) -> Response:
    held, group = await _held(desk, str(desk.visit.request.path_params["id"]))
    record = held.record
    address = quote(record.id, safe=":")
    return desk.page(
        "record.html",
        menu="",
        card=desk.card(held),
        record=record,
        held=held,
        closed_to=group,
        groups=groups_of(desk, record),
        own_page=own_page(desk, record) if group is None else None,
        stages=_stages(desk, record),
        stands=_standing(desk, record) if group is None else None,
        evaluation=_evaluation(desk, record),
        lessons=_lessons(desk, record),
        mentions=_mentions(desk, record),
        remarks=_remarks(desk, record),
        picture=_picture(desk, held),
        kind_of_match=next((k for k in SIDES if _matches(k, held)), ""),
        modified=parse_moment(held.modified_at),
        may_change=desk.may_write,
        json_ld=desk.at("/record.jsonld", id=record.id),
        api=f"{held.home.url if held.home else desk.visit.base_url}/ngsi-ld/v1/entities/{address}",
        json=f"/api/v1/records/{address}",
    )


async def json_ld(desk: Desk) -> Response:
    """Answer a record as JSON-LD with its @context, whichever tenant it lives in."""
    held, _ = await _held(desk, desk.asked("id"))
    document = dict(normalized(write_record(held.record), HANZE, View()))
    body = orjson.dumps({**document, "@context": HANZE_CONTEXT_URL}, option=orjson.OPT_INDENT_2)
    return Response(body, media_type="application/ld+json")


async def _held(desk: Desk, record_id: str) -> tuple[Held[Record], Group | None]:
    """Find a record, and the group that alone sees it; `None`: everybody does."""
    held = desk.collective.find(record_id)
    if held is not None:
        return held, None
    closed = desk.visit.site.node.closed.records
    found = await closed.find(desk.visit.caller, record_id, now=desk.visit.now)
    return found.held, found.group


def _matches(kind: str, held: Held[Record]) -> bool:
    return any(isinstance(held.record, side) for side in SIDES[kind]) and takes_part(kind, held)


def _stages(desk: Desk, record: Record) -> list[tuple[str, bool]]:
    """The funnel's stages with the present one marked; a stopped project shows only that."""
    if not isinstance(record, Project):
        return []
    shown = [stage for stage in STAGES if (stage == "stopped") == (record.stage == "stopped")]
    return [(desk.code("stage", stage), stage == record.stage) for stage in shown]


def _standing(desk: Desk, record: Record) -> Standing | None:
    if not isinstance(record, Project):
        return None
    return standing(desk.collective, record.id, today=desk.today)


def _evaluation(desk: Desk, record: Record) -> list[Outcome]:
    evaluation = getattr(record, "evaluation", None)
    if not isinstance(evaluation, Evaluation):
        return []
    tones = {"good": "good", "mixed": "going", "poor": "bad"}
    return [
        Outcome(
            desk.field(part),
            desk.code("outcome", getattr(evaluation, part)),
            tones.get(getattr(evaluation, part), "waiting"),
            desk.text(getattr(evaluation, f"{part}_note")),
        )
        for part in ("technical", "behavioural", "business")
    ]


def _lessons(desk: Desk, record: Record) -> list[tuple[Said, bool]]:
    lessons: Sequence[Lesson] = getattr(record, "lessons", ())
    return [(desk.text(lesson.text), lesson.failure) for lesson in lessons]


def _mentions(desk: Desk, record: Record) -> list[Mentions]:
    """Group what names a record by type and field; comments are shown whole elsewhere."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for reference in desk.collective.referring(record.id):
        source = desk.collective.find(reference.source)
        if source is not None and not isinstance(source.record, Comment):
            key = type(source.record).__name__, reference.field
            grouped.setdefault(key, []).append(reference.source)
    return [
        Mentions(
            f"{desk.kinds(kind)} ({desk.field(camel(field), kind)})",
            tuple(desk.link(one) for one in ids[:_MOST_NAMED]),
            max(len(ids) - _MOST_NAMED, 0),
        )
        for (kind, field), ids in grouped.items()
    ]


def _remarks(desk: Desk, record: Record) -> list[Remark]:
    found = [
        source
        for reference in desk.collective.referring(record.id)
        if reference.field == "about" and (source := desk.collective.find(reference.source))
    ]
    return [
        Remark(
            text=desk.text(one.text),
            kind=desk.code("kind", one.kind),
            by=one.by or "",
            city=desk.link(one.city) if one.city else None,
            day=one.said_on.isoformat() if one.said_on else held.date,
            href=desk.path(one.id),
        )
        for held in sorted(found, key=lambda held: held.date)
        if isinstance(one := held.record, Comment)
    ]


def _picture(desk: Desk, held: Held[Record]) -> Picture | None:
    spot = spot_of(desk, held.record, held.city)
    if spot is None:
        return None
    return picture_of(desk, [spot], "", lambda _: "", width=440, height=320, controls=False)
