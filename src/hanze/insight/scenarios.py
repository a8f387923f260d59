"""Which light a place might want, as a proposal with its reasons. Pure.

A proposal is a sentence for a person, no command: nothing in the node switches lamps. What people
and sound do together speaks; weather explains; parking and traffic alone say nothing of a street.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

from hanze.insight.assessment import Assessment, Verdict
from hanze.insight.watches import Role

__all__ = ["Scenario", "propose"]


class Scenario(Enum):
    """How a place may be lit."""

    CALM = "calm"
    BRIGHT = "bright"
    DIM = "dim"


_PEOPLE: Final[Role] = "people"
_SOUND: Final[Role] = "sound"


def propose(
    now: Mapping[Role, Sequence[Assessment]], *, dark: bool, usual: float
) -> Scenario | None:
    """Name the light that fits what goes on; `None` where nothing unusual does, or by day.

    Args:
        now: The latest period of each attribute of the place, by role.
        dark: Whether lamps are on at all.
        usual: How many usual deviations are nothing unusual.
    """
    if not dark:
        return None
    people = _verdict(now.get(_PEOPLE, ()), usual)
    sound = _verdict(now.get(_SOUND, ()), usual)
    if sound is Verdict.HIGHER and people in (Verdict.HIGHER, Verdict.USUAL):
        return Scenario.CALM
    if people is Verdict.HIGHER:
        return Scenario.BRIGHT
    if people is Verdict.LOWER and sound in (Verdict.LOWER, Verdict.USUAL):
        return Scenario.DIM
    return None


def _verdict(found: Sequence[Assessment], usual: float) -> Verdict:
    """Say what several attributes of one role say: the same, or they leave it open."""
    verdicts = {one.verdict(usual) for one in found} - {Verdict.UNKNOWN}
    return verdicts.pop() if len(verdicts) == 1 else Verdict.UNKNOWN
