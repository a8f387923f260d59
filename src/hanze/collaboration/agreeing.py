"""Matches as records: written with their score and reasons, and decided by the parties."""

import secrets
from collections.abc import Mapping
from datetime import date

from msgspec import structs

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, RecordNotFound
from hanze.collaboration.matching.rank import Scored
from hanze.collaboration.records.matches import Decision, Match, Part
from hanze.collaboration.records.record import LANGUAGES, Record, text_of
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller

__all__ = ["NoParty", "decide_match", "match_record", "save_match"]


class NoParty(InvalidInput):
    """A decision about a match is one of its parties'."""

    def __init__(self, match_id: str, party: str) -> None:
        super().__init__(f"{party} is no party of {match_id}", field="party", value=party)


def match_record(
    collective: Collective,
    kind: str,
    scored: Scored,
    reasons: Mapping[str, str],
    *,
    facilitator: str | None = None,
    programme: str | None = None,
    today: date,
) -> Match:
    """Make the record of a match: score, parts and weights as they were computed.

    Args:
        collective: Where the parties' names and cities are.
        kind: Of match.
        scored: The pair.
        reasons: By language.
        facilitator: Who brought them together; never a party.
        programme: In which they were matched.
        today: The day of the match.

    Raises:
        RecordNotFound: A party is not held by this node.
    """
    parties = [collective.find(name) for name in (scored.one, scored.other)]
    first, second = parties
    if first is None or second is None:
        raise RecordNotFound(scored.one if first is None else scored.other)
    return Match(
        id=f"urn:ngsi-ld:Match:{kind}:{secrets.token_hex(8)}",
        title={language: _title(first.record, second.record, language) for language in LANGUAGES},
        source_city=first.city,
        themes=tuple(sorted(set(first.record.themes) & set(second.record.themes))),
        source_date=today,
        provenance="entered",
        simulated=True if first.record.simulated or second.record.simulated else None,
        kind=kind,
        parties=(scored.one, scored.other),
        score=round(scored.score, 6),
        parts=tuple(
            Part(
                criterion=part.criterion,
                score=None if part.score is None else round(part.score, 6),
                weight=part.weight,
                evidence=part.evidence,
            )
            for part in scored.parts
        ),
        weights={part.criterion: part.weight for part in scored.parts},
        reasons=reasons,
        facilitator=facilitator,
        programme=programme,
    )


async def save_match(store: Store, caller: Caller, match: Match, *, now: str) -> Match:
    """Write a match; the rules of its type apply."""
    return await create_record(store, caller, match, now=now)


async def decide_match(
    store: Store,
    caller: Caller,
    match_id: str,
    party: str,
    decision: str,
    *,
    note: str = "",
    now: str,
) -> Match:
    """Record one party's decision; together they make that of the match.

    Both accepting is accepted; one declining is declined; one withdrawing is withdrawn.

    Raises:
        RecordNotFound: The caller's tenant has no such match.
        NoParty: The party is none of its two.
        RuleBroken: The caller may not decide for that party.
    """

    def change(match: Match) -> Match:
        if party not in match.parties:
            raise NoParty(match_id, party)
        said = Decision(party=party, decision=decision, on=date.fromisoformat(now[:10]), note=note)
        others = tuple(one for one in match.decisions if one.party != party)
        decisions = (*others, said)
        return structs.replace(match, decisions=decisions, decision=_together(match, decisions))

    return await change_record(store, caller, match_id, Match, change, now=now)


def _together(match: Match, decisions: tuple[Decision, ...]) -> str:
    said = {one.party: one.decision for one in decisions}
    values = [said.get(party, "proposed") for party in match.parties]
    for decisive in ("withdrawn", "declined"):
        if decisive in values:
            return decisive
    return "accepted" if set(values) == {"accepted"} else "proposed"


def _title(one: Record, other: Record, language: str) -> str:
    return f"{text_of(one.title, language)} ↔ {text_of(other.title, language)}"
