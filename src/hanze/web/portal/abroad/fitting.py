"""What fits two sides of a cooperation, made ready to be read and chosen."""

from collections.abc import Sequence
from typing import Final

from hanze.collaboration.cooperating.proposals import Proposed
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.wording import Said

__all__ = ["fitting", "proposals"]

_PROPOSED: Final = 12


def proposals(
    desk: Desk, proposed: Sequence[Proposed]
) -> list[tuple[str, Link, Link, float, Said]]:
    """The best of each kind: kind in words, what it is for, what fits, how well, and why."""
    found = sorted(proposed, key=lambda one: (-one.score, one.challenge, one.found))
    return [
        (
            desk.code("proposal", one.kind),
            desk.link(one.challenge),
            desk.link(one.found),
            one.score,
            _first_line(desk, one),
        )
        for one in found[:_PROPOSED]
    ]


def fitting(desk: Desk, proposed: Sequence[Proposed]) -> list[tuple[Link, float]]:
    """The solutions that fit best, each once, to be chosen in the form."""
    best: dict[str, float] = {}
    for one in proposed:
        if one.kind == "solution":
            best[one.found] = max(best.get(one.found, 0.0), one.score)
    found = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return [(desk.link(name), score) for name, score in found[:_PROPOSED]]


def _first_line(desk: Desk, one: Proposed) -> Said:
    said = desk.text(one.reasons)
    return Said(said.text.partition("\n")[0], said.lang)
