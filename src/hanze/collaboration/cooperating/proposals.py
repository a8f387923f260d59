"""What two sides of a cooperation could use from each other, or make together: found by matching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.steps import CooperationView
from hanze.collaboration.matching.criteria import KINDS
from hanze.collaboration.matching.rank import Option, Scored
from hanze.collaboration.matchmaking import Matchmaker
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Municipality

__all__ = ["ProposalKind", "Proposed", "listed_challenges", "propose_solutions"]

ProposalKind = Literal["solution", "together", "cities"]
#: Of one challenge: so many solutions.
_SOLUTIONS: Final = 3
#: Challenges that are looked at; a step lists a handful.
_CHALLENGES: Final = 20
#: Below this two challenges are not alike.
_ALIKE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Proposed:
    """Something that fits, with the reasons.

    Attributes:
        kind: A solution to a challenge; two challenges to solve together; or the two cities as such.
        challenge: Id of the challenge, or of the own city.
        found: Id of what fits.
        score: 0 to 1.
        reasons: By language.
    """

    kind: ProposalKind
    challenge: str
    found: str
    score: float
    reasons: Mapping[str, str]


def listed_challenges(
    collective: Collective, view: CooperationView
) -> tuple[tuple[str, Held[Demand]], ...]:
    """List the challenges that both sides told: with whose they are, each once.

    Those of meetings count as those of the second step: new ones come up there.
    """
    found: dict[str, tuple[str, Held[Demand]]] = {}
    for step in view.steps:
        for side in step.sides:
            for record in side.records:
                for name in record.record.challenges:
                    held = collective.find(name)
                    if held is not None and isinstance(held.record, Demand):
                        found.setdefault(name, (side.party, collective.get(name, Demand)))
    return tuple(found.values())


async def propose_solutions(
    matchmaker: Matchmaker, collective: Collective, view: CooperationView, *, now: str
) -> tuple[Proposed, ...]:
    """Propose solutions to the challenges of both sides, and challenges to solve together.

    Nothing is decided by it: people choose what goes into the third step.

    Args:
        matchmaker: Of the collective.
        view: Of the cooperation.
        now: DateTime text.
    """
    listed = listed_challenges(collective, view)[:_CHALLENGES]
    found: list[Proposed] = []
    option = Option(weights=KINDS["demand-solution"], must=frozenset(), top=_SOLUTIONS)
    for _, held in listed:
        ranking = await matchmaker.ranking("demand-solution", held.record.id, option, now=now)
        found += [_proposed(matchmaker, "solution", one) for one in ranking.matches]
    found += await _together(matchmaker, view, listed, now)
    found += await _cities(matchmaker, collective, view, now)
    return tuple(found)


async def _together(
    matchmaker: Matchmaker,
    view: CooperationView,
    listed: Sequence[tuple[str, Held[Demand]]],
    now: str,
) -> list[Proposed]:
    """Find challenges of the two sides that are alike: a solution of both serves both."""
    own = [held.record.id for party, held in listed if party == view.own.party]
    theirs = [held.record.id for party, held in listed if party == view.partner.party]
    if not own or not theirs:
        return []
    scored = await matchmaker.scores("demand-demand", own, theirs, KINDS["demand-demand"], now=now)
    alike = sorted((one for one in scored if one.score >= _ALIKE), key=lambda one: -one.score)
    return [_proposed(matchmaker, "together", one) for one in alike]


async def _cities(
    matchmaker: Matchmaker, collective: Collective, view: CooperationView, now: str
) -> list[Proposed]:
    """Say what two cities have in common, where both are cities."""
    parties = [collective.find(side.party) for side in view.sides]
    if not all(one is not None and isinstance(one.record, Municipality) for one in parties):
        return []
    scored = await matchmaker.score(
        "city-city", view.own.party, view.partner.party, KINDS["city-city"], now=now
    )
    return [_proposed(matchmaker, "cities", scored)]


def _proposed(matchmaker: Matchmaker, kind: ProposalKind, one: Scored) -> Proposed:
    return Proposed(kind, one.one, one.other, round(one.score, 4), matchmaker.reasons(one))
