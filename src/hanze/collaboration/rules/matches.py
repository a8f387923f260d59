"""Matches: two parties, a score that nobody touches, and a decision of both."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.matching.criteria import CRITERIA
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.matches import Match
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.organisations import Contact, Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import LivingLab
from hanze.collaboration.records.record import Record
from hanze.collaboration.rules.elsewhere import find_elsewhere, owners_of, type_named
from hanze.collaboration.rules.speaking import check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = ["keep_accepted", "keep_decisions", "keep_parties", "keep_score"]

_Kinds = frozenset[type[Record]]

_PLACES: Final[_Kinds] = frozenset({Municipality, Region, Country})

#: By kind of match: what its two parties are, in either order.
_PARTIES: Final[Mapping[str, tuple[_Kinds, _Kinds]]] = {
    "demand-solution": (frozenset({Demand}), frozenset({Solution})),
    "demand-demand": (frozenset({Demand}), frozenset({Demand})),
    "city-city": (_PLACES, _PLACES),
    "company-city": (frozenset({Organization}), _PLACES),
    "question-researcher": (frozenset({ResearchQuestion}), frozenset({Organization})),
    "company-lab": (frozenset({Organization}), frozenset({LivingLab})),
}
#: What a match was made of; another score is another match.
_FIXED: Final = ("kind", "parties", "score", "parts", "weights")
_ROUNDING: Final = 1e-6


def keep_parties(step: Step[Match]) -> None:
    """Ask for two different parties of the right types, none of which is the facilitator's.

    Raises:
        InvalidRecord: Names what is wrong with the parties.
        RuleBroken: The facilitator is a party, or stands behind one.
    """
    match = step.after
    if match is None:
        return
    if len(match.parties) != 2 or match.parties[0] == match.parties[1]:
        raise InvalidRecord(Match, "must be two different ones", field="parties")
    found = [find_elsewhere(step, party) for party in match.parties]
    kinds = [
        type_named(party) if record is None else type(record)
        for party, record in zip(match.parties, found, strict=True)
    ]
    one, other = _PARTIES[match.kind]
    straight = _fits(kinds[0], one) and _fits(kinds[1], other)
    if not straight and not (_fits(kinds[0], other) and _fits(kinds[1], one)):
        names = " and ".join(kind.__name__ if kind else "unknown" for kind in kinds)
        raise InvalidRecord(
            Match, f"must fit the kind {match.kind}, not be {names}", field="parties"
        )
    behind: set[str] = set()
    for party, record in zip(match.parties, found, strict=True):
        behind |= owners_of(party, record)
    _refuse_facilitator(step, match, behind)


def _fits(kind: type[Record] | None, kinds: _Kinds) -> bool:
    """A party of another node, under an id that does not tell its type, may be anything."""
    return kind is None or kind in kinds


def _refuse_facilitator(step: Step[Match], match: Match, behind: set[str]) -> None:
    if match.facilitator is None:
        return
    speaks_for = {match.facilitator}
    contact = find_elsewhere(step, match.facilitator)
    if isinstance(contact, Contact) and contact.organization is not None:
        speaks_for.add(contact.organization)
    if speaks_for & behind:
        raise RuleBroken(
            f"{match.facilitator} brings the parties together, so it is not one of them and "
            "stands behind none; somebody else must be the facilitator",
            field="facilitator",
            value=match.facilitator,
        )


def keep_score(step: Step[Match]) -> None:
    """Keep a score to its criteria, and as it was given: rank cannot be bought.

    Raises:
        InvalidRecord: A part or a weight is of no criterion, or the score exceeds its parts.
        RuleBroken: What the match was made of would change.
    """
    match, before = step.after, step.before
    if match is None:
        return
    if before is not None:
        for name in _FIXED:
            if getattr(before, name) != getattr(match, name):
                raise RuleBroken(
                    f"The {name} of match {match.id} cannot change; a new score is a new match",
                    field=name,
                )
        return
    for name in (*(part.criterion for part in match.parts), *match.weights):
        if name not in CRITERIA:
            reason = f"must be of these criteria: {', '.join(CRITERIA)}"
            raise InvalidRecord(Match, reason, field="parts", value=name)
    scores = [part.score for part in match.parts]
    if any(score is not None and not 0 <= score <= 1 for score in scores):
        raise InvalidRecord(Match, "must have scores between 0 and 1", field="parts")
    if any(weight < 0 for weight in (*match.weights.values(), *(p.weight for p in match.parts))):
        raise InvalidRecord(Match, "must not be below 0", field="weights")
    highest = max((score for score in scores if score is not None), default=0.0)
    if scores and match.score > highest + _ROUNDING:
        raise InvalidRecord(
            Match, "cannot exceed each of its parts", field="score", value=match.score
        )


def keep_decisions(step: Step[Match]) -> None:
    """Call a match accepted only where both parties accepted, each for itself.

    Raises:
        InvalidRecord: A decision is of no party, or there are two of one.
        SpeaksForAnother: The caller speaks for an organisation that is not behind the party.
        RuleBroken: It is called accepted too early.
    """
    match = step.after
    if match is None:
        return
    deciding = [one.party for one in match.decisions]
    for party in deciding:
        if party not in match.parties or deciding.count(party) > 1:
            raise InvalidRecord(
                Match, "must hold one decision of each party", field="decisions", value=party
            )
    _check_own(step, match)
    decided = {one.party: one.decision for one in match.decisions}
    if match.decision == "accepted":
        lacking = [party for party in match.parties if decided.get(party) != "accepted"]
        if lacking:
            raise RuleBroken(
                f"A match is accepted when both parties are; missing: {', '.join(lacking)}",
                field="decisions",
                value=lacking[0],
            )


def _check_own(step: Step[Match], match: Match) -> None:
    before = step.before.decisions if step.before is not None else ()
    old = {one.party: one for one in before}
    new = {one.party: one for one in match.decisions}
    for party in sorted({*old, *new}):
        if old.get(party) != new.get(party):
            check_speaks_for(step, "What a party decides", party, field="decisions")


def keep_accepted(step: Step[Match]) -> None:
    """Keep accepted matches: they are withdrawn by a party, not deleted.

    Raises:
        RuleBroken: It would be deleted, or end without a party's decision.
    """
    before, after = step.before, step.after
    if before is None or before.decision != "accepted":
        return
    if after is None:
        raise RuleBroken(
            f"Match {before.id} is accepted and cannot be deleted; withdrawing it (decision "
            "withdrawn) keeps what both agreed on",
            field="decision",
            value="accepted",
        )
    ended = any(one.decision == after.decision for one in after.decisions)
    if after.decision != "accepted" and (after.decision == "proposed" or not ended):
        raise RuleBroken(
            f"Match {before.id} is accepted; it ends when a party withdraws or declines, and "
            "decisions says so",
            field="decision",
            value=after.decision,
        )
