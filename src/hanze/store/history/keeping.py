"""How long the history of which entities is kept: rules as values.

A rule speaks of a type. An entity of several types, with several rules, is kept as the rule wants
that keeps most of it: no rule removes what another one keeps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from hanze.errors import ConfigurationError

__all__ = [
    "DAY",
    "EVERYTHING",
    "PERIODS",
    "Keeping",
    "KeepingRules",
    "RetentionUnusable",
    "join_rules",
    "make_keeping",
    "period_text",
]

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE

#: Microseconds of a day.
DAY: Final = 24 * _HOUR

#: Periods of which means can be kept: they divide a day, so that each lies within one (4.5.19.1).
PERIODS: Final[Mapping[str, int]] = {
    **{f"PT{number}S": number * _SECOND for number in (10, 15, 20, 30)},
    **{f"PT{number}M": number * _MINUTE for number in (1, 2, 5, 10, 15, 20, 30, 60)},
    **{f"PT{number}H": number * _HOUR for number in (1, 2, 3, 4, 6, 8, 12, 24)},
    "P1D": DAY,
}

#: The last of several that mean the same: "PT1H", not "PT60M".
_TEXTS: Final = {period: text for text, period in PERIODS.items()}


class RetentionUnusable(ConfigurationError):
    """A rule of `[[retention]]` cannot be followed."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"The rule of [[retention]] for type {kind[:200]} is not valid: {reason}")
        self.field = "retention"
        self.value = kind[:100]


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept, and how long.

    Attributes:
        keep_days: Instances older than this are removed; `None` keeps them for ever.
        means_after_days: Numbers older than this are condensed; `None` keeps every value.
        period: Over which they are, in microseconds.
    """

    keep_days: int | None = None
    means_after_days: int | None = None
    period: int = _HOUR

    def or_more(self, other: "Keeping") -> "Keeping":
        """Join two rules into the one that keeps what either keeps."""
        return Keeping(
            _longer(self.keep_days, other.keep_days),
            _longer(self.means_after_days, other.means_after_days),
            min(self.period, other.period),
        )

    def removes_before(self, now: int) -> int | None:
        """Return the moment before which instances go: the start of a day in UTC."""
        return _start_of_day(now, self.keep_days)

    def condenses_before(self, now: int) -> int | None:
        """Return the moment before which numbers are condensed: the start of a day in UTC."""
        return _start_of_day(now, self.means_after_days)


#: The rule where there is none.
EVERYTHING: Final = Keeping()


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """The rules of a node.

    Attributes:
        by_type: By the IRI of the type.
        others: For entities none of whose types has a rule.
    """

    by_type: Mapping[str, Keeping]
    others: Keeping = EVERYTHING

    @property
    def anything(self) -> bool:
        """Whether anything is ever removed or condensed."""
        rules = (*self.by_type.values(), self.others)
        return any(
            rule.keep_days is not None or rule.means_after_days is not None for rule in rules
        )

    def of(self, types: Iterable[str]) -> Keeping:
        """Return the rule for an entity of these types (IRIs)."""
        rules = [self.by_type[one] for one in types if one in self.by_type]
        return reduce(Keeping.or_more, rules) if rules else self.others


def make_keeping(kind: str, *, keep_days: int, means_after_days: int, means_period: str) -> Keeping:
    """Make a rule of what a person wrote; 0 days are for ever.

    Raises:
        RetentionUnusable: There is no such period, or means would be made of what is gone.
    """
    if means_period not in PERIODS:
        known = ", ".join(PERIODS)
        raise RetentionUnusable(
            kind, f"means_period must be one of {known}, not {means_period[:20]}"
        )
    if keep_days and means_after_days >= keep_days:
        raise RetentionUnusable(
            kind, f"means_after_days must be less than keep_days, {keep_days}: nothing is left then"
        )
    return Keeping(keep_days or None, means_after_days or None, PERIODS[means_period])


def period_text(period: int) -> str:
    """Write the length of a period as a duration (4.5.19.1)."""
    return _TEXTS[period]


def join_rules(rules: Sequence[tuple[Sequence[str], Keeping]], others: Keeping) -> KeepingRules:
    """Put rules together: each with the IRIs of the types that it speaks of.

    Raises:
        RetentionUnusable: Two speak of one type.
    """
    by_type: dict[str, Keeping] = {}
    for names, rule in rules:
        for name in names:
            if name in by_type:
                raise RetentionUnusable(name, "there is another one for this type")
            by_type[name] = rule
    return KeepingRules(by_type, others)


def _longer(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def _start_of_day(now: int, days: int | None) -> int | None:
    return None if days is None else (now // DAY - days) * DAY
