"""Records that may be the same thing twice: side by side, with reasons; people decide."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.doubles import duplicates_of
from hanze.collaboration.duplicates import Duplicate, Likeness
from hanze.collaboration.merging import merge_records
from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.errors import InvalidInput
from hanze.web.portal.collective.desk import Card, Desk
from hanze.web.portal.collective.entries import Refused, attempt
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.paging import page_asked, pages_to
from hanze.web.portal.collective.showing import Piece, pieces
from hanze.web.portal.forms import Given

__all__ = ["download", "merge", "show"]

_SIZE: Final = 10


@dataclass(frozen=True, slots=True)
class _Line:
    """A field of both."""

    label: str
    one: tuple[Piece, ...]
    other: tuple[Piece, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two records that may be one."""

    one: Card
    other: Card
    score: float
    reasons: tuple[str, ...]
    lines: tuple[_Line, ...]
    same: int


async def show(desk: Desk) -> Response:
    """List the pairs, the surest first; of one type or about one record on request."""
    return await _page(desk)


async def merge(desk: Desk, given: Given) -> Response:
    """Merge a record into the one that stays, when somebody says which one that is."""
    keep, drop = given.text("keep"), ""
    pair = [given.text("one"), given.text("other")]
    if keep in pair:
        drop = next((one for one in pair if one != keep), "")
    refused, status = await attempt(_merged(desk, keep, drop, sure=given.text("sure") == "yes"))
    if refused is not None:
        return await _page(desk, refused=refused, status=status)
    return RedirectResponse(desk.path(keep), 303)


async def _merged(desk: Desk, keep: str, drop: str, *, sure: bool) -> None:
    if not sure or not drop:
        raise InvalidInput("Which record stays must be chosen and confirmed", field="keep")
    await merge_records(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        keep,
        drop,
        now=desk.visit.now,
    )


async def download(desk: Desk) -> Response:
    """Answer the pairs as CSV."""
    return csv_file(
        "duplicates",
        ("score", "type", "one", "oneTitle", "other", "otherTitle", "reasons"),
        (
            (
                *(pair.score, pair.one.split(":")[2], pair.one, desk.name(pair.one)),
                *(pair.other, desk.name(pair.other)),
                "; ".join(f"{one.kind}: {one.value}" for one in pair.reasons),
            )
            for pair in await _found(desk)
        ),
    )


async def _found(desk: Desk) -> list[Duplicate]:
    kind, record = desk.asked("type"), desk.asked("record")
    # Seconds for 100,000 records: others need not wait for it.
    found = await asyncio.to_thread(
        duplicates_of, desk.collective, RECORD_TYPES.get(kind), among=record or None
    )
    return [
        one for one in found if desk.collective.find(one.one) and desk.collective.find(one.other)
    ]


async def _page(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    found = await _found(desk)
    kind, record = desk.asked("type"), desk.asked("record")
    here = min(page_asked(desk.asked("page")), max(-(-len(found) // _SIZE), 1))

    def address(page: str) -> str:
        return desk.at("/duplicates", type=kind, record=record, page=page)

    return desk.page(
        "duplicates.html",
        menu="duplicates",
        status=status,
        pairs=[_pair(desk, one) for one in found[(here - 1) * _SIZE : here * _SIZE]],
        total=len(found),
        here=here,
        pages=pages_to(len(found), here, address, _SIZE),
        kind=kind,
        kinds=[(name, desk.kinds(name)) for name in RECORD_TYPES],
        record=desk.link(record) if record else None,
        refused=refused,
        downloads=[
            ("CSV", desk.at("/duplicates.csv", type=kind, record=record)),
            ("JSON", "/api/v1/duplicates" + (f"?type={kind}" if kind in RECORD_TYPES else "")),
        ],
    )


def _pair(desk: Desk, found: Duplicate) -> _Pair:
    one, other = desk.collective.find(found.one), desk.collective.find(found.other)
    if one is None or other is None:
        raise InvalidInput("The pair is gone", field="record")
    lines = tuple(_lines(desk, one.record, other.record))
    return _Pair(
        one=desk.card(one),
        other=desk.card(other),
        score=found.score,
        reasons=tuple(_reason(desk, each) for each in found.reasons),
        lines=tuple(line for line in lines if not line.same),
        same=sum(line.same for line in lines),
    )


def _lines(desk: Desk, one: Record, other: Record) -> list[_Line]:
    """Put the fields beside each other, those that one of them says."""
    found = []
    for field in fields_of(type(one)):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        said = [
            value for value in (mine, theirs) if value is not None and value not in ((), {}, "")
        ]
        if not said:
            continue
        found.append(
            _Line(
                label=desk.field(field.term, field.of),
                one=tuple(pieces(desk, field, mine)) if mine in said else (),
                other=tuple(pieces(desk, field, theirs)) if theirs in said else (),
                same=mine == theirs,
            )
        )
    return [line for line in found if line.same or line.one or line.other]


def _reason(desk: Desk, one: Likeness) -> str:
    label = desk.code("likeness", one.kind)
    if one.value.startswith("urn:"):
        return f"{label}: {desk.name(one.value)}"
    return f"{label}: {one.value}" if one.value else label
