"""Records that may be the same: proposed with reasons, and merged when a person says so."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from hanze.collaboration.collective import Collective
from hanze.collaboration.doubles import duplicates_of
from hanze.collaboration.duplicates import LEAST, Duplicate
from hanze.collaboration.merging import merge_records
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.errors import InvalidInput
from hanze.web.api.collective.records import Named, named
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]

_MOST: Final = 1_000


class Wanted(Taken, frozen=True):
    """Which pairs.

    Attributes:
        type: Name of a record type; all without it.
        least: Score from which a pair is told.
        record: Id of which every pair must have one.
    """

    type: str = ""
    least: Annotated[float, Meta(ge=0.1, le=1)] = LEAST
    record: str = ""
    limit: Annotated[int, Meta(ge=0, le=_MOST)] = 100
    offset: Annotated[int, Meta(ge=0)] = 0


class ReasonOfPair(Answer, frozen=True):
    """What two records share ("code", "address", "city", "near"), or how alike it is ("title")."""

    kind: str
    value: str


class Pair(Answer, frozen=True):
    """Two records that may be the same; `one` was there first."""

    one: Named
    other: Named
    score: float
    reasons: list[ReasonOfPair]


class Pairs(Answer, frozen=True):
    """The surest first."""

    total: int
    pairs: list[Pair]


class Merge(Taken, frozen=True):
    """Which record stays, and which goes into it."""

    keep: str
    drop: str


class Merged(Answer, frozen=True):
    """The record that stayed."""

    id: str
    title: Mapping[str, str]
    merged_from: tuple[str, ...]


async def list_duplicates(ask: Ask) -> Pairs:
    """List pairs of records that may be the same, with the reasons."""
    wanted = ask.parameters(Wanted)
    if wanted.type and wanted.type not in RECORD_TYPES:
        raise InvalidInput(
            f"type must be one of {', '.join(RECORD_TYPES)}", field="type", value=wanted.type
        )
    collective = await ask.node.collective.refresh(ask.now)
    kind = RECORD_TYPES[wanted.type] if wanted.type else None
    # Seconds for 100,000 records: others need not wait for it.
    found = await asyncio.to_thread(
        duplicates_of, collective, kind, least=wanted.least, among=wanted.record or None
    )
    page = found[wanted.offset : wanted.offset + wanted.limit]
    return Pairs(total=len(found), pairs=[_pair(one, collective) for one in page])


async def merge(ask: Ask) -> Merged:
    """Merge a record into another: gaps are filled, references turned, and the one is deleted."""
    wanted = await ask.body(Merge)
    collective = await ask.node.collective.refresh(ask.now)
    record = await merge_records(
        ask.node.store, ask.caller, collective, wanted.keep, wanted.drop, now=ask.now
    )
    return Merged(id=record.id, title=record.title, merged_from=record.merged_from)


def _pair(found: Duplicate, collective: Collective) -> Pair:
    return Pair(
        one=named(found.one, collective),
        other=named(found.other, collective),
        score=found.score,
        reasons=[ReasonOfPair(kind=one.kind, value=one.value) for one in found.reasons],
    )


ROUTES = (
    ApiRoute("GET", "/duplicates", list_duplicates, Pairs, Wanted),
    ApiRoute("POST", "/duplicates/merge", merge, Merged, body=Merge, writes=True),
)
