"""What is expected and what deviates: watches, looks at any attribute, proposals to decide."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hanze.broker.consumption import query_entities
from hanze.errors import InvalidInput
from hanze.insight.assessment import Assessment, Verdict
from hanze.insight.entities import PROPOSAL
from hanze.insight.looking import Subject
from hanze.insight.service import Seen
from hanze.insight.texts import told_together
from hanze.insight.watches import (
    Member,
    Watch,
    WatchNotFound,
    add_watch,
    remove_watch,
    watch_named,
    watches,
)
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.vocabulary import HANZE
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken, json_of

__all__ = ["ROUTES"]

_Minutes = Literal[5, 10, 15, 20, 30, 60]

_MOST_PERIODS = 5_000
_DAY_US = 86_400_000_000


class Usual(Answer, frozen=True):
    """A period: what was measured in it, and what is usual."""

    start: str
    value: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None
    verdict: str = Verdict.UNKNOWN.value
    samples: int = 0
    basis: str | None = None


class UsualWeek(Answer, frozen=True):
    """An attribute beside what is usual for it; the usual range has `usual` deviations."""

    id: str
    attribute: str
    period_minutes: int
    weeks: int
    usual: float
    timezone: str
    periods: tuple[Usual, ...]


class SeenMember(Answer, frozen=True):
    """A member of a watch and its latest period."""

    entity: str
    attribute: str
    role: str
    latest: Usual


class WatchSeen(Answer, frozen=True):
    """A watch and what it sees now."""

    watch: Watch
    verdict: str
    members: tuple[SeenMember, ...]
    reasons: Mapping[str, str]
    deviation: float | None = None
    alert: str | None = None


class Watches(Answer, frozen=True):
    """All that is watched, by name."""

    watches: tuple[Watch, ...]


class Proposal(Answer, frozen=True):
    """A light scenario that is proposed; a person confirms it or not, and nothing switches itself."""

    id: str
    scenario: str
    status: str
    place: str
    description: Mapping[str, str]
    reasons: Mapping[str, str]
    issued: str
    decided_by: str | None = None
    decided_at: str | None = None


class Proposals(Answer, frozen=True):
    """Proposals, the newest first."""

    proposals: tuple[Proposal, ...]


class WhatIsUsual(Taken, frozen=True):
    """Which attribute, and when."""

    id: Id
    attribute: Id
    start: Annotated[str, Meta(max_length=40)] | None = None
    end: Annotated[str, Meta(max_length=40)] | None = None
    period_minutes: _Minutes = 30
    weeks: Annotated[int, Meta(ge=3, le=52)] = 6
    usual: Annotated[float, Meta(gt=0, le=20)] = 3.0


class WhichProposals(Taken, frozen=True):
    """Those with a status, or all."""

    status: Literal["proposed", "confirmed", "declined", "lapsed"] | None = None


class Decision(Taken, frozen=True):
    """What a person decides of a proposal."""

    decision: Literal["confirmed", "declined"]


async def look(ask: Ask) -> UsualWeek:
    """Compare an attribute with its usual week, for any entity that has a history."""
    wanted = ask.parameters(WhatIsUsual)
    until = parse_datetime(wanted.end or ask.now, field="end")
    first = until - _DAY_US if wanted.start is None else parse_datetime(wanted.start, field="start")
    period = wanted.period_minutes * 60_000_000
    if until - first > _MOST_PERIODS * period:
        raise InvalidInput(
            f"At most {_MOST_PERIODS} periods are compared at once; choose longer ones",
            field="start",
        )
    subject = Subject(
        ask.caller, wanted.id, HANZE.expand_name(wanted.attribute), period, wanted.weeks
    )
    insight = ask.node.insight
    found = await insight.looking.look(subject, first_us=first, until_us=until, now=ask.now)
    return UsualWeek(
        id=wanted.id,
        attribute=wanted.attribute,
        period_minutes=wanted.period_minutes,
        weeks=wanted.weeks,
        usual=wanted.usual,
        timezone=insight.looking.zone.key,
        periods=tuple(_usual(one, wanted.usual) for one in found.judged),
    )


async def list_watches(ask: Ask) -> Watches:
    """List what is watched."""
    found = watches(ask.node.store.registers)
    return Watches(watches=tuple(one for one in found if one.tenant == ask.caller.tenant))


async def add(ask: Ask) -> Response:
    """Keep an eye on an attribute, or on several attributes of one place."""
    wanted = await ask.body(Watch)
    watch = msgspec.structs.replace(
        wanted,
        tenant=ask.caller.tenant,
        members=tuple(
            Member(one.entity, HANZE.expand_name(one.attribute), one.role) for one in wanted.members
        ),
    )
    await ask.node.store.transact(lambda uow: add_watch(uow.registers, watch))
    return json_of(watch, 201)


async def see(ask: Ask) -> WatchSeen:
    """Show what a watch sees now, with its reasons."""
    watch = _watch(ask)
    return _shown(await ask.node.insight.see(watch, ask.now))


async def remove(ask: Ask) -> Response:
    """Stop watching; an alert that is open ends."""
    watch = _watch(ask)
    await ask.node.insight.end(watch, ask.now)
    await ask.node.store.transact(lambda uow: remove_watch(uow.registers, watch.name))
    return Response(status_code=204)


async def list_proposals(ask: Ask) -> Proposals:
    """List light scenarios that are or were proposed."""
    wanted = ask.parameters(WhichProposals)
    query = EntityQuery(types=(frozenset({PROPOSAL}),), limit=1_000)
    found = await query_entities(ask.node.store, ask.caller, query, now=ask.now)
    proposals = [_proposal(ask.node.store.load(stored)) for stored in found.entities]
    return Proposals(
        proposals=tuple(one for one in reversed(proposals) if wanted.status in (None, one.status))
    )


async def decide(ask: Ask) -> Response:
    """Confirm or decline a proposal; it is noted who did, and nothing is switched."""
    wanted = await ask.body(Decision)
    await ask.node.insight.decide(ask.caller, ask.path("id"), wanted.decision, ask.now)
    return Response(status_code=204)


def _watch(ask: Ask) -> Watch:
    """Look up the watch that the path names; those of other tenants are not there."""
    watch = watch_named(ask.node.store.registers, ask.path("name"))
    if watch.tenant != ask.caller.tenant:
        raise WatchNotFound(watch.name)
    return watch


def _shown(seen: Seen) -> WatchSeen:
    usual, score = seen.watch.usual, told_together(seen.said, seen.together).score
    return WatchSeen(
        watch=seen.watch,
        verdict=seen.verdict.value,
        members=tuple(
            SeenMember(
                entity=member.entity,
                attribute=HANZE.compact_name(member.attribute),
                role=member.role,
                latest=_usual(said.told, usual, verdict=said.judged.verdict(usual)),
            )
            for member, said in zip(seen.watch.members, seen.said, strict=True)
        ),
        reasons=seen.reasons,
        deviation=None if score is None else round(score, 2),
        alert=seen.alert,
    )


def _usual(one: Assessment, usual: float, *, verdict: Verdict | None = None) -> Usual:
    expected = one.expected
    return Usual(
        start=format_datetime(one.start_us),
        value=one.value,
        expected=None if expected is None else expected.value,
        low=None if expected is None else expected.low(usual),
        high=None if expected is None else expected.high(usual),
        deviation=None if one.score is None else round(one.score, 2),
        verdict=(verdict or one.verdict(usual)).value,
        samples=0 if expected is None else expected.samples,
        basis=None if expected is None else expected.basis.value,
    )


def _proposal(entity: Entity) -> Proposal:
    values = {
        HANZE.compact_name(name): instances[0].value
        for name, instances in entity.attributes.items()
    }
    texts = {
        name: {str(key): str(text) for key, text in value.items()}
        for name, value in values.items()
        if isinstance(value, Mapping)
    }
    return Proposal(
        id=entity.id,
        scenario=str(values.get("scenario", "")),
        status=str(values.get("proposalStatus", "")),
        place=str(values.get("refersTo", "")),
        description=texts.get("description", {}),
        reasons=texts.get("reasons", {}),
        issued=entity.created_at or "",
        decided_by=str(values["decidedBy"]) if "decidedBy" in values else None,
        decided_at=texts.get("decidedAt", {}).get("@value"),
    )


ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/insight/usual", look, UsualWeek, parameters=WhatIsUsual),
    ApiRoute("GET", "/insight/watches", list_watches, Watches),
    ApiRoute("POST", "/insight/watches", add, Watch, body=Watch, writes=True, status=201),
    ApiRoute("GET", "/insight/watches/{name}", see, WatchSeen),
    ApiRoute("DELETE", "/insight/watches/{name}", remove, writes=True, status=204),
    ApiRoute("GET", "/insight/proposals", list_proposals, Proposals, parameters=WhichProposals),
    ApiRoute(
        "POST",
        "/insight/proposals/{id:path}/decision",
        decide,
        body=Decision,
        writes=True,
        status=204,
    ),
)
