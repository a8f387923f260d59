"""A condition beside what a record says: met, unmet by so much, or unknown (pure)."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

__all__ = ["Condition", "State", "at_least", "at_most", "one_of"]


class State(Enum):
    """Whether a condition is met."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition and what was found.

    Attributes:
        name: A code, such as "trl-minimum" or "cities".
        asked: What the condition names: numbers, codes, ids.
        found: What the record has.
        missing: Which of what was asked is not there.
        short: By how much it is not met, or how much is to be found.
        unit: Of `short`, where it has one.
    """

    name: str
    state: State
    asked: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    short: Decimal | None = None
    unit: str = ""


def at_least(
    name: str,
    least: int | None,
    found: int | Sequence[str] | AbstractSet[str] | None,
    *,
    open_ended: AbstractSet[str] = frozenset(),
) -> Condition | None:
    """Ask for a number, or for so many different things.

    Args:
        least: `None` or 0 asks for nothing.
        found: `None` is not known.
        open_ended: Things of which it is not known what they would add; each at most one.
    """
    if not least:
        return None
    if found is None:
        return Condition(name, State.UNKNOWN, asked=(str(least),))
    number = found if isinstance(found, int) else len(found)
    shown = (str(found),) if isinstance(found, int) else tuple(sorted(found))
    short = least - number
    if short <= 0:
        return Condition(name, State.MET, asked=(str(least),), found=shown)
    state = State.UNKNOWN if len(open_ended) >= short else State.UNMET
    return Condition(name, state, asked=(str(least),), found=shown, short=Decimal(short))


def at_most(name: str, most: int | None, found: int | None) -> Condition | None:
    """Ask for no more than a number."""
    if most is None:
        return None
    if found is None:
        return Condition(name, State.UNKNOWN, asked=(str(most),))
    over = found - most
    return Condition(
        name,
        State.UNMET if over > 0 else State.MET,
        asked=(str(most),),
        found=(str(found),),
        short=Decimal(over) if over > 0 else None,
    )


def one_of(
    name: str, asked: Sequence[str], found: AbstractSet[str], open_ended: AbstractSet[str]
) -> Condition | None:
    """Ask that at least one of several is there.

    Args:
        open_ended: Things of which it is not known whether they are one.
    """
    if not asked:
        return None
    shown = tuple(sorted(found))
    if not found.isdisjoint(asked):
        return Condition(name, State.MET, asked=tuple(asked), found=shown)
    state = State.UNKNOWN if open_ended else State.UNMET
    return Condition(name, state, asked=tuple(asked), found=shown, missing=tuple(asked))
