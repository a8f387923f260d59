"""Matching as JSON: rankings, programmes, and the matches that are kept."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from hanze.collaboration.agreeing import decide_match, match_record, save_match
from hanze.collaboration.matching.criteria import KINDS, weights_for
from hanze.collaboration.matching.programme import Fairness
from hanze.collaboration.matching.rank import Option, Scored
from hanze.collaboration.matching.stable import Proposers
from hanze.collaboration.matchmaking import SIDES
from hanze.collaboration.programmes import Wishes, plan_programme
from hanze.collaboration.records.matches import Match
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]

_Text = Annotated[str, Meta(max_length=2_000)]
_Weights = Mapping[str, Annotated[float, Meta(ge=0, le=1_000)]]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Pairs = tuple[tuple[Id, Id], ...]
_Count = Annotated[int, Meta(ge=0, le=1_000)]


class Criterion(Answer, frozen=True):
    """A criterion of a kind of match, and the weight that it has until one sets another."""

    name: str
    weight: float


class Kind(Answer, frozen=True):
    """A kind of match."""

    name: str
    seeks: str
    offers: str
    criteria: tuple[Criterion, ...]


class Kinds(Answer, frozen=True):
    """All kinds of matches."""

    kinds: tuple[Kind, ...]


class Party(Answer, frozen=True):
    """One of two who may fit, and where it is from."""

    id: str
    title: Mapping[str, str] = {}
    city: str | None = None
    date: str | None = None


class PartOfScore(Answer, frozen=True, omit_defaults=False):
    """One criterion's part of a score; `null` where it does not count."""

    criterion: str
    score: float | None
    weight: float
    evidence: tuple[str, ...]


class Fit(Answer, frozen=True):
    """A pair, its score with all parts, and the reasons."""

    one: Party
    other: Party
    score: float
    parts: tuple[PartOfScore, ...]
    reasons: Mapping[str, str]
    place_by_score: int | None = None


class AskedRanking(Taken, frozen=True):
    """Whom to rank for, and how."""

    kind: str
    record: Id
    weights: _Weights = {}
    must: tuple[str, ...] = ()
    top: Annotated[int, Meta(ge=1, le=200)] = 20
    least: _Share = 0.0
    diversity: _Share = 0.0


class RankingOf(Answer, frozen=True):
    """The best for one record."""

    kind: str
    record: str
    weights: Mapping[str, float]
    considered: int
    left_out: Mapping[str, int]
    matches: tuple[Fit, ...]
    freshness: list[Freshness] = []


class AskedProgramme(Taken, frozen=True):
    """Who takes part in a programme, and what it shall be (`collaboration.programmes.Wishes`)."""

    kind: str
    ones: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=400)]
    others: Annotated[tuple[Id, ...], Meta(max_length=400)] = ()
    weights: _Weights = {}
    capacity: Annotated[int, Meta(ge=1, le=100)] = 1
    capacities: Mapping[str, _Count] = {}
    at_least: Mapping[str, _Count] = {}
    vetoes: _Pairs = ()
    fixed: _Pairs = ()
    facilitators: tuple[Id, ...] = ()
    fairness: Fairness = Fairness.EVERYBODY
    least: _Share = 0.0
    method: Annotated[str, Meta(pattern="^(optimal|stable)$")] = "optimal"
    proposers: Proposers = Proposers.ONE
    weights_other: _Weights = {}
    rankings: Mapping[str, tuple[Id, ...]] = {}
    previous: _Pairs = ()
    stability: Annotated[float, Meta(ge=0, le=1_000)] = 0.0


class ProgrammePlan(Answer, frozen=True):
    """A programme that was planned."""

    matches: tuple[Fit, ...]
    unmatched: Mapping[str, str]
    total: float
    optimal: bool | None = None
    gap: float = 0.0
    kept: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    freshness: list[Freshness] = []


class AskedMatch(Taken, frozen=True):
    """A pair to keep as a match; its score is computed here, and cannot be sent."""

    kind: str
    one: Id
    other: Id
    weights: _Weights = {}
    facilitator: Id | None = None
    programme: _Text | None = None


class AskedDecision(Taken, frozen=True):
    """What a party decides about a match."""

    party: Id
    decision: str
    note: _Text = ""


class KeptMatch(Answer, frozen=True):
    """A match that was kept."""

    id: str
    title: Mapping[str, str]
    score: float
    decision: str


async def list_kinds(_: Ask) -> Kinds:
    """List the kinds of matches, their criteria and weights."""
    return Kinds(
        kinds=tuple(
            Kind(
                name=name,
                seeks=SIDES[name][0].__name__,
                offers=SIDES[name][1].__name__,
                criteria=tuple(Criterion(name=c, weight=w) for c, w in weights.items()),
            )
            for name, weights in KINDS.items()
        )
    )


async def rank(ask: Ask) -> RankingOf:
    """Rank who fits a record, with every part of the score and its reasons."""
    asked = await ask.body(AskedRanking)
    weights = weights_for(asked.kind, asked.weights)
    option = Option(weights=weights, must=frozenset(asked.must), top=asked.top, least=asked.least)
    found = await ask.node.matchmaker.ranking(
        asked.kind, asked.record, option, diversity=asked.diversity, now=ask.now
    )
    was: list[int | None] = [place.was for place in found.places]
    was = was or [None] * len(found.matches)
    return RankingOf(
        kind=found.kind,
        record=found.party,
        weights=weights,
        considered=found.considered,
        left_out=found.left_out,
        matches=tuple(
            _fit(ask, scored, place) for scored, place in zip(found.matches, was, strict=True)
        ),
        freshness=freshness_of(ask.node.collective, ask.now),
    )


async def plan(ask: Ask) -> ProgrammePlan:
    """Plan a whole programme: optimal under capacities and vetoes, or stable."""
    asked = await ask.body(AskedProgramme)
    weights = weights_for(asked.kind, asked.weights)
    other = weights_for(asked.kind, asked.weights_other) if asked.weights_other else {}
    wishes = Wishes(
        **{
            name: getattr(asked, name)
            for name in Wishes.__struct_fields__
            if name not in ("stable", "weights_other", "time_limit_s")
        },
        stable=asked.method == "stable",
        weights_other=other,
    )
    found = await plan_programme(ask.node.matchmaker, wishes, weights, now=ask.now)
    return ProgrammePlan(
        matches=tuple(_fit(ask, scored) for scored in found.matches),
        unmatched=found.unmatched,
        total=found.total,
        optimal=found.optimal,
        gap=found.gap,
        kept=found.kept,
        dropped=found.dropped,
        seconds=round(found.seconds, 3),
        freshness=freshness_of(ask.node.collective, ask.now),
    )


async def keep(ask: Ask) -> KeptMatch:
    """Keep a pair as a match, with the score that it has now."""
    asked = await ask.body(AskedMatch)
    weights = weights_for(asked.kind, asked.weights)
    scored = await ask.node.matchmaker.score(
        asked.kind, asked.one, asked.other, weights, now=ask.now
    )
    match = match_record(
        ask.node.collective,
        asked.kind,
        scored,
        ask.node.matchmaker.reasons(scored),
        facilitator=asked.facilitator,
        programme=asked.programme,
        today=ask.today,
    )
    return _kept(await save_match(ask.node.store, ask.caller, match, now=ask.now))


async def decide(ask: Ask) -> KeptMatch:
    """Record what one of the two parties decides."""
    asked = await ask.body(AskedDecision)
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), Match)
    match = await decide_match(
        ask.node.store,
        ask.caller.in_tenant(held.tenant),
        held.record.id,
        asked.party,
        asked.decision,
        note=asked.note,
        now=ask.now,
    )
    return _kept(match)


def _fit(ask: Ask, scored: Scored, place: int | None = None) -> Fit:
    return Fit(
        one=_party(ask, scored.one),
        other=_party(ask, scored.other),
        score=round(scored.score, 6),
        parts=tuple(
            PartOfScore(
                criterion=part.criterion,
                score=None if part.score is None else round(part.score, 6),
                weight=part.weight,
                evidence=part.evidence,
            )
            for part in scored.parts
        ),
        reasons=ask.node.matchmaker.reasons(scored),
        place_by_score=place,
    )


def _party(ask: Ask, record_id: str) -> Party:
    held = ask.node.collective.find(record_id)
    if held is None:
        return Party(id=record_id)
    return Party(id=record_id, title=held.record.title, city=held.city, date=held.date)


def _kept(match: Match) -> KeptMatch:
    return KeptMatch(id=match.id, title=match.title, score=match.score, decision=match.decision)


ROUTES = (
    ApiRoute("GET", "/matching/kinds", list_kinds, Kinds),
    ApiRoute("POST", "/matching/ranking", rank, RankingOf, body=AskedRanking),
    ApiRoute("POST", "/matching/programme", plan, ProgrammePlan, body=AskedProgramme),
    ApiRoute("POST", "/matches", keep, KeptMatch, body=AskedMatch, writes=True, status=201),
    ApiRoute(
        "POST", "/matches/{id:path}/decisions", decide, KeptMatch, body=AskedDecision, writes=True
    ),
)
