"""Whom a participant could ask for: who offers what they look for, and the other way round.

Texts are compared by concepts, whatever language they are in. Where a participant wrote nothing,
what their party needs and offers in the collective speaks for them, for half.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p, sqrt
from typing import Final

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.gatherings.attending import Gathering
from hanze.collaboration.gatherings.posing import language_of
from hanze.collaboration.gatherings.texts import FIT_TEXTS
from hanze.collaboration.index.reading import concepts_about
from hanze.collaboration.matching.criteria import weights_for
from hanze.collaboration.matchmaking import Matchmaker, WrongSide, side_of
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import BestPractice, Solution
from hanze.collaboration.records.record import Label, Record, text_of

__all__ = ["Proposal", "fit_text", "proposals_for"]

Concepts = Mapping[str, float]

#: Part of a proposal → its weight; one that is unknown does not count.
_WEIGHTS: Final = {"offered": 0.45, "wanted": 0.3, "themes": 0.1, "parties": 0.15}
#: What records say of a party that wrote nothing itself.
_INFERRED: Final = 0.5
#: Records of a party that are read.
_MOST_RECORDS: Final = 30
_TOLD: Final = 4
_STEPS: Final = 5
#: Likeness that is as good as it gets: texts never say quite the same.
_ALIKE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody to ask for.

    Attributes:
        held: Whom.
        score: 0 to 1.
        parts: "offered", "wanted", "themes", "parties" → 0 to 1; `None` where nothing is known.
        evidence: By part: ids of concepts or themes, the most telling first.
        talk: How they can talk: "common", "interpreter" or "none".
        interest: 1 to 5, from the score.
        asked: Whether they asked for the participant already.
    """

    held: Held[Participation]
    score: float
    parts: Mapping[str, float | None]
    evidence: Mapping[str, Sequence[str]]
    talk: str
    interest: int
    asked: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """What a participant offers and looks for, as weighted concepts."""

    offers: Concepts
    seeks: Concepts


@dataclass(frozen=True, slots=True)
class _Parts:
    """What speaks for a pair: likeness with what it rests on, themes of both, and their parties."""

    offered: tuple[float | None, Sequence[str]]
    wanted: tuple[float | None, Sequence[str]]
    themes: tuple[set[str], set[str]]
    parties: float | None


async def proposals_for(
    collective: Collective,
    annotations: Annotations,
    matchmaker: Matchmaker,
    gathering: Gathering,
    participation: str,
    *,
    most: int = 10,
    now: str,
) -> tuple[Proposal, ...]:
    """Propose whom to ask for, the best first.

    Args:
        collective: Up to date.
        annotations: Reads texts.
        matchmaker: Compares cities and companies.
        gathering: The day, and who takes part.
        participation: Id of who asks.
        most: At most so many.
        now: DateTime text.

    Raises:
        RecordNotFound: The participant is not there.
    """
    day, several = gathering.day, gathering.there
    own = next((held for held in several if held.record.id == participation), None)
    if own is None:
        raise RecordNotFound(participation, "participant of this day")
    mine = own.record
    settled = {request.participation for request in mine.requests} | {*mine.refuses}
    others = [
        held
        for held in several
        if held.record.id not in {participation, *settled}
        and held.record.party != mine.party
        and participation not in held.record.refuses
        and not (day.across_only and held.record.side == mine.side)
    ]
    said = await asyncio.to_thread(_read, collective, annotations, [own, *others])
    rarity = _rarity(said)
    parties = await _parties(matchmaker, collective, own, others, now=now)
    found = []
    for held, one in zip(others, said[1:], strict=True):
        offered = _alike(said[0].seeks, one.offers, rarity)
        wanted = _alike(said[0].offers, one.seeks, rarity)
        themes = _themes(collective, own.record), _themes(collective, held.record)
        parts = _Parts(offered, wanted, themes, parties.get(held.record.id))
        found.append(_proposal(day, own.record, held, parts))
    found.sort(key=lambda one: (-one.score, not one.asked, one.held.record.id))
    return tuple(found[:most])


def fit_text(part: str, names: Iterable[str], language: str) -> str:
    """Say why two fit.

    Args:
        part: Of the score.
        names: What its evidence is called.
        language: Of the text.
    """
    return text_of(FIT_TEXTS[part], language).format(what=", ".join(names))


def _proposal(
    day: MatchmakingDay, one: Participation, held: Held[Participation], parts: _Parts
) -> Proposal:
    other = held.record
    (offered, by), (wanted, wanted_by) = parts.offered, parts.wanted
    shared = sorted(parts.themes[0] & parts.themes[1])
    told = {
        "offered": offered,
        "wanted": wanted,
        "themes": len(shared) / len(parts.themes[0] | parts.themes[1])
        if all(parts.themes)
        else None,
        "parties": parts.parties,
    }
    known = {name: value for name, value in told.items() if value is not None}
    whole = sum(_WEIGHTS[name] for name in known)
    score = sum(_WEIGHTS[name] * value for name, value in known.items()) / whole if whole else 0.0
    return Proposal(
        held=held,
        score=round(score, 6),
        parts=told,
        evidence={"offered": by, "wanted": wanted_by, "themes": shared[:_TOLD]},
        talk=_talk(day, one, other),
        interest=max(1, min(_STEPS, round(score * _STEPS))),
        asked=any(request.participation == one.id for request in other.requests),
    )


def _talk(day: MatchmakingDay, one: Participation, other: Participation) -> str:
    mine, theirs = ({language_of(tag) for tag in both.languages} for both in (one, other))
    if mine & theirs:
        return "common"
    for interpreter in day.interpreters:
        spoken = {language_of(tag) for tag in interpreter.languages}
        if mine & spoken and theirs & spoken:
            return "interpreter"
    return "none"


def _themes(collective: Collective, one: Participation) -> set[str]:
    """The themes of a participation; where it has none, those of its party."""
    if one.themes:
        return set(one.themes)
    party = collective.find(one.party)
    return set(party.record.themes) if party is not None else set()


def _read(
    collective: Collective, annotations: Annotations, several: Sequence[Held[Participation]]
) -> list[_Said]:
    return [
        _Said(
            _concepts(collective, annotations, held, held.record.offers, (Solution, BestPractice)),
            _concepts(collective, annotations, held, held.record.seeks, (Demand,)),
        )
        for held in several
    ]


def _concepts(
    collective: Collective,
    annotations: Annotations,
    held: Held[Participation],
    text: Label,
    kinds: tuple[type[Record], ...],
) -> Concepts:
    """What somebody wrote is about; else what the records of their party are about."""
    annotator = annotations.annotator
    vocabulary = annotator.vocabulary
    if text:
        found = dict(concepts_about(annotator.annotate(dict(text)), vocabulary))
    else:
        found = {}
        named = dict.fromkeys(one.source for one in collective.referring(held.record.party))
        records = (collective.find(source) for source in named)
        fitting = [one for one in records if one is not None and isinstance(one.record, kinds)]
        for one in fitting[:_MOST_RECORDS]:
            for name, weight in concepts_about(annotations.of(one), vocabulary).items():
                found[name] = max(found.get(name, 0.0), _INFERRED * weight)
    return {
        name: weight
        for name, weight in found.items()
        if vocabulary.concept(name).broader is not None
    }


def _rarity(said: Sequence[_Said]) -> Mapping[str, float]:
    among = Counter(name for one in said for side in (one.offers, one.seeks) for name in side)
    return {name: log1p(2 * len(said) / count) for name, count in among.items()}


def _alike(
    wanted: Concepts, given: Concepts, rarity: Mapping[str, float]
) -> tuple[float | None, Sequence[str]]:
    """Compare what one looks for with what another offers: 0 to 1, and by which concepts."""
    if not wanted or not given:
        return None, ()
    one, other = (
        {name: weight * rarity[name] for name, weight in side.items()} for side in (wanted, given)
    )
    common = {name: one[name] * other[name] for name in one if name in other}
    length = sqrt(sum(w * w for w in one.values())) * sqrt(sum(w * w for w in other.values()))
    likeness = sum(common.values()) / length if length else 0.0
    telling = sorted(common, key=lambda name: (-common[name], name))[:_TOLD]
    return min(1.0, likeness / _ALIKE), telling


async def _parties(
    matchmaker: Matchmaker,
    collective: Collective,
    own: Held[Participation],
    others: Sequence[Held[Participation]],
    *,
    now: str,
) -> Mapping[str, float]:
    """Score the parties behind participants, as far as there is a kind of match for them."""
    found: dict[str, float] = {}
    for kind in ("city-city", "company-city"):
        mine = _side(collective, kind, own.record.party)
        if mine is None:
            continue
        fitting = {
            held.record.id: held.record.party
            for held in others
            if (side := _side(collective, kind, held.record.party)) is not None
            and (kind == "city-city" or side != mine)
        }
        theirs = sorted(set(fitting.values()))
        if not theirs:
            continue
        ones, twos = ([own.record.party], theirs) if mine == 0 else (theirs, [own.record.party])
        scored = await matchmaker.scores(kind, ones, twos, weights_for(kind), now=now)
        by_party = {name: one.score for one in scored for name in (one.one, one.other)}
        found |= {key: by_party[party] for key, party in fitting.items() if party in by_party}
    return found


def _side(collective: Collective, kind: str, party: str) -> int | None:
    held = collective.find(party)
    if held is None:
        return None
    try:
        return side_of(kind, held)
    except WrongSide:
        return None
