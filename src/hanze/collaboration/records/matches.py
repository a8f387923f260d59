"""Matches: who fits whom, why, and what the parties decided."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from hanze.collaboration.records.record import Code, Label, Record, Refers, Share, Structure

__all__ = ["MATCH_DECISIONS", "MATCH_KINDS", "Decision", "Match", "Part"]

MATCH_KINDS: Final = (
    "demand-solution",
    "demand-demand",
    "city-city",
    "company-city",
    "question-researcher",
    "company-lab",
)
MATCH_DECISIONS: Final = ("proposed", "accepted", "declined", "withdrawn")


class Part(Structure, frozen=True, kw_only=True):
    """One criterion's part of a score.

    Attributes:
        criterion: Its name.
        score: 0 to 1, before it is weighted; `None` where nothing is known.
        weight: That the user gave it.
        evidence: What it rests on: ids of records and concepts, words, values.
    """

    criterion: str
    score: float | None
    weight: float
    evidence: tuple[str, ...] = ()


class Decision(Structure, frozen=True, kw_only=True):
    """One party's decision."""

    party: str
    decision: Annotated[str, Code(MATCH_DECISIONS)]
    on: date
    note: str = ""


class Match(Record, frozen=True, kw_only=True):
    """Two parties that may fit.

    Attributes:
        kind: One of `MATCH_KINDS`.
        parties: The two; a facilitator is never one of them.
        score: 0 to 1.
        parts: Of the score.
        weights: By criterion, as the user set them.
        reasons: That a civil servant can read and contest, by language.
        decision: Of both together, one of `MATCH_DECISIONS`.
        decisions: Of each party.
        facilitator: Who brought them together.
        programme: Name of the programme in which they were matched.
    """

    kind: Annotated[str, Code(MATCH_KINDS)]
    parties: tuple[
        Annotated[
            str,
            Refers.to(
                "Demand",
                "Solution",
                "Municipality",
                "Region",
                "Country",
                "Organization",
                "ResearchQuestion",
                "LivingLab",
            ),
        ],
        ...,
    ]
    score: Share
    parts: tuple[Part, ...] = ()
    weights: Mapping[str, float] = {}
    reasons: Label = {}
    decision: Annotated[str, Code(MATCH_DECISIONS)] = "proposed"
    decisions: tuple[Decision, ...] = ()
    facilitator: Annotated[str, Refers.to("Organization", "Municipality", "Contact")] | None = None
    programme: str | None = None
