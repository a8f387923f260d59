"""Unexpected connections: links that nobody entered, with the evidence as steps to read."""

import asyncio
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.connections import Connection, Step, find_connections
from hanze.collaboration.meetings import MEETING_TYPES
from hanze.collaboration.records.fields import camel, fields_of
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.web.portal.collective.choosing import api_address
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.wording import Said

__all__ = ["show"]

_MOST: Final = 30
_COLUMNS: Final = (
    *("kind", "one", "one_title", "one_city", "other", "other_title", "other_city"),
    *("surprise", "evidence"),
)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of the evidence: what one record says, or both.

    Attributes:
        by: Who says it, each in which field.
        said: What.
        link: The record that it is, where it is one.
    """

    by: tuple[tuple[Link, str], ...]
    said: Said
    link: Link | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A connection."""

    kind: str
    why: str
    one: Card
    other: Card
    surprise: float
    steps: tuple[_Step, ...]


async def show(desk: Desk) -> Response:
    """Show the connections of the address; `format=csv` is them as a file."""
    given = {name: desk.asked(name) for name in ("record", "theme", "city")}
    node = desk.visit.site.node
    held = desk.collective.find(given["record"]) if given["record"] else None
    missing = any(given[name] and not desk.collective.find(given[name]) for name in given)
    found: list[Connection] = []
    if not missing:
        await node.meetings.prepare(desk.collective, MEETING_TYPES)
        found = await asyncio.to_thread(
            find_connections,
            desk.collective,
            node.meetings,
            record=given["record"] or None,
            city=given["city"] or None,
            theme=given["theme"] or None,
            limit=_MOST,
        )
    shown = [_found(desk, one) for one in found]
    if desk.asked("format") == "csv":
        return csv_file("connections", _COLUMNS, (_cells(one) for one in shown))
    return desk.page(
        "connections.html",
        menu="connections",
        status=404 if missing else 200,
        missing=missing,
        chosen=given,
        subject=desk.card(held) if held else None,
        found=shown,
        downloads=[
            ("CSV", desk.at("/connections", **given, format="csv")),
            ("JSON", api_address("connections", **given, limit=str(_MOST))),
        ],
    )


def _found(desk: Desk, one: Connection) -> _Found:
    return _Found(
        kind=desk.code("connection", one.kind),
        why=desk.code("connection why", one.kind),
        one=desk.card(one.one),
        other=desk.card(one.other),
        surprise=one.surprise,
        steps=tuple(
            _step(desk, tuple(steps)) for _, steps in groupby(one.path, lambda step: step.value)
        ),
    )


def _step(desk: Desk, steps: tuple[Step, ...]) -> _Step:
    """Put steps into one of which each record says the same."""
    step = steps[0]
    held = desk.collective.find(step.record)
    value = desk.collective.find(step.value)
    said, link = Said(step.value), None
    if value is not None:
        link = desk.link(step.value)
        said = link.label
    elif held is not None:
        said = _value(desk, held, step)
    by = tuple((desk.link(one.record), desk.field(one.attribute)) for one in steps)
    return _Step(by, said, link)


def _value(desk: Desk, held: Held[Record], step: Step) -> Said:
    """Say a value in words: a lesson by its number, a concept, a code, or a text as it is."""
    record = held.record
    if step.attribute == "lessons" and step.value.isdecimal() and isinstance(record, Project):
        number = int(step.value) - 1
        if number < len(record.lessons):
            return desk.text(record.lessons[number].text)
    vocabulary = desk.visit.site.node.annotations.annotator.vocabulary
    if step.value in vocabulary:
        return Said(vocabulary.label(step.value, desk.lang))
    codes = {camel(field.name): field.codes for field in fields_of(type(record))}
    if step.value in codes.get(step.attribute, ()):
        return Said(desk.code(step.attribute, step.value))
    return Said(step.value)


def _cells(one: _Found) -> tuple[str | float, ...]:
    steps = (
        f"{record.label.text}: {field}: {step.said.text}"
        for step in one.steps
        for record, field in step.by
    )
    return (
        one.kind,
        one.one.id,
        one.one.title.text,
        one.one.city.label.text if one.one.city else "",
        one.other.id,
        one.other.title.text,
        one.other.city.label.text if one.other.city else "",
        round(one.surprise, 4),
        " | ".join(steps),
    )
